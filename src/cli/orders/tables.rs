//! Orders as people read them.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::contract::{OrderDeviceView, OrderEventView, OrderPhase, OrderView, PhaseState};

pub(super) fn print_orders(orders: &[OrderView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<OrderView>; 5] = [
        ("ORDER", |order| format_value(&order.id)),
        ("APPLICATION", |order| format_value(&order.application)),
        ("TYPE", |order| format_value(&order.kind)),
        ("FOR", describe_target),
        ("STATUS", describe_status),
    ];
    output::print_table(&columns, orders, "no matching orders")
}

/// `user anna@example.org`
fn describe_target(order: &OrderView) -> String {
    match (&order.user, &order.device) {
        (Some(user), _) => format!("user {}", format_name(user)),
        (None, device) => format!("device {}", format_name(device)),
    }
}

/// The state, and why.
fn describe_status(order: &OrderView) -> String {
    let state = format_value(&order.state);
    match &order.message {
        Some(message) => format!("{state}: {}", output::to_one_line(message)),
        None => state,
    }
}

/// `order shop-4711: install browser for user anna@example.org: done: it is installed`
pub(super) fn state_sentence(order: &OrderView) -> String {
    let (id, application) = (format_value(&order.id), format_value(&order.application));
    let (kind, target) = (format_value(&order.kind), describe_target(order));
    format!(
        "order {id}: {kind} {application} for {target}: {}",
        describe_status(order)
    )
}

pub(super) fn print_order(order: &OrderView) -> Result<(), CommandFailure> {
    output::print_line(state_sentence(order))?;
    output::print_record(&record(order))?;
    if let Some(failure) = &order.failure {
        output::print_line("")?;
        let (code, message) = (&failure.code, &failure.message);
        output::print_line(output::to_one_line(&format!("failed: {message} [{code}]")))?;
        output::print_line(output::to_one_line(&format!("  try: {}", failure.advice)))?;
    }
    for warning in &order.warnings {
        output::print_line(output::to_one_line(&format!("warning: {warning}")))?;
    }
    let columns: [TableColumn<OrderDeviceView>; 4] = [
        ("DEVICE", |device| format_name(&device.name)),
        ("REPORTS", |device| format_value(&device.install_state)),
        ("SEEN", |device| format_value(&device.seen_at)),
        ("ERROR", describe_error),
    ];
    output::print_section(&columns, &order.devices)?;
    if !order.phases.is_empty() {
        output::print_line("")?;
    }
    order.phases.iter().try_for_each(print_phase)
}

fn record(order: &OrderView) -> Vec<(&'static str, String)> {
    let decided = match &order.decided_by {
        Some(by) => format!("{} by {}", format_value(&order.decided_at), format_value(by)),
        None => format_value(&order.decided_at),
    };
    let placed = format!(
        "{} by {}",
        format_value(&order.placed_at),
        format_value(&order.placed_by)
    );
    let all = [
        ("  application", format_name(&order.application_name)),
        ("  instance", format_value(&order.instance)),
        ("  for", format_name(&order.target_name)),
        ("  placed", placed),
        ("  approval", format_value(&order.approval)),
        ("  approvers", format_value(&order.approvers)),
        ("  decided", decided),
        ("  processed", format_value(&order.processed_at)),
        ("  time limit", format_value(&order.deadline_at)),
        ("  ended", format_value(&order.ended_at)),
        ("  status", format_value(&order.status)),
        ("  end of the term", format_value(&order.expires_at)),
        ("  attempts", format_value(&order.attempts)),
        ("  next attempt", format_value(&order.next_attempt_at)),
        ("  note", format_name(&order.note)),
    ];
    all.into_iter().filter(|(_, value)| value != "-").collect()
}

/// `-2016345061 (0x87D1041C)`
fn describe_error(device: &OrderDeviceView) -> String {
    match (device.error_code, &device.hex_error_code) {
        (Some(code), Some(hex)) => format!("{code} ({})", format_value(hex)),
        (Some(code), None) => code.to_string(),
        (None, _) => "-".to_owned(),
    }
}

/// One line for the phase, one for each thing that happened in it.
fn print_phase(phase: &OrderPhase) -> Result<(), CommandFailure> {
    let at = phase
        .at
        .as_ref()
        .map(|at| format!(", {}", format_value(at)))
        .unwrap_or_default();
    let (number, name, state) = (phase.number, &phase.name, describe_phase(phase.state));
    output::print_line(output::to_one_line(&format!("{number} {name}: {state}{at}")))?;
    phase.actions.iter().try_for_each(print_action)
}

fn describe_phase(state: PhaseState) -> &'static str {
    match state {
        PhaseState::Waiting => "not yet",
        PhaseState::Active => "under way",
        PhaseState::Done => "done",
        PhaseState::Failed => "failed",
        PhaseState::Skipped => "not needed",
    }
}

fn print_action(action: &OrderEventView) -> Result<(), CommandFailure> {
    let by = action.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
    let line = format!("{}  {}{by}", format_value(&action.at), action.text);
    output::print_line(format!("    {}", output::to_one_line(&line)))
}
