//! M3: a path in a request is refused, whatever its key; one in a file leads to a regular file of bounded size.

use std::path::{Path, PathBuf};

use intune_connector::app;
use intune_connector::config::{CredentialUse, DataFolder, InstanceDraft};
use intune_connector::entra::read_token_file;
use intune_connector::model::InstanceName;
use intune_connector::observe::Clock;
use intune_connector::store::Store;
use reqwest::Method;
use serde_json::{Value, json};

use super::{House, answer, ask};
use crate::cli::{Tenant, beside};
use crate::support::program::User;

const PEM: &str = include_str!("../../../fixtures/certs/cert.pem");

fn fifo(path: &Path) -> PathBuf {
    assert!(
        std::process::Command::new("mkfifo")
            .arg(path)
            .status()
            .unwrap()
            .success()
    );
    path.to_owned()
}

/// What no settings file should lead to, and what is said of it.
fn wrong_files(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let large = folder.join("large.pem");
    std::fs::write(&large, PEM.repeat(1 + (1 << 20) / PEM.len())).unwrap();
    vec![
        (PathBuf::from("/dev/zero"), "a device, a pipe or a socket"),
        (fifo(&folder.join("pipe")), "a device, a pipe or a socket"),
        (folder.to_owned(), "a folder"),
        (large, "is larger than"),
        (folder.join("none"), "cannot be read"),
    ]
}

fn name() -> InstanceName {
    "IntuneConnector_1".parse().unwrap()
}

fn ini(lines: &str) -> String {
    format!("tenant_id = contoso.com\nclient_id = 66666666-7777-8888-9999-000000000000\n{lines}")
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_m3_a_scoped_manager_has_no_path_read_over_the_api() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let house = House {
        data: user.path("data").display().to_string(),
        user,
    };
    let bus = house.start();
    house.says(&format!("instances add {}", tenant.args)).good();
    let scoped = house.says(
        "operators add mia --kind server --rights Instances_Manage,Instances_Read --instances IntuneConnector_1 --token --json",
    );
    let mia = scoped.json()["token"].as_str().unwrap().to_owned();
    let file = house.path("instances/IntuneConnector_1.ini");
    let before = std::fs::read_to_string(&file).unwrap();
    let path = "/sics/v1/instances/IntuneConnector_1";
    let pipe = fifo(&house.user.path("pipe")).display().to_string();
    for key in [
        "ca_file",
        "token_file",
        "actions_token_file",
        "next_pfx_file",
        "proxy_password_file",
    ] {
        for place in [
            "/dev/zero",
            pipe.as_str(),
            "/root/x",
            "/etc/passwd",
            "relative.pem",
            "/tmp",
        ] {
            let body = json!({key: place, "secret": "x"});
            let (status, problem) = answer(ask(&bus, &mia, Method::PATCH, path).json(&body)).await;
            assert!((400..=422).contains(&status), "{body}: {problem}");
            let text = problem.to_string();
            assert!(text.contains("paths are not accepted in requests"), "{body}: {text}");
            assert!(
                !text.contains("No such file") && !text.contains("directory"),
                "no oracle: {text}"
            );
        }
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);

    // The content is taken, and kept sealed.
    let body = json!({"ca": PEM, "secret": tenant.sim.registration.client_secret});
    let (status, view) = answer(ask(&bus, &mia, Method::PATCH, path).json(&body)).await;
    assert_eq!(status, 200, "{view}");
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(
        after.contains("ca = sealed:") && !after.contains("BEGIN CERTIFICATE"),
        "{after}"
    );
    assert!(view["settings"]["ca"].as_str().unwrap().contains("bytes"), "{view}");
    let (status, problem) =
        answer(ask(&bus, &mia, Method::PATCH, path).json(&json!({"ca": "rubbish", "secret": "x"}))).await;
    assert!(status == 422 || status == 400, "{status} {problem}");
    assert!(problem.to_string().contains("no certificate in PEM form"), "{problem}");
    tenant.sim.stop().await;
    assert_eq!(bus.stop(), 0);
}

