//! What a device was: changed fields, earlier ids, decisions; what is never kept of it, and when it is forgotten.

use chrono::TimeDelta;
use intune_connector::model::{ComplianceOutcome, DeviceId, GoneReason, InstanceId};
use intune_connector::store::{DeviceHistory, DeviceHistoryKey, NewDecision};
use serde_json::{Value, json};

use crate::support::rig::Rig;
use crate::support::shelf::{Shelf, comparer, decider, device, id, merger};

const ONE: &str = "0d0d0d0d-0000-4000-8000-0000000000a1";
const TWO: &str = "0d0d0d0d-0000-4000-8000-0000000000a2";
const THREE: &str = "0d0d0d0d-0000-4000-8000-0000000000a3";

fn parse(id: &str) -> DeviceId {
    id.parse().unwrap()
}

async fn put(rig: &Rig, id: &str, properties: Value) {
    rig.control("PUT", &format!("devices/{id}"), json!({"properties": properties}))
        .await;
}

async fn change(rig: &Rig, id: &str, properties: Value) {
    rig.control("PATCH", &format!("devices/{id}"), json!({"properties": properties}))
        .await;
}

async fn of(shelf: &Shelf, device: DeviceId) -> DeviceHistory {
    let key = DeviceHistoryKey {
        instance: shelf.instance_id(),
        device,
        before: None,
        limit: 100,
    };
    shelf.store.find_device_history(key).await.unwrap()
}

async fn history(rig: &Rig, id: &str) -> DeviceHistory {
    of(&rig.shelf, parse(id)).await
}

/// All fields that changed, newest first, each with what it was and what it is.
fn fields(history: &DeviceHistory) -> Vec<(String, Value, Value)> {
    let changes = history.changes.iter().flat_map(|change| &change.fields);
    changes
        .map(|change| (change.field.clone(), change.before.clone(), change.after.clone()))
        .collect()
}

fn told(field: &str, before: Value, after: Value) -> (String, Value, Value) {
    (field.to_owned(), before, after)
}

