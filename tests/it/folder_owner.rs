//! B4: the bus runs under an account of its own, and root works on its data folder while it is stopped. Whatever root
//! leaves there belongs to that account.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::{Tenant, beside};
use crate::support::accounts::{OTHER, is_root};
use crate::support::program::{Bus, PROGRAM, User};

/// Everything in a folder that is not the other account's.
fn foreign(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let facts = path.symlink_metadata().unwrap();
        if facts.uid() != OTHER {
            found.push(path.display().to_string());
        }
        if facts.is_dir() {
            found.extend(foreign(&path));
        }
    }
    found
}

/// A folder of the account of the bus.
fn make_folder(path: &Path) {
    std::fs::create_dir(path).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o700)).unwrap();
    chown(path, Some(OTHER), Some(OTHER)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_whatever_root_writes_into_a_data_folder_belongs_to_whom_the_folder_belongs() {
    if !is_root("what root writes into the data folder of another account") {
        return;
    }
    let user = User::new();
    let tenant = Tenant::new(&user, 5).await;
    let args = tenant.args.clone();
    beside(move || {
        let (folder, marks) = (user.path("data"), user.path("marks"));
        [&folder, &marks].into_iter().for_each(|path| make_folder(path));
        let data = folder.display().to_string();
        let settings = format!(
            "[sics]\nlisten = 127.0.0.1:0\ntls = on\n[store]\nmark_file = {}\n",
            marks.join("mark").display()
        );
        std::fs::write(folder.join("bus.ini"), settings).unwrap();
        chown(folder.join("bus.ini"), Some(OTHER), Some(OTHER)).unwrap();

        // The bus is stopped: each command works on the folder itself.
        user.says(&format!("instances add {args} --servers * --data {data}"))
            .good();
        let change = [
            "instances",
            "set",
            "IntuneConnector_1",
            "--set",
            "incremental=every 10m",
            "--data",
            &data,
        ];
        user.says_with(change, "").good();
        user.says(&format!("operators add cmdb --kind server --token --data {data}"))
            .good();
        assert_eq!(foreign(&folder), Vec::<String>::new());

        // Root starts the bus by hand: logs, certificate, its own connection.
        let bus = Bus::start(&user, &folder);
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        assert_eq!(foreign(&folder), Vec::<String>::new());
        let backup = user.path("backup.db").display().to_string();
        user.says(&format!("backup {backup} --data {data}")).good();
        assert_eq!(bus.stop(), 0);
        user.says(&format!("restore {backup} --data {data}")).good();
        user.says(&format!(
            "operators recover anna --data {data} --new-password-file {}",
            user.file("password", "correct horse battery\n")
        ))
        .good();
        for path in [&folder, &marks] {
            assert_eq!(foreign(path), Vec::<String>::new());
        }
        for name in ["tls.pem", "secret.key", "logs", "bus.mark", "products"] {
            assert!(folder.join(name).exists(), "{name}");
        }
    })
    .await;
    tenant.sim.stop().await;
}

/// Where every account reaches it.
fn reachable_program(user: &User) -> PathBuf {
    let is_open = |folder: &Path| folder.metadata().unwrap().permissions().mode() & 0o001 != 0;
    let program = Path::new(PROGRAM);
    if program.ancestors().skip(1).all(is_open) {
        return program.to_owned();
    }
    let copy = user.path("program");
    std::fs::copy(program, &copy).unwrap();
    copy
}

#[test]
fn wi_12_what_may_not_be_read_is_neither_missing_nor_damaged() {
    if !is_root("a data folder of root, looked at by another account") {
        return;
    }
    let user = User::new();
    std::fs::set_permissions(user.path(""), PermissionsExt::from_mode(0o755)).unwrap();
    let (program, folder) = (reachable_program(&user), user.path("data"));
    std::fs::create_dir(&folder).unwrap();
    let data = folder.display().to_string();
    user.says(&format!("operators add cmdb --kind server --token --data {data}"))
        .good();
    let doctor = || {
        let mut command = Command::new(&program);
        command.args(["doctor", "--data", &data]).current_dir("/").env_clear();
        let said = command.uid(OTHER).gid(OTHER).output().unwrap();
        String::from_utf8(said.stdout).unwrap()
    };
    let told = doctor();
    assert!(
        told.contains("cannot be read") && !told.contains("is no data folder") && !told.contains("run --data"),
        "{told}"
    );
    let store = folder.join("bus.db");
    let given = Command::new("chown")
        .args(["--recursive", &format!("{OTHER}:{OTHER}"), &data])
        .status();
    assert!(given.unwrap().success());
    chown(&store, Some(0), Some(0)).unwrap();
    let told = doctor();
    assert!(
        told.contains("bus.db: cannot be read") && !told.contains("is damaged"),
        "{told}"
    );
}

#[test]
fn b4_doctor_warns_where_an_owner_differs_from_the_folders_and_its_cure_works() {
    if !is_root("a file in a data folder that belongs to another account") {
        return;
    }
    let user = User::new();
    let folder = user.path("data");
    make_folder(&folder);
    let data = folder.display().to_string();
    user.says(&format!("operators add cmdb --kind server --token --data {data}"))
        .good();
    let doctor = || user.says(&format!("doctor --data {data}")).good();
    assert!(!doctor().contains("user id"), "{}", doctor());
    let file = folder.join("instances/IntuneConnector_1.ini");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let told = user.says(&format!("doctor --data {data}")).out;
    let warning = format!(
        "{}: belongs to user id 0, but the data folder to user id {OTHER}",
        file.display()
    );
    assert!(told.contains(&warning), "{told}");
    let cure = told.lines().find_map(|line| line.split_once("as root: ")).unwrap().1;
    assert!(
        Command::new("sh").args(["-c", cure]).status().unwrap().success(),
        "{cure}"
    );
    assert_eq!(foreign(&folder), Vec::<String>::new());
}
