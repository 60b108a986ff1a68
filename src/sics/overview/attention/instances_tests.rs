use chrono::DateTime;

use super::*;
use crate::contract::{FleetView, LifecycleState, MeterReading, OpenSnapshotReason, UnreadView};
use crate::model::{ScanId, ScanKind, ScanState, ScanSummary, StartType};

fn now() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn ago(hours: i64) -> Timestamp {
    now() - TimeDelta::hours(hours)
}

/// A good instance.
fn status() -> InstanceStatus {
    InstanceStatus {
        name: "IntuneConnector_1".parse().unwrap(),
        state: InstanceState::Idle,
        cause: None,
        detail: None,
        profile: None,
        tenant_id: "tenant".into(),
        devices: 3,
        complete: true,
        fleet: FleetView {
            proven: true,
            ..FleetView::default()
        },
        unread: UnreadView::default(),
        last_full: Some(scan(ScanKind::Full, now())),
        last_incremental: None,
        next_full: None,
        next_incremental: None,
        refused: Vec::new(),
        primary_users_refused: None,
        waiting_confirmation: 0,
        credential_days_left: None,
        changed_workflows: Vec::new(),
    }
}

fn scan(kind: ScanKind, ended_at: Timestamp) -> ScanSummary {
    ScanSummary {
        state: ScanState::Completed,
        ended_at: Some(ended_at),
        ..ScanSummary::from_start(ScanId(1), kind, ended_at)
    }
}

fn failing(cause: &str) -> InstanceStatus {
    InstanceStatus {
        state: InstanceState::Failing,
        cause: Some(cause.into()),
        detail: Some("failed to read the tenant's devices".into()),
        ..status()
    }
}

fn refusal(what: &str, code: &str) -> RefusalView {
    RefusalView {
        what: what.into(),
        until: now() + TimeDelta::minutes(5),
        asked: true,
        code: code.into(),
        reason: "Microsoft said no".into(),
        advice: "do something".into(),
    }
}

fn detail_of_good() -> InstanceDetail {
    InstanceDetail {
        name: "IntuneConnector_1".parse().unwrap(),
        credentials: Vec::new(),
        budget: None,
        scanning: None,
        failing_since: Some(ago(2)),
        scan_interval: Some(TimeDelta::minutes(15)),
    }
}

fn member_since(since: Timestamp) -> MemberStatus {
    MemberStatus {
        name: "IntuneConnector_1".into(),
        profile: String::new(),
        kind: "IntuneConnector".into(),
        installation: 1,
        product: "intune-connector".into(),
        version: "0.1.0".into(),
        supervisor: "local".into(),
        start_type: StartType::Automatic,
        state: LifecycleState::Running,
        since,
        restarts: 0,
        next_start: None,
        last_error: None,
        numbers: MeterReading::default(),
    }
}

fn decide(status: &InstanceStatus) -> Vec<BoardItem> {
    let (detail, member) = (detail_of_good(), member_since(ago(48)));
    let facts = InstanceFacts {
        status,
        detail: Some(&detail),
        member: Some(&member),
    };
    decide_instance(&facts, now())
}

/// The only item: its code, severity, path and message.
fn only(status: &InstanceStatus) -> (String, AttentionSeverity, String, String) {
    let items = decide(status);
    let [item] = items.as_slice() else {
        panic!("{items:?}");
    };
    let view = item.view.clone();
    assert!(!view.advice.is_empty() && !view.message.contains('{'), "{view:?}");
    (view.code, view.severity, view.fix, view.message)
}

#[test]
fn a_good_instance_needs_nobody() {
    assert!(decide(&status()).is_empty());
    let busy = InstanceStatus {
        state: InstanceState::Scanning,
        ..status()
    };
    assert!(decide(&busy).is_empty());
}

#[test]
fn what_makes_scans_fail_is_named_by_where_it_is_mended() {
    for (cause, code, severity, fix) in [
        ("throttled", "microsoftOutage", AttentionSeverity::Watch, ""),
        ("AADSTS90033", "microsoftOutage", AttentionSeverity::Watch, ""),
        ("nameNotFound", "noConnection", AttentionSeverity::Act, "/settings"),
        ("diskFull", "storeFailedScan", AttentionSeverity::Act, ""),
        ("AADSTS7000215", "signInRefused", AttentionSeverity::Act, "/settings"),
        ("forbidden", "instanceFailing", AttentionSeverity::Act, "/settings"),
    ] {
        let told = only(&failing(cause));
        let path = format!("/microservices/IntuneConnector_1{fix}");
        assert_eq!((told.0.as_str(), told.1, told.2), (code, severity, path), "{cause}");
    }
}

