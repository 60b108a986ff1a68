//! What Intune shows as pending although nobody here sent it (A6, ST-4).

use serde_json::{Value, json};

use super::{aimed, intent_facts, laptop};
use crate::actions::guard::call_guard::guard_call;
use crate::actions::guard::pending_actions::{
    PendingIntuneAction, describe_pending, exclude_own_tasks, is_blocked_by, list_pending_actions,
};
use crate::actions::guard::policy::PolicyCache;
use crate::model::{ActionKind, TaskState};
use crate::store::TaskTransition;

fn with(state: &str, entries: &[(&str, &str)]) -> Value {
    let mut device = laptop();
    device["managementState"] = state.into();
    device["deviceActionResults"] = entries
        .iter()
        .map(|(name, state)| json!({"actionName": name, "actionState": state, "startDateTime": "2026-11-19T10:00:00Z"}))
        .collect();
    device
}

fn verdict(
    verb: ActionKind,
    device: Value,
    when: Option<&str>,
    own: &[(ActionKind, TaskState)],
) -> Result<(), Box<TaskTransition>> {
    let mut facts = intent_facts(verb);
    facts.under_way = own.to_vec();
    if let Some(when) = when {
        facts.job.about["whenPending"] = when.into();
    }
    guard_call(&facts, &aimed(device), &PolicyCache::default()).map(drop)
}

/// Each combination that goes out over what is pending, and those that do on purpose.
#[test]
fn st_4_a_second_action_over_a_pending_one_of_others_stops() {
    for (verb, state, entries, stops) in [
        (ActionKind::Wipe, "wipePending", &[][..], true),
        (ActionKind::Wipe, "wipeIssued", &[], true),
        (ActionKind::Wipe, "WIPEPENDING", &[], true),
        (ActionKind::Wipe, "wipePending", &[("wipe", "pending")], true),
        (ActionKind::Wipe, "managed", &[("wipe", "pending")], true),
        (ActionKind::Wipe, "managed", &[("factoryReset", "Active")], true),
        (ActionKind::Wipe, "managed", &[("cleanWindowsDevice", "pending")], true),
        (ActionKind::Wipe, "managed", &[("remoteLock", "pending")], true),
        (ActionKind::Wipe, "managed", &[("somethingNew", "pending")], true),
        (ActionKind::Wipe, "deletePending", &[], true),
        (ActionKind::Wipe, "somethingPending", &[], true),
        (ActionKind::Wipe, "retirePending", &[], false),
        (ActionKind::Wipe, "retireIssued", &[("retire", "pending")], false),
        (
            ActionKind::Wipe,
            "managed",
            &[("wipe", "done"), ("wipe", "failed"), ("wipe", "canceled")],
            false,
        ),
        (ActionKind::Wipe, "wipeFailed", &[], false),
        (ActionKind::Wipe, "wipeCanceled", &[], false),
        (
            ActionKind::Wipe,
            "managed",
            &[("syncDevice", "pending"), ("windowsDefenderScan", "active")],
            false,
        ),
        (ActionKind::Retire, "retirePending", &[], true),
        (ActionKind::Retire, "retireIssued", &[], true),
        (ActionKind::Retire, "wipeIssued", &[], true),
        (ActionKind::Retire, "managed", &[("removeCompanyData", "pending")], true),
        (ActionKind::Delete, "deletePending", &[], true),
        (ActionKind::Delete, "retirePending", &[], true),
        (ActionKind::Delete, "managed", &[("wipe", "pending")], true),
        (
            ActionKind::FreshStart,
            "managed",
            &[("cleanWindowsDevice", "pending")],
            true,
        ),
        (ActionKind::FreshStart, "retirePending", &[], true),
        (ActionKind::Reboot, "managed", &[("rebootNow", "pending")], true),
        (ActionKind::Reboot, "wipePending", &[], true),
        (ActionKind::Reboot, "managed", &[("remoteLock", "pending")], false),
        (ActionKind::Reboot, "managed", &[("somethingNew", "pending")], false),
        (ActionKind::Sync, "wipePending", &[("wipe", "pending")], false),
    ] {
        let device = with(state, entries);
        let said = verdict(verb, device.clone(), None, &[]);
        let refused = said.as_ref().err().map(|stop| (stop.state, stop.cause.as_deref()));
        let wanted = stops.then_some((TaskState::Refused, Some("pendingAtIntune")));
        assert_eq!(refused, wanted, "{verb}, {state}, {entries:?}: {said:?}");
        assert!(
            verdict(verb, device.clone(), Some("goOn"), &[]).is_ok(),
            "{verb}, {state}, {entries:?}"
        );
        let waits = verdict(verb, device.clone(), Some("wait"), &[])
            .err()
            .map(|stop| stop.state);
        assert_eq!(
            waits,
            stops.then_some(TaskState::WaitingWindow),
            "{verb}, {state}, {entries:?}"
        );
        let unreadable = verdict(verb, device, Some("perhaps"), &[]).is_err();
        assert_eq!(unreadable, stops, "what can't be read stops");
    }
}

