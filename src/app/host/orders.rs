//! App orders: their settings are kept by the bus, with the installation. Whether they fit, what a change of them may do,
//! and which choices of the wizard show in them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::settings_check::{describe_faults, field_finding, find_past_expiry, settings_finding};
use super::{ProductHost, store_error};
use crate::app::instances::{ORDERS, judge_settings};
use crate::bus::install::{open_member_settings, settings_after_change};
use crate::bus::{CheckedSettings, DesiredSettings, FieldFinding, HostError, PartSettings};
use crate::config::{OrderDraft, OrderSettings, SealError, SettingsError};
use crate::entra::permissions::InstanceFeature;
use crate::model::InstallationState;
use crate::store::MemberRow;
use crate::webhooks::check_target_url;

/// The setting with the date on which the secret expires.
const EXPIRY: &str = "secret_expires_on";

/// The part of a product that takes orders; `None`: it is another product.
pub(super) fn find_order_part(host: &ProductHost, product: &str) -> Option<String> {
    let package = host.instances.catalogue.newest_package(&product.parse().ok()?)?;
    let parts = &package.manifest.microservices;
    parts
        .iter()
        .find(|part| part.kind == ORDERS)
        .map(|part| part.name.clone())
}

/// The part of an installation that takes orders; `None`: it is of another product, or gone.
pub(super) async fn find_order_member(host: &ProductHost, number: i64) -> Result<Option<MemberRow>, HostError> {
    let store = &host.instances.store;
    let members = store
        .list_members(Some(number))
        .await
        .map_err(|error| store_error(&error))?;
    let Some(member) = members.into_iter().find(|member| member.kind == ORDERS) else {
        return Ok(None);
    };
    let installation = store
        .load_installation(number)
        .await
        .map_err(|error| store_error(&error))?;
    let is_gone = matches!(
        installation.state,
        InstallationState::Removed | InstallationState::Failed
    );
    Ok((!is_gone).then_some(member))
}

pub(super) async fn check_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &str,
    number: Option<i64>,
) -> CheckedSettings {
    let settings = match resolve_settings(host, wanted, part, number).await {
        Ok(settings) => settings,
        Err(errors) => {
            let findings = errors.iter().map(|error| settings_finding(wanted, error));
            return CheckedSettings::from_findings(findings.collect());
        }
    };
    let mut findings = describe_faults(wanted, &judge_settings(&settings.tenant));
    if is_expiry_changed(host, wanted, part, number).await {
        findings.extend(find_past_expiry(host, wanted, &settings.tenant));
    }
    findings.extend(find_refused_addresses(wanted, &settings));
    CheckedSettings::from_findings(findings)
}

/// The settings as they would be. Of an installation that exists with the change over them, which must not lead a
/// secret elsewhere that it keeps (E7).
pub(super) async fn resolve_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &str,
    number: Option<i64>,
) -> Result<OrderSettings, Vec<SettingsError>> {
    let one = |error: SettingsError| vec![error];
    let given = wanted.part_settings(part);
    let Some(number) = number else {
        return build_draft(&given).map_err(one)?.build_settings();
    };
    let row = find_order_member(host, number).await;
    let row = row.map_err(|fault| one(host_error(&fault)))?.ok_or_else(|| {
        let problem = format!("installation {number} takes no orders");
        one(settings_error(problem, "see the list of installations"))
    })?;
    let key = host.instances.folder.secret_key();
    let sealed = |error: SealError| one(settings_error(error.problem(), error.advice()));
    let present = open_member_settings(&row, key).map_err(sealed)?;
    let after = settings_after_change(&row, wanted, key).map_err(sealed)?;
    let change = build_draft(&list_changes(&present, &after, &given)).map_err(one)?;
    build_draft(&present).map_err(one)?.check_change(&change).map_err(one)?;
    build_draft(&after).map_err(one)?.build_settings()
}

/// The same, with the first complaint only.
pub(super) async fn require_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &str,
    number: Option<i64>,
) -> Result<Arc<OrderSettings>, SettingsError> {
    let settings = resolve_settings(host, wanted, part, number).await;
    settings.map(Arc::new).map_err(|mut errors| {
        if errors.is_empty() {
            settings_error("the settings do not fit together", "check the answers")
        } else {
            errors.swap_remove(0)
        }
    })
}

/// What the application of these settings needs permissions for.
pub(super) fn order_features(settings: &OrderSettings) -> Vec<InstanceFeature> {
    use crate::contract::OrderTargetKind;
    let has_devices = settings
        .target
        .iter()
        .any(|target| matches!(target, OrderTargetKind::Device));
    let mut features = vec![InstanceFeature::Orders];
    features.extend(has_devices.then_some(InstanceFeature::DeviceOrders));
    features.extend(settings.sync_after.then_some(InstanceFeature::SyncAfterOrders));
    features
}

