//! What the state of a job means, in words and colours: decisions without IO, for all pages that show jobs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::{ActionDanger, ApprovalState, TaskStage, TaskState};
use sics_client::contract::TaskView;

use crate::page::PageContext;

pub(crate) use super::sentences::{ShownSentence, explain, explain_alternative};

/// How many devices of a job are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StateTally {
    pub(crate) total: u64,
    /// Nothing more is expected.
    pub(crate) ended: u64,
    /// It ended as it was meant to.
    pub(crate) good: u64,
    /// Of these, the ones of which nobody will ever tell more than that Intune took them.
    pub(crate) untraceable: u64,
    /// Its device is not in Intune any more.
    pub(crate) gone: u64,
    /// Nothing was sent yet.
    pub(crate) unsent: u64,
    /// Somebody has to say what became of it.
    pub(crate) needs_operator: u64,
}

pub(crate) fn tally_states(states: &BTreeMap<TaskState, u64>) -> StateTally {
    let sum = |wanted: fn(TaskState) -> bool| {
        let counted = states.iter().filter(|(state, _)| wanted(**state));
        counted.map(|(_, count)| count).sum()
    };
    StateTally {
        total: states.values().sum(),
        ended: sum(TaskState::is_end),
        good: sum(is_good_end),
        untraceable: sum(|state| state == TaskState::HandedOverNotTraceable),
        gone: sum(|state| state == TaskState::DeviceGone),
        unsent: sum(TaskState::is_unissued),
        needs_operator: sum(TaskState::needs_operator),
    }
}

fn is_good_end(state: TaskState) -> bool {
    matches!(state, TaskState::Done | TaskState::HandedOverNotTraceable)
}

/// What became of a job as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobPhase {
    WaitingApproval,
    Rejected,
    Lapsed,
    NeedsOperator,
    Running,
    /// On all devices.
    Done,
    /// Intune has taken it for all, and for some of them that is all that will be known.
    HandedOver,
    /// On some.
    PartlyDone,
    /// On none that is still there.
    DevicesGone,
    NotDone,
}

pub(crate) fn judge_phase(approval: ApprovalState, tally: &StateTally) -> JobPhase {
    match approval {
        ApprovalState::Waiting => JobPhase::WaitingApproval,
        ApprovalState::Rejected => JobPhase::Rejected,
        ApprovalState::Lapsed => JobPhase::Lapsed,
        ApprovalState::None | ApprovalState::Approved if tally.needs_operator > 0 => JobPhase::NeedsOperator,
        ApprovalState::None | ApprovalState::Approved if tally.ended < tally.total => JobPhase::Running,
        ApprovalState::None | ApprovalState::Approved if tally.good == tally.total && tally.untraceable > 0 => {
            JobPhase::HandedOver
        }
        ApprovalState::None | ApprovalState::Approved if tally.good == tally.total => JobPhase::Done,
        ApprovalState::None | ApprovalState::Approved if tally.good > 0 => JobPhase::PartlyDone,
        ApprovalState::None | ApprovalState::Approved if tally.gone > 0 => JobPhase::DevicesGone,
        ApprovalState::None | ApprovalState::Approved => JobPhase::NotDone,
    }
}

impl JobPhase {
    /// Class of the badge.
    pub(crate) fn light(self) -> &'static str {
        match self {
            JobPhase::WaitingApproval | JobPhase::PartlyDone | JobPhase::DevicesGone => "warning",
            JobPhase::NeedsOperator | JobPhase::NotDone => "bad",
            JobPhase::Done | JobPhase::HandedOver => "good",
            JobPhase::Rejected | JobPhase::Lapsed | JobPhase::Running => "",
        }
    }

    /// What became of it, one sentence.
    pub(crate) fn describe(self, ctx: &PageContext, tally: &StateTally) -> String {
        match self {
            JobPhase::WaitingApproval => ctx.t("jobs-phase-waiting-approval"),
            JobPhase::Rejected => ctx.t("jobs-phase-rejected"),
            JobPhase::Lapsed => ctx.t("jobs-phase-lapsed"),
            JobPhase::NeedsOperator => ctx.count("jobs-phase-needs-operator", tally.needs_operator),
            JobPhase::Running if tally.ended == 0 => ctx.count("jobs-phase-begun", tally.total),
            JobPhase::Running => {
                let (done, total) = (ctx.number(tally.ended), ctx.number(tally.total));
                ctx.t2("jobs-phase-running", "done", done, "total", total)
            }
            JobPhase::Done => ctx.count("jobs-phase-done", tally.total),
            JobPhase::HandedOver => ctx.count("jobs-phase-handed-over", tally.total),
            JobPhase::PartlyDone => {
                let (done, total) = (ctx.number(tally.good), ctx.number(tally.total));
                ctx.t2("jobs-phase-partly-done", "done", done, "total", total)
            }
            JobPhase::DevicesGone => ctx.count("jobs-phase-devices-gone", tally.gone),
            JobPhase::NotDone => ctx.count("jobs-phase-not-done", tally.total),
        }
    }
}

