//! Decisions and nodes for people.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_value};
use crate::contract::{ComplianceDecision, NodeView};
use crate::model::{choose_form, format_count};

pub(crate) fn print_decision(decision: &ComplianceDecision) -> Result<(), CommandFailure> {
    output::print_line(format!("{}  ({})", decision.label, decision.outcome))?;
    output::print_line(format!("  device   {}", format_value(&decision.device_id)))?;
    output::print_line(format!("  node     {}/{}", decision.instance, decision.node))?;
    let source = match decision.age_ms {
        Some(age_ms) => {
            let source = format_value(&decision.source);
            format!("{source}, {:.1} s old", age_ms as f64 / 1_000.0)
        }
        None => "nothing was read".to_owned(),
    };
    output::print_line(format!("  source   {source}"))?;
    for reason in &decision.reasons {
        let text = output::to_one_line(&reason.text);
        output::print_line(format!("  because  {text} [{}]", format_value(&reason.code)))?;
    }
    for (number, step) in decision.explained.iter().enumerate() {
        let found = output::to_one_line(&step.found);
        output::print_line(format!(
            "  step {:<3} {}: {found}",
            number + 1,
            format_value(&step.step)
        ))?;
    }
    let saved = decision.shared_state.len() as u64;
    if saved > 0 {
        output::eprint_line(format!(
            "{} for the shared state: --json shows {}",
            format_count(saved, "key"),
            choose_form(saved, "it", "them")
        ));
    }
    Ok(())
}

pub(crate) fn print_nodes(nodes: &[NodeView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<NodeView>; 7] = [
        ("INSTANCE", |row| format_value(&row.instance)),
        ("NODE", |row| format_value(&row.node)),
        ("STATUS", |row| format_value(&row.standing)),
        ("ID FROM", |row| format_value(&describe_id_place(row))),
        ("ALLOWS", |row| format_value(&row.allowed)),
        ("COMPATIBLE", |row| format_value(&row.compatible)),
        ("INVENTORY", |row| format_value(&row.inventory_answers)),
    ];
    output::print_table(&columns, nodes, "no nodes")?;
    for node in nodes {
        let name = format_value(&node.node);
        let trouble = node.trouble.iter().map(|trouble| &trouble.text);
        for text in trouble.chain(&node.warnings) {
            output::eprint_line(format!("  {name}: {}", output::to_one_line(text)));
        }
    }
    Ok(())
}

fn describe_id_place(node: &NodeView) -> String {
    let place = if node.id_from_shared_state {
        "shared state"
    } else {
        "header"
    };
    format!("{place} {}", node.header)
}
