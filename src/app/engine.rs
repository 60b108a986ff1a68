//! What the API asks of the instances, answered by the running ones. How many devices a change takes away is counted
//! here and shown before it is done (F7).

mod instance_changes;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};

use super::instance_details::list_details;
use super::instance_status::build_status;
use super::instances::{InstanceSlot, Instances, refuse_new_faults};
use super::unusable_files::find_unusable_files;
use super::{preview, verify, workflows};
use crate::actions::job::FreshDevices;
use crate::actions::policy_changes;
use crate::bus::supervisor::{MemberFailure, StartType};
use crate::config::{InstanceDraft, SettingsError};
use crate::contract::{DraftSettings, InstanceStatus, PreviewStep, ReleasedView, ScanStarted, UnreadView, VerifyStep};
use crate::graph::BudgetLane;
use crate::inventory::deletion_brake;
use crate::inventory::scan_runner::RunnerCommand;
use crate::inventory::{DeviceCondition, FILTER_ADVICE};
use crate::model::{ConfirmableEffect, DeviceId, EffectConfirmation, InstanceName, RelaxationRequester, ScanKind};
use crate::sics::{
    DecisionProvider, EngineError, EngineFuture, InstanceDetail, InstanceEngine, LifecycleControl, OrderProvider,
    ProductCatalogue, ShownSecrets, TargetProvider, UnusableFile, VerifyTarget, unread_view,
};
use crate::workflow::{ActivityRegistry, DueTimes};

/// The product's name; the number is put behind it.
const PREFIX: &str = "IntuneConnector";

