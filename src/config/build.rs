//! From checked values to [`InstanceSettings`], with everything that must fit together.

use super::build_credential::{Opener, Purpose, build_credential};
use super::build_node::build_nodes;
use super::bus::{get, get_number, get_optional, get_u32, get_usize};
use super::error::SettingsError;
use super::keys::number_of;
use super::values::Values;
use super::{
    ActionSettings, ClassRule, Cloud, Credential, DeviceSettings, Enrich, FieldChoice, InstanceSettings, Network,
    PersonalRule, ScanSettings, no_proxy, parse, parse_actions,
};
use crate::schedule::Trigger;

/// All complaints at once; reads the files that the values name, opens what is sealed, keeps nothing.
pub(super) fn build_instance(values: &Values, opener: Opener<'_>) -> Result<InstanceSettings, Vec<SettingsError>> {
    let mut errors = contradictions(values);
    let mut credential = |purpose| match build_credential(values, purpose, opener) {
        Ok(credential) => credential,
        Err(found) => {
            errors.extend(found);
            None
        }
    };
    let scan = credential(Purpose::Scan);
    let next = credential(Purpose::Next);
    let actions = credential(Purpose::Actions);
    let orders = credential(Purpose::Orders);
    let network = match build_network(values, opener) {
        Ok(network) => network,
        Err(error) => {
            errors.push(error);
            Network::default()
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
        ..assemble(values, scan, [next, actions, orders], network)
    })
}

fn assemble(
    values: &Values,
    credential: Credential,
    [next, actions, orders]: [Option<Credential>; 3],
    network: Network,
) -> InstanceSettings {
    InstanceSettings {
        tenant_id: get(values, "tenant_id", parse::tenant),
        client_id: get(values, "client_id", parse::guid),
        cloud: match values.text("cloud").map(str::to_ascii_lowercase).as_deref() {
            Some("usgov") => Cloud::UsGovL4,
            Some("dod") => Cloud::UsGovL5,
            Some("china") => Cloud::China,
            _ => Cloud::Global,
        },
        login_url: get_optional(values, "login_url", parse::safe_url),
        graph_url: get_optional(values, "graph_url", parse::safe_url),
        credential,
        next_credential: next,
        actions_credential: actions,
        orders_credential: orders,
        network,
        audience: get(values, "servers", parse::audience),
        scan: build_scan(values),
        devices: build_devices(values),
        actions: build_actions(values),
        nodes: Vec::new(),
        budget_percent: u8::try_from(get_number(values, "budget_percent")).expect("the table limits it to 100"),
        enabled: get(values, "enabled", parse::flag),
    }
}

fn build_scan(values: &Values) -> ScanSettings {
    ScanSettings {
        incremental: get(values, "incremental", parse::trigger),
        full: get(values, "full", parse::trigger_or_auto),
        zone: get(values, "zone", parse::zone),
        jitter_s: jitter_s(values),
        overlap_s: get_number(values, "overlap_s"),
        page_size: get_u32(values, "page_size"),
        max_pages: get_u32(values, "max_pages"),
        max_body_bytes: get_usize(values, "max_body_mb") << 20,
        request_timeout_s: get_number(values, "request_timeout_s"),
        brake_percent: get(values, "brake_percent", |text| parse::decimal(text, 50)),
        brake_devices: get_number(values, "brake_devices"),
    }
}

fn shortest_interval_s(values: &Values) -> Option<u64> {
    let triggers = [
        Some(get(values, "incremental", parse::trigger)),
        get(values, "full", parse::trigger_or_auto),
    ];
    let intervals = triggers.into_iter().flatten().filter_map(|trigger| match trigger {
        Trigger::EverySeconds(seconds) => Some(seconds),
        _ => None,
    });
    intervals.min()
}

/// As given; the default gives way to a short interval.
fn jitter_s(values: &Values) -> u64 {
    let jitter_s = get_number(values, "jitter_s");
    match shortest_interval_s(values) {
        Some(interval_s) if values.given("jitter_s").is_none() => jitter_s.min(interval_s / 10),
        _ => jitter_s,
    }
}

fn build_devices(values: &Values) -> DeviceSettings {
    let word = |name| values.text(name).unwrap_or_default().to_ascii_lowercase();
    DeviceSettings {
        fields: match values.text("fields") {
            None | Some("all" | "*") => FieldChoice::All,
            Some(text) => FieldChoice::Only(parse::list(text).expect("the list passed its check")),
        },
        filter: values.text("filter").map(str::to_owned),
        personal: match word("personal").as_str() {
            "left_out" => PersonalRule::LeftOut,
            "reduced" => PersonalRule::Reduced,
            _ => PersonalRule::Full,
        },
        classes: build_classes(values),
        volatile_hours: get_u32(values, "volatile_hours"),
        enrich: match word("enrich").as_str() {
            "off" => Enrich::Off,
            "daily" => Enrich::Daily,
            _ => Enrich::New,
        },
        tombstone_days: get_u32(values, "tombstone_days"),
    }
}

