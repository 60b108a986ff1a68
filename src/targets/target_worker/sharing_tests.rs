//! Records that several devices share, and faults that concern all.

use std::time::Duration;

use serde_json::json;

use super::WorkerRest;
use super::bench_for_tests::{TARGET, TargetBench};
use super::pass_work::PassEnd;
use crate::contract::{LinkPhase, SetAsideReason};
use crate::model::GoneReason;
use crate::targets::{RecordState, TargetFault};

#[tokio::test]
async fn a_record_of_two_tenants_is_filled_by_the_newest_check_in_and_retired_with_the_last() {
    let mut bench = TargetBench::settled(30).await;
    let other = bench.add_instance().await;
    let checked_in = |at: &str| json!({ "lastSyncDateTime": at });
    bench
        .put_device(1, "PC-OLD", "PF0TEST0001", checked_in("2026-03-02T07:00:00Z"))
        .await;
    bench
        .put_device_in(other, 501, "PC-NEW", "PF0TEST0001", checked_in("2026-03-02T08:00:00Z"))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let shared = bench.shelf.find_device(bench.device(501)).remove(0);
    assert_eq!(shared.values["name"], json!("PC-NEW"));
    assert!(bench.shelf.find_device(bench.device(1)).is_empty(), "no second record");
    // The older one changes: the record stays as it is.
    bench.shelf.take_requests();
    bench
        .put_device(1, "PC-OLDER", "PF0TEST0001", checked_in("2026-03-02T07:30:00Z"))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
    // The newer one goes: the record is the older one's again.
    bench.take_device_in(other, 501, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let left = bench.shelf.find_device(bench.device(1)).remove(0);
    assert_eq!((&left.id, left.state), (&shared.id, RecordState::Active));
    assert_eq!(left.values["name"], json!("PC-OLDER"));
    bench.take_device(1, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let last = bench.shelf.find_device(bench.device(1)).remove(0);
    assert_eq!(last.state, RecordState::Retired);
}

#[tokio::test]
async fn jamf2snipe_148_a_second_machine_with_the_same_number_waits_for_a_person() {
    let mut bench = TargetBench::settled(30).await;
    let alive = |at: &str| json!({ "lastSyncDateTime": at, "enrolledDateTime": "2026-02-01T08:00:00Z" });
    bench
        .put_device(1, "PC-0001", "PF0TEST0001", alive("2026-03-02T07:00:00Z"))
        .await;
    bench
        .put_device(77, "PC-TWIN", "PF0TEST0001", alive("2026-03-02T08:00:00Z"))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let store = bench.context.store.clone();
    let aside = store.list_target_aside(TARGET, true).await.unwrap();
    assert_eq!(
        (aside.len(), aside[0].reason),
        (1, SetAsideReason::LinkedElsewhere),
        "both check in"
    );
    assert_eq!(bench.shelf.find_device(bench.device(1)).len(), 1);
    // One that enrolled after the other had fallen silent is the same machine.
    let again = json!({ "lastSyncDateTime": "2026-03-02T09:00:00Z", "enrolledDateTime": "2026-03-02T08:30:00Z" });
    bench.put_device(78, "PC-AGAIN", "PF0TEST0002", again).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(
        bench.shelf.find_device(bench.device(78))[0].values["name"],
        json!("PC-AGAIN")
    );
    let key = (bench.instance.id, bench.device(2));
    let link = store.load_target_link(TARGET, key).await.unwrap().unwrap();
    assert_eq!(link.phase, LinkPhase::Active, "Intune still lists it");
}

#[tokio::test]
async fn a_device_that_two_instances_read_of_one_tenant_has_one_record_also_without_a_serial_number() {
    let mut bench = TargetBench::new().await;
    let other = bench.add_instance().await;
    // The marks of their snapshots stand between them; later they are of one batch.
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.put_device(1, "PHONE", "", json!({})).await;
    bench.put_device_in(other, 1, "PHONE", "", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.look().records.len(), 1);
    let counts = bench.context.store.count_target(TARGET).await.unwrap();
    assert_eq!(counts.linked, 2);
}

#[tokio::test]
async fn s7_an_id_that_has_gone_without_being_told_fills_no_record_any_more() {
    let mut bench = TargetBench::settled(30).await;
    bench.put_device(500, "PC-OLD", "PF0TEST0500", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    // Neither of the two has ever checked in.
    bench.put_device(400, "PC-NEW", "PF0TEST0500", json!({})).await;
    bench.take_device(500, GoneReason::Deleted).await;
    bench.resync().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert!(bench.shelf.find_device(bench.device(500)).is_empty());
    let records = bench.shelf.find_device(bench.device(400));
    assert_eq!((records.len(), &records[0].values["name"]), (1, &json!("PC-NEW")));
}

#[tokio::test]
async fn a_fault_pauses_longer_and_longer_and_is_told_since_when() {
    let mut bench = TargetBench::settled(30).await;
    bench.put_device(7, "PC-RENAMED", "PF0TEST0007", json!({})).await;
    let away = TargetFault::Unreachable {
        problem: "refused".to_owned(),
    };
    bench.shelf.look().faults.extend([away.clone(), away]);
    let mut pauses = Vec::new();
    let began = bench.context.clock.now();
    for _ in 0..2 {
        let ended = bench.pass().await;
        let WorkerRest::Paused { pause, is_broken_off } = bench.rest_after(ended).await else {
            panic!("it does not pause");
        };
        assert!(!is_broken_off, "nobody can do anything");
        pauses.push(pause);
        bench.context.clock.advance(chrono::TimeDelta::seconds(30));
    }
    assert_eq!(pauses, [5, 10].map(Duration::from_secs));
    let state = bench.context.store.load_target_state(TARGET).await.unwrap();
    let pause = state.pause.unwrap();
    assert_eq!((pause.code.as_str(), pause.since), ("unreachable", began));
    assert_eq!(pause.until, Some(began + chrono::TimeDelta::seconds(40)));
    assert!(pause.advice.contains("IntuneTargetOcs_9"), "{}", pause.advice);
    let ended = bench.pass().await;
    assert_eq!(bench.rest_after(ended).await, WorkerRest::Idle);
    assert!(
        bench.shelf.names().contains(&"PC-RENAMED".to_owned()),
        "nothing was lost"
    );
    let state = bench.context.store.load_target_state(TARGET).await.unwrap();
    assert_eq!(state.pause, None);
}
