//! Workflows and runs as tables.

use serde_json::{Value, json};

use crate::cli::failure::CommandFailure;
use crate::cli::output;

pub(crate) fn print_workflows(answer: &Value) -> Result<(), CommandFailure> {
    let rows = answer["workflows"].as_array().cloned().unwrap_or_default();
    let row = |row: &Value| {
        let due = row["nextDue"].as_object().into_iter().flatten();
        let due = due.filter_map(|(_, at)| at.as_str()).min();
        // Another text waits beside the one that goes on.
        let state = match (row["offered"].is_object(), row["problem"].is_string()) {
            (_, true) => format!("{}, unusable", output::format_cell(row.get("state"))),
            (true, _) => format!("{}, changed", output::format_cell(row.get("state"))),
            (false, false) => output::format_cell(row.get("state")),
        };
        json!({
            "name": row["name"], "state": state, "version": row["version"], "danger": row["danger"],
            "due": due, "last": row.pointer("/lastRun/startedAt"), "how": row.pointer("/lastRun/state"),
        })
    };
    let rows: Vec<Value> = rows.iter().map(row).collect();
    let columns = [
        ("WORKFLOW", "/name"),
        ("STATE", "/state"),
        ("VERSION", "/version"),
        ("DANGER", "/danger"),
        ("NEXT RUN", "/due"),
        ("LAST RUN", "/last"),
        ("LAST STATE", "/how"),
    ];
    output::print_table(
        &columns,
        &rows,
        "no workflows yet; they are installed with an instance: intune-connector instances add --help",
    )?;
    print_pending_definitions(answer["workflows"].as_array().map_or(&[], Vec::as_slice))
}

/// What a definition is and does, in a few lines.
pub(crate) fn describe_definition(name: &str, text: &Value) -> String {
    let word = |key: &str| output::format_cell(text.get(key));
    let calls = text["calls"].as_array().into_iter().flatten();
    let calls: Vec<String> = calls
        .map(|call| {
            format!(
                "{} ({})",
                output::format_cell(call.get("activity")),
                output::format_cell(call.get("danger"))
            )
        })
        .collect();
    let text = format!(
        "{name} version {}: {}\ncalls: {}\nhash: {}",
        word("version"),
        word("summary"),
        calls.join(", "),
        word("hash")
    );
    let lines: Vec<String> = text.lines().map(|line| output::to_printable(line, 1_000)).collect();
    lines.join("\n")
}

/// Definitions that are not enabled yet, and those that cannot run.
fn print_pending_definitions(rows: &[Value]) -> Result<(), CommandFailure> {
    for row in rows {
        let name = output::format_cell(row.get("name"));
        if row["problem"].is_string() {
            let text = format!("{name} cannot run: {}", output::format_cell(row.get("problem")));
            output::print_line(output::to_printable(&text, 600))?;
        }
        if row["offered"].is_object() {
            let version = output::format_cell(row.pointer("/offered/version"));
            let text = format!(
                "{name} has a new definition, version {version}; the enabled one stays in use until the new one is \
                 enabled [workflows enable {name}]"
            );
            output::print_line(output::to_printable(&text, 600))?;
        }
    }
    Ok(())
}

pub(crate) fn print_runs(answer: &Value) -> Result<(), CommandFailure> {
    let rows = answer["runs"].as_array().cloned().unwrap_or_default();
    let columns = [
        ("RUN", "/run"),
        ("WORKFLOW", "/workflow"),
        ("CAUSE", "/cause"),
        ("STATE", "/state"),
        ("OUTCOME", "/outcome"),
        ("STARTED", "/startedAt"),
        ("ENDED", "/endedAt"),
        ("MESSAGE", "/message"),
    ];
    output::print_table(&columns, &rows, "no runs yet")
}

pub(crate) fn run(answer: &Value) -> Result<(), CommandFailure> {
    print_runs(&json!({ "runs": [answer["run"]] }))?;
    let steps = answer["steps"].as_array().cloned().unwrap_or_default();
    let row = |step: &Value| {
        let mut step = step.clone();
        step["told"] = match step.pointer("/fault/message") {
            Some(message) => message.clone(),
            None => step["outputs"]
                .as_object()
                .map_or(Value::Null, |outputs| format_outputs(outputs).into()),
        };
        step
    };
    let steps: Vec<Value> = steps.iter().map(row).collect();
    let columns = [
        ("STEP", "/step"),
        ("ATTEMPT", "/attempt"),
        ("CALLS", "/activity"),
        ("STATE", "/state"),
        ("STARTED", "/begunAt"),
        ("ENDED", "/endedAt"),
        ("", "/told"),
    ];
    output::print_line("")?;
    output::print_table(&columns, &steps, "no steps yet")
}

/// The values that fit on a line.
fn format_outputs(outputs: &serde_json::Map<String, Value>) -> String {
    let plain = outputs
        .iter()
        .filter(|(_, value)| !value.is_array() && !value.is_object() && !value.is_null());
    let pairs: Vec<String> = plain
        .map(|(name, value)| format!("{name}={}", output::format_cell(Some(value))))
        .collect();
    pairs.join(" ")
}

pub(crate) fn print_activities(answer: &Value) -> Result<(), CommandFailure> {
    let rows = answer["activities"].as_array().cloned().unwrap_or_default();
    let columns = [
        ("ACTIVITY", "/name"),
        ("DANGER", "/danger"),
        ("NEEDS", "/right"),
        ("", "/summary"),
    ];
    output::print_table(&columns, &rows, "no activities")
}
