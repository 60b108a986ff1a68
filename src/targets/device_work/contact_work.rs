//! First contact: the other side is asked for records of a device that has none here, by our id over there, then by a usable
//! serial number; what is found is decided about by a pure function, and never guessed.

use serde_json::Value;

use super::begun_making::list_made_values;
use super::planned_step::{AsidePlan, DevicePlanned, DeviceStep, FoundRecord, LinkDraft, RecordStep, found_link};
use super::{DevicePlanner, KnownLink, PlanReason, match_of};
use crate::contract::{LinkOrigin, LinkPhase, SetAsideReason, WriteClass};
use crate::targets::target_record::is_empty_value;
use crate::targets::user_lookup::{AssignedUser, UserPlan};
use crate::targets::work_error::WorkError;
use crate::targets::{
    ContactInput, FieldValues, FirstContact, LinkState, PlannedWrite, RecordId, RecordSearch, SourceDevice,
    TargetRecord, plan_create,
};

/// What the other side has of one device.
#[derive(Debug, Default)]
struct FoundRecords {
    by_device: Vec<TargetRecord>,
    /// `None`: it has no usable serial number, or the kind adopts nothing.
    by_serial: Option<Vec<TargetRecord>>,
}

impl FoundRecords {
    fn all(&self) -> impl Iterator<Item = &TargetRecord> {
        self.by_device.iter().chain(self.by_serial.iter().flatten())
    }

    /// By whichever way it was found.
    fn into_all(self) -> Vec<TargetRecord> {
        let mut records = self.by_device;
        for record in self.by_serial.unwrap_or_default() {
            if records.iter().all(|known| known.id != record.id) {
                records.push(record);
            }
        }
        records
    }
}

