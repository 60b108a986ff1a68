//! What workflows may call of this flow: the decision about one device.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::decision_service::DecisionService;
use crate::contract::{ActivityField, ActivitySignature, DangerLevel, Question, ValueType};
use crate::workflow::{Activity, ActivityCall, ActivityError};

/// Asks whether a device may be trusted.
pub struct DecideCompliance {
    pub decision_service: Arc<DecisionService>,
}

pub fn decision_signature() -> ActivitySignature {
    let field = ActivityField::new;
    ActivitySignature {
        name: "decideCompliance".to_owned(),
        summary: "Decides whether a device can be trusted, as for a sign-in.".to_owned(),
        danger: DangerLevel::None,
        right: Some("Compliance_Decide".to_owned()),
        inputs: vec![
            field("device", ValueType::Text, true, "Intune device id."),
            field(
                "node",
                ValueType::Text,
                false,
                "Node in the settings; default: the first one.",
            ),
        ],
        outputs: vec![
            field(
                "outcome",
                ValueType::Text,
                true,
                "COMPLIANT, NONCOMPLIANT, INGRACEPERIOD …",
            ),
            field("label", ValueType::Text, true, "The outcome in words."),
            field(
                "compliant",
                ValueType::Boolean,
                true,
                "Whether the outcome is COMPLIANT.",
            ),
            field("source", ValueType::Text, true, "live, inventory or none."),
            field("reasons", ValueType::List, true, "Codes of the reasons."),
        ],
    }
}

impl Activity for DecideCompliance {
    fn signature(&self) -> ActivitySignature {
        decision_signature()
    }

    fn call(&self, call: ActivityCall) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async move {
            let text = |name: &str| call.inputs.get(name).and_then(Value::as_str).map(str::to_owned);
            let first = || {
                self.decision_service
                    .node_health_reports()
                    .first()
                    .map(|health| health.node.clone())
            };
            let node = text("node").or_else(first).unwrap_or_default();
            let question = Question {
                device_id: Some(text("device").unwrap_or_default()),
                ..Question::default()
            };
            let decided = self.decision_service.decide(&node, &question).await;
            let decision = decided.ok_or_else(|| ActivityError::new("unknownNode", format!("unknown node {node}")))?;
            let reasons: Vec<&str> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
            let outputs = json!({
                "outcome": decision.outcome.id(), "label": decision.label, "compliant": decision.is_compliant,
                "source": decision.source.map_or("none", |source| source.name()), "reasons": reasons,
            });
            Ok(outputs.as_object().cloned().unwrap_or_default())
        }
        .boxed()
    }
}
