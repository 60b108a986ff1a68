//! The store itself: one process, one version, page and progress together, re-enrolment, the audit chain.

use intune_connector::model::{BitSet, ChangeKind, GoneReason, GuardScope, ScanKind, ScanState, TaskId, TaskState};
use intune_connector::observe::Clock;
use intune_connector::store::{
    AuditEntry, DefinitionDecision, DefinitionOutcome, FoundDefinition, NewDefinition, NewRun, OpenError,
    PolicyDecision, RestoreError, Store, restore_backup,
};
use serde_json::json;

use crate::support::folder::TestFolder;
use crate::support::shelf::{Shelf, device, id};

#[tokio::test]
async fn a_second_process_on_the_folder_is_refused() {
    let shelf = Shelf::new().await;
    let refused = Store::open(shelf.folder.path(), Clock::system(), [0; 32])
        .err()
        .unwrap();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("another process is using"), "{refused}");
}

#[test]
fn a_store_from_before_the_first_release_is_refused_and_says_what_to_do() {
    let folder = TestFolder::new();
    drop(Store::open(folder.path(), Clock::system(), [0; 32]).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("bus.db")).unwrap();
    raw.execute_batch("DROP VIEW device_body; CREATE TABLE device_body (row INTEGER PRIMARY KEY, body TEXT)")
        .unwrap();
    drop(raw);
    let refused = Store::open(folder.path(), Clock::system(), [0; 32]).err().unwrap();
    assert!(
        refused.to_string().contains("move it away and start again"),
        "{refused}"
    );
}

#[test]
fn a_newer_store_is_refused_and_says_what_to_do() {
    let folder = TestFolder::new();
    drop(Store::open(folder.path(), Clock::system(), [0; 32]).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("bus.db")).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    drop(raw);
    let refused = Store::open(folder.path(), Clock::system(), [0; 32]).err().unwrap();
    assert!(refused.to_string().contains("update intune-connector"), "{refused}");
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let folder = TestFolder::new();
    std::fs::write(
        folder.path().join("bus.db"),
        "this is no database, but long enough to be looked at",
    )
    .unwrap();
    assert!(Store::open(folder.path(), Clock::system(), [0; 32]).is_err());
    let foreign = TestFolder::new();
    let raw = rusqlite::Connection::open(foreign.path().join("bus.db")).unwrap();
    raw.execute_batch("CREATE TABLE other (a)").unwrap();
    drop(raw);
    let refused = Store::open(foreign.path(), Clock::system(), [0; 32]).err().unwrap();
    assert!(matches!(refused, OpenError::Foreign { .. }), "{refused}");
}

#[test]
fn a_backup_that_is_none_is_refused_and_what_was_there_stays() {
    let folder = TestFolder::new();
    drop(Store::open(folder.path(), Clock::system(), [0; 32]).unwrap());
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "not a backup").unwrap();
    let refused = restore_backup(folder.path(), &file, &[0; 32]).err().unwrap();
    assert!(
        matches!(refused, RestoreError::NotABackup { .. } | RestoreError::Open(_)),
        "{refused}"
    );
    Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
}

#[tokio::test]
async fn f2_s6_a_scan_that_died_is_found_where_its_last_page_was_committed() {
    let shelf = Shelf::new().await;
    let seen = shelf.put(vec![device(1, "A"), device(2, "B")]).await;
    let open = shelf
        .store
        .find_resumable_scan(shelf.instance_id())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(open.next_link.as_deref(), Some("https://graph.microsoft.com/next"));
    assert_eq!(open.links, [1, 2, 3]);
    assert_eq!((open.seen.clone(), open.summary.new), (seen, 2));
    shelf.begin(ScanKind::Full).await;
    assert!(
        shelf
            .store
            .find_resumable_scan(shelf.instance_id())
            .await
            .unwrap()
            .is_none(),
        "a scan begun anew has no page yet"
    );
}

