//! The feed's promises (F1 to F7), against a real store.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use intune_connector::inventory::feed::{self, FeedError, OutdatedCursor};
use intune_connector::model::{ChangeKind, GoneReason, Seq};
use intune_connector::store::{self, ServerLimits};

use crate::support::shelf::{KEY, Shelf, device, id};
use crate::support::view::View;

async fn drain(shelf: &Shelf, server: &store::ServerRow, view: &mut View, mut cursor: Option<String>) -> String {
    loop {
        let batch = shelf.read(server, cursor.as_deref(), 3).await;
        view.apply(&batch.changes);
        cursor = Some(batch.cursor.clone());
        if !batch.has_more {
            return batch.cursor;
        }
    }
}

#[tokio::test]
async fn f1_a_server_that_was_away_reads_each_changed_device_once() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full((1..=5).map(|n| device(n, &format!("A{n}"))).collect()).await;
    let mut view = View::default();
    let cursor = drain(&shelf, &server, &mut view, None).await;
    for round in 0..10 {
        shelf
            .full((1..=5).map(|n| device(n, &format!("{round}-{n}"))).collect())
            .await;
    }
    let batch = shelf.read(&server, Some(&cursor), 100).await;
    assert_eq!(batch.changes.len(), 5, "one change a device, however often it changed");
    view.apply(&batch.changes);
    assert_eq!(view.names(), ["9-1", "9-2", "9-3", "9-4", "9-5"]);
}

#[tokio::test]
async fn f1_servers_that_read_side_by_side_are_told_the_same_and_none_what_is_no_longer_so() {
    let shelf = Shelf::new().await;
    let (first, second) = (shelf.server("cmdb").await, shelf.server("helpdesk").await);
    shelf.full((1..=5).map(|n| device(n, &format!("A{n}"))).collect()).await;
    let told = async |server| {
        let batch = shelf.read(server, None, 100).await;
        let mut view = View::default();
        view.apply(&batch.changes);
        view.bodies
    };
    let of_first = told(&first).await;
    assert_eq!((of_first.len(), told(&second).await), (5, of_first));
    // The same places of the feed are asked for, but the store is not what it was.
    shelf.full((1..=5).map(|n| device(n, &format!("A{n}"))).collect()).await;
    shelf.put(vec![device(3, "B3")]).await;
    let now = told(&second).await;
    assert!(now.values().any(|body| body.contains("B3")) && !now.values().any(|body| body.contains("A3")));
    assert_eq!(told(&first).await, now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f3_what_was_read_is_never_refused_as_ahead_of_the_store_however_fast_it_comes_back() {
    let shelf = std::sync::Arc::new(Shelf::new().await);
    let server = shelf.server("cmdb").await;
    let writing = shelf.clone();
    let writer = tokio::spawn(async move {
        for round in 0..150 {
            writing
                .put((1..=3).map(|n| device(n, &format!("{round}-{n}"))).collect())
                .await;
        }
    });
    let mut view = View::default();
    let mut cursor = None;
    while !writer.is_finished() {
        let batch = shelf.read(&server, cursor.as_deref(), 100).await;
        view.apply(&batch.changes);
        shelf.ack(&server, &batch.cursor).await;
        cursor = Some(batch.cursor);
    }
    writer.await.unwrap();
    let batch = shelf.read(&server, cursor.as_deref(), 100).await;
    view.apply(&batch.changes);
    assert_eq!(view.names(), ["149-1", "149-2", "149-3"]);
    assert!(view.in_snapshot("IntuneConnector_1"), "no full scan has completed yet");
}

#[tokio::test]
async fn f3_a_cursor_of_another_generation_or_server_is_refused_with_its_reason() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    let other = shelf.server("other").await;
    shelf.full(vec![device(1, "A")]).await;
    let cursor = shelf.read(&server, None, 10).await.cursor;

    let refused = shelf.try_read(&other, Some(&cursor), 10).await;
    assert!(matches!(refused, Err(FeedError::Malformed(_))), "{refused:?}");
    let refused = shelf.try_read(&server, Some("1AAAA"), 10).await;
    assert!(matches!(refused, Err(FeedError::Malformed(_))), "{refused:?}");

    feed::resync_server(&shelf.store, &shelf.again(&server).await)
        .await
        .unwrap();
    let refused = shelf.try_read(&server, Some(&cursor), 10).await;
    assert!(
        matches!(refused, Err(FeedError::Outdated(OutdatedCursor::Generation))),
        "{refused:?}"
    );
    let snapshot = shelf.read(&server, None, 10).await;
    assert_eq!(snapshot.changes[0].kind, ChangeKind::SnapshotBegin);
}

#[tokio::test]
async fn f3_after_a_restore_no_old_cursor_fits_and_the_snapshot_waits_for_a_full_scan() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let mut view = View::default();
    let cursor = drain(&shelf, &server, &mut view, None).await;
    shelf.ack(&server, &cursor).await;
    let copy = shelf.folder.path().join("copy.db");
    shelf.store.write_backup(&copy).await.unwrap();
    let shelf = shelf.reopened(|folder| {
        store::restore_backup(folder, &copy, &[7; 32]).unwrap();
    });

    let refused = shelf.try_read(&server, Some(&cursor), 10).await;
    assert!(
        matches!(refused, Err(FeedError::Outdated(OutdatedCursor::Epoch))),
        "{refused:?}"
    );
    let batch = shelf.read(&server, None, 10).await;
    let kinds: Vec<ChangeKind> = batch.changes.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [ChangeKind::SnapshotBegin, ChangeKind::Upsert, ChangeKind::Upsert],
        "no end mark before a full scan"
    );
    view.apply(&batch.changes);
    shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let end = shelf.read(&server, Some(&batch.cursor), 10).await;
    assert_eq!(end.changes.last().unwrap().kind, ChangeKind::SnapshotEnd);
    view.apply(&end.changes);
    assert_eq!(view.names(), ["A", "B"]);
}

