//! Targets and their kinds as people read them.

use super::words::{describe_counts, describe_question, describe_standing};
use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::contract::{TargetKindView, TargetView};

pub(super) fn print_targets(targets: &[TargetView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<TargetView>; 5] = [
        ("TARGET", |target| format_value(&target.name)),
        ("KIND", |target| format_value(&target.kind)),
        ("LINKED", |target| format_value(&target.linked)),
        ("BEHIND", |target| format_value(&target.behind)),
        ("STATUS", describe_standing),
    ];
    output::print_table(
        &columns,
        targets,
        "there are no targets; list their products with: intune-connector products",
    )
}

pub(super) fn print_kinds(kinds: &[TargetKindView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<TargetKindView>; 4] = [
        ("KIND", |kind| format_value(&kind.kind)),
        ("PRODUCT", |kind| format_value(&kind.product)),
        ("DESCRIPTION", describe_abilities),
        ("DETAILS", |kind| format!("proven on {}", kind.proven_on.join(", "))),
    ];
    output::print_table(&columns, kinds, "there are no kinds of targets")
}

/// `OCS Inventory: single writes; adopts records; gone: leave, retire`
fn describe_abilities(kind: &TargetKindView) -> String {
    let mut parts = vec![format!("{} writes", format_value(&kind.writes))];
    for (is_able, what) in [
        (kind.adopts, "adopts records"),
        (kind.users, "assigns users"),
        (kind.fields, "makes fields"),
    ] {
        if is_able {
            parts.push(what.to_owned());
        }
    }
    let retire: Vec<&str> = kind.retire_actions.iter().map(|action| action.name()).collect();
    parts.push(format!("gone: {}", retire.join(", ")));
    format!("{}: {}", format_value(&kind.display_name), parts.join("; "))
}

pub(super) fn print_target(target: &TargetView) -> Result<(), CommandFailure> {
    output::print_line(format!("target {}: {}", target.name, describe_standing(target)))?;
    output::print_record(&list_facts(target))?;
    if let Some(pause) = &target.paused {
        output::print_line("")?;
        let (problem, code) = (&pause.problem, &pause.code);
        output::print_line(output::to_one_line(&format!("paused: {problem} [{code}]")))?;
        output::print_line(output::to_one_line(&format!("  try: {}", pause.advice)))?;
    }
    if let Some(question) = &target.question {
        output::print_line("")?;
        output::print_line(output::to_one_line(&describe_question(target.name.as_str(), question)))?;
        output::print_line(format!("  try: intune-connector targets question {}", target.name))?;
    }
    if target.set_aside > 0 {
        output::print_line("")?;
        output::print_line("devices wait for a decision")?;
        output::print_line(format!("  try: intune-connector targets set-aside {}", target.name))?;
    }
    Ok(())
}

fn list_facts(target: &TargetView) -> Vec<(&'static str, String)> {
    let lag = target
        .lag_seconds
        .map_or_else(String::new, |lag| format!(", the oldest for {lag} s"));
    let resumes = target.paused.as_ref().and_then(|pause| pause.until);
    let waits = target
        .question
        .as_ref()
        .map(|question| describe_counts(&question.counts));
    let all = [
        ("  kind", format_value(&target.kind)),
        ("  profile", format_name(&target.profile)),
        ("  server", format_value(&target.server)),
        ("  behind", format!("{} changes{lag}", target.behind)),
        (
            "  linked",
            format!(
                "{} ({} created, {} adopted)",
                target.linked, target.created, target.adopted
            ),
        ),
        ("  gone", format_value(&target.gone)),
        ("  set aside", format_value(&target.set_aside)),
        ("  failing", format_value(&target.failing)),
        ("  waits for consent", format_value(&waits)),
        ("  next attempt", format_value(&resumes)),
        ("  last write", format_value(&target.last_write_at)),
        ("  requests", format_value(&target.requests)),
        ("  mapping", format_value(&target.mapping_digest)),
    ];
    all.into_iter().filter(|(_, value)| value != "-").collect()
}
