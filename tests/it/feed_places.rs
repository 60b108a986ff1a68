//! Where servers stand (F3): judged by place, whatever order acknowledgements come in, and whatever the server or the
//! store has put back. A store that went back is noticed by what comes from outside (A8).

use std::fs;
use std::path::Path;

use intune_connector::inventory::feed::{self, FeedError, OutdatedCursor};
use intune_connector::model::{Cursor, FeedPhase, GoneReason, Seq};
use intune_connector::observe::Clock;
use intune_connector::store::{SealedPosition, ServerRow, Store};

use crate::support::shelf::{KEY, Shelf, device};
use crate::support::view::View;

/// Reads to the end without acknowledging; the cursor there.
async fn drain(shelf: &Shelf, server: &ServerRow, view: &mut View, mut cursor: Option<String>, limit: usize) -> String {
    loop {
        let batch = shelf.read(server, cursor.as_deref(), limit).await;
        view.apply(&batch.changes);
        cursor = Some(batch.cursor.clone());
        if !batch.has_more {
            return batch.cursor;
        }
    }
}

async fn refused(shelf: &Shelf, server: &ServerRow, cursor: &str) -> OutdatedCursor {
    match shelf.try_read(server, Some(cursor), 10).await {
        Err(FeedError::Outdated(outdated)) => outdated,
        other => panic!("it is taken: {other:?}"),
    }
}

/// Both ways of coming back with it are refused alike.
async fn acknowledging(shelf: &Shelf, server: &ServerRow, cursor: &str) -> bool {
    let row = shelf.again(server).await;
    let apart = Default::default();
    feed::acknowledge_cursor(&shelf.store, KEY, &row, &apart, cursor)
        .await
        .is_ok()
}

/// The fleet as it is now.
async fn fleet(shelf: &Shelf) -> Vec<String> {
    let other = shelf.server("observer").await;
    let mut view = View::default();
    drain(shelf, &other, &mut view, None, 100).await;
    view.names().into_iter().map(str::to_owned).collect()
}

/// Something changes, something goes.
async fn time_passes(shelf: &Shelf, round: u128) {
    shelf
        .full(
            (10..=15)
                .map(|n| device(n, &format!("D{n}-{round}")))
                .chain([device(100 + round, "new")])
                .collect(),
        )
        .await;
    shelf.bury(&[round], GoneReason::Deleted).await;
}

async fn with_fleet() -> (Shelf, ServerRow) {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf
        .full((1..=15).map(|n| device(n, &format!("D{n}"))).collect())
        .await;
    (shelf, server)
}

enum Began {
    Resync,
    Rewind,
    Limits,
    Restore,
}

/// A server puts a backup of its own back, whose cursor is from before a resync, a rewind, other limits or a restore; it
/// had acknowledged further since. Whoever does as the 410 says ends with the right view.
#[tokio::test]
async fn cr_v3_f3_behind_a_410_reading_without_a_cursor_ends_right_whatever_was_acknowledged_meanwhile() {
    for began in [Began::Resync, Began::Rewind, Began::Limits, Began::Restore] {
        let (mut shelf, server) = with_fleet().await;
        let mut own_backup = View::default();
        let old = drain(&shelf, &server, &mut own_backup, None, 4).await;
        shelf.ack(&server, &old).await;
        let mut view = own_backup.clone();
        time_passes(&shelf, 1).await;
        let cursor = drain(&shelf, &server, &mut view, Some(old.clone()), 100).await;
        shelf.ack(&server, &cursor).await;
        match began {
            Began::Resync => {
                _ = feed::resync_server(&shelf.store, &shelf.again(&server).await)
                    .await
                    .unwrap()
            }
            Began::Rewind => {
                let row = shelf.again(&server).await;
                feed::rewind_server(&shelf.store, &row, None, Seq(9)).await.unwrap();
            }
            Began::Limits => {
                let limits = intune_connector::store::ServerLimits {
                    fields: Some(Some(vec!["deviceName".into(), "operatingSystem".into()])),
                    ..Default::default()
                };
                shelf.store.change_server(server.id.clone(), limits).await.unwrap();
            }
            Began::Restore => shelf = restored(shelf).await,
        }
        let cursor = drain(&shelf, &server, &mut view, None, 100).await;
        shelf.ack(&server, &cursor).await;
        time_passes(&shelf, 2).await;
        let cursor = drain(&shelf, &server, &mut view, Some(cursor), 100).await;
        assert!(shelf.ack(&server, &cursor).await);
        assert_eq!(view.names(), fleet(&shelf).await, "as long as nothing is put back");

        let mut view = own_backup;
        assert!(!acknowledging(&shelf, &server, &old).await);
        // What it acknowledged before it died may still be on its way.
        let _ = acknowledging(&shelf, &server, &cursor).await;
        refused(&shelf, &server, &old).await;
        let cursor = drain(&shelf, &server, &mut view, None, 4).await;
        assert_eq!(view.names(), fleet(&shelf).await);
        assert!(shelf.ack(&server, &cursor).await);
        time_passes(&shelf, 3).await;
        drain(&shelf, &server, &mut view, Some(cursor), 4).await;
        assert_eq!(view.names(), fleet(&shelf).await);
    }
}

