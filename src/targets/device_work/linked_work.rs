//! What to write of a device whose record is known: what differs from what was last written, by the rules of the mapping.
//!
//! *Unchanged costs nothing.* The fingerprint is compared before anybody is asked for the user, so that a fleet told again
//! sends no request. It has the user as the tenant calls them: somebody whom the link names already is never looked for, and
//! somebody who was looked for in vain, when the device changes in another week ([`crate::targets::user_lookup`]).
//!
//! *Nothing unseen is overwritten.* What stands over there is known from before. Where it is not, or may have been filled since,
//! the record is looked at first.

use super::page_links::is_unanswered;
use super::planned_step::{DevicePlanned, DeviceStep, LinkDraft, RecordStep};
use super::{DevicePlanner, KnownLink, PlanReason, list_sharers};
use crate::contract::{FieldMode, LinkOrigin, LinkPhase};
use crate::model::Timestamp;
use crate::store::StoreError;
use crate::targets::user_lookup::{AssignedUser, UserPlan, is_look_due};
use crate::targets::work_error::WorkError;
use crate::targets::{
    DeviceKey, DevicePlan, FieldValues, LinkState, PlannedWrite, RecordClaim, SourceDevice, UserChange,
    find_newest_owner, plan_update,
};

/// What is known of a record, by this link or by that of another device.
pub(super) struct RecordView {
    pub(super) state: LinkState,
    /// Our id over there, or the state, may be another one.
    must_write: bool,
}

