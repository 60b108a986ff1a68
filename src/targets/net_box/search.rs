//! Reading: devices with our id, or with a serial number; one by its id, and all of them. Nothing here writes.
//!
//! A filter that NetBox does not know it leaves out in silence, and answers with all devices. So what it answers is compared
//! by us, and an answer in which nothing fits is no answer.
//!
//! *All devices* are read page by page, by the place in the list. If a device that was read goes meanwhile, all behind it
//! move up, and one would be left out. So each page begins with the last device of the one before: if it stands there no
//! more, the list has moved, and is read anew.

use std::fmt;
use std::str::FromStr;

use super::answer::NetBoxTrouble;
use super::client::{NetBoxClient, PAGE_ROWS, QueryPair};
use super::device_row::{FoundDevice, read_device};
use super::list_rows::{id_of, is_same_name, read_list};
use crate::model::DeviceId;
use crate::targets::{RecordId, TargetFault};

const DEVICES: [&str; 2] = ["dcim", "devices"];
const GET_DEVICES: &str = "GET dcim/devices";
/// Rows of a search that should have one hit.
const HITS_MAX: &str = "100";
/// What the list of all devices asks for; a NetBox that does not know it answers whole rows.
const LIST_FIELDS: &str = "id,name,serial,status,site,tenant,custom_fields";

/// How far the list of all devices is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct DevicePlace {
    /// Rows that were read.
    read: u64,
    /// The last of them.
    last: u64,
}

impl fmt::Display for DevicePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.read, self.last)
    }
}

impl FromStr for DevicePlace {
    type Err = ();

    fn from_str(text: &str) -> Result<DevicePlace, ()> {
        let (read, last) = text.split_once(':').ok_or(())?;
        Ok(DevicePlace {
            read: read.parse().map_err(|_| ())?,
            last: last.parse().map_err(|_| ())?,
        })
    }
}

impl NetBoxClient {
    /// Devices that carry our id in this custom field, which has to be there.
    pub(super) async fn find_by_device(
        &self,
        id_field: &str,
        device: DeviceId,
    ) -> Result<Vec<FoundDevice>, TargetFault> {
        let (filter, id) = (format!("cf_{id_field}"), device.to_string());
        let rows = self.search_devices((filter.as_str(), id.as_str())).await?;
        let is_any = !rows.is_empty();
        let fitting: Vec<FoundDevice> = rows
            .into_iter()
            .filter(|row| row.device(id_field) == Some(device))
            .collect();
        if is_any && fitting.is_empty() {
            return Err(TargetFault::Misconfigured {
                problem: format!("NetBox does not filter devices by the custom field `{id_field}`"),
                advice: format!(
                    "set the filter logic of `{id_field}` to exact in NetBox (Customization, Custom Fields)"
                ),
            });
        }
        Ok(fitting)
    }

    /// NetBox does not tell case here, and may have several.
    pub(super) async fn find_by_serial(&self, serial: &str) -> Result<Vec<FoundDevice>, TargetFault> {
        let rows = self.search_devices(("serial", serial)).await?;
        let is_any = !rows.is_empty();
        let fits = |row: &FoundDevice| row.serial().is_some_and(|own| is_same_name(own, serial));
        let fitting: Vec<FoundDevice> = rows.into_iter().filter(fits).collect();
        if is_any && fitting.is_empty() {
            return Err(TargetFault::Unreadable {
                problem: "NetBox does not filter devices by their serial number".to_owned(),
            });
        }
        Ok(fitting)
    }

    async fn search_devices(&self, filter: QueryPair<'_>) -> Result<Vec<FoundDevice>, TargetFault> {
        let query = [filter, ("limit", HITS_MAX)];
        match self.read(&DEVICES, &query).await {
            Ok(answer) => Ok(read_list(answer)?.rows.iter().filter_map(read_device).collect()),
            Err(trouble) => Err(self.explain(trouble, GET_DEVICES).await),
        }
    }

    /// A part of the list of all devices, and where it goes on.
    pub(super) async fn read_page(
        &self,
        place: DevicePlace,
    ) -> Result<(Vec<FoundDevice>, Option<DevicePlace>), TargetFault> {
        let is_first = place.read == 0;
        let offset = place.read.saturating_sub(1).to_string();
        let query = [
            ("limit", PAGE_ROWS),
            ("offset", offset.as_str()),
            ("ordering", "id"),
            ("fields", LIST_FIELDS),
        ];
        let answer = match self.read(&DEVICES, &query).await {
            Ok(answer) => answer,
            Err(trouble) => return Err(self.explain(trouble, GET_DEVICES).await),
        };
        let part = read_list(answer)?;
        let mut rows = part.rows.into_iter();
        if !is_first && rows.next().as_ref().and_then(id_of) != Some(place.last) {
            return Err(TargetFault::Unavailable {
                problem: "the list of devices changed in NetBox while it was read".to_owned(),
            });
        }
        let rows: Vec<FoundDevice> = rows.as_slice().iter().filter_map(read_device).collect();
        let read = place.read + rows.len() as u64;
        if rows.is_empty() && read < part.total {
            return Err(TargetFault::Unreadable {
                problem: "the list of devices of NetBox ends too early".to_owned(),
            });
        }
        let next = rows
            .last()
            .filter(|_| read < part.total)
            .map(|row| DevicePlace { read, last: row.id });
        Ok((rows, next))
    }

    /// `None`: it is not there.
    pub(super) async fn read_row(
        &self,
        record: &RecordId,
    ) -> Result<Option<(FoundDevice, Option<String>)>, TargetFault> {
        let Some(id) = device_number(record) else {
            return Ok(None);
        };
        let id = id.to_string();
        match self.read_tagged(&["dcim", "devices", &id]).await {
            Ok((row, tag)) => match read_device(&row) {
                Some(row) => Ok(Some((row, tag))),
                None => Err(TargetFault::Unreadable {
                    problem: "a device of NetBox has no id".to_owned(),
                }),
            },
            Err(NetBoxTrouble::Missing) => {
                self.confirm_missing().await?;
                Ok(None)
            }
            Err(trouble) => Err(self.explain(trouble, GET_DEVICES).await),
        }
    }
}

/// The id of a device is a number; anything else is none of ours.
pub(super) fn device_number(record: &RecordId) -> Option<u64> {
    record.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_list_is_written_and_read() {
        let place = DevicePlace {
            read: 1_000,
            last: 4_711,
        };
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "7", "7:", "x:7", "7:8:9"] {
            assert_eq!(wrong.parse::<DevicePlace>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn an_id_that_is_no_number_is_no_device() {
        assert_eq!(device_number(&RecordId("41".to_owned())), Some(41));
        for none in ["", "41/", "-1", "x"] {
            assert_eq!(device_number(&RecordId(none.to_owned())), None, "{none}");
        }
    }
}
