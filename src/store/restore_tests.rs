//! A restore over stores that are damaged, with the log of a crash beside them, and one that is broken off at each of
//! its steps.

use super::*;
use crate::model::Epoch;
use crate::observe::Clock;
use crate::store::Store;

const NAME: &str = "bus.db";
const KEY: [u8; 32] = [0; 32];

fn opened(folder: &Path) -> Store {
    Store::open(folder, Clock::system(), KEY).unwrap()
}

/// A folder as a crash leaves it: all that was committed is in the log alone.
fn crashed() -> (tempfile::TempDir, Epoch) {
    let (living, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = opened(living.path());
    let epoch = store.epoch();
    for name in [NAME, "bus.db-wal", "bus.db-shm", "bus.mark"] {
        std::fs::copy(living.path().join(name), dead.path().join(name)).unwrap();
    }
    (dead, epoch)
}

/// A backup of another store.
async fn backup() -> (tempfile::TempDir, PathBuf, Epoch) {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let file = folder.path().join("backup.db");
    store.write_backup(&file).await.unwrap();
    let epoch = store.epoch();
    (folder, file, epoch)
}

fn epoch_of(file: &Path) -> Option<Epoch> {
    meta::read_epoch(&Connection::open(file).unwrap()).unwrap()
}

/// What SQLite would play into a store that is not its own.
fn logs(folder: &Path) -> Vec<&'static str> {
    let there = |name: &&str| folder.join(name).exists();
    ["bus.db-wal", "bus.db-journal", "bus.db-shm"]
        .into_iter()
        .filter(there)
        .collect()
}

fn overwrite(file: &Path, from: u64, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(bytes, from).unwrap();
}

#[tokio::test]
async fn e3_f3_a_damaged_store_gives_way_to_a_backup_and_is_kept_as_it_is_with_its_log() {
    let (_source, file, backed_up) = backup().await;
    let header: (u64, &[u8]) = (0, b"nothing that SQLite knows");
    let page: (u64, &[u8]) = (100, &[0xa5; 4000]);
    for (from, damage) in [header, page] {
        let (folder, _) = crashed();
        overwrite(&folder.path().join(NAME), from, damage);
        // The log's own header, too: nothing of this store opens any more.
        overwrite(&folder.path().join("bus.db-wal"), 0, &[0xa5; 64]);
        let before = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let (store, log) = (before(NAME), before("bus.db-wal"));
        assert!(
            Store::open(folder.path(), Clock::system(), KEY).is_err(),
            "it is damaged"
        );
        // That look at it may have touched the log; the restore must not.
        std::fs::write(folder.path().join("bus.db-wal"), &log).unwrap();
        std::fs::write(folder.path().join(NAME), &store).unwrap();

        let kept = restore_backup(folder.path(), &file, &KEY).unwrap().old_store.unwrap();
        assert_eq!(kept, folder.path().join("bus.db.before-restore"));
        assert_eq!(
            (before("bus.db.before-restore"), before("bus.db.before-restore-wal")),
            (store, log)
        );
        assert_eq!(logs(folder.path()), [""; 0]);
        let epoch = opened(folder.path()).epoch();
        assert_ne!(epoch, backed_up, "a restore begins a life");
    }
}

#[tokio::test]
async fn e3_a_restore_that_is_broken_off_anywhere_leaves_the_old_store_whole_or_the_new_one() {
    let (_source, file, backed_up) = backup().await;
    let (mut steps, mut old, mut new) = (0, 0, 0);
    loop {
        let (folder, before) = crashed();
        let mut left = steps;
        let ended = restore_with_failpoint(
            folder.path(),
            &HighWaterMarkFiles::new(folder.path(), None),
            &file,
            &KEY,
            &mut || {
                left -= 1;
                match left {
                    -1 => Err(io::Error::other("the power fails")),
                    _ => Ok(()),
                }
            },
        );
        assert!(
            folder.path().join(NAME).exists(),
            "step {steps}: there is a store at all times"
        );
        let is_ready = folder.path().join(READY).exists();
        if !is_ready && ended.is_err() && logs(folder.path()).is_empty() {
            // The new one has its name.
            assert_ne!(epoch_of(&folder.path().join(NAME)), Some(before), "step {steps}");
        }
        let epoch = opened(folder.path()).epoch();
        let kept = folder.path().join(KEPT);
        if epoch == before {
            old += 1;
            assert!(!kept.exists() && !is_ready, "step {steps}: nothing had been touched");
        } else {
            new += 1;
            assert_ne!(epoch, backed_up);
            assert_eq!(
                epoch_of(&kept),
                Some(before),
                "step {steps}: the old one is kept with its log"
            );
        }
        let again = format!("{KEPT}-2");
        assert!(!folder.path().join(again).exists(), "step {steps}: it is kept once");
        if ended.is_ok() {
            break;
        }
        steps += 1;
    }
    assert_eq!(
        (old, new),
        (1, steps),
        "only the first step lies before the new store is ready"
    );
    assert!(steps >= 5, "{steps}");
}