#[tokio::test]
async fn f3_a_store_put_back_by_hand_counts_as_a_restore() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full(vec![device(1, "A")]).await;
    let copy = shelf.folder.path().join("copy.db");
    shelf.store.write_backup(&copy).await.unwrap();
    let epoch = shelf.store.epoch();
    shelf.full(vec![device(1, "A2")]).await;
    let cursor = shelf.read(&server, None, 10).await.cursor;
    let shelf = shelf.reopened(|folder| {
        for name in ["bus.db", "bus.db-wal", "bus.db-shm"] {
            let _ = std::fs::remove_file(folder.join(name));
        }
        std::fs::copy(&copy, folder.join("bus.db")).unwrap();
    });
    assert_ne!(shelf.store.epoch(), epoch);
    let refused = shelf.try_read(&server, Some(&cursor), 10).await;
    assert!(
        matches!(refused, Err(FeedError::Outdated(OutdatedCursor::Epoch))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn f4_a_server_that_held_a_fleet_loses_nothing_to_an_empty_store() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    let mut view = View::default();
    for n in 1..=4u128 {
        let key = (shelf.instance.name.to_string(), id(n).to_string());
        view.devices.insert(key, (format!("old{n}"), 0));
    }
    let mut cursor = drain(&shelf, &server, &mut view, None).await;
    assert_eq!(view.devices.len(), 4, "the store is empty, the server's view is not");
    shelf.put(vec![device(1, "new1"), device(2, "new2")]).await;
    cursor = drain(&shelf, &server, &mut view, Some(cursor)).await;
    assert_eq!(view.devices.len(), 4, "a scan under way calls nothing gone");
    shelf
        .full(vec![device(1, "new1"), device(2, "new2"), device(3, "new3")])
        .await;
    drain(&shelf, &server, &mut view, Some(cursor)).await;
    assert_eq!(
        view.names(),
        ["new1", "new2", "new3"],
        "the end mark tells that the fourth has gone"
    );
}

#[tokio::test]
async fn f4_a_device_that_goes_while_a_snapshot_is_read_is_told_gone() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full((1..=6).map(|n| device(n, &format!("D{n}"))).collect()).await;
    let mut view = View::default();
    let batch = shelf.read(&server, None, 4).await;
    view.apply(&batch.changes);
    shelf.bury(&[1, 6], GoneReason::Deleted).await;
    drain(&shelf, &server, &mut view, Some(batch.cursor)).await;
    assert_eq!(view.names(), ["D2", "D3", "D4", "D5"]);
}

