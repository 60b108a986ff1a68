//! Wrong inputs: each gives the error it should, with its exit code, and says what to do.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::program::User;

/// Command line, exit code, what the message has to contain.
const WRONG: &[(&str, i32, &str)] = &[
    ("", 2, "Usage"),
    ("frobnicate", 2, "unrecognized subcommand"),
    ("devices", 2, "--data DIR"),
    ("devices --connection nowhere", 5, "nowhere"),
    ("devices --data missing", 5, "missing"),
    ("devices --data plain", 5, "no store"),
    ("devices --data folder --limit 0", 2, "--limit"),
    ("devices --data folder --instance ../x", 2, "instance name"),
    (
        "devices show IntuneConnector_1 not-a-guid --data folder",
        2,
        "device id",
    ),
    (
        "devices --url http://127.0.0.1:1 --user anna --password-file pw",
        3,
        "127.0.0.1:1",
    ),
    ("devices --url http://127.0.0.1:1", 2, "--user"),
    (
        "devices --url http://127.0.0.1:1 --user anna --data folder",
        2,
        "cannot be used with",
    ),
    ("devices --url nonsense --user anna", 2, "write https://nonsense"),
    (
        "login ftp://127.0.0.1 --user anna --password-file pw",
        2,
        "not the address of a bus",
    ),
    (
        "login http://127.0.0.1:1 --user anna --password-file absent",
        2,
        "absent",
    ),
    ("login http://127.0.0.1:1 --user anna --password-file empty", 2, "empty"),
    (
        "login http://127.0.0.1:1 --user anna --password-file two",
        2,
        "has 2 lines",
    ),
    (
        "login http://127.0.0.1:1 --user anna --password-file blank",
        2,
        "with a blank",
    ),
    ("login http://127.0.0.1:1 --user anna", 2, "--password-file -"),
    (
        "login http://127.0.0.1:1 --user anna --fingerprint 12",
        2,
        "64 hexadecimal digits",
    ),
    ("login --forget nowhere", 5, "nowhere"),
    ("verify", 2, "no tenant specified"),
    (
        "verify --tenant contoso.example --client x --secret-file pw",
        2,
        "client_id",
    ),
    ("verify --tenant contoso.example --set nonsense=1", 2, "nonsense"),
    ("verify --tenant contoso.example --set nonsense", 2, "no ="),
    ("verify --tenant contoso.example --set secret=hunter2", 2, "secret"),
    ("verify --settings absent.ini", 2, "absent.ini"),
    ("verify --settings broken.ini", 2, "broken.ini:2"),
    ("verify --instance IntuneConnector_1 --tenant x", 2, "omit either"),
    ("verify --secret-file pw --token-file pw", 2, "cannot be used with"),
    ("verify --cert pw", 2, "--key"),
    ("scan", 2, "no bus specified"),
    ("scan list --data folder", 5, "no instance yet"),
    ("devices show not-a-guid --data folder", 2, "device id"),
    ("scan --tenant contoso.example", 2, "--dry-run"),
    (
        "scan confirm-gone --instance IntuneConnector_1 --digest d --data folder",
        2,
        "--yes-i-mean",
    ),
    (
        "scan list --instance IntuneConnector_1 --data folder",
        5,
        "IntuneConnector_1",
    ),
    ("follow --data folder", 2, "--server"),
    ("follow --server ../x --data folder", 2, "server id"),
    (
        "follow --server a --csv x --ndjson y --data folder",
        2,
        "cannot be used with",
    ),
    ("follow --server a --columns x --data folder", 2, "--csv"),
    (
        "follow --server a --csv notes.txt --view v --once --data folder",
        2,
        "notes.txt",
    ),
    (
        "follow --server a --view notes.txt --once --data folder",
        1,
        "notes.txt",
    ),
    (
        "follow --server a --csv x.csv --columns serialnumber --data folder",
        2,
        "did you mean serialNumber?",
    ),
    ("follow --server a --csv none/x.csv --data folder", 2, "mkdir -p none"),
    (
        "follow --server a --exec cat --view none/v --data folder",
        2,
        "mkdir -p none",
    ),
    ("servers accept nobody --data folder", 5, "nobody"),
    ("servers limit a --data folder", 2, "no limit"),
    ("servers limit a --ranges not-a-net --data folder", 2, ""),
    ("operators add x --rights Everything --data folder", 2, "right"),
    (
        "operators add x --rights * --data folder",
        2,
        "no terminal to prompt on",
    ),
    ("operators add x --data folder", 2, "--rights"),
    (
        "operators add x --rights * --new-password-file short --data folder",
        2,
        "at least 10 characters",
    ),
    ("operators recover x --data folder", 2, "--new-password-file"),
    ("operators recover x --data plain", 5, "no store"),
    ("operators password x --data folder", 3, "no bus runs"),
    ("operators remove nobody --data folder", 5, "nobody"),
    ("operators change nobody --data folder", 2, "no change given"),
    ("instances add --data folder", 2, "no tenant"),
    (
        "instances add --tenant contoso.example --client 00000000-0000-4000-8000-00000000000a --data folder",
        2,
        "credential",
    ),
    ("instances set IntuneConnector_9 --data folder", 2, "no change given"),
    (
        "instances set IntuneConnector_9 --set page_size=10 --data folder",
        5,
        "IntuneConnector_9",
    ),
    (
        "instances set IntuneConnector_9 --set page_size=0 --data folder",
        2,
        "page_size",
    ),
    (
        "instances remove IntuneConnector_9 --data folder",
        5,
        "IntuneConnector_9",
    ),
    ("backup pw --data folder", 2, "already exists"),
    (
        "backup nowhere/b.db --data folder",
        2,
        "nowhere does not exist on this machine",
    ),
    ("restore notes.txt --data folder", 1, "notes.txt is not a backup"),
    (
        "limits set limit_per_job 3 --data folder",
        2,
        "= is missing behind limit_per_job",
    ),
    ("limits set limit_per_job=abc --data folder", 2, "a whole number from"),
    ("compliance explain --data folder", 2, "no device given"),
    ("compliance decide --node gate --data folder", 2, "no device given"),
    ("login 127.0.0.1:3900 --user anna", 2, "write https://127.0.0.1:3900"),
    ("login localhost:3900 --user anna", 2, "write https://localhost:3900"),
    (
        "devices --url bus.example:3900 --user anna --password-file pw",
        2,
        "write https://bus.example:3900",
    ),
    (
        "verify --tenant contoso.example --client 00000000-0000-4000-8000-00000000000a --secret-file pw --graph-url graph.microsoft.com",
        2,
        "write https://graph.microsoft.com",
    ),
    (
        "servers limit a --ranges 192.0.2.0/99 --data folder",
        2,
        "--ranges: \"192.0.2.0/99\" is not an address range",
    ),
    ("restore absent --data folder", 2, "absent"),
    ("restore notes.txt --data folder", 1, "notes.txt"),
    ("restore notes.txt --data missing", 5, "missing"),
    ("run --data notes.txt", 2, "notes.txt"),
    ("run --data folder --listen nonsense", 2, "--listen"),
    ("run --data wrong", 2, "bus.ini:1"),
    ("doctor --data missing", 1, "one problem found"),
    ("demo --devices 0", 2, "--devices"),
    ("demo --churn -1", 2, "--churn"),
    ("demo --churn NaN", 2, "--churn"),
    ("demo --json", 2, "--until-delivered"),
];

