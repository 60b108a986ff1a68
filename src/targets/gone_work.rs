//! What is to be done about a device that is not there any more, and about links whose devices a snapshot lacked. Nothing is
//! done here.
//!
//! *A device that enrolled again* is told gone before its successor is told: its link waits, untouched, and becomes the
//! successor's ([`super::device_work`]). Where the successor itself is gone before anybody read of it, the link that waits is
//! treated as it would have been: when that is told, or, as a snapshot does not tell it, at the end of one.
//!
//! *Not seen is not always gone.* A snapshot leaves out what a filter leaves out, of the target or of the instance, and all
//! devices of an instance that was removed. The store knows why each is not there; what only left is let go untouched.

use std::collections::BTreeMap;

use super::device_work::{
    DevicePlanner, KnownLink, LinkDraft, MadeRecord, RecordStep, list_predecessors, list_sharers,
};
use super::feed_reader::FeedView;
use super::target_context::TargetContext;
use super::work_error::WorkError;
use super::{DeviceKey, GonePlan, LinkState, PlannedWrite, RetireAction, find_newest_owner, plan_gone};
use crate::contract::{LinkPhase, WriteClass};
use crate::model::{DeviceId, GoneReason, InstanceId, InstanceName};
use crate::store::{FormerDevice, StoreError, SuccessorFate};

/// What is to be done about one device that is gone.
#[derive(Debug)]
pub(super) struct GonePlanned {
    /// Whose link it is about: an earlier id of the same hardware, perhaps.
    pub key: DeviceKey,
    /// Its record was made by a write of which nobody was told how it ended, and was found now: it is kept before anything else.
    pub found: Option<KnownLink>,
    pub step: GoneStep,
    /// The device that fills the record from now on.
    pub heir: Option<DeviceKey>,
}

#[derive(Debug)]
pub(super) enum GoneStep {
    /// It has no link, or was treated before.
    Nothing,
    /// Nothing is sent; its link stands there from now on.
    Settle(LinkPhase),
    /// The making of its record came to nothing.
    Forget,
    Write(Box<RecordStep>),
}

/// Why a device is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeviceAbsence {
    pub reason: GoneReason,
    /// It was replaced, and its hardware has gone: under this id, its last one.
    pub last: Option<DeviceId>,
    /// It was replaced by this device, which is there.
    pub successor: Option<DeviceId>,
}

impl From<GoneReason> for DeviceAbsence {
    fn from(reason: GoneReason) -> DeviceAbsence {
        DeviceAbsence {
            reason,
            last: None,
            successor: None,
        }
    }
}

impl DeviceAbsence {
    /// Of hardware that had this id last: a link that waited for it waits no more.
    pub(super) fn of_last(last: DeviceId, reason: GoneReason) -> DeviceAbsence {
        DeviceAbsence {
            last: Some(last),
            ..reason.into()
        }
    }

    /// Of a device that was replaced, by what became of its hardware; `None`: nothing is known of that any more.
    fn of_replaced(device: DeviceId, fate: Option<SuccessorFate>) -> DeviceAbsence {
        let (last, reason) = match fate {
            Some(SuccessorFate::Present(successor)) => {
                return DeviceAbsence {
                    successor: Some(successor),
                    ..GoneReason::Replaced.into()
                };
            }
            // Whatever came next was forgotten, so it went long ago.
            Some(SuccessorFate::Gone(last, GoneReason::Replaced)) => (last, GoneReason::Deleted),
            Some(SuccessorFate::Gone(last, reason)) => (last, reason),
            None => (device, GoneReason::Deleted),
        };
        DeviceAbsence::of_last(last, reason)
    }

    /// A link that waited for a successor waits no more where the hardware has gone from Intune itself.
    fn take_up(self, link: KnownLink) -> KnownLink {
        let has_waited = self.last.is_some() && link.state.phase == LinkPhase::Released;
        if has_waited && self.reason.may_reenroll() {
            taken_up(link)
        } else {
            link
        }
    }
}

impl GonePlanned {
    fn new(key: DeviceKey, step: GoneStep) -> GonePlanned {
        GonePlanned {
            key,
            found: None,
            step,
            heir: None,
        }
    }
}

