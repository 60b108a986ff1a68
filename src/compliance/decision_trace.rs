//! The way of one question, as far as it has come.

use std::sync::Arc;

use super::decision::{DecisionSource, DecisionStep};
use super::facts::{DeviceFacts, InstalledApps};
use super::outcome;
use super::reasons::DecisionReason;
use super::verdict::ComplianceVerdict;
use crate::model::{ComplianceOutcome, DeviceId};

/// What came of a question, before it is written as an answer.
pub(super) struct DecisionTrace {
    pub outcome: ComplianceOutcome,
    pub device: Option<DeviceId>,
    pub reasons: Vec<DecisionReason>,
    pub explained: Vec<DecisionStep>,
    pub read: Option<(Arc<DeviceFacts>, DecisionSource)>,
    pub forbidden_app_present: Option<bool>,
    /// What the original would have saved of a refusal.
    pub instead: Option<serde_json::Map<String, serde_json::Value>>,
    /// Cause by cause, where something went wrong.
    pub trace: Option<String>,
}

impl DecisionTrace {
    pub(crate) fn begin(place: &str) -> DecisionTrace {
        DecisionTrace {
            outcome: ComplianceOutcome::Error,
            device: None,
            reasons: Vec::new(),
            explained: vec![DecisionStep::new("id", format!("looked for in {place}"))],
            read: None,
            forbidden_app_present: None,
            instead: None,
            trace: None,
        }
    }

    pub(crate) fn add_step(&mut self, step: &str, found: impl Into<String>) {
        self.explained.push(DecisionStep::new(step, found));
    }

    pub(crate) fn with_failure(mut self, outcome: ComplianceOutcome, reason: DecisionReason) -> DecisionTrace {
        self.add_step(&reason.code, format!("{}: {outcome}", reason.text));
        if outcome != ComplianceOutcome::NoId {
            self.trace = Some(reason.text.clone());
        }
        self.outcome = outcome;
        self.reasons.push(reason);
        self
    }

    pub(crate) fn apply_verdict(&mut self, judged: ComplianceVerdict, facts: Arc<DeviceFacts>, source: DecisionSource) {
        if judged.outcome == ComplianceOutcome::Error
            && (matches!(facts.apps, InstalledApps::Failed(_)) || outcome::from_device(&facts.device).is_none())
        {
            self.trace = judged.reasons.first().map(|reason| reason.text.clone());
        }
        self.outcome = judged.outcome;
        self.reasons.extend(judged.reasons);
        self.explained.extend(judged.explained);
        self.forbidden_app_present = judged.forbidden_app_present;
        self.read = Some((facts, source));
    }
}
