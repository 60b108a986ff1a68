//! The steps of one question so far.

use std::sync::Arc;

use super::facts::{DeviceFacts, InstalledApps};
use super::outcome;
use super::verdict::ComplianceVerdict;
use crate::contract::{DecisionReason, DecisionSource, DecisionStep};
use crate::model::{ComplianceOutcome, DeviceId};

/// What came of a question, before it is written as an answer.
pub(super) struct DecisionTrace {
    pub outcome: ComplianceOutcome,
    pub device: Option<DeviceId>,
    pub reasons: Vec<DecisionReason>,
    pub steps: Vec<DecisionStep>,
    pub facts: Option<(Arc<DeviceFacts>, DecisionSource)>,
    pub forbidden_app_present: Option<bool>,
    /// What the original would have saved of a refusal.
    pub error_properties: Option<serde_json::Map<String, serde_json::Value>>,
    /// Cause by cause, where something went wrong.
    pub failure_message: Option<String>,
}

impl DecisionTrace {
    pub(crate) fn begin(place: &str) -> DecisionTrace {
        DecisionTrace {
            outcome: ComplianceOutcome::Error,
            device: None,
            reasons: Vec::new(),
            steps: vec![DecisionStep::new("id", format!("looked for in {place}"))],
            facts: None,
            forbidden_app_present: None,
            error_properties: None,
            failure_message: None,
        }
    }

    pub(crate) fn add_step(&mut self, step: &str, found: impl Into<String>) {
        self.steps.push(DecisionStep::new(step, found));
    }

    pub(crate) fn with_failure(mut self, outcome: ComplianceOutcome, reason: DecisionReason) -> DecisionTrace {
        self.add_step(&reason.code, format!("{}: {outcome}", reason.text));
        if outcome != ComplianceOutcome::NoId {
            self.failure_message = Some(reason.text.clone());
        }
        self.outcome = outcome;
        self.reasons.push(reason);
        self
    }

    pub(crate) fn apply_verdict(
        &mut self,
        verdict: ComplianceVerdict,
        facts: Arc<DeviceFacts>,
        source: DecisionSource,
    ) {
        if verdict.outcome == ComplianceOutcome::Error
            && (matches!(facts.apps, InstalledApps::Failed(_)) || outcome::from_device(&facts.device).is_none())
        {
            self.failure_message = verdict.reasons.first().map(|reason| reason.text.clone());
        }
        self.outcome = verdict.outcome;
        self.reasons.extend(verdict.reasons);
        self.steps.extend(verdict.steps);
        self.forbidden_app_present = verdict.forbidden_app_present;
        self.facts = Some((facts, source));
    }
}