fn build_actions(values: &Values) -> ActionSettings {
    ActionSettings {
        verbs: get_optional(values, "verbs", parse_actions::verbs).unwrap_or_default(),
        never_touch: values.text("never_touch").map(str::to_owned),
        never_touch_ids: get_optional(values, "never_touch_ids", parse_actions::guids).unwrap_or_default(),
        personal_allowed: get_optional(values, "personal_allowed", parse_actions::verbs).unwrap_or_default(),
        windows: get_optional(values, "maintenance_windows", parse_actions::windows).unwrap_or_default(),
        versions: get_optional(values, "verb_versions", parse_actions::verb_versions).unwrap_or_default(),
        definitions: get_optional(values, "definitions", parse_actions::definitions).unwrap_or_default(),
        on_demand: values.text("on_demand").map(str::to_owned),
    }
}

/// In the order of their numbers, wherever they stand.
fn build_classes(values: &Values) -> Vec<ClassRule> {
    let numbered = values.entries.iter().filter(|entry| entry.key.name == "class_N");
    let mut rules: Vec<(u32, ClassRule)> = numbered
        .filter(|entry| !entry.value.is_empty())
        .filter_map(|entry| Some((number_of("class", &entry.name)?, parse::class_rule(&entry.value).ok()?)))
        .collect();
    rules.sort_by_key(|(number, _)| *number);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

fn build_network(values: &Values, opener: Opener<'_>) -> Result<Network, SettingsError> {
    let password = opener.text(values, "proxy_password")?;
    Ok(Network {
        proxy: get_optional(values, "proxy", parse::proxy_url),
        proxy_user: values.given("proxy_user").map(str::to_owned),
        proxy_password: password.map(|(_, secret)| secret),
        no_proxy: get_optional(values, "no_proxy", parse::list).unwrap_or_default(),
        ca: opener.certificates(values, "ca")?.map(|(_, text)| text),
    })
}

/// Values that are right one by one and wrong together; credentials have theirs in `build_credential.rs`.
fn contradictions(values: &Values) -> Vec<SettingsError> {
    let mut errors = Vec::new();
    for name in ["tenant_id", "client_id"] {
        if values.given(name).is_none() {
            errors.push(values.error(name, "is missing", "the app registration's overview in Entra shows it"));
        }
    }
    errors.extend(full_scans_happen(values).err());
    errors.extend(exceptions_can_match(values));
    errors.extend(one_name_for_the_tenant(values).err());
    if let Some(interval_s) = shortest_interval_s(values)
        && values.given("jitter_s").is_some()
        && get_number(values, "jitter_s") >= interval_s
    {
        let problem = format!("a scan every {interval_s} s can't start so many seconds late");
        errors.push(values.error("jitter_s", problem, "make the interval longer or the jitter shorter"));
    }
    let proxy_password = values.given("proxy_password").or(values.given("proxy_password_file"));
    let needs = [
        ("proxy_user", values.given("proxy_user").is_some(), "proxy"),
        ("proxy_password", proxy_password.is_some(), "proxy_user"),
    ];
    for (name, is_given, wanted) in needs {
        if is_given && values.given(wanted).is_none() {
            errors.push(values.error(
                name,
                format!("is given without {wanted}"),
                format!("add {wanted}, or take this line out"),
            ));
        }
    }
    errors
}

/// What can never match would send requests through the proxy without a word.
fn exceptions_can_match(values: &Values) -> Option<SettingsError> {
    let given = values.given("no_proxy").and_then(|text| parse::list(text).ok())?;
    let complaint = given.iter().find_map(|item| no_proxy::check(item).err())?;
    Some(values.error("no_proxy", complaint.problem, complaint.advice))
}

/// Limits are counted per tenant; under a second name of it they would be counted anew.
fn one_name_for_the_tenant(values: &Values) -> Result<(), SettingsError> {
    let is_domain = values
        .given("tenant_id")
        .is_some_and(|tenant| parse::guid(tenant).is_err());
    if !is_domain || values.given("verbs").is_none() {
        return Ok(());
    }
    Err(values.error(
        "verbs",
        "actions need the tenant's GUID: their limits are counted by it",
        "write the tenant id that Entra shows into tenant_id, instead of a domain",
    ))
}

/// Incremental scans never see that a device is missing.
fn full_scans_happen(values: &Values) -> Result<(), SettingsError> {
    if get(values, "full", parse::trigger_or_auto) != Some(Trigger::Off) {
        return Ok(());
    }
    Err(values.error(
        "full",
        "without full scans no device is ever found missing",
        "write auto, or a rare time such as 0 3 * * 0; enabled = no stops all scans of the instance",
    ))
}
