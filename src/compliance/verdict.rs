//! The decision: a pure function of what was read. What loosens is asked before what tightens, so that the hard rules
//! (age of the check-in, apps, a wipe under way) have the last word.

use chrono::Datelike;
use serde_json::{Map, Value, json};

use super::app_names::{AppListKind, AppName, normalise_name};
use super::facts::{DeviceFacts, InstalledApp, InstalledApps};
use super::node::{APPS, CHECK_IN_HOURS, Node, OUTCOME};
use super::outcome;
use super::reasons;
use crate::contract::{DecisionReason, DecisionStep};
use crate::model::ComplianceOutcome::{self, Error, NonCompliant, Unknown};
use crate::model::{Timestamp, parse_time};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplianceVerdict {
    pub outcome: ComplianceOutcome,
    pub reasons: Vec<DecisionReason>,
    pub steps: Vec<DecisionStep>,
    /// Where apps are judged: whether a forbidden one is there.
    pub forbidden_app_present: Option<bool>,
}

pub fn judge_compliance(node: &Node, facts: &DeviceFacts, now: Timestamp) -> ComplianceVerdict {
    let mut verdict = ComplianceVerdict {
        outcome: Error,
        reasons: Vec::new(),
        steps: Vec::new(),
        forbidden_app_present: None,
    };
    let Some((state, first)) = outcome::from_device(&facts.device) else {
        verdict.add_reason(
            "noComplianceState",
            "Intune reports no compliance state for this device",
        );
        return verdict;
    };
    verdict.outcome = first;
    verdict.add_step("complianceState", format!("{state}: {first}"));
    if let InstalledApps::Failed(code) = &facts.apps {
        if !node.settings.apps_optional {
            verdict.change_outcome(
                Error,
                "appsUnread",
                format!("the device's apps could not be read ({code})"),
            );
            return verdict;
        }
        verdict.add_reason("appsUnread", format!("the device's apps could not be read ({code})"));
    }
    if !first.is_acceptable() {
        verdict
            .reasons
            .extend(reasons::from_policy_states(&facts.policy_states));
        if verdict.reasons.is_empty() && first != Error {
            verdict.add_reason("complianceState", format!("Intune reports {state}"));
        }
    }
    if first == ComplianceOutcome::InGracePeriod
        && let Some(until) = facts.text_property("complianceGracePeriodExpirationDateTime")
    {
        verdict.add_reason("gracePeriod", format!("the grace period ends at {until}"));
    }
    apply_policies(node, facts, now, &mut verdict);
    apply_check_in_limit(node, facts, now, &mut verdict);
    apply_app_rules(node, facts, &mut verdict);
    verdict.reasons.truncate(reasons::REASONS_MAX);
    verdict
}

impl ComplianceVerdict {
    fn add_reason(&mut self, code: &str, text: impl Into<String>) {
        self.reasons.push(DecisionReason::new(code, text));
    }

    fn add_step(&mut self, step: &str, found: impl Into<String>) {
        self.steps.push(DecisionStep::new(step, found));
    }

    pub(super) fn change_outcome(&mut self, outcome: ComplianceOutcome, code: &str, text: impl Into<String>) {
        let text = text.into();
        self.add_step(code, format!("{text}: {outcome}"));
        self.outcome = outcome;
        self.add_reason(code, text);
    }
}

/// Hours since the last check-in; `None` where there was none.
fn hours_since_check_in(facts: &DeviceFacts, now: Timestamp) -> Option<f64> {
    let last = facts.text_property("lastSyncDateTime").and_then(parse_time)?;
    (last.year() > 1).then(|| (now - last).num_seconds() as f64 / 3_600.0)
}

