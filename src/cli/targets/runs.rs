//! `targets runs` and `targets revert`: what was written together, and putting it back.

use sics_client::SicsClient;

use super::words::describe_counts;
use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_value};
use crate::contract::{LeftFieldView, RevertView, TargetRunKind, TargetRunView};
use crate::model::format_count;

pub(super) async fn list_runs(client: &SicsClient, target: &str, as_json: bool) -> Result<(), CommandFailure> {
    let found = client.list_target_runs(target).await?;
    let columns: [TableColumn<TargetRunView>; 4] = [
        ("RUN", |run| format_value(&run.run)),
        ("STARTED", |run| format_value(&run.started_at)),
        ("ENDED", |run| format_value(&run.ended_at)),
        ("RESULT", describe_run),
    ];
    output::print_answer(&found, as_json, || {
        output::print_table(&columns, &found.runs, "nothing has been written yet")
    })
}

/// `first records of a new mapping: 20 created`
fn describe_run(run: &TargetRunView) -> String {
    let counts = describe_counts(&run.counts);
    match (run.kind, run.reverts) {
        (TargetRunKind::Normal, _) => counts,
        (TargetRunKind::Canary, _) => format!("first records of a new mapping: {counts}"),
        (TargetRunKind::Revert, Some(other)) => format!("put back run {other}: {counts}"),
        (TargetRunKind::Revert, None) => format!("put back: {counts}"),
    }
}

/// Where the bus had to stop for its time, the same is asked again until all is put back.
pub(super) async fn revert_run(
    client: &SicsClient,
    target: &str,
    run: i64,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let mut reverted = client.revert_target_run(target, run).await?;
    while !reverted.complete {
        output::eprint_line(format!("{} put back so far", format_count(reverted.put_back, "field")));
        let more = client.revert_target_run(target, run).await?;
        // What stays is told anew each time; where nothing moves any more, asking again moves nothing either.
        let is_stuck = more.put_back == 0 && !more.complete;
        reverted = RevertView {
            put_back: reverted.put_back + more.put_back,
            records: reverted.records + more.records,
            left: more.left,
            complete: more.complete,
        };
        if is_stuck {
            break;
        }
    }
    output::print_answer(&reverted, as_json, || print_reverted(&reverted))?;
    if !reverted.complete {
        output::eprint_line(format!(
            "it is not complete; go on with: intune-connector targets revert {target} {run}"
        ));
    }
    Ok(())
}

fn print_reverted(reverted: &RevertView) -> Result<(), CommandFailure> {
    output::print_line(format!(
        "{} of {} put back",
        format_count(reverted.put_back, "field"),
        format_count(reverted.records, "record")
    ))?;
    if reverted.left.is_empty() {
        return Ok(());
    }
    output::print_line(format!(
        "{} left as they are:",
        format_count(reverted.left.len() as u64, "field")
    ))?;
    let columns: [TableColumn<LeftFieldView>; 5] = [
        ("RECORD", |left| format_value(&left.record)),
        ("FIELD", |left| format_value(&left.field)),
        ("WRITTEN", |left| format_value(&left.ours)),
        ("NOW", |left| format_value(&left.now)),
        ("REASON", |left| format_value(&left.reason)),
    ];
    output::print_table(&columns, &reverted.left, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::WriteCounts;

    #[test]
    fn a_run_says_what_it_was_for_and_what_it_wrote() {
        let run = |kind, reverts| TargetRunView {
            run: 2,
            kind,
            started_at: chrono::DateTime::default(),
            ended_at: None,
            mapping_digest: String::new(),
            counts: WriteCounts {
                create: 20,
                ..WriteCounts::default()
            },
            reverts,
            reverted_by: None,
        };
        assert_eq!(describe_run(&run(TargetRunKind::Normal, None)), "20 created");
        assert_eq!(
            describe_run(&run(TargetRunKind::Canary, None)),
            "first records of a new mapping: 20 created"
        );
        assert_eq!(
            describe_run(&run(TargetRunKind::Revert, Some(1))),
            "put back run 1: 20 created"
        );
    }
}
