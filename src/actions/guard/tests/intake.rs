use super::*;
use crate::actions::guard::{UnfitJob, check_break_glass, check_intake, check_intake_without_factor};
use crate::store::JobRefusal;

type Row = (&'static str, &'static str, fn(&mut IntakeFacts, &mut IntakeRequest));

fn refusal(verb: ActionKind, change: fn(&mut IntakeFacts, &mut IntakeRequest)) -> JobRefusal {
    let (mut facts, mut asked) = (intake_facts(), asked(verb, 1));
    change(&mut facts, &mut asked);
    check_intake(&facts, &asked).expect_err("it breaks a rule")
}

#[test]
fn what_breaks_no_rule_comes_in_whatever_the_verb() {
    for verb in ActionKind::ALL {
        let intake =
            check_intake(&intake_facts(), &asked(*verb, 1)).unwrap_or_else(|refused| panic!("{verb}: {refused:?}"));
        assert!(!intake.needs_approval, "{verb}");
        assert_eq!(intake.approval_digest, [7; 32]);
    }
}

#[test]
fn who_has_shown_no_second_factor_where_one_is_wanted_destroys_nothing() {
    for verb in ActionKind::ALL {
        let taken = check_intake_without_factor(&intake_facts(), &asked(*verb, 1));
        let is_refused = taken
            .as_ref()
            .is_err_and(|refused| refused.rule == "secondFactorRequired");
        assert_eq!(
            is_refused,
            verb.danger() == ActionDanger::Destructive,
            "{verb}: {taken:?}"
        );
        assert!(is_refused || taken.is_ok(), "{verb}: {taken:?}");
    }
    let many = asked(ActionKind::Wipe, 11);
    let refused = check_intake_without_factor(&intake_facts(), &many).expect_err("a limit");
    assert_eq!(refused.rule, "limitPerJob", "what every job is asked comes first");
}

#[test]
fn each_rule_refuses_a_job_whole_and_says_which_it_is() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("account gone", "operator", |facts, _| facts.operator = None),
        ("account disabled", "operator", |facts, _| facts.operator.as_mut().unwrap().disabled = true),
        ("no right to the verb", "missingRight", |facts, _| facts.operator = Some(person(1, &["Actions_Sync", "Jobs_*"]))),
        ("deletion that wipes", "missingRight", |facts, asked| {
            facts.operator = Some(person(1, &["Actions_Wipe"]));
            asked.verb = ActionKind::Delete;
        }),
        ("deletion that wipes, without the right to wipe", "missingRight", |facts, asked| {
            facts.operator = Some(person(1, &["Actions_Delete"]));
            (asked.verb, asked.would_wipe) = (ActionKind::Delete, true);
        }),
        ("urgent without the right", "missingRight", |facts, asked| {
            facts.operator = Some(person(1, &["Actions_*", "Jobs_Send"]));
            asked.urgent = true;
        }),
        ("scope", "outOfScope", |facts, _| facts.operator.as_mut().unwrap().scope = elsewhere()),
        ("kill switch", "killSwitch", |facts, _| facts.kill_switch = Some(switch())),
        ("no policy at all", "verbOff", |facts, _| facts.instance_policy = None),
        ("a policy that can't be read", "verbOff", |facts, _| facts.instance_policy = Some("{\"verbs\":[\"wipe\"],\"new\":1}".into())),
        ("verb off", "verbOff", |facts, _| facts.instance_policy = text(&InstancePolicy { verbs: [ActionKind::Sync].into(), ..everything() })),
        ("suspended", "suspended", |facts, _| facts.suspension = Some((now(), "too much".into()))),
        ("filter", "filter", |_, asked| asked.by_filter = true),
        ("not fresh", "notFresh", |_, asked| asked.oldest_read = Some((device_id(), now() - TimeDelta::hours(24) - TimeDelta::seconds(1)))),
        ("per job", "limitPerJob", |_, asked| asked.devices = 11),
        ("per hour", "limitPerHour", |facts, _| facts.tenant_counts = TaskCounts { open: 0, hour: 20, day: 20 }),
        ("per hour, open ones count", "limitPerHour", |facts, _| facts.tenant_counts = TaskCounts { open: 12, hour: 8, day: 8 }),
        ("per day", "limitPerDay", |facts, _| facts.tenant_counts = TaskCounts { open: 0, hour: 0, day: 50 }),
        ("per hour and operator", "limitPerHour", |facts, _| facts.operator_counts = TaskCounts { open: 10, hour: 10, day: 10 }),
        ("per day and operator", "limitPerDay", |facts, _| facts.operator_counts = TaskCounts { open: 0, hour: 0, day: 50 }),
    ];
    for (what, rule, change) in rows {
        let refused = refusal(ActionKind::Wipe, *change);
        assert_eq!(refused.rule, *rule, "{what}: {refused:?}");
        let of_a_limit = rule.starts_with("limit");
        assert_eq!(
            (refused.counts_towards_suspension, refused.suspension),
            (of_a_limit, None),
            "{what}"
        );
    }
}

