//! Targets: their settings are kept by the bus, with the installation. Whether they fit, what a change of them may do, and
//! which choices of the wizard show in them.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::host_errors::{engine_error, settings_error};
use super::kept_change::{find_kept_part, keep_first_error, read_kept_change, require_kept_part};
use super::product_host::ProductHost;
use super::settings_check::{field_finding, settings_finding};
use crate::app::target_kinds::build_adapter;
use crate::app::verify::{TargetCheck, start_target_check};
use crate::bus::{CheckedSettings, DesiredSettings, FieldFinding, HostError, PartSettings};
use crate::config::{KindSettings, SettingsError, TargetDraft, TargetSettings, target_table};
use crate::contract::{CheckStep, TargetKind};
use crate::model::{EffectConfirmation, InstanceName, ServerId};
use crate::net::check_given_url;
use crate::store::MemberRow;
use crate::targets::RequestPace;

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;
/// Instances that are named at most.
const NAMED: usize = 20;
/// The setting that names instances.
const INSTANCES: &str = "instances";
/// Settings that say which inventory it is.
const PLACES: [&str; 5] = ["url", "host", "port", "database", "schema"];

/// The part of a product that is a target.
pub(super) struct TargetPart {
    pub name: String,
    pub kind: TargetKind,
}

/// `None`: it is another product.
pub(super) fn find_target_part(host: &ProductHost, product: &str) -> Option<TargetPart> {
    let package = host.instances.catalogue.newest_package(&product.parse().ok()?)?;
    package.manifest.microservices.iter().find_map(|part| {
        Some(TargetPart {
            name: part.name.clone(),
            kind: TargetKind::from_member_kind(&part.kind)?,
        })
    })
}

/// The part of an installation that is a target; `None`: it is of another product, or gone.
pub(super) async fn find_target_member(host: &ProductHost, number: i64) -> Result<Option<MemberRow>, HostError> {
    let is_target = |member: &MemberRow| TargetKind::from_member_kind(&member.kind).is_some();
    find_kept_part(host, number, is_target).await
}

pub(super) async fn check_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &TargetPart,
    number: Option<i64>,
) -> CheckedSettings {
    let settings = match resolve_settings(host, wanted, part, number).await {
        Ok(settings) => settings,
        Err(errors) => {
            let findings = errors.iter().map(|error| settings_finding(wanted, error));
            return CheckedSettings::from_findings(findings.collect());
        }
    };
    let mut checked = CheckedSettings::from_findings(find_refused_addresses(wanted, &settings));
    let Ok(rows) = host.instances.store.list_instances().await else {
        // The connection check says so as well.
        return checked;
    };
    let present = rows.into_iter().filter(|row| row.removed_at.is_none());
    let present: Vec<InstanceName> = present.map(|row| row.name).collect();
    let before = match number {
        Some(number) => list_named_before(host, number).await,
        None => Vec::new(),
    };
    // Who changes one installation need not know the others.
    let advice = if number.is_none() {
        advise_instances(&present)
    } else {
        SEE_INSTANCES.to_owned()
    };
    for name in list_unknown_instances(settings.instances.as_deref(), &present) {
        let field = wanted.field_for(INSTANCES).to_owned();
        let problem = format!("the bus has no instance {name}");
        let finding = field_finding(field, "noInstance", problem, &advice);
        // One that was removed since holds up no other change.
        let list = if before.contains(name) {
            &mut checked.warnings
        } else {
            &mut checked.findings
        };
        list.push(finding);
    }
    checked
}

const SEE_INSTANCES: &str = "see the names of instances: intune-connector instances";

fn advise_instances(present: &[InstanceName]) -> String {
    if present.is_empty() {
        return "install one: intune-connector install intune-connector".to_owned();
    }
    let known: Vec<&str> = present.iter().take(NAMED).map(InstanceName::as_str).collect();
    let known = known.join(", ");
    format!("name one of these: {known} (see them all: intune-connector instances)")
}

/// Those that the settings name and the bus does not have.
fn list_unknown_instances<'a>(wanted: Option<&'a [InstanceName]>, present: &[InstanceName]) -> Vec<&'a InstanceName> {
    let names = wanted.unwrap_or_default().iter();
    names.filter(|name| !present.contains(*name)).collect()
}

/// The instances that an installation names already.
async fn list_named_before(host: &ProductHost, number: i64) -> Vec<InstanceName> {
    let row = find_target_member(host, number).await.ok().flatten();
    let text = row.and_then(|row| Some(row.settings.get(INSTANCES)?.as_str()?.to_owned()));
    let text = text.unwrap_or_default();
    text.split(',').filter_map(|name| name.trim().parse().ok()).collect()
}