impl DevicePlanner<'_> {
    /// A link that is kept up to date.
    pub(super) async fn plan_linked(
        &mut self,
        source: &SourceDevice,
        link: KnownLink,
    ) -> Result<DevicePlanned, WorkError> {
        let sharers = self.find_sharers(source.key, &link.state).await?;
        if !self.is_owner(source, &sharers).await? {
            return Ok(DevicePlanned::new(DeviceStep::Settled(None)));
        }
        if is_unanswered(&link, &sharers) {
            return self.plan_known_record(source, link, PlanReason::Ordinary).await;
        }
        let view = choose_newest_view(link, &sharers);
        let looks_again = view.must_write || is_look_due(view.state.user_sought_at, self.context.clock.now());
        let assigned = AssignedUser::of_settled_link(&view.state, looks_again);
        let planned = self
            .plan_values(source, view.state.clone(), &assigned, view.must_write)
            .await?;
        self.look_at_unseen(source, (view.state, view.must_write), &assigned, planned)
            .await
    }

    /// What stands over there is known from what was written, or read, before. Where that does not tell what a write would
    /// take the place of, the record is looked at: a field is filled only if it is empty now, and what people keep in one that
    /// the mapping names from now on can be put back.
    pub(super) async fn look_at_unseen(
        &mut self,
        source: &SourceDevice,
        (state, must_write): (LinkState, bool),
        assigned: &AssignedUser,
        planned: DevicePlanned,
    ) -> Result<DevicePlanned, WorkError> {
        let DeviceStep::Write(step) = &planned.step else {
            return Ok(planned);
        };
        if self.lookups.is_held(source.key, step.class) || !self.writes_unseen(step, &state.known) {
            return Ok(planned);
        }
        let origin = step.draft.origin;
        // One that is not there, or can't be read: writing to it shows it.
        let Some(values) = self.read_linked_values(&state.record).await? else {
            return Ok(planned);
        };
        let known = self.complete_known(state.known, values);
        let seen = LinkState { known, origin, ..state };
        let again = self.plan_values(source, seen, assigned, must_write).await?;
        Ok(DevicePlanned {
            moved_from: planned.moved_from,
            found_before: planned.found_before,
            forgets_link: planned.forgets_link,
            found_by: planned.found_by,
            ..again
        })
    }

    /// With what is seen now: of fields of which nothing was known, and of those that are filled only if they are empty. Of
    /// the others what was known stays, or the values of before a write that was never recorded would be lost.
    fn complete_known(&self, mut known: FieldValues, seen: FieldValues) -> FieldValues {
        for (field, value) in seen {
            if self.mapping.mode_of(&field) == FieldMode::Fill || !known.contains_key(&field) {
                known.insert(field, value);
            }
        }
        known
    }

    fn writes_unseen(&self, step: &RecordStep, known: &FieldValues) -> bool {
        let is_unseen = |field: &String| !known.contains_key(field) || self.mapping.mode_of(field) == FieldMode::Fill;
        step.sent_values().keys().any(is_unseen)
    }

    /// A record that was just read, which other devices may have as well.
    pub(super) async fn plan_shared(
        &mut self,
        source: &SourceDevice,
        state: LinkState,
        assigned: &AssignedUser,
        must_write: bool,
    ) -> Result<DevicePlanned, WorkError> {
        let sharers = self.find_sharers(source.key, &state).await?;
        let state = LinkState {
            // Made by this target for another device: it is its own.
            origin: sharers.first().map_or(state.origin, |link| link.state.origin),
            ..state
        };
        if self.is_owner(source, &sharers).await? {
            return self.plan_values(source, state, assigned, must_write).await;
        }
        let draft = LinkDraft {
            // It is not compared with what this device should have.
            is_certain: false,
            ..LinkDraft::of_device(source, &state)
        };
        Ok(DevicePlanned::new(DeviceStep::Settled(Some(Box::new(draft)))))
    }

    pub(super) async fn find_sharers(&self, key: DeviceKey, state: &LinkState) -> Result<Vec<KnownLink>, StoreError> {
        list_sharers(self.context, &self.memory.links, key, &state.record).await
    }

    /// Whether this device is the one that checked in last of all that share its record.
    pub(super) async fn is_owner(&self, source: &SourceDevice, sharers: &[KnownLink]) -> Result<bool, StoreError> {
        if !sharers.iter().any(KnownLink::is_active) {
            return Ok(true);
        }
        let mut claims = vec![RecordClaim {
            key: source.key,
            last_sync: source.last_sync().max(self.find_last_sync(source.key).await?),
        }];
        for link in sharers.iter().filter(|link| link.is_active()) {
            claims.extend(self.find_claim(link.key).await?);
        }
        Ok(find_newest_owner(&claims) == Some(source.key))
    }

    /// By the newest check-in that is known, which the feed may not have told yet. `None`: the device is not there, which may
    /// not be told yet either.
    pub(in crate::targets) async fn find_claim(&self, key: DeviceKey) -> Result<Option<RecordClaim>, StoreError> {
        let row = self.context.store.find_device(key.instance, key.device).await?;
        Ok(row.map(|row| RecordClaim {
            key,
            last_sync: Timestamp::from_timestamp(row.last_sync_s, 0).filter(|_| row.last_sync_s > 0),
        }))
    }

    /// The newest check-in that is known; `None`: never, or the device is not there.
    pub(super) async fn find_last_sync(&self, key: DeviceKey) -> Result<Option<Timestamp>, StoreError> {
        let claim = self.find_claim(key).await?;
        Ok(claim.and_then(|claim| claim.last_sync))
    }

    /// Compares value by value, where the fingerprint has changed. `must_write`: also where no value differs.
    pub(super) async fn plan_values(
        &mut self,
        source: &SourceDevice,
        state: LinkState,
        assigned: &AssignedUser,
        must_write: bool,
    ) -> Result<DevicePlanned, WorkError> {
        let (wanted, troubles) = self.mapping.wanted_values(source);
        let users = &self.memory.users;
        let fingerprint = self
            .mapping
            .fingerprint_device(&wanted, source, users.wanted_user(source));
        if !must_write && state.phase == LinkPhase::Active && state.fingerprint == Some(fingerprint) {
            return Ok(DevicePlanned::new(DeviceStep::Settled(None)));
        }
        let compared = as_compared(state.clone(), must_write);
        let untold = self.find_untold_user(source, &state, &compared);
        let is_untold_user = untold.is_some();
        let user = match untold {
            Some(kept) => kept,
            None => {
                let now = self.context.clock.now();
                let users = &mut self.memory.users;
                users.plan_user(self.adapter, source, assigned, now).await?
            }
        };
        let draft = LinkDraft {
            fingerprint: Some(fingerprint),
            user: user.user,
            user_name: user.user_name,
            user_sought_at: user.sought_at,
            ..LinkDraft::of_device(source, &state)
        };
        let replaces = source.replaces.filter(|_| state.fingerprint.is_none());
        let planned = match plan_update(source, &compared, self.mapping, user.change) {
            DevicePlan::Nothing => DeviceStep::Settled(Some(Box::new(draft))),
            DevicePlan::Write(mut write, class) => {
                set_replaced(&mut write, replaces);
                DeviceStep::Write(Box::new(RecordStep {
                    write,
                    class,
                    draft,
                    is_untold_user,
                }))
            }
        };
        Ok(DevicePlanned {
            troubles,
            ..DevicePlanned::new(planned)
        })
    }
}