#[tokio::test]
async fn s7_the_same_hardware_under_a_new_id_is_told_as_the_same_then_as_its_replacement() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full(vec![device(1, "old")]).await;
    let first = shelf.read(&server, None, 100).await;
    let mut again = device(2, "new");
    again.identity = device(1, "").identity;
    shelf.full(vec![device(1, "old"), again]).await;
    let told = shelf.read(&server, Some(&first.cursor), 100).await;
    assert_eq!(told.changes.len(), 1);
    assert_eq!(
        (told.changes[0].device_id, told.changes[0].same_as),
        (Some(id(2)), Some(id(1)))
    );
    shelf.bury(&[1], GoneReason::Deleted).await;
    let told = shelf.read(&server, Some(&told.cursor), 100).await;
    assert_eq!(
        (told.changes[0].kind, told.changes[0].reason),
        (ChangeKind::Gone, Some(GoneReason::Replaced))
    );
    assert_eq!(
        (told.changes[1].kind, told.changes[1].replaces),
        (ChangeKind::Upsert, Some(id(1)))
    );
    assert_eq!(told.changes[1].same_as, None);
}

#[tokio::test]
async fn s7_a_device_that_had_gone_before_its_new_id_appeared_is_replaced_as_well() {
    let shelf = Shelf::new().await;
    let server = shelf.server("cmdb").await;
    shelf.full(vec![device(1, "old"), device(3, "other")]).await;
    let first = shelf.read(&server, None, 100).await;
    shelf.bury(&[1], GoneReason::Deleted).await;
    let mut again = device(2, "new");
    again.identity = device(1, "").identity;
    shelf.full(vec![again, device(3, "other")]).await;
    let told = shelf.read(&server, Some(&first.cursor), 100).await;
    assert_eq!(told.changes.len(), 2);
    assert_eq!(
        (told.changes[1].device_id, told.changes[1].replaces),
        (Some(id(2)), Some(id(1)))
    );
}

#[tokio::test]
async fn e5_a_changed_or_dropped_entry_breaks_the_audit_chain() {
    let shelf = Shelf::new().await;
    for n in 0..3 {
        let entry = AuditEntry {
            actor: "alice".into(),
            action: "server.accepted",
            subject: format!("server-{n}"),
            detail: serde_json::json!({"n": n}),
        };
        shelf.store.record_audit_entry(entry).await.unwrap();
    }
    let good = shelf.store.verify_audit_trail(Vec::new()).await.unwrap();
    assert_eq!((good.entries, good.broken_at), (3, None));
    let raw = rusqlite::Connection::open(shelf.folder.path().join("bus.db")).unwrap();
    raw.execute("UPDATE audit SET actor = 'mallory' WHERE id = 2", [])
        .unwrap();
    assert_eq!(
        shelf.store.verify_audit_trail(Vec::new()).await.unwrap().broken_at,
        Some(2)
    );
    raw.execute("UPDATE audit SET actor = 'alice' WHERE id = 2", [])
        .unwrap();
    raw.execute("DELETE FROM audit WHERE id = 2", []).unwrap();
    assert_eq!(
        shelf.store.verify_audit_trail(Vec::new()).await.unwrap().broken_at,
        Some(3)
    );
}

#[tokio::test]
async fn s6_a_scan_that_died_and_was_not_gone_on_with_does_not_run_for_ever() {
    let shelf = Shelf::new().await;
    let died = shelf.begin(ScanKind::Full).await;
    shelf.page(died.clone(), BitSet::default(), vec![device(1, "A")]).await;
    let next = shelf.begin(ScanKind::Full).await;
    let told = shelf.store.list_scans(shelf.instance_id(), 9).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|scan| (scan.id, scan.state, scan.cause.is_some()))
        .collect();
    assert_eq!(
        told,
        [(next.id, ScanState::Running, false), (died.id, ScanState::Failed, true)]
    );
}

