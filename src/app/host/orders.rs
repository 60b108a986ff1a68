//! App orders: their settings are kept by the bus, with the installation. Whether they fit, what a change of them may do,
//! and which choices of the wizard show in them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::kept_change::{find_kept_part, keep_first_error, read_kept_change, require_kept_part};
use super::product_host::ProductHost;
use super::settings_check::{describe_faults, field_finding, find_past_expiry, settings_finding};
use crate::app::instances::{ORDERS, judge_settings};
use crate::bus::{CheckedSettings, DesiredSettings, FieldFinding, HostError, PartSettings};
use crate::config::{OrderDraft, OrderSettings, SettingsError};
use crate::entra::permissions::InstanceFeature;
use crate::net::check_given_url;
use crate::store::MemberRow;

/// The setting with the date on which the secret expires.
const EXPIRY: &str = "secret_expires_on";
/// The setting with what states of the report mean.
const STATES: &str = "state_mapping";

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
    find_kept_part(host, number, |member| member.kind == ORDERS).await
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
    if is_changed(host, wanted, part, number, EXPIRY).await {
        findings.extend(find_past_expiry(host, wanted, &settings.tenant));
    }
    if is_changed(host, wanted, part, number, STATES).await {
        let unknown = build_draft(&wanted.part_settings(part)).ok();
        let unknown = unknown.and_then(|draft| draft.find_unknown_state());
        findings.extend(unknown.map(|error| settings_finding(wanted, &error)));
    }
    findings.extend(find_refused_addresses(wanted, &settings));
    CheckedSettings::from_findings(findings)
}

/// The settings as they would be. Of an installation that exists with the change over them, which must not lead a
/// secret elsewhere that it keeps (E7).
async fn resolve_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &str,
    number: Option<i64>,
) -> Result<OrderSettings, Vec<SettingsError>> {
    let one = |error: SettingsError| vec![error];
    let draft = |settings: &PartSettings| build_draft(settings).map_err(one);
    let Some(number) = number else {
        return draft(&wanted.part_settings(part))?.build_settings();
    };
    let problem = format!("installation {number} takes no orders");
    let row = require_kept_part(find_order_member(host, number).await, problem).map_err(one)?;
    let kept = read_kept_change(host, &row, wanted, part).map_err(one)?;
    let change = draft(&kept.change)?;
    draft(&kept.present)?.check_change(&change).map_err(one)?;
    draft(&kept.after)?.build_settings()
}

/// The same, with the first complaint only.
pub(super) async fn require_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &str,
    number: Option<i64>,
) -> Result<Arc<OrderSettings>, SettingsError> {
    keep_first_error(resolve_settings(host, wanted, part, number).await)
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

/// A value that an installation has had is no slip of whoever changes something else.
async fn is_changed(host: &ProductHost, wanted: &DesiredSettings, part: &str, number: Option<i64>, key: &str) -> bool {
    let Some(number) = number else { return true };
    let row = find_order_member(host, number).await.ok().flatten();
    let before = row.and_then(|row| Some(row.settings.get(key)?.as_str()?.to_owned()));
    let given = wanted.part_settings(part);
    let after = given.get(key).filter(|value| !value.is_empty());
    before.as_deref() != after.map(|value| value.as_str())
}

/// Addresses that a message is never sent to, as far as it shows without asking for their names.
fn find_refused_addresses(wanted: &DesiredSettings, settings: &OrderSettings) -> Vec<FieldFinding> {
    let addresses = [
        ("status_url", &settings.status_url),
        ("approval_url", &settings.approval_url),
    ];
    let refused = addresses.into_iter().filter_map(|(key, url)| {
        let error = check_given_url(url.as_ref()?, settings.allow_private_addresses).err()?;
        let field = wanted.field_for(key).to_owned();
        Some(field_finding(field, "address", error.to_string(), error.advice()))
    });
    refused.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{MemberState, StartType};

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
