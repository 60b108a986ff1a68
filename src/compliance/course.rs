//! The way of one question, as far as it has come.

use std::sync::Arc;

use super::answer::{Explained, Source};
use super::facts::{Apps, Facts};
use super::judge::Judged;
use super::outcome;
use super::reasons::Reason;
use crate::model::{ComplianceOutcome, DeviceId};

/// What came of a question, before it is written as an answer.
pub(super) struct Course {
    pub outcome: ComplianceOutcome,
    pub device: Option<DeviceId>,
    pub reasons: Vec<Reason>,
    pub explained: Vec<Explained>,
    pub read: Option<(Arc<Facts>, Source)>,
    pub forbidden_app_present: Option<bool>,
    /// What the original would have saved of a refusal.
    pub instead: Option<serde_json::Map<String, serde_json::Value>>,
    /// Cause by cause, where something went wrong.
    pub trace: Option<String>,
}

impl Course {
    pub fn begin(place: &str) -> Course {
        Course {
            outcome: ComplianceOutcome::Error,
            device: None,
            reasons: Vec::new(),
            explained: vec![Explained::new("id", format!("looked for in {place}"))],
            read: None,
            forbidden_app_present: None,
            instead: None,
            trace: None,
        }
    }

    pub fn say(&mut self, step: &str, found: impl Into<String>) {
        self.explained.push(Explained::new(step, found));
    }

    pub fn fails(mut self, outcome: ComplianceOutcome, reason: Reason) -> Course {
        self.say(&reason.code, format!("{}: {outcome}", reason.text));
        if outcome != ComplianceOutcome::NoId {
            self.trace = Some(reason.text.clone());
        }
        self.outcome = outcome;
        self.reasons.push(reason);
        self
    }

    pub fn judged(&mut self, judged: Judged, facts: Arc<Facts>, source: Source) {
        if judged.outcome == ComplianceOutcome::Error
            && (matches!(facts.apps, Apps::Failed(_)) || outcome::of_device(&facts.device).is_none())
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
