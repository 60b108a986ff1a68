//! What a command does that only looks: nothing is made, no bus is asked that is not needed, and no instance either.

use clap::{Command, CommandFactory};
use intune_connector::cli::Cli;
use serde_json::Value;

use super::{Tenant, beside};
use crate::support::program::{Bus, Lines, Said, User, code};

const ID: &str = "7809c88c-0000-4000-8000-000000000001";

/// What a data folder may begin with.
const BEGINNERS: [&str; 6] = [
    "run",
    "install",
    "restore",
    "instances add",
    "operators add",
    "products register",
];

/// They take a data folder and look at none, or say in words of their own what is wrong with it.
const APART: [&str; 11] = [
    "audit check-evidence",
    // Asks the bus that runs, and says that none does.
    "console-link",
    "devices fields",
    "doctor",
    "operators password",
    "operators second-factor",
    "operators rights",
    "products check",
    "products keygen",
    "products pack",
    "workflows check",
];

/// What stands behind a command, so that nothing but the folder is wrong.
const ARGUMENTS: &[(&str, &str)] = &[
    ("devices export", "devices.csv"),
    ("operators reset-second-factor", "anna"),
    ("products check-registration", "7809c88c-0000-4000-8000-000000000001"),
    ("action", "sync --device 7809c88c-0000-4000-8000-000000000001"),
    ("apps change", "browser --comment new"),
    ("apps link", "browser --app 7809c88c-0000-4000-8000-000000000001"),
    ("apps retry", "browser"),
    ("apps show", "browser"),
    ("apps unlink", "browser"),
    ("audit check-evidence", "november.zip"),
    ("audit evidence", "--from 2026-11-01 --out november.zip"),
    ("audit export", "trail.ndjson"),
    ("backup", "copy.db"),
    (
        "broken-glass acknowledge",
        "3 --approver anna --approver-password-file pw",
    ),
    ("compliance decide", "--device 7809c88c-0000-4000-8000-000000000001"),
    ("compliance explain", "--device 7809c88c-0000-4000-8000-000000000001"),
    ("devices history", ID),
    ("devices show", ID),
    ("follow", "--server acmp --once"),
    ("instances answers", "IntuneConnector_1"),
    ("instances clone", "IntuneConnector_1"),
    ("instances disable", "IntuneConnector_1"),
    ("instances enable", "IntuneConnector_1"),
    ("instances reauthenticate", "IntuneConnector_1"),
    ("instances reconfigure", "IntuneConnector_1"),
    ("instances restart", "IntuneConnector_1"),
    ("instances set", "IntuneConnector_1 --set page_size=10"),
    ("instances show", "IntuneConnector_1"),
    ("instances start", "IntuneConnector_1"),
    ("instances stop", "IntuneConnector_1"),
    ("instances token-file", "IntuneConnector_1 pw"),
    ("instances uninstall", "IntuneConnector_1"),
    ("jobs approve", "12 --approver anna --approver-password-file pw"),
    ("jobs cancel", "12"),
    ("jobs reject", "12"),
    ("jobs resolve", "12 --task 40 --state done --note seen"),
    ("jobs show", "12"),
    ("jobs watch", "12"),
    ("killswitch on", "--reason test"),
    ("limits approve", "3 --approver anna --approver-password-file pw"),
    ("limits lift", "anna"),
    ("limits reject", "3 --approver anna --approver-password-file pw"),
    ("limits set", "limit_per_job=5"),
    (
        "notices channels mail",
        "office --host smtp.example.com --from it@example.com",
    ),
    ("notices channels remove", "office"),
    ("notices channels webhook", "duty --form slack --address-file pw"),
    ("notices heartbeat set", "--address-file pw"),
    ("notices recipients add", "anna --channel office"),
    ("notices recipients remove", "anna"),
    ("notices test", "anna"),
    ("operators add-token", "anna"),
    ("operators change", "anna --disable"),
    ("operators give", "anna auditor"),
    ("operators recover", "anna --new-password-file pw"),
    ("operators remove", "anna"),
    ("operators remove-token", "anna 1"),
    ("operators take", "anna auditor"),
    ("operators tokens", "anna"),
    ("orders approve", "4711 --approver anna --approver-password-file pw"),
    ("orders cancel", "4711"),
    ("orders follow", "--once"),
    ("orders place", "browser --for-user anna@example.org"),
    ("orders reject", "4711"),
    ("orders retry", "4711"),
    ("orders show", "4711"),
    ("products add", "pw"),
    ("products distrust", "ab"),
    ("products keygen", "key.pem"),
    ("products remove", "intune-connector"),
    ("products show", "intune-connector"),
    ("products trust", "pw"),
    ("products update", "intune-connector"),
    ("reports schedule", "osVersions --every 24h"),
    ("reports show", "osVersions"),
    ("reports unschedule", "osVersions"),
    ("roles add", "own --rights Devices_Read"),
    ("roles change", "own --summary mine"),
    ("roles remove", "own"),
    ("roles show", "auditor"),
    ("servers accept", "acmp"),
    ("servers announce", "acmp"),
    ("servers jobs", "acmp on"),
    ("servers limit", "acmp --fields *"),
    ("servers remove", "acmp"),
    ("servers resend", "acmp 7809c88c-0000-4000-8000-000000000001"),
    ("servers resync", "acmp"),
    ("servers rewind", "acmp --to 0"),
    ("servers show", "acmp"),
    ("servers webhook", "acmp --show"),
    ("targets consent", "IntuneTargetOcs_3 ab"),
    (
        "targets decide",
        "IntuneTargetOcs_3 7809c88c-0000-4000-8000-000000000001 --ignore",
    ),
    ("targets fields", "IntuneTargetOcs_3"),
    ("targets forget", "IntuneTargetOcs_3 --all"),
    ("targets links", "IntuneTargetOcs_3"),
    ("targets mapping", "IntuneTargetOcs_3"),
    ("targets preview", "IntuneTargetOcs_3"),
    ("targets question", "IntuneTargetOcs_3"),
    (
        "targets resend",
        "IntuneTargetOcs_3 7809c88c-0000-4000-8000-000000000001",
    ),
    ("targets revert", "IntuneTargetOcs_3 1"),
    ("targets runs", "IntuneTargetOcs_3"),
    ("targets set-aside", "IntuneTargetOcs_3"),
    ("targets show", "IntuneTargetOcs_3"),
    ("targets verify", "IntuneTargetOcs_3"),
    ("verify", "--instance IntuneConnector_1"),
    ("workflows cancel", "12"),
    ("workflows check", "pw"),
    ("workflows disable", "StaleDevices_1"),
    ("workflows dry-run", "StaleDevices_1"),
    ("workflows enable", "StaleDevices_1"),
    ("workflows show", "StaleDevices_1"),
    ("workflows start", "StaleDevices_1"),
    ("workflows text", "StaleDevices_1"),
];

