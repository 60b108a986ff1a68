//! `scan confirm-complete`: why snapshots are open, and their end by an operator's word.

use sics_client::SicsClient;

use super::failure::CommandFailure;
use super::output::{self, format_value};
use crate::contract::{FleetView, OpenSnapshotReason};
use crate::model::{InstanceName, choose_form, format_count, format_time};

pub(crate) async fn print_fleet_proof(
    client: &SicsClient,
    instance: &InstanceName,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let proof = client.show_snapshot(instance).await?;
    if as_json {
        return output::print_json(&proof);
    }
    if proof.fleet.proven {
        return output::print_line(format!(
            "{}: the fleet is proven complete; snapshots end automatically",
            proof.title
        ));
    }
    output::print_line(format!(
        "{}: snapshots are open, and servers keep the devices they have, because",
        proof.title
    ))?;
    open_snapshot_reasons(&proof.fleet)
        .iter()
        .try_for_each(output::print_line)?;
    for problem in &proof.problems {
        output::print_line(output::to_one_line(&format!("  ! {problem}")))?;
    }
    if let Some(at) = proof.fleet.next_try {
        output::print_line(format!(
            "the next full scan starts automatically at {}",
            format_time(at)
        ))?;
    }
    if let Some(digest) = &proof.digest {
        let count = proof.count;
        output::eprint_line(format!(
            "\nIf the {} in the list {} all the devices there are (servers lose any others):\n  \
             intune-connector scan confirm-complete --instance {instance} --digest {digest} --yes-i-mean {count}",
            format_count(count, "device"),
            choose_form(count, "is", "are")
        ));
    }
    Ok(())
}

/// Why snapshots are open, a line each.
pub(crate) fn open_snapshot_reasons(fleet: &FleetView) -> Vec<String> {
    let line = |reason: &OpenSnapshotReason| {
        let text = format!("  {} ({})", format_value(&reason.detail), reason.code.name());
        output::to_one_line(&text)
    };
    fleet.open_because.iter().map(line).collect()
}
