//! Tests a node for the connection check: whether it is usable, and whether Graph returns what it needs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::facts::{InstalledApps, PolicyStates};
use super::facts_reader::FactsReader;
use super::graph_client;
use super::node::{Node, ReadSelection};
use crate::config::{InstanceSettings, NodeSettings};
use crate::model::DeviceId;
use crate::observe::Clock;

/// What was found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeDiagnosis {
    pub code: String,
    pub problem: String,
    pub advice: String,
}

/// `device`: one of the tenant, if it has any. Answers what works.
pub async fn probe_node(
    settings: &InstanceSettings,
    node: &NodeSettings,
    clock: &Clock,
    device: Option<DeviceId>,
) -> Result<String, NodeDiagnosis> {
    if !node.enabled {
        return Ok("disabled".to_owned());
    }
    let compiled = Node::new(node).map_err(|error| NodeDiagnosis {
        code: "settings".to_owned(),
        problem: error.to_string(),
        advice: format!("correct policy_{} in the section [node {}]", error.number, error.node),
    })?;
    let graph = graph_client::single_node_client(settings, node, clock).map_err(|error| NodeDiagnosis {
        code: error.code(),
        problem: error.to_string(),
        advice: error.advice(),
    })?;
    let Some(device) = device else {
        return Ok("the settings are valid; the tenant has no device to test with".to_owned());
    };
    let selection = ReadSelection {
        properties: node.save_properties,
        apps: compiled.judges_by_apps() || node.save_apps,
        reasons: node.reasons,
    };
    let reader = FactsReader {
        // Whoever verifies has mended something: only a time that Graph named holds.
        graph: graph.bypassing_refusals(),
        node: Arc::new(compiled),
        clock: clock.clone(),
    };
    let deadline = Instant::now() + Duration::from_millis(node.time_budget_ms);
    let facts = reader
        .read_facts(device, selection, deadline)
        .await
        .map_err(|error| NodeDiagnosis {
            code: error.code(),
            problem: error.to_string(),
            advice: "a decision about this device would be an Error".to_owned(),
        })?;
    match (&facts.apps, &facts.policy_states) {
        (InstalledApps::Failed(code), _) => Err(NodeDiagnosis {
            code: code.clone(),
            problem: "the device's apps could not be read".to_owned(),
            advice: "check apps_version of the node: not every tenant supports apps in v1.0".to_owned(),
        }),
        (_, PolicyStates::Failed(code)) => Err(NodeDiagnosis {
            code: code.clone(),
            problem: "the device's compliance policies could not be read".to_owned(),
            advice: "set reasons = no, or check the rights of the application".to_owned(),
        }),
        _ => Ok("one device was read as for a decision".to_owned()),
    }
}