impl DevicePlanner<'_> {
    /// The user where nobody has to be asked yet: the write is only told.
    fn find_untold_user(&self, source: &SourceDevice, state: &LinkState, compared: &LinkState) -> Option<UserPlan> {
        let told = match plan_update(source, compared, self.mapping, UserChange::Keep) {
            DevicePlan::Write(_, class) => self.lookups.is_only_told(source.key, class),
            DevicePlan::Nothing => false,
        };
        told.then(|| UserPlan {
            change: UserChange::Keep,
            user: state.user.clone(),
            user_name: state.user_name.clone(),
            sought_at: state.user_sought_at,
        })
    }
}

/// Of the links to one record, what the last write through any of them left behind. Of two writes at the same moment nobody knows
/// which one came last: the other one's counts, and the record is written once more.
pub(super) fn choose_newest_view(link: KnownLink, sharers: &[KnownLink]) -> RecordView {
    let newest = sharers
        .iter()
        .filter(|sharer| sharer.written_at.is_some() && sharer.written_at >= link.written_at)
        .max_by_key(|sharer| sharer.written_at);
    match newest {
        Some(newest) => RecordView {
            state: LinkState {
                known: newest.state.known.clone(),
                user: newest.state.user.clone(),
                user_name: newest.state.user_name.clone(),
                user_sought_at: newest.state.user_sought_at,
                fingerprint: None,
                ..link.state
            },
            must_write: true,
        },
        None => RecordView {
            // Nothing was written through it yet, or what was written was put back.
            must_write: link.state.fingerprint.is_none(),
            state: link.state,
        },
    }
}

/// The link as the comparison is to see it: one that must be written counts as adopted, and never written.
fn as_compared(state: LinkState, must_write: bool) -> LinkState {
    if !must_write {
        // The record was read and carries our id: only values count.
        let fingerprint = state.fingerprint.or(Some([0; 16]));
        return LinkState { fingerprint, ..state };
    }
    LinkState {
        origin: LinkOrigin::Adopted,
        fingerprint: None,
        ..state
    }
}

/// Which device had the record before is told with the first write alone.
fn set_replaced(write: &mut PlannedWrite, replaced: Option<crate::model::DeviceId>) {
    if let PlannedWrite::Update { replaces, .. } = write {
        *replaces = replaced;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::parse_time;
    use crate::targets::samples_for_tests::{device_key, field_values, link_to};

    fn link(instance: i64, written_at: Option<&str>, name: &str) -> KnownLink {
        let mut state = link_to("7");
        state.known = field_values(json!({ "name": name }));
        state.fingerprint = Some([1; 16]);
        KnownLink {
            key: device_key(instance, 1),
            state,
            confirmed: true,
            unanswered: None,
            written_at: written_at.map(|at| parse_time(at).unwrap()),
        }
    }

    #[test]
    fn what_stands_over_there_is_what_the_last_of_all_devices_wrote() {
        let (early, late) = (Some("2026-03-01T08:00:00Z"), Some("2026-03-02T08:00:00Z"));
        let view = choose_newest_view(link(1, early, "mine"), &[link(2, late, "theirs")]);
        assert_eq!(view.state.known, field_values(json!({"name": "theirs"})));
        assert!(
            view.must_write && view.state.fingerprint.is_none(),
            "it carries another id"
        );
        let view = choose_newest_view(
            link(1, late, "mine"),
            &[link(2, early, "theirs"), link(3, None, "never")],
        );
        assert_eq!(view.state.known, field_values(json!({"name": "mine"})));
        assert_eq!((view.must_write, view.state.fingerprint), (false, Some([1; 16])));
        let view = choose_newest_view(link(1, late, "mine"), &[link(2, late, "theirs")]);
        assert!(view.must_write, "at the same moment");
    }

    #[test]
    fn a_link_that_must_be_written_is_compared_as_one_that_never_was() {
        let compared = as_compared(link_to("7"), true);
        assert_eq!((compared.origin, compared.fingerprint), (LinkOrigin::Adopted, None));
        assert!(as_compared(link_to("7"), false).fingerprint.is_some());
    }
}
