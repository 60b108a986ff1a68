//! What `action` prints of devices and of a job that was taken.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::contract::{DryRunResult, ReceiptView};
use crate::model::format_count;

/// What becomes of a device, one sentence.
fn describe_effect(device: &DryRunResult) -> String {
    match &device.reason {
        Some(reason) if !device.would => describe_refusal(reason, device.instead.as_deref()),
        _ => device.effect.clone(),
    }
}

fn describe_refusal(reason: &str, instead: Option<&str>) -> String {
    match instead {
        Some(instead) => format!("refused: {reason}; instead: {instead}"),
        None => format!("refused: {reason}"),
    }
}

/// Devices of an accepted job that will be refused.
fn report_unfit(receipt: &ReceiptView) {
    let Some(unfit) = &receipt.unfit else { return };
    let devices = if unfit.count == 1 { "device" } else { "devices" };
    output::eprint_line(format!("  {} {devices} of it will be refused:", unfit.count));
    let sentences: Vec<String> = unfit
        .devices
        .iter()
        .map(|device| describe_refusal(&device.reason, device.instead.as_deref()))
        .collect();
    output::print_sentence_counts(sentences.iter().map(String::as_str));
}

pub(super) fn print_devices(devices: &[DryRunResult]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<DryRunResult>; 6] = [
        ("DEVICE ID", |row| format_value(&row.device_id)),
        ("NAME", |row| format_name(&row.device.device_name)),
        ("SERIAL NUMBER", |row| format_value(&row.device.serial_number)),
        ("USER", |row| format_value(&row.device.user_principal_name)),
        ("LAST CHECK-IN", |row| format_value(&row.device.last_sync_date_time)),
        ("EFFECT", |row| format_value(&describe_effect(row))),
    ];
    output::print_table(&columns, devices, "no devices affected")?;
    let effects: Vec<String> = devices.iter().map(describe_effect).collect();
    output::print_sentence_counts(effects.iter().map(String::as_str));
    Ok(())
}

pub(super) fn print_receipt(receipt: &ReceiptView) -> Result<(), CommandFailure> {
    let known = if receipt.known {
        "was accepted before"
    } else {
        "is accepted"
    };
    let job = format_value(&receipt.job);
    output::print_line(format!(
        "job {job} {known}: {} of {} of {}",
        receipt.action,
        format_count(receipt.devices, "device"),
        receipt.instance,
    ))?;
    report_unfit(receipt);
    output::eprint_line(if receipt.needs_approval {
        format!("  it waits for a second person: intune-connector jobs approve {job}")
    } else {
        format!("  follow it: intune-connector jobs watch {job}")
    });
    Ok(())
}
