//! The unit of the service: how well it is shut in, and that its command line works.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use super::debian_package::{current, unpack};
use super::everything;
use super::installed_service::InstalledService;
use super::unit_file::UnitFile;
use crate::support::accounts::{OTHER, is_root, user_id};
use crate::support::skips::skip_without_tool;

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/installer/intune-connector.service");
/// Tenths, as systemd-analyze takes them.
const EXPOSURE_MAX: &str = "20";

#[test]
fn the_unit_exposes_at_most_two_of_ten() {
    let mut analyze = Command::new("systemd-analyze");
    analyze.args([
        "security",
        "--offline=yes",
        "--no-pager",
        "--threshold",
        EXPOSURE_MAX,
        UNIT,
    ]);
    match analyze.output() {
        Err(error) => skip_without_tool("systemd-analyze", &format!("judging the unit: {error}")),
        Ok(output) => {
            let told = everything(&output);
            assert!(output.status.success(), "{told}");
            assert!(told.contains("Overall exposure level"), "{told}");
            // It says so of a key that it does not know, and goes on.
            assert!(!told.contains("ignoring"), "{told}");
        }
    }
}

#[test]
fn the_unit_runs_as_an_account_of_its_own_on_a_folder_of_its_own() {
    let unit = UnitFile::read(Path::new(UNIT));
    assert_eq!(
        (unit.value("User"), unit.value("Group")),
        ("intune-connector", "intune-connector")
    );
    assert_eq!(unit.value("StateDirectoryMode"), "0700");
    let folder = format!("/var/lib/{}", unit.value("StateDirectory"));
    assert_eq!(unit.command_line()[1..], ["run", "--data", folder.as_str()]);
}

#[test]
fn a_start_that_fails_is_tried_again_for_minutes_and_not_for_ever() {
    let unit = UnitFile::read(Path::new(UNIT));
    assert_eq!(unit.value("Restart"), "on-failure");
    let number = |key: &str| unit.value(key).parse::<u32>().unwrap();
    let (pause_s, tries) = (number("RestartSec"), number("StartLimitBurst"));
    assert!(
        (120..=900).contains(&(pause_s * tries)),
        "a short outage passes by itself"
    );
    // Starts that need half a minute each until they fail come to an end as well.
    assert_eq!(unit.value("StartLimitIntervalSec"), "1h");
    assert!((pause_s + 30) * tries <= 3_600);
}

#[test]
fn the_command_line_of_the_unit_runs_as_another_account() {
    let root = tempfile::tempdir().unwrap();
    std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
    unpack(current(), root.path());
    let at = |path: &str| root.path().join(path.trim_start_matches('/'));
    let unit = UnitFile::read(&at("/usr/lib/systemd/system/intune-connector.service"));
    let data = at("/var/lib/intune-connector");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::write(data.join("bus.ini"), "[sics]\nlisten = 127.0.0.1:0\n").unwrap();
    let words = unit.command_line();
    let program = at(&words[0]);
    let mut command = if is_root("the service runs as oneself, not as another account") {
        for path in [&data, &data.join("bus.ini")] {
            chown(path, Some(OTHER), Some(OTHER)).unwrap();
        }
        let mut command = Command::new("setpriv");
        command
            .args([format!("--reuid={OTHER}"), format!("--regid={OTHER}")])
            .arg("--clear-groups")
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(["run", "--data"]).arg(&data);
    assert_eq!(words[1..3], ["run", "--data"]);
    InstalledService::start(&mut command, &unit).stop();
    let owner = if user_id() == 0 { OTHER } else { user_id() };
    for name in ["bus.db", "secret.key", "logs", "instances"] {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(std::fs::metadata(data.join(name)).unwrap().uid(), owner, "{name}");
    }
}
