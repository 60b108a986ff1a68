//! Processes that die in the middle of a write, answers that are lost, and mappings that change meanwhile.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::bench_for_tests::{TARGET, TargetBench};
use super::pass_work::PassEnd;
use crate::contract::{LinkOrigin, LinkPhase, WriteClass};
use crate::model::{GoneReason, InstanceId, OperatorId};
use crate::store::Store;
use crate::targets::samples_for_tests::sample_mapping;
use crate::targets::work_error::WorkError;
use crate::targets::{FieldSource, RecordState, TargetFailpoint, TargetFailpointHook, TargetFault, TargetMapping};

fn lost_answer() -> TargetFault {
    TargetFault::LostAnswer {
        problem: "the connection broke".to_owned(),
    }
}

#[tokio::test]
async fn records_whose_answers_are_lost_are_counted_as_made() {
    let mut bench = TargetBench::new().await;
    bench.put_fleet(60).await;
    bench.shelf.look().faults.extend(std::iter::repeat_n(lost_answer(), 60));
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_eq!(bench.shelf.look().records.len(), 20, "nobody has looked at them yet");
    let store = bench.context.store.clone();
    assert_eq!(store.load_target_state(TARGET).await.unwrap().canary_written, 20);
    let writes = bench.writes().await;
    assert!(
        writes.len() == 20 && writes.iter().all(|write| write.class == WriteClass::Create),
        "all can be put back"
    );
    assert_eq!(store.list_target_runs(TARGET, 1).await.unwrap()[0].counts.create, 20);
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_eq!(bench.shelf.look().records.len(), 20);
}

#[tokio::test]
async fn wherever_a_process_dies_a_canary_is_twenty_records() {
    let points = [
        TargetFailpoint::BeforeIntent,
        TargetFailpoint::AfterIntent,
        TargetFailpoint::BeforeWrite,
        TargetFailpoint::AfterWrite,
        TargetFailpoint::AfterRecord,
    ];
    for point in points {
        let mut bench = TargetBench::new().await;
        bench.put_fleet(30).await;
        for _ in 0..3 {
            bench.crash_at(point).await;
        }
        assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked, "{point:?}");
        assert_eq!(bench.shelf.look().records.len(), 20, "{point:?}");
        let counts = bench.context.store.count_target(TARGET).await.unwrap();
        assert_eq!(
            (counts.linked, counts.created, counts.intended),
            (20, 20, 0),
            "{point:?}"
        );
        assert_eq!(bench.writes().await.len(), 20, "{point:?}");
    }
}

#[tokio::test]
async fn what_stood_in_an_adopted_record_outlives_a_crash_in_its_first_write() {
    let mut bench = TargetBench::new().await;
    bench.shelf.put_record("theirs", "PF0TEST0001", "OLD");
    bench.put_fleet(1).await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    assert_eq!(bench.shelf.names(), ["PC-0001"], "it is written, and nobody knows");
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.link(1).await.origin, LinkOrigin::Adopted);
    let writes = bench.writes().await;
    assert_eq!((writes.len(), &writes[0].before["name"]), (1, &json!("OLD")));
    let limit = std::time::Duration::from_secs(60);
    let view = crate::targets::revert_run(&bench.context, writes[0].run, limit)
        .await
        .unwrap();
    assert!(view.complete);
    assert_eq!(bench.shelf.names(), ["OLD"]);
}

