//! Without a bus, commands work on the folder, under the same lock.

use super::{Tenant, beside};
use crate::support::program::{Bus, User};

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_on_a_folder_without_a_bus() {
    let user = User::new();
    let tenant = Tenant::new(&user, 20).await;
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data").display().to_string();
        let added = user
            .says(&format!("instances add {args} --servers * --data {data}"))
            .good();
        assert_eq!(added.trim(), "IntuneConnector_1");
        user.says(&format!("operators add acmp --kind server --token --data {data}"))
            .good();
        let operators = user.says(&format!("operators --json --data {data}")).json();
        let names: Vec<_> = operators["operators"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].clone())
            .collect();
        assert!(names.contains(&"acmp".into()), "{names:?}");
        let scan = user.says(&format!("scan --instance IntuneConnector_1 --data {data}"));
        assert_eq!(scan.code, 3, "scans run in the bus: {scan:?}");
        let preview = user
            .says(&format!(
                "scan --dry-run --instance IntuneConnector_1 --data {data} --json"
            ))
            .json();
        assert_eq!(preview["new"], 20, "{preview}");
        let devices = user.says(&format!("devices --json --data {data}")).good();
        assert_eq!(devices, "", "the preview kept nothing");
        let _bus = Bus::start(&user, user.path("data").as_path());
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        let beside = user
            .says(&format!(
                "scan --dry-run --instance IntuneConnector_1 --data {data} --json"
            ))
            .json();
        assert_eq!((&beside["seen"], &beside["new"]), (&20.into(), &0.into()), "{beside}");
    })
    .await;
    tenant.sim.stop().await;
}

#[test]
fn e3_a_backup_is_made_while_the_bus_runs_and_restored_while_it_does_not_over_a_damaged_store_too() {
    let user = User::new();
    let data = user.path("data");
    let bus = Bus::start(&user, &data);
    let data = data.display().to_string();
    let file = user.path("backup.db").display().to_string();
    user.says(&format!("operators add before --kind server --token --data {data}"))
        .good();
    user.says(&format!("backup {file} --data {data}")).good();
    user.says(&format!("operators add after --kind server --token --data {data}"))
        .good();
    let running = user.says(&format!("restore {file} --data {data}"));
    assert_eq!(running.code, 75, "{running:?}");
    assert_eq!(bus.stop(), 0);
    let restored = user.says(&format!("restore {file} --data {data}"));
    // M15: what is on from now, and how it is switched off.
    assert!(
        restored.code == 0
            && restored.err.contains("the kill switch is on")
            && restored
                .err
                .contains(&format!("intune-connector killswitch off --data {data}")),
        "{restored:?}"
    );
    let operators = user.says(&format!("operators --json --data {data}")).good();
    assert!(
        operators.contains("before") && !operators.contains("after"),
        "{operators}"
    );
    // A damaged store with the log of a crash beside it: that is when people restore.
    std::fs::write(user.path("data/bus.db"), [0xa5; 32_768]).unwrap();
    std::fs::write(user.path("data/bus.db-wal"), "of a crash").unwrap();
    let damaged = user.says(&format!("operators --json --data {data}"));
    assert!(damaged.code == 1 && damaged.err.contains("restore"), "{damaged:?}");
    let restored = user.says(&format!("restore {file} --data {data}"));
    assert!(
        restored.code == 0 && restored.err.contains("bus.db.before-restore-2"),
        "{restored:?}"
    );
    assert!(user.path("data/bus.db.before-restore-2").exists());
    let operators = user.says(&format!("operators --json --data {data}")).good();
    assert!(operators.contains("before"), "{operators}");
}

