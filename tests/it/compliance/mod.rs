//! Compliance decisions through the API, against the simulated tenant. Tests bear the number of the item (PN) that they
//! keep; what is pure has more of them beside it in `src/compliance`.

mod apps;
mod commands;
mod course;
mod faults;
mod gateway;
mod history;
mod ids;
mod inventory;
mod nodes;
mod outcomes;
mod person;
mod rules;
mod settings;
mod state;
mod users;
mod workflow;

use std::ops::{Deref, DerefMut};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::whole::Whole;

pub const DEVICE: &str = "0d0d0d0d-0000-4000-8000-000000000001";
pub const OTHER: &str = "0d0d0d0d-0000-4000-8000-000000000002";
/// No device of the tenant.
pub const FOREIGN: &str = "0d0d0d0d-0000-4000-8000-0000000000ff";
pub const DECISIONS: &str = "/sics/v1/compliance/decisions";
pub const ONE: &str = "*/managedDevices/*";

/// A node as we mean it and one as the original was, each with time enough on a slow machine.
pub const BOTH: [(&str, &str); 4] = [
    ("node.own.time_budget_ms", "60000"),
    ("node.own.reasons", "no"),
    ("node.old.time_budget_ms", "60000"),
    ("node.old.compatible", "yes"),
];
pub const MODES: [&str; 2] = ["own", "old"];

/// A bus with an instance and its nodes, and one device in the tenant, which was scanned.
pub struct Gate(pub Whole);

impl Deref for Gate {
    type Target = Whole;

    fn deref(&self) -> &Whole {
        &self.0
    }
}

impl DerefMut for Gate {
    fn deref_mut(&mut self) -> &mut Whole {
        &mut self.0
    }
}

impl Gate {
    pub async fn new(settings: &[(&str, &str)]) -> Gate {
        let mut own = vec![("incremental", "off"), ("full", "0 0 1 1 *")];
        own.extend_from_slice(settings);
        let mut gate = Gate(Whole::prepare(0, &own).await);
        gate.device(DEVICE, json!({"complianceState": "compliant"})).await;
        gate.start().await;
        gate.completed("full", 1).await;
        gate.forget().await;
        gate
    }

    /// With both modes, and further settings.
    pub async fn both(settings: &[(&str, &str)]) -> Gate {
        let all: Vec<(&str, &str)> = BOTH.iter().chain(settings).copied().collect();
        Gate::new(&all).await
    }

    pub async fn device(&self, id: &str, properties: Value) {
        self.control("PUT", &format!("devices/{id}"), json!({"properties": properties}))
            .await;
    }

    pub async fn change(&self, id: &str, properties: Value) {
        self.control("PATCH", &format!("devices/{id}"), json!({"properties": properties}))
            .await;
    }

    pub async fn apps(&self, id: &str, apps: Value) {
        self.control("PUT", &format!("devices/{id}/apps"), json!({"apps": apps}))
            .await;
    }

    pub async fn decide(&self, question: Value) -> Value {
        self.post(DECISIONS, question).await
    }

    /// About the usual device, anew.
    pub async fn fresh(&self, node: &str) -> Value {
        self.decide(json!({"node": node, "deviceId": DEVICE, "options": {"fresh": true}}))
            .await
    }

    pub async fn refused(&self, question: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, DECISIONS, question).await
    }

    /// Nothing that was asked of the tenant before counts.
    pub async fn forget(&self) {
        self.control("DELETE", "requests", json!({})).await;
    }

    /// Paths of devices that were asked for, with their queries.
    pub fn asked(&self) -> Vec<String> {
        let log = self.sim.simulated.log().entries(0, usize::MAX);
        let of_devices = log.into_iter().filter(|entry| entry.path.contains("/managedDevices"));
        of_devices
            .map(|entry| match entry.query.as_str() {
                "" => entry.path,
                query => format!("{}?{query}", entry.path),
            })
            .collect()
    }

    /// How often a token was asked for.
    pub fn signed_in(&self) -> usize {
        let log = self.sim.simulated.log().entries(0, usize::MAX);
        log.iter().filter(|entry| entry.path.ends_with("/token")).count()
    }
}

/// Codes of the reasons.
pub fn codes(decision: &Value) -> Vec<&str> {
    let reasons = decision["reasons"].as_array().unwrap().iter();
    reasons.map(|reason| reason["code"].as_str().unwrap()).collect()
}

pub const EXCEPTION: &str = "[Microsoft Intune][Marketplace] Exception";