async fn restored(shelf: Shelf) -> Shelf {
    let copy = shelf.folder.path().join("copy.db");
    shelf.store.write_backup(&copy).await.unwrap();
    shelf.reopened(|folder| {
        intune_connector::store::restore_backup(folder, &copy, &[7; 32]).unwrap();
    })
}

#[tokio::test]
async fn cr_v3_f3_a_rewind_is_told_again_from_its_place_to_a_server_that_holds_what_lies_before() {
    let (shelf, server) = with_fleet().await;
    let mut view = View::default();
    let cursor = drain(&shelf, &server, &mut view, None, 100).await;
    shelf.ack(&server, &cursor).await;
    feed::rewind_server(&shelf.store, &shelf.again(&server).await, None, Seq(12))
        .await
        .unwrap();
    assert_eq!(refused(&shelf, &server, &cursor).await, OutdatedCursor::Generation);
    let again = shelf.read(&server, None, 100).await;
    assert_eq!(again.changes.len(), 3, "{:?}", again.changes);
}

#[tokio::test]
async fn cr_v3_f3_a_server_that_was_taken_out_meanwhile_is_told_that_all_have_gone() {
    let (shelf, server) = with_fleet().await;
    let mut own_backup = View::default();
    let old = drain(&shelf, &server, &mut own_backup, None, 100).await;
    shelf.ack(&server, &old).await;
    let others = Some(vec!["other".parse().unwrap()]);
    shelf.store.set_audience(shelf.instance_id(), others).await.unwrap();
    let cursor = drain(&shelf, &server, &mut own_backup.clone(), Some(old.clone()), 4).await;
    shelf.ack(&server, &cursor).await;
    feed::resync_server(&shelf.store, &shelf.again(&server).await)
        .await
        .unwrap();
    refused(&shelf, &server, &old).await;
    let mut view = own_backup;
    drain(&shelf, &server, &mut view, None, 4).await;
    assert!(view.names().is_empty(), "{:?}", view.names());
}

#[tokio::test]
async fn cr_v7_f3_an_acknowledgement_counts_by_its_place_however_it_was_read() {
    let (shelf, server) = with_fleet().await;
    let mut view = View::default();
    // Read in many pages.
    let early = shelf.read(&server, None, 3).await.cursor;
    let whole = drain(&shelf, &server, &mut view, None, 2).await;
    time_passes(&shelf, 1).await;
    let late = drain(&shelf, &server, &mut view, Some(whole.clone()), 2).await;
    assert!(shelf.ack(&server, &whole).await);
    let behind = async || {
        let place = shelf.again(&server).await.positions.get(&shelf.instance_id()).copied();
        shelf
            .store
            .count_pending_changes(shelf.instance_id(), place)
            .await
            .unwrap()
    };
    let missing = behind().await;
    assert!(missing > 3, "{missing}");
    // A backup of its own, then all in one go.
    let in_one_go = shelf.read(&server, Some(&early), 100).await.cursor;
    assert!(
        shelf.ack(&server, &in_one_go).await,
        "one reading, and ahead by its place"
    );
    assert_eq!(behind().await, 0);
    for place in [&early, &whole, &late, &in_one_go] {
        assert!(!shelf.ack(&server, place).await);
        assert_eq!(behind().await, 0, "never back");
    }
    // What everybody has passed may go.
    let servers = shelf.store.list_servers().await.unwrap();
    let head = *shelf.store.watch_head().borrow();
    assert_eq!(feed::lowest_passed_seq(servers.iter(), shelf.instance_id(), head), head);
}

