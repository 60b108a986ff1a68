//! The way to a newer version and back: a store of an earlier version is upgraded and keeps everything; one that a newer
//! version has changed is refused, and the copy from before the upgrade is restored by the command that is told.

use rusqlite::Connection;

use super::store_fixture::{BACK_TO_VERSION_20, assert_kept, fill_data_folder, store_version};
use crate::support::program::{Bus, User};

/// The command in a message, up to its end.
fn told_command(message: &str) -> &str {
    let from = message
        .find("intune-connector restore ")
        .unwrap_or_else(|| panic!("{message}"));
    let command = message[from..].lines().next().unwrap();
    command.strip_prefix("intune-connector ").unwrap()
}

#[test]
fn a_store_of_a_newer_version_goes_back_to_the_copy_from_before_the_upgrade() {
    let user = User::new();
    let folder = user.path("data");
    let data = folder.display().to_string();
    let bus = Bus::start(&user, &folder);
    user.says(&format!("operators add before --kind server --token --data {data}"))
        .good();
    // As a newer program leaves it: a copy of this version's store, and a store that this version does not know.
    let known = store_version(&folder.join("bus.db"));
    let copy = folder.join(format!("bus.db.version-{known}"));
    user.says(&format!("backup {} --data {data}", copy.display())).good();
    user.says(&format!("operators add after --kind server --token --data {data}"))
        .good();
    assert_eq!(bus.stop(), 0);
    let store = Connection::open(folder.join("bus.db")).unwrap();
    store.pragma_update(None, "user_version", known + 1).unwrap();
    drop(store);

    let refused = user.says(&format!("run --listen 127.0.0.1:0 --data {data}"));
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("was written by a newer version"), "{refused:?}");
    let doctor = user.says(&format!("doctor --data {data}"));
    assert!(
        doctor.code == 1 && doctor.out.contains("was written by a newer version"),
        "{doctor:?}"
    );
    assert_eq!(told_command(&doctor.out), told_command(&refused.err));
    let relative = user.says("doctor --data data").out;
    assert_eq!(told_command(&relative), told_command(&refused.err));
    user.says(told_command(&doctor.out)).good();
    let operators = user.says(&format!("operators --json --data {data}")).good();
    assert!(
        operators.contains("\"before\"") && !operators.contains("\"after\""),
        "{operators}"
    );
    assert!(copy.exists());
    let relative = user.says("doctor --data data").out;
    assert!(!relative.contains("is damaged"), "{relative}");
}

#[test]
fn stores_of_version_21_and_of_the_version_before_are_upgraded_and_keep_everything() {
    let user = User::new();
    for (name, changes, version) in [("of-21", "", 21), ("of-20", BACK_TO_VERSION_20, 20)] {
        let folder = user.path(name);
        fill_data_folder(&folder, None, changes);
        assert_eq!(store_version(&folder.join("bus.db")), version);
        let data = folder.display().to_string();
        let say = |line: &str| user.says(&format!("{line} --data {data}")).good();
        assert_kept(say);
        let newest = store_version(&folder.join("bus.db"));
        let copy = folder.join(format!("bus.db.version-{version}"));
        assert_eq!(copy.exists(), newest > version, "{name}");
        let doctor = say("doctor");
        assert!(
            !doctor.contains("bus.db"),
            "nothing is to be told of the store: {doctor}"
        );
    }
}
