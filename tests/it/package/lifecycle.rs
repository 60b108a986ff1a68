//! The life of an installed package: it is installed, runs, is upgraded, is not taken back, is removed and is purged.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use super::debian_package::{LOWER, current, field, lower};
use super::installed_service::InstalledService;
use super::root_folder::RootFolder;
use super::store_fixture::{BACK_TO_VERSION_20, assert_kept, fill_data_folder, store_version};
use super::unit_file::UnitFile;
use crate::support::accounts::is_root;

const DATA: &str = "/var/lib/intune-connector";
const SETTINGS: &str = "/etc/default/intune-connector";
const PROGRAM: &str = "/usr/bin/intune-connector";
/// What an earlier `make install` has left.
const HIDING: [&str; 2] = [
    "/usr/local/lib/systemd/system/intune-connector.service",
    "/usr/local/bin/intune-connector",
];

fn start_service(root: &RootFolder) -> InstalledService {
    let unit = UnitFile::read(&root.at("/usr/lib/systemd/system/intune-connector.service"));
    let account = root.account().expect("the package has made the account of the service");
    InstalledService::start(&mut root.command(&unit.command_line(), account), &unit)
}

/// A command of root on the data folder.
#[track_caller]
fn say_as_root(root: &RootFolder, line: &str) -> String {
    let words = std::iter::once(PROGRAM)
        .chain(line.split_whitespace())
        .chain(["--data", DATA]);
    let words: Vec<String> = words.map(str::to_owned).collect();
    super::run(&mut root.command(&words, (0, 0)))
}

/// Everything in a folder that is not of this account.
fn foreign(folder: &Path, account: (u32, u32)) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let facts = path.symlink_metadata().unwrap();
        if (facts.uid(), facts.gid()) != account {
            found.push(path.display().to_string());
        }
        if facts.is_dir() {
            found.extend(foreign(&path, account));
        }
    }
    found
}

#[test]
fn the_package_installs_runs_upgrades_and_goes() {
    if !is_root("installing, upgrading, removing and purging the package") {
        return;
    }
    let root = RootFolder::new();
    let data = root.at(DATA);

    let told = root.install(lower());
    assert!(!told.contains("hides"), "{told}");
    let account = root.account().unwrap();
    let facts = data.metadata().unwrap();
    assert_eq!(
        (facts.uid(), facts.gid(), facts.mode() & 0o7777),
        (account.0, account.1, 0o700)
    );
    let wanted = root.at("/etc/systemd/system/multi-user.target.wants/intune-connector.service");
    assert!(wanted.symlink_metadata().is_ok(), "the service starts with the machine");

    // A port that nobody else has.
    let bus_ini = data.join("bus.ini");
    std::fs::write(&bus_ini, "[sics]\nlisten = 127.0.0.1:0\n").unwrap();
    chown(&bus_ini, Some(account.0), Some(account.1)).unwrap();
    let service = start_service(&root);
    say_as_root(&root, "operators add help-desk --kind server --token");
    service.stop();
    // With the bus stopped root works on the folder itself, and leaves nothing that the service can't read.
    say_as_root(&root, "operators add gate --kind server --token");
    let operators = say_as_root(&root, "operators --json");
    assert!(
        operators.contains("\"help-desk\"") && operators.contains("\"gate\""),
        "{operators}"
    );
    assert_eq!(foreign(&data, account), Vec::<String>::new());

    let settings = root.at(SETTINGS);
    std::fs::write(&settings, "https_proxy=http://proxy.example:3128\n").unwrap();
    // A store that the upgrade has to change.
    fill_data_folder(&data, Some(account), BACK_TO_VERSION_20);
    for path in HIDING {
        std::fs::create_dir_all(root.at(path).parent().unwrap()).unwrap();
        std::fs::write(root.at(path), "").unwrap();
    }
    let told = root.install(current());
    for path in HIDING {
        assert!(told.contains(&format!("{path} hides")), "{told}");
        assert!(told.contains(&format!("    rm {path}")), "{told}");
        std::fs::remove_file(root.at(path)).unwrap();
    }
    let version = field(current(), "Version");
    assert_eq!(root.state(), format!("{version} install ok installed"));
    assert!(std::fs::read_to_string(&settings).unwrap().contains("proxy.example"));
    let service = start_service(&root);
    assert_kept(|line| say_as_root(&root, line));
    service.stop();
    assert_eq!(store_version(&data.join("bus.db.version-20")), 20);
    assert!(store_version(&data.join("bus.db")) > 20);
    assert_eq!(foreign(&data, account), Vec::<String>::new());

    let refused = root.fail_to_install(lower());
    for told in [
        format!("going back from {version} to {LOWER} is refused"),
        "intune-connector doctor --data /var/lib/intune-connector".to_owned(),
        format!("apt-get install ./intune-connector_{LOWER}_"),
    ] {
        assert!(refused.contains(&told), "{refused}");
    }
    assert_eq!(root.state(), format!("{version} install ok installed"));
    start_service(&root).stop();

    root.remove();
    assert!(!root.at(PROGRAM).exists() && settings.exists() && data.join("bus.db").exists());
    assert_eq!(root.account(), Some(account));
    assert_eq!(root.state(), format!("{version} deinstall ok config-files"));
    // The way back that the refusal named; here the program is the same, so nothing is to be restored.
    let told = root.install(lower());
    let last_used = format!("the data here was last used by version {version}");
    assert!(told.contains(&last_used), "{told}");
    assert!(std::fs::read_to_string(&settings).unwrap().contains("proxy.example"));
    let service = start_service(&root);
    assert_kept(|line| say_as_root(&root, line));
    service.stop();
    assert_eq!(foreign(&data, account), Vec::<String>::new());

    root.purge();
    assert!(!data.exists() && !settings.exists() && !root.at(PROGRAM).exists());
    assert_eq!(root.account(), None);
    let groups = std::fs::read_to_string(root.at("/etc/group")).unwrap();
    assert!(!groups.contains("intune-connector"), "{groups}");
    assert!(wanted.symlink_metadata().is_err());
}
