//! Decisions and nodes for people.

use serde_json::{Value, json};

use crate::cli::failure::CommandFailure;
use crate::cli::output;

pub(crate) fn print_decision(decision: &Value) -> Result<(), CommandFailure> {
    let text = |name: &str| output::format_cell(decision.get(name));
    output::print_line(format!("{}  ({})", text("label"), text("outcome")))?;
    output::print_line(format!("  device   {}", text("deviceId")))?;
    output::print_line(format!("  node     {}/{}", text("instance"), text("node")))?;
    let source = match decision["ageMs"].as_u64() {
        Some(age_ms) => format!("{}, {:.1} s old", text("source"), age_ms as f64 / 1_000.0),
        None => "nothing was read".to_owned(),
    };
    output::print_line(format!("  source   {source}"))?;
    for reason in decision["reasons"].as_array().into_iter().flatten() {
        let text = output::to_printable(reason["text"].as_str().unwrap_or_default(), 500);
        output::print_line(format!(
            "  because  {text} [{}]",
            output::format_cell(reason.get("code"))
        ))?;
    }
    let steps = decision["explained"].as_array().into_iter().flatten();
    for (number, step) in steps.enumerate() {
        let found = output::to_printable(step["found"].as_str().unwrap_or_default(), 500);
        output::print_line(format!(
            "  step {:<3} {}: {found}",
            number + 1,
            output::format_cell(step.get("step"))
        ))?;
    }
    let saved = decision["sharedState"].as_object().map_or(0, |state| state.len());
    if saved > 0 {
        output::eprint_line(format!("{saved} keys for the shared state: --json shows them"));
    }
    Ok(())
}

pub(crate) fn print_nodes(nodes: &Value) -> Result<(), CommandFailure> {
    let nodes = nodes["nodes"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Value> = nodes.iter().map(node_row).collect();
    let columns = [
        ("INSTANCE", "/instance"),
        ("NODE", "/node"),
        ("STATUS", "/standing"),
        ("ID FROM", "/from"),
        ("ALLOWS", "/allowed"),
        ("COMPATIBLE", "/compatible"),
        ("INVENTORY", "/inventoryAnswers"),
    ];
    output::print_table(&columns, &rows, "no nodes")?;
    for node in &nodes {
        let name = output::format_cell(node.get("node"));
        let failure = node["trouble"]["text"].as_str().into_iter();
        let warnings = node["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        for text in failure.chain(warnings) {
            output::eprint_line(format!("  {name}: {}", output::to_printable(text, 500)));
        }
    }
    Ok(())
}

fn node_row(node: &Value) -> Value {
    let place = match node["idFromSharedState"].as_bool() {
        Some(true) => "shared state",
        _ => "header",
    };
    json!({
        "instance": node["instance"], "node": node["node"], "standing": node["standing"],
        "from": format!("{place} {}", output::format_cell(node.get("header"))), "allowed": node["allowed"],
        "compatible": node["compatible"], "inventoryAnswers": node["inventoryAnswers"],
    })
}
