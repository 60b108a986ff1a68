//! What the supervisor has to know of what is installed: a member for each microservice. An instance that came without
//! an installation (added by settings, or put there by hand) gets one, of the product inside the program.

use super::Instances;
use crate::bus::ProductMember;
use crate::bus::supervisor::{MemberSpec, StartType};
use crate::contract::LifecycleState;
use crate::model::{InstallationState, InstanceId, InstanceName, MemberState, OperatorId};
use crate::store::{InstallationRow, MemberRow, NewInstallation, NewMember, StoreError, WORKFLOW};

impl Instances {
    /// Makes an instance a member, as it stands.
    pub(super) async fn register_member(&self, name: &InstanceName) -> Result<(), StoreError> {
        let Some(row) = self.core.find_row(name).await? else {
            // Its settings can't be read and it never ran: there is nothing that could be started.
            return Ok(());
        };
        let new = self.built_in_installation(None);
        if self.store.adopt_installation(row.id.0, new).await? {
            tracing::info!(instance.name = %name, "the instance is now registered as an installation");
        }
        let installation = self.store.load_installation(row.id.0).await?;
        let members = self.store.list_members(Some(row.id.0)).await?;
        let own = members.iter().find(|member| member.name == name.as_str());
        let start_type = own.map_or(StartType::Automatic, |member| member.start_type);
        let spec = MemberSpec {
            name: name.to_string(),
            kind: own.map_or_else(|| super::CONNECTOR.to_owned(), |member| member.kind.clone()),
            profile: installation.profile,
            installation: row.id.0,
            product: installation.product,
            version: installation.version,
        };
        self.supervisor
            .register_member(spec, self.core.effective_start_type(name, start_type));
        self.core.install_workflows(row.id, None).await
    }

    /// An installation of the product inside the program.
    pub(in crate::app) fn built_in_installation(&self, by: Option<OperatorId>) -> NewInstallation {
        let manifest = &self.built_in.manifest;
        NewInstallation {
            product: manifest.id.to_string(),
            version: manifest.version.to_string(),
            profile: manifest.name.en.clone(),
            overridden_checks: Vec::new(),
            by,
            members: new_members(manifest),
            registration: None,
        }
    }

    /// Members that have no settings file: they are what the store says.
    pub(super) async fn register_other_members(&self) -> Result<(), StoreError> {
        for installation in self.store.list_installations().await? {
            if installation.state != InstallationState::Installed {
                continue;
            }
            for member in self.store.list_members(Some(installation.number)).await? {
                if is_runnable(&member) && !self.supervisor.has_member(&member.name) {
                    self.supervisor
                        .register_member(member_spec(&installation, &member), member.start_type);
                }
            }
        }
        Ok(())
    }

    /// Starts the microservices of an installation that do not run yet and start with the bus.
    pub async fn start_members(&self, number: i64) -> Result<(), StoreError> {
        let installation = self.store.load_installation(number).await?;
        for member in self.store.list_members(Some(number)).await? {
            if is_runnable(&member) && !self.supervisor.has_member(&member.name) {
                self.supervisor
                    .register_member(member_spec(&installation, &member), member.start_type);
                if member.start_type == StartType::Automatic {
                    self.start_member(&member.name, member.start_type).await;
                }
            }
        }
        Ok(())
    }

    /// Starts a part that is being installed; before this it is not written down as there.
    pub async fn start_part(&self, number: i64, part: &ProductMember, kind: &str) -> Result<(), StoreError> {
        let installation = self.store.load_installation(number).await?;
        let spec = MemberSpec {
            name: part.installed_name(number),
            kind: kind.to_owned(),
            profile: installation.profile,
            installation: number,
            product: installation.product,
            version: installation.version,
        };
        let name = spec.name.clone();
        self.supervisor.register_member(spec, StartType::Automatic);
        self.start_member(&name, StartType::Automatic).await;
        Ok(())
    }