/// Class of the badge of a device.
pub(crate) fn state_light(state: TaskState) -> &'static str {
    match state.stage() {
        TaskStage::Unissued => "warning",
        TaskStage::UnderWay if state == TaskState::StillPending => "warning",
        TaskStage::UnderWay => "",
        TaskStage::Ended if state == TaskState::DeviceGone => "warning",
        TaskStage::Ended => "good",
        TaskStage::EndedWithoutEffect if state == TaskState::Cancelled => "",
        TaskStage::NeedsOperator | TaskStage::EndedWithoutEffect => "bad",
    }
}

/// Class of the badge of an action.
pub(crate) fn danger_light(danger: ActionDanger) -> &'static str {
    match danger {
        ActionDanger::Harmless => "",
        ActionDanger::Disruptive => "warning",
        ActionDanger::Destructive => "bad",
    }
}

/// Key of its word.
pub(crate) fn danger_word(ctx: &PageContext, danger: ActionDanger) -> String {
    ctx.t(match danger {
        ActionDanger::Harmless => "danger-harmless",
        ActionDanger::Disruptive => "danger-disruptive",
        ActionDanger::Destructive => "danger-destructive",
    })
}

pub(crate) fn state_word(ctx: &PageContext, state: TaskState) -> String {
    ctx.word("task-state-", state.name())
}

/// The same where its cause says more: the kill switch holds what waits for its window.
pub(crate) fn task_word(ctx: &PageContext, state: TaskState, cause: Option<&str>) -> String {
    if state.is_unissued() && cause == Some("killSwitch") {
        ctx.t("jobs-held-by-kill-switch")
    } else {
        state_word(ctx, state)
    }
}

/// A state, and how many devices have it.
pub(crate) struct StateCount {
    pub(crate) word: String,
    pub(crate) light: &'static str,
    pub(crate) count: String,
}

/// How many devices have which state; what waits for a person first.
pub(crate) fn list_state_counts(ctx: &PageContext, states: &BTreeMap<TaskState, u64>) -> Vec<StateCount> {
    sort_states(states)
        .into_iter()
        .map(|(state, count)| StateCount {
            word: state_word(ctx, state),
            light: state_light(state),
            count: ctx.number(count),
        })
        .collect()
}

fn sort_states(states: &BTreeMap<TaskState, u64>) -> Vec<(TaskState, u64)> {
    let mut sorted: Vec<(TaskState, u64)> = states.iter().map(|(state, count)| (*state, *count)).collect();
    sorted.sort_by_key(|(state, _)| (!state.needs_operator(), state.is_end(), *state));
    sorted
}

/// When the action on a device got how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TaskMilestones {
    /// Intune took it.
    pub(crate) sent: Option<DateTime<Utc>>,
    /// Intune shows that it knows of it: as under way, or as carried out.
    pub(crate) confirmed: Option<DateTime<Utc>>,
    /// It was carried out.
    pub(crate) on_device: Option<DateTime<Utc>>,
}