#[tokio::test]
async fn e3_what_an_earlier_restore_put_aside_is_never_lost_to_a_later_one() {
    let (_source, file, _) = backup().await;
    let (folder, first) = crashed();
    restore_backup(folder.path(), &file, &KEY).unwrap();
    let second = opened(folder.path()).epoch();
    let kept = restore_backup(folder.path(), &file, &KEY).unwrap().old_store.unwrap();
    assert_eq!(kept, folder.path().join("bus.db.before-restore-2"));
    assert_eq!(epoch_of(&kept), Some(second));
    // And what was put aside is a way back, its log included.
    let aside = folder.path().join(KEPT);
    restore_backup(folder.path(), &aside, &KEY).unwrap();
    assert_eq!(epoch_of(&aside), Some(first));
}

#[tokio::test]
async fn cr_d7_of_the_stores_that_were_put_aside_the_newest_three_are_kept_and_told_what_goes() {
    let (_source, file, _) = backup().await;
    let (folder, _) = crashed();
    std::fs::write(folder.path().join("bus.db.before-restore-of-mine"), "somebody's own").unwrap();
    let (mut epochs, mut removed) = (Vec::new(), 0);
    for _ in 0..6 {
        epochs.push(opened(folder.path()).epoch());
        // What has a name got it at another moment than the one before.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let done = restore_backup(folder.path(), &file, &KEY).unwrap();
        assert!(done.removed.iter().all(|path| !path.exists()), "{done:?}");
        removed += done.removed.len();
    }
    let names = std::fs::read_dir(folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let aside: Vec<String> = names.filter(|name| name.starts_with(KEPT)).collect();
    let kept: Vec<&String> = aside.iter().filter(|name| !name.ends_with("-of-mine")).collect();
    assert_eq!((kept.len(), aside.len(), removed), (3, 4, 3), "{aside:?}");
    let mut found: Vec<Epoch> = kept
        .iter()
        .filter_map(|name| epoch_of(&folder.path().join(name)))
        .collect();
    let mut newest = epochs.split_off(3);
    found.sort_by_key(|epoch| epoch.0);
    newest.sort_by_key(|epoch| epoch.0);
    assert_eq!(found, newest);
}

#[tokio::test]
async fn e3_the_log_of_a_store_that_is_not_there_any_more_is_no_part_of_the_restored_one() {
    let (_source, file, _) = backup().await;
    let (folder, before) = crashed();
    std::fs::remove_file(folder.path().join(NAME)).unwrap();
    std::fs::write(folder.path().join("bus.db-journal"), "of nobody").unwrap();
    restore_backup(folder.path(), &file, &KEY).unwrap();
    assert_eq!(logs(folder.path()), [""; 0]);
    for log in ["bus.db.before-restore-wal", "bus.db.before-restore-journal"] {
        assert!(folder.path().join(log).exists(), "{log}");
    }
    assert_ne!(opened(folder.path()).epoch(), before);
}

#[tokio::test]
async fn e3_a_restore_that_died_before_a_start_is_brought_to_its_end_by_it() {
    let (_source, file, _) = backup().await;
    let folder = tempfile::tempdir().unwrap();
    let mut steps = 0;
    let died = restore_with_failpoint(
        folder.path(),
        &HighWaterMarkFiles::new(folder.path(), None),
        &file,
        &KEY,
        &mut || {
            steps += 1;
            match steps {
                2 => Err(io::Error::other("the power fails")),
                _ => Ok(()),
            }
        },
    );
    assert!(died.is_err() && !folder.path().join(NAME).exists());
    assert!(super::super::store_exists(folder.path()), "it has not got its name yet");
    let promised = epoch_of(&folder.path().join(READY)).unwrap();
    assert_eq!(opened(folder.path()).epoch(), promised);
}

/// The number that the next instance gets.
async fn next_number(folder: &Path) -> i64 {
    let new = crate::store::NewInstance {
        prefix: "Thing".into(),
        tenant_id: "t".into(),
        client_id: "c".into(),
        audience: None,
    };
    opened(folder).add_instance(new).await.unwrap().id.0
}

#[tokio::test]
async fn m23_a_number_that_was_given_after_the_backup_is_not_given_again_after_a_restore() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(next_number(folder.path()).await, 1);
    let file = folder.path().join("backup.db");
    opened(folder.path()).write_backup(&file).await.unwrap();
    assert_eq!(next_number(folder.path()).await, 2);
    restore_backup(folder.path(), &file, &KEY).unwrap();
    assert_eq!(next_number(folder.path()).await, 3, "a restore");
    for suffix in ["", "-wal", "-shm"] {
        remove(&folder.path().join(format!("{NAME}{suffix}"))).unwrap();
    }
    std::fs::copy(&file, folder.path().join(NAME)).unwrap();
    assert_eq!(next_number(folder.path()).await, 4, "a copy that was put there by hand");
    for suffix in ["", "-wal", "-shm"] {
        remove(&folder.path().join(format!("{NAME}{suffix}"))).unwrap();
    }
    assert_eq!(
        next_number(folder.path()).await,
        5,
        "a new store beside the mark of the old one"
    );
}

