//! Carries plans out. One at a time: installations are rare, and two that undo each other's work can't be told apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, watch};

use super::InstallableProduct;
use super::{kept_settings, sealed_settings};
use crate::bus::{DesiredSettings, HostError, InstallationHost, MemberKind, ProductMember};
use crate::config::SecretKey;
use crate::contract::Diagnosis;
use crate::model::{EffectConfirmation, InstallationState, MemberState};
use crate::store::{
    AuditEntry, InstallationRow, KeptSettings, MemberRow, NewInstallation, NewMember, Store, StoreError, WORKFLOW,
};

/// Longest setting of a member that is kept in the open, characters.
const SETTING_MAX: usize = 4_000;

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fault(#[from] HostError),
    /// Something runs, or it is not there any more.
    #[error("installation {number} is {state:?}")]
    Stands { number: i64, state: InstallationState },
}

pub struct Installer {
    store: Store,
    host: Arc<dyn InstallationHost>,
    key: SecretKey,
    install_lock: Mutex<()>,
    /// Held from the look at settings that stand to the writing of others.
    change_lock: Mutex<()>,
    /// Moves with each line of the journal, for those who watch.
    journal_changes: watch::Sender<u64>,
}

impl Installer {
    pub fn new(store: Store, host: Arc<dyn InstallationHost>, key: SecretKey) -> Installer {
        Installer {
            store,
            host,
            key,
            install_lock: Mutex::default(),
            change_lock: Mutex::default(),
            journal_changes: watch::Sender::new(0),
        }
    }

    pub fn host(&self) -> &Arc<dyn InstallationHost> {
        &self.host
    }

    /// What was answered for a part whose settings the bus keeps, without secrets: those are sealed until the end of the
    /// installation, and longer for a microservice that needs them to start.
    fn plain_settings(
        &self,
        installable: &InstallableProduct,
        wanted: &DesiredSettings,
        member: &ProductMember,
    ) -> Map<String, Value> {
        if matches!(&member.kind, MemberKind::Microservice(kind) if self.host.owns_settings(kind)) {
            return Map::new();
        }
        let is_open = |key: &str| {
            let field = installable.template.find_field(wanted.field_for(key));
            field.is_none_or(|field| !field.kind.is_secret() && !field.kind.stands_for_secret())
        };
        let settings = wanted.part_settings(&member.name);
        let fits = settings
            .iter()
            .filter(|(key, value)| is_open(key) && !value.is_empty() && value.len() <= SETTING_MAX);
        fits.map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect()
    }

    /// Changes the settings of an installation: those that the host keeps, then those that the bus keeps. What runs takes
    /// them.
    pub async fn change_settings(
        &self,
        installable: &InstallableProduct,
        number: i64,
        wanted: &DesiredSettings,
        confirm: Option<EffectConfirmation>,
    ) -> Result<(), InstallError> {
        let _one = self.change_lock.lock().await;
        self.host.change_settings(number, wanted, confirm).await?;
        let rows = self.store.list_members(Some(number)).await?;
        let mut changed = Vec::new();
        for member in &installable.members {
            let Some(row) = rows.iter().find(|row| row.part == member.name) else {
                continue;
            };
            let settings = self.plain_settings(installable, wanted, member);
            let secrets = self.changed_secrets(row, member, wanted, &settings)?;
            changed.push(KeptSettings {
                part: member.name.clone(),
                settings,
                secrets,
            });
        }
        self.store
            .update_installation(number, Some(wanted.profile.clone()), changed)
            .await?;
        for member in &installable.members {
            self.host.apply_kept_settings(number, member).await;
        }
        Ok(())
    }

    /// Those of a part after a change: what is given anew, and what it keeps.
    fn changed_secrets(
        &self,
        row: &MemberRow,
        member: &ProductMember,
        wanted: &DesiredSettings,
        plain: &Map<String, Value>,
    ) -> Result<BTreeMap<String, String>, HostError> {
        if !self.keeps_secrets(member) {
            return Ok(BTreeMap::new());
        }
        let given = wanted.part_settings(&member.name);
        let mut secrets = kept_settings::seal_given_secrets(&row.name, &given, plain, &self.key)
            .map_err(|error| sealed_settings::seal_error(&error))?;
        let kept = kept_settings::kept_secrets(row, wanted);
        secrets.extend(kept.map(|(name, sealed)| (name.clone(), sealed.clone())));
        Ok(secrets)
    }

