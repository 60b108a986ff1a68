//! What the API asks of targets, answered by those that run; and how they end.
//!
//! A target that does not run can be looked at all the same: what it would work with is made of its settings. A run can be
//! put back then, too, with nobody writing meanwhile: whoever writes has the turn of the target.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::engine::require_confirmation;
use super::instances::{Instances, TargetTurn};
use super::target_kinds::{kind_profile, list_kind_views};
use super::verify::{TargetCheck, start_target_check};
use crate::bus::supervisor::MemberFailure;
use crate::config::{TARGETS_OUTPUT, TargetProof, TargetSettings};
use crate::contract::{
    CheckStep, RevertView, TargetFieldView, TargetFieldsView, TargetKind, TargetKindView, TargetPreviewView,
};
use crate::model::{
    ConfirmableEffect, DeviceId, EffectConfirmation, InstallationState, InstanceId, InstanceName, ServerId, Timestamp,
};
use crate::sics::{CredentialEnd, EngineError, EngineFuture, TargetInstance, TargetProvider};
use crate::store::{MemberRow, StoreError};
use crate::targets::sign_in_end::find_told_end;
use crate::targets::work_error::TargetLookError;
use crate::targets::{
    CompiledMapping, MappingError, TargetContext, TargetFault, TargetField, TargetMapping, file, preview_mapping,
    preview_target, revert_run,
};

/// So long a removal waits for whoever writes still.
const LAST_WRITES: Duration = Duration::from_secs(60);

impl TargetProvider for Instances {
    fn list_targets(&self) -> BoxFuture<'_, Result<Vec<TargetInstance>, StoreError>> {
        Box::pin(async move {
            let members = self.store.list_members(None).await?;
            let mut targets = Vec::new();
            for row in self.store.list_installations().await? {
                let is_installed = row.state == InstallationState::Installed;
                let is_own = |member: &&MemberRow| is_installed && member.installation == row.number;
                for member in members.iter().filter(is_own) {
                    targets.extend(self.describe_target(member, &row.profile).await?);
                }
            }
            Ok(targets)
        })
    }

    fn list_kinds(&self) -> Vec<TargetKindView> {
        list_kind_views()
    }

    fn default_mapping(&self, kind: TargetKind) -> String {
        (kind_profile(kind).default_mapping)().to_text()
    }

    fn list_fields(&self, target: InstanceId) -> EngineFuture<'_, TargetFieldsView> {
        Box::pin(async move {
            let context = self.find_target(target).await?;
            self.read_fields(&context).await
        })
    }

    fn judge_mapping<'a>(
        &'a self,
        target: InstanceId,
        mapping: &'a TargetMapping,
        kept: Option<&'a TargetMapping>,
    ) -> BoxFuture<'a, Result<Vec<String>, MappingError>> {
        Box::pin(self.judge_offered_mapping(target, mapping, kept))
    }

    fn make_fields(&self, target: InstanceId) -> EngineFuture<'_, TargetFieldsView> {
        Box::pin(async move {
            let context = self.find_target(target).await?;
            let missing = self.read_fields(&context).await?.missing;
            if !missing.is_empty() {
                let made = context.adapter.make_fields(&missing).await;
                made.map_err(|fault| fault_error(&context, &fault))?;
            }
            self.read_fields(&context).await
        })
    }

    fn preview_target(
        &self,
        target: InstanceId,
        mapping: Option<TargetMapping>,
        limit: usize,
        longest: Duration,
    ) -> EngineFuture<'_, TargetPreviewView> {
        Box::pin(async move {
            let context = self.find_target(target).await?;
            let previewed = match &mapping {
                Some(mapping) => preview_mapping(&context, mapping, limit, longest).await,
                None => preview_target(&context, limit, longest).await,
            };
            previewed.map_err(|error| look_error(&context, error))
        })
    }

    fn verify_target(&self, target: InstanceId) -> EngineFuture<'_, mpsc::Receiver<CheckStep>> {
        Box::pin(async move {
            let context = self.find_target(target).await?;
            Ok(start_target_check(TargetCheck {
                adapter: Ok(context.adapter.clone()),
                store: self.store.clone(),
                settings: context.settings.clone(),
                server: Some(context.server.clone()),
                kept_for: Some(context),
            }))
        })
    }

    fn revert_run(&self, target: InstanceId, run: i64, longest: Duration) -> EngineFuture<'_, RevertView> {
        Box::pin(async move {
            let (context, _turn) = self.find_writing_target(target).await?;
            revert_run(&context, run, longest)
                .await
                .map_err(|error| look_error(&context, error))
        })
    }

    fn resend_device(&self, target: InstanceId, instance: InstanceId, device: DeviceId) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            let running = self.find_running_target(target).ok_or_else(not_running_error)?;
            if self.store.ask_target_resend(target, (instance, device)).await? {
                running.context.signals.wake_worker();
                return Ok(());
            }
            Err(EngineError::Conflict {
                code: "tooManyResent",
                problem: "too many devices wait to be sent again".to_owned(),
                advice: format!(
                    "Wait until they are written: intune-connector targets show {}",
                    running.context.name
                ),
            })
        })
    }

    fn wake_target(&self, target: InstanceId) {
        match self.find_running_target(target) {
            Some(running) => running.context.signals.wake_worker(),
            None => tracing::debug!(instance.id = %target, "what was decided waits until the target runs"),
        }
    }
}

