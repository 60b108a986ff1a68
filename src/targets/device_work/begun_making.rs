//! A record whose making was begun, and of which nobody was told whether it was made: the other side is asked for it by our
//! id, also when its device has gone or has another id by now. Otherwise it would stay there for ever, and be nobody's.

use serde_json::{Map, Value};

use super::planned_step::{LinkDraft, found_link};
use super::{DevicePlanner, KnownLink};
use crate::contract::{FieldMode, LinkOrigin, SetAsideReason};
use crate::model::{InstanceName, Timestamp};
use crate::store::TargetWritten;
use crate::targets::first_contact::find_standing;
use crate::targets::work_error::WorkError;
use crate::targets::{CompiledMapping, DeviceKey, FieldValues, PrimaryUser, RecordSearch, SourceDevice, TargetRecord};

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
                unanswered: None,
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

/// What a making of which nobody was told has written, by what stands in the record now.
pub(in crate::targets) fn list_made_values(mapping: &CompiledMapping, known: &FieldValues) -> FieldValues {
    let is_ours = |(field, value): &(&String, &Value)| mapping.mode_of(field) != FieldMode::Leave && !value.is_null();
    let made = known.iter().filter(is_ours);
    made.map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// The link to a record that was found, as it is kept. `made`: what the making wrote, where it counts with this link.
pub(in crate::targets) fn keep_found_link(found: &KnownLink, made: Option<FieldValues>) -> TargetWritten {
    let draft = LinkDraft {
        phase: found.state.phase,
        made,
        ..LinkDraft::of_link(found.key, &found.state)
    };
    // Which snapshot has the device stays as it is.
    draft.into_linked(0)
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
    use serde_json::json;

    use super::*;
    use crate::contract::{LinkPhase, WriteClass};
    use crate::model::parse_time;
    use crate::targets::LinkState;
    use crate::targets::samples_for_tests::{device_id, device_key, field_values, link_to, sample_mapping};

    #[test]
    fn a_making_has_written_what_stands_in_the_fields_of_the_mapping() {
        let mapping = CompiledMapping::compile(&sample_mapping()).unwrap();
        let known = field_values(json!({"name": "PC", "serial": null, "notes": "theirs", "status": "theirs"}));
        let made = list_made_values(&mapping, &known);
        assert_eq!(made, field_values(json!({"name": "PC"})));
        let found = KnownLink {
            key: device_key(1, 7),
            state: LinkState {
                phase: LinkPhase::Gone,
                known,
                ..link_to("7")
            },
            confirmed: true,
            unanswered: None,
            written_at: None,
        };
        let counted = keep_found_link(&found, Some(made.clone()));
        assert_eq!(
            (counted.class, counted.phase),
            (Some(WriteClass::Create), LinkPhase::Gone)
        );
        assert_eq!(
            (counted.before, counted.after),
            (field_values(json!({"name": null})), made)
        );
        let kept = keep_found_link(&found, None);
        assert_eq!((kept.class, kept.record.as_str()), (None, "7"));
    }

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
