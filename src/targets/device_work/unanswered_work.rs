//! A record to which a write went out of which nobody knows how it ended: the process died, the answer got lost, or only a
//! part of the write was taken. What is known of the record says how it was before, so it is looked at: what was to be written
//! and is not recorded is written again, and can be put back then; what stands there and is not wanted any more is put right.
//!
//! The mark is at each link to the record, and goes when the device that fills it is written, or found to be as it should be.

use super::DevicePlanner;
use super::KnownLink;
use super::linked_work::choose_newest_view;
use super::planned_step::{DevicePlanned, found_link};
use crate::contract::FieldMode;
use crate::targets::user_lookup::AssignedUser;
use crate::targets::work_error::WorkError;
use crate::targets::{FieldValues, LinkState, SourceDevice, TargetRecord, is_same_value};

impl DevicePlanner<'_> {
    /// Of the device that fills the record. `must_write`: also where no value differs.
    pub(super) async fn plan_unanswered(
        &mut self,
        source: &SourceDevice,
        (link, sharers): (KnownLink, &[KnownLink]),
        record: &TargetRecord,
        must_write: bool,
    ) -> Result<DevicePlanned, WorkError> {
        let left: Vec<String> = std::iter::once(&link)
            .chain(sharers)
            .flat_map(|link| link.unanswered.iter().flatten().cloned())
            .collect();
        let seen = found_link(record, link.state.origin);
        let recorded = choose_newest_view(link, sharers).state;
        let state = self.add_unrecorded(source, &recorded, seen, &left);
        let assigned = AssignedUser::of_link(&state);
        let mut planned = self.plan_values(source, state, &assigned, must_write).await?;
        planned.keep_values_before(&recorded.known, self.mapping);
        Ok(planned)
    }

    /// As the record is compared. `recorded`: how it was before; `left`: whom unanswered writes may have left as its user, with
    /// an empty text for nobody.
    pub(super) fn add_unrecorded(
        &self,
        source: &SourceDevice,
        recorded: &LinkState,
        seen: LinkState,
        left: &[String],
    ) -> LinkState {
        let (wanted, _) = self.mapping.wanted_values(source);
        let is_own = |field: &String| self.mapping.mode_of(field) == FieldMode::Own;
        // Where values cannot be read, those that others may have filled are as they were known.
        let mut known: FieldValues = if seen.known.is_empty() {
            let others = recorded.known.iter().filter(|(field, _)| !is_own(field));
            others.map(|(field, value)| (field.clone(), value.clone())).collect()
        } else {
            seen.known
        };
        for (field, value) in wanted.iter().filter(|(field, _)| is_own(field)) {
            let before = recorded.known.get(field);
            if let Some(before) = before.filter(|before| !is_same_value(Some(value), Some(before))) {
                known.insert(field.clone(), before.clone());
            }
        }
        let stands = seen.user.as_deref().unwrap_or_default();
        let is_left = seen.user != recorded.user && left.iter().any(|user| user == stands);
        if is_left {
            return LinkState { known, ..seen };
        }
        // As it was written, or as people have made it, who go before.
        LinkState {
            known,
            user: recorded.user.clone(),
            user_name: recorded.user_name.clone(),
            user_sought_at: recorded.user_sought_at,
            ..seen
        }
    }
}