/// Rows of a table of the store.
fn count_rows(shelf: &Shelf, of: &str) -> i64 {
    let raw = rusqlite::Connection::open(shelf.folder.path().join("bus.db")).unwrap();
    raw.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_rename_is_told_with_the_name_before_and_a_first_scan_leaves_nothing() {
    let rig = Rig::new(15).await;
    put(&rig, ONE, json!({"deviceName": "OLD"})).await;
    rig.full().await;
    assert_eq!(count_rows(&rig.shelf, "device_change"), 0, "a first scan");
    assert!(history(&rig, ONE).await.is_known);

    change(&rig, ONE, json!({"deviceName": "NEW"})).await;
    rig.full().await;
    let known = history(&rig, ONE).await;
    assert_eq!(fields(&known), [told("deviceName", json!("OLD"), json!("NEW"))]);
    let row = rig.shelf.store.find_device(rig.shelf.instance_id(), parse(ONE));
    let row = row.await.unwrap().unwrap();
    assert_eq!(
        (known.changes[0].seq, known.changes[0].at),
        (row.seq, rig.shelf.clock.now()),
        "as the feed tells it"
    );
    assert_eq!((known.days, known.gone), (90, None));
    assert_eq!(known.renames[0].before.as_deref(), Some("OLD"));

    change(&rig, ONE, json!({"osVersion": "10.0.99999.1"})).await;
    rig.full().await;
    let known = history(&rig, ONE).await;
    assert_eq!(known.changes.len(), 2);
    assert_eq!(fields(&known)[0].0, "osVersion", "newest first");
    assert_eq!(count_rows(&rig.shelf, "device_change"), 2, "of this device alone");
}

#[tokio::test]
async fn s5_what_moves_by_itself_is_in_the_feed_and_not_in_the_history() {
    let rig = Rig::new(15).await;
    put(&rig, ONE, json!({"freeStorageSpaceInBytes": 5_000_000_000_u64})).await;
    rig.full().await;
    rig.advance(TimeDelta::hours(25));
    let moved =
        json!({"freeStorageSpaceInBytes": 4_000_000_000_u64, "lastSyncDateTime": rig.sim_clock.now().to_rfc3339()});
    change(&rig, ONE, moved).await;
    let scan = rig.full().await;
    assert!(scan.changed >= 1, "{scan:?}");
    assert!(history(&rig, ONE).await.changes.is_empty());
}

#[tokio::test]
async fn s4_what_single_gets_teach_is_told_from_their_second_reading_on() {
    let rig = Rig::with(15, &[("enrich", "daily")]).await;
    put(&rig, ONE, json!({"notes": "on the desk"})).await;
    rig.full().await;
    assert!(rig.enrich().await >= 1);
    assert_eq!(count_rows(&rig.shelf, "device_change"), 0, "they complete the devices");
    change(&rig, ONE, json!({"notes": "under the desk"})).await;
    rig.advance(TimeDelta::hours(25));
    assert_eq!(rig.enrich().await, 1);
    assert_eq!(
        fields(&history(&rig, ONE).await),
        [told("notes", json!("on the desk"), json!("under the desk"))]
    );
}

#[tokio::test]
async fn s7_hardware_that_was_enrolled_again_shows_its_earlier_ids_also_when_their_tombstones_are_swept() {
    let rig = Rig::new(20).await;
    for (id, before, name) in [
        (ONE, None, "FIRST"),
        (TWO, Some(ONE), "SECOND"),
        (THREE, Some(TWO), "THIRD"),
    ] {
        if let Some(before) = before {
            rig.remove(before).await;
        }
        put(&rig, id, json!({"serialNumber": "PF2HIST7", "deviceName": name})).await;
        rig.full().await;
        let (store, head) = (&rig.shelf.store, *rig.shelf.store.watch_head().borrow());
        let instance = rig.shelf.instance_id();
        store
            .sweep_tombstones(instance, head, rig.shelf.clock.now())
            .await
            .unwrap();
    }
    let known = history(&rig, THREE).await;
    let before: Vec<_> = known
        .predecessors
        .iter()
        .map(|former| (former.id, former.name.as_deref(), former.gone.map(|(_, reason)| reason)))
        .collect();
    let replaced = Some(GoneReason::Replaced);
    assert_eq!(
        before,
        [
            (parse(TWO), Some("SECOND"), replaced),
            (parse(ONE), Some("FIRST"), replaced)
        ]
    );
    assert!(known.predecessors.iter().all(|former| former.enrolled_at.is_some()));
    let gone = history(&rig, TWO).await;
    assert!(gone.is_known && gone.gone.is_some(), "{gone:?}");
    assert_eq!(gone.predecessors.len(), 1);
    let nobody = history(&rig, "0d0d0d0d-0000-4000-8000-0000000000ff").await;
    assert!(!nobody.is_known);
}

#[tokio::test]
async fn f8_of_personal_devices_nothing_is_kept_that_is_reduced() {
    let rig = Rig::with(15, &[("personal", "reduced")]).await;
    let person = |name: &str, device: &str| {
        json!({"managedDeviceOwnerType": "personal", "userPrincipalName": format!("{name}@example.org"),
            "userDisplayName": name, "phoneNumber": format!("+49 {name}"), "deviceName": device})
    };
    put(&rig, ONE, person("anna", "A")).await;
    rig.full().await;
    change(&rig, ONE, person("ben", "B")).await;
    rig.full().await;
    let known = history(&rig, ONE).await;
    assert_eq!(fields(&known), [told("deviceName", json!("A"), json!("B"))]);
    assert_eq!(
        count_rows(&rig.shelf, "device_change WHERE fields LIKE '%example.org%'"),
        0
    );
}

#[tokio::test]
async fn f8_what_is_not_let_through_any_more_goes_from_what_was_kept_before() {
    let mut rig = Rig::new(0).await;
    for number in 0..9 {
        let company = json!({"managedDeviceOwnerType": "company"});
        put(&rig, &format!("0d0d0d0d-0000-4000-8000-0000000000b{number}"), company).await;
    }
    let user =
        |name: &str| json!({"managedDeviceOwnerType": "company", "userPrincipalName": format!("{name}@example.org")});
    put(&rig, ONE, user("anna")).await;
    rig.full().await;
    change(&rig, ONE, user("ben")).await;
    change(&rig, ONE, json!({"deviceName": "RENAMED"})).await;
    rig.full().await;
    let is_kept = |known: &DeviceHistory, field: &str| fields(known).iter().any(|change| change.0 == field);
    let known = history(&rig, ONE).await;
    assert!(is_kept(&known, "userPrincipalName") && is_kept(&known, "deviceName"));

    // The device becomes a personal one.
    rig.set(&[("personal", "reduced")]);
    change(&rig, ONE, json!({"managedDeviceOwnerType": "personal"})).await;
    rig.full().await;
    let known = history(&rig, ONE).await;
    assert!(is_kept(&known, "managedDeviceOwnerType") && is_kept(&known, "deviceName"));
    assert!(!is_kept(&known, "userPrincipalName"), "{known:?}");
    assert_eq!(
        count_rows(&rig.shelf, "device_change WHERE fields LIKE '%example.org%'"),
        0
    );

    // And then no device at all.
    let judged = decision(&rig.shelf, parse(ONE), ComplianceOutcome::Compliant);
    rig.shelf.store.record_decisions(vec![judged]).await.unwrap();
    rig.set(&[("personal", "left_out")]);
    rig.full().await;
    let known = history(&rig, ONE).await;
    assert!(known.changes.is_empty(), "{known:?}");
    assert_eq!(known.gone.map(|(_, reason)| reason), Some(GoneReason::Filtered));
    assert_eq!(count_rows(&rig.shelf, "device_decision"), 0);
}

async fn name(shelf: &Shelf) -> String {
    let row = shelf.store.find_device(shelf.instance_id(), id(1)).await.unwrap();
    let body: Value = serde_json::from_str(row.unwrap().body.get()).unwrap();
    body["deviceName"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn f2_a_body_and_what_it_changed_are_there_together_or_not_at_all() {
    let shelf = Shelf::new().await;
    shelf.full(vec![device(1, "A")]).await;
    let raw = rusqlite::Connection::open(shelf.folder.path().join("bus.db")).unwrap();
    raw.execute_batch(
        "CREATE TRIGGER no_change BEFORE INSERT ON device_change BEGIN SELECT RAISE(ABORT, 'no change'); END",
    )
    .unwrap();
    let rename = async || {
        shelf.clock.advance(TimeDelta::seconds(1));
        let (at, renamed) = (shelf.clock.now(), device(1, "B"));
        shelf
            .store
            .commit_device(shelf.instance_id(), at, renamed, decider(), merger(), comparer())
            .await
    };
    assert!(rename().await.is_err());
    assert_eq!(name(&shelf).await, "A");
    assert!(of(&shelf, id(1)).await.changes.is_empty());

    raw.execute_batch("DROP TRIGGER no_change").unwrap();
    rename().await.unwrap();
    assert_eq!(name(&shelf).await, "B");
    assert_eq!(
        fields(&of(&shelf, id(1)).await),
        [told("deviceName", json!("A"), json!("B"))]
    );
}

fn decision(shelf: &Shelf, device: DeviceId, outcome: ComplianceOutcome) -> NewDecision {
    NewDecision {
        instance: shelf.instance_id(),
        device,
        node: "gate".into(),
        outcome,
        reasons: vec![format!("because of {outcome}")],
        at: shelf.clock.now(),
    }
}

/// Two devices, one of which was renamed and judged, and one of which has gone.
async fn lived() -> Shelf {
    let shelf = Shelf::new().await;
    shelf.full(vec![device(1, "A"), device(2, "GONE")]).await;
    shelf.full(vec![device(1, "B")]).await;
    shelf.bury(&[2], GoneReason::Deleted).await;
    let judged = decision(&shelf, id(1), ComplianceOutcome::Compliant);
    shelf.store.record_decisions(vec![judged]).await.unwrap();
    assert_eq!(kept(&shelf), [1, 1, 1]);
    shelf
}

/// Rows of changes, of devices that have gone, and of decisions.
fn kept(shelf: &Shelf) -> [i64; 3] {
    ["device_change", "former_device", "device_decision"].map(|table| count_rows(shelf, table))
}

#[tokio::test]
async fn what_is_older_than_ninety_days_is_forgotten() {
    let shelf = lived().await;
    shelf.clock.advance(TimeDelta::days(89));
    assert_eq!(shelf.store.sweep_history().await.unwrap(), 0);
    shelf.full(vec![device(1, "C")]).await;
    assert_eq!(kept(&shelf), [2, 1, 1]);
    shelf.clock.advance(TimeDelta::days(2));
    assert_eq!(shelf.store.sweep_history().await.unwrap(), 3);
    assert_eq!(kept(&shelf), [1, 0, 0], "the newest change is not so old");
    let known = of(&shelf, id(1)).await;
    assert_eq!(fields(&known), [told("deviceName", json!("B"), json!("C"))]);
    shelf.clock.advance(TimeDelta::days(90));
    assert_eq!(shelf.store.sweep_history().await.unwrap(), 1);
    assert!(of(&shelf, id(1)).await.is_known, "the device itself is there");
}

#[tokio::test]
async fn an_instance_that_keeps_no_history_forgets_what_it_had_and_adds_nothing() {
    let shelf = lived().await;
    shelf.store.set_history_days(shelf.instance_id(), 0).await.unwrap();
    shelf.full(vec![device(1, "C"), device(3, "D")]).await;
    shelf.bury(&[3], GoneReason::Deleted).await;
    let judged = decision(&shelf, id(1), ComplianceOutcome::Error);
    shelf.store.record_decisions(vec![judged]).await.unwrap();
    assert_eq!(kept(&shelf), [1, 1, 1]);
    assert_eq!(shelf.store.sweep_history().await.unwrap(), 3);
    assert_eq!(kept(&shelf), [0, 0, 0]);
    let commits = shelf.store.count_commits().await.unwrap();
    shelf.store.set_history_days(shelf.instance_id(), 0).await.unwrap();
    assert_eq!(shelf.store.sweep_history().await.unwrap(), 0);
    assert_eq!(
        shelf.store.count_commits().await.unwrap(),
        commits,
        "there was nothing to write"
    );
}

#[tokio::test]
async fn the_history_of_an_instance_goes_with_it_and_that_of_others_stays() {
    let shelf = lived().await;
    let other = shelf.another_instance().await;
    shelf
        .store
        .commit_device(
            other.id,
            shelf.clock.now(),
            device(1, "X"),
            decider(),
            merger(),
            comparer(),
        )
        .await
        .unwrap();
    shelf.clock.advance(TimeDelta::seconds(1));
    shelf
        .store
        .commit_device(
            other.id,
            shelf.clock.now(),
            device(1, "Y"),
            decider(),
            merger(),
            comparer(),
        )
        .await
        .unwrap();
    shelf.store.remove_instance(shelf.instance_id()).await.unwrap();
    shelf.store.sweep_history().await.unwrap();
    assert_eq!(kept(&shelf), [1, 0, 0]);
    assert_eq!(
        count_rows(&shelf, &format!("device_change WHERE instance = {}", other.id)),
        1
    );
}

#[tokio::test]
async fn a_decision_that_comes_out_as_before_makes_its_row_last_longer_and_rows_are_bounded() {
    use ComplianceOutcome::{Compliant, NonCompliant};
    let shelf = Shelf::new().await;
    shelf.full(vec![device(1, "A")]).await;
    let began = shelf.clock.now();
    for outcome in [Compliant, Compliant, NonCompliant] {
        let new = vec![decision(&shelf, id(1), outcome), decision(&shelf, id(9), outcome)];
        shelf.store.record_decisions(new).await.unwrap();
        shelf.clock.advance(TimeDelta::minutes(10));
    }
    let list = async |device: DeviceId| {
        let rows = shelf.store.list_device_decisions(shelf.instance_id(), device, 500);
        rows.await.unwrap()
    };
    let rows = list(id(1)).await;
    let at = |minutes| began + TimeDelta::minutes(minutes);
    let times: Vec<_> = rows.iter().map(|row| (row.outcome, row.at, row.until)).collect();
    assert_eq!(times, [(NonCompliant, at(20), at(20)), (Compliant, at(0), at(10))]);
    assert_eq!(rows[0].reasons, ["because of NONCOMPLIANT"]);
    assert!(list(id(9)).await.is_empty(), "no device of the inventory");

    // The clock stands still: each has its place all the same.
    for outcome in [Compliant, NonCompliant].repeat(80) {
        let new = vec![decision(&shelf, id(1), outcome)];
        shelf.store.record_decisions(new).await.unwrap();
    }
    let rows = list(id(1)).await;
    assert_eq!(rows.len(), 100);
    assert!(
        rows.windows(2)
            .all(|two| two[0].at > two[1].at && two[0].outcome != two[1].outcome)
    );
    let elsewhere = NewDecision {
        instance: InstanceId(99),
        ..decision(&shelf, id(1), Compliant)
    };
    shelf.store.record_decisions(vec![elsewhere]).await.unwrap();
    assert_eq!(count_rows(&shelf, "device_decision WHERE instance = 99"), 0);
}
