//! L1, L11: what lies in the data folder is its owner's alone, whatever the umask of who starts the program.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use intune_connector::config::DataFolder;
use intune_connector::workflow::activity::{Activity, ActivityCall, CallKey, RunPrincipal};
use intune_connector::workflow::builtin::WriteFile;
use serde_json::json;

use super::House;
use crate::support::program::{Lines, PROGRAM, User, code};

/// Everything below a folder, with itself.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path))
        } else {
            found.push(path)
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o777
}

#[track_caller]
fn nobody_else_may(folder: &Path) {
    let open: Vec<String> = all(folder)
        .iter()
        .filter(|path| mode(path) & 0o077 != 0)
        .map(|path| format!("{} {:o}", path.display(), mode(path)))
        .collect();
    assert_eq!(open, [""; 0]);
}

/// The program under a umask that takes nothing away.
fn open_handed(user: &User, line: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("umask 000; exec {PROGRAM} {line}")])
        .current_dir(user.path(""))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", user.path(""))
        .env("TMPDIR", user.path(""));
    shell
}

fn runs(user: &User, data: &Path) -> (std::process::Child, Lines, Lines) {
    let line = format!("run --data {} --listen 127.0.0.1:0", data.display());
    let mut command = open_handed(user, &line);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (
        Lines::of(child.stdout.take().unwrap()),
        Lines::of(child.stderr.take().unwrap()),
    );
    (child, out, err)
}

fn stop(mut child: std::process::Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(code(&mut child), 0);
}

#[test]
fn sec_l1_nothing_in_the_data_folder_follows_the_umask() {
    let house = House::new();
    let data = house.user.path("data");
    let (child, out, _err) = runs(&house.user, &data);
    out.until(|line| line.starts_with("listening on "));
    house.account("cmdb", "Servers_Announce");
    // While it runs: the log of the store and its index are there.
    assert!(data.join("bus.db-wal").exists() && data.join("bus.db-shm").exists());
    nobody_else_may(&data);
    let file = house.user.path("backup.db");
    let done = open_handed(&house.user, &format!("backup {} --data {}", file.display(), house.data)).status();
    assert!(done.unwrap().success());
    assert_eq!(mode(&file), 0o600);
    stop(child);

    // Commands that work on the folder themselves.
    let word = house.user.file("word", "correct horse battery");
    for line in [
        format!("operators recover anna --new-password-file {word}"),
        format!("restore {}", file.display()),
        "operators add otto --kind server --token".to_owned(),
    ] {
        let done = open_handed(&house.user, &format!("{line} --data {}", house.data))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(done.unwrap().success(), "{line}");
        nobody_else_may(&data);
    }
}

#[test]
fn sec_l1_what_was_open_to_others_is_closed_and_run_says_so() {
    let house = House::new();
    let data = house.user.path("data");
    assert_eq!(house.start().stop(), 0);
    for (name, mode) in [
        ("", 0o755),
        ("logs", 0o777),
        ("bus.db", 0o644),
        ("bus.lock", 0o666),
        ("bus.mark", 0o666),
    ] {
        std::fs::set_permissions(data.join(name), Permissions::from_mode(mode)).unwrap();
    }
    let doctor = house.says("doctor").good();
    assert!(
        doctor.contains("bus.db: other users can read or write it (mode 644)"),
        "{doctor}"
    );

    let (child, out, err) = runs(&house.user, &data);
    let told = err.until(|line| line.starts_with("commands on this machine"));
    out.until(|line| line.starts_with("listening on "));
    let says = |text: &str| told.iter().any(|line| line.contains(text));
    assert!(
        says("data was open to other users of this machine (mode 755)"),
        "{told:#?}"
    );
    assert!(
        says("logs was open to other users of this machine (mode 777)"),
        "{told:#?}"
    );
    for name in ["bus.db", "bus.lock", "bus.mark"] {
        assert!(
            told.iter()
                .any(|line| line.contains(name) && line.contains("could read")),
            "{name}: {told:#?}"
        );
    }
    nobody_else_may(&data);
    stop(child);
    let (child, out, err) = runs(&house.user, &data);
    out.until(|line| line.starts_with("listening on "));
    let told = err.until(|line| line.starts_with("commands on this machine"));
    assert!(!told.iter().any(|line| line.contains("other users")), "once: {told:#?}");
    stop(child);
}

