//! What the API asks of the instances, answered by the running ones. How many devices a change takes away is counted
//! here and shown before it is done (F7).

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};

use super::instances::{Instances, Slot, audience};
use super::{preview, verify, workflows};
use crate::actions::job::FreshDevices;
use crate::actions::power;
use crate::bus::supervisor::{MemberStatus, StartType, State, Trouble};
use crate::config::{InstanceDraft, InstanceSettings, SettingsError};
use crate::entra::expiry;
use crate::graph::Lane;
use crate::inventory::brake::{self, Released};
use crate::inventory::runner::{Command, Status};
use crate::inventory::wholeness::FleetView;
use crate::inventory::{Condition, Shape};
use crate::model::{Confirmation, DeviceId, Effect, InstanceName, LooseningAsker, OperatorId, ScanKind};
use crate::refusal::{Family, Held};
use crate::sics::{
    Answer, Decisions, Draft, Engine, EngineError, InstanceState, InstanceStatus, Power, PreviewStep, Products,
    RefusedView, ScanStarted, ShownSecrets, UnreadView, VerifyStep, VerifyTarget,
};
use crate::store::{InstanceRow, NewInstance};
use crate::workflow::{Dues, Registry};

/// The product's name; the number is put behind it.
const PREFIX: &str = "IntuneConnector";

