use super::*;
use crate::actions::guard::{
    ApprovalSignIn, PolicyCache, check_acknowledgement, check_break_glass, emergency_access, guard_call,
};
use crate::model::{AccountControl, ControlKind};
use crate::store::{BrokenGlass, BrokenGlassFacts, JobRefusal};

type Row = (&'static str, &'static str, fn(&mut IntakeFacts, &mut IntakeRequest));

fn asked_in_need(change: fn(&mut IntakeFacts, &mut IntakeRequest)) -> Result<crate::store::JobAcceptance, JobRefusal> {
    let (mut facts, mut asked) = (intake_facts(), asked(ActionKind::Wipe, 1));
    change(&mut facts, &mut asked);
    check_break_glass(&facts, &asked)
}

#[test]
fn a9_a_broken_glass_never_passes_what_is_no_threshold() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("switched off", "brokenGlassOff", |facts, _| facts.bus_policy = limits(|policy| policy.approval.broken_glass = false)),
        ("two devices", "brokenGlassDevices", |_, asked| asked.devices = 2),
        ("by filter", "brokenGlassDevices", |_, asked| { asked.by_filter = true; asked.verb = ActionKind::RemoteLock; }),
        ("the fourth of a day", "brokenGlassLimit", |facts, _| facts.broken_glass_count = 3),
        ("a server's account", "personally", |facts, _| facts.operator.as_mut().unwrap().kind = OperatorKind::Server),
        ("nobody's account", "personally", |facts, _| facts.operator.as_mut().unwrap().password_hash = None),
        ("a password of somebody else's", "passwordChangeNeeded", |facts, _| facts.operator.as_mut().unwrap().password_given = true),
        ("account gone", "operator", |facts, _| facts.operator = None),
        ("account disabled", "operator", |facts, _| facts.operator.as_mut().unwrap().disabled = true),
        ("no right", "missingRight", |facts, _| facts.operator = Some(person(1, &["Actions_RemoteLock", "Jobs_*"]))),
        ("scope", "outOfScope", |facts, _| facts.operator.as_mut().unwrap().scope = elsewhere()),
        ("a person's kill switch", "killSwitch", |facts, _| facts.kill_switch = Some(switch())),
        ("verb off", "verbOff", |facts, _| facts.instance_policy = None),
        ("suspended", "suspended", |facts, _| facts.suspension = Some((now(), "too much".into()))),
        ("not fresh", "notFresh", |_, asked| asked.oldest_read = Some((device_id(), now() - TimeDelta::hours(25)))),
        ("the tenant's day", "limitPerDay", |facts, _| facts.tenant_counts = TaskCounts { open: 0, hour: 0, day: 50 }),
        ("the operator's day", "limitPerDay", |facts, _| facts.operator_counts = TaskCounts { open: 0, hour: 0, day: 50 }),
        ("nothing destructive at all", "limitPerJob", |facts, _| facts.bus_policy = limits(|policy| policy.limits.per_job = 0)),
    ];
    for (what, rule, change) in rows {
        let refused = asked_in_need(*change).expect_err(what);
        assert_eq!(
            (refused.rule, refused.suspension.is_some()),
            (*rule, false),
            "{what}: {refused:?}"
        );
    }
}

#[test]
fn a9_a_broken_glass_is_for_a_wipe_a_retire_or_a_lock() {
    for verb in ActionKind::ALL.iter().copied() {
        let judged = check_break_glass(&intake_facts(), &asked(verb, 1));
        if matches!(verb, ActionKind::Wipe | ActionKind::Retire | ActionKind::RemoteLock) {
            assert_eq!(judged.map(|intake| intake.needs_approval), Ok(false), "{verb}")
        } else {
            assert_eq!(judged.unwrap_err().rule, "brokenGlassAction", "{verb}")
        }
    }
}

#[test]
fn a9_a_broken_glass_passes_approval_hourly_thresholds_and_the_kill_switch_of_a_restore() {
    for change in [
        (|facts, _| facts.bus_policy = limits(|policy| policy.approval.always = true))
            as fn(&mut IntakeFacts, &mut IntakeRequest),
        |facts, _| facts.bus_policy = limits(|policy| policy.approval.above = 0),
        |facts, _| (facts.tenant_counts, facts.operator_counts) = (hour_full(), hour_full()),
        |facts, _| facts.kill_switch = Some(restored()),
        |facts, _| facts.broken_glass_count = 2,
    ] {
        assert_eq!(asked_in_need(change).map(|intake| intake.needs_approval), Ok(false));
    }
}

fn hour_full() -> TaskCounts {
    TaskCounts {
        open: 0,
        hour: 40,
        day: 40,
    }
}

fn restored() -> KillSwitch {
    KillSwitch {
        origin: KillSwitchOrigin::Restore,
        ..switch()
    }
}