#[test]
fn wi_10_a_bus_that_does_not_start_names_doctor_with_its_folder_and_doctor_names_the_cause() {
    let user = User::new();
    std::fs::create_dir_all(user.path("my bus/bus.lock")).unwrap();
    let run = ["run", "--quiet", "--data", "my bus", "--listen", "127.0.0.1:0"];
    let said = user.says_with(run, "");
    let cure = "intune-connector doctor --data 'my bus'";
    assert!(said.code == 1 && said.err.contains(cure), "{said:?}");
    let doctor = || user.says_with(["doctor", "--data", "my bus"], "");
    let told = doctor();
    let cure = told.out.split_once("move it away: ").unwrap().1.lines().next().unwrap();
    assert!(told.code == 1 && told.out.contains("bus.lock"), "{told:?}");
    let done = std::process::Command::new("sh")
        .args(["-c", cure])
        .current_dir(user.path(""))
        .status();
    assert!(done.unwrap().success(), "{cure}");
    doctor().good();

    user.file("other.pem", include_str!("../../fixtures/certs/next-key.pem"));
    user.file("own.pem", include_str!("../../fixtures/certs/cert.pem"));
    let settings = "tls = on\ncertificate_file = ../own.pem\nkey_file = ../other.pem\n";
    user.file("my bus/bus.ini", settings);
    let said = user.says_with(run, "");
    assert!(
        said.code == 2 && said.err.contains("remove both lines") && said.err.contains("--data 'my bus'"),
        "{said:?}"
    );
    let told = doctor();
    assert!(
        told.code == 1 && told.out.contains("does not belong to the certificate in"),
        "{told:?}"
    );
}

#[test]
fn wi_16_what_lies_in_the_data_folder_and_is_not_used_needs_somebody() {
    let user = User::new();
    let path = user.path("data");
    let data = path.display().to_string();
    assert_eq!(Bus::start(&user, &path).stop(), 0);
    std::fs::create_dir_all(path.join("workflows")).unwrap();
    user.file("data/instances/Foo.ini", "tenant_id = contoso.example\n");
    user.file("data/instances/my tenant.ini", "tenant_id = contoso.example\n");
    user.file("data/workflows/bare.xml", "<workflow/>");
    std::fs::write(path.join("workflows/binary.xml"), [0xc3, 0x28]).unwrap();
    let _bus = Bus::start(&user, &path);
    let told = user.says(&format!("attention --json --data {data}")).json();
    let items = told["items"].as_array().unwrap();
    let of_file = |file: &str| {
        let fits = |item: &&serde_json::Value| item["arguments"]["file"] == file;
        let item = items.iter().find(fits).unwrap_or_else(|| panic!("{file}: {told}"));
        format!("{} {}", item["message"], item["advice"])
    };
    for (file, words) in [
        ("instances/Foo.ini", "client_id"),
        ("instances/my tenant.ini", "name of an instance"),
        ("workflows/bare.xml", "workflows check"),
        ("workflows/binary.xml", "UTF-8"),
    ] {
        let text = of_file(file);
        assert!(text.contains("is not used") && text.contains(words), "{text}");
    }
}

#[test]
fn wi_26_an_account_that_is_no_person_is_told_as_that_and_not_as_missing() {
    let user = User::new();
    let path = user.path("data");
    let data = path.display().to_string();
    let _bus = Bus::start(&user, &path);
    user.says(&format!("operators add itam --kind server --token --data {data}"))
        .good();
    let refused = user.says(&format!("console-link --user itam --data {data}"));
    assert!(
        refused.code == 5
            && refused.err.contains("operator itam")
            && refused.err.contains("not the account of a person")
            && refused.err.contains("intune-connector operators"),
        "{refused:?}"
    );
    let missing = user.says(&format!("console-link --user nobody --data {data}"));
    assert!(
        missing.code == 5 && missing.err.contains("does not exist"),
        "{missing:?}"
    );
}

#[test]
fn a_second_bus_on_the_folder_is_refused_as_busy() {
    let user = User::new();
    let data = user.path("data");
    let _bus = Bus::start(&user, &data);
    let second = user.says(&format!("run --data {} --listen 127.0.0.1:0", data.display()));
    assert_eq!(second.code, 75, "{second:?}");
    let doctor = user.says(&format!("doctor --data {} --json", data.display())).json();
    assert_eq!(doctor["ok"], true, "{doctor}");
}