#[tokio::test]
async fn a_retired_record_that_is_taken_over_comes_back_also_where_its_first_write_failed() {
    let mut bench = TargetBench::settled(30).await;
    let record = bench.shelf.find_device(bench.device(3)).remove(0);
    bench.take_device(3, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.put_device(203, "PC-0003", "PF0TEST0003", json!({})).await;
    bench.shelf.look().faults.push_back(TargetFault::Unreachable {
        problem: "refused".to_owned(),
    });
    assert!(matches!(bench.pass().await, Err(WorkError::Fault(_))));
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let now = bench.shelf.find_device(bench.device(203));
    assert_eq!(
        (now.len(), &now[0].id, now[0].state),
        (1, &record.id, RecordState::Active)
    );
}

#[tokio::test]
async fn a_record_whose_new_device_goes_before_it_is_written_is_retired() {
    let mut bench = TargetBench::settled(30).await;
    let record = bench.shelf.find_device(bench.device(3)).remove(0);
    bench.take_device(3, GoneReason::Replaced).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.put_device(203, "PC-0003", "PF0TEST0003", json!({})).await;
    bench.crash_at(TargetFailpoint::BeforeWrite).await;
    assert_eq!(
        bench.link(203).await.record,
        record.id.0,
        "it has taken the record over"
    );
    bench.take_device(203, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(bench.device(3))[0].state, RecordState::Retired);
}

/// A fleet, and a device more whose record was made by a process that died before it knew.
async fn with_untold_making() -> TargetBench {
    let mut bench = TargetBench::settled(30).await;
    bench.put_device(31, "PC-0031", "PF0TEST0031", json!({})).await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    assert_eq!(bench.link(31).await.record, "");
    bench
}

#[tokio::test]
async fn a_record_that_is_found_after_its_device_has_gone_counts_as_made_before_it_is_retired() {
    let mut bench = with_untold_making().await;
    bench.take_device(31, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(bench.device(31))[0].state, RecordState::Retired);
    assert_eq!(bench.link(31).await.phase, LinkPhase::Gone);
    let mut writes = bench.writes().await;
    writes.retain(|write| write.device == bench.device(31));
    let classes: Vec<WriteClass> = writes.iter().map(|write| write.class).collect();
    assert_eq!(classes, [WriteClass::Retire, WriteClass::Create], "newest first");
    let making = &writes[1];
    assert_eq!(
        (&making.before["name"], &making.after["name"]),
        (&json!(null), &json!("PC-0031"))
    );
    let day = bench.context.clock.now().date_naive();
    let counts = bench.context.store.count_target_day(TARGET, day).await.unwrap();
    assert_eq!((counts.written.create, counts.written.retire), (1, 1));
}

#[tokio::test]
async fn whom_an_untold_making_has_assigned_is_taken_off_again_also_after_another_crash() {
    for point in [TargetFailpoint::BeforeWrite, TargetFailpoint::AfterWrite] {
        let mut bench = TargetBench::settled(30).await;
        bench
            .shelf
            .look()
            .users
            .insert("anna@example.com".to_owned(), "7".to_owned());
        let of_anna = json!({"userPrincipalName": "anna@example.com"});
        bench.put_device(31, "PC-0031", "PF0TEST0031", of_anna.clone()).await;
        bench.crash_at(TargetFailpoint::AfterWrite).await;
        bench.put_device(31, "PC-0031-NEW", "PF0TEST0031", of_anna).await;
        bench.crash_at(point).await;
        let record = bench.shelf.find_device(bench.device(31)).remove(0);
        assert_eq!(
            (record.user.as_deref(), bench.link(31).await.record),
            (Some("7"), record.id.0)
        );
        bench.put_device(31, "PC-0031-NEW", "PF0TEST0031", json!({})).await;
        assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
        assert_eq!(bench.shelf.find_device(bench.device(31))[0].user, None, "{point:?}");
    }
}

#[tokio::test]
async fn the_rest_of_a_making_has_its_user_also_where_no_more_changes_are_let_through_that_day() {
    let mut bench = TargetBench::settled(30).await;
    let users = [("anna@example.com", "7"), ("ben@example.com", "8")];
    bench.shelf.look().users = users.map(|(name, id)| (name.to_owned(), id.to_owned())).into();
    let of_user = |user: &str| json!({ "userPrincipalName": user });
    bench
        .put_device(31, "PC-0031", "PF0TEST0031", of_user("anna@example.com"))
        .await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    // More than an ordinary day has.
    for number in 1..25 {
        let serial = format!("PF0TEST{number:04}");
        bench
            .put_device(number, &format!("PC-{number:04}-NEW"), &serial, json!({}))
            .await;
    }
    bench
        .put_device(31, "PC-0031-NEW", "PF0TEST0031", of_user("ben@example.com"))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let made = bench.shelf.find_device(bench.device(31)).remove(0);
    assert_eq!(
        (&made.values["name"], made.user.as_deref()),
        (&json!("PC-0031-NEW"), Some("8"))
    );
}

#[tokio::test]
async fn what_stood_in_an_adopted_record_outlives_a_crash_also_where_the_device_enrols_again() {
    let mut bench = TargetBench::new().await;
    bench.shelf.put_record("theirs", "PF0TEST0001", "OLD");
    bench.put_fleet(1).await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    bench.take_device(1, GoneReason::Replaced).await;
    bench.put_device(201, "PC-0001", "PF0TEST0001", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let writes = bench.writes().await;
    assert_eq!((writes.len(), &writes[0].before["name"]), (1, &json!("OLD")));
    let limit = std::time::Duration::from_secs(60);
    let view = crate::targets::revert_run(&bench.context, writes[0].run, limit)
        .await
        .unwrap();
    assert!(view.complete);
    assert_eq!(bench.shelf.names(), ["OLD"]);
}

/// Two devices share a record, and the one of the other tenant has written it last.
async fn with_shared_record() -> (TargetBench, InstanceId) {
    let mut bench = TargetBench::settled(30).await;
    let other = bench.add_instance().await;
    bench.put_device(1, "PC-ONE", "PF0TEST0001", checked_in(7)).await;
    bench
        .put_device_in(other, 501, "PC-TWO", "PF0TEST0001", checked_in(8))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    (bench, other)
}

fn checked_in(hour: u32) -> Value {
    json!({ "lastSyncDateTime": format!("2026-03-02T{hour:02}:00:00Z") })
}

#[tokio::test]
async fn a_shared_record_that_was_written_by_a_device_that_fills_it_no_more_is_put_right() {
    let (mut bench, other) = with_shared_record().await;
    let name_of_record = |bench: &TargetBench| {
        let records = bench.shelf.look().records.values().cloned().collect::<Vec<_>>();
        let shared = records
            .into_iter()
            .find(|record| record.serial.as_deref() == Some("PF0TEST0001"));
        shared.unwrap().values["name"].clone()
    };
    bench
        .put_device_in(other, 501, "PC-LOST", "PF0TEST0001", checked_in(9))
        .await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    assert_eq!(
        name_of_record(&bench),
        json!("PC-LOST"),
        "it is written, and nobody knows"
    );
    // The other one fills it from now on.
    bench.put_device(1, "PC-ONE", "PF0TEST0001", checked_in(10)).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(name_of_record(&bench), json!("PC-ONE"));
    bench.resync().await;
    bench.shelf.take_requests();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0), "nothing is uncertain any more");
}

