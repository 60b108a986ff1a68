//! What all instances of a bus share.

use std::sync::Arc;

use tokio::sync::watch;

use super::build::{BuildError, audience_servers, build_scanner};
use super::judgement::judge_start;
use super::leases::LeaseRegistry;
use super::slot::{InstanceSlot, InstanceSlots};
use crate::actions::failpoints::TaskFailpoints;
use crate::actions::guard::{InstancePolicy, PolicyCache};
use crate::actions::policy_changes;
use crate::app::{RefusalRegistry, workflows};
use crate::bus::Catalogue;
use crate::bus::supervisor::{MemberFailure, StartType};
use crate::compliance::DecisionHistory;
use crate::config::{DataFolder, InstanceDraft, InstanceSettings};
use crate::inventory::DeviceCondition;
use crate::model::{InstanceId, InstanceName, OperatorId};
use crate::observe::{Clock, Metrics};
use crate::orders::OrderFailpoints;
use crate::store::{InstanceRow, NewInstance, Store, StoreError};
use crate::targets::TargetFailpoints;

pub(crate) struct InstanceCore {
    pub folder: Arc<DataFolder>,
    pub store: Store,
    pub clock: Clock,
    pub refusals: Arc<RefusalRegistry>,
    pub metrics: Metrics,
    pub ticks: watch::Receiver<u64>,
    pub policies: Arc<PolicyCache>,
    pub failpoints: TaskFailpoints,
    pub order_failpoints: OrderFailpoints,
    pub target_failpoints: TargetFailpoints,
    pub slots: InstanceSlots,
    pub catalogue: Arc<Catalogue>,
    pub leases: LeaseRegistry,
    pub decision_history: Arc<DecisionHistory>,
}

impl InstanceCore {
    /// Reads the settings of one and leads over what they wish of actions. What it finds stands in its slot; it runs
    /// only when it is started. `by`: who changed the settings; they can't agree to what these loosen (A7).
    pub(crate) async fn prepare_slot(
        &self,
        name: &InstanceName,
        by: Option<OperatorId>,
    ) -> Result<Option<InstanceRow>, StoreError> {
        let settings = match self.folder.read_instance(name) {
            Ok(settings) => Arc::new(settings),
            Err(error) => {
                tracing::error!(instance.name = %name, error = %error, "the instance does not start: its settings are wrong");
                let row = self.find_row(name).await?;
                let id = row.as_ref().map_or(InstanceId(0), |row| row.id);
                let trouble = MemberFailure::new("settings", error.to_string(), error.advice.clone());
                self.slots
                    .set_slot(name.clone(), InstanceSlot::new_idle(id, None, Some(trouble), true));
                return Ok(row);
            }
        };
        if let Some((keys, advice)) = self
            .folder
            .read_instance_draft(name)
            .ok()
            .as_ref()
            .and_then(InstanceDraft::retired_keys)
        {
            tracing::warn!(instance.name = %name, keys = keys.join(", "), advice, "settings of the instance are no longer used");
        }
        self.refusals.watch_instance(&settings);
        let row = self.find_or_adopt_row(name, &settings).await?;
        self.store
            .set_history_days(row.id, settings.devices.history_days)
            .await?;
        let built = if row.tenant_id == settings.tenant_id {
            self.apply_policy(&row, &settings, by)
                .await?
                .and_then(|()| judge_start(&settings))
                .and_then(|()| {
                    build_scanner(
                        &self.store,
                        &self.clock,
                        &self.metrics,
                        (row.id, row.name.clone()),
                        &settings,
                    )
                    .map(|_| ())
                })
        } else {
            Err(BuildError::OtherTenant {
                named: settings.tenant_id.clone(),
                owner: row.tenant_id.clone(),
            })
        };
        if let Err(error) = &built {
            tracing::error!(instance.name = %name, error = %error, "the instance does not start");
        }
        let (enabled, trouble) = (
            settings.enabled || built.is_err(),
            built.err().map(|error| error.to_failure()),
        );
        self.slots.set_slot(
            name.clone(),
            InstanceSlot::new_idle(row.id, Some(settings), trouble, enabled),
        );
        Ok(Some(row))
    }

    /// Leads what the settings wish of actions over to what holds.
    async fn apply_policy(
        &self,
        row: &InstanceRow,
        settings: &InstanceSettings,
        by: Option<OperatorId>,
    ) -> Result<Result<(), BuildError>, StoreError> {
        if let Some(condition) = &settings.actions.never_touch
            && let Err(error) = DeviceCondition::compile(condition)
        {
            return Ok(Err(BuildError::NeverTouch(error)));
        }
        let policy = InstancePolicy::from(&settings.actions);
        policy_changes::apply_instance_settings(&self.store, row, policy, by).await?;
        Ok(Ok(()))
    }

    pub(crate) async fn find_row(&self, name: &InstanceName) -> Result<Option<InstanceRow>, StoreError> {
        let rows = self.store.list_instances().await?;
        Ok(rows
            .into_iter()
            .find(|row| row.name == *name && row.removed_at.is_none()))
    }

    /// The instance's row; one whose file was put there by hand is adopted with the number of its name.
    async fn find_or_adopt_row(
        &self,
        name: &InstanceName,
        settings: &InstanceSettings,
    ) -> Result<InstanceRow, StoreError> {
        let audience = audience_servers(settings);
        if let Some(row) = self.find_row(name).await? {
            if row.audience != audience {
                self.store.set_audience(row.id, audience).await?;
            }
            return Ok(row);
        }
        let (prefix, number) = name.as_str().rsplit_once('_').unwrap_or((name.as_str(), ""));
        let number = number.parse().map_err(|_| StoreError::Unknown {
            what: "instance number",
            name: name.to_string(),
        })?;
        let new = NewInstance {
            prefix: prefix.to_owned(),
            tenant_id: settings.tenant_id.clone(),
            client_id: settings.client_id.clone(),
            audience,
        };
        self.store.adopt_instance(InstanceId(number), new).await
    }

    /// Installs the definitions of an installation, in the version that it has. `by`: who brought them by what they asked
    /// for.
    pub(crate) async fn install_workflows(&self, number: InstanceId, by: Option<OperatorId>) -> Result<(), StoreError> {
        let installation = self.store.load_installation(number.0).await?;
        let id = installation.product.parse().ok();
        let version = semver::Version::parse(&installation.version).ok();
        let of_version = id
            .as_ref()
            .zip(version)
            .and_then(|(id, version)| self.catalogue.get(id, &version));
        // The program may have been updated, and its product with it.
        let package = of_version.or_else(|| self.catalogue.newest_package(id.as_ref()?));
        let mut texts = package
            .map(|package| workflows::package_definitions(&package))
            .unwrap_or_default();
        texts.extend(workflows::folder_definitions(self.folder.path()));
        workflows::install_definitions(&self.store, self.folder.path(), number, texts, by).await
    }

    /// When it is started: never where its settings switch it off.
    pub(crate) fn effective_start_type(&self, name: &InstanceName, configured: StartType) -> StartType {
        match self.slots.read_slot(name, |slot| slot.enabled) {
            Some(false) => StartType::Disabled,
            _ => configured,
        }
    }
}
