//! A job followed to its end: a line a step.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;
use sics_client::SicsClient;

use super::queries::{fetch_whole_job, format_state_counts};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::cli::text_layout::pad_text;
use crate::contract::{TaskView, TransitionView};
use crate::model::{DeviceId, TaskState};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Ends that were wanted.
const GOOD: [TaskState; 2] = [TaskState::Done, TaskState::HandedOverNotTraceable];

/// A step as it is printed for machines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrintedStep<'a> {
    #[serde(flatten)]
    step: &'a TransitionView,
    task: i64,
    device_id: DeviceId,
}

pub(crate) async fn watch_job(
    client: &SicsClient,
    job: &str,
    timeout_s: Option<u64>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let started_at = Instant::now();
    let mut printed: HashMap<i64, usize> = HashMap::new();
    loop {
        let now = fetch_whole_job(client, job).await?;
        for task in &now.tasks {
            print_new_transitions(task, &mut printed, as_json)?;
        }
        if now.tasks.iter().all(|task| task.state.is_end()) {
            return if now.tasks.iter().all(|task| GOOD.contains(&task.state)) {
                Ok(())
            } else {
                Err(CommandFailure::general_error(
                    format!("not all devices succeeded: {}", format_state_counts(&now.job)),
                    format!("see the details: intune-connector jobs show {job}"),
                ))
            };
        }
        if timeout_s.is_some_and(|s| started_at.elapsed() >= Duration::from_secs(s)) {
            return Err(CommandFailure::new(
                ExitReason::Busy,
                format!("the job is not finished: {}", format_state_counts(&now.job)),
                "run the command again; devices that are switched off respond when they are back",
            ));
        }
        output::require_reader()?;
        tokio::time::sleep(LOOK).await;
    }
}

/// The steps of a device that were not told yet.
fn print_new_transitions(
    task: &TaskView,
    printed: &mut HashMap<i64, usize>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let printed = printed.entry(task.task).or_default();
    for step in task.transitions.iter().skip(*printed) {
        if as_json {
            let printed_step = PrintedStep {
                step,
                task: task.task,
                device_id: task.device_id,
            };
            output::print_verbatim(json!(printed_step).to_string())?;
            continue;
        }
        let (at, name) = (
            output::format_value(&step.at),
            pad_text(&output::format_name(&task.device.device_name), 24),
        );
        let text = step.explanation().unwrap_or_default();
        output::print_line(output::to_one_line(&format!(
            "{at}  {name}  {:<22}  {text}",
            step.state.name()
        )))?;
    }
    *printed = task.transitions.len();
    Ok(())
}