    fn keeps_secrets(&self, member: &ProductMember) -> bool {
        matches!(&member.kind, MemberKind::Microservice(kind)
            if !self.host.owns_settings(kind) && self.host.needs_secrets(kind))
    }

    pub fn watch_progress(&self) -> watch::Receiver<u64> {
        self.journal_changes.subscribe()
    }

    fn notify_watchers(&self) {
        self.journal_changes.send_modify(|count| *count += 1);
    }

    /// Makes a plan durable, with what is `audit_entry` of it in the audit trail. `anyway`: checks that somebody goes on without.
    /// Nothing else happens yet.
    pub async fn plan_installation(
        &self,
        installable: &InstallableProduct,
        wanted: &DesiredSettings,
        anyway: Vec<String>,
        audit_entry: impl Fn(&InstallationRow) -> Option<AuditEntry> + Send + Sync + 'static,
    ) -> Result<i64, InstallError> {
        let members = installable
            .members
            .iter()
            .map(|member| new_member(member, self.plain_settings(installable, wanted, member)));
        let new = NewInstallation {
            product: installable.id(),
            version: installable.manifest.version.to_string(),
            profile: wanted.profile.clone(),
            overridden_checks: anyway,
            by: wanted.by,
            members: members.collect(),
            registration: wanted.registration.clone(),
        };
        let (wanted, key) = (wanted.clone(), self.key.clone());
        let seal = move |number| sealed_settings::seal_settings(&wanted, number, &key);
        let store = self
            .store
            .recorded(move |planned: &Result<InstallationRow, HostError>| audit_entry(planned.as_ref().ok()?));
        let row = store.plan_installation(new, seal).await??;
        tracing::info!(product = row.product, number = row.number, "installation planned");
        self.notify_watchers();
        Ok(row.number)
    }

    /// Completes an installation or its removal.
    pub async fn run_installation(&self, number: i64) -> Result<InstallationRow, InstallError> {
        let _one = self.install_lock.lock().await;
        let row = self.store.load_installation(number).await?;
        match row.state {
            InstallationState::Installing => self.install_members(&row).await?,
            InstallationState::Undoing => self.undo_members(number, InstallationState::Failed).await?,
            InstallationState::Removing => self.undo_members(number, InstallationState::Removed).await?,
            InstallationState::Installed | InstallationState::Failed | InstallationState::Removed => (),
        }
        Ok(self.store.load_installation(number).await?)
    }

    /// Goes on with everything that a process before this one left behind. One that cannot does not block others.
    pub async fn resume_unfinished(&self) -> Result<Vec<InstallationRow>, StoreError> {
        let mut ended = Vec::new();
        for row in self.store.list_installations().await? {
            let state = row.state;
            if matches!(
                state,
                InstallationState::Installed | InstallationState::Failed | InstallationState::Removed
            ) {
                continue;
            }
            tracing::info!(number = row.number, state = ?state, "installation resumed");
            match self.run_installation(row.number).await {
                Ok(row) => ended.push(row),
                Err(InstallError::Store(error)) => return Err(error),
                Err(error) => tracing::error!(number = row.number, error = %error, "failed to resume an installation"),
            }
        }
        Ok(ended)
    }

    /// Removes an installation. `confirm`: what was shown before.
    pub async fn uninstall(
        &self,
        number: i64,
        confirm: Option<EffectConfirmation>,
    ) -> Result<InstallationRow, InstallError> {
        let row = self.store.load_installation(number).await?;
        if row.state != InstallationState::Installed {
            let state = row.state;
            return Err(InstallError::Stands { number, state });
        }
        self.host.confirm_removal(number, confirm).await?;
        self.store
            .set_installation_state(number, InstallationState::Removing, None)
            .await?;
        self.notify_watchers();
        self.run_installation(number).await
    }