#[test]
fn n4_an_action_that_is_off_is_refused_with_the_command_that_switches_it_on() {
    let refused = refusal(ActionKind::Wipe, |facts, _| {
        facts.instance_policy = text(&InstancePolicy {
            verbs: [ActionKind::Sync].into(),
            ..everything()
        });
    });
    let command = "intune-connector instances set IntuneConnector_1 --set 'verbs=sync, wipe'";
    assert!(refused.advice.contains(command), "{}", refused.advice);
}

#[test]
fn n4_what_no_device_can_do_is_refused_last_and_hides_nobody_who_tries_the_limits() {
    let unfit = || {
        Some(UnfitJob {
            detail: "wipe does not work on this device".to_owned(),
            advice: "Instead: `retire`".to_owned(),
        })
    };
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("nothing else", "unfit", |_, _| ()),
        ("no right to the verb", "missingRight", |facts, _| facts.operator = Some(person(1, &["Actions_Sync", "Jobs_*"]))),
        ("kill switch", "killSwitch", |facts, _| facts.kill_switch = Some(switch())),
        ("suspended", "suspended", |facts, _| facts.suspension = Some((now(), "too much".into()))),
        ("the tenant's day", "limitPerDay", |facts, _| facts.tenant_counts = TaskCounts { open: 0, hour: 0, day: 50 }),
    ];
    for (what, rule, change) in rows {
        for check in [check_intake, check_break_glass] {
            let (mut facts, mut asked) = (intake_facts(), asked(ActionKind::Wipe, 1));
            change(&mut facts, &mut asked);
            asked.unfit = unfit();
            let refused = check(&facts, &asked).expect_err(what);
            assert_eq!(
                (refused.rule, refused.counts_towards_suspension),
                (*rule, rule.starts_with("limit")),
                "{what}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_limit_that_is_met_exactly_is_kept() {
    let mut facts = intake_facts();
    facts.tenant_counts = TaskCounts {
        open: 4,
        hour: 6,
        day: 36,
    };
    facts.operator_counts = facts.tenant_counts;
    assert!(check_intake(&facts, &asked(ActionKind::Wipe, 10)).is_ok());
    facts.tenant_counts.open += 1;
    assert_eq!(
        check_intake(&facts, &asked(ActionKind::Wipe, 10)).unwrap_err().rule,
        "limitPerHour"
    );
}

#[test]
fn no_limit_suspension_or_filter_refuses_what_destroys_nothing() {
    for verb in ActionKind::ALL
        .iter()
        .filter(|verb| verb.danger() != ActionDanger::Destructive)
    {
        let mut facts = intake_facts();
        facts.tenant_counts = TaskCounts {
            open: 900,
            hour: 900,
            day: 900,
        };
        facts.operator_counts = facts.tenant_counts;
        facts.suspension = Some((now(), "too much".into()));
        let mut asked = asked(*verb, 100_000);
        asked.by_filter = true;
        asked.oldest_read = Some((device_id(), now() - TimeDelta::days(30)));
        assert_eq!(
            check_intake(&facts, &asked).map(|intake| intake.needs_approval),
            Ok(verb.danger() == ActionDanger::Disruptive),
            "{verb}"
        );
    }
}

#[test]
fn the_tripwire_is_touched_by_more_than_three_times_a_limit() {
    for (limit, devices, trips) in [
        (10, 30, false),
        (10, 31, true),
        (5, 15, false),
        (5, 16, true),
        (0, 1, false),
        (0, 4, true),
    ] {
        let mut facts = intake_facts();
        facts.bus_policy = limits(|policy| policy.limits.per_job = limit);
        let refused = check_intake(&facts, &asked(ActionKind::Wipe, devices)).unwrap_err();
        assert_eq!(
            (refused.counts_towards_suspension, refused.suspension.is_some()),
            (true, trips),
            "{devices} devices, limit {limit}"
        );
    }
}

#[test]
fn the_tripwire_is_touched_by_the_third_refusal_within_an_hour() {
    let rows: [(&[i64], bool); 5] = [
        (&[], false),
        (&[59], false),
        (&[59, 1], true),
        (&[60, 1], false),
        (&[90, 60, 59], false),
    ];
    for (minutes, trips) in rows {
        let mut facts = intake_facts();
        facts.refused_at = minutes.iter().map(|ago| now() - TimeDelta::minutes(*ago)).collect();
        let refused = check_intake(&facts, &asked(ActionKind::Wipe, 11)).unwrap_err();
        assert_eq!(refused.suspension.is_some(), trips, "{minutes:?}");
        let reason = refused.suspension.map(|suspension| suspension.reason);
        let told = reason.is_some_and(|reason| reason.starts_with("3 destructive requests"));
        assert_eq!(told, trips, "{minutes:?}");
    }
}

#[test]
fn an_approval_is_needed_above_a_number_within_an_hour_or_always() {
    let rows = [
        (1, TaskCounts::default(), false, false),
        (3, TaskCounts::default(), false, false),
        (4, TaskCounts::default(), false, true),
        (
            1,
            TaskCounts {
                open: 0,
                hour: 2,
                day: 2,
            },
            false,
            false,
        ),
        (
            1,
            TaskCounts {
                open: 0,
                hour: 3,
                day: 3,
            },
            false,
            true,
        ),
        (
            1,
            TaskCounts {
                open: 3,
                hour: 0,
                day: 0,
            },
            false,
            true,
        ),
        (1, TaskCounts::default(), true, true),
    ];
    for (devices, counts, always, needed) in rows {
        of_tenant_and_of_operator(counts, |facts| {
            facts.bus_policy = limits(|policy| policy.approval.always = always);
            let intake = check_intake(facts, &asked(ActionKind::Retire, devices)).unwrap();
            assert_eq!(intake.needs_approval, needed, "{devices} devices beside {counts:?}");
        });
    }
}

#[test]
fn a9_where_approval_is_switched_off_nobody_else_is_asked_and_limits_hold() {
    let mut facts = intake_facts();
    facts.bus_policy = limits(|policy| (policy.approval.needed, policy.approval.always) = (false, true));
    assert!(
        !check_intake(&facts, &asked(ActionKind::Wipe, 5))
            .unwrap()
            .needs_approval
    );
    assert_eq!(
        check_intake(&facts, &asked(ActionKind::Wipe, 11)).unwrap_err().rule,
        "limitPerJob"
    );
}

/// The same beside what others of the tenant did, and beside what the requester did in all tenants.
fn of_tenant_and_of_operator(counts: TaskCounts, judge: impl Fn(&mut IntakeFacts)) {
    let mut facts = intake_facts();
    facts.tenant_counts = counts;
    judge(&mut facts);
    let mut facts = intake_facts();
    facts.person_counts = counts;
    judge(&mut facts);
}

fn counted(open: u64, hour: u64, day: u64) -> TaskCounts {
    TaskCounts { open, hour, day }
}

#[test]
fn a11_a_patient_person_needs_somebody_else_from_the_eleventh_device_of_a_day_on() {
    for (counts, devices, needed) in [
        (counted(0, 0, 9), 1, false),
        (counted(0, 0, 10), 1, true),
        (counted(0, 0, 8), 3, true),
        (counted(2, 0, 7), 1, false),
        (counted(2, 0, 8), 1, true),
    ] {
        of_tenant_and_of_operator(counts, |facts| {
            let intake = check_intake(facts, &asked(ActionKind::Wipe, devices)).unwrap();
            assert_eq!(intake.needs_approval, needed, "{devices} devices beside {counts:?}");
        });
    }
}

#[test]
fn sec_m4_what_disrupts_many_devices_needs_somebody_else_and_is_never_refused_for_it() {
    let disruptive = ActionKind::ALL
        .iter()
        .filter(|verb| verb.danger() == ActionDanger::Disruptive);
    for verb in disruptive {
        for (counts, devices, needed) in [
            (counted(0, 0, 0), 50, false),
            (counted(0, 0, 0), 51, true),
            (counted(0, 150, 900), 50, false),
            (counted(0, 151, 151), 50, true),
            (counted(100, 60, 60), 40, false),
            (counted(100, 60, 60), 41, true),
            (counted(0, 0, 9_000), 1, false),
        ] {
            of_tenant_and_of_operator(counts, |facts| {
                let intake = check_intake(facts, &asked(*verb, devices)).unwrap();
                assert_eq!(
                    intake.needs_approval, needed,
                    "{verb}: {devices} devices beside {counts:?}"
                );
            });
        }
    }
}

#[test]
fn sec_m4_the_numbers_are_those_of_the_policy() {
    let mut facts = intake_facts();
    facts.bus_policy = limits(|policy| policy.limits.disruptive_per_job = 2);
    assert!(
        !check_intake(&facts, &asked(ActionKind::RemoteLock, 2))
            .unwrap()
            .needs_approval
    );
    assert!(
        check_intake(&facts, &asked(ActionKind::RemoteLock, 3))
            .unwrap()
            .needs_approval
    );
    facts.bus_policy = limits(|policy| policy.limits.disruptive_per_hour = 0);
    assert!(
        check_intake(&facts, &asked(ActionKind::RemoteLock, 1))
            .unwrap()
            .needs_approval
    );
    // What was kept before there were such numbers has the defaults.
    facts.bus_policy = Some(r#"{"limits":{"perJob":1},"approval":{"above":1}}"#.into());
    assert!(
        !check_intake(&facts, &asked(ActionKind::RemoteLock, 50))
            .unwrap()
            .needs_approval
    );
    assert!(
        check_intake(&facts, &asked(ActionKind::RemoteLock, 51))
            .unwrap()
            .needs_approval
    );
}
