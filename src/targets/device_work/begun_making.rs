//! A record whose making was begun, and of which nobody was told whether it was made: the other side is asked for it by our
//! id, also when its device has gone or has another id by now. Otherwise it would stay there for ever, and be nobody's.

use serde_json::{Map, Value};

use super::planned_step::found_link;
use super::{DevicePlanner, KnownLink};
use crate::contract::{LinkOrigin, SetAsideReason};
use crate::model::{InstanceName, Timestamp};
use crate::targets::first_contact::find_standing;
use crate::targets::work_error::WorkError;
use crate::targets::{DeviceKey, PrimaryUser, RecordSearch, SourceDevice, TargetRecord};

/// What the other side says of a making of which nobody was told.
#[derive(Debug)]
pub(in crate::targets) enum MadeRecord {
    /// The link as it is once this record is kept.
    Found(Box<KnownLink>),
    /// None was made, or it is still under way.
    NotMade,
    /// More than one has our id, or the other side says nothing about this one: nothing may be concluded.
    Unclear(SetAsideReason),
}

impl DevicePlanner<'_> {
    pub(in crate::targets) async fn find_made_record(
        &self,
        key: DeviceKey,
        instance: &InstanceName,
    ) -> Result<MadeRecord, WorkError> {
        let mut found: Vec<TargetRecord> = Vec::new();
        for source in self.list_names(key, instance).await? {
            match self.adapter.find_records(RecordSearch::Device(&source)).await {
                Err(fault) if fault.concerns_record() => return Ok(MadeRecord::Unclear(SetAsideReason::Refused)),
                listed => found.extend(listed?),
            }
            if !found.is_empty() {
                break;
            }
        }
        let own = found.iter().filter(|record| record.device == Some(key.device));
        Ok(match find_standing(own).as_slice() {
            [] => MadeRecord::NotMade,
            [record] => MadeRecord::Found(Box::new(KnownLink {
                key,
                state: found_link(record, LinkOrigin::Created),
                confirmed: true,
                written_at: None,
            })),
            _ => MadeRecord::Unclear(SetAsideReason::IdTwice),
        })
    }

    /// By what the record may be called over there: an inventory may know a device by its id and by when it enrolled, as far
    /// as this target was told that.
    async fn list_names(&self, key: DeviceKey, instance: &InstanceName) -> Result<Vec<SourceDevice>, WorkError> {
        let store = &self.context.store;
        let enrolled = match store.find_gone_device(key.instance, key.device).await? {
            Some(former) => former.enrolled_at,
            None => store.find_enrolment(key.instance, key.device).await?,
        };
        let named = |enrolled| nameless_device(key, instance.clone(), enrolled);
        Ok(match enrolled {
            Some(_) => vec![named(enrolled), named(None)],
            None => vec![named(None)],
        })
    }
}

/// Of a device that is gone nothing but its id is known, and when it enrolled: an inventory may know it by both.
fn nameless_device(key: DeviceKey, instance: InstanceName, enrolled: Option<Timestamp>) -> SourceDevice {
    let id = ("id".to_owned(), Value::from(key.device.to_string()));
    let enrolled = enrolled.map(|at| ("enrolledDateTime".to_owned(), Value::from(at.to_rfc3339())));
    SourceDevice {
        key,
        instance_name: instance,
        replaces: None,
        same_as: None,
        changed_at: Timestamp::UNIX_EPOCH,
        values: [id].into_iter().chain(enrolled).collect::<Map<String, Value>>(),
        primary_user: PrimaryUser::NotRead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;
    use crate::targets::samples_for_tests::{device_id, device_key};

    #[test]
    fn a_device_of_which_only_the_id_is_known_has_nothing_else_to_be_found_by() {
        let named = |enrolled| nameless_device(device_key(1, 7), "IntuneConnector_1".parse().unwrap(), enrolled);
        let device = named(Some(Timestamp::UNIX_EPOCH));
        assert_eq!(device.text("id"), Some(device_id(7).to_string().as_str()));
        let enrolled = device.text("enrolledDateTime").and_then(parse_time);
        assert_eq!(enrolled, Some(Timestamp::UNIX_EPOCH));
        assert_eq!(named(None).text("enrolledDateTime"), None);
        assert_eq!((device.usable_serial(), device.user()), (None, None));
    }
}