impl InstanceEngine for Instances {
    fn start_scan(&self, instance: InstanceName, kind: ScanKind) -> EngineFuture<'_, ScanStarted> {
        Box::pin(async move {
            self.require_row(&instance).await?;
            let commands = self
                .command_sender(&instance)
                .ok_or_else(|| not_running_error(self, &instance))?;
            let (reply_sender, reply) = oneshot::channel();
            let gone = || not_running_error(self, &instance);
            commands
                .send(RunnerCommand::Scan(kind, reply_sender))
                .await
                .map_err(|_| gone())?;
            let started = reply.await.map_err(|_| gone())?;
            Ok(ScanStarted {
                scan: None,
                kind: started.kind,
                already_running: started.already_running,
            })
        })
    }

    fn unusable_files(&self) -> EngineFuture<'_, Vec<UnusableFile>> {
        Box::pin(find_unusable_files(self))
    }

    fn instance_statuses(&self) -> EngineFuture<'_, Vec<InstanceStatus>> {
        Box::pin(async move {
            let rows = self.store.list_instances().await?;
            let mut all = Vec::new();
            for row in rows.iter().filter(|row| row.removed_at.is_none()) {
                let devices = self.store.count_devices(row.id).await?;
                let waiting = self.store.list_withheld_deletions(row.id).await?.len() as u64;
                let (unread, records) = self.store.list_rejected_records(row.id, UnreadView::SHOWN_MAX).await?;
                let workflows = self.store.list_workflows(Some(row.id)).await?.into_iter();
                let changed = workflows.filter(|workflow| workflow.offered.is_some());
                let changed: Vec<String> = changed.map(|workflow| workflow.name).collect();
                let (member, runs) = (
                    self.supervisor.status_of(row.name.as_str()),
                    self.supervisor.is_running(),
                );
                let slot_status = self.read_slot(&row.name, |slot| {
                    build_status(self, row, slot, (member.as_ref(), runs), devices, waiting)
                });
                all.extend(slot_status.map(|status| InstanceStatus {
                    changed_workflows: changed,
                    complete: status.complete && unread == 0,
                    unread: unread_view(unread, records),
                    ..status
                }));
            }
            Ok(all)
        })
    }

    fn instance_settings(&self, instance: InstanceName, secrets: ShownSecrets) -> EngineFuture<'_, Map<String, Value>> {
        Box::pin(async move {
            self.require_row(&instance).await?;
            let draft = self
                .folder
                .read_instance_draft(&instance)
                .map_err(|error| settings_error(&error))?;
            let seal = match secrets {
                ShownSecrets::Shortened => Some(self.folder.instance_seal(&instance)),
                ShownSecrets::Set => None,
            };
            match draft.to_redacted_json(seal) {
                Value::Object(map) => Ok(map),
                _ => Ok(Map::new()),
            }
        })
    }

    fn add_instance(&self, draft: DraftSettings, by: RelaxationRequester) -> EngineFuture<'_, InstanceName> {
        Box::pin(self.create_instance(draft, by.id(), StartType::Automatic, true))
    }

    fn change_instance(
        &self,
        instance: InstanceName,
        draft: DraftSettings,
        confirm: Option<EffectConfirmation>,
        by: RelaxationRequester,
    ) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            let _turn = self.locks.lock_instance(&instance).await;
            let row = self.require_row(&instance).await?;
            let draft = InstanceDraft::from_json(&Value::Object(draft.0)).map_err(|error| settings_error(&error))?;
            let before = self
                .folder
                .read_instance_draft(&instance)
                .map_err(|error| settings_error(&error))?;
            // What can't be changed at all comes before what would be wrong with it.
            before.check_change(&draft).map_err(|error| settings_error(&error))?;
            let after = before.clone().overlay_with(draft.clone());
            let seal = Some(self.folder.instance_seal(&instance));
            let shown = json!({"instance": instance, "from": before.to_redacted_json(None), "to": after.to_redacted_json(None)});
            let before = before
                .build_settings_with(seal)
                .map_err(|error| settings_error(&error))?;
            let after = after
                .build_settings_with(seal)
                .map_err(|error| settings_error(&error))?;
            // As a whole, as the instance's start would judge it, and before anything is asked or written (B6).
            refuse_new_faults(Some(&before), &after)?;
            self.folder
                .preview_change(&instance, &draft)
                .map_err(|error| settings_error(&error))?;
            if let Some((what, count)) = self.change_impact(&row, &before, &after).await? {
                require_confirmation(ConfirmableEffect::from_content(what, count, &shown), confirm.as_ref())?;
            }
            // Whatever becomes of this process: what the file loosens was asked for by somebody (A10).
            policy_changes::record_asker(&self.store, row.id, by).await?;
            self.folder
                .change_instance(&instance, &draft)
                .map_err(|error| settings_error(&error))?;
            self.stop(&instance).await;
            self.start_changed(&instance, Some(by.id())).await?;
            Ok(())
        })
    }

    fn remove_instance(&self, instance: InstanceName, confirm: Option<EffectConfirmation>) -> EngineFuture<'_, u64> {
        Box::pin(async move {
            let _turn = self.locks.lock_instance(&instance).await;
            let row = self.require_row(&instance).await?;
            self.stop_for_removal(&row, confirm.as_ref()).await?;
            match self.folder.remove_instance(&instance) {
                Err(error) if self.folder.instance_ini_path(&instance).exists() => return Err(settings_error(&error)),
                _ => (),
            }
            let gone = self.store.remove_instance(row.id).await?;
            self.forget_members(row.id.0).await?;
            self.metrics.remove_by_label("instance", instance.as_str());
            Ok(gone)
        })
    }

    fn confirm_gone(&self, instance: InstanceName, digest: String, count: u64) -> EngineFuture<'_, ReleasedView> {
        Box::pin(async move {
            let row = self.require_row(&instance).await?;
            let released = deletion_brake::confirm_deletions(&self.store, row.id, &digest, count).await?;
            if released.asked > 0
                && let Some(commands) = self.command_sender(&instance)
            {
                let _ = commands.send(RunnerCommand::Confirmed).await;
            }
            Ok(released)
        })
    }

    fn preview_scan(&self, instance: InstanceName) -> EngineFuture<'_, mpsc::Receiver<PreviewStep>> {
        Box::pin(async move {
            let row = self.require_row(&instance).await?;
            let wanted = self
                .folder
                .read_instance(&instance)
                .map_err(|error| settings_error(&error))?;
            let against = Some((&self.store, row.id));
            let began = preview::start_preview(Arc::new(wanted), against, self.clock.clone()).await;
            Ok(preview::stream_steps(began.map_err(|error| error.to_engine_error())?))
        })
    }

    fn instance_details(&self) -> Vec<InstanceDetail> {
        list_details(self)
    }

    fn order_provider(&self) -> Option<&dyn OrderProvider> {
        Some(self)
    }

    fn target_provider(&self) -> Option<&dyn TargetProvider> {
        Some(self)
    }

    fn lifecycle_control(&self) -> Option<&dyn LifecycleControl> {
        Some(self)
    }

    fn product_catalogue(&self) -> Option<&dyn ProductCatalogue> {
        Some(self)
    }

    fn decision_provider(&self) -> Option<&dyn DecisionProvider> {
        Some(self)
    }

    fn verify_connection(&self, target: VerifyTarget) -> EngineFuture<'_, mpsc::Receiver<VerifyStep>> {
        Box::pin(async move {
            let (wanted, row) = match target {
                VerifyTarget::Instance(name) => {
                    let row = self.require_row(&name).await?;
                    (
                        self.folder
                            .read_instance(&name)
                            .map_err(|error| settings_error(&error))?,
                        Some(row),
                    )
                }
                VerifyTarget::Draft(draft) => {
                    let draft =
                        InstanceDraft::from_json(&Value::Object(draft.0)).map_err(|error| settings_error(&error))?;
                    (draft.build_settings().map_err(|error| settings_error(&error))?, None)
                }
            };
            Ok(verify::start_check(
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
            let client = |slot: &InstanceSlot| slot.action_client.clone().or_else(|| slot.graph.clone());
            let Some(graph) = self.read_slot(&instance, client).flatten() else {
                return HashMap::new();
            };
            graph
                .in_lane(BudgetLane::Action)
                .read_fresh_devices(instance, ids)
                .await
        })
    }

    fn activity_registry(&self) -> ActivityRegistry {
        workflows::known_activities(self.folder.path())
    }

    fn workflow_due_times(&self) -> DueTimes {
        self.due_times()
    }
}

/// What removing an instance does.
/// Lets through what was confirmed as it is.
pub(super) fn require_confirmation(
    effect: ConfirmableEffect,
    confirm: Option<&EffectConfirmation>,
) -> Result<(), EngineError> {
    if effect.is_confirmed(confirm) {
        Ok(())
    } else {
        Err(EngineError::ConfirmationNeeded(effect))
    }
}

fn compile_condition(key: &str, condition: &str) -> Result<DeviceCondition, EngineError> {
    DeviceCondition::compile(condition).map_err(|error| EngineError::Settings {
        key: key.into(),
        problem: error.to_string(),
        advice: FILTER_ADVICE.to_owned(),
    })
}

fn not_running_error(instances: &Instances, name: &InstanceName) -> EngineError {
    let failure = instances.read_slot(name, |slot| slot.failure.clone()).flatten();
    let MemberFailure { problem, advice, .. } = failure.unwrap_or_else(|| {
        let advice = "start or enable the instance, or start the bus";
        MemberFailure::new("", format!("{name} is not running"), advice)
    });
    EngineError::Conflict {
        code: "notRunning",
        problem,
        advice,
    }
}

fn settings_error(error: &SettingsError) -> EngineError {
    EngineError::Settings {
        key: error.key.clone(),
        problem: error.problem.clone(),
        advice: error.advice.clone(),
    }
}