#[test]
fn sec_l1_a_folder_of_something_else_is_never_closed_to_others() {
    let user = User::new();
    let shared = user.path("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::write(shared.join("notes.txt"), "of somebody").unwrap();
    std::fs::set_permissions(&shared, Permissions::from_mode(0o755)).unwrap();
    let refused = user.says(&format!("run --data {}", shared.display()));
    assert!(
        refused.code == 2 && refused.err.contains("is not a data folder"),
        "{refused:?}"
    );
    assert!(refused.err.contains("a new or an empty folder"), "{refused:?}");
    assert_eq!((mode(&shared), std::fs::read_dir(&shared).unwrap().count()), (0o755, 1));
    // Like /tmp: shared on purpose, even where it is empty.
    let sticky = user.path("sticky");
    std::fs::create_dir(&sticky).unwrap();
    std::fs::set_permissions(&sticky, Permissions::from_mode(0o1777)).unwrap();
    assert!(DataFolder::open(&sticky).is_err());
    // An empty one becomes a data folder, and closed.
    let empty = user.path("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::set_permissions(&empty, Permissions::from_mode(0o755)).unwrap();
    let folder = DataFolder::open(&empty).unwrap();
    assert_eq!((mode(&empty), folder.permission_fixes().len()), (0o700, 1));
}

#[test]
fn n8_nothing_is_begun_in_a_folder_of_something_else_however_private_it_is() {
    let user = User::new();
    let own = user.path("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("notes.txt"), "of somebody").unwrap();
    std::fs::set_permissions(&own, Permissions::from_mode(0o700)).unwrap();
    user.file("secret.txt", "not~a~secret\n");
    user.file("pw.txt", "correct horse battery\n");
    let tenant = "--tenant contoso.example --client 00000000-0000-4000-8000-00000000000a";
    for line in [
        "operators add anna --role administrator --new-password-file pw.txt".to_owned(),
        format!("instances add {tenant} --secret-file secret.txt --servers *"),
        "install --set profile=Contoso".to_owned(),
        "run --quiet".to_owned(),
    ] {
        let refused = user.says(&format!("{line} --data own"));
        assert_eq!(refused.code, 2, "{line}: {refused:?}");
        for told in ["it contains notes.txt", "a new or an empty folder"] {
            assert!(refused.err.contains(told), "{line}: {refused:?}");
        }
        assert_eq!(std::fs::read_dir(&own).unwrap().count(), 1, "{line}");
    }
    // What may lie there before the first start stands in nobody's way.
    let early = user.path("early");
    for folder in ["workflows", "lost+found"] {
        std::fs::create_dir_all(early.join(folder)).unwrap();
    }
    DataFolder::open(&early).unwrap();
    assert!(early.join("secret.key").exists());
}

#[tokio::test]
async fn sec_l11_what_workflows_write_is_the_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    let output = folder.join("workflows-output");
    let call = |name: &str| {
        let inputs = json!({"name": name, "content": "devices and people"});
        ActivityCall {
            key: CallKey {
                run: 1,
                path: "1".into(),
            },
            attempt: 1,
            principal: RunPrincipal::Bus,
            inputs: inputs.as_object().unwrap().clone(),
            dry_run: false,
            cancelled: tokio::sync::watch::channel(false).1,
        }
    };
    let written = WriteFile::new(&folder).call(call("list.txt")).await.unwrap();
    assert_eq!(written["file"], output.join("list.txt").display().to_string());
    assert_eq!((mode(&output), mode(&output.join("list.txt"))), (0o700, 0o600));
    // What an older version left open is closed at the next start.
    std::fs::set_permissions(&output, Permissions::from_mode(0o755)).unwrap();
    DataFolder::open(&folder).unwrap();
    assert_eq!(mode(&output), 0o700);
    // And its name is no way out of its folder.
    for name in ["../bus.db.restored", "/tmp/x", "a/b", "..", ".hidden", ""] {
        assert!(WriteFile::new(&folder).call(call(name)).await.is_err(), "{name}");
    }
}
