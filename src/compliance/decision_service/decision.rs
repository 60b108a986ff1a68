//! What is answered, and what the log has of it.

use std::time::Duration;

use super::{DecisionService, NodeState};
use crate::compliance::decision_trace::DecisionTrace;
use crate::compliance::device_id::DeviceIdError;
use crate::compliance::facts_reader::FactsReadError;
use crate::compliance::shared_state::{SavedFacts, StateException, compose_state_change};
use crate::contract::{ComplianceDecision, DecisionReason, DecisionSource, DecisionStep, NodeHealth, Question};
use crate::model::{ComplianceOutcome, DeviceId, Timestamp};
use crate::observe::metric;

impl DecisionService {
    pub(super) fn fail_unread(
        &self,
        node_state: &NodeState,
        mut course: DecisionTrace,
        error: &FactsReadError,
        meant: Option<DeviceId>,
    ) -> DecisionTrace {
        node_state.set_health(if error.is_outage() {
            NodeHealth::Failing
        } else {
            NodeHealth::Live
        });
        if node_state.settings.compatible {
            course.error_properties = error.as_original_device();
        }
        let outcome = if error.is_not_found() && node_state.settings.not_found_apart {
            ComplianceOutcome::NotFound
        } else {
            ComplianceOutcome::Error
        };
        let text = if error.is_not_found() && node_state.settings.compatible {
            format!("device not found in Intune: {error}")
        } else if error.is_not_found() {
            "device not found in Intune".to_owned()
        } else {
            error.to_string()
        };
        let mut course = course.with_failure(outcome, DecisionReason::new(error.code(), text));
        if let Some(meant) = meant {
            let text = format!(
                "the id is the Entra device id of Intune device {meant}: configure the gateway to send the \
                 Intune device id; in an Intune certificate profile this is CN={{{{DeviceId}}}}, not CN={{{{AAD_Device_ID}}}}"
            );
            course.reasons.push(DecisionReason::new("entraDeviceId", text));
        }
        course
    }

    pub(super) fn build_decision(
        &self,
        node_state: &NodeState,
        question: &Question,
        decision_trace: DecisionTrace,
    ) -> ComplianceDecision {
        let (settings, options) = (&node_state.settings, &question.options);
        let (properties, apps) = (
            options.properties.unwrap_or(settings.save_properties),
            options.apps.unwrap_or(settings.save_apps),
        );
        let mut saved = match &decision_trace.facts {
            Some((facts, _)) => SavedFacts::from_facts(facts, properties, apps),
            None => SavedFacts::without_facts(),
        };
        if properties && saved.properties.is_none() {
            saved.properties = decision_trace.error_properties.as_ref();
        }
        saved.forbidden_app_present = decision_trace.forbidden_app_present;
        let exception = decision_trace.failure_message.map(|message| StateException {
            trace: trace_text(&message, &decision_trace.steps),
            message,
        });
        let now = self.context.clock.now();
        let before = question.shared_state.as_ref();
        let change = compose_state_change(settings.compatible, before, &saved, exception.as_ref(), now);
        ComplianceDecision {
            outcome: decision_trace.outcome,
            label: decision_trace.outcome.label().to_owned(),
            instance: self.context.name.to_string(),
            node: settings.name.clone(),
            device_id: decision_trace.device,
            is_managed: decision_trace.facts.is_some(),
            is_compliant: decision_trace.outcome == ComplianceOutcome::Compliant,
            reasons: decision_trace.reasons,
            shared_state: change.set,
            removed: change.removed,
            source: decision_trace.facts.as_ref().map(|(_, source)| *source),
            age_ms: decision_trace
                .facts
                .as_ref()
                .map(|(facts, _)| age_ms(facts.read_at, now)),
            explained: if options.explain {
                decision_trace.steps
            } else {
                Vec::new()
            },
        }
    }

    /// The decision log: nothing about a person beyond the device's id.
    pub(super) fn log_decision(&self, decision: &ComplianceDecision, elapsed: Duration) {
        let name = self.context.name.as_str();
        let source = decision.source.map_or("none", DecisionSource::name);
        let reasons: Vec<&str> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
        let device = decision.device_id.map(|id| id.to_string());
        tracing::info!(target: "decision", instance = name, node = decision.node, device, source,
            outcome = decision.outcome.id(), reasons = reasons.join(","), age_ms = decision.age_ms,
            elapsed_ms = elapsed.as_millis() as u64, "decided");
        let metrics = &self.context.metrics;
        metrics.increment_counter(&metric::DECISIONS, &[name, decision.outcome.id(), source], 1);
        metrics.observe_value(&metric::DECISION_SECONDS, &[name], elapsed.as_secs_f64());
        let stale =
            |node_state: &NodeState| matches!(node_state.node_health(), NodeHealth::Inventory | NodeHealth::Failing);
        let stale = self.nodes.iter().any(stale);
        metrics.set(&metric::DECISIONS_STALE, &[name], f64::from(u8::from(stale)));
    }
}

fn trace_text(message: &str, explained: &[DecisionStep]) -> String {
    let steps = explained.iter().map(|step| format!("{}: {}", step.step, step.found));
    std::iter::once(message.to_owned())
        .chain(steps)
        .collect::<Vec<_>>()
        .join("; ")
}

fn age_ms(read_at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from((now - read_at).num_milliseconds()).unwrap_or_default()
}

pub(super) fn id_error_reason(problem: DeviceIdError) -> DecisionReason {
    DecisionReason::new(problem.code(), problem.to_string())
}