#[test]
fn a_refused_sign_in_gives_the_advice_of_its_code_and_is_told_once() {
    let status = InstanceStatus {
        refused: vec![refusal("signIn", "AADSTS7000215")],
        ..failing("AADSTS7000215")
    };
    let items = decide(&status);
    let told: Vec<_> = items
        .iter()
        .map(|item| (item.view.code.as_str(), item.view.advice.as_str()))
        .collect();
    assert_eq!(told, [("signInRefused", "Do something.")]);
    assert_eq!(items[0].view.since, Some(ago(2)));
}

#[test]
fn settings_that_can_not_be_used_the_brake_and_unread_records_are_told() {
    let misconfigured = InstanceStatus {
        state: InstanceState::Misconfigured,
        cause: Some("settings".into()),
        detail: Some("client_id is missing; give it".into()),
        ..status()
    };
    let told = only(&misconfigured);
    assert_eq!(
        (told.0.as_str(), told.1),
        ("instanceMisconfigured", AttentionSeverity::Act)
    );
    assert!(told.3.contains("client_id is missing"), "{}", told.3);

    let braked = InstanceStatus {
        state: InstanceState::Braked,
        waiting_confirmation: 2,
        ..status()
    };
    let told = only(&braked);
    assert_eq!((told.0.as_str(), told.1), ("brakeOn", AttentionSeverity::Act));
    assert_eq!(told.2, "/microservices/IntuneConnector_1/brake");
    assert_eq!(told.3, "The deletion brake of IntuneConnector_1 withholds 2 devices.");
    assert!(matches!(
        &decide(&braked)[0].visibility,
        FactVisibility::Instance("Scans_Read", _)
    ));

    let unread = InstanceStatus {
        unread: UnreadView {
            count: 1,
            records: vec![UnreadRecord {
                device_id: None,
                property: None,
                reason: RejectionReason::NoId,
                problem: "it has no id".into(),
                since: ago(5),
            }],
        },
        ..status()
    };
    let told = only(&unread);
    assert_eq!((told.0.as_str(), told.1), ("recordsSetAside", AttentionSeverity::Watch));
    assert_eq!(decide(&unread)[0].view.since, Some(ago(5)));
}

