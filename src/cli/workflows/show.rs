//! Workflows and runs as tables.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::out;

pub fn workflows(answer: &Value) -> Result<(), Failure> {
    let rows = answer["workflows"].as_array().cloned().unwrap_or_default();
    let row = |row: &Value| {
        let due = row["nextDue"].as_object().into_iter().flatten();
        let due = due.filter_map(|(_, at)| at.as_str()).min();
        // Another text waits beside the one that goes on.
        let state = match (row["offered"].is_object(), row["problem"].is_string()) {
            (_, true) => format!("{}, unusable", out::cell(row.get("state"))),
            (true, _) => format!("{}, changed", out::cell(row.get("state"))),
            (false, false) => out::cell(row.get("state")),
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
        ("NEXT DUE", "/due"),
        ("LAST RUN", "/last"),
        ("IT", "/how"),
    ];
    out::table(
        &columns,
        &rows,
        "there is no workflow yet; they come with an instance: intune-connector instances add --help",
    )?;
    waiting(answer["workflows"].as_array().map_or(&[], Vec::as_slice))
}

/// What a text is and does, in a few lines.
pub fn text(name: &str, text: &Value) -> String {
    let word = |key: &str| out::cell(text.get(key));
    let calls = text["calls"].as_array().into_iter().flatten();
    let calls: Vec<String> = calls
        .map(|call| {
            format!(
                "{} ({})",
                out::cell(call.get("activity")),
                out::cell(call.get("danger"))
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
    let lines: Vec<String> = text.lines().map(|line| out::printable(line, 1_000)).collect();
    lines.join("\n")
}

/// Texts that nobody has enabled yet, and those that can't run.
fn waiting(rows: &[Value]) -> Result<(), Failure> {
    for row in rows {
        let name = out::cell(row.get("name"));
        if row["problem"].is_string() {
            let text = format!("{name} can't run: {}", out::cell(row.get("problem")));
            out::line(out::printable(&text, 600))?;
        }
        if row["offered"].is_object() {
            let version = out::cell(row.pointer("/offered/version"));
            let text = format!(
                "{name} has another text, version {version}; the one that was enabled goes on until somebody enables it \
                 [workflows enable {name}]"
            );
            out::line(out::printable(&text, 600))?;
        }
    }
    Ok(())
}

pub fn runs(answer: &Value) -> Result<(), Failure> {
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
    out::table(&columns, &rows, "there are no runs yet")
}

pub fn run(answer: &Value) -> Result<(), Failure> {
    runs(&json!({ "runs": [answer["run"]] }))?;
    let steps = answer["steps"].as_array().cloned().unwrap_or_default();
    let row = |step: &Value| {
        let mut step = step.clone();
        step["told"] = match step.pointer("/fault/message") {
            Some(message) => message.clone(),
            None => step["outputs"]
                .as_object()
                .map_or(Value::Null, |outputs| short(outputs).into()),
        };
        step
    };
    let steps: Vec<Value> = steps.iter().map(row).collect();
    let columns = [
        ("STEP", "/step"),
        ("TRY", "/attempt"),
        ("CALLS", "/activity"),
        ("STATE", "/state"),
        ("BEGAN", "/begunAt"),
        ("ENDED", "/endedAt"),
        ("", "/told"),
    ];
    out::line("")?;
    out::table(&columns, &steps, "it has taken no step yet")
}

/// The values that fit on a line.
fn short(outputs: &serde_json::Map<String, Value>) -> String {
    let plain = outputs
        .iter()
        .filter(|(_, value)| !value.is_array() && !value.is_object() && !value.is_null());
    let pairs: Vec<String> = plain
        .map(|(name, value)| format!("{name}={}", out::cell(Some(value))))
        .collect();
    pairs.join(" ")
}

pub fn activities(answer: &Value) -> Result<(), Failure> {
    let rows = answer["activities"].as_array().cloned().unwrap_or_default();
    let columns = [
        ("ACTIVITY", "/name"),
        ("DANGER", "/danger"),
        ("NEEDS", "/right"),
        ("", "/summary"),
    ];
    out::table(&columns, &rows, "nothing can be called")
}
