use super::*;
use crate::observe::Clock;
use crate::store::folder_lock::FILE;
use crate::store::space_shortage::MIB;
use crate::store::{OpenError, Store, StoreFinding, examine_store, open, restore_backup};

const KEY: [u8; 32] = [0; 32];
const BEFORE: i64 = schema::VERSION - 1;

fn opened(folder: &Path) -> Store {
    Store::open(folder, Clock::system(), KEY).unwrap()
}

fn version_of(file: &Path) -> i64 {
    let connection = Connection::open(file).unwrap();
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = list_copies(folder)
        .into_iter()
        .map(|copy| copy.path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// A store as the version before this one left it.
fn store_from_before(folder: &Path) {
    let mut connection = Connection::open(folder.join(FILE)).unwrap();
    open::register_functions(&connection).unwrap();
    connection
        .pragma_update(None, "application_id", schema::APPLICATION_ID)
        .unwrap();
    schema::build_migrations()
        .to_version(&mut connection, usize::try_from(BEFORE).unwrap())
        .unwrap();
    meta::begin_first_epoch(&connection).unwrap();
}

#[test]
fn an_upgrade_keeps_a_copy_of_the_store_as_it_was_and_it_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    store_from_before(folder.path());
    drop(opened(folder.path()));
    let copy = folder.path().join(format!("{COPY}{BEFORE}"));
    assert_eq!(version_of(&copy), BEFORE);
    assert_eq!(version_of(&folder.path().join(FILE)), schema::VERSION);
    restore_backup(folder.path(), &copy, &KEY).unwrap();
    drop(opened(folder.path()));
    assert!(copy.exists());
}

#[test]
fn nothing_is_kept_of_a_store_that_is_new_or_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    drop(opened(folder.path()));
    drop(opened(folder.path()));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn only_the_newest_copies_stay_and_what_a_crash_left_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    store_from_before(folder.path());
    for left in [
        format!("{COPY}1"),
        format!("{COPY}2"),
        format!("{COPY}{BEFORE}"),
        format!("{COPY}{BEFORE}.part"),
    ] {
        std::fs::write(folder.path().join(left), "old").unwrap();
    }
    drop(opened(folder.path()));
    assert_eq!(names(folder.path()), [format!("{COPY}2"), format!("{COPY}{BEFORE}")]);
    assert_eq!(version_of(&folder.path().join(format!("{COPY}{BEFORE}"))), BEFORE);
    assert!(!folder.path().join(format!("{COPY}{BEFORE}.part")).exists());
}

#[test]
fn where_no_copy_can_be_kept_the_store_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    store_from_before(folder.path());
    std::fs::create_dir(folder.path().join(format!("{COPY}{BEFORE}"))).unwrap();
    let refused = Store::open(folder.path(), Clock::system(), KEY).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::UpgradeCopy { .. }), "{refused}");
    assert_eq!(version_of(&folder.path().join(FILE)), BEFORE);
}

#[test]
fn an_upgrade_without_space_for_the_copy_says_how_much_is_needed_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    store_from_before(folder.path());
    let file = folder.path().join(FILE);
    let connection = Connection::open(&file).unwrap();
    let shortage = |free| compare_space(&connection, folder.path(), free).unwrap();
    let needed = file.metadata().unwrap().len() + SPARE;
    assert_eq!((shortage(Some(needed)), shortage(None)), (None, None));
    let found = shortage(Some(needed - 1)).unwrap();
    assert_eq!((found.needed, found.free), (needed, needed - 1));
    let refused = OpenError::UpgradeSpace {
        file: file.clone(),
        shortage: shortage(Some(5 * MIB + 1)).unwrap(),
    }
    .to_string();
    let mib = needed.div_ceil(MIB);
    for told in [
        format!("{} was not upgraded and is unchanged", file.display()),
        format!(
            "needs {mib} MiB of free space in {}; 5 MiB are free",
            folder.path().display()
        ),
        format!("free at least {} MiB there", mib - 5),
        "bus.db.version-*".to_owned(),
    ] {
        assert!(refused.contains(&told), "{told}: {refused}");
    }
    drop(connection);
    assert_eq!((version_of(&file), names(folder.path())), (BEFORE, Vec::new()));
    drop(opened(folder.path()));
    let connection = Connection::open(&file).unwrap();
    let nothing_to_upgrade = compare_space(&connection, folder.path(), Some(0)).unwrap();
    assert_eq!(nothing_to_upgrade, None);
}

#[test]
fn a_store_of_a_newer_version_is_refused_with_the_way_back() {
    let folder = tempfile::tempdir().unwrap();
    drop(opened(folder.path()));
    let connection = Connection::open(folder.path().join(FILE)).unwrap();
    connection
        .pragma_update(None, "user_version", schema::VERSION + 1)
        .unwrap();
    drop(connection);
    let refused = || {
        Store::open(folder.path(), Clock::system(), KEY)
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    assert!(
        refused().contains("restore a backup made by this version"),
        "{}",
        refused()
    );
    let copy = folder.path().join(format!("{COPY}{}", schema::VERSION));
    std::fs::write(&copy, "").unwrap();
    std::fs::write(folder.path().join(format!("{COPY}{}", schema::VERSION + 1)), "").unwrap();
    let command = format!("intune-connector restore {} --data ", copy.display());
    assert!(refused().contains(&command), "{}", refused());
    match examine_store(folder.path(), None).as_slice() {
        [StoreFinding::Newer { known, way_back, .. }] => {
            assert_eq!(*known, schema::VERSION);
            assert!(way_back.contains(&command), "{way_back}");
        }
        other => panic!("{other:?}"),
    }
}

/// Whoever went back to an older version and upgrades again has copies of higher versions lying around: they are older.
#[test]
fn the_age_of_a_copy_decides_and_not_its_version() {
    let folder = tempfile::tempdir().unwrap();
    store_from_before(folder.path());
    let aged = |name: String, days: u64| {
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        let then = SystemTime::now() - std::time::Duration::from_secs(days * 86_400);
        file.set_modified(then).unwrap();
    };
    aged(format!("{COPY}{}", schema::VERSION), 3);
    aged(format!("{COPY}{}", schema::VERSION + 1), 2);
    drop(opened(folder.path()));
    let fresh = format!("{COPY}{BEFORE}");
    assert_eq!(
        names(folder.path()),
        [fresh.clone(), format!("{COPY}{}", schema::VERSION + 1)]
    );
    let found = find_upgrade_copy(folder.path(), schema::VERSION + 1).unwrap();
    assert_eq!(found, folder.path().join(fresh));
}