/// The settings as they would be. Of an installation that exists with the change over them, which must not lead a
/// secret elsewhere that it keeps (E7).
async fn resolve_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &TargetPart,
    number: Option<i64>,
) -> Result<TargetSettings, Vec<SettingsError>> {
    let one = |error: SettingsError| vec![error];
    let draft = |settings: &PartSettings| build_draft(part.kind, settings).map_err(one);
    let place = |name: &str, mut settings: TargetSettings| {
        let placed = host.instances.folder.place_target_output(name, &mut settings);
        placed.map(|()| settings).map_err(one)
    };
    let Some(number) = number else {
        let settings = draft(&wanted.part_settings(&part.name))?.build_settings()?;
        return place(&part.name, settings);
    };
    let problem = format!("installation {number} is no target");
    let row = require_kept_part(find_target_member(host, number).await, problem).map_err(one)?;
    let kept = read_kept_change(host, &row, wanted, &part.name).map_err(one)?;
    let change = draft(&kept.change)?;
    draft(&kept.present)?.check_change(&change).map_err(one)?;
    place(&row.name, draft(&kept.after)?.build_settings()?)
}

/// The same, with the first complaint only.
pub(super) async fn require_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &TargetPart,
    number: Option<i64>,
) -> Result<Arc<TargetSettings>, SettingsError> {
    keep_first_error(resolve_settings(host, wanted, part, number).await)
}

/// Lets a change of an installation through: its settings fit, and where they name another inventory, somebody has
/// confirmed that the links go on there.
pub(super) async fn admit_change(
    host: &ProductHost,
    wanted: &DesiredSettings,
    part: &TargetPart,
    number: i64,
    confirm: Option<EffectConfirmation>,
) -> Result<(), HostError> {
    let settings = require_settings(host, wanted, part, Some(number)).await;
    settings.map_err(settings_error)?;
    let Some(row) = find_target_member(host, number).await? else {
        return Ok(());
    };
    let moved = list_moved_places(part.kind, &row.settings, &wanted.part_settings(&part.name));
    if moved.is_empty() {
        return Ok(());
    }
    let confirmed = host
        .instances
        .confirm_other_inventory(&row, &Value::Object(moved), confirm.as_ref())
        .await;
    confirmed.map_err(engine_error)
}

/// Settings that say which inventory it is, and get another value: what each was and will be.
fn list_moved_places(kind: TargetKind, before: &Map<String, Value>, after: &PartSettings) -> Map<String, Value> {
    let places = PLACES.iter().filter_map(|name| {
        let key = target_table(kind).find_key(name)?;
        let effective = |text: Option<&str>| {
            let text = text.filter(|text| !text.is_empty()).unwrap_or(key.default);
            text.trim_end_matches('/').to_owned()
        };
        let before = effective(before.get(*name).and_then(Value::as_str));
        let after = effective(after.get(*name).map(|text| text.as_str()));
        (before != after).then(|| ((*name).to_owned(), json!({"from": before, "to": after})))
    });
    places.collect()
}

