//! `scan confirm-complete`: why snapshots are open, and their end by an operator's word.

use serde_json::Value;

use super::client::{ApiClient, encode_segment};
use super::failure::CommandFailure;
use super::output;
use crate::model::InstanceName;

pub(crate) async fn print_fleet_proof(
    client: &ApiClient,
    instance: &InstanceName,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let path = format!("/instances/{}/snapshot", encode_segment(instance.as_str()));
    let proof = client.get(&path, &[]).await?;
    if as_json {
        return output::print_json(&proof);
    }
    if proof.pointer("/fleet/proven") == Some(&Value::Bool(true)) {
        return output::print_line(format!(
            "{instance}: the fleet is proven complete; snapshots end automatically"
        ));
    }
    output::print_line(format!(
        "{instance}: snapshots are open, and servers keep the devices they have, because"
    ))?;
    open_snapshot_reasons(&proof["fleet"])
        .iter()
        .try_for_each(output::print_line)?;
    for problem in proof["problems"].as_array().into_iter().flatten() {
        let text = format!("  ! {}", problem.as_str().unwrap_or_default());
        output::print_line(output::to_printable(&text, 400))?;
    }
    if let Some(at) = proof.pointer("/fleet/nextTry").and_then(Value::as_str) {
        output::print_line(format!("the next full scan starts automatically at {at}"))?;
    }
    let count = proof["count"].as_u64().unwrap_or(0);
    if let Some(digest) = proof["digest"].as_str() {
        output::eprint_line(format!(
            "\nIf the {count} devices in the list are all the devices there are (servers lose any others):\n  \
             intune-connector scan confirm-complete --instance {instance} --digest {digest} --yes-i-mean {count}"
        ));
    }
    Ok(())
}

/// Why snapshots are open, a line each.
pub(crate) fn open_snapshot_reasons(fleet: &Value) -> Vec<String> {
    let reasons = fleet["openBecause"].as_array().into_iter().flatten();
    let line = |reason: &Value| {
        format!(
            "  {} ({})",
            output::format_cell(reason.get("detail")),
            output::format_cell(reason.get("code"))
        )
    };
    reasons.map(|reason| output::to_printable(&line(reason), 300)).collect()
}