fn apply_policies(node: &Node, facts: &DeviceFacts, now: Timestamp, verdict: &mut ComplianceVerdict) {
    if node.policies.is_empty() {
        return;
    }
    let mut values: Map<String, Value> = facts.device.clone();
    values.insert(OUTCOME.to_owned(), json!(verdict.outcome.id()));
    values.insert(CHECK_IN_HOURS.to_owned(), json!(hours_since_check_in(facts, now)));
    let names = match &facts.apps {
        InstalledApps::Read(apps) => json!(apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>()),
        InstalledApps::NotAsked | InstalledApps::Failed(_) => Value::Null,
    };
    values.insert(APPS.to_owned(), names);
    for policy in &node.policies {
        let name = format!("policy_{}", policy.number);
        match policy.condition.evaluate(&values) {
            Ok(false) => verdict.add_step(&name, "does not match"),
            Ok(true) => {
                verdict.change_outcome(
                    policy.outcome,
                    "decisionPolicy",
                    format!("policy {} of the node matches", policy.number),
                );
                return;
            }
            // What can't be answered is not passed over: the policies behind it may let in.
            Err(error) => {
                let text = format!("policy {} of the node cannot be evaluated: {error}", policy.number);
                verdict.change_outcome(Error, "decisionPolicyFailed", text);
                return;
            }
        }
    }
}

fn apply_check_in_limit(node: &Node, facts: &DeviceFacts, now: Timestamp, verdict: &mut ComplianceVerdict) {
    let Some(most) = node.settings.max_check_in_hours else {
        return;
    };
    let found = match hours_since_check_in(facts, now) {
        Some(hours) if hours <= f64::from(most) => {
            verdict.add_step(
                "maxCheckIn",
                format!("the last check-in was {hours:.1} h ago, the limit is {most} h"),
            );
            return;
        }
        Some(hours) => format!("the last check-in was {hours:.1} h ago, the limit is {most} h"),
        None => format!("no check-in known, one within {most} h is required"),
    };
    if verdict.outcome.is_acceptable() {
        verdict.change_outcome(Unknown, "checkInTooOld", found)
    } else {
        verdict.add_reason("checkInTooOld", found)
    }
}

fn apply_app_rules(node: &Node, facts: &DeviceFacts, verdict: &mut ComplianceVerdict) {
    if node.forbidden_apps.is_empty() && node.required_apps.is_empty() {
        return;
    }
    let InstalledApps::Read(apps) = &facts.apps else {
        verdict.change_outcome(Error, "appsUnread", "the device's apps are unknown");
        return;
    };
    if facts.apps_without_name > 0 {
        let text = format!(
            "{} apps of the device have no name and were not checked",
            facts.apps_without_name
        );
        verdict.add_reason("appsWithoutName", text);
    }
    let installed: Vec<(String, &InstalledApp)> = apps.iter().map(|app| (normalise_name(&app.name), app)).collect();
    let find = |name: &AppName, sense| {
        let found = installed.iter().find(|(normal, _)| name.matches_app(normal, sense));
        found.map(|(_, app)| app.name.as_str())
    };
    let (forbidden, required) = (&node.settings.forbidden_apps, &node.settings.required_apps);
    let forbidden = forbidden.iter().zip(&node.forbidden_apps);
    let present: Vec<String> = forbidden
        .filter_map(|(written, name)| Some((written, find(name, AppListKind::Forbidden)?)))
        .map(|(written, app)| {
            if app.eq_ignore_ascii_case(written) {
                format!("{written} is installed")
            } else {
                format!("{} is installed, and {written} is forbidden", shorten_name(app))
            }
        })
        .collect();
    verdict.forbidden_app_present = (!node.forbidden_apps.is_empty()).then_some(!present.is_empty());
    let can_lower = verdict.outcome.is_acceptable() || verdict.outcome == Unknown;
    let mut found: Vec<(&str, String)> = present.into_iter().map(|text| ("forbiddenApp", text)).collect();
    let required = required.iter().zip(&node.required_apps);
    let missing = required.filter(|(_, name)| find(name, AppListKind::Required).is_none());
    found.extend(missing.map(|(written, _)| ("requiredAppMissing", format!("{written} is not installed"))));
    if found.is_empty() {
        verdict.add_step("apps", format!("{} apps, none forbidden, none missing", apps.len()));
    }
    for (code, text) in found {
        if can_lower {
            verdict.change_outcome(NonCompliant, code, text)
        } else {
            verdict.add_reason(code, text)
        }
    }
}

/// Devices write names as long as they like.
fn shorten_name(name: &str) -> String {
    name.chars().take(120).collect()
}