#[test]
fn cr_d6_a_lock_that_is_deleted_by_hand_lets_nobody_in() {
    let user = User::new();
    let data = user.path("data");
    let bus = Bus::start(&user, &data);
    user.says(&format!("backup backup.db --data {}", data.display())).good();
    std::fs::remove_file(data.join("bus.lock")).unwrap();
    let second = user.says(&format!("run --data {} --listen 127.0.0.1:0", data.display()));
    assert_eq!(second.code, 75, "{second:?}");
    let restore = user.says(&format!("restore backup.db --data {}", data.display()));
    assert_eq!(restore.code, 75, "{restore:?}");
    assert_eq!(bus.stop(), 0);
    assert_eq!(Bus::start(&user, &data).stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_named_without_a_folder_is_kept_where_the_command_was_started() {
    let user = User::new();
    let tenant = Tenant::new(&user, 20).await;
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data").display().to_string();
        user.says(&format!("instances add {args} --servers * --data {data}"))
            .good();
        let _bus = Bus::start(&user, user.path("data").as_path());
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        user.says(&format!("servers announce cmdb --data {data}")).good();
        user.says(&format!("servers accept cmdb --data {data}")).good();
        user.says(&format!("follow --server cmdb --csv devices.csv --once --data {data}"))
            .good();
        let kept = std::fs::read_to_string(user.path("devices.csv")).unwrap();
        assert_eq!(kept.lines().count(), 21, "{kept}");

        // What would take all from a server names the number, and is done with it.
        let refused = user.says(&format!("servers remove cmdb --data {data}"));
        assert!(
            refused.code == 5 && refused.err.contains("--yes-i-mean 20"),
            "{refused:?}"
        );
        user.says(&format!("servers remove cmdb --yes-i-mean 20 --data {data}"))
            .good();
    })
    .await;
    tenant.sim.stop().await;
}

/// What strangers can cost has a bound only where all threads share one heap, and nobody has to know that.
#[test]
fn e8_a_bus_that_is_started_by_hand_keeps_one_heap() {
    let user = User::new();
    let bus = Bus::start(&user, &user.path("data"));
    let environment = std::fs::read(format!("/proc/{}/environ", bus.pid())).unwrap();
    let one = |part: &[u8]| part == b"MALLOC_ARENA_MAX=1";
    assert!(environment.split(|byte| *byte == 0).any(one));
    assert_eq!(bus.stop(), 0);
}

#[test]
fn wi_33_a_seed_is_not_shown_where_no_code_can_be_typed() {
    let user = User::new();
    let path = user.path("data");
    std::fs::create_dir(&path).unwrap();
    user.file("pw", "correct horse battery\n");
    let add = "operators add anna --role administrator --new-password-file pw --data";
    user.says(&format!("{add} {}", path.display())).good();
    let bus = Bus::start(&user, &path);
    let own = format!(
        "operators second-factor --url {} --user anna --password-file pw",
        bus.url
    );
    for line in [own.clone(), format!("{own} --remove")] {
        let refused = user.says(&line);
        assert_eq!(
            (refused.code, refused.out.as_str()),
            (2, ""),
            "no terminal: {refused:?}"
        );
        assert!(
            refused.err.contains("there is no terminal") && refused.err.contains("in the console"),
            "{refused:?}"
        );
        assert!(!refused.err.contains("otpauth"), "{refused:?}");
    }
}

#[test]
fn wn_34_doctor_judges_the_settings_of_an_instance_as_its_start_does() {
    let user = User::new();
    std::fs::create_dir_all(user.path("data/instances")).unwrap();
    user.file("data/bus.ini", "");
    let ids = "tenant_id = 11111111-2222-3333-4444-555555555555\nclient_id = 66666666-7777-8888-9999-000000000000\n";
    user.file(
        "data/instances/IntuneConnector_1.ini",
        &format!("{ids}secret = hunter2hunter2\nfields = deviceName; serialNumber\n"),
    );
    let said = user.says("doctor --data data");
    let told = format!("{}{}", said.out, said.err);
    assert_eq!(said.code, 1, "{said:?}");
    for words in [
        r#"line 4: fields: unknown field "deviceName; serialNumber""#,
        "put a comma between two fields",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("is valid, tenant"), "{told}");
}
