//! From checked values to [`InstanceSettings`], with everything that must fit together.

use super::build_credential::{CredentialPurpose, SecretOpener, build_credential};
use super::build_node::build_nodes;
use super::bus::{get, read_number, read_optional, read_u32, read_usize};
use super::error::SettingsError;
use super::keys::parse_numbered_key;
use super::setting_values::SettingValues;
use super::{
    ActionSettings, ClassRule, Credential, DeviceSettings, EnrichMode, FieldChoice, InstanceSettings, NationalCloud,
    NetworkSettings, PersonalDeviceRule, PrimaryUserMode, ScanSettings, action_parsers, address_parsers, no_proxy,
    value_parsers,
};
use crate::schedule::Trigger;

/// All complaints at once; reads the files that the values name, opens what is sealed, keeps nothing.
pub(super) fn build_instance(
    values: &SettingValues,
    opener: SecretOpener<'_>,
) -> Result<InstanceSettings, Vec<SettingsError>> {
    let mut errors = find_contradictions(values);
    let mut credential = |purpose| match build_credential(values, purpose, opener) {
        Ok(credential) => credential,
        Err(found) => {
            errors.extend(found);
            None
        }
    };
    let scan = credential(CredentialPurpose::Scan);
    let next = credential(CredentialPurpose::Next);
    let actions = credential(CredentialPurpose::Actions);
    let network = match build_network(values, opener) {
        Ok(network) => network,
        Err(error) => {
            errors.push(error);
            NetworkSettings::default()
        }
    };
    let nodes = build_nodes(values, opener).unwrap_or_else(|found| {
        errors.extend(found);
        Vec::new()
    });
    let scan = match scan {
        Some(scan) if errors.is_empty() => scan,
        _ => {
            errors.sort_by_key(|error| error.line.unwrap_or(u32::MAX));
            return Err(errors);
        }
    };
    Ok(InstanceSettings {
        nodes,
        ..assemble_instance(values, scan, [next, actions], network)
    })
}

fn assemble_instance(
    values: &SettingValues,
    credential: Credential,
    [next, actions]: [Option<Credential>; 2],
    network: NetworkSettings,
) -> InstanceSettings {
    InstanceSettings {
        tenant_id: get(values, "tenant_id", value_parsers::parse_tenant),
        client_id: get(values, "client_id", value_parsers::parse_guid),
        cloud: match values.text_or_default("cloud").map(str::to_ascii_lowercase).as_deref() {
            Some("usgov") => NationalCloud::UsGovL4,
            Some("dod") => NationalCloud::UsGovL5,
            Some("china") => NationalCloud::China,
            _ => NationalCloud::Global,
        },
        login_url: read_optional(values, "login_url", address_parsers::parse_safe_url),
        graph_url: read_optional(values, "graph_url", address_parsers::parse_safe_url),
        credential,
        next_credential: next,
        actions_credential: actions,
        network,
        audience: get(values, "servers", value_parsers::parse_audience),
        scan: build_scan(values),
        devices: build_devices(values),
        actions: build_actions(values),
        nodes: Vec::new(),
        budget_percent: u8::try_from(read_number(values, "budget_percent")).expect("the table limits it to 100"),
        enabled: get(values, "enabled", value_parsers::parse_flag),
    }
}

fn build_scan(values: &SettingValues) -> ScanSettings {
    ScanSettings {
        incremental: get(values, "incremental", value_parsers::parse_trigger),
        full: get(values, "full", value_parsers::parse_trigger_or_auto),
        zone: get(values, "zone", value_parsers::parse_zone),
        jitter_s: effective_jitter_s(values),
        overlap_s: read_number(values, "overlap_s"),
        page_size: read_u32(values, "page_size"),
        max_pages: read_u32(values, "max_pages"),
        max_body_bytes: read_usize(values, "max_body_mb") << 20,
        request_timeout_s: read_number(values, "request_timeout_s"),
        brake_percent: get(values, "brake_percent", |text| value_parsers::parse_decimal(text, 50)),
        brake_devices: read_number(values, "brake_devices"),
    }
}

fn shortest_interval_s(values: &SettingValues) -> Option<u64> {
    let triggers = [
        Some(get(values, "incremental", value_parsers::parse_trigger)),
        get(values, "full", value_parsers::parse_trigger_or_auto),
    ];
    let intervals = triggers.into_iter().flatten().filter_map(|trigger| match trigger {
        Trigger::EverySeconds(seconds) => Some(seconds),
        _ => None,
    });
    intervals.min()
}

/// As given; the default gives way to a short interval.
fn effective_jitter_s(values: &SettingValues) -> u64 {
    let jitter_s = read_number(values, "jitter_s");
    match shortest_interval_s(values) {
        Some(interval_s) if values.given_text("jitter_s").is_none() => jitter_s.min(interval_s / 10),
        _ => jitter_s,
    }
}

fn build_devices(values: &SettingValues) -> DeviceSettings {
    let word = |name| values.text_or_default(name).unwrap_or_default().to_ascii_lowercase();
    DeviceSettings {
        fields: match values.text_or_default("fields") {
            None | Some("all" | "*") => FieldChoice::All,
            Some(text) => FieldChoice::Only(value_parsers::parse_list(text).expect("the list passed its check")),
        },
        filter: values.text_or_default("filter").map(str::to_owned),
        personal: match word("personal").as_str() {
            "left_out" => PersonalDeviceRule::LeftOut,
            "reduced" => PersonalDeviceRule::Reduced,
            _ => PersonalDeviceRule::Full,
        },
        classes: build_classes(values),
        volatile_hours: read_u32(values, "volatile_hours"),
        enrich: match word("enrich").as_str() {
            "off" => EnrichMode::Off,
            "daily" => EnrichMode::Daily,
            _ => EnrichMode::New,
        },
        primary_user: match word("primary_user").as_str() {
            "off" => PrimaryUserMode::Off,
            "daily" => PrimaryUserMode::Daily,
            _ => PrimaryUserMode::On,
        },
        tombstone_days: read_u32(values, "tombstone_days"),
        history_days: read_u32(values, "history_days"),
    }
}