#[tokio::test]
async fn cr_v7_f3_a_late_acknowledgement_from_before_a_server_left_does_not_bring_it_back_as_live() {
    let (shelf, server) = with_fleet().await;
    let mut view = View::default();
    let live = drain(&shelf, &server, &mut view, None, 100).await;
    shelf.ack(&server, &live).await;
    let others = Some(vec!["other".parse().unwrap()]);
    shelf.store.set_audience(shelf.instance_id(), others).await.unwrap();
    let left = drain(&shelf, &server, &mut view, Some(live.clone()), 4).await;
    assert!(shelf.ack(&server, &left).await);
    assert!(!shelf.ack(&server, &live).await);
    shelf.store.set_audience(shelf.instance_id(), None).await.unwrap();
    let back = drain(&shelf, &server, &mut view, None, 4).await;
    assert_eq!(
        view.names().len(),
        15,
        "nothing has changed since, and it is told everything"
    );
    assert!(shelf.ack(&server, &back).await);
    let row = shelf.again(&server).await;
    assert_eq!(row.positions[&shelf.instance_id()].phase, FeedPhase::Live);
}

/// Opens the folder again, as after a snapshot of a machine was put back.
fn put_back(shelf: Shelf, from: &Path, mark_file: Option<&Path>) -> Shelf {
    shelf.reopened_by(|folder, clock| {
        copy(from, folder);
        Store::open_with_mark(folder, mark_file, clock, [7; 32])
    })
}

