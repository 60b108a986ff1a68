//! What is to be done about one device that is there. Nothing is done here: the other side is only read, and only where its
//! record is not known.
//!
//! ```text
//! link, kept up to date  → compare with what was last written            (no request)
//! link, gone or let go   → read its record, bring it back
//! link, write unanswered → read its record, compare with what stands there
//! no link                → the device that it replaces ([`succession`]) → first contact ([`contact_work`])
//! ```
//!
//! A record that several devices share is filled by the one that checked in last ([`linked_work`]).

mod begun_making;
mod contact_work;
mod linked_work;
mod page_links;
mod planned_step;
mod succession;
mod unanswered_work;

pub(super) use begun_making::{MadeRecord, keep_found_link, list_made_values};
pub(super) use page_links::{KnownLink, PageLinks, list_sharers};
pub(super) use planned_step::{AsidePlan, DevicePlanned, DeviceStep, LinkDraft, RecordStep};
pub(super) use succession::list_predecessors;

use page_links::is_unanswered;
use planned_step::{FoundRecord, found_link, returned_link};
use tokio::time::Instant;

use super::record_index::RecordIndex;
use super::target_context::TargetContext;
use super::user_lookup::{AssignedUser, TargetUsers};
use super::work_error::WorkError;
use super::write_gate::WriteGate;
use super::{
    CompiledMapping, DeviceKey, FieldValues, LinkState, RecordId, SourceDevice, TargetAdapter, TargetFault,
    TargetRecord,
};
use crate::contract::{LinkOrigin, RecordMatch, WriteClass};

/// Plans for one device after the other. A preview has one of its own, with an adapter that refuses writes.
pub(super) struct DevicePlanner<'a> {
    pub context: &'a TargetContext,
    pub adapter: &'a dyn TargetAdapter,
    pub mapping: &'a CompiledMapping,
    pub memory: &'a mut PlanMemory,
    pub lookups: PlanLookups<'a>,
}

/// For which writes the other side is asked what only the write itself needs: the user. A first fill has thousands of users,
/// and its question must not wait for all of them.
#[derive(Clone, Copy)]
pub(super) enum PlanLookups<'a> {
    All,
    /// Not for those that wait for consent: they are planned again when somebody has agreed.
    Admitted(&'a WriteGate),
    /// For none: they are only told.
    Nobody,
}

impl PlanLookups<'_> {
    /// Whether a write is told, and not sent.
    fn is_only_told(self, key: DeviceKey, class: WriteClass) -> bool {
        matches!(self, PlanLookups::Nobody) || self.is_held(key, class)
    }

    /// Whether it waits for consent.
    fn is_held(self, key: DeviceKey, class: WriteClass) -> bool {
        matches!(self, PlanLookups::Admitted(gate) if gate.would_hold(key, class))
    }
}

/// What is remembered from device to device.
#[derive(Debug, Default)]
pub(super) struct PlanMemory {
    pub users: TargetUsers,
    /// All records of the other side, during a catch-up.
    pub index: Option<RecordIndex>,
    pub links: PageLinks,
}

/// By whose wish a device is planned.
#[derive(Debug, Clone, Copy)]
pub(super) enum PlanReason<'a> {
    /// It has changed, or is told again.
    Ordinary,
    /// Somebody wants it written again.
    Resend,
    /// Somebody decided that this record is its own.
    Adopt(&'a RecordId),
    /// Somebody decided that it gets a new record.
    Create,
}

