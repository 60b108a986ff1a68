//! What Intune shows as pending although nobody here sent it (A6, ST-4).

use serde_json::{Value, json};

use super::{aimed, intent_facts, laptop};
use crate::actions::guard::before_call::before_call;
use crate::actions::guard::pending::{PendingAction, of_others, sentence, shown, stops};
use crate::actions::guard::policy::Policies;
use crate::model::{TaskState, Verb};
use crate::store::Move;

fn with(state: &str, entries: &[(&str, &str)]) -> Value {
    let mut device = laptop();
    device["managementState"] = state.into();
    device["deviceActionResults"] = entries
        .iter()
        .map(|(name, state)| json!({"actionName": name, "actionState": state, "startDateTime": "2026-11-19T10:00:00Z"}))
        .collect();
    device
}

fn verdict(verb: Verb, device: Value, when: Option<&str>, own: &[(Verb, TaskState)]) -> Result<(), Box<Move>> {
    let mut facts = intent_facts(verb);
    facts.under_way = own.to_vec();
    if let Some(when) = when {
        facts.job.about["whenPending"] = when.into();
    }
    before_call(&facts, &aimed(device), &Policies::default()).map(drop)
}

/// Each combination that goes out over what is pending, and those that do on purpose.
#[test]
fn st_4_a_second_action_over_a_pending_one_of_others_stops() {
    for (verb, state, entries, stops) in [
        (Verb::Wipe, "wipePending", &[][..], true),
        (Verb::Wipe, "wipeIssued", &[], true),
        (Verb::Wipe, "WIPEPENDING", &[], true),
        (Verb::Wipe, "wipePending", &[("wipe", "pending")], true),
        (Verb::Wipe, "managed", &[("wipe", "pending")], true),
        (Verb::Wipe, "managed", &[("factoryReset", "Active")], true),
        (Verb::Wipe, "managed", &[("cleanWindowsDevice", "pending")], true),
        (Verb::Wipe, "managed", &[("remoteLock", "pending")], true),
        (Verb::Wipe, "managed", &[("somethingNew", "pending")], true),
        (Verb::Wipe, "deletePending", &[], true),
        (Verb::Wipe, "somethingPending", &[], true),
        (Verb::Wipe, "retirePending", &[], false),
        (Verb::Wipe, "retireIssued", &[("retire", "pending")], false),
        (
            Verb::Wipe,
            "managed",
            &[("wipe", "done"), ("wipe", "failed"), ("wipe", "canceled")],
            false,
        ),
        (Verb::Wipe, "wipeFailed", &[], false),
        (Verb::Wipe, "wipeCanceled", &[], false),
        (
            Verb::Wipe,
            "managed",
            &[("syncDevice", "pending"), ("windowsDefenderScan", "active")],
            false,
        ),
        (Verb::Retire, "retirePending", &[], true),
        (Verb::Retire, "retireIssued", &[], true),
        (Verb::Retire, "wipeIssued", &[], true),
        (Verb::Retire, "managed", &[("removeCompanyData", "pending")], true),
        (Verb::Delete, "deletePending", &[], true),
        (Verb::Delete, "retirePending", &[], true),
        (Verb::Delete, "managed", &[("wipe", "pending")], true),
        (Verb::FreshStart, "managed", &[("cleanWindowsDevice", "pending")], true),
        (Verb::FreshStart, "retirePending", &[], true),
        (Verb::Reboot, "managed", &[("rebootNow", "pending")], true),
        (Verb::Reboot, "wipePending", &[], true),
        (Verb::Reboot, "managed", &[("remoteLock", "pending")], false),
        (Verb::Reboot, "managed", &[("somethingNew", "pending")], false),
        (Verb::Sync, "wipePending", &[("wipe", "pending")], false),
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
    let stop = verdict(Verb::Wipe, with("wipePending", &[("wipe", "pending")]), None, &[]).unwrap_err();
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
    let state = shown(&with("retireIssued", &[]));
    assert_eq!(
        sentence(&state)
            .unwrap()
            .matches("managementState retireIssued")
            .count(),
        1
    );
    assert_eq!(sentence(&[]), None);
}

/// What waits is looked at again soon, and not beyond its end.
#[test]
fn st_4_a_job_that_waits_looks_again() {
    let stop = verdict(Verb::Wipe, with("wipePending", &[]), Some("wait"), &[]).unwrap_err();
    let facts = intent_facts(Verb::Wipe);
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
        let said = verdict(Verb::Wipe, device(), None, &[(Verb::RemoteLock, state)]);
        assert_eq!(said.is_ok(), goes, "{state:?}: {said:?}");
    }
    assert!(verdict(Verb::Wipe, device(), None, &[(Verb::Reboot, TaskState::HandedOver)]).is_err());
    let own = [(Verb::Retire, TaskState::PendingOnDevice)];
    assert!(verdict(Verb::Wipe, with("retirePending", &[("retire", "pending")]), None, &own).is_ok());
}

#[test]
fn st_4_one_action_that_shows_twice_is_told_once() {
    let told = shown(&with("wipePending", &[("wipe", "pending")]));
    assert_eq!(told.len(), 1, "{told:?}");
    let told = shown(&with("retirePending", &[("wipe", "pending")]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        of_others(
            told,
            &[
                (Verb::Wipe, TaskState::HandedOver),
                (Verb::Retire, TaskState::HandedOver)
            ]
        )
        .is_empty()
    );
    assert!(shown(&json!({})).is_empty());
    assert!(shown(&json!({"managementState": 7, "deviceActionResults": "x"})).is_empty());
}

#[test]
fn st_4_only_what_is_repeated_or_destroyed_stops_what_disrupts() {
    let pending = |verb: Verb| PendingAction {
        action: verb.name().into(),
        verb: Some(verb),
        since: None,
        shown_by: String::new(),
    };
    for verb in Verb::ALL.iter().copied() {
        let same = stops(verb, &pending(verb));
        let spec = crate::actions::verbs::VerbSpec::of(verb);
        let wanted = match verb.danger() {
            crate::model::Danger::Harmless => false,
            crate::model::Danger::Disruptive => !spec.repeatable,
            crate::model::Danger::Destructive => true,
        };
        assert_eq!(same, wanted, "{verb} over itself");
    }
}