impl Engine for Instances {
    fn scan_now(&self, instance: InstanceName, kind: ScanKind) -> Answer<'_, ScanStarted> {
        Box::pin(async move {
            self.found(&instance).await?;
            let commands = self.commands(&instance).ok_or_else(|| stands_still(self, &instance))?;
            let (tell, told) = oneshot::channel();
            let gone = || stands_still(self, &instance);
            commands.send(Command::Scan(kind, tell)).await.map_err(|_| gone())?;
            let started = told.await.map_err(|_| gone())?;
            Ok(ScanStarted {
                scan: None,
                kind: started.kind,
                already_running: started.already_running,
            })
        })
    }

    fn instance_status(&self) -> Answer<'_, Vec<InstanceStatus>> {
        Box::pin(async move {
            let rows = self.store.instances().await?;
            let mut all = Vec::new();
            for row in rows.iter().filter(|row| row.removed_at.is_none()) {
                let devices = self.store.device_count(row.id).await?;
                let waiting = self.store.held(row.id).await?.len() as u64;
                let (unread, records) = self.store.unread(row.id, UnreadView::SHOWN).await?;
                let workflows = self.store.workflows(Some(row.id)).await?.into_iter();
                let changed = workflows.filter(|workflow| workflow.offered.is_some());
                let changed: Vec<String> = changed.map(|workflow| workflow.name).collect();
                let (member, runs) = (
                    self.supervisor.status_of(row.name.as_str()),
                    self.supervisor.is_running(),
                );
                let seen = self.look(&row.name, |slot| {
                    status_of(self, row, slot, (member.as_ref(), runs), devices, waiting)
                });
                all.extend(seen.map(|status| InstanceStatus {
                    changed_workflows: changed,
                    complete: status.complete && unread == 0,
                    unread: UnreadView::of(unread, records),
                    ..status
                }));
            }
            Ok(all)
        })
    }

    fn instance_settings(&self, instance: InstanceName, secrets: ShownSecrets) -> Answer<'_, Map<String, Value>> {
        Box::pin(async move {
            self.found(&instance).await?;
            let draft = self
                .folder
                .instance_draft(&instance)
                .map_err(|error| settings(&error))?;
            let seal = match secrets {
                ShownSecrets::Shortened => Some(self.folder.seal_of(&instance)),
                ShownSecrets::Set => None,
            };
            match draft.shown(seal) {
                Value::Object(map) => Ok(map),
                _ => Ok(Map::new()),
            }
        })
    }

    fn add_instance(&self, draft: Draft, by: LooseningAsker) -> Answer<'_, InstanceName> {
        Box::pin(self.added(draft, by.id(), StartType::Automatic, true))
    }

    fn change_instance(
        &self,
        instance: InstanceName,
        draft: Draft,
        confirm: Option<Confirmation>,
        by: LooseningAsker,
    ) -> Answer<'_, ()> {
        Box::pin(async move {
            let _turn = self.turns.of(&instance).await;
            let row = self.found(&instance).await?;
            let draft = InstanceDraft::from_json(&Value::Object(draft.0)).map_err(|error| settings(&error))?;
            let before = self
                .folder
                .instance_draft(&instance)
                .map_err(|error| settings(&error))?;
            let after = before.clone().overlaid(draft.clone());
            let seal = Some(self.folder.seal_of(&instance));
            let shown = json!({"instance": instance, "from": before.shown(None), "to": after.shown(None)});
            let before = before.settings_with(seal).map_err(|error| settings(&error))?;
            let after = after.settings_with(seal).map_err(|error| settings(&error))?;
            if let Some((what, count)) = self.taken_away(&row, &before, &after).await? {
                needs(Effect::of(what, count, &shown), confirm.as_ref())?;
            }
            if let Some(condition) = &after.actions.never_touch {
                usable("never_touch", condition)?;
            }
            // Whatever becomes of this process: what the file loosens was asked for by somebody (A10).
            power::note_asker(&self.store, row.id, by).await?;
            self.folder
                .change_instance(&instance, &draft)
                .map_err(|error| settings(&error))?;
            self.stop(&instance).await;
            self.start_changed(&instance, Some(by.id())).await?;
            Ok(())
        })
    }

    fn remove_instance(&self, instance: InstanceName, confirm: Option<Confirmation>) -> Answer<'_, u64> {
        Box::pin(async move {
            let _turn = self.turns.of(&instance).await;
            let row = self.found(&instance).await?;
            let count = self.store.device_count(row.id).await?;
            needs(removal(&row, count), confirm.as_ref())?;
            self.stop(&instance).await;
            // Nothing reads the tenant any more: what was confirmed is what goes, or nothing does (A10).
            let now = self.store.device_count(row.id).await?;
            if let Err(changed) = needs(removal(&row, now), confirm.as_ref()) {
                self.start(&instance).await?;
                return Err(changed);
            }
            match self.folder.remove_instance(&instance) {
                Err(error) if self.folder.instance_ini(&instance).exists() => return Err(settings(&error)),
                _ => (),
            }
            let gone = self.store.remove_instance(row.id).await?;
            self.forget_members(row.id.0).await?;
            Ok(gone)
        })
    }

    fn confirm_gone(&self, instance: InstanceName, digest: String, count: u64) -> Answer<'_, Released> {
        Box::pin(async move {
            let row = self.found(&instance).await?;
            let released = brake::confirm(&self.store, row.id, &digest, count).await?;
            if released.asked > 0
                && let Some(commands) = self.commands(&instance)
            {
                let _ = commands.send(Command::Confirmed).await;
            }
            Ok(released)
        })
    }

    fn preview(&self, instance: InstanceName) -> Answer<'_, mpsc::Receiver<PreviewStep>> {
        Box::pin(async move {
            let row = self.found(&instance).await?;
            let wanted = self.folder.instance(&instance).map_err(|error| settings(&error))?;
            let against = Some((&self.store, row.id));
            let began = preview::preview(Arc::new(wanted), against, self.clock.clone()).await;
            Ok(preview::steps(began.map_err(|error| error.upstream())?))
        })
    }

    fn power(&self) -> Option<&dyn Power> {
        Some(self)
    }

    fn products(&self) -> Option<&dyn Products> {
        Some(self)
    }

    fn decisions(&self) -> Option<&dyn Decisions> {
        Some(self)
    }

    fn verify(&self, target: VerifyTarget) -> Answer<'_, mpsc::Receiver<VerifyStep>> {
        Box::pin(async move {
            let (wanted, row) = match target {
                VerifyTarget::Instance(name) => {
                    let row = self.found(&name).await?;
                    (
                        self.folder.instance(&name).map_err(|error| settings(&error))?,
                        Some(row),
                    )
                }
                VerifyTarget::Draft(draft) => {
                    let draft = InstanceDraft::from_json(&Value::Object(draft.0)).map_err(|error| settings(&error))?;
                    (draft.settings().map_err(|error| settings(&error))?, None)
                }
            };
            Ok(verify::start(
                Arc::new(wanted),
                Some((self.store.clone(), row)),
                self.clock.clone(),
            ))
        })
    }

    fn read_devices(
        &self,
        instance: InstanceName,
        ids: Vec<DeviceId>,
    ) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>> {
        Box::pin(async move {
            let client = |slot: &Slot| slot.acting.clone().or_else(|| slot.graph.clone());
            let Some(graph) = self.look(&instance, client).flatten() else {
                return HashMap::new();
            };
            graph.in_lane(Lane::Action).read(instance, ids).await
        })
    }

    fn activities(&self) -> Registry {
        workflows::known(self.folder.path())
    }

    fn workflow_dues(&self) -> Dues {
        self.dues()
    }
}

