//! The scan's promises (S1 to S8), against the simulated tenant.

use chrono::TimeDelta;
use intune_connector::inventory::deletion_brake;
use intune_connector::model::{ScanKind, ScanState};
use serde_json::json;

use crate::support::rig::{LIST, Rig};

#[tokio::test]
async fn a_first_scan_brings_every_device_and_a_second_one_changes_nothing() {
    let rig = Rig::new(35).await;
    let first = rig.full().await;
    assert_eq!((first.seen, first.new, first.pages), (35, 35, 4));
    rig.assert_view_is_the_tenant().await;
    let second = rig.full().await;
    assert_eq!(
        (second.new, second.changed, second.unchanged, second.gone),
        (0, 0, 35, 0)
    );
}

#[tokio::test]
async fn s1_only_a_404_makes_a_device_gone() {
    let rig = Rig::new(35).await;
    rig.full().await;
    let victim = rig.truth().await[3].0.clone();
    rig.remove(&victim).await;
    let scan = rig.full().await;
    assert_eq!((scan.gone, scan.missing, scan.expected), (1, 0, Some(34)));
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s1_a_missing_device_whose_question_is_not_answered_by_404_stays() {
    for fault in [
        json!({"kind": "status", "status": 400}),
        json!({"kind": "status", "status": 403}),
        json!({"kind": "status", "status": 500}),
        json!({"kind": "reset", "when": "before"}),
    ] {
        let rig = Rig::new(25).await;
        rig.full().await;
        let victim = rig.truth().await[3].0.clone();
        rig.remove(&victim).await;
        rig.fault(json!({"fault": fault, "path": format!("{LIST}/*"), "times": 0}))
            .await;
        let scan = rig.full().await;
        assert_eq!((scan.gone, scan.missing), (0, 1), "{fault}");
        assert_eq!(rig.view().await.devices.len(), 25, "{fault}");
        rig.heal().await;
        assert_eq!(rig.full().await.gone, 1, "{fault}");
        rig.assert_view_is_the_tenant().await;
    }
}

#[tokio::test]
async fn s1_a_list_that_stops_early_takes_nothing_away() {
    let rig = Rig::new(25).await;
    rig.full().await;
    rig.twist(json!("stopsEarly")).await;
    let scan = rig.full().await;
    assert_eq!((scan.state, scan.gone), (ScanState::Completed, 0));
    assert_eq!(rig.view().await.devices.len(), 25);
    rig.heal().await;
    let scan = rig.full().await;
    assert_eq!((scan.gone, scan.missing, scan.braked), (0, 0, false));
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s1_a_device_missing_from_a_list_that_may_be_short_waits_once_then_is_asked_for() {
    let rig = Rig::new(25).await;
    rig.full().await;
    rig.fault(json!({"fault": {"kind": "list", "twist": {"omitted": {"devices": 2}}}, "path": LIST, "fromPage": 2}))
        .await;
    let scan = rig.full().await;
    assert_eq!((scan.missing, scan.gone), (2, 0), "the count differs: they wait");
    rig.heal().await;
    rig.fault(json!({"fault": {"kind": "list", "twist": {"omitted": {"devices": 2}}}, "path": LIST, "fromPage": 2}))
        .await;
    let scan = rig.full().await;
    assert_eq!((scan.missing, scan.gone), (0, 0), "asked for, and there");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s1_a_first_scan_that_meets_each_device_on_many_pages_has_it_once() {
    let rig = Rig::new(30).await;
    let overlap = json!({"kind": "list", "twist": {"overlap": {"devices": 9}}});
    rig.fault(json!({"fault": overlap, "path": LIST, "fromPage": 2, "times": 100}))
        .await;
    let scan = rig.full().await;
    assert!(scan.pages > 16, "over several commits: {scan:?}");
    assert_eq!((scan.new, scan.changed), (30, 0), "{scan:?}");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s1_a_link_seen_twice_ends_the_scan_and_takes_nothing_away() {
    for twist in [
        json!("linkToSelf"),
        json!({"repeated": {"sameLink": true}}),
        json!({"linkElsewhere": {"host": "https://elsewhere.example"}}),
    ] {
        let rig = Rig::new(35).await;
        rig.full().await;
        rig.twist(twist.clone()).await;
        let failed = rig.try_scan(ScanKind::Full).await;
        assert!(failed.is_err(), "{twist}: {failed:?}");
        let told = &rig.shelf.store.list_scans(rig.shelf.instance_id(), 1).await.unwrap()[0];
        assert!(told.cause.is_some() && told.gone == 0, "{twist}: {told:?}");
        rig.heal().await;
        rig.full().await;
        rig.assert_view_is_the_tenant().await;
    }
}

#[tokio::test]
async fn s2_the_brake_holds_until_exactly_the_devices_shown_are_confirmed() {
    let rig = Rig::new(30).await;
    rig.full().await;
    let truth = rig.truth().await;
    for (id, _) in &truth[..12] {
        rig.remove(id).await;
    }
    let scan = rig.full().await;
    assert_eq!((scan.gone, scan.missing, scan.braked), (0, 12, true));
    let (store, instance) = (&rig.shelf.store, rig.shelf.instance_id());
    let shown = deletion_brake::list_withheld_deletions(store, instance).await.unwrap();
    assert_eq!(shown.count, 12);
    assert!(
        deletion_brake::confirm_deletions(store, instance, &shown.digest, 11)
            .await
            .is_err()
    );
    assert!(
        deletion_brake::confirm_deletions(store, instance, "0123456789abcdef", 12)
            .await
            .is_err()
    );
    assert_eq!(
        rig.view().await.devices.len(),
        30,
        "nothing is gone by a wrong confirmation"
    );
    deletion_brake::confirm_deletions(store, instance, &shown.digest, 12)
        .await
        .unwrap();
    let scan = rig.full().await;
    assert_eq!((scan.gone, scan.braked), (12, false));
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s2_a_confirmation_is_refused_when_the_set_has_changed_and_the_brake_heals_by_itself() {
    let rig = Rig::new(30).await;
    rig.full().await;
    rig.fault(json!({"fault": {"kind": "list", "twist": "stopsEarly"}, "path": LIST}))
        .await;
    let scan = rig.full().await;
    assert!(scan.braked && scan.gone == 0, "{scan:?}");
    let (store, instance) = (&rig.shelf.store, rig.shelf.instance_id());
    let shown = deletion_brake::list_withheld_deletions(store, instance).await.unwrap();
    rig.heal().await;
    let scan = rig.full().await;
    assert_eq!((scan.braked, scan.missing), (false, 0));
    assert!(
        deletion_brake::confirm_deletions(store, instance, &shown.digest, shown.count)
            .await
            .is_err()
    );
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s2_a_filter_that_leaves_out_too_many_waits_behind_the_brake() {
    let mut rig = Rig::new(40).await;
    rig.full().await;
    rig.set(&[("filter", "deviceName == 'nobody has this name'")]);
    let scan = rig.full().await;
    assert_eq!((scan.braked, scan.gone), (true, 0));
    assert_eq!(rig.view().await.devices.len(), 40);
    let (store, instance) = (&rig.shelf.store, rig.shelf.instance_id());
    let shown = deletion_brake::list_withheld_deletions(store, instance).await.unwrap();
    let released = deletion_brake::confirm_deletions(store, instance, &shown.digest, shown.count)
        .await
        .unwrap();
    assert_eq!(released.filtered, 40);
    assert!(rig.view().await.devices.is_empty());
    rig.set(&[]);
    rig.full().await;
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s3_a_full_list_that_lacks_devices_does_not_take_their_changes_from_the_next_incremental_scan() {
    let rig = Rig::new(40).await;
    rig.full().await;
    rig.advance(TimeDelta::hours(2));
    let last = rig.truth().await.into_iter().map(|(id, _)| id).next_back().unwrap();
    let renamed = json!({"deviceName": "RENAMED", "lastSyncDateTime": rig.sim_clock.now().to_rfc3339()});
    rig.control("PATCH", &format!("devices/{last}"), json!({"properties": renamed}))
        .await;
    rig.advance(TimeDelta::hours(2));
    rig.twist(json!("stopsEarly")).await;
    let short = rig.full().await;
    assert!(short.missing > 0 && short.changed == 0, "{short:?}");
    rig.heal().await;
    let scan = rig.incremental().await;
    assert_eq!((scan.kind, scan.changed), (ScanKind::Incremental, 1), "{scan:?}");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s2_what_is_missing_and_what_is_left_out_share_one_brake() {
    let mut rig = Rig::new(40).await;
    rig.full().await;
    let truth = rig.truth().await;
    for (id, _) in &truth[..8] {
        rig.remove(id).await;
    }
    for (id, _) in &truth[8..16] {
        let out = json!({"properties": {"model": "OUT"}});
        rig.control("PATCH", &format!("devices/{id}"), out).await;
    }
    rig.set(&[("filter", "model != 'OUT'")]);
    let scan = rig.full().await;
    assert_eq!((scan.gone, scan.braked), (8, true), "eight may go, sixteen may not");
    let scan = rig.full().await;
    assert_eq!((scan.gone, scan.braked), (8, false));
    assert_eq!(rig.view().await.devices.len(), 24);
}

#[tokio::test]
async fn s3_an_incremental_scan_brings_what_checked_in_and_a_full_one_tells_what_incrementals_missed() {
    let rig = Rig::new(40).await;
    rig.full().await;
    rig.advance(TimeDelta::hours(1));
    rig.incremental().await;
    rig.advance(TimeDelta::hours(1));
    let truth = rig.truth().await;
    let renamed = json!({"deviceName": "RENAMED", "lastSyncDateTime": rig.sim_clock.now().to_rfc3339()});
    rig.control(
        "PATCH",
        &format!("devices/{}", truth[5].0),
        json!({"properties": renamed}),
    )
    .await;
    let scan = rig.incremental().await;
    assert_eq!((scan.kind, scan.changed, scan.new), (ScanKind::Incremental, 1, 0));
    assert!(scan.pages <= 1, "{scan:?}");
    assert_eq!(scan.missed_by_incrementals, 0);
    rig.assert_view_is_the_tenant().await;

    // One whose check-in lies in what incrementals have covered, and that they never listed; one that changed without a
    // check-in, which none of them could bring.
    let late = (rig.sim_clock.now() - TimeDelta::minutes(100)).to_rfc3339();
    for (id, properties) in [
        (
            &truth[6].0,
            json!({"deviceName": "RENAMED-LATE", "lastSyncDateTime": late}),
        ),
        (&truth[7].0, json!({"deviceName": "RENAMED-IN-SILENCE"})),
    ] {
        let path = format!("devices/{id}");
        rig.control("PATCH", &path, json!({ "properties": properties })).await;
    }
    rig.advance(TimeDelta::hours(1));
    assert_eq!(rig.incremental().await.changed, 0);
    rig.advance(TimeDelta::hours(1));
    let scan = rig.full().await;
    assert_eq!((scan.kind, scan.changed), (ScanKind::Full, 2));
    assert_eq!(scan.missed_by_incrementals, 1, "{scan:?}");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s6_a_scan_that_died_goes_on_behind_its_last_committed_page() {
    let rig = Rig::new(45).await;
    rig.fault(json!({"fault": {"kind": "status", "status": 403}, "path": LIST, "fromPage": 3, "times": 0}))
        .await;
    assert!(rig.try_scan(ScanKind::Full).await.is_err());
    rig.heal().await;
    rig.control("DELETE", "requests", json!({})).await;
    let scan = rig.full().await;
    assert_eq!(
        (scan.seen, scan.new, scan.pages),
        (45, 45, 5),
        "counted over both parts"
    );
    let log = rig.control("GET", "requests?limit=100", json!({})).await;
    let lists = log.to_string().matches("skiptoken").count();
    assert_eq!(lists, 3, "two pages were not read again: {log}");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s6_a_scan_that_died_behind_its_last_page_concludes_without_reading_again() {
    let rig = Rig::new(25).await;
    rig.full().await;
    let victim = rig.truth().await[3].0.clone();
    rig.remove(&victim).await;
    let overview = "/v1.0/deviceManagement/managedDeviceOverview";
    rig.fault(json!({"fault": {"kind": "silent"}, "path": overview, "times": 0}))
        .await;
    let scanner = rig.scanner();
    let mut progress = scanner.progress.subscribe();
    let dying = tokio::spawn(async move { scanner.run(ScanKind::Full).await });
    progress.wait_for(|progress| progress.pages == 3).await.unwrap();
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    rig.heal().await;
    rig.control("DELETE", "requests", json!({})).await;
    let scan = rig.full().await;
    assert_eq!((scan.pages, scan.seen, scan.gone), (3, 24, 1));
    let log = rig.control("GET", "requests?limit=100", json!({})).await.to_string();
    assert_eq!(log.matches("skiptoken").count(), 0, "no page was read again: {log}");
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s6_a_scan_that_died_more_than_an_hour_ago_starts_again() {
    let rig = Rig::new(25).await;
    rig.fault(json!({"fault": {"kind": "status", "status": 403}, "path": LIST, "fromPage": 2, "times": 0}))
        .await;
    assert!(rig.try_scan(ScanKind::Full).await.is_err());
    rig.heal().await;
    rig.advance(TimeDelta::hours(2));
    assert_eq!(rig.full().await.pages, 3);
}

#[tokio::test]
async fn s7_a_rename_over_a_page_boundary_loses_nothing() {
    for to_front in [true, false] {
        let rig = Rig::new(35).await;
        rig.full().await;
        rig.twist(json!({"renamed": {"toFront": to_front}})).await;
        let scan = rig.full().await;
        assert_eq!(scan.gone, 0);
        rig.heal().await;
        rig.full().await;
        rig.assert_view_is_the_tenant().await;
    }
}

#[tokio::test]
async fn s8_a_record_that_cannot_be_read_is_set_aside_and_its_device_stays() {
    let rig = Rig::new(25).await;
    rig.full().await;
    rig.twist(json!({"unreadable": {}})).await;
    let scan = rig.full().await;
    assert_eq!((scan.state, scan.gone, scan.set_aside), (ScanState::Completed, 0, 1));
    assert_eq!(rig.view().await.devices.len(), 25);
    rig.heal().await;
    rig.full().await;
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn while_any_fault_of_the_list_lasts_nothing_is_wrongly_gone_and_afterwards_all_is_as_without_it() {
    let faults = [
        json!({"kind": "throttled", "retryAfter": {"seconds": 0}}),
        json!({"kind": "status", "status": 504, "body": "twice"}),
        json!({"kind": "status", "status": 502}),
        json!({"kind": "reset", "when": "before"}),
        json!({"kind": "reset", "when": "during"}),
        json!({"kind": "reset", "when": "after"}),
        json!({"kind": "truncated"}),
        json!({"kind": "contentType"}),
        json!({"kind": "unauthorized"}),
        json!({"kind": "forbidden"}),
        json!({"kind": "redirect", "to": "https://elsewhere.example/"}),
        json!({"kind": "clockOff", "seconds": 600}),
        json!({"kind": "clockOff", "seconds": -600}),
        json!({"kind": "list", "twist": {"overlap": {"devices": 3}}}),
        json!({"kind": "list", "twist": "empty"}),
        json!({"kind": "list", "twist": "twice"}),
        json!({"kind": "list", "twist": {"vanishes": {"listed": true}}}),
        json!({"kind": "list", "twist": {"vanishes": {"listed": false}}}),
        json!({"kind": "list", "twist": "linkNotText"}),
        json!({"kind": "list", "twist": {"wrongCount": {"count": 3}}}),
    ];
    for fault in faults {
        let rig = Rig::new(35).await;
        rig.full().await;
        rig.fault(json!({"fault": fault, "path": LIST, "nth": 2})).await;
        let outcome = rig.try_scan(ScanKind::Full).await;
        let truth = rig.truth().await;
        let view = rig.view().await;
        for (id, _) in &truth {
            let key = (rig.shelf.instance.name.to_string(), id.clone());
            assert!(
                view.devices.contains_key(&key),
                "{fault}: {id} is wrongly gone after {outcome:?}"
            );
        }
        if outcome.is_err() {
            let told = &rig.shelf.store.list_scans(rig.shelf.instance_id(), 1).await.unwrap()[0];
            assert!(told.cause.is_some(), "{fault}: the cause is shown");
        }
        rig.heal().await;
        rig.full().await;
        rig.assert_view_is_the_tenant().await;
    }
}