/// The store's files, its mark among them.
fn copy(from: &Path, to: &Path) {
    for name in ["bus.db", "bus.db-wal", "bus.db-shm", "bus.mark"] {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[tokio::test]
async fn cr_v6_a8_a_folder_that_went_back_is_noticed_by_the_first_cursor_ahead_of_it() {
    let (shelf, server) = with_fleet().await;
    let mut view = View::default();
    let cursor = drain(&shelf, &server, &mut view, None, 100).await;
    shelf.ack(&server, &cursor).await;
    let snapshot = tempfile::tempdir().unwrap();
    copy(shelf.folder.path(), snapshot.path());
    time_passes(&shelf, 1).await;
    let ahead = drain(&shelf, &server, &mut view, Some(cursor.clone()), 100).await;
    shelf.ack(&server, &ahead).await;

    let shelf = put_back(shelf, snapshot.path(), None);
    let epoch = shelf.store.epoch();
    assert_eq!(
        shelf.store.list_kill_switches().await.unwrap(),
        [],
        "nothing shows it yet"
    );
    // What fits, what anybody could have made up, and what another key has sealed.
    shelf.read(&server, Some(&cursor), 10).await;
    let mut forged = Cursor::decode(&ahead, KEY).unwrap();
    forged
        .positions
        .values_mut()
        .for_each(|place| place.seq = Seq(i64::MAX));
    for made_up in [forged.encode(b"another key"), ahead[..ahead.len() - 3].to_owned()] {
        let answer = shelf.try_read(&server, Some(&made_up), 10).await;
        assert!(matches!(answer, Err(FeedError::Malformed(_))), "{answer:?}");
    }
    let of_another_life = Cursor {
        epoch: intune_connector::model::Epoch(uuid::Uuid::new_v4()),
        ..forged
    };
    assert_eq!(
        refused(&shelf, &server, &of_another_life.encode(KEY)).await,
        OutdatedCursor::Epoch
    );
    assert_eq!(
        (
            shelf.store.epoch(),
            shelf.store.list_kill_switches().await.unwrap().len()
        ),
        (epoch, 0)
    );

    assert_eq!(refused(&shelf, &server, &ahead).await, OutdatedCursor::Ahead);
    assert_ne!(shelf.store.epoch(), epoch);
    assert_eq!(shelf.store.list_kill_switches().await.unwrap().len(), 1);
    assert!(shelf.store.find_rollback().await.unwrap().is_some());
    assert_eq!(shelf.store.list_notices().await.unwrap().len(), 1);
    let trail = shelf.store.list_audit_entries(0, 1_000).await.unwrap();
    assert_eq!(trail.iter().filter(|row| row.action == "store.restored").count(), 1);
    // Once is enough.
    assert_eq!(refused(&shelf, &server, &ahead).await, OutdatedCursor::Epoch);
    assert_eq!(
        shelf.store.list_audit_entries(0, 1_000).await.unwrap().len(),
        trail.len()
    );

    shelf
        .full((2..=15).map(|n| device(n, &format!("E{n}"))).collect())
        .await;
    let cursor = drain(&shelf, &server, &mut view, None, 100).await;
    assert_eq!(view.names(), fleet(&shelf).await, "no device lacks, none is old");
    assert!(shelf.ack(&server, &cursor).await);

    // The next start finds nothing more.
    let epoch = shelf.store.epoch();
    let Shelf { folder, store, .. } = shelf;
    drop(store);
    let store = Store::open(folder.path(), Clock::system(), [7; 32]).unwrap();
    assert_eq!(store.epoch(), epoch);
}

/// The feed has passed the place again, with other changes: the place alone shows nothing, the start does in which it was
/// told.
#[tokio::test]
async fn cr_v6_a8_a_machine_that_went_back_is_noticed_when_the_feed_has_passed_the_place_again() {
    for restarts in [0, 1, 3] {
        let (shelf, server) = with_fleet().await;
        let mut view = View::default();
        let cursor = drain(&shelf, &server, &mut view, None, 100).await;
        shelf.ack(&server, &cursor).await;
        let snapshot = tempfile::tempdir().unwrap();
        copy(shelf.folder.path(), snapshot.path());
        let mut shelf = shelf;
        for _ in 0..restarts {
            shelf = shelf.reopened(|_| ());
        }
        time_passes(&shelf, 1).await;
        let ahead = drain(&shelf, &server, &mut view, Some(cursor.clone()), 100).await;
        let mut shelf = put_back(shelf, snapshot.path(), None);
        for round in 2..6 {
            time_passes(&shelf, round).await;
            shelf = shelf.reopened(|_| ());
        }
        let place = Cursor::decode(&ahead, KEY).unwrap().positions[&shelf.instance_id()];
        assert!(place.seq < *shelf.store.watch_head().borrow());
        // What was told before the snapshot still fits.
        shelf.read(&server, Some(&cursor), 10).await;
        assert_eq!(shelf.store.list_kill_switches().await.unwrap(), []);
        assert_eq!(
            refused(&shelf, &server, &ahead).await,
            OutdatedCursor::Ahead,
            "{restarts} restarts"
        );
        assert_eq!(shelf.store.list_kill_switches().await.unwrap().len(), 1);
        shelf
            .full((2..=15).map(|n| device(n, &format!("E{n}"))).collect())
            .await;
        drain(&shelf, &server, &mut view, None, 100).await;
        assert_eq!(view.names(), fleet(&shelf).await, "no device lacks, none is old");
    }
}

#[tokio::test]
async fn cr_v6_a8_restarts_alone_prove_nothing_whichever_change_a_server_comes_back_behind() {
    let (shelf, server) = with_fleet().await;
    let cursor = drain(&shelf, &server, &mut View::default(), None, 100).await;
    let shelf = shelf.reopened(|_| ());
    time_passes(&shelf, 1).await;
    // As a stream hands them out: one behind each change.
    let told = shelf.read(&server, Some(&cursor), 100).await.with_cursors(KEY);
    assert!(told.len() > 3);
    let shelf = shelf.reopened(|_| ());
    for (_, cursor) in &told {
        shelf.read(&server, Some(cursor), 10).await;
    }
    assert_eq!(shelf.store.list_kill_switches().await.unwrap(), []);
}

#[tokio::test]
async fn cr_v6_a8_a_server_that_was_made_to_start_over_after_the_snapshot_proves_it_as_well() {
    let (shelf, server) = with_fleet().await;
    let snapshot = tempfile::tempdir().unwrap();
    copy(shelf.folder.path(), snapshot.path());
    feed::resync_server(&shelf.store, &shelf.again(&server).await)
        .await
        .unwrap();
    let cursor = drain(&shelf, &server, &mut View::default(), None, 100).await;
    let shelf = put_back(shelf, snapshot.path(), None);
    assert_eq!(refused(&shelf, &server, &cursor).await, OutdatedCursor::Ahead);
    assert_eq!(shelf.store.list_kill_switches().await.unwrap().len(), 1);
}

#[tokio::test]
async fn cr_v6_a8_a_mark_outside_of_the_folder_shows_that_the_folder_went_back() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mark = elsewhere.path().join("bus.mark");
    let (shelf, _) = with_fleet().await;
    let snapshot = tempfile::tempdir().unwrap();
    // Opened with the second mark from now on.
    copy(shelf.folder.path(), snapshot.path());
    let shelf = put_back(shelf, snapshot.path(), Some(&mark));
    assert_eq!(
        shelf.store.list_kill_switches().await.unwrap(),
        [],
        "a mark that is new proves nothing"
    );
    copy(shelf.folder.path(), snapshot.path());
    let epoch = shelf.store.epoch();
    shelf.full(vec![device(1, "A")]).await;

    let shelf = put_back(shelf, snapshot.path(), Some(&mark));
    assert_ne!(shelf.store.epoch(), epoch);
    assert_eq!(shelf.store.list_kill_switches().await.unwrap().len(), 1);
    assert!(
        shelf
            .store
            .find_rollback()
            .await
            .unwrap()
            .unwrap()
            .why
            .contains("older than its high-water mark")
    );

    // A restore with the command is none that has to be found.
    let copy = elsewhere.path().join("backup.db");
    shelf.store.write_backup(&copy).await.unwrap();
    let Shelf { folder, store, .. } = shelf;
    drop(store);
    intune_connector::store::restore_with_mark(folder.path(), Some(&mark), &copy, &[7; 32]).unwrap();
    let store = Store::open_with_mark(folder.path(), Some(&mark), Clock::system(), [7; 32]).unwrap();
    let trail = store.list_audit_entries(0, 1_000).await.unwrap();
    assert_eq!(trail.iter().filter(|row| row.action == "store.restored").count(), 2);
}

#[tokio::test]
async fn cr_v8_a8_a_store_that_is_missing_or_empty_beside_any_of_its_marks_is_not_a_new_one() {
    for (empty, beside) in [(false, true), (true, true), (false, false)] {
        let elsewhere = tempfile::tempdir().unwrap();
        let mark = elsewhere.path().join("bus.mark");
        let folder = crate::support::folder::TestFolder::new();
        drop(Store::open_with_mark(folder.path(), Some(&mark), Clock::system(), [7; 32]).unwrap());
        for name in ["bus.db", "bus.db-wal", "bus.db-shm"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
        if empty {
            fs::write(folder.path().join("bus.db"), "").unwrap();
        }
        if !beside {
            fs::remove_file(folder.path().join("bus.mark")).unwrap();
        }
        let store = Store::open_with_mark(folder.path(), Some(&mark), Clock::system(), [7; 32]).unwrap();
        assert_eq!(store.list_kill_switches().await.unwrap().len(), 1);
        assert!(store.find_rollback().await.unwrap().unwrap().why.contains("missing"));
        assert_eq!(store.list_notices().await.unwrap().len(), 1);
    }
    let folder = crate::support::folder::TestFolder::new();
    let store = Store::open(folder.path(), Clock::system(), [7; 32]).unwrap();
    assert_eq!(
        store.list_kill_switches().await.unwrap(),
        [],
        "a folder without a mark is new"
    );
    assert_eq!(store.find_rollback().await.unwrap(), None);
}

#[tokio::test]
async fn cr_v6_a8_of_places_that_show_it_at_the_same_moment_none_is_taken() {
    let (shelf, server) = with_fleet().await;
    let snapshot = tempfile::tempdir().unwrap();
    copy(shelf.folder.path(), snapshot.path());
    time_passes(&shelf, 1).await;
    let ahead = drain(&shelf, &server, &mut View::default(), None, 100).await;
    let shelf = put_back(shelf, snapshot.path(), None);
    let place = Cursor::decode(&ahead, KEY).unwrap();
    let seen = || SealedPosition::Feed {
        server: server.id.clone(),
        generation: place.generation,
        newest: place.positions[&shelf.instance_id()].seq,
    };
    // Both were looked at before either of them was judged.
    assert_eq!(place.epoch, shelf.store.epoch());
    let first = shelf.store.detect_rollback(place.epoch, place.start, seen()).await;
    let epoch = shelf.store.epoch();
    let second = shelf.store.detect_rollback(place.epoch, place.start, seen()).await;
    assert!(first.unwrap() && second.unwrap());
    assert_eq!(shelf.store.epoch(), epoch, "it went back once");
    assert_eq!(shelf.store.list_kill_switches().await.unwrap().len(), 1);
}
