use super::*;
use crate::actions::guard::{ApprovalRule, CallClearance, PolicyCache, PolicyWindow, guard_call};
use crate::store::TaskTransition;

fn judge(facts: &IntentFacts, aimed: &PlannedCall) -> Result<CallClearance, Box<TaskTransition>> {
    guard_call(facts, aimed, &PolicyCache::default())
}

/// Fits a laptop and is destructive.
const VERB: ActionKind = ActionKind::Retire;

type Row = (
    &'static str,
    TaskState,
    &'static str,
    fn(&mut IntentFacts, &mut PlannedCall),
);

fn policy(facts: &mut IntentFacts, change: fn(&mut InstancePolicy)) {
    let mut policy = everything();
    change(&mut policy);
    facts.instance_policy = text(&policy);
}

fn becomes(aimed: &mut PlannedCall, change: fn(&mut Value)) {
    let mut body = laptop();
    change(&mut body);
    *aimed = super::aimed(body);
}

#[test]
fn what_breaks_no_rule_goes_out() {
    assert_eq!(
        judge(&intent_facts(VERB), &aimed(laptop())),
        Ok(CallClearance { escalates: None })
    );
    let mut approved = intent_facts(VERB);
    approved.job.approval = ApprovalState::Approved;
    assert!(judge(&approved, &aimed(laptop())).is_ok());
}