#[tokio::test]
async fn f5_every_gone_says_why() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full((1..=4).map(|n| device(n, "D")).collect()).await;
    let mut view = View::default();
    let cursor = drain(&shelf, &server, &mut view, None).await;
    shelf.bury(&[1], GoneReason::Deleted).await;
    shelf.bury(&[2], GoneReason::Filtered).await;
    shelf.bury(&[3], GoneReason::ByJob).await;
    shelf.store.remove_instance(shelf.instance_id()).await.unwrap();
    drain(&shelf, &server, &mut view, Some(cursor)).await;
    let reasons: BTreeMap<_, _> = view.gone.iter().cloned().collect();
    assert_eq!(
        reasons.values().map(String::as_str).collect::<Vec<_>>(),
        ["Deleted", "Filtered", "ByJob", "InstanceRemoved"]
    );
    assert!(view.devices.is_empty());
}

#[tokio::test]
async fn f6_tombstones_go_when_all_have_passed_them_and_who_is_behind_gets_a_snapshot() {
    let shelf = Shelf::new().await;
    let (quick, slow) = (shelf.server("quick").await, shelf.server("slow").await);
    shelf.full((1..=3).map(|n| device(n, &format!("D{n}"))).collect()).await;
    let (mut quick_view, mut slow_view) = (View::default(), View::default());
    let cursor = drain(&shelf, &quick, &mut quick_view, None).await;
    shelf.ack(&quick, &cursor).await;
    let slow_cursor = drain(&shelf, &slow, &mut slow_view, None).await;
    shelf.ack(&slow, &slow_cursor).await;
    shelf.bury(&[1], GoneReason::Deleted).await;
    let cursor = drain(&shelf, &quick, &mut quick_view, Some(cursor)).await;
    shelf.ack(&quick, &cursor).await;

    let head = *shelf.store.watch_head().borrow();
    let sweep = async |days: i64| {
        let servers = shelf.store.list_servers().await.unwrap();
        let passed = feed::lowest_passed_seq(servers.iter(), shelf.instance_id(), head);
        let before = shelf.clock.now() - TimeDelta::days(days);
        shelf
            .store
            .sweep_tombstones(shelf.instance_id(), passed, before)
            .await
            .unwrap()
    };
    assert_eq!(sweep(90).await, 0, "slow has not passed it");
    shelf.clock.advance(TimeDelta::days(91));
    assert_eq!(sweep(90).await, 1, "90 days are enough");
    let batch = shelf.read(&slow, None, 100).await;
    assert_eq!(batch.changes[0].kind, ChangeKind::SnapshotBegin);
    slow_view.apply(&batch.changes);
    assert_eq!(slow_view.names(), ["D2", "D3"]);
    assert_eq!(
        shelf.read(&quick, None, 100).await.changes.len(),
        0,
        "quick had passed it"
    );
}

#[tokio::test]
async fn f7_a_server_taken_out_of_the_audience_is_told_gone_for_all_and_once() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full((1..=5).map(|n| device(n, &format!("D{n}"))).collect()).await;
    let mut view = View::default();
    let cursor = drain(&shelf, &server, &mut view, None).await;
    shelf
        .store
        .set_audience(shelf.instance_id(), Some(vec!["other".parse().unwrap()]))
        .await
        .unwrap();
    let cursor = drain(&shelf, &server, &mut view, Some(cursor)).await;
    assert!(view.devices.is_empty());
    assert!(view.gone.iter().all(|(_, reason)| reason == "Unassigned"));
    assert_eq!(view.gone.len(), 5);
    shelf.ack(&server, &cursor).await;
    assert!(shelf.read(&server, None, 100).await.changes.is_empty());
    shelf.store.set_audience(shelf.instance_id(), None).await.unwrap();
    drain(&shelf, &server, &mut view, Some(cursor)).await;
    assert_eq!(view.devices.len(), 5, "back in the audience, it gets a snapshot");
}

