//! Compliance decisions through the API, against the simulated tenant. Tests bear the number of the item (PN) that they
//! keep; what is pure has its tests beside it in `src/compliance`.

mod live;

use std::ops::Deref;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::whole::Whole;

pub const DEVICE: &str = "0d0d0d0d-0000-4000-8000-000000000001";
pub const OTHER: &str = "0d0d0d0d-0000-4000-8000-000000000002";
pub const DECISIONS: &str = "/sics/v1/compliance/decisions";

/// A bus with an instance and its nodes, and one device in the tenant.
pub struct Gate(pub Whole);

impl Deref for Gate {
    type Target = Whole;

    fn deref(&self) -> &Whole {
        &self.0
    }
}

impl Gate {
    pub async fn new(settings: &[(&str, &str)]) -> Gate {
        let mut own = vec![("incremental", "off"), ("full", "0 0 1 1 *")];
        own.extend_from_slice(settings);
        let mut gate = Gate(Whole::prepare(0, &own).await);
        gate.device(DEVICE, json!({"complianceState": "compliant"})).await;
        gate.0.start().await;
        gate.completed("full", 1).await;
        gate.forget().await;
        gate
    }

    pub async fn device(&self, id: &str, properties: Value) {
        self.control("PUT", &format!("devices/{id}"), json!({"properties": properties})).await;
    }

    pub async fn change(&self, id: &str, properties: Value) {
        self.control("PATCH", &format!("devices/{id}"), json!({"properties": properties})).await;
    }

    pub async fn decide(&self, question: Value) -> Value {
        self.post(DECISIONS, question).await
    }

    pub async fn refused(&self, question: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, DECISIONS, question).await
    }

    /// Nothing that was asked of the tenant before counts.
    pub async fn forget(&self) {
        self.control("DELETE", "requests", json!({})).await;
    }

    /// Paths of Graph that were asked for, sign-ins left out.
    pub fn asked(&self) -> Vec<String> {
        let log = self.sim.simulated.log().entries(0, usize::MAX);
        let paths = log.into_iter().map(|entry| entry.path);
        let of_graph = paths.filter(|path| path.contains("/deviceManagement/"));
        of_graph.filter(|path| path.contains("managedDevices")).collect()
    }
}
