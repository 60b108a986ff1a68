//! Links that wait for the device that replaces theirs, and what became of that one: a snapshot of the feed does not tell what
//! went before it began, so such a link might wait for ever.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::columns::{read_device, read_time};
use crate::contract::LinkPhase;
use crate::model::{DeviceId, GoneReason, InstanceId, Timestamp};
use crate::store::gone_devices::parse_gone_reason;
use crate::store::sql_words::quote_word;
use crate::store::{Store, StoreError};

/// What became of the hardware of a device that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuccessorFate {
    /// It is there, under this id.
    Present(DeviceId),
    /// It has gone: the last of its ids, and why that one went; [`GoneReason::Replaced`] where what came next is forgotten.
    Gone(DeviceId, GoneReason),
}

/// A device that replaced another one.
#[derive(Debug, Clone, Copy)]
struct SuccessorRow {
    device: DeviceId,
    /// `None`: it is there.
    gone: Option<(Timestamp, GoneReason)>,
}

impl Store {
    /// Devices of an instance that were replaced, that are not there again, and whose links were let go, in the order of their
    /// ids.
    pub async fn list_waiting_links(
        &self,
        target: InstanceId,
        instance: InstanceId,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT link.device AS device FROM target_link AS link INDEXED BY target_link_by_phase
                 WHERE link.target = ?1 AND link.phase = {} AND link.instance = ?2 AND coalesce(
                     (SELECT iif(d.state = 1, '', coalesce(d.reason, '')) FROM device AS d
                      WHERE d.instance = ?2 AND d.device_id = link.device),
                     (SELECT f.reason FROM former_device AS f WHERE f.instance = ?2 AND f.device_id = link.device)) = {}
                 ORDER BY link.device",
                quote_word(LinkPhase::Released),
                quote_word(GoneReason::Replaced)
            ))?;
            let rows = statement.query_map(params![target.0, instance.0], |row| read_device(row, "device"))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// What became of the hardware of these devices. Those of which no successor is known are left out.
    pub async fn find_successors(
        &self,
        instance: InstanceId,
        devices: Vec<DeviceId>,
    ) -> Result<BTreeMap<DeviceId, SuccessorFate>, StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let successors = list_successors(&moment, instance)?;
            let fates = devices
                .into_iter()
                .map(|device| (device, find_fate(&successors, device)));
            Ok(fates.filter_map(|(device, fate)| Some((device, fate?))).collect())
        })
        .await
    }
}

/// By the device that was replaced. A device says this of itself; of one that is swept, what is remembered of it.
fn list_successors(
    connection: &Connection,
    instance: InstanceId,
) -> Result<BTreeMap<DeviceId, Vec<SuccessorRow>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT device_id, replaces, state = 1 AS is_present, iif(state = 2, ?2, reason) AS reason, changed_at AS at
         FROM device WHERE instance = ?1 AND replaces IS NOT NULL
         UNION ALL
         SELECT f.device_id, f.replaces, 0, f.reason, f.gone_at FROM former_device AS f
         WHERE f.instance = ?1 AND f.replaces IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM device AS d WHERE d.instance = f.instance AND d.device_id = f.device_id)",
    )?;
    let rows = statement.query_map(params![instance.0, GoneReason::Filtered.name()], |row| {
        let reason: Option<String> = row.get("reason")?;
        let reason = reason.as_deref().and_then(parse_gone_reason);
        let gone = (read_time(row, "at")?, reason.unwrap_or(GoneReason::Deleted));
        let is_present: bool = row.get("is_present")?;
        let successor = SuccessorRow {
            device: read_device(row, "device_id")?,
            gone: (!is_present).then_some(gone),
        };
        Ok((read_device(row, "replaces")?, successor))
    })?;
    let mut successors = BTreeMap::<DeviceId, Vec<SuccessorRow>>::new();
    for row in rows {
        let (replaced, successor) = row?;
        successors.entry(replaced).or_default().push(successor);
    }
    Ok(successors)
}

/// Over any number of ids; `None`: nothing replaced it that is known.
fn find_fate(successors: &BTreeMap<DeviceId, Vec<SuccessorRow>>, device: DeviceId) -> Option<SuccessorFate> {
    let (mut next, mut met) = (vec![device], BTreeSet::from([device]));
    let mut last: Option<(Timestamp, DeviceId, GoneReason)> = None;
    while let Some(replaced) = next.pop() {
        for successor in successors.get(&replaced).into_iter().flatten() {
            let Some((at, reason)) = successor.gone else {
                return Some(SuccessorFate::Present(successor.device));
            };
            if met.insert(successor.device) {
                next.push(successor.device);
                if last.is_none_or(|(known, ..)| at >= known) {
                    last = Some((at, successor.device, reason));
                }
            }
        }
    }
    last.map(|(_, device, reason)| SuccessorFate::Gone(device, reason))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn device(number: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(number))
    }

    fn gone(number: u128, at: i64, reason: GoneReason) -> SuccessorRow {
        SuccessorRow {
            device: device(number),
            gone: Timestamp::from_timestamp(at, 0).map(|at| (at, reason)),
        }
    }

    fn there(number: u128) -> SuccessorRow {
        SuccessorRow {
            device: device(number),
            gone: None,
        }
    }

    fn fate(known: Vec<(u128, SuccessorRow)>) -> Option<SuccessorFate> {
        let mut successors = BTreeMap::<DeviceId, Vec<SuccessorRow>>::new();
        for (replaced, successor) in known {
            successors.entry(device(replaced)).or_default().push(successor);
        }
        find_fate(&successors, device(1))
    }

    #[test]
    fn s7_hardware_is_followed_over_its_ids_to_the_last_one() {
        let (replaced, deleted) = (GoneReason::Replaced, GoneReason::Deleted);
        assert_eq!(fate(vec![(7, there(8))]), None, "it is another one's");
        assert_eq!(fate(vec![(1, there(2))]), Some(SuccessorFate::Present(device(2))));
        let chain = vec![(1, gone(2, 10, replaced)), (2, gone(3, 20, deleted))];
        assert_eq!(fate(chain.clone()), Some(SuccessorFate::Gone(device(3), deleted)));
        // It enrolled once more after it was deleted.
        let again = [chain, vec![(3, there(4))]].concat();
        assert_eq!(fate(again), Some(SuccessorFate::Present(device(4))));
        let forgotten = vec![(1, gone(2, 10, replaced))];
        assert_eq!(fate(forgotten), Some(SuccessorFate::Gone(device(2), replaced)));
        let circle = vec![(1, gone(2, 10, replaced)), (2, gone(1, 5, replaced))];
        assert_eq!(fate(circle), Some(SuccessorFate::Gone(device(2), replaced)));
    }
}
