//! Tasks whose outcome an operator must record, shown before anything else.

use super::output;
use crate::contract::AttentionView;
use crate::model::TaskState;

/// One line a device, the cure in it.
pub(crate) fn print_unresolved_tasks(open: &[AttentionView]) {
    for one in open {
        output::eprint_line(output::to_one_line(&unresolved_task_line(one)));
    }
}

fn unresolved_task_line(one: &AttentionView) -> String {
    let what = if one.state == TaskState::GoneUnproven {
        "the device is gone, and it is unknown whether the action reached it"
    } else {
        "the outcome is unknown"
    };
    format!(
        "needs an operator: {} on {} ({}) in job {job}: {what}: {} [jobs resolve {job} --task {} --state done --note TEXT, or --state failed]",
        one.action,
        one.device_name.as_deref().unwrap_or("-"),
        one.device_id,
        one.text.as_deref().unwrap_or("-"),
        one.task,
        job = one.job,
    )
}