impl DevicePlanner<'_> {
    /// What the other side refuses to answer about one device concerns that device alone.
    pub(super) async fn plan_device(
        &mut self,
        source: &SourceDevice,
        reason: PlanReason<'_>,
    ) -> Result<DevicePlanned, WorkError> {
        match self.plan_by_link(source, reason).await {
            Err(WorkError::Fault(fault)) if fault.concerns_record() => Ok(DevicePlanned::refused(&fault)),
            planned => planned,
        }
    }

    async fn plan_by_link(
        &mut self,
        source: &SourceDevice,
        reason: PlanReason<'_>,
    ) -> Result<DevicePlanned, WorkError> {
        if let PlanReason::Adopt(record) = reason {
            return self.plan_decided_record(source, record).await;
        }
        let link = self.memory.links.find_link(self.context, source.key).await?;
        match link {
            Some(link) if link.is_active() && link.confirmed && !matches!(reason, PlanReason::Resend) => {
                self.plan_linked(source, link).await
            }
            Some(link) if link.has_record() => self.plan_known_record(source, link, reason).await,
            Some(_) => self.plan_contact(source, true, reason).await,
            None => match self.plan_succession(source).await? {
                Some(planned) => Ok(planned),
                None => self.plan_contact(source, false, reason).await,
            },
        }
    }

    /// The record is looked at first: its link was let go, or what is known of it may be old.
    async fn plan_known_record(
        &mut self,
        source: &SourceDevice,
        link: KnownLink,
        reason: PlanReason<'_>,
    ) -> Result<DevicePlanned, WorkError> {
        let Some(record) = self.read_linked(&link.state.record).await? else {
            return self.plan_unread_record(source, link).await;
        };
        let Some(record) = record else {
            let planned = self.plan_contact(source, false, reason).await?;
            return Ok(DevicePlanned {
                forgets_link: true,
                ..planned
            });
        };
        let lacks_id = record.device != Some(source.key.device);
        let must_write = lacks_id || matches!(reason, PlanReason::Resend);
        let sharers = self.find_sharers(source.key, &link.state).await?;
        if link.confirmed && is_unanswered(&link, &sharers) && self.is_owner(source, &sharers).await? {
            return self
                .plan_unanswered(source, (link, &sharers), &record, must_write)
                .await;
        }
        let state = found_link(&record, link.state.origin);
        let assigned = if link.state.user.is_some() {
            AssignedUser::of_link(&state)
        } else {
            AssignedUser::of_found(record.user.as_deref())
        };
        self.plan_shared(source, state, &assigned, must_write).await
    }

    /// The record of a link; `Some(None)`: it is not there any more; `None`: it can't be read.
    async fn read_linked(&self, record: &RecordId) -> Result<Option<Option<TargetRecord>>, WorkError> {
        match self.adapter.read_record(record).await {
            Err(TargetFault::Misconfigured { .. }) if self.may_be_unreadable() => Ok(None),
            read => Ok(Some(read?)),
        }
    }

    /// The values of the record of a link; `None`: it is not there any more, or it can't be read.
    async fn read_linked_values(&self, record: &RecordId) -> Result<Option<FieldValues>, WorkError> {
        match self.adapter.read_values(record).await {
            Err(TargetFault::Misconfigured { .. }) if self.may_be_unreadable() => Ok(None),
            read => Ok(read?),
        }
    }

    /// Of such a kind each device has a record of its own, under an id that is made of the device's.
    fn may_be_unreadable(&self) -> bool {
        let profile = self.adapter.profile();
        !profile.adopts_records && !profile.lists_records
    }

    /// Whatever stands there, everything is sent.
    async fn plan_unread_record(&mut self, source: &SourceDevice, link: KnownLink) -> Result<DevicePlanned, WorkError> {
        let assigned = AssignedUser::of_link(&link.state);
        let state = LinkState {
            known: FieldValues::new(),
            ..returned_link(&link)
        };
        let mut planned = self.plan_shared(source, state, &assigned, true).await?;
        if link.unanswered.is_some() {
            planned.keep_values_before(&link.state.known, self.mapping);
        }
        Ok(planned)
    }

    /// Somebody chose this record.
    async fn plan_decided_record(
        &mut self,
        source: &SourceDevice,
        record: &RecordId,
    ) -> Result<DevicePlanned, WorkError> {
        let sharers = list_sharers(self.context, &self.memory.links, source.key, record).await?;
        let mut owners = sharers.iter().filter(|link| link.is_active());
        let is_taken = owners.any(|link| link.key.instance == source.key.instance);
        let found = self.adapter.read_record(record).await?.filter(|_| !is_taken);
        let Some(found) = found else {
            // It is another device's by now, or not there any more: looked at anew, as it is now.
            return self.plan_contact(source, false, PlanReason::Ordinary).await;
        };
        let link = self.memory.links.find_link(self.context, source.key).await?;
        let state = found_link(&found, LinkOrigin::Adopted);
        let assigned = AssignedUser::of_found(found.user.as_deref());
        let mut planned = self.plan_shared(source, state, &assigned, true).await?;
        if let DeviceStep::Write(step) = &mut planned.step {
            step.draft.found = Some(FoundRecord { user: None });
        }
        Ok(DevicePlanned {
            forgets_link: link.is_some_and(|link| link.state.record != *record),
            ..planned
        })
    }

    /// Devices that meet the other side for the first time are looked for in a list of all records, where they are many and
    /// the kind has one. `new`: those of a page.
    pub(super) async fn prepare_index(&mut self, new: usize) -> Result<(), WorkError> {
        /// Fewer are asked for one by one.
        const MANY: usize = 50;
        if self
            .memory
            .index
            .as_ref()
            .is_some_and(|index| index.is_old(Instant::now()))
        {
            self.memory.index = None;
        }
        if self.memory.index.is_none() && new > MANY && self.adapter.profile().lists_records {
            self.memory.index = Some(RecordIndex::list_all(self.adapter).await?);
        }
        Ok(())
    }
}

/// Of a found record, by what it was found.
fn match_of(is_by_device: bool) -> RecordMatch {
    if is_by_device {
        RecordMatch::DeviceId
    } else {
        RecordMatch::SerialNumber
    }
}