impl Instances {
    /// Keeps a new instance; `starts`: it is started now.
    pub(super) async fn added(
        &self,
        draft: Draft,
        by: OperatorId,
        start_type: StartType,
        starts: bool,
    ) -> Result<InstanceName, EngineError> {
        let draft = InstanceDraft::from_json(&Value::Object(draft.0)).map_err(|error| settings(&error))?;
        self.keep(&draft, by, start_type, starts).await
    }

    pub(super) async fn keep(
        &self,
        draft: &InstanceDraft,
        by: OperatorId,
        start_type: StartType,
        starts: bool,
    ) -> Result<InstanceName, EngineError> {
        let wanted = draft.settings().map_err(|error| settings(&error))?;
        self.not_twice(&wanted).await?;
        let new = NewInstance {
            prefix: PREFIX.into(),
            tenant_id: wanted.tenant_id.clone(),
            client_id: wanted.client_id.clone(),
            audience: audience(&wanted),
        };
        let row = self.store.add_instance(new).await?;
        if let Err(error) = self.folder.write_instance(&row.name, draft) {
            // The number stays taken, nothing else is left.
            self.store.remove_instance(row.id).await?;
            return Err(settings(&error));
        }
        self.store
            .adopt_installation(row.id.0, self.built_in_installation(Some(by)))
            .await?;
        self.store.set_start_type(row.name.to_string(), start_type).await?;
        match starts {
            true => self.start_changed(&row.name, Some(by)).await?,
            false => self.ready(&row.name, Some(by)).await?,
        }
        self.start_members(row.id.0).await?;
        Ok(row.name)
    }

    pub(super) async fn found(&self, name: &InstanceName) -> Result<InstanceRow, EngineError> {
        let rows = self.store.instances().await?;
        let row = rows
            .into_iter()
            .find(|row| row.name == *name && row.removed_at.is_none());
        row.ok_or_else(|| EngineError::UnknownInstance(name.clone()))
    }

    /// The same tenant by the same application for the same servers would tell every server everything twice.
    pub(super) async fn not_twice(&self, wanted: &InstanceSettings) -> Result<(), EngineError> {
        let audience = audience(wanted);
        let same = |row: &InstanceRow| {
            row.removed_at.is_none()
                && row.tenant_id.eq_ignore_ascii_case(&wanted.tenant_id)
                && row.client_id.eq_ignore_ascii_case(&wanted.client_id)
                && row.audience == audience
        };
        match self.store.instances().await?.into_iter().find(same) {
            None => Ok(()),
            Some(row) => Err(EngineError::Conflict {
                code: "sameInstance",
                problem: format!(
                    "{} reads this tenant with this application for the same servers",
                    row.name
                ),
                advice: format!("change {} instead, or give the new one other servers", row.name),
            }),
        }
    }

    /// What a change takes away from servers, and from how many devices (F7).
    async fn taken_away(
        &self,
        row: &InstanceRow,
        before: &InstanceSettings,
        after: &InstanceSettings,
    ) -> Result<Option<(String, u64)>, EngineError> {
        let narrowed = match (audience(before), audience(after)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => old.iter().any(|id| !new.contains(id)),
        };
        if narrowed {
            let what = "servers leave the audience and are told that every device has gone".to_owned();
            return Ok(Some((what, self.store.device_count(row.id).await?)));
        }
        let (old, new) = (&before.devices, &after.devices);
        let mut taken = None;
        if old.filter != new.filter
            && let Some(filter) = &new.filter
        {
            let condition = usable("filter", filter)?;
            let count = self
                .store
                .count_matching(row.id, Arc::new(move |body| matches!(condition.holds(body), Ok(false))))
                .await?;
            taken = (count > 0).then(|| ("the new filter leaves devices out".to_owned(), count));
        }
        let digest = |settings| Shape::compile(settings, &[]).map(|shape| shape.digest()).ok();
        if (old.fields != new.fields || old.personal != new.personal) && digest(old) != digest(new) {
            let what = "fields or the rule for personal devices change what servers hold";
            let what = taken.map_or_else(
                || what.to_owned(),
                |(filter, count)| format!("{what}, and {filter} ({count})"),
            );
            return Ok(Some((what, self.store.device_count(row.id).await?)));
        }
        Ok(taken)
    }
}