#[test]
fn wi_6_a_condition_that_fails_is_told_as_one_and_not_as_records_of_microsoft() {
    let record = |reason, problem: &str, hours| UnreadRecord {
        device_id: None,
        property: None,
        reason,
        problem: problem.into(),
        since: ago(hours),
    };
    let with = |count, records| InstanceStatus {
        unread: UnreadView { count, records },
        ..status()
    };
    let failing = record(RejectionReason::Condition, "the filter: a text is not a time", 2);
    let told = only(&with(300, vec![failing.clone()]));
    assert_eq!((told.0.as_str(), told.1), ("conditionFails", AttentionSeverity::Act));
    assert!(
        told.3.contains("300 devices") && told.3.contains("the filter: a text is not a time"),
        "{}",
        told.3
    );
    assert_eq!(told.2, "/microservices/IntuneConnector_1/settings");

    let both = decide(&with(
        3,
        vec![failing, record(RejectionReason::NoId, "it has no id", 5)],
    ));
    let told: Vec<_> = both
        .iter()
        .map(|item| {
            (
                item.view.code.as_str(),
                item.view.arguments["count"].as_str(),
                item.view.since,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("conditionFails", "1", Some(ago(2))),
            ("recordsSetAside", "2", Some(ago(5)))
        ]
    );
}

#[test]
fn an_open_snapshot_needs_somebody_only_where_another_scan_proves_nothing() {
    let open = |code: UnprovenReason| InstanceStatus {
        fleet: FleetView {
            proven: false,
            open_because: vec![OpenSnapshotReason {
                code,
                detail: "why".into(),
            }],
            next_try: None,
        },
        ..status()
    };
    let told = only(&open(UnprovenReason::SecondScan));
    assert_eq!((told.0.as_str(), told.1), ("snapshotOpen", AttentionSeverity::Watch));
    assert_eq!(only(&open(UnprovenReason::ShortList)).1, AttentionSeverity::Act);
    assert!(decide(&open(UnprovenReason::NotScanned)).is_empty());
}

#[test]
fn three_missed_scans_are_told_and_a_bus_that_has_just_started_has_missed_none() {
    let late = |hours: i64| InstanceStatus {
        last_full: Some(scan(ScanKind::Full, ago(30))),
        last_incremental: Some(scan(ScanKind::Incremental, ago(hours))),
        ..status()
    };
    assert!(decide(&late(0)).is_empty());
    let told = only(&late(1));
    assert_eq!((told.0.as_str(), told.1), ("scansOverdue", AttentionSeverity::Act));
    assert_eq!(decide(&late(1))[0].view.since, Some(ago(1)));

    let (detail, fresh) = (detail_of_good(), member_since(now()));
    let (of_yesterday, never) = (
        late(24),
        InstanceStatus {
            last_full: None,
            ..status()
        },
    );
    let decide_with = |status: &InstanceStatus, member: &MemberStatus| {
        let facts = InstanceFacts {
            status,
            detail: Some(&detail),
            member: Some(member),
        };
        decide_instance(&facts, now()).len()
    };
    assert_eq!(decide_with(&of_yesterday, &fresh), 0);
    assert_eq!(decide_with(&never, &fresh), 0);
    assert_eq!(decide_with(&never, &member_since(ago(2))), 1);
    let stopped = MemberStatus {
        state: LifecycleState::Stopped,
        ..member_since(ago(48))
    };
    assert_eq!(decide_with(&of_yesterday, &stopped), 0, "it is not meant to scan");

    let outage = InstanceStatus {
        state: InstanceState::Failing,
        cause: Some("unavailable".into()),
        ..late(24)
    };
    let severities: Vec<_> = decide(&outage).iter().map(|item| item.view.severity).collect();
    assert_eq!(severities, [AttentionSeverity::Watch, AttentionSeverity::Watch]);
}

#[test]
fn paused_requests_are_told_by_their_kind_where_scans_go_on() {
    let paused = |code: &str| InstanceStatus {
        refused: vec![refusal("actions", code)],
        ..status()
    };
    let told = only(&paused("throttled"));
    assert_eq!((told.0.as_str(), told.1), ("requestsPaused", AttentionSeverity::Watch));
    assert!(
        told.3.contains("actions") && told.3.contains("Microsoft said no"),
        "{}",
        told.3
    );
    let told = only(&paused("forbidden"));
    assert_eq!((told.0.as_str(), told.1), ("requestsRefused", AttentionSeverity::Act));
}

#[test]
fn a_clock_that_was_set_back_is_told() {
    let ahead = InstanceStatus {
        last_full: Some(scan(ScanKind::Full, now() + TimeDelta::hours(1))),
        ..status()
    };
    let told = only(&ahead);
    assert_eq!((told.0.as_str(), told.1), ("clockWrong", AttentionSeverity::Act));
}

#[test]
fn a_credential_is_told_from_the_thirtieth_day_on_and_needs_somebody_from_the_seventh() {
    let name = "IntuneConnector_1".parse().unwrap();
    let told = |days_left: i64| {
        let end = CredentialEnd {
            purpose: "scan",
            ends_at: now() + TimeDelta::days(days_left),
            days_left,
        };
        credential_item(&name, &end).map(|item| (item.view.code, item.view.severity))
    };
    let ending = |severity| Some(("credentialEnding".to_owned(), severity));
    assert_eq!(told(31), None);
    assert_eq!(told(30), ending(AttentionSeverity::Watch));
    assert_eq!(told(8), ending(AttentionSeverity::Watch));
    assert_eq!(told(7), ending(AttentionSeverity::Act));
    assert_eq!(told(0), ending(AttentionSeverity::Act));
    assert_eq!(told(-1), Some(("credentialExpired".to_owned(), AttentionSeverity::Act)));
}
