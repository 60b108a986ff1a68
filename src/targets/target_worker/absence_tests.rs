//! Devices that are not told any more, for one reason or another; and what was refused of those that went.

use serde_json::json;

use super::bench_for_tests::{TARGET, TargetBench};
use super::pass_work::PassEnd;
use crate::contract::LinkPhase;
use crate::model::{GoneReason, OperatorId};
use crate::store::AsideChoice;
use crate::targets::work_error::WorkError;
use crate::targets::{RecordState, TargetFault};

fn refused() -> TargetFault {
    TargetFault::Refused {
        problem: "the label is archived".to_owned(),
        field: None,
    }
}

#[tokio::test]
async fn a_snapshot_retires_only_what_is_gone() {
    let mut bench = TargetBench::settled(30).await;
    let other = bench.add_instance().await;
    bench
        .put_device_in(other, 501, "PC-OTHER", "PF0TEST0501", json!({}))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.take_device(4, GoneReason::Filtered).await;
    bench.take_device(5, GoneReason::Deleted).await;
    bench.context.store.remove_instance(other).await.unwrap();
    bench.resync().await;
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let state = |number: u128| bench.shelf.find_device(bench.device(number))[0].state;
    assert_eq!(
        [state(4), state(5), state(501)],
        [RecordState::Active, RecordState::Retired, RecordState::Active],
        "left out, gone, and of an instance that is not read any more"
    );
    assert_eq!(bench.link(4).await.phase, LinkPhase::Released);
    assert_eq!(bench.link(5).await.phase, LinkPhase::Gone);
    let key = (other, bench.device(501));
    let link = bench.context.store.load_target_link(TARGET, key).await.unwrap();
    assert_ne!(link.unwrap().phase, LinkPhase::Gone, "nobody retired it");
}

#[tokio::test]
async fn s7_a_record_whose_hardware_has_gone_under_ids_that_nobody_was_told_is_retired_at_the_end_of_a_snapshot() {
    let mut bench = TargetBench::settled(30).await;
    // Its page is read before its successor is there.
    bench.take_device(3, GoneReason::Replaced).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.link(3).await.phase, LinkPhase::Released);
    for number in 3..=6_u128 {
        let (name, serial) = (format!("PC-{number:04}"), format!("PF0TEST{number:04}"));
        bench.put_device(200 + number, &name, &serial, json!({})).await;
    }
    for number in 4..=6 {
        bench.take_device(number, GoneReason::Deleted).await;
    }
    bench.take_device(203, GoneReason::Deleted).await;
    bench.take_device(204, GoneReason::Deleted).await;
    bench.take_device(206, GoneReason::Filtered).await;
    bench.resync().await;
    bench.restart().await;
    let limit = std::time::Duration::from_secs(60);
    let view = crate::targets::preview_target(&bench.context, 100, limit)
        .await
        .unwrap();
    assert_eq!(view.retirements, 2);
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    for number in [3, 4] {
        let record = bench.shelf.find_device(bench.device(number)).remove(0);
        assert_eq!(record.state, RecordState::Retired, "{number}");
        assert_eq!(bench.link(number).await.phase, LinkPhase::Gone);
    }
    assert_eq!(bench.link(205).await.phase, LinkPhase::Active, "its successor is there");
    assert_eq!(
        bench.shelf.find_device(bench.device(6))[0].state,
        RecordState::Active,
        "its hardware is left out"
    );
    bench.shelf.take_requests();
    bench.resync().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
}

/// Another device with the serial number of this one, while both check in: somebody decides that it gets a record of its own.
async fn add_twin(bench: &mut TargetBench, number: u128, twin: u128) {
    let alive = |at: &str| json!({ "lastSyncDateTime": at, "enrolledDateTime": "2026-02-01T08:00:00Z" });
    let (name, serial) = (format!("PC-{number:04}"), format!("PF0TEST{number:04}"));
    bench
        .put_device(number, &name, &serial, alive("2026-03-02T07:00:00Z"))
        .await;
    bench
        .put_device(twin, "PC-TWIN", &serial, alive("2026-03-02T08:00:00Z"))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let key = (bench.instance.id, bench.device(twin));
    let store = bench.context.store.clone();
    let decided = store.decide_target_aside(TARGET, key, AsideChoice::Create, OperatorId(1));
    assert!(decided.await.unwrap().is_some());
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(bench.device(twin)).len(), 1);
}