#[test]
fn sec_m3_a_path_of_before_that_leads_astray_is_told_and_holds_nobody_up() {
    let files = tempfile::tempdir().unwrap();
    for (file, said) in wrong_files(files.path()) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path().join("data")).unwrap();
        for key in ["ca_file", "pfx_file", "secret_file", "proxy_password_file"] {
            let secret = if key.starts_with("ca") || key.starts_with("proxy") {
                "secret = x\n"
            } else {
                ""
            };
            let proxy = if key.starts_with("proxy") {
                "proxy = http://p:1\nproxy_user = u\n"
            } else {
                ""
            };
            let text = ini(&format!("{secret}{proxy}{key} = {}\n", file.display()));
            std::fs::write(folder.instance_ini_path(&name()), &text).unwrap();
            let error = folder.read_instance(&name()).unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.problem.contains(said), "{key} {}: {error}", file.display());
            assert!(error.problem.contains(&file.display().to_string()), "{error}");
            assert!(!error.advice.is_empty());
            assert_eq!(
                std::fs::read_to_string(folder.instance_ini_path(&name())).unwrap(),
                text,
                "it stays as it was"
            );
        }
    }
    for (file, said) in wrong_files(tempfile::tempdir().unwrap().path()) {
        let error = read_token_file(&file).unwrap_err();
        assert_eq!(error.code(), "tokenFile");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn e6_a_path_of_before_is_read_once_and_shown_to_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(dir.path().join("data")).unwrap();
    let (ca, token) = (dir.path().join("corp.pem"), dir.path().join("token"));
    std::fs::write(&ca, PEM).unwrap();
    std::fs::write(&token, "header.claims.signature").unwrap();
    let text = ini(&format!(
        "token_file = {}\nca_file = {}\n",
        token.display(),
        ca.display()
    ));
    std::fs::write(folder.instance_ini_path(&name()), text).unwrap();
    let settings = folder.read_instance(&name()).unwrap();
    assert_eq!(settings.network.ca.as_deref().map(str::trim), Some(PEM.trim()));
    let kept = std::fs::read_to_string(folder.instance_ini_path(&name())).unwrap();
    assert!(kept.contains("ca = sealed:") && !kept.contains("ca_file"), "{kept}");
    // It is not needed any more.
    std::fs::remove_file(&ca).unwrap();
    assert!(folder.read_instance(&name()).unwrap().network.ca.is_some());
    // What is read again and again stands where the owner looks.
    let told = |text: &str| {
        let findings = intune_connector::config::doctor::examine_data_folder(folder.path());
        findings
            .iter()
            .any(|finding| finding.text.contains(text) && finding.text.contains("token"))
    };
    assert!(told("for each token"));
    std::fs::remove_file(&token).unwrap();
    assert!(told("cannot be read"));
    let shown = folder.read_instance_draft(&name()).unwrap().to_redacted_json(None);
    assert_eq!(shown["token_file"], token.display().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_a_token_file_is_set_on_the_folder_alone() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let house = House {
        data: user.path("data").display().to_string(),
        user,
    };
    let token = house.user.file("token", "header.claims.signature");
    let args = tenant.args.clone();
    let house = beside(move || {
        let bus = house.start();
        house.says(&format!("instances add {args}")).good();
        // Neither a command that is a client, nor one on a folder that a bus works on.
        let set = house.says(&format!("instances set IntuneConnector_1 --set token_file={token}"));
        assert!(set.code == 2 && set.err.contains("instances token-file"), "{set:?}");
        let line = format!("instances token-file IntuneConnector_1 {token}");
        let busy = house.says(&line);
        assert!(busy.code == 75 && busy.err.contains("stop the bus"), "{busy:?}");
        let id = "--tenant contoso.com --client 66666666-7777-8888-9999-000000000000";
        let add = house.says(&format!("instances add {id} --token-file {token}"));
        assert!(add.code == 75 && add.err.contains("stop the bus"), "{add:?}");
        assert_eq!(bus.stop(), 0);

        let said = house.says(&line).good();
        assert!(said.contains(&token), "{said}");
        for (of, key) in [("next", "next_token_file"), ("actions", "actions_token_file")] {
            house.says(&format!("{line} --for {of}")).good();
            let kept = std::fs::read_to_string(house.path("instances/IntuneConnector_1.ini")).unwrap();
            assert!(kept.contains(&format!("{key} = {token}")), "{kept}");
        }
        let kept = std::fs::read_to_string(house.path("instances/IntuneConnector_1.ini")).unwrap();
        assert!(
            kept.contains(&format!("\ntoken_file = {token}")) && !kept.contains("secret ="),
            "{kept}"
        );
        let trail = house.says("audit --limit 1000").good();
        assert!(trail.contains("instance.tokenFileSet"), "{trail}");
        house.says(&format!("instances add {id} --token-file {token}")).good();
        let shown = house.says("instances show IntuneConnector_2 --json").json();
        assert_eq!(shown["settings"]["token_file"], token);
        for (wrong, code, said) in [
            (
                format!("instances token-file IntuneConnector_9 {token}"),
                5,
                "IntuneConnector_9",
            ),
            (
                "instances token-file IntuneConnector_1 /dev/zero".to_owned(),
                2,
                "a device",
            ),
            (
                "instances token-file IntuneConnector_1 none".to_owned(),
                2,
                "cannot be read",
            ),
        ] {
            let told = house.says(&wrong);
            assert!(told.code == code && told.err.contains(said), "{told:?}");
        }
        house
    })
    .await;
    let nowhere = house.user.path("nowhere");
    let set = app::set_token_file(
        &nowhere,
        &name(),
        CredentialUse::Main,
        Path::new("/dev/null"),
        Clock::system(),
    )
    .await;
    assert!(set.is_err() && !nowhere.exists());
    tenant.sim.stop().await;
}

/// What was not done is not told as done (E5): the intent alone stands in the trail.
#[tokio::test]
async fn e5_a_token_file_is_told_as_set_once_the_settings_were_changed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let folder = DataFolder::open(&data).unwrap();
    let key = folder.secret_key().derive_key("audit");
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "kept until the token file takes its place").unwrap();
    let secret = secret.display().to_string();
    let draft = [
        ("tenant_id", "contoso.com"),
        ("client_id", "66666666-7777-8888-9999-000000000000"),
        ("secret_file", secret.as_str()),
    ];
    let ini = folder.instance_ini_path(&name());
    folder
        .write_instance(&name(), &InstanceDraft::from_pairs(draft).unwrap())
        .unwrap();
    drop(folder);
    let opened = || Store::open(&data, Clock::system(), key).unwrap();
    drop(opened());
    let token = dir.path().join("token");
    std::fs::write(&token, "header.claims.signature").unwrap();
    let set = async || {
        let done = app::set_token_file(&data, &name(), CredentialUse::Main, &token, Clock::system()).await;
        let trail = opened().list_audit_entries(0, 100).await.unwrap();
        let acts: Vec<String> = trail
            .iter()
            .map(|row| format!("{} {}", row.action, row.subject))
            .collect();
        (done.is_ok(), acts)
    };
    let well = std::fs::read_to_string(&ini).unwrap();
    std::fs::write(&ini, format!("{well}\nno setting of any kind\n")).unwrap();
    let begun = "act.begun IntuneConnector_1".to_owned();
    assert_eq!(set().await, (false, vec![begun.clone()]));
    std::fs::write(&ini, well).unwrap();
    let finished = "instance.tokenFileSet IntuneConnector_1".to_owned();
    assert_eq!(set().await, (true, vec![begun.clone(), begun, finished]));
}

#[test]
fn e6_a_command_sends_contents_of_every_file_that_has_one() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, PEM).unwrap();
    let given = [("ca_file", ca.display().to_string())];
    let request = InstanceDraft::from_pairs(given).unwrap().to_request().unwrap();
    assert_eq!(request, json!({"ca": PEM.trim_end()}));
    let refused = InstanceDraft::from_pairs([("token_file", "/run/token")])
        .unwrap()
        .to_request()
        .unwrap_err();
    assert!(refused.advice.contains("instances token-file"), "{refused}");
    // Taking one away names none.
    let away = InstanceDraft::from_json(&json!({"token_file": Value::Null})).unwrap();
    assert_eq!(away.key_names(), ["token_file"]);
}
