//! What workflows may call of this flow: the decision about one device.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::office::Office;
use super::question::Question;
use crate::workflow::{Activity, ActivityError, Call, Danger, Field, Kind, Signature};

/// Asks whether a device may be trusted.
pub struct DecideCompliance {
    pub office: Arc<Office>,
}

pub fn signature() -> Signature {
    let field = |name, kind, required, help| Field {
        name,
        kind,
        required,
        help,
    };
    Signature {
        name: "decideCompliance",
        summary: "Decides whether a device may be trusted, as for a sign-in.",
        danger: Danger::None,
        right: Some("Compliance_Decide"),
        inputs: vec![
            field("device", Kind::Text, true, "Intune device id."),
            field(
                "node",
                Kind::Text,
                false,
                "Node of the settings; left out: the first one.",
            ),
        ],
        outputs: vec![
            field("outcome", Kind::Text, true, "COMPLIANT, NONCOMPLIANT, INGRACEPERIOD …"),
            field("label", Kind::Text, true, "The same for people."),
            field("compliant", Kind::Boolean, true, "Whether it is COMPLIANT."),
            field("source", Kind::Text, true, "live, inventory or none."),
            field("reasons", Kind::List, true, "Codes of the reasons."),
        ],
    }
}

impl Activity for DecideCompliance {
    fn signature(&self) -> Signature {
        signature()
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async move {
            let text = |name: &str| call.inputs.get(name).and_then(Value::as_str).map(str::to_owned);
            let first = || self.office.health().first().map(|health| health.node.clone());
            let node = text("node").or_else(first).unwrap_or_default();
            let question = Question {
                device_id: Some(text("device").unwrap_or_default()),
                ..Question::default()
            };
            let decided = self.office.decide(&node, &question).await;
            let decision =
                decided.ok_or_else(|| ActivityError::new("unknownNode", format!("there is no node {node}")))?;
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
