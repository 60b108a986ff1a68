//! A store whose `secret.key` is gone: nothing makes another one in its place, and what to do is told by each command.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::program::{Bus, User};

/// What makes a new key, out of an advice.
fn key_command(told: &str) -> &str {
    let (_, command) = told.split_once("create a new one: ").expect(told);
    let end = command.find("secret.key;").or(command.find("secret.key\n"));
    &command[..end.expect(told) + "secret.key".len()]
}

fn run_in_shell(command: &str) {
    let done = Command::new("sh").args(["-c", command]).status().unwrap();
    assert!(done.success(), "{command}");
}

#[test]
fn wi_4_a_key_that_is_missing_beside_a_store_is_not_made_anew() {
    let user = User::new();
    let data = user.path("data");
    let bus = Bus::start(&user, &data);
    user.file("pw", "correct horse battery\n");
    user.says("operators add anna --role administrator --new-password-file pw --data data")
        .good();
    user.says("backup backup.db --data data").good();
    assert_eq!(bus.stop(), 0);
    let key = fs::read(data.join("secret.key")).unwrap();
    fs::rename(data.join("secret.key"), user.path("kept.key")).unwrap();
    let mut advice = String::new();
    for line in [
        "run --quiet --listen 127.0.0.1:0",
        "operators",
        "operators recover anna --new-password-file pw",
        "restore backup.db",
        "install --set profile=Contoso",
        "doctor",
    ] {
        let said = user.says(&format!("{line} --data data"));
        let told = format!("{}{}", said.out, said.err);
        assert_ne!(said.code, 0, "{line}: {said:?}");
        for word in [
            "secret.key",
            "is missing",
            "put it back from a backup",
            "create a new one: (umask 077",
        ] {
            assert!(told.contains(word), "{line}: {word}: {said:?}");
        }
        assert!(!data.join("secret.key").exists(), "{line}");
        advice = told;
    }
    assert!(advice.contains("to start over with an empty store"), "{advice}");

    // The one of the backup fits.
    fs::copy(user.path("kept.key"), data.join("secret.key")).unwrap();
    user.says("audit verify --data data").good();
    user.says("doctor --data data").good();

    // Who has none says so, and keeps the store.
    fs::remove_file(data.join("secret.key")).unwrap();
    run_in_shell(key_command(&advice));
    assert_ne!(fs::read(data.join("secret.key")).unwrap(), key);
    assert!(user.says("operators --data data").good().contains("anna"));
    user.says("doctor --data data").good();
    assert_eq!(Bus::start(&user, &data).stop(), 0);
}

#[test]
fn wi_4_a_backup_is_put_back_beside_its_key_and_beside_no_new_one() {
    let user = User::new();
    let data = user.path("data");
    let bus = Bus::start(&user, &data);
    user.says("operators add cmdb --kind server --token --data data").good();
    user.says("backup backup.db --data data").good();
    assert_eq!(bus.stop(), 0);
    let other = user.path("other");
    fs::create_dir(&other).unwrap();
    let refused = user.says("restore backup.db --data other");
    assert_eq!(refused.code, 2, "{refused:?}");
    for word in [
        "other/secret.key: is missing, and the backup was written with it",
        "put it back",
    ] {
        assert!(refused.err.contains(word), "{refused:?}");
    }
    assert!(!other.join("secret.key").exists() && !other.join("bus.db").exists());
    fs::copy(data.join("secret.key"), other.join("secret.key")).unwrap();
    user.says("restore backup.db --data other").good();
    user.says("operators --data other").good();
    let third = user.path("third");
    fs::create_dir(&third).unwrap();
    let told = user.says("restore backup.db --data third").err;
    run_in_shell(key_command(&told));
    assert!(is_key(&third.join("secret.key")));
    // That it is another one is told before anything is changed, and that it is lost is said.
    let refused = user.says("restore backup.db --data third");
    assert_eq!(refused.code, 2, "{refused:?}");
    for word in ["another secret.key", "third/secret.key first", "--key-is-lost"] {
        assert!(refused.err.contains(word), "{word}: {refused:?}");
    }
    assert!(!third.join("bus.db").exists());
    user.says("restore backup.db --data third --key-is-lost").good();
}

#[test]
fn wn_17_a_backup_of_a_bus_with_another_key_is_refused_before_anything_is_changed() {
    let user = User::new();
    for name in ["data", "other"] {
        let bus = Bus::start(&user, &user.path(name));
        user.says(&format!("operators add cmdb --kind server --token --data {name}"))
            .good();
        user.says(&format!("backup {name}.db --data {name}")).good();
        assert_eq!(bus.stop(), 0);
    }
    let store = user.path("data").join("bus.db");
    let before = fs::read(&store).unwrap();
    let refused = user.says("restore other.db --data data");
    assert_eq!(refused.code, 2, "{refused:?}");
    for word in [
        "other.db was written with another secret.key",
        "put the key of that bus back",
    ] {
        assert!(refused.err.contains(word), "{word}: {refused:?}");
    }
    let own = user.says("restore data/bus.db --data data");
    assert_eq!(own.code, 2, "{own:?}");
    assert!(
        own.err.contains("data/bus.db is the store itself, not a backup"),
        "{own:?}"
    );
    assert_eq!(fs::read(&store).unwrap(), before);
    assert!(!user.path("data").join("bus.db.before-restore").exists());
    user.says("restore data.db --data data").good();
    user.says("audit verify --data data").good();
}

fn is_key(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap();
    text.trim().len() == 64 && text.trim().bytes().all(|byte| byte.is_ascii_hexdigit())
}