/// The other side and the instances, step by step; nothing is written.
pub(super) async fn verify_settings(
    host: &ProductHost,
    wanted: DesiredSettings,
    part: &TargetPart,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let settings = require_settings(host, &wanted, part, number).await;
    let settings = settings.map_err(settings_error)?;
    let server: Option<ServerId> = number.and_then(|number| format!("{}_{number}", part.name).parse().ok());
    let mut steps = start_target_check(TargetCheck {
        adapter: build_adapter(&settings, RequestPace::new(settings.requests_per_minute)),
        store: host.instances.store.clone(),
        settings,
        server,
        // These settings may be others than it has.
        kept_for: None,
    });
    let (sender, receiver) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        while let Some(step) = steps.recv().await {
            let field = step.field.as_deref().map(|key| wanted.field_for(key).to_owned());
            if sender.send(CheckStep { field, ..step }).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Fields of the template that are no settings themselves, as the settings show them.
pub(super) fn derive_choices(row: &MemberRow) -> Map<String, Value> {
    if row.kind == TargetKind::File.member_kind() {
        // It asks for no network.
        return Map::new();
    }
    let has = |key: &str| row.settings.contains_key(key) || row.secrets.contains_key(key);
    let choices = [
        ("proxy", has("proxy")),
        ("authorities", has("ca")),
        ("certificate", has("client_cert")),
    ];
    let taken = choices.iter().filter(|(_, is_taken)| *is_taken).map(|(name, _)| *name);
    let network = taken.collect::<Vec<_>>().join(", ");
    let mut derived = Map::from_iter([("network".to_owned(), Value::from(network))]);
    if row.kind == TargetKind::ServiceNow.member_kind() && has("client_id") {
        derived.insert("oauth".to_owned(), Value::from("yes"));
    }
    derived
}

fn build_draft(kind: TargetKind, settings: &PartSettings) -> Result<TargetDraft, SettingsError> {
    TargetDraft::from_pairs(kind, settings.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Addresses that are never reached, as far as it shows without asking for their names.
fn find_refused_addresses(wanted: &DesiredSettings, settings: &TargetSettings) -> Vec<FieldFinding> {
    let rest_url = match &settings.own {
        KindSettings::Ocs(own) => own.rest_url.as_ref(),
        KindSettings::SnipeIt(_)
        | KindSettings::PostgreSql(_)
        | KindSettings::File(_)
        | KindSettings::NetBox(_)
        | KindSettings::Glpi(_)
        | KindSettings::ServiceNow(_) => None,
    };
    let addresses = [("url", settings.url.as_ref()), ("rest_url", rest_url)];
    let refused = addresses.into_iter().filter_map(|(key, url)| {
        let error = check_given_url(url?, settings.allow_private_addresses).err()?;
        let field = wanted.field_for(key).to_owned();
        Some(field_finding(field, "address", error.to_string(), error.advice()))
    });
    refused.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use zeroize::Zeroizing;

    use super::*;
    use crate::model::{MemberState, StartType};

    fn draft(pairs: &[(&str, &str)]) -> TargetSettings {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), Zeroizing::new((*value).to_owned()));
        let settings: PartSettings = pairs.iter().map(owned).collect();
        let built = build_draft(TargetKind::Ocs, &settings)
            .expect("known keys")
            .build_settings();
        built.expect("they fit")
    }

    #[test]
    fn an_address_that_is_never_reached_is_refused_at_its_field() {
        let wanted = DesiredSettings {
            fields: BTreeMap::from([("rest_url".to_owned(), "reader".to_owned())]),
            ..DesiredSettings::default()
        };
        let refused = |pairs: &[(&str, &str)]| {
            let findings = find_refused_addresses(&wanted, &draft(pairs));
            findings.into_iter().map(|finding| finding.field).collect::<Vec<_>>()
        };
        let good = ("url", "https://ocs.example/ocsinventory");
        assert_eq!(refused(&[good]), [""; 0]);
        assert_eq!(refused(&[("url", "https://10.0.0.7/ocsinventory")]), ["url"]);
        let own = ("allow_private_addresses", "yes");
        assert_eq!(refused(&[("url", "http://10.0.0.7/ocsinventory"), own]), [""; 0]);
        assert_eq!(refused(&[("url", "http://169.254.169.254/"), own]), ["url"]);
        assert_eq!(
            refused(&[good, ("rest_url", "https://127.0.0.1/ocsapi/v1")]),
            ["reader"]
        );
    }

    #[test]
    fn instances_that_the_bus_does_not_have_are_told_with_those_that_it_has() {
        let names = |texts: &[&str]| -> Vec<InstanceName> {
            let parsed = texts.iter().map(|text| text.parse().expect("a name"));
            parsed.collect()
        };
        let present = names(&["IntuneConnector_1", "IntuneConnector_2"]);
        let wanted = names(&["IntuneConnector_2", "IntuneConnector_9"]);
        assert_eq!(list_unknown_instances(Some(&wanted), &present), [&wanted[1]]);
        assert!(list_unknown_instances(None, &present).is_empty(), "every instance");
        let advice = advise_instances(&present);
        assert!(advice.contains("IntuneConnector_1, IntuneConnector_2"), "{advice}");
        assert!(advise_instances(&[]).contains("install"), "there is none to name");
    }

    #[test]
    fn another_inventory_is_told_from_another_setting_of_the_same_one() {
        let plain = |pairs: &[(&str, &str)]| -> Map<String, Value> {
            let owned = pairs.iter().map(|(key, text)| ((*key).to_owned(), Value::from(*text)));
            owned.collect()
        };
        let after = |pairs: &[(&str, &str)]| -> PartSettings {
            let owned = pairs
                .iter()
                .map(|(key, text)| ((*key).to_owned(), Zeroizing::new((*text).to_owned())));
            owned.collect()
        };
        let moved = |kind, before: &[(&str, &str)], given: &[(&str, &str)]| {
            let places = list_moved_places(kind, &plain(before), &after(given));
            places.keys().cloned().collect::<Vec<_>>().join(" ")
        };
        let here = ("url", "https://assets.example");
        assert_eq!(
            moved(TargetKind::SnipeIt, &[here], &[here, ("asset_tag", "serial")]),
            ""
        );
        assert_eq!(
            moved(TargetKind::SnipeIt, &[here], &[("url", "https://assets.example/")]),
            ""
        );
        assert_eq!(
            moved(TargetKind::SnipeIt, &[here], &[("url", "https://other.example")]),
            "url"
        );
        let database = [("host", "db.example"), ("database", "assets")];
        let same = [
            ("host", "db.example"),
            ("database", "assets"),
            ("port", "5432"),
            ("schema", "intune"),
        ];
        assert_eq!(moved(TargetKind::PostgreSql, &database, &same), "");
        let other = [("host", "db.example"), ("database", "assets"), ("schema", "other")];
        assert_eq!(moved(TargetKind::PostgreSql, &database, &other), "schema");
    }

    #[test]
    fn choices_of_the_wizard_show_in_the_settings() {
        let row = MemberRow {
            installation: 3,
            position: 1,
            name: "IntuneTargetOcs_3".into(),
            part: "IntuneTargetOcs".into(),
            kind: TargetKind::Ocs.member_kind().into(),
            engine: None,
            file: None,
            settings: Map::from_iter([("proxy".to_owned(), Value::from("http://p:3128"))]),
            secrets: BTreeMap::from([("client_cert".to_owned(), "sealed".to_owned())]),
            state: MemberState::Applied,
            problem: None,
            start_type: StartType::Automatic,
        };
        assert_eq!(derive_choices(&row)["network"], "proxy, certificate");
    }
}
