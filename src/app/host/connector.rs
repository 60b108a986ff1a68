//! The connector itself: an instance with its settings file, and what the wizard said of the guard.

use serde_json::{Map, Value};

use super::{ProductHost, engine, store};
use crate::actions::guard::BusPolicy;
use crate::actions::power;
use crate::app::instances::audience;
use crate::bus::{Fault, Member, Settings, Wanted};
use crate::config::{InstanceDraft, InstanceSettings, SettingsError};
use crate::model::{Confirmation, InstanceId, InstanceName, LooseningAsker, OperatorId};
use crate::sics::{Draft, Engine};
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
pub fn draft(settings: &Settings) -> Result<InstanceDraft, SettingsError> {
    InstanceDraft::from_json(&Value::Object(object(settings)))
}

fn object(settings: &Settings) -> Map<String, Value> {
    let own = settings.iter().filter(|(key, _)| !OF_THE_GUARD.contains(&key.as_str()));
    own.map(|(key, value)| {
        let value = match value.is_empty() {
            true => Value::Null,
            false => Value::from(value.as_str()),
        };
        (key.clone(), value)
    })
    .collect()
}

/// The settings of the part that reads the tenant: those under which a tenant is named.
pub fn of_connector(wanted: &Wanted) -> Settings {
    let mut parts = wanted.settings.values();
    let own = parts.find(|settings| {
        settings
            .keys()
            .any(|key| crate::config::INSTANCE_TABLE.find(key).is_some())
    });
    own.cloned().unwrap_or_default()
}

pub async fn apply(host: &ProductHost, number: i64, member: &Member, wanted: &Wanted) -> Result<(), Fault> {
    let settings = wanted.of(&member.name);
    let draft = draft(&settings).map_err(fault)?;
    let typed = draft.settings().map_err(fault)?;
    let row = made(host, number, member, &typed).await?;
    let folder = &host.instances.folder;
    if !folder.instance_ini(&row.name).exists() {
        folder.write_instance(&row.name, &draft).map_err(fault)?;
    }
    host.instances.stop(&row.name).await;
    let started = host.instances.start_changed(&row.name, wanted.by).await;
    started.map_err(|error| store(&error))?;
    if let Some(trouble) = host.instances.look(&row.name, |slot| slot.trouble.clone()).flatten() {
        return Err(Fault::new(trouble.code, trouble.problem, trouble.advice));
    }
    guard(host, &settings, wanted.by).await
}

/// The row under the number of the installation.
async fn made(
    host: &ProductHost,
    number: i64,
    member: &Member,
    typed: &InstanceSettings,
) -> Result<InstanceRow, Fault> {
    if let Some(row) = host.row(number).await? {
        return Ok(row);
    }
    host.instances.not_twice(typed).await.map_err(engine)?;
    let new = NewInstance {
        prefix: member.name.clone(),
        tenant_id: typed.tenant_id.clone(),
        client_id: typed.client_id.clone(),
        audience: audience(typed),
    };
    let adopted = host.instances.store.adopt_instance(InstanceId(number), new).await;
    adopted.map_err(|error| store(&error))
}

/// Limits and approvals: what tightens holds at once, the rest waits for a second operator (A7).
async fn guard(host: &ProductHost, settings: &Settings, by: Option<OperatorId>) -> Result<(), Fault> {
    let given = |key: &str| settings.get(key).filter(|value| !value.is_empty());
    if !OF_THE_GUARD.iter().any(|key| given(key).is_some()) {
        return Ok(());
    }
    let bus = &host.instances.store;
    let operators = bus.operators().await.map_err(|error| store(&error))?;
    let Some(by) = operators.into_iter().find(|operator| Some(operator.id) == by) else {
        return Err(Fault::new(
            "operatorGone",
            "the operator who asked for it does not exist any more",
            "install again as somebody who does",
        ));
    };
    let settings = settings.clone();
    let wish = move |effective| overlaid(&settings, effective);
    let changed = power::change_bus(bus, wish, LooseningAsker::noted(by.id)).await;
    changed.map(|_| ()).map_err(|error| store(&error))
}

fn overlaid(settings: &Settings, mut policy: BusPolicy) -> BusPolicy {
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

pub async fn undo(host: &ProductHost, number: i64, member: &Member) -> Result<(), Fault> {
    let wrong_name = |_| Fault::new("name", "a part has no name for an instance", "take the product away");
    let name: InstanceName = member.numbered(number).parse().map_err(wrong_name)?;
    host.instances.stop(&name).await;
    let folder = &host.instances.folder;
    if folder.instance_ini(&name).exists() {
        folder.remove_instance(&name).map_err(fault)?;
    }
    host.instances.forget_member(name.as_str()).await;
    if let Some(row) = host.row(number).await? {
        let removed = host.instances.store.remove_instance(row.id).await;
        removed.map_err(|error| store(&error))?;
    }
    Ok(())
}

pub async fn change(
    host: &ProductHost,
    number: i64,
    wanted: &Wanted,
    confirm: Option<Confirmation>,
) -> Result<(), Fault> {
    let settings = of_connector(wanted);
    if settings.is_empty() {
        // A product that reads no tenant: what it was told stands with its parts.
        return Ok(());
    }
    let name = host.name(number).await?;
    let Some(by) = wanted.by else {
        return Err(Fault::new("operatorGone", "nobody asks for it", "sign in"));
    };
    let draft = Draft(object(&settings));
    let changed = host
        .instances
        .change_instance(name, draft, confirm, LooseningAsker::noted(by))
        .await;
    changed.map_err(engine)?;
    guard(host, &settings, Some(by)).await
}

pub fn fault(error: SettingsError) -> Fault {
    Fault {
        key: Some(error.key.clone()),
        ..Fault::new("settings", error.problem, error.advice)
    }
}