#[test]
fn a9_before_the_call_a_broken_glass_passes_the_hour_and_a_restore_and_nothing_else() {
    type Change = fn(&mut IntentFacts, &mut PlannedCall);
    #[rustfmt::skip]
    let rows: &[(&str, Option<&str>, Change)] = &[
        ("nothing in the way", None, |_, _| ()),
        ("the hour is full", None, |facts, _| (facts.tenant_counts, facts.operator_counts) = (hour_full(), hour_full())),
        ("a restore's kill switch", None, |facts, _| facts.kill_switch = Some(restored())),
        ("a person's kill switch", Some("killSwitch"), |facts, _| facts.kill_switch = Some(switch())),
        ("the day is full", Some("limitPerDay"), |facts, _| facts.tenant_counts.day = 50),
        ("Microsoft's cap", Some("dailyCap"), |facts, _| facts.verb_today = 500),
        ("another device", Some("identityChanged"), |_, aimed| aimed.identity.as_mut().unwrap().serial_number = Some("SN2".into())),
        ("no pin", Some("identityChanged"), |facts, _| facts.task.pin = None),
        ("not read anew", Some("identityChanged"), |_, aimed| aimed.identity = None),
        ("verb off", Some("verbOff"), |facts, _| facts.instance_policy = text(&InstancePolicy::default())),
        ("protected", Some("neverTouch"), |facts, _| facts.instance_policy = text(&InstancePolicy { never_touch: Some("true".into()), ..everything() })),
        ("right taken", Some("missingRight"), |facts, _| facts.operator = Some(person(1, &["Jobs_Send"]))),
        ("scope narrowed", Some("outOfScope"), |facts, _| facts.operator.as_mut().unwrap().scope = elsewhere()),
        ("account gone", Some("operator"), |facts, _| facts.operator = None),
        ("suspended", Some("suspended"), |facts, _| facts.suspension = Some((now(), "too much".into()))),
        ("under way", Some("openTask"), |facts, _| facts.under_way = vec![(ActionKind::Wipe, TaskState::HandedOver)]),
        ("somebody's own", Some("personal"), |_, aimed| {
            let mut body = laptop();
            body["managedDeviceOwnerType"] = json!("personal");
            *aimed = super::aimed(body);
        }),
    ];
    for (what, cause, change) in rows {
        let (mut facts, mut aimed) = (intent_facts(ActionKind::Wipe), aimed(laptop()));
        facts.job.broken_glass = true;
        change(&mut facts, &mut aimed);
        let stop = guard_call(&facts, &aimed, &PolicyCache::default()).err();
        assert_eq!(stop.and_then(|stop| stop.cause).as_deref(), *cause, "{what}");
    }
}

#[test]
fn a9_the_reason_of_a_broken_glass_is_one_line_that_somebody_typed() {
    for (given, kept) in [
        ("stolen in the train", Some("stolen in the train")),
        ("  stolen\r\nFAKE LINE\t1 ", Some("stolen FAKE LINE 1")),
        ("a\u{202e}b\u{2028}c\u{1b}[31m", Some("a b c [31m")),
        ("", None),
        (" \r\n\t\u{202e}", None),
    ] {
        assert_eq!(emergency_access::clean_reason(given).as_deref(), kept, "{given:?}");
    }
    assert!(emergency_access::clean_reason(&"x".repeat(500)).is_some());
    assert!(emergency_access::clean_reason(&"x".repeat(501)).is_none());
}

fn glass_facts() -> BrokenGlassFacts {
    let everybody: Vec<OperatorRow> = (1..=4).map(|id| person(id, &["Jobs_*"])).collect();
    BrokenGlassFacts {
        now: now(),
        broken_glass: BrokenGlass {
            id: 1,
            job: JobId(1),
            instance: InstanceId(1),
            device: device_id(),
            verb: ActionKind::Wipe,
            operator: OperatorId(1),
            by: "person-1".into(),
            reason: "stolen".into(),
            at: now() - TimeDelta::days(3),
            seen_by: None,
            seen_at: None,
        },
        instance: Some("IntuneConnector_1".parse().unwrap()),
        acknowledger: Some(everybody[1].clone()),
        operators: everybody,
        controls: Vec::new(),
    }
}

#[test]
fn a9_a_broken_glass_is_looked_at_by_an_untied_second_person_in_person() {
    type Change = fn(&mut BrokenGlassFacts);
    let controls = |by, over| {
        AccountControl::new(
            OperatorId(by),
            OperatorId(over),
            ControlKind::Made,
            now() - TimeDelta::days(1),
        )
    };
    let tied = move |pairs: &[(i64, i64)]| pairs.iter().map(|(by, over)| controls(*by, *over)).collect::<Vec<_>>();
    let looks = |change: Change, pairs: &[(i64, i64)], by| {
        let mut facts = glass_facts();
        facts.controls = tied(pairs);
        change(&mut facts);
        check_acknowledgement(&facts, by).err().map(|why| why.code)
    };
    let own = ApprovalSignIn::OwnPassword;
    assert_eq!(looks(|_| (), &[], own), None);
    assert_eq!(looks(|_| (), &[(3, 4)], own), None, "ties of others are none of theirs");
    assert_eq!(looks(|_| (), &[], ApprovalSignIn::Other), Some("personally"));
    for pairs in [&[(1, 2)][..], &[(2, 1)], &[(3, 1), (3, 2)], &[(1, 3), (3, 2)]] {
        assert_eq!(looks(|_| (), pairs, own), Some("relatedAccounts"), "{pairs:?}");
    }
    #[rustfmt::skip]
    let rows: &[(&str, &str, Change)] = &[
        ("whoever broke it, even days later and with nobody else", "ownRequest", |facts| {
            facts.operators.truncate(1);
            facts.acknowledger = facts.operators.first().cloned();
        }),
        ("a server's account", "personally", |facts| facts.acknowledger.as_mut().unwrap().kind = OperatorKind::Server),
        ("a password of somebody else's", "passwordChangeNeeded", |facts| facts.acknowledger.as_mut().unwrap().password_given = true),
        ("no right", "missingRight", |facts| facts.acknowledger.as_mut().unwrap().rights = vec!["Jobs_Read".parse().unwrap()]),
        ("elsewhere", "outOfScope", |facts| facts.acknowledger.as_mut().unwrap().scope = elsewhere()),
        ("suspended", "suspended", |facts| facts.acknowledger.as_mut().unwrap().suspended = true),
        ("seen already", "seen", |facts| facts.broken_glass.seen_by = Some("person-3".into())),
    ];
    for (what, code, change) in rows {
        assert_eq!(looks(*change, &[], own), Some(*code), "{what}");
    }
}
