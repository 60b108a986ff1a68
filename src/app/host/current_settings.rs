//! The answers behind an installation, for changing and cloning it: what its settings file says, and the choices
//! of the wizard that only show in it.

use serde_json::{Map, Value};

use super::host_errors::{settings_error, store_error};
use super::product_host::ProductHost;
use crate::actions::guard::{InstancePolicy, policy_scope};
use crate::bus::HostError;
use crate::config::InstanceDraft;

pub(crate) async fn read_settings(host: &ProductHost, number: i64) -> Result<Map<String, Value>, HostError> {
    let name = host.name(number).await?;
    let draft = host
        .instances
        .folder
        .read_instance_draft(&name)
        .map_err(settings_error)?;
    let Value::Object(mut map) = draft.to_redacted_json(None) else {
        return Ok(Map::new());
    };
    add_derived_choices(&draft, &mut map);
    if let Some(row) = host.find_row(number).await? {
        // What holds, not what the file once wished (A7).
        let policy = host.instances.store.find_policy(&policy_scope(row.id)).await;
        let policy = InstancePolicy::from_json(policy.map_err(|error| store_error(&error))?.as_deref());
        let verbs: Vec<&str> = policy.verbs.iter().map(|verb| verb.name()).collect();
        map.insert("verbs".into(), verbs.join(", ").into());
    }
    Ok(map)
}

/// Fields of this product's template that are no settings themselves.
fn add_derived_choices(draft: &InstanceDraft, map: &mut Map<String, Value>) {
    let has = |key: &str| draft.key_names().iter().any(|known| known == key);
    let sign_in = match () {
        () if has("pfx") => "pfx",
        () if has("cert") => "pem",
        () => "secret",
    };
    let network = [
        ("proxy", has("proxy")),
        ("inspected", has("ca")),
        ("addresses", has("login_url") || has("graph_url")),
    ];
    let network: Vec<&str> = network.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    let rhythm = match (
        draft.get("incremental").unwrap_or("every 2m"),
        draft.get("full").unwrap_or("auto"),
    ) {
        ("every 2m", "auto") => "usual",
        ("every 1m", "every 2h") => "brisk",
        ("every 15m", "auto") => "sparing",
        ("every 1h", "0 3 * * *") => "calm",
        _ => "own",
    };
    // A workload identity is set on the machine of the bus and stands in no form: the sign-in stays as it is unless a
    // secret or a certificate takes its place.
    map.insert("sign_in".into(), sign_in.into());
    map.insert("network".into(), network.join(", ").into());
    map.insert("rhythm".into(), rhythm.into());
    // What a settings file leaves out is its default, which need not be the wizard's.
    let personal = draft.get("personal").unwrap_or("full");
    let is_default = |key: &str, default: &str| draft.get(key).unwrap_or(default) == default;
    let reads_all = is_default("fields", "all") && is_default("primary_user", "on") && !has("filter");
    let usual = personal == "reduced" && reads_all;
    map.insert("personal".into(), personal.into());
    map.insert("devices".into(), if usual { "usual" } else { "own" }.into());
}
