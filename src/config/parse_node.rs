//! Values about nodes: text in, typed value or complaint out.

use std::collections::BTreeSet;

use super::PolicyRule;
use super::error::Complaint;
use super::parse::{cel, list, show, wrong};
use crate::model::ComplianceOutcome;

const NAMES_MAX: usize = 100;
/// Longest name of an app, characters.
const NAME_MAX: usize = 200;

pub fn names(text: &str) -> Result<Vec<String>, Complaint> {
    let names: Vec<String> = text.split(';').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(Complaint::new(
            "there is an empty name in the list",
            "take the spare semicolon out",
        ));
    }
    if names.len() > NAMES_MAX || names.iter().any(|name| name.chars().count() > NAME_MAX) {
        return Err(Complaint::new(
            "the list is too long",
            format!("at most {NAMES_MAX} names of {NAME_MAX} characters are taken"),
        ));
    }
    Ok(names)
}

fn outcome(text: &str) -> Result<ComplianceOutcome, Complaint> {
    let advice = "write COMPLIANT, NONCOMPLIANT, INGRACEPERIOD, CONFIGMANAGER, CONFLICT, UNKNOWN or ERROR";
    text.parse().map_err(|_| wrong(text, "an outcome", advice))
}

pub fn outcomes(text: &str) -> Result<BTreeSet<ComplianceOutcome>, Complaint> {
    let all: BTreeSet<_> = list(text)?.iter().map(|id| outcome(id)).collect::<Result<_, _>>()?;
    let never = [
        ComplianceOutcome::Error,
        ComplianceOutcome::NoId,
        ComplianceOutcome::NotFound,
    ];
    match never.into_iter().find(|outcome| all.contains(outcome)) {
        None => Ok(all),
        Some(outcome) => Err(Complaint::new(
            format!("{outcome} lets in whoever breaks the question"),
            "take it out: nothing is known of such a device",
        )),
    }
}

pub fn policy_rule(text: &str) -> Result<PolicyRule, Complaint> {
    let Some((id, when)) = text.split_once(':') else {
        let advice = "write it like NONCOMPLIANT: operatingSystem == \"Android\"";
        return Err(wrong(text, "a policy", advice));
    };
    let outcome = outcome(id.trim())?;
    if matches!(outcome, ComplianceOutcome::NoId | ComplianceOutcome::NotFound) {
        let problem = format!("{} can't be what a policy comes to", show(id.trim()));
        return Err(Complaint::new(
            problem,
            "a policy is asked about a device that was read",
        ));
    }
    Ok(PolicyRule {
        outcome,
        when: cel(when.trim())?,
    })
}
