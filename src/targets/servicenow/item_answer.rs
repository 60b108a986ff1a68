//! What became of each item of a payload: pure. The whole answer is HTTP 200 whatever happened; each item tells its operation,
//! the CI that IRE took it for, by what, and its errors.
//!
//! *What an operation means here* depends on what the item was for: an item that was to make a CI and changed one has been
//! merged into what is not ours; one that was to change a CI and made one shows that the CI is not there any more.

use serde_json::Value;

use super::answer::shorten_text;
use super::ci_item::ItemAim;
use super::field_table::is_sys_id;
use crate::targets::{RecordId, TargetFault};

/// What IRE says of one item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ItemAnswer {
    pub operation: String,
    /// The CI that it is; `None`: none is known.
    pub record: Option<RecordId>,
    pub class: Option<String>,
    pub match_by: MatchedBy,
    /// Codes with their texts, errors before warnings.
    pub problems: Vec<ItemProblem>,
}

/// By what IRE found the CI.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum MatchedBy {
    #[default]
    Untold,
    /// The native key of the data source.
    Key,
    /// These attributes.
    Attributes(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ItemProblem {
    pub code: String,
    pub text: String,
}

/// Items by their places in the payload; whoever is not answered has none.
pub(super) fn read_items(answer: &Value, count: usize) -> Result<Vec<Option<ItemAnswer>>, TargetFault> {
    let unreadable = || TargetFault::Unreadable {
        problem: "the answer of the Identification and Reconciliation API has no items".to_owned(),
    };
    let result = answer.get("result").ok_or_else(unreadable)?;
    // The documents have it as a list in one place, and as an object in all others.
    let result = result
        .as_array()
        .map_or(Some(result), |list| list.first())
        .ok_or_else(unreadable)?;
    let items = result.get("items").and_then(Value::as_array).ok_or_else(unreadable)?;
    let mut told: Vec<Option<ItemAnswer>> = vec![None; count];
    for (place, item) in items.iter().enumerate() {
        for place in list_places(item, place) {
            if let Some(slot) = told.get_mut(place) {
                *slot = Some(read_item(item));
            }
        }
    }
    Ok(told)
}

/// Which items of the payload an answer is about: items that IRE takes for one have one answer.
fn list_places(item: &Value, place: usize) -> Vec<usize> {
    let indices = item.get("inputIndices").and_then(Value::as_array);
    let indices = indices.into_iter().flatten().filter_map(Value::as_u64);
    let places: Vec<usize> = indices.filter_map(|index| usize::try_from(index).ok()).collect();
    if places.is_empty() { vec![place] } else { places }
}

fn read_item(item: &Value) -> ItemAnswer {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let record = Some(text("sysId")).filter(|id| is_sys_id(id));
    ItemAnswer {
        operation: text("operation").to_owned(),
        record: record.map(|id| RecordId(id.to_owned())),
        class: Some(text("className").to_owned()).filter(|class| !class.is_empty()),
        match_by: read_match(item),
        problems: ["errors", "warnings"]
            .iter()
            .filter_map(|kind| item.get(*kind)?.as_array())
            .flatten()
            .map(read_problem)
            .collect(),
    }
}

fn read_problem(problem: &Value) -> ItemProblem {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
    ItemProblem {
        code: text("error").to_owned(),
        text: text("message").to_owned(),
    }
}

fn read_match(item: &Value) -> MatchedBy {
    let attempts = item.get("identificationAttempts").and_then(Value::as_array);
    let is_match = |attempt: &&Value| attempt.get("attemptResult").and_then(Value::as_str) == Some("MATCHED");
    let Some(attempt) = attempts.into_iter().flatten().find(is_match) else {
        return MatchedBy::Untold;
    };
    let told = attempt.get("info").and_then(Value::as_str).unwrap_or_default();
    let attributes = attempt.get("attributes").and_then(Value::as_array);
    let attributes: Vec<&str> = attributes.into_iter().flatten().filter_map(Value::as_str).collect();
    if told.contains("sys_object_source") || attributes.is_empty() {
        return MatchedBy::Key;
    }
    MatchedBy::Attributes(attributes.join(", "))
}

impl ItemAnswer {
    /// Whether IRE had nothing to find the CI by.
    pub(super) fn lacks_match(&self) -> bool {
        self.record.is_none()
            && self
                .problems
                .iter()
                .any(|problem| problem.code == "MISSING_MATCHING_ATTRIBUTES")
    }
}

/// The CI that it is now. `is_trial`: nothing was written, so one that is to be made has no id yet.
pub(super) fn judge_item(answer: &ItemAnswer, aim: &ItemAim, is_trial: bool) -> Result<Option<RecordId>, TargetFault> {
    let is_done = answer.operation == "NO_CHANGE"
        || answer.operation == "INSERT"
        || answer.operation == "UPDATE"
        || answer.operation.starts_with("UPDATE_WITH_");
    if !is_done || (answer.record.is_none() && !(is_trial && answer.operation == "INSERT")) {
        return Err(explain_problem(answer, aim));
    }
    match (aim, answer.operation.as_str()) {
        (ItemAim::Make, "INSERT") => Ok(answer.record.clone()),
        // Its record bears our key, whatever became of our id there.
        (ItemAim::Make, _) if answer.match_by == MatchedBy::Key => Ok(answer.record.clone()),
        (ItemAim::Make, _) => Err(explain_merge(answer)),
        (ItemAim::Change(_) | ItemAim::Retire(_), "INSERT") => Err(TargetFault::NotThere),
        (ItemAim::Change(record) | ItemAim::Retire(record), _) if answer.record.as_ref() == Some(record) => {
            Ok(answer.record.clone())
        }
        (ItemAim::Change(_) | ItemAim::Retire(_), _) => Err(explain_merge(answer)),
    }
}

fn explain_merge(answer: &ItemAnswer) -> TargetFault {
    let id = answer.record.as_ref().map(ToString::to_string).unwrap_or_default();
    let problem = match &answer.match_by {
        MatchedBy::Attributes(attributes) => {
            format!("ServiceNow takes the device for the CI {id}, which has the same {attributes}")
        }
        MatchedBy::Key | MatchedBy::Untold => format!("ServiceNow takes the device for the CI {id}"),
    };
    TargetFault::Refused { problem, field: None }
}

fn explain_problem(answer: &ItemAnswer, aim: &ItemAim) -> TargetFault {
    let Some(problem) = answer.problems.first() else {
        let operation = shorten_text(&answer.operation);
        return TargetFault::Refused {
            problem: format!("ServiceNow wrote no CI, and does not say why ({operation})"),
            field: None,
        };
    };
    let told = format!("{}: {}", problem.code, told_text(&problem.text));
    let names_source = problem.text.contains("data source") || problem.text.contains("discovery_source");
    match problem.code.as_str() {
        "INVALID_INPUT_DATA" if names_source => TargetFault::Misconfigured {
            problem: format!("ServiceNow does not know the data source: {told}"),
            advice:
                "add it to the choices of discovery_source of the table cmdb_ci, or set `data_source` to one of them"
                    .to_owned(),
        },
        "INVALID_INPUT_DATA" if names_record(&problem.text, aim) => TargetFault::NotThere,
        "INSERT_NOT_ALLOWED_FOR_SOURCE" => TargetFault::Misconfigured {
            problem: format!("ServiceNow lets this data source make no CIs: {told}"),
            advice: "change the IRE data source rule of the class in ServiceNow, or map the class to another one"
                .to_owned(),
        },
        "IDENTIFICATION_RULE_MISSING" => TargetFault::Misconfigured {
            problem: format!("ServiceNow has no identification rule for the class: {told}"),
            advice: "activate the rule in ServiceNow (CI Class Manager), or map the class to another one".to_owned(),
        },
        "LOCK_TIMEOUT" => TargetFault::Unavailable { problem: told },
        _ => TargetFault::Refused {
            problem: told,
            field: None,
        },
    }
}

fn names_record(text: &str, aim: &ItemAim) -> bool {
    match aim {
        ItemAim::Make => false,
        ItemAim::Change(record) | ItemAim::Retire(record) => text.contains(&record.0),
    }
}

/// Without the item itself, which some texts quote with all values.
fn told_text(text: &str) -> String {
    let plain = text.split(['{', '\'']).next().unwrap_or_default();
    shorten_text(plain)
}

#[cfg(test)]
#[path = "item_answer_tests.rs"]
mod tests;