#[test]
fn wrong_input_is_told_with_its_exit_code_and_what_to_do() {
    let user = User::new();
    user.file("pw", "correct horse battery");
    user.file("empty", "\n");
    user.file("two", "correct horse battery\nof anna\n");
    user.file("blank", "correct horse battery \n");
    user.file("short", "short\n");
    user.file("notes.txt", "my notes\n");
    user.file("broken.ini", "tenant_id = contoso.example\nno equals sign\n");
    std::fs::create_dir(user.path("folder")).unwrap();
    std::fs::create_dir(user.path("plain")).unwrap();
    std::fs::create_dir(user.path("wrong")).unwrap();
    std::fs::write(user.path("wrong/bus.ini"), "listn = 127.0.0.1:3900\n").unwrap();
    user.says("operators add gate --kind server --token --data folder")
        .good();
    let mut complaints = Vec::new();
    for (line, code, text) in WRONG {
        let said = user.says(line);
        let advice = said.err.contains("try:") || said.err.contains("--help") || line.is_empty();
        let clean = !said.err.contains("panicked") && !said.err.contains("hunter2");
        if said.code != *code || !said.err.contains(text) || !advice || !clean {
            complaints.push(format!(
                "{line}\n  wanted {code} with {text:?}, got {}: {}",
                said.code, said.err
            ));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(std::fs::read_dir(user.path("plain")).unwrap().count(), 0);
    assert_eq!(std::fs::read_to_string(user.path("notes.txt")).unwrap(), "my notes\n");
}

#[test]
fn wi_38_an_argument_that_is_no_utf_8_is_named_with_what_to_do() {
    let user = User::new();
    let words = [
        OsStr::new("devices"),
        OsStr::new("--search"),
        OsStr::from_bytes(b"m\xfcller"),
    ];
    let said = user.says_with(words, "");
    assert!(said.code == 2, "{said:?}");
    for told in ["ller\" is not UTF-8 text", "write it as UTF-8"] {
        assert!(said.err.contains(told), "{said:?}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let user = User::new();
    let mut command = user.command(["operators", "rights"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}