    async fn start_member(&self, name: &str, start_type: StartType) {
        if start_type == StartType::Disabled || !self.supervisor.is_running() {
            return;
        }
        if let Err(error) = self.supervisor.start_member(name).await {
            tracing::error!(member = name, error = %error, "failed to start the microservice");
        }
    }

    /// Has a microservice take its settings anew. One that somebody has stopped stays so.
    pub(in crate::app) async fn restart_part(&self, name: &str) {
        let Some(status) = self.supervisor.status_of(name) else {
            return;
        };
        if matches!(status.state, LifecycleState::Stopped | LifecycleState::Stopping) {
            return;
        }
        // One that cannot be found is not there to be stopped.
        let _ = self.supervisor.stop_member(name).await;
        self.start_member(name, status.start_type).await;
    }

    /// What is installed has another version: parts that are no more go, new ones come, those that run start anew.
    /// `by`: who asked for it.
    pub(in crate::app) async fn restart_updated_members(
        &self,
        number: i64,
        by: Option<OperatorId>,
    ) -> Result<(), StoreError> {
        // Before anything starts anew and finds them: they are brought by whoever asked.
        self.core.install_workflows(InstanceId(number), by).await?;
        let installation = self.store.load_installation(number).await?;
        for member in self.store.list_members(Some(number)).await? {
            if member.kind == WORKFLOW {
                continue;
            }
            if !is_runnable(&member) {
                self.forget_member(&member.name).await;
                continue;
            }
            let previous = self.supervisor.status_of(&member.name);
            let known = previous.as_ref().map_or(member.start_type, |status| status.start_type);
            let is_up = previous.is_none_or(|status| status.is_up());
            // One that cannot be found is not there to be stopped.
            let _ = self.supervisor.stop_member(&member.name).await;
            self.supervisor
                .register_member(member_spec(&installation, &member), known);
            if is_up {
                self.start_member(&member.name, known).await;
            }
        }
        Ok(())
    }

    /// Takes down when a member is started from now on.
    pub(in crate::app) fn update_start_type(&self, name: &InstanceName, start_type: StartType) {
        let start_type = self.core.effective_start_type(name, start_type);
        // Whoever asks has seen that it is there.
        let _ = self.supervisor.set_start_type(name.as_str(), start_type);
    }

    /// Stops a member and forgets it.
    pub async fn forget_member(&self, name: &str) {
        // One that the supervisor does not know does not run.
        let _ = self.supervisor.remove(name).await;
        if let Ok(name) = name.parse() {
            self.core.slots.remove(&name);
        }
    }

    /// Every microservice of an installation, after its instance was removed.
    pub(in crate::app) async fn forget_members(&self, number: i64) -> Result<(), StoreError> {
        for member in self.store.list_members(Some(number)).await? {
            if member.kind != WORKFLOW {
                self.forget_member(&member.name).await;
            }
        }
        self.store.mark_installation_removed(number).await
    }
}

pub(in crate::app) fn new_members(manifest: &crate::bus::Manifest) -> Vec<NewMember> {
    let services = manifest.microservices.iter().map(|service| NewMember {
        part: service.name.clone(),
        kind: service.kind.clone(),
        engine: None,
        file: None,
        settings: serde_json::Map::new(),
    });
    let workflows = manifest.workflows.iter().map(|workflow| NewMember {
        part: workflow.name.clone(),
        kind: WORKFLOW.to_owned(),
        engine: Some(workflow.engine.clone()),
        file: Some(workflow.file.name.to_string()),
        settings: serde_json::Map::new(),
    });
    services.chain(workflows).collect()
}

fn is_runnable(member: &MemberRow) -> bool {
    member.kind != WORKFLOW && member.state == MemberState::Applied
}

fn member_spec(installation: &InstallationRow, member: &MemberRow) -> MemberSpec {
    MemberSpec {
        name: member.name.clone(),
        kind: member.kind.clone(),
        profile: installation.profile.clone(),
        installation: installation.number,
        product: installation.product.clone(),
        version: installation.version.clone(),
    }
}