impl DevicePlanner<'_> {
    pub(super) async fn plan_gone_device(
        &mut self,
        key: DeviceKey,
        instance: &InstanceName,
        absence: DeviceAbsence,
    ) -> Result<GonePlanned, WorkError> {
        let reason = absence.reason;
        let gone = DeviceKey {
            device: absence.last.unwrap_or(key.device),
            ..key
        };
        let link = self.memory.links.find_link(self.context, key).await?;
        match link {
            None => Ok(GonePlanned::new(key, GoneStep::Nothing)),
            Some(link) if link.has_record() => self.plan_gone_link(absence.take_up(link), gone, reason).await,
            Some(_) => match self.find_made_record(key, instance).await? {
                MadeRecord::Found(link) => Ok(GonePlanned {
                    found: Some((*link).clone()),
                    ..self.plan_gone_link(*link, gone, reason).await?
                }),
                MadeRecord::NotMade => Ok(GonePlanned::new(key, GoneStep::Forget)),
                // It stays as it may be, and is looked for again whenever its device is told.
                MadeRecord::Unclear(_) => Ok(GonePlanned::new(key, GoneStep::Nothing)),
            },
        }
    }

    /// Earlier ids of the hardware of a device that has gone, which wait for it: it came and went between two reads, or has a
    /// record of its own.
    pub(super) async fn plan_waiting(
        &mut self,
        gone: DeviceKey,
        reason: GoneReason,
    ) -> Result<Vec<GonePlanned>, WorkError> {
        let mut planned = Vec::new();
        if !matches!(reason, GoneReason::Deleted | GoneReason::ByJob) {
            return Ok(planned);
        }
        for former in list_predecessors(self.context, gone).await? {
            let earlier = DeviceKey {
                device: former.id,
                ..gone
            };
            let link = self.memory.links.find_link(self.context, earlier).await?;
            if let Some(link) = link.filter(|link| waits_for_successor(link, &former)) {
                planned.push(self.plan_gone_link(taken_up(link), gone, reason).await?);
            }
        }
        Ok(planned)
    }

    /// The older ids of a device that has another record than they, its own or that of one of them: nobody takes theirs over.
    pub(super) async fn plan_left_behind(&mut self, successor: DeviceKey) -> Result<Vec<GonePlanned>, WorkError> {
        let mut planned = Vec::new();
        let own = self.memory.links.find_link(self.context, successor).await?;
        let Some(own) = own.filter(KnownLink::has_record) else {
            return Ok(planned);
        };
        for former in list_predecessors(self.context, successor).await? {
            let key = DeviceKey {
                device: former.id,
                ..successor
            };
            let link = self.memory.links.find_link(self.context, key).await?;
            let left = link.filter(|link| is_left_behind(link, &former) && link.state.record != own.state.record);
            if let Some(link) = left {
                planned.push(self.plan_gone_link(taken_up(link), key, GoneReason::Deleted).await?);
            }
        }
        Ok(planned)
    }

    /// `gone`: the last id of its hardware, by which a job may have removed it.
    async fn plan_gone_link(
        &mut self,
        link: KnownLink,
        gone: DeviceKey,
        reason: GoneReason,
    ) -> Result<GonePlanned, WorkError> {
        let key = link.key;
        let may_be_back = link.state.phase == LinkPhase::Gone && link.unanswered.is_some();
        if link.state.phase != LinkPhase::Active && !may_be_back {
            return Ok(GonePlanned::new(key, GoneStep::Nothing));
        }
        let profile = self.adapter.profile();
        let sharers = list_sharers(self.context, &self.memory.links, key, &link.state.record).await?;
        if may_be_back && !sharers.is_empty() {
            // It was written for another one.
            return Ok(GonePlanned::new(key, GoneStep::Nothing));
        }
        // It may have been brought back: nobody was told.
        let link = if may_be_back { taken_up(link) } else { link };
        let sharers: Vec<KnownLink> = sharers.into_iter().filter(KnownLink::is_active).collect();
        let store = &self.context.store;
        let removed_by = store.find_removing_action(gone.instance, gone.device).await?;
        let is_delete_allowed = self.context.settings.delete_allowed;
        let rules = self
            .mapping
            .gone()
            .limit_actions(profile.retire_actions, is_delete_allowed);
        let plan = plan_gone(reason, removed_by, &link.state, rules, sharers.len());
        let step = match plan {
            GonePlan::Act(action) => return Ok(GonePlanned::new(key, self.plan_retirement(link, action, reason))),
            GonePlan::KeepForOthers => GoneStep::Settle(LinkPhase::Gone),
            // Its successor has the record already.
            GonePlan::WaitForReplacement if !sharers.is_empty() => GoneStep::Settle(LinkPhase::Gone),
            GonePlan::WaitForReplacement => GoneStep::Settle(LinkPhase::Released),
            GonePlan::Release => GoneStep::Settle(phase_of_left(reason)),
        };
        Ok(GonePlanned {
            heir: self.find_heir(&sharers).await?,
            ..GonePlanned::new(key, step)
        })
    }

    fn plan_retirement(&self, link: KnownLink, action: RetireAction, reason: GoneReason) -> GoneStep {
        let write = PlannedWrite::Retire {
            key: link.key,
            record: link.state.record.clone(),
            action,
            reason,
            at: self.context.clock.now(),
        };
        GoneStep::Write(Box::new(RecordStep {
            is_untold_user: false,
            write,
            class: WriteClass::Retire,
            draft: LinkDraft {
                phase: LinkPhase::Gone,
                // When it comes back, everything is compared and the user assigned anew.
                fingerprint: None,
                user: None,
                user_name: None,
                user_sought_at: None,
                ..LinkDraft::of_link(link.key, &link.state)
            },
        }))
    }

    async fn find_heir(&self, sharers: &[KnownLink]) -> Result<Option<DeviceKey>, StoreError> {
        let mut claims = Vec::new();
        for link in sharers {
            claims.extend(self.find_claim(link.key).await?);
        }
        Ok(find_newest_owner(&claims))
    }
}

