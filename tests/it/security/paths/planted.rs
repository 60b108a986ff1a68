//! C3: a file's name proves nothing about its origin. The whole attack must fail at each of its steps.

use intune_connector::observe::Clock;
use intune_connector::store::{OpenError, Store, restore_backup};
use reqwest::Method;
use serde_json::json;

use super::{House, answer, ask};
use crate::support::shelf::Shelf;

#[tokio::test(flavor = "multi_thread")]
async fn sec_c3_a_holder_of_the_right_to_back_up_plants_no_restore() {
    let house = House::new();
    let bus = house.start();
    let bk = house.account("bk", "Bus_Backup");
    house.account("s2", "Servers_Announce");

    // A path is not taken, wherever it leads; nothing is written.
    let planted = house.path("bus.db.restored");
    for file in ["bus.db.restored", "../x.db", "/tmp/x.db", "products/x", "bus.mark"] {
        let file = house.path(file).display().to_string();
        for body in [json!({"file": file}), json!({"path": file}), json!(file)] {
            let (status, problem) = answer(ask(&bus, &bk, Method::POST, "/sics/v1/backup").json(&body)).await;
            assert_eq!((status, &problem["code"]), (400, &json!("pathsAreNotTaken")), "{body}");
        }
    }
    assert!(!planted.exists() && !house.user.path("x.db").exists());

    // The backup itself is theirs to have. What if it came to lie under that name all the same?
    let copy = ask(&bus, &bk, Method::POST, "/sics/v1/backup").send().await.unwrap();
    let copy = copy.bytes().await.unwrap();
    for line in [
        "operators remove s2",
        "operators change bk --disable",
        "killswitch on --reason theft",
    ] {
        house.says(line).good();
    }
    let entries = house.says("audit verify --json").json()["entries"].as_u64().unwrap();
    assert_eq!(bus.stop(), 0);
    std::fs::write(&planted, &copy).unwrap();

    // A store with a marker of its own that was once true is not taken either.
    let bus = house.start();
    assert!(house.path("bus.db.refused").exists() && !planted.exists());
    let (status, _) = answer(ask(&bus, &bk, Method::GET, "/sics/v1")).await;
    assert_eq!(status, 401, "bk is disabled");
    let told = house.says("operators --json").good();
    assert!(!told.contains("\"s2\""), "{told}");
    assert!(house.says("killswitch").good().contains("ON"));
    let verdict = house.says("audit verify --json").json();
    assert_eq!(verdict["whole"], true, "{verdict}");
    assert!(
        verdict["entries"].as_u64().unwrap() > entries,
        "nothing was lost: {verdict}"
    );
    assert_eq!(verdict["restores"], json!([]), "{verdict}");
    let trail = house.says("audit --limit 1000").good();
    assert!(trail.contains("restore.refused"), "{trail}");
    let doctor = house.says("doctor --json").good();
    assert!(doctor.contains("bus.db.refused"), "{doctor}");
    assert_eq!(bus.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_c3_what_was_once_restored_is_no_restore_for_ever() {
    let house = House::new();
    let bus = house.start();
    let first = house.user.path("first.db").display().to_string();
    house.says(&format!("backup {first}")).good();
    assert_eq!(bus.stop(), 0);
    house.says(&format!("restore {first}")).good();
    // As it is behind a restore, before anybody opened it, and as a backup of it is.
    let fresh = std::fs::read(house.path("bus.db")).unwrap();
    let bus = house.start();
    let second = house.user.path("second.db").display().to_string();
    house.says(&format!("backup {second}")).good();
    house.says("killswitch on --reason theft").good();
    house.account("late", "Servers_Announce");
    assert_eq!(bus.stop(), 0);

    for (round, bytes) in [fresh, std::fs::read(&second).unwrap()].into_iter().enumerate() {
        std::fs::write(house.path("bus.db.restored"), bytes).unwrap();
        let refused = match round {
            0 => house.path("bus.db.refused"),
            n => house.path(&format!("bus.db.refused-{}", n + 1)),
        };
        let bus = house.start();
        assert!(refused.exists(), "round {round}");
        let told = house.says("operators --json").good();
        assert!(told.contains("\"late\""), "round {round}: {told}");
        assert_eq!(bus.stop(), 0);
    }
}

#[tokio::test]
async fn sec_c3_a_restore_is_known_by_its_key_and_by_what_it_replaces() {
    let shelf = Shelf::new().await;
    let copy = shelf.folder.path().join("copy.db");
    shelf.store.write_backup(&copy).await.unwrap();
    let folder = shelf.folder;
    drop(shelf.store);
    // One that was made here, and ready: as a crash leaves it, the mark is still that of the store before.
    let mark = std::fs::read(folder.path().join("bus.mark")).unwrap();
    restore_backup(folder.path(), &copy, &[7; 32]).unwrap();
    std::fs::write(folder.path().join("bus.mark"), mark).unwrap();
    let (store, ready) = (folder.path().join("bus.db"), folder.path().join("bus.db.restored"));
    std::fs::rename(&store, &ready).unwrap();
    // Without a store there is nothing to go on with: with another key it is not started, and told.
    let refused = Store::open(folder.path(), Clock::system(), [8; 32]).err().unwrap();
    assert!(matches!(refused, OpenError::NoStore { .. }), "{refused}");
    assert!(refused.to_string().contains("intune-connector restore"), "{refused}");
    std::fs::rename(folder.path().join("bus.db.refused"), &ready).unwrap();
    // A log beside it is nothing that a restore leaves.
    std::fs::write(folder.path().join("bus.db.restored-wal"), "of somebody").unwrap();
    assert!(Store::open(folder.path(), Clock::system(), [7; 32]).is_err());
    std::fs::remove_file(folder.path().join("bus.db.restored-wal")).unwrap();
    std::fs::rename(folder.path().join("bus.db.refused"), &ready).unwrap();
    // And it is taken where all of it fits.
    let store = Store::open(folder.path(), Clock::system(), [7; 32]).unwrap();
    assert_eq!(store.list_kill_switches().await.unwrap().len(), 1);
    assert!(!ready.exists());
    drop(store);

    // Links, folders and files that are no store.
    std::os::unix::fs::symlink("/dev/zero", &ready).unwrap();
    drop(Store::open(folder.path(), Clock::system(), [7; 32]).unwrap());
    std::fs::create_dir(&ready).unwrap();
    drop(Store::open(folder.path(), Clock::system(), [7; 32]).unwrap());
    std::fs::write(&ready, "nothing that SQLite knows").unwrap();
    let store = Store::open(folder.path(), Clock::system(), [7; 32]).unwrap();
    let trail = store.list_audit_entries(0, 1_000).await.unwrap();
    let refused = trail.iter().filter(|row| row.action == "restore.refused").count();
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn a8_a_store_that_is_missing_beside_its_mark_counts_as_a_restore() {
    let shelf = Shelf::new().await;
    let folder = shelf.folder;
    drop(shelf.store);
    for name in ["bus.db", "bus.db-wal", "bus.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    let store = Store::open(folder.path(), Clock::system(), [7; 32]).unwrap();
    assert_eq!(store.list_kill_switches().await.unwrap().len(), 1);
    let verdict = store.verify_audit_trail(Vec::new()).await.unwrap();
    assert_eq!((verdict.whole, verdict.restores.len()), (true, 1));
}