#[tokio::test]
async fn a_device_that_shares_a_record_and_goes_with_an_unanswered_write_leaves_nothing_uncertain() {
    let (mut bench, other) = with_shared_record().await;
    bench
        .shelf
        .look()
        .users
        .insert("ben@example.com".to_owned(), "8".to_owned());
    let mut of_ben = checked_in(9);
    of_ben["userPrincipalName"] = json!("ben@example.com");
    bench.put_device_in(other, 501, "PC-LOST", "PF0TEST0001", of_ben).await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    bench.take_device_in(other, 501, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let left = bench.shelf.find_device(bench.device(1)).remove(0);
    assert_eq!(
        (left.state, &left.values["name"], left.user),
        (RecordState::Active, &json!("PC-ONE"), None),
        "whom we assigned is taken off"
    );
    bench.resync().await;
    bench.shelf.take_requests();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
}

#[tokio::test]
async fn whom_people_have_assigned_stays_also_where_an_answer_got_lost() {
    let mut bench = TargetBench::settled(30).await;
    let users = [("anna@example.com", "7"), ("ben@example.com", "8")];
    bench.shelf.look().users = users.map(|(name, id)| (name.to_owned(), id.to_owned())).into();
    let of_anna = json!({"userPrincipalName": "anna@example.com"});
    bench.put_device(3, "PC-0003", "PF0TEST0003", of_anna.clone()).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let record = bench.shelf.find_device(bench.device(3)).remove(0);
    assert_eq!(record.user.as_deref(), Some("7"));
    bench.put_device(3, "PC-RENAMED", "PF0TEST0003", of_anna).await;
    bench.crash_at(TargetFailpoint::BeforeWrite).await;
    for record in bench
        .shelf
        .look()
        .records
        .values_mut()
        .filter(|other| other.id == record.id)
    {
        record.user = Some("9".to_owned());
    }
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let now = bench.shelf.find_device(bench.device(3)).remove(0);
    assert_eq!(
        (now.user.as_deref(), &now.values["name"]),
        (Some("9"), &json!("PC-RENAMED"))
    );
}

#[tokio::test]
async fn a_record_that_was_brought_back_is_retired_where_only_a_snapshot_tells_that_its_device_has_gone() {
    let mut bench = TargetBench::settled(30).await;
    bench.take_device(3, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.put_device(3, "PC-0003", "PF0TEST0003", json!({})).await;
    bench.crash_at(TargetFailpoint::AfterWrite).await;
    assert_eq!(bench.shelf.find_device(bench.device(3))[0].state, RecordState::Active);
    assert_eq!(bench.link(3).await.phase, LinkPhase::Gone, "nobody was told");
    bench.take_device(3, GoneReason::Deleted).await;
    bench.resync().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(bench.device(3))[0].state, RecordState::Retired);
}

#[tokio::test]
async fn a_link_that_somebody_forgets_while_its_record_is_looked_for_is_planned_anew() {
    let mut bench = with_untold_making().await;
    bench.take_device(31, GoneReason::Deleted).await;
    let (store, instance, device) = (bench.context.store.clone(), bench.instance.id, bench.device(31));
    let forget = move || -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let forgotten = store.forget_target_links(TARGET, Some(instance), Some(device)).await;
            assert_eq!(forgotten.unwrap(), 1);
        })
    };
    bench.shelf.look().at_look = Some(Box::new(forget));
    assert!(matches!(bench.pass().await, Err(WorkError::Changed)));
    // What a forgotten link led to stays as it is.
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(device)[0].state, RecordState::Active);
    let key = (instance, device);
    let link = bench.context.store.load_target_link(TARGET, key).await.unwrap();
    assert_eq!(link, None);
    assert!(bench.writes().await.iter().all(|write| write.device != device));
}