    async fn install_members(&self, row: &InstallationRow) -> Result<(), InstallError> {
        let number = row.number;
        let wanted = sealed_settings::open_settings(row.sealed.as_deref().unwrap_or_default(), number, &self.key);
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(fault) => return self.roll_back(number, install_problem(&fault)).await,
        };
        for row in self.store.list_members(Some(number)).await? {
            if row.state != MemberState::Planned {
                continue;
            }
            let member = member_from_row(&row);
            if self.keeps_secrets(&member) {
                let given = wanted.part_settings(&member.name);
                let secrets = kept_settings::seal_given_secrets(&row.name, &given, &row.settings, &self.key);
                let secrets = secrets.map_err(|error| sealed_settings::seal_error(&error))?;
                self.store.set_member_secrets(number, row.position, secrets).await?;
            }
            if let Err(fault) = self.host.install_member(number, &member, &wanted).await {
                tracing::error!(member = row.name, code = fault.code, error = %fault, "failed to install a part");
                let problem = install_problem(&fault);
                self.set_member_state(&row, MemberState::Failed, Some(problem.clone()))
                    .await?;
                return self.roll_back(number, problem).await;
            }
            self.set_member_state(&row, MemberState::Applied, None).await?;
        }
        self.end_installation(number, InstallationState::Installed).await
    }

    async fn roll_back(&self, number: i64, problem: Diagnosis) -> Result<(), InstallError> {
        self.store
            .set_installation_state(number, InstallationState::Undoing, Some(problem))
            .await?;
        self.notify_watchers();
        self.undo_members(number, InstallationState::Failed).await
    }

    /// Removes what was made, last first. What cannot be removed is tried again when the bus starts.
    async fn undo_members(&self, number: i64, end: InstallationState) -> Result<(), InstallError> {
        for row in self.store.list_members(Some(number)).await?.into_iter().rev() {
            if matches!(row.state, MemberState::Planned | MemberState::Undone) {
                continue;
            }
            self.host.remove_member(number, &member_from_row(&row)).await?;
            self.set_member_state(&row, MemberState::Undone, row.problem.clone())
                .await?;
        }
        self.end_installation(number, end).await
    }

    async fn set_member_state(
        &self,
        row: &MemberRow,
        state: MemberState,
        problem: Option<Diagnosis>,
    ) -> Result<(), StoreError> {
        self.store
            .set_member_state(row.installation, row.position, state, problem)
            .await?;
        self.notify_watchers();
        Ok(())
    }

    async fn end_installation(&self, number: i64, state: InstallationState) -> Result<(), InstallError> {
        let row = self.store.load_installation(number).await?;
        let first = self.store.list_members(Some(number)).await?.into_iter().next();
        let entry = AuditEntry {
            actor: "bus".to_owned(),
            action: "installation.ended",
            subject: first.map_or_else(|| number.to_string(), |first| first.name),
            detail: json!({"state": state, "cause": row.problem.and_then(|problem| problem.code)}),
        };
        self.store
            .recorded(move |(): &()| Some(entry.clone()))
            .set_installation_state(number, state, None)
            .await?;
        self.notify_watchers();
        tracing::info!(number, state = ?state, "installation ended");
        Ok(())
    }
}

fn new_member(member: &ProductMember, settings: Map<String, Value>) -> NewMember {
    let (kind, engine, file) = match &member.kind {
        MemberKind::Microservice(kind) => (kind.clone(), None, None),
        MemberKind::Workflow { file, engine } => (WORKFLOW.to_owned(), Some(engine.clone()), Some(file.clone())),
    };
    NewMember {
        part: member.name.clone(),
        kind,
        engine,
        file,
        settings,
    }
}

fn member_from_row(row: &MemberRow) -> ProductMember {
    let kind = match (&row.engine, &row.file) {
        (Some(engine), Some(file)) => MemberKind::Workflow {
            file: file.clone(),
            engine: engine.clone(),
        },
        _ => MemberKind::Microservice(row.kind.clone()),
    };
    ProductMember {
        name: row.part.clone(),
        kind,
    }
}

fn install_problem(fault: &HostError) -> Diagnosis {
    Diagnosis::new(fault.problem.as_str(), fault.advice.as_str()).with_code(fault.code.as_str())
}