#[test]
fn each_rule_ends_a_task_or_lets_it_wait_and_says_which_it_is() {
    use TaskState::{Expired, Refused, WaitingApproval, WaitingBudget, WaitingWindow};
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("expired", Expired, "expired", |facts, _| facts.job.expires_at = now()),
        ("not approved yet", WaitingApproval, "approval", |facts, _| facts.job.approval = ApprovalState::Waiting),
        ("rejected", Refused, "rejected", |facts, _| facts.job.approval = ApprovalState::Rejected),
        ("lapsed", Refused, "rejected", |facts, _| facts.job.approval = ApprovalState::Lapsed),
        ("account gone", Refused, "operator", |facts, _| facts.operator = None),
        ("account disabled", Refused, "operator", |facts, _| facts.operator.as_mut().unwrap().disabled = true),
        ("right taken away", Refused, "missingRight", |facts, _| facts.operator = Some(person(1, &["Actions_Wipe"]))),
        ("scope narrowed", Refused, "outOfScope", |facts, _| facts.operator.as_mut().unwrap().scope = elsewhere()),
        ("suspended", Refused, "suspended", |facts, _| facts.suspension = Some((now(), "x".into()))),
        ("no policy", Refused, "verbOff", |facts, _| facts.instance_policy = None),
        ("verb off", Refused, "verbOff", |facts, _| policy(facts, |policy| { policy.verbs.remove(&VERB); })),
        ("other serial number", Refused, "identityChanged", |_, aimed| becomes(aimed, |body| body["serialNumber"] = "SN2".into())),
        ("enrolled anew", Refused, "identityChanged", |_, aimed| becomes(aimed, |body| body["enrolledDateTime"] = "2026-11-19T08:00:00Z".into())),
        ("other user", Refused, "identityChanged", |_, aimed| becomes(aimed, |body| body["userPrincipalName"] = "b@example.org".into())),
        ("no user any more", Refused, "identityChanged", |_, aimed| becomes(aimed, |body| body["userPrincipalName"] = Value::Null)),
        ("not read afresh", Refused, "identityChanged", |_, aimed| aimed.identity = None),
        ("no pin", Refused, "identityChanged", |facts, _| facts.task.pin = None),
        ("protected by its id", Refused, "neverTouch", |facts, _| policy(facts, |policy| { policy.never_touch_ids.insert(device_id()); })),
        ("protected by a condition", Refused, "neverTouch", |facts, _| policy(facts, |policy| policy.never_touch = Some("deviceName.startsWith(\"VIP\")".into()))),
        ("condition fails", Refused, "neverTouch", |facts, _| policy(facts, |policy| policy.never_touch = Some("model.startsWith(\"X\")".into()))),
        ("condition can't be read", Refused, "neverTouch", |facts, _| policy(facts, |policy| policy.never_touch = Some("what is this".into()))),
        ("another task of the device", Refused, "openTask", |facts, _| facts.under_way = vec![(ActionKind::Retire, TaskState::PendingOnDevice)]),
        ("an outcome that nobody knows", Refused, "openTask", |facts, _| facts.under_way = vec![(ActionKind::Wipe, TaskState::NeedsOperator)]),
        ("kill switch", WaitingWindow, "killSwitch", |facts, _| facts.kill_switch = Some(switch())),
        ("kill switch, urgent", WaitingWindow, "killSwitch", |facts, _| { facts.kill_switch = Some(switch()); facts.job.urgent = true; }),
        ("no window", WaitingWindow, "window", |facts, _| policy(facts, |policy| policy.windows = vec![PolicyWindow { cron: "0 22 * * *".into(), minutes: 60, zone: "UTC".into() }])),
        ("hour of the tenant", WaitingBudget, "limitPerHour", |facts, _| facts.tenant_counts.hour = 20),
        ("hour of the operator", WaitingBudget, "limitPerHour", |facts, _| facts.operator_counts.hour = 20),
        ("day of the tenant", WaitingBudget, "limitPerDay", |facts, _| facts.tenant_counts.day = 50),
        ("day of the operator", WaitingBudget, "limitPerDay", |facts, _| facts.operator_counts.day = 50),
        ("urgent passes no limit", WaitingBudget, "limitPerHour", |facts, _| { facts.tenant_counts.hour = 20; facts.job.urgent = true; }),
        ("Microsoft's cap", WaitingBudget, "dailyCap", |facts, _| facts.verb_today = 1000),
        ("limit lowered meanwhile", WaitingBudget, "limitPerHour", |facts, _| { facts.tenant_counts.hour = 2; facts.bus_policy = limits(|policy| policy.limits.per_hour = 2); }),
    ];
    for (what, state, rule, change) in rows {
        let (mut facts, mut aimed) = (intent_facts(VERB), aimed(laptop()));
        change(&mut facts, &mut aimed);
        let stop = judge(&facts, &aimed).expect_err(what);
        assert_eq!(
            (stop.state, stop.cause.as_deref()),
            (*state, Some(*rule)),
            "{what}: {stop:?}"
        );
        let waits = state.is_unissued();
        assert_eq!(
            stop.due_at.is_some(),
            waits,
            "{what}: what waits is looked at again, what ended is not"
        );
        assert!(
            stop.due_at.is_none_or(|at| at > now() && at <= facts.job.expires_at),
            "{what}: {stop:?}"
        );
    }
}

#[test]
fn a_deletion_that_would_wipe_needs_the_right_to_wipe() {
    let mut android = laptop();
    (android["operatingSystem"], android["deviceEnrollmentType"]) =
        ("Android".into(), "androidEnterpriseFullyManaged".into());
    let mut facts = intent_facts(ActionKind::Delete);
    facts.operator = Some(person(1, &["Actions_Delete"]));
    assert!(judge(&facts, &aimed(laptop())).is_ok());
    let stop = judge(&facts, &aimed(android)).expect_err("it would wipe");
    assert_eq!(stop.cause.as_deref(), Some("missingRight"));
}

#[test]
fn only_a_wipe_overtakes_and_only_a_retire_that_waits_for_its_device() {
    use TaskState::{HandedOver, Issuing, NeedsOperator, PendingOnDevice, StillPending, Unclear};
    for state in [
        Issuing,
        Unclear,
        HandedOver,
        PendingOnDevice,
        StillPending,
        NeedsOperator,
    ] {
        for (verb, other) in [
            (ActionKind::Wipe, ActionKind::Retire),
            (ActionKind::Retire, ActionKind::Wipe),
            (ActionKind::Wipe, ActionKind::Wipe),
            (ActionKind::Retire, ActionKind::Retire),
        ] {
            let mut facts = intent_facts(verb);
            facts.under_way = vec![(other, state)];
            let may = (verb, other) == (ActionKind::Wipe, ActionKind::Retire)
                && matches!(state, HandedOver | PendingOnDevice | StillPending);
            match judge(&facts, &aimed(laptop())) {
                Ok(leave) => assert!(
                    may && leave.escalates == Some(ActionKind::Retire),
                    "{verb} behind {other} {state:?}"
                ),
                Err(stop) => assert!(
                    !may && stop.cause.as_deref() == Some("openTask"),
                    "{verb} behind {other} {state:?}"
                ),
            }
        }
    }
}

