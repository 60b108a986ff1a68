//! Tasks whose outcome an operator must record, shown before anything else.

use serde_json::Value;

use super::output;

/// One line a device, the cure in it.
pub(crate) fn print_unresolved_tasks(open: &Value) {
    for one in open.as_array().into_iter().flatten() {
        output::eprint_line(output::to_printable(&unresolved_task_line(one), 900));
    }
}

fn unresolved_task_line(one: &Value) -> String {
    let what = match one["state"].as_str() {
        Some("goneUnproven") => "the device is gone, and it is unknown whether the action reached it",
        _ => "the outcome is unknown",
    };
    format!(
        "needs an operator: {} on {} ({}) in job {}: {what}: {} [jobs resolve {} --task {} --state done --note TEXT, or --state failed]",
        one["action"].as_str().unwrap_or("-"),
        one["deviceName"].as_str().unwrap_or("-"),
        one["deviceId"].as_str().unwrap_or("-"),
        one["job"],
        one["text"].as_str().unwrap_or("-"),
        one["job"],
        one["task"],
    )
}
