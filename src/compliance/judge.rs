//! The decision: a pure function of what was read. What loosens is asked before what tightens, so that the hard rules
//! (age of the check-in, apps, a wipe under way) have the last word.

use chrono::Datelike;
use serde_json::{Map, Value, json};

use super::answer::Explained;
use super::app_names::{AppName, Sense, normalised};
use super::facts::{App, Apps, Facts};
use super::node::{APPS, CHECK_IN_HOURS, Node, OUTCOME};
use super::outcome;
use super::reasons::{self, Reason};
use crate::model::ComplianceOutcome::{self, Error, NonCompliant, Unknown};
use crate::model::{Timestamp, parse_time};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub outcome: ComplianceOutcome,
    pub reasons: Vec<Reason>,
    pub explained: Vec<Explained>,
    /// Where apps are judged: whether a forbidden one is there.
    pub forbidden_app_present: Option<bool>,
}

pub fn judge(node: &Node, facts: &Facts, now: Timestamp) -> Judged {
    let mut judged = Judged {
        outcome: Error,
        reasons: Vec::new(),
        explained: Vec::new(),
        forbidden_app_present: None,
    };
    let Some((state, first)) = outcome::of_device(&facts.device) else {
        judged.reason("noComplianceState", "Intune tells no compliance state of this device");
        return judged;
    };
    judged.outcome = first;
    judged.say("complianceState", format!("{state}: {first}"));
    if let Apps::Failed(code) = &facts.apps {
        if !node.settings.apps_optional {
            judged.to(
                Error,
                "appsUnread",
                format!("the device's apps could not be read ({code})"),
            );
            return judged;
        }
        judged.reason("appsUnread", format!("the device's apps could not be read ({code})"));
    }
    if !first.is_good() {
        judged.reasons.extend(reasons::of_states(&facts.states));
        if judged.reasons.is_empty() && first != Error {
            judged.reason("complianceState", format!("Intune says {state}"));
        }
    }
    if first == ComplianceOutcome::InGracePeriod
        && let Some(until) = facts.text("complianceGracePeriodExpirationDateTime")
    {
        judged.reason("gracePeriod", format!("the grace period ends at {until}"));
    }
    policies(node, facts, now, &mut judged);
    check_in(node, facts, now, &mut judged);
    apps(node, facts, &mut judged);
    judged.reasons.truncate(reasons::REASONS_MAX);
    judged
}

impl Judged {
    fn reason(&mut self, code: &str, text: impl Into<String>) {
        self.reasons.push(Reason::new(code, text));
    }

    fn say(&mut self, step: &str, found: impl Into<String>) {
        self.explained.push(Explained::new(step, found));
    }

    pub(super) fn to(&mut self, outcome: ComplianceOutcome, code: &str, text: impl Into<String>) {
        let text = text.into();
        self.say(code, format!("{text}: {outcome}"));
        self.outcome = outcome;
        self.reason(code, text);
    }
}

/// Hours since the last check-in; `None` where there was none.
fn check_in_hours(facts: &Facts, now: Timestamp) -> Option<f64> {
    let last = facts.text("lastSyncDateTime").and_then(parse_time)?;
    (last.year() > 1).then(|| (now - last).num_seconds() as f64 / 3_600.0)
}

fn policies(node: &Node, facts: &Facts, now: Timestamp, judged: &mut Judged) {
    if node.policies.is_empty() {
        return;
    }
    let mut values: Map<String, Value> = facts.device.clone();
    values.insert(OUTCOME.to_owned(), json!(judged.outcome.id()));
    values.insert(CHECK_IN_HOURS.to_owned(), json!(check_in_hours(facts, now)));
    let names = match &facts.apps {
        Apps::Read(apps) => json!(apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>()),
        Apps::NotAsked | Apps::Failed(_) => Value::Null,
    };
    values.insert(APPS.to_owned(), names);
    for policy in &node.policies {
        let name = format!("policy_{}", policy.number);
        match policy.when.ask(&values) {
            Ok(false) => judged.say(&name, "does not hold"),
            Ok(true) => {
                judged.to(
                    policy.outcome,
                    "decisionPolicy",
                    format!("policy {} of the node holds", policy.number),
                );
                return;
            }
            // What can't be answered is not passed over: the policies behind it may let in.
            Err(error) => {
                let text = format!("policy {} of the node can't be answered: {error}", policy.number);
                judged.to(Error, "decisionPolicyFailed", text);
                return;
            }
        }
    }
}

fn check_in(node: &Node, facts: &Facts, now: Timestamp, judged: &mut Judged) {
    let Some(most) = node.settings.max_check_in_hours else {
        return;
    };
    let found = match check_in_hours(facts, now) {
        Some(hours) if hours <= f64::from(most) => {
            judged.say(
                "maxCheckIn",
                format!("the last check-in was {hours:.1} h ago, {most} h are allowed"),
            );
            return;
        }
        Some(hours) => format!("the last check-in was {hours:.1} h ago, {most} h are allowed"),
        None => format!("no check-in is known, one within {most} h is wanted"),
    };
    match judged.outcome.is_good() {
        true => judged.to(Unknown, "checkInTooOld", found),
        false => judged.reason("checkInTooOld", found),
    }
}

fn apps(node: &Node, facts: &Facts, judged: &mut Judged) {
    if node.forbidden_apps.is_empty() && node.required_apps.is_empty() {
        return;
    }
    let Apps::Read(apps) = &facts.apps else {
        judged.to(Error, "appsUnread", "the device's apps are not known");
        return;
    };
    if facts.apps_without_name > 0 {
        let text = format!(
            "{} apps of the device have no name and were not judged",
            facts.apps_without_name
        );
        judged.reason("appsWithoutName", text);
    }
    let installed: Vec<(String, &App)> = apps.iter().map(|app| (normalised(&app.name), app)).collect();
    let find = |name: &AppName, sense| {
        let found = installed.iter().find(|(normal, _)| name.fits(normal, sense));
        found.map(|(_, app)| app.name.as_str())
    };
    let (forbidden, required) = (&node.settings.forbidden_apps, &node.settings.required_apps);
    let forbidden = forbidden.iter().zip(&node.forbidden_apps);
    let present: Vec<String> = forbidden
        .filter_map(|(written, name)| Some((written, find(name, Sense::Forbidden)?)))
        .map(|(written, app)| match app.eq_ignore_ascii_case(written) {
            true => format!("{written} is installed"),
            false => format!("{} is installed, and {written} is forbidden", shortened(app)),
        })
        .collect();
    judged.forbidden_app_present = (!node.forbidden_apps.is_empty()).then_some(!present.is_empty());
    let lowered = judged.outcome.is_good() || judged.outcome == Unknown;
    let mut found: Vec<(&str, String)> = present.into_iter().map(|text| ("forbiddenApp", text)).collect();
    let required = required.iter().zip(&node.required_apps);
    let missing = required.filter(|(_, name)| find(name, Sense::Required).is_none());
    found.extend(missing.map(|(written, _)| ("requiredAppMissing", format!("{written} is not installed"))));
    if found.is_empty() {
        judged.say("apps", format!("{} apps, none forbidden, none missing", apps.len()));
    }
    for (code, text) in found {
        match lowered {
            true => judged.to(NonCompliant, code, text),
            false => judged.reason(code, text),
        }
    }
}

/// Devices write names as long as they like.
fn shortened(name: &str) -> String {
    name.chars().take(120).collect()
}