/// Fields of the template that are no settings themselves, as the settings show them.
pub(super) fn derive_choices(row: &MemberRow) -> Map<String, Value> {
    let has = |key: &str| row.settings.contains_key(key) || row.secrets.contains_key(key);
    let join = |choices: &[(&str, bool)]| {
        let taken = choices.iter().filter(|(_, is_taken)| *is_taken).map(|(name, _)| *name);
        taken.collect::<Vec<_>>().join(", ")
    };
    let sign_in = match () {
        () if has("pfx") => "pfx",
        () if has("cert") => "pem",
        () => "secret",
    };
    let network = join(&[
        ("proxy", has("proxy")),
        ("inspected", has("ca")),
        ("addresses", has("login_url") || has("graph_url")),
    ]);
    let webhooks = join(&[("status", has("status_url")), ("approval", has("approval_url"))]);
    let choices = [
        ("sign_in", sign_in.to_owned()),
        ("network", network),
        ("webhooks", webhooks),
    ];
    choices
        .into_iter()
        .map(|(name, choice)| (name.to_owned(), Value::from(choice)))
        .collect()
}

fn build_draft(settings: &PartSettings) -> Result<OrderDraft, SettingsError> {
    OrderDraft::from_pairs(settings.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// What was given, and as taken away what is not there afterwards.
fn list_changes(present: &PartSettings, after: &PartSettings, given: &PartSettings) -> PartSettings {
    let mut changes = given.clone();
    for key in present.keys().filter(|key| !after.contains_key(*key)) {
        changes.entry(key.clone()).or_default();
    }
    changes
}

/// A date that an installation has had is no slip of whoever changes something else.
async fn is_expiry_changed(host: &ProductHost, wanted: &DesiredSettings, part: &str, number: Option<i64>) -> bool {
    let Some(number) = number else { return true };
    let row = find_order_member(host, number).await.ok().flatten();
    let before = row.and_then(|row| Some(row.settings.get(EXPIRY)?.as_str()?.to_owned()));
    let given = wanted.part_settings(part);
    let after = given.get(EXPIRY).filter(|date| !date.is_empty());
    before.as_deref() != after.map(|date| date.as_str())
}

/// Addresses that a message is never sent to, as far as it shows without asking for their names.
fn find_refused_addresses(wanted: &DesiredSettings, settings: &OrderSettings) -> Vec<FieldFinding> {
    let addresses = [
        ("status_url", &settings.status_url),
        ("approval_url", &settings.approval_url),
    ];
    let refused = addresses.into_iter().filter_map(|(key, url)| {
        let error = check_target_url(url.as_ref()?, settings.allow_private_addresses).err()?;
        let field = wanted.field_for(key).to_owned();
        Some(field_finding(field, "address", error.to_string(), error.advice()))
    });
    refused.collect()
}

fn settings_error(problem: impl Into<String>, advice: impl Into<String>) -> SettingsError {
    SettingsError {
        file: String::new(),
        line: None,
        key: String::new(),
        problem: problem.into(),
        advice: advice.into(),
    }
}

fn host_error(fault: &HostError) -> SettingsError {
    settings_error(fault.problem.as_str(), fault.advice.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use zeroize::Zeroizing;

    use super::*;
    use crate::model::{MemberState, StartType};

    fn settings(pairs: &[(&str, &str)]) -> PartSettings {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), Zeroizing::new((*value).to_owned()));
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn e7_what_a_change_leaves_out_is_taken_away() {
        let present = settings(&[("proxy", "http://p:3128"), ("secret", "s"), ("zone", "UTC")]);
        let given = settings(&[("zone", "Europe/Berlin")]);
        let after = settings(&[("secret", "s"), ("zone", "Europe/Berlin")]);
        let changes = list_changes(&present, &after, &given);
        assert_eq!(changes, settings(&[("proxy", ""), ("zone", "Europe/Berlin")]));
    }

    #[test]
    fn choices_of_the_wizard_show_in_the_settings() {
        let row = MemberRow {
            installation: 1,
            position: 1,
            name: "IntuneAppOrders_1".into(),
            part: "IntuneAppOrders".into(),
            kind: ORDERS.into(),
            engine: None,
            file: None,
            settings: Map::from_iter([("status_url".to_owned(), Value::from("https://shop.example"))]),
            secrets: BTreeMap::from([
                ("cert".to_owned(), "sealed".to_owned()),
                ("ca".to_owned(), "sealed".to_owned()),
            ]),
            state: MemberState::Applied,
            problem: None,
            start_type: StartType::Automatic,
        };
        let choices = derive_choices(&row);
        let of = |name: &str| choices[name].as_str().unwrap_or_default().to_owned();
        assert_eq!((of("sign_in").as_str(), of("network").as_str()), ("pem", "inspected"));
        assert_eq!(of("webhooks"), "status");
    }
}
