//! Decisions and nodes for people.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::out;

pub fn decision(decision: &Value) -> Result<(), Failure> {
    let text = |name: &str| out::cell(decision.get(name));
    out::line(format!("{}  ({})", text("label"), text("outcome")))?;
    out::line(format!("  device   {}", text("deviceId")))?;
    out::line(format!("  node     {}/{}", text("instance"), text("node")))?;
    let source = match decision["ageMs"].as_u64() {
        Some(age_ms) => format!("{}, {:.1} s old", text("source"), age_ms as f64 / 1_000.0),
        None => "nothing was read".to_owned(),
    };
    out::line(format!("  source   {source}"))?;
    for reason in decision["reasons"].as_array().into_iter().flatten() {
        let text = out::printable(reason["text"].as_str().unwrap_or_default(), 500);
        out::line(format!("  because  {text} [{}]", out::cell(reason.get("code"))))?;
    }
    let steps = decision["explained"].as_array().into_iter().flatten();
    for (number, step) in steps.enumerate() {
        let found = out::printable(step["found"].as_str().unwrap_or_default(), 500);
        out::line(format!(
            "  step {:<3} {}: {found}",
            number + 1,
            out::cell(step.get("step"))
        ))?;
    }
    let saved = decision["sharedState"].as_object().map_or(0, |state| state.len());
    if saved > 0 {
        out::say(format!("{saved} keys for the shared state: --json shows them"));
    }
    Ok(())
}

pub fn nodes(nodes: &Value) -> Result<(), Failure> {
    let nodes = nodes["nodes"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Value> = nodes.iter().map(row).collect();
    let columns = [
        ("INSTANCE", "/instance"),
        ("NODE", "/node"),
        ("ANSWERS", "/standing"),
        ("ID FROM", "/from"),
        ("LETS IN", "/allowed"),
        ("COMPATIBLE", "/compatible"),
        ("INVENTORY", "/inventoryAnswers"),
    ];
    out::table(&columns, &rows, "there are no nodes")?;
    for node in &nodes {
        let name = out::cell(node.get("node"));
        let trouble = node["trouble"]["text"].as_str().into_iter();
        let warnings = node["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        for text in trouble.chain(warnings) {
            out::say(format!("  {name}: {}", out::printable(text, 500)));
        }
    }
    Ok(())
}

fn row(node: &Value) -> Value {
    let place = match node["idFromSharedState"].as_bool() {
        Some(true) => "shared state",
        _ => "header",
    };
    json!({
        "instance": node["instance"], "node": node["node"], "standing": node["standing"],
        "from": format!("{place} {}", out::cell(node.get("header"))), "allowed": node["allowed"],
        "compatible": node["compatible"], "inventoryAnswers": node["inventoryAnswers"],
    })
}
