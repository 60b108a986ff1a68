//! Starting and stopping, for the API.

use super::instances::Instances;
use crate::bus::supervisor::{LOCAL, MemberStatus, StartType, SupervisorError};
use crate::model::{InstanceName, LooseningAsker};
use crate::sics::{Answer, Area, Creation, Draft, EngineError, MemberStand, Order, Power, SupervisorView};
use crate::store::{InstallationRow, MemberRow, MemberState, WORKFLOW};

impl Power for Instances {
    fn supervisors(&self) -> Answer<'_, Vec<SupervisorView>> {
        Box::pin(async move {
            Ok(vec![SupervisorView {
                id: LOCAL.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                running: self.supervisor.is_running(),
                kinds: self.supervisor.kinds().iter().map(|kind| (*kind).to_owned()).collect(),
                members: self.supervisor.status(),
            }])
        })
    }

    fn members(&self, instance: InstanceName) -> Answer<'_, Vec<MemberStand>> {
        Box::pin(async move {
            let row = self.found(&instance).await?;
            let installation = self.store.installation(row.id.0).await?;
            let rows = self.store.members(Some(row.id.0)).await?;
            let mut stands = Vec::new();
            for member in rows.iter().filter(|member| member.state == MemberState::Applied) {
                stands.push(self.stand(&installation, member).await?);
            }
            Ok(stands)
        })
    }

    fn order(&self, member: InstanceName, order: Order) -> Answer<'_, MemberStatus> {
        Box::pin(async move {
            self.supervised(&member)?;
            match order {
                Order::Stop => self.stop(&member).await,
                Order::Start => self.start_again(&member).await?,
                Order::Restart => {
                    self.stop(&member).await;
                    self.start_again(&member).await?;
                }
            }
            self.supervised(&member)
        })
    }

    fn set_start_type(&self, member: InstanceName, start_type: StartType) -> Answer<'_, MemberStatus> {
        Box::pin(async move {
            self.supervised(&member)?;
            self.store.set_start_type(member.to_string(), start_type).await?;
            if start_type == StartType::Disabled {
                self.stop(&member).await;
            }
            self.said(&member, start_type);
            self.supervised(&member)
        })
    }

    fn add(&self, draft: Draft, by: LooseningAsker, creation: Creation) -> Answer<'_, InstanceName> {
        Box::pin(async move {
            if let Some(id) = creation.supervisor.filter(|id| id != LOCAL) {
                return Err(EngineError::Conflict {
                    code: "unknownSupervisor",
                    problem: format!("there is no supervisor {:?}", id.chars().take(60).collect::<String>()),
                    advice: format!("The one that this bus has is {LOCAL}; leave it out."),
                });
            }
            let start_type = creation.start_type.unwrap_or_default();
            let starts = start_type == StartType::Automatic && !creation.stopped;
            self.added(draft, by.id(), start_type, starts).await
        })
    }
}

fn word(status: &MemberStatus) -> String {
    let word = serde_json::to_value(status.state).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

impl Instances {
    fn supervised(&self, name: &InstanceName) -> Result<MemberStatus, EngineError> {
        let status = self.supervisor.status_of(name.as_str());
        status.ok_or_else(|| EngineError::UnknownInstance(name.clone()))
    }

    /// A workflow is as its engine is, unless it is switched off.
    async fn stand(&self, installation: &InstallationRow, member: &MemberRow) -> Result<MemberStand, EngineError> {
        let is_workflow = member.kind == WORKFLOW;
        let engine = member
            .engine
            .as_ref()
            .map(|part| format!("{part}_{}", installation.number));
        let runs = self.supervisor.status_of(engine.as_ref().unwrap_or(&member.name));
        let known = match is_workflow {
            true => self.store.workflow_named(&member.name).await?,
            false => None,
        };
        let state = match known {
            Some(workflow) if !workflow.enabled => "disabled".to_owned(),
            _ => runs.map_or_else(|| "stopped".to_owned(), |status| word(&status)),
        };
        Ok(MemberStand {
            name: member.name.clone(),
            kind: member.kind.clone(),
            area: if is_workflow {
                Area::Workflows
            } else {
                Area::Microservices
            },
            engine,
            state,
            version: installation.version.clone(),
            start_type: (!is_workflow).then_some(member.start_type),
        })
    }

    /// Settings are read anew where there are any.
    async fn start_again(&self, name: &InstanceName) -> Result<(), EngineError> {
        let running = self
            .supervisor
            .status_of(name.as_str())
            .is_some_and(|status| status.is_up());
        if !running && self.look(name, |_| ()).is_some() {
            self.ready(name, None).await?;
        }
        match self.supervisor.start(name.as_str()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(name, &error)),
        }
    }
}

fn refused(name: &InstanceName, error: &SupervisorError) -> EngineError {
    let (code, advice) = match error {
        SupervisorError::Disabled(_) => (
            "disabled",
            format!("instances set {name} --start-type manual, or enabled = yes in its settings"),
        ),
        SupervisorError::NotRunning => ("notRunning", "It starts when the bus runs.".into()),
        SupervisorError::UnknownKind(_) => ("unknownKind", "Update the bus.".into()),
        SupervisorError::Unknown(_) => ("unknown", "See the list of instances.".into()),
    };
    EngineError::Conflict {
        code,
        problem: error.to_string(),
        advice,
    }
}