#[test]
fn urgent_passes_windows_and_nothing_else() {
    let mut facts = intent_facts(VERB);
    policy(&mut facts, |policy| {
        policy.windows = vec![PolicyWindow {
            cron: "0 22 * * *".into(),
            minutes: 60,
            zone: "UTC".into(),
        }]
    });
    facts.job.urgent = true;
    assert!(judge(&facts, &aimed(laptop())).is_ok());
}

#[test]
fn a_window_is_waited_for_until_it_opens_or_the_job_expires() {
    let mut facts = intent_facts(VERB);
    policy(&mut facts, |policy| {
        policy.windows = vec![PolicyWindow {
            cron: "0 22 * * *".into(),
            minutes: 60,
            zone: "UTC".into(),
        }]
    });
    let opens = now() + TimeDelta::hours(12);
    assert_eq!(judge(&facts, &aimed(laptop())).unwrap_err().due_at, Some(opens));
    facts.job.expires_at = now() + TimeDelta::hours(2);
    assert_eq!(
        judge(&facts, &aimed(laptop())).unwrap_err().due_at,
        Some(facts.job.expires_at)
    );
}

#[test]
fn a_synchronisation_reaches_protected_devices_and_nothing_else_does() {
    for verb in ActionKind::ALL.iter().filter(|verb| VerbsOf::laptop(**verb)) {
        let mut facts = intent_facts(*verb);
        policy(&mut facts, |policy| {
            policy.never_touch_ids.insert(device_id());
        });
        let through = judge(&facts, &aimed(laptop())).is_ok();
        assert_eq!(through, *verb == ActionKind::Sync, "{verb}");
    }
}

struct VerbsOf;

impl VerbsOf {
    /// Goes out to a laptop where nothing protects it.
    fn laptop(verb: ActionKind) -> bool {
        judge(&intent_facts(verb), &aimed(laptop())).is_ok()
    }
}

#[test]
fn personal_devices_are_retired_not_wiped_unless_it_is_allowed() {
    let mut body = laptop();
    body["managedDeviceOwnerType"] = "personal".into();
    assert!(judge(&intent_facts(ActionKind::Retire), &aimed(body.clone())).is_ok());
    let mut facts = intent_facts(ActionKind::Wipe);
    let stop = judge(&facts, &aimed(body.clone())).expect_err("a person's");
    assert_eq!(stop.cause.as_deref(), Some("personal"));
    assert!(stop.detail.unwrap()["instead"].as_str().unwrap().contains("retire"));
    policy(&mut facts, |policy| {
        policy.personal_allowed.insert(ActionKind::Wipe);
    });
    assert!(judge(&facts, &aimed(body)).is_ok());
}

#[test]
fn a_task_that_was_tried_without_effect_does_not_stand_in_its_own_way() {
    let mut facts = intent_facts(VERB);
    facts.bus_policy = limits(|policy| (policy.limits.per_hour, policy.approval) = (1, ApprovalRule::default()));
    facts.tenant_counts = TaskCounts {
        open: 0,
        hour: 1,
        day: 1,
    };
    facts.operator_counts = facts.tenant_counts;
    assert!(judge(&facts, &aimed(laptop())).is_err(), "another one's place");
    facts.task.intent_at = Some(now() - TimeDelta::minutes(5));
    assert!(judge(&facts, &aimed(laptop())).is_ok(), "its own place");
}