/// Every command that takes a data folder, by its path.
fn commands_on_a_folder(command: &Command, path: &str, found: &mut Vec<String>) {
    let takes_folder = command.get_arguments().any(|argument| argument.get_id() == "data");
    if takes_folder && !path.is_empty() && !command.is_subcommand_required_set() {
        found.push(path.to_owned());
    }
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        commands_on_a_folder(sub, format!("{path} {}", sub.get_name()).trim(), found);
    }
}

fn lies_in(user: &User, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(user.path(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn b5_a_command_that_looks_into_a_wrong_folder_makes_nothing_there() {
    let user = User::new();
    user.file("pw", "correct horse battery\n");
    std::fs::create_dir(user.path("empty")).unwrap();
    let mut cli = Cli::command();
    cli.build();
    let mut commands = Vec::new();
    commands_on_a_folder(&cli, "", &mut commands);
    assert!(commands.len() > 70, "{commands:?}");
    let mut wrong = Vec::new();
    for command in commands.iter().filter(|command| !BEGINNERS.contains(&command.as_str())) {
        let row = ARGUMENTS.iter().find(|(known, _)| known == command);
        let arguments = row.map_or("", |(_, arguments)| arguments);
        let said = user.says(&format!("{command} {arguments} --data empty"));
        let left = lies_in(&user, "empty");
        let is_told = said.code != 0 && said.err.contains("no store in") && said.err.contains("try: ");
        if !left.is_empty() || !(is_told || APART.contains(&command.as_str())) {
            wrong.push(format!("{command} {arguments}: {left:?} {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What may begin a folder looks at its own words first.
    for line in [
        "install --print-answers",
        "instances add",
        "operators add anna",
        "operators add anna --role administrator --new-password-file missing",
        "operators add anna --role administrator",
    ] {
        let said = user.says(&format!("{line} --data empty"));
        assert_ne!(said.code, 0, "{line}: {said:?}");
        assert_eq!(lies_in(&user, "empty"), [""; 0], "{line}");
    }
    let said = user.says("operators add gate --kind server --token --data empty");
    assert_eq!(said.code, 0, "it may be the very first: {said:?}");
}

#[test]
fn b5_doctor_says_that_a_folder_is_no_data_folder_and_advises_nothing_for_it() {
    let user = User::new();
    std::fs::create_dir(user.path("photos")).unwrap();
    user.file("photos/a.jpg", "x");
    let said = user.says("doctor --data photos");
    assert_eq!((said.code, said.out.lines().count()), (1, 2), "{said:?}");
    assert!(said.out.contains("is no data folder"), "{said:?}");
    assert!(said.out.contains("run --data photos"), "{said:?}");
    assert_eq!(lies_in(&user, "photos"), ["a.jpg"]);
}

fn names(user: &User) -> Vec<String> {
    let all = user.says("operators --json --data data").json();
    let rows = all["operators"].as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn b7_an_account_is_made_with_all_that_was_asked_for_or_not_at_all() {
    let user = User::new();
    let data = user.path("data");
    let bus = Bus::start(&user, &data);
    let pw = user.file("pw", "correct horse battery\n");
    let by_local = |line: &str| user.says(&format!("{line} --data data"));
    let refused = by_local(&format!(
        "operators add ben --role administraor --new-password-file {pw}"
    ));
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(refused.err.contains("did you mean administrator?"), "{refused:?}");
    assert!(refused.err.contains("no account was made"), "{refused:?}");
    for line in [
        format!("operators add ben --role auditor --instances IntuneConnector_9 --new-password-file {pw}"),
        "operators add gate --kind server --token --instances IntuneConnector_9".to_owned(),
    ] {
        let refused = by_local(&line);
        assert!(
            refused.code == 5 && refused.err.contains("IntuneConnector_9 does not exist"),
            "{refused:?}"
        );
    }
    let made = names(&user);
    assert!(!made.iter().any(|name| name == "ben" || name == "gate"), "{made:?}");
    by_local(&format!("operators add ben --role auditor --new-password-file {pw}")).good();
    let refused = by_local("operators give ben operator --instances IntuneConnector_9");
    assert!(
        refused.code == 5 && refused.err.contains("IntuneConnector_9 does not exist"),
        "{refused:?}"
    );

    // What only the bus can judge takes the account away again: nobody gives a role with rights that they lack.
    by_local(&format!(
        "operators add mia --rights Operators_Read,Operators_Manage --new-password-file {pw}"
    ))
    .good();
    let refused = user.says(&format!(
        "operators add tim --role administrator --new-password-file {pw} --url {} --user mia --password-file {pw}",
        bus.url
    ));
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.err.contains("no account was made"), "{refused:?}");
    assert!(!names(&user).contains(&"tim".to_owned()), "{:?}", names(&user));
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_13_an_instance_is_named_only_where_several_could_be_meant() {
    let user = User::new();
    let tenant = Tenant::new(&user, 12).await;
    let other = simulated_tenant::start(simulated_tenant::Options::quick(5, 8))
        .await
        .unwrap();
    let args = tenant.args.clone();
    let second = format!(
        "--tenant {} --client {} --secret-file {} --login-url {base} --graph-url {base}",
        other.registration.tenant_id,
        other.registration.client_id,
        user.file("second.txt", &other.registration.client_secret),
        base = other.base,
    );
    beside(move || {
        let _bus = Bus::start(&user, &user.path("data"));
        let says = |line: &str| user.says(&format!("{line} --data data"));
        says(&format!("instances add {args} --servers * --set verbs=sync,remoteLock")).good();
        says("scan").good();
        assert!(says("scan list").good().contains("completed"));
        assert!(says("scan confirm-gone").err.contains("holds no deletions back"));
        assert_eq!(says("scan --dry-run --json").json()["seen"], 12);
        let listed = says("devices --all --json").good();
        let first: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
        let id = first["deviceId"].as_str().unwrap();
        assert_eq!(says(&format!("devices show {id} --json")).json()["deviceId"], id);
        assert_eq!(says(&format!("devices history {id} --json")).json()["deviceId"], id);

        says(&format!("instances add {second} --servers *")).good();
        let ambiguous = says("scan");
        assert_eq!(ambiguous.code, 2, "{ambiguous:?}");
        assert!(
            ambiguous.err.contains("known: IntuneConnector_1, IntuneConnector_2"),
            "{ambiguous:?}"
        );
        // Only one of them knows the device.
        assert_eq!(
            says(&format!("devices show {id} --json")).json()["instance"],
            "IntuneConnector_1"
        );
        assert_eq!(
            says(&format!("devices show IntuneConnector_1 {id} --json")).json()["deviceId"],
            id
        );
        assert_eq!(
            says(&format!("devices history {id} --json")).json()["instance"],
            "IntuneConnector_1"
        );
        let locked = says(&format!("action remoteLock --device {id} --dry-run"));
        assert!(!locked.err.contains("no instance"), "{locked:?}");
        let nobody = says(&format!("devices show {ID}"));
        assert!(nobody.code == 5 && nobody.err.contains(ID), "{nobody:?}");
        let nobody = says(&format!("devices history {ID}"));
        assert!(nobody.code == 5 && nobody.err.contains(ID), "{nobody:?}");
    })
    .await;
    tenant.sim.stop().await;
    other.stop().await;
}

#[test]
fn what_needs_no_bus_asks_for_none() {
    let user = User::new();
    assert_eq!(Bus::start(&user, &user.path("data")).stop(), 0);
    let actions = user.says("actions --json").json();
    assert_eq!(actions, user.says("actions --json --data data").json());
    for command in ["actions", "workflows activities", "devices fields", "operators rights"] {
        assert!(!user.says(command).good().is_empty(), "{command}");
    }
    let roles = user.says("roles");
    assert!(
        roles.out.contains("administrator") && roles.err.contains("--data DIR"),
        "{roles:?}"
    );
    let auditor = user.says("roles show auditor --json").json();
    let at_bus = user.says("roles show auditor --json --data data").json();
    assert_eq!(auditor, at_bus);
    let unknown = user.says("roles show nosuch");
    assert!(unknown.code == 5 && unknown.err.contains("nosuch"), "{unknown:?}");
    assert_eq!(user.says("roles remove auditor").code, 2);
    let switch = user.says("killswitch --data data");
    assert!(
        switch.err.contains("no disruptive or destructive action is under way"),
        "{switch:?}"
    );
}

fn wide(text: &str) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn b10_m24_files_are_taken_as_windows_writes_them() {
    let user = User::new();
    let bus = Bus::start(&user, &user.path("data"));
    let password = "correct horse battery";
    for (name, content) in [
        ("bom", format!("\u{feff}{password}\r\n").into_bytes()),
        ("wide", wide(&format!("{password}\r\n"))),
    ] {
        std::fs::write(user.path(name), content).unwrap();
        user.says(&format!(
            "operators add {name} --rights Devices_Read --new-password-file {name} --data data"
        ))
        .good();
        let line = format!("devices --json --url {} --user {name} --password-file -", bus.url);
        let said: Said = user.says_with(line.split_whitespace(), password);
        assert_eq!(said.code, 0, "{name}: {said:?}");
    }
    let answers = "tenant_id = contoso.example\r\nclient_id = 00000000-0000-4000-8000-00000000000a\r\n";
    std::fs::write(user.path("answers.ini"), wide(answers)).unwrap();
    let printed = user.says("install --answers answers.ini --print-answers").good();
    assert!(printed.contains("contoso.example"), "{printed}");
}

#[test]
fn mi_17_announcing_again_keeps_the_name() {
    let user = User::new();
    let _bus = Bus::start(&user, &user.path("data"));
    let name = |line: &str| {
        user.says(&format!("{line} --data data"));
        user.says("servers show cmdb --json --data data").json()["displayName"].clone()
    };
    assert_eq!(name("servers announce cmdb"), "cmdb");
    assert_eq!(name("servers announce cmdb --display-name Inventory"), "Inventory");
    assert_eq!(name("servers announce cmdb"), "Inventory");
    name("servers accept cmdb");
    assert_eq!(name("follow --server cmdb --once"), "Inventory");
}

#[test]
fn run_says_that_it_stops_and_that_it_has() {
    let user = User::new();
    let mut command = user.command(["run", "--data", "data", "--listen", "127.0.0.1:0"]);
    let piped = std::process::Stdio::piped;
    let mut child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    let _out = Lines::of(child.stdout.take().unwrap());
    let err = Lines::of(child.stderr.take().unwrap());
    err.until(|line| line.starts_with("commands on this machine"));
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.unwrap().success());
    let told = err.until(|line| line == "stopped");
    assert!(told.iter().any(|line| line.starts_with("stopping")), "{told:?}");
    assert_eq!(code(&mut child), 0);
}