impl Instances {
    /// `None`: it is no target.
    async fn describe_target(&self, member: &MemberRow, profile: &str) -> Result<Option<TargetInstance>, StoreError> {
        let id = InstanceId(member.installation);
        let kind = TargetKind::from_member_kind(&member.kind);
        let names = member.name.parse::<InstanceName>().ok();
        let names = names.zip(member.name.parse::<ServerId>().ok());
        let Some((kind, (name, server))) = kind.zip(names) else {
            return Ok(None);
        };
        let running = self.find_running_target(id);
        let is_running = running.is_some();
        // One that is stopped, or fails, will be started again, and signs in with the same.
        let settings = match running {
            Some(running) => Some(running.context.settings),
            None => self.read_target_settings(member),
        };
        let sign_in_ends = match settings {
            Some(settings) => {
                let kept = self.store.load_target_state(id).await?.sign_in;
                list_sign_in_ends(&settings, find_told_end(kept.as_ref(), &settings), self.clock.now())
            }
            None => Vec::new(),
        };
        Ok(Some(TargetInstance {
            id,
            kind,
            name,
            profile: profile.to_owned(),
            server,
            running: is_running,
            sign_in_ends,
        }))
    }

    /// The one that runs, or one by its settings.
    pub(super) async fn find_target(&self, target: InstanceId) -> Result<TargetContext, EngineError> {
        match self.find_running_target(target) {
            Some(running) => Ok(running.context),
            None => self.build_idle_target(target).await,
        }
    }

    /// The same for somebody who writes: as long as the turn is held, no worker is started anew.
    async fn find_writing_target(&self, target: InstanceId) -> Result<(TargetContext, TargetTurn), EngineError> {
        if let Some(running) = self.find_running_target(target) {
            let turn = running.turn();
            return Ok((running.context, turn));
        }
        let context = self.build_idle_target(target).await?;
        let turn = self.take_target_turn(&context.name).await;
        // Its settings may be others since.
        Ok((self.build_idle_target(target).await?, turn))
    }

    async fn build_idle_target(&self, target: InstanceId) -> Result<TargetContext, EngineError> {
        let row = self
            .find_target_row(target)
            .await?
            .ok_or_else(|| EngineError::Conflict {
                code: "noTarget",
                problem: format!("installation {target} is no target"),
                advice: "See all targets: intune-connector targets".to_owned(),
            })?;
        self.build_target(&row).map_err(settings_error)
    }

    async fn read_fields(&self, context: &TargetContext) -> Result<TargetFieldsView, EngineError> {
        let fields = context.adapter.list_fields().await;
        let fields = fields.map_err(|fault| fault_error(context, &fault))?;
        let mapping = match self.store.load_target_mapping(context.target).await? {
            Some(row) => TargetMapping::parse(&row.text).map_err(|error| mapping_error(&error))?,
            None => (context.adapter.profile().default_mapping)(),
        };
        let mapping = CompiledMapping::compile(&mapping).map_err(|error| mapping_error(&error))?;
        Ok(TargetFieldsView {
            missing: mapping.list_missing_fields(&fields),
            fields: fields.into_iter().map(field_view).collect(),
        })
    }

    /// Lets the removal of a target through where what it forgets was confirmed. From then on it writes nothing.
    pub(in crate::app) async fn confirm_target_end(
        &self,
        member: &MemberRow,
        confirm: Option<&EffectConfirmation>,
    ) -> Result<(), EngineError> {
        let target = InstanceId(member.installation);
        let links = self.count_target_links(target).await?;
        let what = format!(
            "removing {} forgets which record belongs to which device, and what was there before; the records stay where \
             they are, and nothing updates them any more",
            member.name
        );
        let shown = json!({ "target": target });
        require_confirmation(ConfirmableEffect::from_content(what, links, &shown), confirm)?;
        // One that the supervisor does not know does not run.
        let _ = self.supervisor.stop_member(&member.name).await;
        Ok(())
    }

    /// Devices that have a record.
    pub(in crate::app) async fn count_target_links(&self, target: InstanceId) -> Result<u64, StoreError> {
        let counts = self.store.count_target(target).await?;
        Ok(counts.linked + counts.gone)
    }

    /// Other addresses, where a target has links: they would point to records of another inventory.
    pub(in crate::app) async fn confirm_other_inventory(
        &self,
        member: &MemberRow,
        change: &serde_json::Value,
        confirm: Option<&EffectConfirmation>,
    ) -> Result<(), EngineError> {
        let target = InstanceId(member.installation);
        let links = self.count_target_links(target).await?;
        let what = format!(
            "{name} would go on with its links at another address, which is right only if the same inventory has moved (if \
             it is another one, forget them first: intune-connector targets forget {name} --all)",
            name = member.name
        );
        require_confirmation(ConfirmableEffect::from_content(what, links, change), confirm)?;
        // Its first records there wait for a look.
        self.store.restart_target_canary(target).await?;
        Ok(())
    }