impl DevicePlanner<'_> {
    /// `intended`: the making of a record was begun, and its end is not known.
    pub(super) async fn plan_contact(
        &mut self,
        source: &SourceDevice,
        intended: bool,
        reason: PlanReason<'_>,
    ) -> Result<DevicePlanned, WorkError> {
        let is_decided = matches!(reason, PlanReason::Create);
        let found = self.find_records(source, !is_decided).await?;
        let linked = self.list_linked(source, &found).await?;
        let owner_of = |record: &RecordId| {
            let owners = linked.iter().filter(|link| link.state.record == *record);
            let nearest = owners.max_by_key(|link| link.key.instance == source.key.instance);
            nearest.map(|link| link.key)
        };
        let contact = self.context.failpoints.planner.decide_contact(ContactInput {
            by_device: &found.by_device,
            by_serial: found.by_serial.as_deref(),
            linked: &owner_of,
            key: source.key,
            intended,
            merges_by_name: !is_decided && self.adapter.merges_by_name(source),
        });
        match contact {
            FirstContact::Create => self.plan_making(source).await,
            FirstContact::Link { record, origin, .. } => {
                let planned = self.plan_found(source, found, &record, origin).await?;
                Ok(match origin {
                    LinkOrigin::Created => self.count_as_made(planned),
                    LinkOrigin::Adopted => planned,
                })
            }
            FirstContact::SetAside(SetAsideReason::LinkedElsewhere) => {
                let mut owners = linked
                    .into_iter()
                    .filter(|link| link.key.instance == source.key.instance);
                let claimed = match owners.next() {
                    Some(owner) => self.plan_claim(source, owner).await?,
                    None => None,
                };
                Ok(claimed
                    .unwrap_or_else(|| DevicePlanned::set_aside(SetAsideReason::LinkedElsewhere, found.into_all())))
            }
            FirstContact::SetAside(reason) => Ok(DevicePlanned::set_aside(reason, found.into_all())),
        }
    }

    /// Somebody who decided that the device gets a new record has seen those with its serial number.
    async fn find_records(&self, source: &SourceDevice, by_serial: bool) -> Result<FoundRecords, WorkError> {
        if !self.context.failpoints.planner.looks_first() {
            return Ok(FoundRecords::default());
        }
        let index = self.memory.index.as_ref();
        let by_device = match index {
            Some(index) => index.find_by_device(self.adapter, source.key.device).await?,
            None => self.adapter.find_records(RecordSearch::Device(source)).await?,
        };
        let serial = source
            .usable_serial()
            .filter(|_| by_serial && self.adapter.profile().adopts_records);
        let by_serial = match serial {
            None => None,
            // Our id goes before it.
            Some(_) if !by_device.is_empty() => Some(Vec::new()),
            Some(serial) => Some(match index {
                Some(index) => index.find_by_serial(self.adapter, serial).await?,
                None => self.adapter.find_records(RecordSearch::Serial(serial)).await?,
            }),
        };
        Ok(FoundRecords { by_device, by_serial })
    }

    /// The devices that have any of these records.
    async fn list_linked(&self, source: &SourceDevice, found: &FoundRecords) -> Result<Vec<KnownLink>, WorkError> {
        let ids: Vec<String> = found.all().map(|record| record.id.0.clone()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let store = &self.context.store;
        let rows = store.list_links_of_records(self.context.target, ids).await?;
        let links = rows.into_iter().map(KnownLink::from_row);
        Ok(links
            .filter(|link| link.has_record() && link.key != source.key)
            .collect())
    }

    async fn plan_found(
        &mut self,
        source: &SourceDevice,
        found: FoundRecords,
        id: &RecordId,
        origin: LinkOrigin,
    ) -> Result<DevicePlanned, WorkError> {
        let is_by_device = found.by_device.iter().any(|record| record.id == *id);
        let Some(record) = found.all().find(|record| record.id == *id).cloned() else {
            // Decided about what was not found: a mistake of a planner, which makes nothing.
            return Ok(DevicePlanned::set_aside(SetAsideReason::SerialTwice, found.into_all()));
        };
        let lacks_id = record.device != Some(source.key.device);
        let state = found_link(&record, origin);
        let assigned = match origin {
            LinkOrigin::Created => AssignedUser::of_link(&state),
            LinkOrigin::Adopted => AssignedUser::of_found(record.user.as_deref()),
        };
        let user = state.user.clone().filter(|_| origin == LinkOrigin::Created);
        let mut planned = self.plan_shared(source, state, &assigned, lacks_id).await?;
        if let DeviceStep::Write(step) = &mut planned.step {
            step.draft.found = Some(FoundRecord { user });
        }
        Ok(DevicePlanned {
            found_by: Some(match_of(is_by_device)),
            ..planned
        })
    }

    /// Its making was begun, and nobody was told how that ended: it counts as made now, as it would have then. Else a server
    /// whose answers get lost would be filled without anybody having looked.
    pub(super) fn count_as_made(&self, mut planned: DevicePlanned) -> DevicePlanned {
        match &mut planned.step {
            DeviceStep::Settled(Some(draft)) => {
                draft.made = Some(list_made_values(self.mapping, &draft.known));
            }
            // What it lacks is the rest of its making.
            DeviceStep::Write(step) if step.class == WriteClass::Change => step.class = WriteClass::Create,
            DeviceStep::Settled(None) | DeviceStep::Write(_) | DeviceStep::SetAside(_) => {}
        }
        planned
    }

    async fn plan_making(&mut self, source: &SourceDevice) -> Result<DevicePlanned, WorkError> {
        let (wanted, troubles) = self.mapping.wanted_values(source);
        if wanted.is_empty() && !troubles.is_empty() {
            let told: Vec<String> = troubles.iter().map(ToString::to_string).collect();
            return Ok(DevicePlanned::new(DeviceStep::SetAside(Box::new(AsidePlan {
                reason: SetAsideReason::MappingFailed,
                records: Vec::new(),
                problem: Some(told.join("; ")),
            }))));
        }
        let users = &mut self.memory.users;
        let fingerprint = self
            .mapping
            .fingerprint_device(&wanted, source, users.wanted_user(source));
        let is_untold_user = self.lookups.is_only_told(source.key, WriteClass::Create);
        let user = if is_untold_user {
            UserPlan::keep_nobody()
        } else {
            let now = self.context.clock.now();
            users
                .plan_user(self.adapter, source, &AssignedUser::nobody(), now)
                .await?
        };
        let known = list_empty_values(&wanted);
        let write: PlannedWrite = plan_create(source, self.mapping, wanted, user.change);
        let draft = LinkDraft {
            record: None,
            fingerprint: Some(fingerprint),
            user: user.user,
            known,
            user_name: user.user_name,
            user_sought_at: user.sought_at,
            ..LinkDraft::of_device(source, &unmade_link())
        };
        let step = RecordStep {
            write,
            class: WriteClass::Create,
            draft,
            is_untold_user,
        };
        Ok(DevicePlanned {
            troubles,
            ..DevicePlanned::new(DeviceStep::Write(Box::new(step)))
        })
    }
}

/// What a new record does not get: it is known to be empty there, so nobody has to look when there is something to write.
fn list_empty_values(wanted: &FieldValues) -> FieldValues {
    let empty = wanted.iter().filter(|(_, value)| is_empty_value(Some(*value)));
    empty.map(|(field, _)| (field.clone(), Value::Null)).collect()
}

/// Of a record that is about to be made.
fn unmade_link() -> LinkState {
    LinkState {
        record: RecordId(String::new()),
        origin: LinkOrigin::Created,
        phase: LinkPhase::Intended,
        fingerprint: None,
        known: FieldValues::new(),
        user: None,
        user_name: None,
        user_sought_at: None,
        last_sync: None,
    }
}
