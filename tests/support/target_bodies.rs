//! What is sent to a bus about targets, and how its instance reads the simulated tenant.

use std::path::Path;

use serde_json::{Value, json};
use simulated_tenant::Running;

use super::inventories::InventoryKind;

/// The instance that reads the tenant.
pub const INSTANCE: &str = "IntuneConnector_1";

/// Nobody waits for it.
const ONCE_A_YEAR: &str = "0 0 1 1 *";

pub fn merge(mut body: Value, change: Value) -> Value {
    let change = change.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(change);
    body
}

pub fn installation_path(kind: InventoryKind) -> String {
    format!("/sics/v1/products/{}/installations", kind.product())
}

/// Settings of the instance. It scans when it is asked; everything that vanishes goes at once.
pub fn instance_pairs(sim: &Running, folder: &Path) -> Vec<(String, String)> {
    let secret = folder.join("secret.txt");
    std::fs::write(&secret, &sim.registration.client_secret).unwrap();
    let secret = secret.to_string_lossy().into_owned();
    let registration = &sim.registration;
    let pairs = [
        ("tenant_id", registration.tenant_id.as_str()),
        ("client_id", &registration.client_id),
        ("secret_file", &secret),
        ("login_url", &sim.base),
        ("graph_url", &sim.base),
        ("servers", "*"),
        ("incremental", "off"),
        ("full", ONCE_A_YEAR),
        ("jitter_s", "0"),
        ("budget_percent", "100"),
        ("enrich", "off"),
        // What is read of users one after the other comes later than the scan: tests of it switch it on.
        ("primary_user", "off"),
        // The brake of the inventory has tests of its own.
        ("brake_percent", "50"),
        ("brake_devices", "1000"),
        ("verbs", "sync, wipe, retire"),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
}

/// A row of a mapping with an expression in CEL.
pub fn expression_row(field: &str, expression: &str, mode: &str) -> Value {
    json!({"field": field, "expression": expression, "mode": mode})
}