    /// A target is gone: so are its account, its management server and all that was kept of it. What it wrote stays. The
    /// server goes last: while it is there, the next start knows that there is something left to remove.
    pub(in crate::app) async fn end_target(&self, target: InstanceId) -> Result<(), StoreError> {
        let Some(member) = self.find_target_row(target).await? else {
            return Ok(());
        };
        let _turn = self.wait_for_writers(&member).await;
        let rows = self.store.remove_target(target).await?;
        file::forget_records(&self.folder.path().join(TARGETS_OUTPUT).join(&member.name));
        if let Ok(server) = member.name.parse::<ServerId>() {
            self.store.remove_target_server(server).await?;
        }
        self.metrics.remove_by_label("server", &member.name);
        if rows > 0 {
            tracing::info!(instance.id = %target, rows, "the links of the target were removed with its installation");
        }
        Ok(())
    }

    /// A revert goes on when its target has stopped, and would write down what it did behind what is removed. `None`: it
    /// takes too long.
    async fn wait_for_writers(&self, member: &MemberRow) -> Option<TargetTurn> {
        let name: InstanceName = member.name.parse().ok()?;
        timeout(LAST_WRITES, self.take_target_turn(&name)).await.ok()
    }

    /// Ends those whose installations a process before this one removed, and died.
    pub(in crate::app) async fn end_removed_targets(&self) -> Result<(), StoreError> {
        let members = self.store.list_members(None).await?;
        for row in self.store.list_installations().await? {
            let is_left = |member: &&MemberRow| {
                member.installation == row.number && TargetKind::from_member_kind(&member.kind).is_some()
            };
            let Some(member) = members.iter().find(is_left) else {
                continue;
            };
            let is_removed = matches!(row.state, InstallationState::Removed | InstallationState::Failed);
            if is_removed
                && let Ok(server) = member.name.parse::<ServerId>()
                && self.store.find_server(server).await?.is_some()
            {
                self.end_target(InstanceId(row.number)).await?;
            }
        }
        Ok(())
    }
}

/// `told`: what the other side says.
fn list_sign_in_ends(settings: &TargetSettings, told: Option<Timestamp>, now: Timestamp) -> Vec<CredentialEnd> {
    let ends = settings.list_sign_in_ends(told).into_iter();
    let view = |(proof, ends_at): (TargetProof, Timestamp)| {
        let days_left = (ends_at - now).num_days();
        CredentialEnd {
            purpose: proof.name(),
            ends_at,
            // The last day has none left, and is not over.
            days_left: if ends_at <= now { days_left.min(-1) } else { days_left },
        }
    };
    ends.map(view).collect()
}

fn field_view(field: TargetField) -> TargetFieldView {
    TargetFieldView {
        name: field.name,
        label: field.label,
        custom: field.custom,
        writable: field.writable,
        known_values: field.known_values,
    }
}

fn not_running_error() -> EngineError {
    EngineError::Conflict {
        code: "notRunning",
        problem: "the target does not run".to_owned(),
        advice: "Start it: intune-connector instances start NAME; intune-connector instances running shows why not."
            .to_owned(),
    }
}

fn settings_error(failure: MemberFailure) -> EngineError {
    EngineError::Settings {
        key: String::new(),
        problem: failure.problem,
        advice: failure.advice,
    }
}

fn mapping_error(error: &MappingError) -> EngineError {
    EngineError::Settings {
        key: "mapping".to_owned(),
        problem: error.to_string(),
        advice: error.advice(),
    }
}

fn fault_error(context: &TargetContext, fault: &TargetFault) -> EngineError {
    EngineError::Upstream {
        code: fault.code().to_owned(),
        problem: fault.to_string(),
        advice: name_target(context, &fault.advice()),
    }
}

fn look_error(context: &TargetContext, error: TargetLookError) -> EngineError {
    let (code, problem) = (error.code(), error.to_string());
    let advice = name_target(context, &error.advice());
    let of_settings = |key: &str| EngineError::Settings {
        key: key.to_owned(),
        problem: problem.clone(),
        advice: advice.clone(),
    };
    match error {
        TargetLookError::Store(error) => EngineError::Store(error),
        TargetLookError::Fault(fault) => fault_error(context, &fault),
        TargetLookError::Mapping(_) => of_settings("mapping"),
        TargetLookError::Filter(_) => of_settings("filter"),
        TargetLookError::Ended(_)
        | TargetLookError::Changed
        | TargetLookError::UnknownRun(_)
        | TargetLookError::WindowClosed { .. } => EngineError::Conflict { code, problem, advice },
    }
}

/// Who made the advice does not know how the target is called.
fn name_target(context: &TargetContext, advice: &str) -> String {
    advice.replace("TARGET", context.name.as_str())
}
