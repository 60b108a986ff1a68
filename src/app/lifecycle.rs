//! Starting and stopping, for the API.

use super::instances::Instances;
use crate::bus::supervisor::{LOCAL, StartType, SupervisorError};
use crate::contract::{
    DraftSettings, InstanceCreation, LifecycleState, MemberArea, MemberStatus, MemberSummary, SupervisorView,
};
use crate::model::{InstanceName, MemberState, RelaxationRequester};
use crate::sics::{EngineError, EngineFuture, LifecycleCommand, LifecycleControl};
use crate::store::{InstallationRow, MemberRow, WORKFLOW};

impl LifecycleControl for Instances {
    fn list_supervisors(&self) -> EngineFuture<'_, Vec<SupervisorView>> {
        Box::pin(async move {
            Ok(vec![SupervisorView {
                id: LOCAL.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                running: self.supervisor.is_running(),
                kinds: self
                    .supervisor
                    .kind_names()
                    .iter()
                    .map(|kind| (*kind).to_owned())
                    .collect(),
                members: self.supervisor.member_statuses(),
            }])
        })
    }

    fn list_members(&self, instance: InstanceName) -> EngineFuture<'_, Vec<MemberSummary>> {
        Box::pin(async move {
            let row = self.require_row(&instance).await?;
            let installation = self.store.load_installation(row.id.0).await?;
            let rows = self.store.list_members(Some(row.id.0)).await?;
            let mut summaries = Vec::new();
            for member in rows.iter().filter(|member| member.state == MemberState::Applied) {
                summaries.push(self.summarize_member(&installation, member).await?);
            }
            Ok(summaries)
        })
    }

    fn run_command(&self, member: InstanceName, order: LifecycleCommand) -> EngineFuture<'_, MemberStatus> {
        Box::pin(async move {
            self.require_member(&member)?;
            match order {
                LifecycleCommand::Stop => self.stop(&member).await,
                LifecycleCommand::Start => self.reload_and_start(&member).await?,
                LifecycleCommand::Restart => {
                    self.stop(&member).await;
                    self.reload_and_start(&member).await?;
                }
            }
            self.require_member(&member)
        })
    }

    fn set_start_type(&self, member: InstanceName, start_type: StartType) -> EngineFuture<'_, MemberStatus> {
        Box::pin(async move {
            self.require_member(&member)?;
            self.store.set_start_type(member.to_string(), start_type).await?;
            if start_type == StartType::Disabled {
                self.stop(&member).await;
            }
            self.update_start_type(&member, start_type);
            self.require_member(&member)
        })
    }

    fn add_instance(
        &self,
        draft: DraftSettings,
        by: RelaxationRequester,
        creation: InstanceCreation,
    ) -> EngineFuture<'_, InstanceName> {
        Box::pin(async move {
            if let Some(id) = creation.supervisor.filter(|id| id != LOCAL) {
                return Err(EngineError::Conflict {
                    code: "unknownSupervisor",
                    problem: format!("unknown supervisor {:?}", id.chars().take(60).collect::<String>()),
                    advice: format!("The only supervisor of this bus is {LOCAL}; omit the supervisor."),
                });
            }
            let start_type = creation.start_type.unwrap_or_default();
            let starts = start_type == StartType::Automatic && !creation.stopped;
            self.create_instance(draft, by.id(), start_type, starts).await
        })
    }
}

impl Instances {
    fn require_member(&self, name: &InstanceName) -> Result<MemberStatus, EngineError> {
        let status = self.supervisor.status_of(name.as_str());
        status.ok_or_else(|| EngineError::UnknownInstance(name.clone()))
    }

    /// A workflow is as its engine is, unless it is switched off.
    async fn summarize_member(
        &self,
        installation: &InstallationRow,
        member: &MemberRow,
    ) -> Result<MemberSummary, EngineError> {
        let is_workflow = member.kind == WORKFLOW;
        let engine = member
            .engine
            .as_ref()
            .map(|part| format!("{part}_{}", installation.number));
        let runs = self.supervisor.status_of(engine.as_ref().unwrap_or(&member.name));
        let known = if is_workflow {
            self.store.find_workflow_by_name(&member.name).await?
        } else {
            None
        };
        let state = match known {
            Some(workflow) if !workflow.enabled => "disabled".to_owned(),
            _ => runs
                .map_or(LifecycleState::Stopped, |status| status.state)
                .name()
                .to_owned(),
        };
        Ok(MemberSummary {
            name: member.name.clone(),
            kind: member.kind.clone(),
            area: if is_workflow {
                MemberArea::Workflows
            } else {
                MemberArea::Microservices
            },
            engine,
            state,
            version: installation.version.clone(),
            start_type: (!is_workflow).then_some(member.start_type),
        })
    }

    /// Settings are read anew where there are any.
    async fn reload_and_start(&self, name: &InstanceName) -> Result<(), EngineError> {
        let running = self
            .supervisor
            .status_of(name.as_str())
            .is_some_and(|status| status.is_up());
        if !running && self.read_slot(name, |_| ()).is_some() {
            self.prepare_member(name, None).await?;
        }
        match self.supervisor.start_member(name.as_str()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(lifecycle_error(name, &error)),
        }
    }
}

fn lifecycle_error(name: &InstanceName, error: &SupervisorError) -> EngineError {
    let (code, advice) = match error {
        SupervisorError::Disabled(_) => (
            "disabled",
            format!("intune-connector instances set {name} --start-type manual, or set enabled = yes in its settings"),
        ),
        SupervisorError::NotRunning => ("notRunning", "It starts together with the bus.".into()),
        SupervisorError::UnknownKind(_) => ("unknownKind", "Update the bus.".into()),
        SupervisorError::Unknown(_) => ("unknown", "See the list of instances.".into()),
    };
    EngineError::Conflict {
        code,
        problem: error.to_string(),
        advice,
    }
}