pub(crate) fn find_milestones(task: &TaskView) -> TaskMilestones {
    let first = |wanted: &[TaskState]| {
        let found = task.transitions.iter().find(|step| wanted.contains(&step.state));
        found.map(|step| step.at)
    };
    TaskMilestones {
        sent: task
            .sent_at
            .or_else(|| first(&[TaskState::HandedOver, TaskState::HandedOverNotTraceable])),
        confirmed: first(&[TaskState::PendingOnDevice, TaskState::StillPending, TaskState::Done]),
        // A later finding amends an earlier one.
        on_device: first(&[TaskState::Done]).filter(|_| task.state == TaskState::Done),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tally(states: &[(TaskState, u64)]) -> StateTally {
        tally_states(&states.iter().copied().collect())
    }

    #[test]
    fn what_became_of_a_job_is_told_by_what_is_worst() {
        use ApprovalState::{Approved, Lapsed, None, Rejected, Waiting};
        use TaskState::*;
        let table = [
            (Waiting, vec![(WaitingApproval, 3)], JobPhase::WaitingApproval),
            (Rejected, vec![(TaskState::Refused, 3)], JobPhase::Rejected),
            (Lapsed, vec![(Expired, 1)], JobPhase::Lapsed),
            (None, vec![(Done, 2), (PendingOnDevice, 1)], JobPhase::Running),
            (
                Approved,
                vec![(Done, 2), (GoneUnproven, 1), (HandedOver, 4)],
                JobPhase::NeedsOperator,
            ),
            (Approved, vec![(Done, 3)], JobPhase::Done),
            (
                Approved,
                vec![(Done, 2), (HandedOverNotTraceable, 1)],
                JobPhase::HandedOver,
            ),
            (None, vec![(Done, 2), (Failed, 1)], JobPhase::PartlyDone),
            (None, vec![(TaskState::Refused, 1), (Cancelled, 1)], JobPhase::NotDone),
            (None, vec![(DeviceGone, 1), (Cancelled, 1)], JobPhase::DevicesGone),
        ];
        for (approval, states, phase) in table {
            assert_eq!(judge_phase(approval, &tally(&states)), phase, "{states:?}");
        }
    }

    #[test]
    fn devices_are_counted_once_in_each_sum_that_they_belong_to() {
        let counted = tally(&[
            (TaskState::Done, 1),
            (TaskState::HandedOverNotTraceable, 1),
            (TaskState::Failed, 1),
            (TaskState::WaitingWindow, 4),
            (TaskState::NeedsOperator, 8),
        ]);
        let expected = StateTally {
            total: 15,
            ended: 3,
            good: 2,
            untraceable: 1,
            gone: 0,
            unsent: 4,
            needs_operator: 8,
        };
        assert_eq!(counted, expected);
    }

    #[test]
    fn what_waits_for_a_person_comes_first_and_what_has_ended_last() {
        let states = [
            (TaskState::Accepted, 1),
            (TaskState::Done, 5),
            (TaskState::NeedsOperator, 2),
        ];
        let sorted = sort_states(&states.into_iter().collect());
        let names: Vec<TaskState> = sorted.iter().map(|(state, _)| *state).collect();
        assert_eq!(names, [TaskState::NeedsOperator, TaskState::Accepted, TaskState::Done]);
    }

    fn task(state: &str, sent_at: Option<&str>, steps: &[(&str, &str)]) -> TaskView {
        let transitions: Vec<_> = steps
            .iter()
            .map(|(state, minute)| {
                json!({ "at": format!("2026-11-21T10:{minute}:00Z"), "state": state, "cause": null, "detail": null })
            })
            .collect();
        serde_json::from_value(json!({
            "task": 1, "deviceId": "7809c88c-0000-4000-8000-000000000001", "device": {}, "state": state, "cause": null,
            "detail": null, "attempts": 1, "sentAt": sent_at, "nextLookAt": null, "updatedAt": "2026-11-21T10:00:00Z",
            "transitions": transitions,
        }))
        .unwrap()
    }

    #[test]
    fn the_way_of_an_action_is_read_from_its_steps() {
        let minute = |minute: &str| Some(format!("2026-11-21T10:{minute}:00Z").parse().unwrap());
        let steps = [
            ("accepted", "00"),
            ("handedOver", "01"),
            ("pendingOnDevice", "02"),
            ("done", "05"),
        ];
        let done = find_milestones(&task("done", Some("2026-11-21T10:01:00Z"), &steps));
        let expected = TaskMilestones {
            sent: minute("01"),
            confirmed: minute("02"),
            on_device: minute("05"),
        };
        assert_eq!(done, expected);
        let amended = find_milestones(&task("goneUnproven", None, &steps));
        assert_eq!((amended.sent, amended.on_device), (minute("01"), None));
        let waiting = find_milestones(&task("waitingApproval", None, &[("waitingApproval", "00")]));
        assert_eq!(waiting, TaskMilestones::default());
    }

    #[test]
    fn every_state_has_its_colour() {
        for (state, light) in [
            (TaskState::WaitingBudget, "warning"),
            (TaskState::HandedOver, ""),
            (TaskState::StillPending, "warning"),
            (TaskState::Done, "good"),
            (TaskState::DeviceGone, "warning"),
            (TaskState::Cancelled, ""),
            (TaskState::Refused, "bad"),
            (TaskState::NeedsOperator, "bad"),
        ] {
            assert_eq!(state_light(state), light, "{state:?}");
        }
    }
}