#[tokio::test]
async fn f7_a_server_id_belongs_to_the_operator_that_announced_it_first() {
    let shelf = Shelf::new().await;
    shelf.server("cmdb").await;
    let again = store::ServerAnnouncement {
        display_name: "thief".into(),
        accepts: serde_json::json!({}),
    };
    let other = intune_connector::model::OperatorId(2);
    let refused = shelf
        .store
        .announce_server("cmdb".parse().unwrap(), again, other, true)
        .await;
    assert!(
        matches!(refused, Err(store::StoreError::BelongsToAnother(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn f7_a_server_id_announced_anew_does_not_take_cursors_from_before_its_removal() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full(vec![device(1, "A")]).await;
    let cursor = shelf.read(&server, None, 10).await.cursor;
    shelf.store.remove_server(server.id.clone()).await.unwrap();
    let server = shelf.server("cmdb").await;
    let refused = shelf.try_read(&server, Some(&cursor), 10).await;
    assert!(
        matches!(refused, Err(FeedError::Outdated(OutdatedCursor::Generation))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn f8_a_server_gets_the_fields_and_devices_that_its_limits_let_through() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    let limits = ServerLimits {
        fields: Some(Some(vec!["deviceName".into()])),
        filter: Some(Some("deviceName.startsWith('A')".into())),
        ..ServerLimits::default()
    };
    shelf.store.change_server(server.id.clone(), limits).await.unwrap();
    shelf.full(vec![device(1, "A1"), device(2, "B2")]).await;
    let batch = shelf.read(&server, None, 100).await;
    let upserts: Vec<_> = batch
        .changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Upsert)
        .collect();
    assert_eq!(upserts.len(), 1);
    let told: serde_json::Value = serde_json::from_str(&upserts[0].device.as_ref().unwrap().to_json()).unwrap();
    assert_eq!(told["deviceName"], "A1");
    assert!(told.get("operatingSystem").is_none());
    shelf.full(vec![device(1, "B1"), device(2, "B2")]).await;
    let next = shelf.read(&server, Some(&batch.cursor), 100).await;
    assert_eq!(next.changes.len(), 1);
    assert_eq!(
        (next.changes[0].kind, next.changes[0].reason),
        (ChangeKind::Gone, Some(GoneReason::Filtered))
    );
}

#[tokio::test]
async fn e10_what_a_filter_can_not_judge_stays_as_it_was_at_the_server_also_through_a_snapshot() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf
        .full(vec![device(1, "A1"), device(2, "B2"), device(3, "A3")])
        .await;
    let mut view = View::default();
    drain(&shelf, &server, &mut view, None).await;
    // No device has a model: on whatever is not called A the filter fails.
    let filter = "deviceName.startsWith('A') || model.startsWith('X')";
    let limits = ServerLimits {
        filter: Some(Some(filter.into())),
        ..ServerLimits::default()
    };
    let server = shelf.store.change_server(server.id.clone(), limits).await.unwrap();
    let batch = shelf.read(&server, None, 100).await;
    let end = batch.changes.last().unwrap();
    assert_eq!(
        (end.kind, end.set_aside.as_slice()),
        (ChangeKind::SnapshotEnd, &[id(2)][..])
    );
    view.apply(&batch.changes);
    assert_eq!(view.names(), ["A1", "B2", "A3"], "nothing has gone");
    assert!(view.gone.is_empty(), "{:?}", view.gone);
    // Judged again, it is told as any other.
    shelf.put(vec![device(1, "A1"), device(2, "A2"), device(3, "A3")]).await;
    let next = shelf.read(&server, Some(&batch.cursor), 100).await;
    view.apply(&next.changes);
    assert_eq!(view.names(), ["A1", "A2", "A3"]);
}

#[tokio::test]
async fn a_late_acknowledgement_of_an_older_cursor_moves_nothing_back() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full((1..=6).map(|n| device(n, "D")).collect()).await;
    let first = shelf.read(&server, None, 2).await.cursor;
    let second = shelf.read(&server, Some(&first), 2).await.cursor;
    assert!(shelf.ack(&server, &second).await);
    assert!(!shelf.ack(&server, &first).await);
    let next = shelf.read(&server, None, 1).await;
    assert_eq!(
        next.changes[0].device_id,
        Some(id(4)),
        "begin mark and three devices were acknowledged"
    );
}

#[tokio::test]
async fn a_stream_may_stop_behind_any_change_and_go_on_from_there() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full((1..=4).map(|n| device(n, &format!("D{n}"))).collect()).await;
    let whole = shelf.read(&server, None, 100).await.with_cursors(KEY);
    for stop in 0..whole.len() {
        let mut view = View::default();
        let (before, _) = whole.split_at(stop + 1);
        before
            .iter()
            .for_each(|(change, _)| view.apply(std::slice::from_ref(change)));
        let rest = shelf.read(&server, Some(&before[stop].1), 100).await;
        view.apply(&rest.changes);
        assert_eq!(view.names(), ["D1", "D2", "D3", "D4"], "stopped behind change {stop}");
    }
}

#[tokio::test]
async fn behind_counts_what_is_still_to_be_told_in_every_phase() {
    let shelf = Shelf::new().await;
    let (store, instance) = (shelf.store.clone(), shelf.instance_id());
    shelf.full((1..=6).map(|n| device(n, "a")).collect()).await;
    shelf.bury(&[6], GoneReason::Deleted).await;
    assert_eq!(
        store.count_pending_changes(instance, None).await.unwrap(),
        5,
        "who holds nothing needs no tombstone"
    );
    let server = shelf.server("cmdb").await;
    let half = shelf.read(&server, None, 3).await;
    assert!(shelf.ack(&server, &half.cursor).await);
    let place = async || shelf.again(&server).await.positions.get(&instance).copied();
    assert_eq!(
        store.count_pending_changes(instance, place().await).await.unwrap(),
        3,
        "the begin mark and two devices were told"
    );
    let rest = shelf.read(&server, Some(&half.cursor), 100).await;
    assert!(shelf.ack(&server, &rest.cursor).await);
    assert_eq!(store.count_pending_changes(instance, place().await).await.unwrap(), 0);
    shelf.bury(&[5], GoneReason::Deleted).await;
    assert_eq!(
        store.count_pending_changes(instance, place().await).await.unwrap(),
        1,
        "a tombstone is news"
    );
}

#[tokio::test]
async fn the_oldest_change_that_waits_is_known_once_the_whole_fleet_was_told() {
    let shelf = Shelf::new().await;
    let (store, instance) = (shelf.store.clone(), shelf.instance_id());
    shelf.full((1..=3).map(|n| device(n, "a")).collect()).await;
    let server = shelf.server("cmdb").await;
    let place = async || shelf.again(&server).await.positions.get(&instance).copied();
    let oldest = async || store.find_oldest_pending_change(instance, place().await).await.unwrap();
    assert_eq!(
        oldest().await,
        None,
        "of a whole fleet no device is older than the others"
    );
    let all = shelf.read(&server, None, 100).await;
    assert!(shelf.ack(&server, &all.cursor).await);
    assert_eq!(oldest().await, None, "nothing waits");
    shelf.bury(&[2], GoneReason::Deleted).await;
    let first = shelf.clock.now();
    shelf.clock.advance(chrono::TimeDelta::seconds(60));
    shelf.bury(&[3], GoneReason::Deleted).await;
    assert_eq!(oldest().await.map(|at| at.timestamp()), Some(first.timestamp()));
}

#[tokio::test]
async fn f4_a_rewind_in_the_middle_of_a_snapshot_starts_it_over_so_that_nothing_gone_is_kept() {
    let shelf = Shelf::new().await;
    shelf.full((1..=6).map(|n| device(n, "a")).collect()).await;
    let server = shelf.server("cmdb").await;
    let mut view = View::default();
    let all = shelf.read(&server, None, 100).await;
    view.apply(&all.changes);
    assert!(shelf.ack(&server, &all.cursor).await);
    shelf.bury(&[2], GoneReason::Deleted).await;
    feed::resync_server(&shelf.store, &shelf.again(&server).await)
        .await
        .unwrap();
    let part = shelf.read(&server, None, 3).await;
    view.apply(&part.changes);
    assert!(shelf.ack(&server, &part.cursor).await);

    feed::rewind_server(&shelf.store, &shelf.again(&server).await, None, Seq(1))
        .await
        .unwrap();
    let rest = shelf.read(&server, None, 100).await;
    view.apply(&rest.changes);
    let first = rest.changes.first().map(|change| change.kind);
    assert_eq!(first, Some(ChangeKind::SnapshotBegin), "{:?}", rest.changes);
    assert_eq!(
        view.devices.len(),
        5,
        "what had gone before the snapshot began is not kept"
    );
}