#[test]
fn st_4_what_is_said_names_the_action_its_time_what_shows_it_and_the_way_on() {
    let stop = verdict(ActionKind::Wipe, with("wipePending", &[("wipe", "pending")]), None, &[]).unwrap_err();
    let detail = stop.detail.unwrap();
    let text = detail["text"].as_str().unwrap();
    for part in [
        "not sent from here",
        "a wipe of 2026-11-19T10:00:00Z",
        "deviceActionResults",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        detail["instead"].as_str().unwrap().contains("--when-pending goOn"),
        "{detail}"
    );
    assert_eq!(stop.due_at, None);
    let state = list_pending_actions(&with("retireIssued", &[]));
    assert_eq!(
        describe_pending(&state)
            .unwrap()
            .matches("managementState retireIssued")
            .count(),
        1
    );
    assert_eq!(describe_pending(&[]), None);
}

/// What waits is looked at again soon, and not beyond its end.
#[test]
fn st_4_a_job_that_waits_looks_again() {
    let stop = verdict(ActionKind::Wipe, with("wipePending", &[]), Some("wait"), &[]).unwrap_err();
    let facts = intent_facts(ActionKind::Wipe);
    let due = stop.due_at.unwrap();
    assert!(due > facts.now && due <= facts.job.expires_at, "{due}");
}

/// What we have open ourselves is no stranger's; what has ended accounts for nothing.
#[test]
fn st_4_what_is_open_here_is_nobody_elses() {
    let device = || with("managed", &[("remoteLock", "pending")]);
    for (state, goes) in [
        (TaskState::HandedOver, true),
        (TaskState::PendingOnDevice, true),
        (TaskState::StillPending, true),
        (TaskState::Unclear, true),
        (TaskState::NeedsOperator, true),
        (TaskState::Done, false),
        (TaskState::Failed, false),
        (TaskState::Accepted, false),
    ] {
        let said = verdict(ActionKind::Wipe, device(), None, &[(ActionKind::RemoteLock, state)]);
        assert_eq!(said.is_ok(), goes, "{state:?}: {said:?}");
    }
    assert!(
        verdict(
            ActionKind::Wipe,
            device(),
            None,
            &[(ActionKind::Reboot, TaskState::HandedOver)]
        )
        .is_err()
    );
    let own = [(ActionKind::Retire, TaskState::PendingOnDevice)];
    assert!(
        verdict(
            ActionKind::Wipe,
            with("retirePending", &[("retire", "pending")]),
            None,
            &own
        )
        .is_ok()
    );
}

#[test]
fn st_4_one_action_that_shows_twice_is_told_once() {
    let told = list_pending_actions(&with("wipePending", &[("wipe", "pending")]));
    assert_eq!(told.len(), 1, "{told:?}");
    let told = list_pending_actions(&with("retirePending", &[("wipe", "pending")]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        exclude_own_tasks(
            told,
            &[
                (ActionKind::Wipe, TaskState::HandedOver),
                (ActionKind::Retire, TaskState::HandedOver)
            ]
        )
        .is_empty()
    );
    assert!(list_pending_actions(&json!({})).is_empty());
    assert!(list_pending_actions(&json!({"managementState": 7, "deviceActionResults": "x"})).is_empty());
}

#[test]
fn st_4_only_what_is_repeated_or_destroyed_stops_what_disrupts() {
    let pending = |verb: ActionKind| PendingIntuneAction {
        action: verb.name().into(),
        verb: Some(verb),
        since: None,
        shown_by: String::new(),
    };
    for verb in ActionKind::ALL.iter().copied() {
        let same = is_blocked_by(verb, &pending(verb));
        let spec = crate::actions::specs::ActionSpec::for_action(verb);
        let wanted = match verb.danger() {
            crate::model::ActionDanger::Harmless => false,
            crate::model::ActionDanger::Disruptive => !spec.repeatable,
            crate::model::ActionDanger::Destructive => true,
        };
        assert_eq!(same, wanted, "{verb} over itself");
    }
}