/// An earlier id of hardware that enrolled again, whose successor was never read of.
fn waits_for_successor(link: &KnownLink, former: &FormerDevice) -> bool {
    let is_replaced = matches!(former.gone, Some((_, GoneReason::Replaced)));
    link.has_record() && link.state.phase == LinkPhase::Released && is_replaced
}

/// The same, or one of which this target was not told that its device has gone.
fn is_left_behind(link: &KnownLink, former: &FormerDevice) -> bool {
    let is_replaced = matches!(former.gone, Some((_, GoneReason::Replaced)));
    waits_for_successor(link, former) || (link.is_active() && is_replaced)
}

/// A link that waited, and waits no more.
fn taken_up(link: KnownLink) -> KnownLink {
    KnownLink {
        state: LinkState {
            phase: LinkPhase::Active,
            ..link.state
        },
        ..link
    }
}

/// Where a link stands whose record is left as it is.
fn phase_of_left(reason: GoneReason) -> LinkPhase {
    match reason {
        GoneReason::Deleted | GoneReason::ByJob | GoneReason::Replaced => LinkPhase::Gone,
        GoneReason::Filtered | GoneReason::Unassigned | GoneReason::InstanceRemoved => LinkPhase::Released,
    }
}

/// Why a snapshot lacked devices that have links. One of which nothing is known any more was deleted long ago; but where the
/// whole instance is not read any more, nothing is known of any, and all of them are there still. One that was replaced is
/// gone as soon as its hardware is.
pub(super) async fn explain_absences(
    context: &TargetContext,
    view: &FeedView,
    instance: InstanceId,
    devices: Vec<DeviceId>,
) -> Result<Vec<(DeviceId, DeviceAbsence)>, StoreError> {
    let is_read = view.find_visible(instance).is_some();
    let known = context.store.explain_absences(instance, devices.clone()).await?;
    let is_replaced = |device: &&DeviceId| is_read && known.get(*device) == Some(&Some(GoneReason::Replaced));
    let replaced: Vec<DeviceId> = devices.iter().filter(is_replaced).copied().collect();
    let fates = if replaced.is_empty() {
        BTreeMap::new()
    } else {
        context.store.find_successors(instance, replaced).await?
    };
    let explain = |device: DeviceId| match known.get(&device) {
        // It is there, and left out of what this target is told.
        Some(None) => GoneReason::Filtered.into(),
        Some(Some(GoneReason::Replaced)) if is_read => DeviceAbsence::of_replaced(device, fates.get(&device).copied()),
        Some(Some(reason)) => (*reason).into(),
        None if is_read => GoneReason::Deleted.into(),
        None => GoneReason::InstanceRemoved.into(),
    };
    Ok(devices.into_iter().map(|device| (device, explain(device))).collect())
}

#[cfg(test)]
#[path = "gone_work_tests.rs"]
mod tests;