#[tokio::test]
async fn a_backup_never_takes_anybodys_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let others = elsewhere.path().join("monday.part");
    std::fs::write(&others, "mine").unwrap();
    let file = elsewhere.path().join("monday.db");
    store.write_backup(&file).await.unwrap();
    assert_eq!(std::fs::read_to_string(&others).unwrap(), "mine");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let refused = store.write_backup(&others).await.unwrap_err();
    assert_eq!(refused.code(), "exists", "{refused}");
    assert_eq!(std::fs::read_to_string(&others).unwrap(), "mine");
    let left = std::fs::read_dir(elsewhere.path()).unwrap().count();
    assert_eq!(left, 2, "no copy is left half-way");
}

/// A backup as a program of an earlier version made it.
fn backup_of(version: usize, file: &Path) -> Epoch {
    let mut store = Connection::open(file).unwrap();
    crate::store::open::register_functions(&store).unwrap();
    store
        .pragma_update(None, "application_id", schema::APPLICATION_ID)
        .unwrap();
    schema::build_migrations().to_version(&mut store, version).unwrap();
    let epoch = meta::begin_first_epoch(&store).unwrap();
    store
        .execute_batch(
            "INSERT INTO policy (scope, effective) VALUES ('bus', 'as it was');
             INSERT INTO left_alone (address, tenant_id, client_id, family, part, times, passing, until, code, text, advice)
             VALUES ('https://graph.example', 'tenant', 'client', 'devices', '', 0, 1, 1790000000000, 'throttled', 'no', '');",
        )
        .unwrap();
    epoch
}

#[tokio::test]
async fn a8_a_backup_made_by_the_version_before_is_put_back_whole_and_in_todays_version() {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup.db");
    let version = usize::try_from(schema::VERSION).unwrap() - 1;
    let backed_up = backup_of(version, &file);
    check_backup(&file).unwrap();
    let as_backed_up = std::fs::read(&file).unwrap();
    let (folder, before) = crashed();
    restore_backup(folder.path(), &file, &KEY).unwrap();
    assert_eq!(
        std::fs::read(&file).unwrap(),
        as_backed_up,
        "the backup stays what it is"
    );
    let store = opened(folder.path());
    assert!(
        store.epoch() != backed_up && store.epoch() != before,
        "a restore begins a life"
    );
    assert_eq!(store.find_policy("bus").await.unwrap().as_deref(), Some("as it was"));
    let [refusal] = &store.list_refusals().await.unwrap()[..] else {
        panic!("one refusal was kept")
    };
    assert_eq!(
        (refusal.part.as_str(), refusal.repetitions, refusal.code.as_str()),
        ("", 0, "throttled")
    );
    assert_eq!(
        store.list_kill_switches().await.unwrap().len(),
        1,
        "nothing goes out until somebody has looked"
    );
    let version: i64 = Connection::open(folder.path().join(NAME))
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, schema::VERSION);
}
