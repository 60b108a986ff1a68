//! The connector itself: an instance with its settings file, and what the wizard said of the guard.

use serde_json::{Map, Value};

use super::host_errors::{engine_error, settings_error, store_error};
use super::product_host::ProductHost;
use crate::actions::guard::BusPolicy;
use crate::actions::policy_changes;
use crate::app::instances::audience_servers;
use crate::bus::{DesiredSettings, HostError, PartSettings, ProductMember};
use crate::config::{InstanceDraft, InstanceSettings, SettingsError};
use crate::contract::DraftSettings;
use crate::model::{EffectConfirmation, InstanceId, InstanceName, OperatorId, RelaxationRequester};
use crate::sics::InstanceEngine;
use crate::store::{InstanceRow, NewInstance};

/// Settings that are the guard's, for the whole bus.
const OF_THE_GUARD: [&str; 5] = [
    "limit_per_job",
    "limit_per_hour",
    "limit_per_day",
    "approval_above",
    "approval_always",
];

/// What stands in the settings file of an instance, as a request would give it.
pub(crate) fn build_draft(settings: &PartSettings) -> Result<InstanceDraft, SettingsError> {
    InstanceDraft::from_json(&Value::Object(settings_object(settings)))
}

fn settings_object(settings: &PartSettings) -> Map<String, Value> {
    let own = settings.iter().filter(|(key, _)| !OF_THE_GUARD.contains(&key.as_str()));
    own.map(|(key, value)| {
        let value = if value.is_empty() {
            Value::Null
        } else {
            Value::from(value.as_str())
        };
        (key.clone(), value)
    })
    .collect()
}

/// The settings of the part that reads the tenant: those under which a tenant is named.
pub(crate) fn connector_settings(wanted: &DesiredSettings) -> PartSettings {
    let mut parts = wanted.settings.values();
    let own = parts.find(|settings| {
        settings
            .keys()
            .any(|key| crate::config::INSTANCE_TABLE.find_key(key).is_some())
    });
    own.cloned().unwrap_or_default()
}

pub(crate) async fn install_connector(
    host: &ProductHost,
    number: i64,
    member: &ProductMember,
    wanted: &DesiredSettings,
) -> Result<(), HostError> {
    let settings = wanted.part_settings(&member.name);
    let draft = build_draft(&settings).map_err(settings_error)?;
    let typed = draft.build_settings().map_err(settings_error)?;
    let row = find_or_adopt_row(host, number, member, &typed).await?;
    let folder = &host.instances.folder;
    if !folder.instance_ini_path(&row.name).exists() {
        folder.write_instance(&row.name, &draft).map_err(settings_error)?;
    }
    host.instances.stop(&row.name).await;
    let started = host.instances.start_changed(&row.name, wanted.by).await;
    started.map_err(|error| store_error(&error))?;
    if let Some(failure) = host
        .instances
        .read_slot(&row.name, |slot| slot.failure.clone())
        .flatten()
    {
        return Err(HostError::new(failure.code, failure.problem, failure.advice));
    }
    apply_limits(host, &settings, wanted.by).await
}

/// The row under the number of the installation.
async fn find_or_adopt_row(
    host: &ProductHost,
    number: i64,
    member: &ProductMember,
    settings: &InstanceSettings,
) -> Result<InstanceRow, HostError> {
    if let Some(row) = host.find_row(number).await? {
        return Ok(row);
    }
    host.instances
        .require_unique_instance(settings)
        .await
        .map_err(engine_error)?;
    let new = NewInstance {
        prefix: member.name.clone(),
        tenant_id: settings.tenant_id.clone(),
        client_id: settings.client_id.clone(),
        audience: audience_servers(settings),
    };
    let adopted = host.instances.store.adopt_instance(InstanceId(number), new).await;
    adopted.map_err(|error| store_error(&error))
}

/// Limits and approvals: what tightens holds at once, the rest waits for a second operator (A7).
async fn apply_limits(host: &ProductHost, settings: &PartSettings, by: Option<OperatorId>) -> Result<(), HostError> {
    let given = |key: &str| settings.get(key).filter(|value| !value.is_empty());
    if !OF_THE_GUARD.iter().any(|key| given(key).is_some()) {
        return Ok(());
    }
    let bus = &host.instances.store;
    let operators = bus.list_operators().await.map_err(|error| store_error(&error))?;
    let Some(by) = operators.into_iter().find(|operator| Some(operator.id) == by) else {
        return Err(HostError::new(
            "operatorGone",
            "the operator who requested this no longer exists",
            "install again as an existing operator",
        ));
    };
    let settings = settings.clone();
    let overlay = move |effective| overlay_limits(&settings, effective);
    let changed = policy_changes::change_bus_policy(bus, overlay, RelaxationRequester::from_recorded(by.id)).await;
    changed.map(|_| ()).map_err(|error| store_error(&error))
}

fn overlay_limits(settings: &PartSettings, mut policy: BusPolicy) -> BusPolicy {
    let given = |key: &str| settings.get(key).filter(|value| !value.is_empty());
    let number = |key: &str, to: &mut u64| {
        if let Some(value) = given(key).and_then(|value| value.parse().ok()) {
            *to = value;
        }
    };
    number("limit_per_job", &mut policy.limits.per_job);
    number("limit_per_hour", &mut policy.limits.per_hour);
    number("limit_per_day", &mut policy.limits.per_day);
    number("approval_above", &mut policy.approval.above);
    if let Some(value) = given("approval_always") {
        policy.approval.always = value.as_str() == "yes";
    }
    policy
}

pub(crate) async fn remove_connector(host: &ProductHost, number: i64, member: &ProductMember) -> Result<(), HostError> {
    let wrong_name = |_| {
        HostError::new(
            "name",
            "the name of a part is not a valid instance name",
            "remove the product",
        )
    };
    let name: InstanceName = member.installed_name(number).parse().map_err(wrong_name)?;
    host.instances.stop(&name).await;
    let folder = &host.instances.folder;
    if folder.instance_ini_path(&name).exists() {
        folder.remove_instance(&name).map_err(settings_error)?;
    }
    host.instances.forget_member(name.as_str()).await;
    if let Some(row) = host.find_row(number).await? {
        let removed = host.instances.store.remove_instance(row.id).await;
        removed.map_err(|error| store_error(&error))?;
    }
    host.instances.metrics.remove_by_label("instance", name.as_str());
    Ok(())
}

pub(crate) async fn change_connector(
    host: &ProductHost,
    number: i64,
    wanted: &DesiredSettings,
    confirm: Option<EffectConfirmation>,
) -> Result<(), HostError> {
    let settings = connector_settings(wanted);
    if settings.is_empty() {
        // A product that reads no tenant: what it was told stands with its parts.
        return Ok(());
    }
    let name = host.name(number).await?;
    let Some(by) = wanted.by else {
        return Err(HostError::new(
            "operatorGone",
            "the request names no operator",
            "sign in",
        ));
    };
    let draft = DraftSettings(settings_object(&settings));
    let changed = host
        .instances
        .change_instance(name, draft, confirm, RelaxationRequester::from_recorded(by))
        .await;
    changed.map_err(engine_error)?;
    apply_limits(host, &settings, Some(by)).await
}