fn build_actions(values: &SettingValues) -> ActionSettings {
    ActionSettings {
        verbs: read_optional(values, "verbs", action_parsers::parse_actions).unwrap_or_default(),
        never_touch: values.text_or_default("never_touch").map(str::to_owned),
        never_touch_ids: read_optional(values, "never_touch_ids", action_parsers::parse_device_ids).unwrap_or_default(),
        personal_allowed: read_optional(values, "personal_allowed", action_parsers::parse_actions).unwrap_or_default(),
        windows: read_optional(values, "maintenance_windows", action_parsers::parse_windows).unwrap_or_default(),
        versions: read_optional(values, "verb_versions", action_parsers::parse_action_versions).unwrap_or_default(),
        definitions: read_optional(values, "definitions", action_parsers::parse_definitions).unwrap_or_default(),
        on_demand: values.text_or_default("on_demand").map(str::to_owned),
    }
}

/// In the order of their numbers, wherever they stand.
fn build_classes(values: &SettingValues) -> Vec<ClassRule> {
    let numbered = values.entries.iter().filter(|entry| entry.key.name == "class_N");
    let mut rules: Vec<(u32, ClassRule)> = numbered
        .filter(|entry| !entry.value.is_empty())
        .filter_map(|entry| {
            Some((
                parse_numbered_key("class", &entry.name)?,
                value_parsers::parse_class_rule(&entry.value).ok()?,
            ))
        })
        .collect();
    rules.sort_by_key(|(number, _)| *number);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

pub(super) fn build_network(
    values: &SettingValues,
    opener: SecretOpener<'_>,
) -> Result<NetworkSettings, SettingsError> {
    let password = opener.open_text(values, "proxy_password")?;
    Ok(NetworkSettings {
        proxy: read_optional(values, "proxy", address_parsers::parse_proxy_url),
        proxy_user: values.given_text("proxy_user").map(str::to_owned),
        proxy_password: password.map(|(_, secret)| secret),
        no_proxy: read_optional(values, "no_proxy", value_parsers::parse_list).unwrap_or_default(),
        ca: opener.open_certificates(values, "ca")?.map(|(_, text)| text),
    })
}

/// Values that are right one by one and wrong together; credentials have theirs in `build_credential.rs`.
fn find_contradictions(values: &SettingValues) -> Vec<SettingsError> {
    let mut errors = Vec::new();
    for name in ["tenant_id", "client_id"] {
        if values.given_text(name).is_none() {
            let advice = "copy it from the overview of the app registration in Entra";
            errors.push(values.entry_error(name, "is missing", advice));
        }
    }
    errors.extend(require_full_scans(values).err());
    errors.extend(require_tenant_guid(values).err());
    if let Some(interval_s) = shortest_interval_s(values)
        && values.given_text("jitter_s").is_some()
        && read_number(values, "jitter_s") >= interval_s
    {
        let problem = format!("a scan every {interval_s} s cannot start this many seconds late");
        errors.push(values.entry_error("jitter_s", problem, "make the interval longer or the jitter shorter"));
    }
    errors.extend(check_proxy_settings(values));
    errors
}

/// Of a proxy, what does not fit together.
pub(super) fn check_proxy_settings(values: &SettingValues) -> Vec<SettingsError> {
    let mut errors: Vec<SettingsError> = check_proxy_exceptions(values).into_iter().collect();
    let proxy_password = values
        .given_text("proxy_password")
        .or(values.given_text("proxy_password_file"));
    let needs = [
        ("proxy_user", values.given_text("proxy_user").is_some(), "proxy"),
        ("proxy_password", proxy_password.is_some(), "proxy_user"),
    ];
    for (name, is_given, wanted) in needs {
        if is_given && values.given_text(wanted).is_none() {
            errors.push(values.entry_error(
                name,
                format!("is given without {wanted}"),
                format!("add {wanted}, or remove this line"),
            ));
        }
    }
    errors
}

/// What can never match would send requests through the proxy without a word.
fn check_proxy_exceptions(values: &SettingValues) -> Option<SettingsError> {
    let entries = values
        .given_text("no_proxy")
        .and_then(|text| value_parsers::parse_list(text).ok())?;
    let invalid = entries.iter().find_map(|item| no_proxy::check_entry(item).err())?;
    Some(values.entry_error("no_proxy", invalid.problem, invalid.advice))
}

/// Limits are counted per tenant; under a second name of it they would be counted anew.
fn require_tenant_guid(values: &SettingValues) -> Result<(), SettingsError> {
    let is_domain = values
        .given_text("tenant_id")
        .is_some_and(|tenant| value_parsers::parse_guid(tenant).is_err());
    if !is_domain || values.given_text("verbs").is_none() {
        return Ok(());
    }
    Err(values.entry_error(
        "verbs",
        "actions need the tenant's GUID, because limits are counted per GUID",
        "set tenant_id to the GUID that Entra shows, instead of a domain",
    ))
}

/// Incremental scans never see that a device is missing.
fn require_full_scans(values: &SettingValues) -> Result<(), SettingsError> {
    if get(values, "full", value_parsers::parse_trigger_or_auto) != Some(Trigger::Off) {
        return Ok(());
    }
    Err(values.entry_error(
        "full",
        "without full scans, missing devices are never detected",
        "write auto, or a rare schedule such as 0 3 * * 0; enabled = no stops all scans of the instance",
    ))
}