/// What removing an instance does.
pub(super) fn removal(row: &InstanceRow, count: u64) -> Effect {
    let what = format!("removing {} tells every server that its devices have gone", row.name);
    Effect::of(what, count, &json!({"instance": row.id, "audience": row.audience}))
}

/// Lets through what was confirmed as it is.
pub(super) fn needs(effect: Effect, confirm: Option<&Confirmation>) -> Result<(), EngineError> {
    match effect.is_confirmed(confirm) {
        true => Ok(()),
        false => Err(EngineError::ConfirmationNeeded(effect)),
    }
}

fn usable(key: &str, condition: &str) -> Result<Condition, EngineError> {
    Condition::compile(condition).map_err(|error| EngineError::Settings {
        key: key.into(),
        problem: error.to_string(),
        advice: "correct the condition".into(),
    })
}

fn stands_still(instances: &Instances, name: &InstanceName) -> EngineError {
    let trouble = instances.look(name, |slot| slot.trouble.clone()).flatten();
    let Trouble { problem, advice, .. } = trouble.unwrap_or_else(|| {
        let advice = "start it, switch it on, or start the bus";
        Trouble::new("", format!("{name} does not run"), advice)
    });
    EngineError::Conflict {
        code: "notRunning",
        problem,
        advice,
    }
}

fn settings(error: &SettingsError) -> EngineError {
    EngineError::Settings {
        key: error.key.clone(),
        problem: error.problem.clone(),
        advice: error.advice.clone(),
    }
}

fn refused(instances: &Instances, slot: &Slot) -> Vec<RefusedView> {
    let standing = slot
        .settings
        .as_ref()
        .map(|settings| instances.refusals.standing(settings));
    let view = |(family, held): (Family, Held)| RefusedView {
        what: family.word().to_owned(),
        until: held.until,
        asked: held.timed,
        code: held.cause.code,
        reason: held.cause.text,
        advice: held.cause.advice,
    };
    standing.into_iter().flatten().map(view).collect()
}

/// `member`: how the supervisor sees it, and whether it is there to run anything.
fn status_of(
    instances: &Instances,
    row: &InstanceRow,
    slot: &Slot,
    (member, supervised): (Option<&MemberStatus>, bool),
    devices: u64,
    waiting: u64,
) -> InstanceStatus {
    let Status {
        running,
        failing,
        last_full,
        last_incremental,
        paused_until,
        scheduled,
        ..
    } = slot.status.borrow().clone();
    let supervised = member.filter(|_| supervised).map(|member| member.state);
    let (state, cause, detail) = match (&slot.trouble, &failing) {
        (Some(trouble), _) => {
            let detail = format!("{}; {}", trouble.problem, trouble.advice);
            (InstanceState::Misconfigured, Some(trouble.code.clone()), Some(detail))
        }
        (None, _) if !slot.enabled => (InstanceState::Disabled, None, None),
        (None, _) if supervised == Some(State::BackingOff) => {
            let error = member.and_then(|member| member.last_error.as_ref());
            let (code, detail) = error.map(|error| (error.code.clone(), error.problem.clone())).unzip();
            (InstanceState::Failing, code, detail)
        }
        (None, Some((code, detail))) => (InstanceState::Failing, Some(code.clone()), Some(detail.clone())),
        (None, None) if supervised == Some(State::Stopped) => (InstanceState::Stopped, None, None),
        (None, None) if waiting > 0 => (InstanceState::Braked, Some("brake".into()), None),
        (None, None) if running.is_some() => (InstanceState::Scanning, None, None),
        (None, None) => (InstanceState::Idle, None, None),
    };
    let fleet = FleetView::of(&row.fleet);
    let next_full = instances.scan_due(row.id, "full");
    InstanceStatus {
        name: row.name.clone(),
        state,
        cause,
        detail,
        tenant_id: row.tenant_id.clone(),
        devices,
        complete: row.fleet.is_proven(),
        unread: UnreadView::default(),
        last_full,
        last_incremental,
        // One that it needs by itself comes when the pause ends, whatever the schedule says.
        next_full: match scheduled {
            true => next_full.into_iter().chain(fleet.next_try).min(),
            false => paused_until.or(fleet.next_try),
        },
        fleet,
        refused: refused(instances, slot),
        next_incremental: instances.scan_due(row.id, "incremental"),
        waiting_confirmation: waiting,
        changed_workflows: Vec::new(),
        credential_days_left: slot
            .settings
            .as_ref()
            .and_then(|settings| expiry(&settings.credential, instances.clock.now()))
            .map(|expiry| expiry.days_left),
    }
}
