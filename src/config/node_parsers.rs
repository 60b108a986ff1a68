//! Values about nodes: text in, typed value or complaint out.

use std::collections::BTreeSet;

use super::PolicyRule;
use super::error::InvalidSetting;
use super::value_parsers::{invalid_value, parse_cel, parse_list, quote_value, require_commas};
use crate::model::ComplianceOutcome;

const NAMES_MAX: usize = 100;
/// Longest name of an app, characters.
const NAME_MAX: usize = 200;

pub(crate) fn parse_names(text: &str) -> Result<Vec<String>, InvalidSetting> {
    let names: Vec<String> = text.split(';').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(InvalidSetting::new(
            "the list contains an empty name",
            "remove the extra semicolon",
        ));
    }
    if names.len() > NAMES_MAX || names.iter().any(|name| name.chars().count() > NAME_MAX) {
        return Err(InvalidSetting::new(
            "the list has too many or too long names",
            format!("give at most {NAMES_MAX} names of at most {NAME_MAX} characters"),
        ));
    }
    Ok(names)
}

fn parse_outcome(text: &str) -> Result<ComplianceOutcome, InvalidSetting> {
    let advice = "write COMPLIANT, NONCOMPLIANT, INGRACEPERIOD, CONFIGMANAGER, CONFLICT, UNKNOWN or ERROR";
    text.parse().map_err(|_| invalid_value(text, "an outcome", advice))
}

pub(crate) fn parse_outcomes(text: &str) -> Result<BTreeSet<ComplianceOutcome>, InvalidSetting> {
    require_commas(text)?;
    let all: BTreeSet<_> = parse_list(text)?
        .iter()
        .map(|id| parse_outcome(id))
        .collect::<Result<_, _>>()?;
    let forbidden = [
        ComplianceOutcome::Error,
        ComplianceOutcome::NoId,
        ComplianceOutcome::NotFound,
    ];
    match forbidden.into_iter().find(|outcome| all.contains(outcome)) {
        None => Ok(all),
        Some(outcome) => Err(InvalidSetting::new(
            format!("{outcome} would allow devices of which nothing is known"),
            "remove it from the list",
        )),
    }
}

pub(crate) fn parse_policy_rule(text: &str) -> Result<PolicyRule, InvalidSetting> {
    let Some((id, when)) = text.split_once(':') else {
        let advice = "write it like NONCOMPLIANT: operatingSystem == \"Android\"";
        return Err(invalid_value(text, "a policy", advice));
    };
    let outcome = parse_outcome(id.trim())?;
    if matches!(outcome, ComplianceOutcome::NoId | ComplianceOutcome::NotFound) {
        let problem = format!("{} cannot be the outcome of a policy", quote_value(id.trim()));
        return Err(InvalidSetting::new(
            problem,
            "choose another outcome: policies only apply to devices that were read",
        ));
    }
    Ok(PolicyRule {
        outcome,
        condition: parse_cel(when.trim())?,
    })
}