#[tokio::test]
async fn s7_of_hardware_with_two_records_both_are_retired_when_both_ids_go_between_two_reads() {
    let mut bench = TargetBench::settled(30).await;
    add_twin(&mut bench, 1, 77).await;
    bench.take_device(1, GoneReason::Deleted).await;
    bench.take_device(77, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    for number in [1, 77] {
        let record = bench.shelf.find_device(bench.device(number)).remove(0);
        assert_eq!(record.state, RecordState::Retired, "{number}");
    }
}

#[tokio::test]
async fn s7_hardware_that_went_and_enrolled_once_more_between_two_reads_has_its_record_in_use() {
    let mut bench = TargetBench::settled(30).await;
    let record = bench.shelf.find_device(bench.device(5)).remove(0);
    bench.take_device(5, GoneReason::Replaced).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.put_device(205, "PC-0005", "PF0TEST0005", json!({})).await;
    bench.take_device(205, GoneReason::Deleted).await;
    bench.put_device(305, "PC-0005", "PF0TEST0005", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let now = bench.shelf.find_device(bench.device(305)).remove(0);
    assert_eq!((now.id, now.state), (record.id, RecordState::Active));
}

#[tokio::test]
async fn s7_who_takes_the_record_of_one_earlier_id_leaves_that_of_another_one_behind() {
    let mut bench = TargetBench::settled(30).await;
    add_twin(&mut bench, 2, 77).await;
    let record = bench.shelf.find_device(bench.device(77)).remove(0);
    bench.take_device(2, GoneReason::Deleted).await;
    bench.put_device(78, "PC-AGAIN", "PF0TEST0002", json!({})).await;
    bench.take_device(77, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let now = bench.shelf.find_device(bench.device(78)).remove(0);
    assert_eq!((now.id, now.state), (record.id, RecordState::Active));
    assert_eq!(bench.shelf.find_device(bench.device(2))[0].state, RecordState::Retired);
}

#[tokio::test]
async fn a_retirement_that_was_refused_goes_out_when_somebody_wants_it_again() {
    let mut bench = TargetBench::settled(30).await;
    bench.shelf.look().faults.push_back(refused());
    bench.take_device(5, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let link = bench.link(5).await;
    assert!(link.phase == LinkPhase::Active && link.last_error.is_some());
    let key = (bench.instance.id, bench.device(5));
    let store = bench.context.store.clone();
    assert!(store.ask_target_resend(TARGET, key).await.unwrap());
    // A fault, and another start: it is still wanted.
    bench.shelf.look().faults.push_back(TargetFault::Unreachable {
        problem: "refused".to_owned(),
    });
    assert!(matches!(bench.pass().await, Err(WorkError::Fault(_))));
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(bench.device(5))[0].state, RecordState::Retired);
    let link = bench.link(5).await;
    assert!(link.phase == LinkPhase::Gone && link.last_error.is_none());
    assert!(store.list_target_resends(TARGET).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_that_the_filter_can_not_judge_yet_is_written_again_when_it_can() {
    let mut bench = TargetBench::new().await;
    bench.put_fleet(3).await;
    bench.set_filter("deviceName != 'PC-9999'").await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.shelf.set_value(bench.device(1), "name", "CHANGED");
    let (store, instance) = (bench.context.store.clone(), bench.instance.id);
    assert!(
        store
            .ask_target_resend(TARGET, (instance, bench.device(1)))
            .await
            .unwrap()
    );
    let asked = vec!["deviceName".to_owned()];
    store.set_missing_fields(instance, asked).await.unwrap();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(store.list_target_resends(TARGET).await.unwrap().len(), 1);
    store.set_missing_fields(instance, Vec::new()).await.unwrap();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert!(store.list_target_resends(TARGET).await.unwrap().is_empty());
    assert!(bench.shelf.names().contains(&"PC-0001".to_owned()));
}

#[tokio::test]
async fn nobody_has_to_decide_about_what_a_filter_leaves_out() {
    let mut bench = TargetBench::new().await;
    bench.shelf.put_record("double-1", "PF0TEST0002", "A");
    bench.shelf.put_record("double-2", "PF0TEST0002", "B");
    bench.put_fleet(3).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let store = bench.context.store.clone();
    assert_eq!(store.list_target_aside(TARGET, true).await.unwrap().len(), 1);
    bench.set_filter("deviceName != 'PC-0002'").await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert!(store.list_target_aside(TARGET, false).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_that_is_as_it_was_written_before_fails_no_more() {
    let mut bench = TargetBench::settled(30).await;
    bench.shelf.look().faults.push_back(refused());
    bench.put_device(7, "PC-BAD", "PF0TEST0007", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let store = bench.context.store.clone();
    let counts = store.count_target(TARGET).await.unwrap();
    assert_eq!((counts.failing, counts.set_aside), (1, 1));
    bench.put_device(7, "PC-0007", "PF0TEST0007", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let counts = store.count_target(TARGET).await.unwrap();
    assert_eq!((counts.failing, counts.set_aside), (0, 0));
}
