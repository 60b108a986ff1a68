mod baselines;
mod disappearance;
mod ours;
mod secrets;
mod states;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::*;
use crate::model::{ActionKind, parse_time};

const ID: &str = "7809c88c-0000-4000-8000-000000000001";

/// When the intent was committed, by Graph's clock; all times of these tests are seconds after it.
fn at(seconds: i64) -> Timestamp {
    parse_time("2026-11-19T10:00:00Z").expect("a time") + TimeDelta::seconds(seconds)
}

/// As a single GET writes it: seven digits.
fn told(seconds: i64) -> String {
    at(seconds).format("%Y-%m-%dT%H:%M:%S.1234567Z").to_string()
}

fn entry(name: &str, state: &str, started: i64) -> Value {
    json!({"actionName": name, "actionState": state, "startDateTime": told(started),
        "lastUpdatedDateTime": told(started + 1)})
}

fn device(results: &[Value]) -> Value {
    json!({"id": ID, "managementState": "managed", "lastSyncDateTime": told(-3600), "deviceActionResults": results})
}

fn with(mut device: Value, key: &str, value: Value) -> Value {
    device[key] = value;
    device
}

fn audit(action: &str, state: &str, requested: i64) -> Value {
    json!({"managedDeviceId": ID, "action": action, "actionState": state, "requestDateTime": told(requested)})
}

fn nothing_before() -> Baseline {
    Baseline::from_device(&device(&[]), at(0))
}

fn look(verb: ActionKind, baseline: &Baseline, device: Option<&Value>, audits: &[Value]) -> TaskFinding {
    derive_finding(
        ActionSpec::for_action(verb),
        &ActionParameters::default(),
        baseline,
        at(0),
        device,
        around(audits),
    )
}

fn around(audits: &[Value]) -> ReadbackContext<'_> {
    ReadbackContext {
        id: ID.parse().expect("an id"),
        audits: Some(audits),
        own_tasks: &[],
    }
}

/// In one word, so that a table can be read.
fn word(finding: &TaskFinding) -> &'static str {
    match finding {
        TaskFinding::Nothing => "nothing",
        TaskFinding::UnderWay => "underWay",
        TaskFinding::Pending => "pending",
        TaskFinding::Active => "active",
        TaskFinding::Done { .. } => "done",
        TaskFinding::Failed { .. } => "failed",
        TaskFinding::NotSupported => "notSupported",
        TaskFinding::Cancelled => "cancelled",
        TaskFinding::Vanished { .. } => "vanished",
    }
}
