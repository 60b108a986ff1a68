//! A job followed to its end: a line a step.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::queries::{fetch_whole_job, format_state_counts};
use crate::cli::client::ApiClient;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// After these nothing more is expected.
const ENDS: [&str; 8] = [
    "done",
    "failed",
    "notSupported",
    "cancelled",
    "deviceGone",
    "refused",
    "expired",
    "handedOverNotTraceable",
];
/// Of these, what was wanted.
const GOOD: [&str; 2] = ["done", "handedOverNotTraceable"];

pub(crate) async fn watch_job(
    client: &ApiClient,
    job: &str,
    timeout_s: Option<u64>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let started_at = Instant::now();
    let mut printed: HashMap<i64, usize> = HashMap::new();
    loop {
        let now = fetch_whole_job(client, job).await?;
        let tasks = now["tasks"].as_array().map_or(&[][..], Vec::as_slice);
        for task in tasks {
            print_new_transitions(task, &mut printed, as_json)?;
        }
        let all_in = |among: &[&str]| {
            tasks
                .iter()
                .all(|task| task["state"].as_str().is_some_and(|state| among.contains(&state)))
        };
        if all_in(&ENDS) {
            return if all_in(&GOOD) {
                Ok(())
            } else {
                Err(CommandFailure::general_error(
                    format!("not all devices succeeded: {}", format_state_counts(&now)),
                    format!("see the details: intune-connector jobs show {job}"),
                ))
            };
        }
        if timeout_s.is_some_and(|s| started_at.elapsed() >= Duration::from_secs(s)) {
            return Err(CommandFailure::new(
                ExitReason::Busy,
                format!("the job is not finished: {}", format_state_counts(&now)),
                "run the command again; devices that are switched off respond when they are back",
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The steps of a device that were not told yet.
fn print_new_transitions(task: &Value, printed: &mut HashMap<i64, usize>, as_json: bool) -> Result<(), CommandFailure> {
    let all = task["transitions"].as_array().map_or(&[][..], Vec::as_slice);
    let printed = printed.entry(task["task"].as_i64().unwrap_or(0)).or_default();
    for step in all.iter().skip(*printed) {
        if as_json {
            let mut step = step.clone();
            step["task"] = task["task"].clone();
            step["deviceId"] = task["deviceId"].clone();
            output::print_line(step.to_string())?;
            continue;
        }
        let name = output::format_cell(task.pointer("/device/deviceName"));
        let text = step["detail"]["text"].as_str().unwrap_or_default();
        output::print_line(output::to_printable(
            &format!(
                "{}  {name:<24}  {:<22}  {text}",
                output::format_cell(step.get("at")),
                step["state"].as_str().unwrap_or("-"),
            ),
            300,
        ))?;
    }
    *printed = all.len();
    Ok(())
}