#[tokio::test]
async fn who_fills_a_record_after_another_device_has_gone_is_not_forgotten_in_a_crash() {
    let mut bench = TargetBench::settled(30).await;
    let other = bench.add_instance().await;
    let checked_in = |at: &str| json!({ "lastSyncDateTime": at });
    let (older, newer) = ("2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z");
    bench.put_device(1, "PC-OLD", "PF0TEST0001", checked_in(older)).await;
    bench
        .put_device_in(other, 501, "PC-NEW", "PF0TEST0001", checked_in(newer))
        .await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.take_device_in(other, 501, GoneReason::Deleted).await;
    bench.crash_at(TargetFailpoint::BeforeWrite).await;
    assert!(
        bench.shelf.find_device(bench.device(1)).is_empty(),
        "it is not written yet"
    );
    bench.context.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(
        bench.shelf.find_device(bench.device(1))[0].values["name"],
        json!("PC-OLD")
    );
    bench.shelf.take_requests();
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
}

/// Somebody saves another mapping at this moment.
struct SavesMapping {
    point: TargetFailpoint,
    store: Store,
    mapping: TargetMapping,
}

impl TargetFailpointHook for SavesMapping {
    fn on_failpoint<'a>(&'a self, point: TargetFailpoint, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if point == self.point {
                let (text, digest) = (self.mapping.to_text(), self.mapping.digest());
                let saved = self.store.save_target_mapping(TARGET, text, digest, OperatorId(1));
                saved.await.unwrap();
            }
        })
    }
}

#[tokio::test]
async fn nothing_more_is_written_by_a_mapping_that_was_changed_in_the_middle_of_a_page() {
    // After one batch, and before the first.
    for (point, written) in [(TargetFailpoint::AfterRecord, 5), (TargetFailpoint::BeforeWrite, 5)] {
        let mut bench = TargetBench::new().await;
        bench.put_fleet(15).await;
        let mut mapping = sample_mapping();
        mapping.fields[0].source = FieldSource::Value("OTHER".to_owned());
        let store = bench.context.store.clone();
        bench.context.failpoints.hook = Arc::new(SavesMapping { point, store, mapping });
        bench.restart().await;
        assert!(matches!(bench.pass().await, Err(WorkError::Changed)));
        assert_eq!(bench.shelf.look().records.len(), written, "{point:?}");
    }
}
