//! A job followed to its end: a line a step.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::look::{states, whole};
use crate::cli::client::Client;
use crate::cli::failure::{Exit, Failure};
use crate::cli::out;

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

pub async fn watch(client: &Client, job: &str, patience_s: Option<u64>, as_json: bool) -> Result<(), Failure> {
    let began = Instant::now();
    let mut told: HashMap<i64, usize> = HashMap::new();
    loop {
        let now = whole(client, job).await?;
        let tasks = now["tasks"].as_array().map_or(&[][..], Vec::as_slice);
        for task in tasks {
            steps(task, &mut told, as_json)?;
        }
        let stands = |among: &[&str]| {
            tasks
                .iter()
                .all(|task| task["state"].as_str().is_some_and(|state| among.contains(&state)))
        };
        if stands(&ENDS) {
            return match stands(&GOOD) {
                true => Ok(()),
                false => Err(Failure::failed(
                    format!("not everything went well: {}", states(&now)),
                    format!("intune-connector jobs show {job}"),
                )),
            };
        }
        if patience_s.is_some_and(|s| began.elapsed() >= Duration::from_secs(s)) {
            return Err(Failure::new(
                Exit::Busy,
                format!("it is not at its end: {}", states(&now)),
                "watch on; devices that are switched off answer when they are back",
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The steps of a device that were not told yet.
fn steps(task: &Value, told: &mut HashMap<i64, usize>, as_json: bool) -> Result<(), Failure> {
    let all = task["transitions"].as_array().map_or(&[][..], Vec::as_slice);
    let told = told.entry(task["task"].as_i64().unwrap_or(0)).or_default();
    for step in all.iter().skip(*told) {
        if as_json {
            let mut step = step.clone();
            step["task"] = task["task"].clone();
            step["deviceId"] = task["deviceId"].clone();
            out::line(step.to_string())?;
            continue;
        }
        let name = out::cell(task.pointer("/device/deviceName"));
        let text = step["detail"]["text"].as_str().unwrap_or_default();
        out::line(out::printable(
            &format!(
                "{}  {name:<24}  {:<22}  {text}",
                out::cell(step.get("at")),
                step["state"].as_str().unwrap_or("-"),
            ),
            300,
        ))?;
    }
    *told = all.len();
    Ok(())
}