#[tokio::test]
async fn cr_v0_what_changes_nothing_is_not_committed_and_wakes_nobody() {
    let shelf = Shelf::new().await;
    let (store, instance) = (&shelf.store, shelf.instance.id);
    let definition = NewDefinition {
        hash: "hash".into(),
        name: "Own".into(),
        version: "1".into(),
        text: "<workflow/>".into(),
        about: json!({}),
    };
    let found = FoundDefinition {
        instance,
        name: "Own_1".into(),
        definition,
        starts_enabled: false,
        by: None,
        offer_notice: "another text".into(),
    };
    store
        .reconcile_workflow(found, |_| DefinitionDecision::Stay)
        .await
        .unwrap();
    let workflow = store.find_workflow_by_name("Own_1").await.unwrap().unwrap().id;
    let run = |cause: &str| NewRun {
        workflow,
        instance,
        hash: "hash".into(),
        cause: cause.into(),
        operator: None,
        parameters: json!({}),
        dry_run: false,
    };
    let counts = async || {
        let (runs, tasks) = (*store.watch_runs().borrow(), *store.watch_tasks().borrow());
        (store.count_commits().await.unwrap(), runs, tasks)
    };
    let before = counts().await;
    let head = store.watch_head();

    assert_eq!(store.begin_run(run("schedule:daily")).await.unwrap(), None);
    assert!(!store.cancel_run(99, "alice".into()).await.unwrap());
    let unchanged = store.change_policy(GuardScope::Bus, None, |_| PolicyDecision::default());
    assert!(unchanged.await.unwrap().1.is_empty());
    let nowhere = store.resolve_task(TaskId(99), TaskState::Done, "seen".into());
    assert!(!nowhere.await.unwrap());
    assert!(store.accept_server("nobody".parse().unwrap()).await.is_err());
    assert_eq!(counts().await, before);
    assert!(!head.has_changed().unwrap());

    // What does change something is committed, and wakes those whom it concerns and nobody else.
    assert!(store.begin_run(run("demand")).await.unwrap().is_some());
    assert_eq!(counts().await, (before.0 + 1, before.1 + 1, before.2));
    store.probe_commit().await.unwrap();
    assert_eq!(
        counts().await.0,
        before.0 + 2,
        "readiness wants to know whether it can be done"
    );
}

#[tokio::test]
async fn a10_a_text_that_waits_and_the_notice_of_it_are_there_together_or_not_at_all() {
    let shelf = Shelf::new().await;
    let store = &shelf.store;
    let found = |hash: &str| FoundDefinition {
        instance: shelf.instance.id,
        name: "Own_1".into(),
        definition: NewDefinition {
            hash: hash.into(),
            name: "Own".into(),
            version: "1".into(),
            text: format!("<workflow>{hash}</workflow>"),
            about: json!({}),
        },
        starts_enabled: false,
        by: None,
        offer_notice: format!("{hash} waits"),
    };
    let offer = async |hash: &str| {
        store
            .reconcile_workflow(found(hash), |_| DefinitionDecision::Offer)
            .await
    };
    let waits = async || {
        let row = store.find_workflow_by_name("Own_1").await.unwrap().unwrap();
        row.offered.map(|offered| offered.hash)
    };
    let told = async || {
        let notices = store.list_notices().await.unwrap();
        notices.into_iter().map(|notice| notice.text).collect::<Vec<_>>()
    };
    assert_eq!(offer("first").await.unwrap(), DefinitionOutcome::Installed);
    assert!(told().await.is_empty(), "nothing waits");

    let raw = rusqlite::Connection::open(shelf.folder.path().join("bus.db")).unwrap();
    raw.execute_batch("CREATE TRIGGER no_notice BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'no notice'); END")
        .unwrap();
    assert!(offer("second").await.is_err());
    assert_eq!(waits().await, None, "it is offered again, and told then");
    raw.execute_batch("DROP TRIGGER no_notice").unwrap();

    let offered = offer("second").await.unwrap();
    assert_eq!(offered, DefinitionOutcome::Offered("first".into()));
    assert_eq!(
        (waits().await.as_deref(), told().await),
        (Some("second"), vec!["second waits".to_owned()])
    );
}
