//! A dry run that is cut off while it reads: by Ctrl-C, by a service manager, and hard.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::{Tenant, beside};
use crate::support::program::{User, code};

/// A dry run whose first page is held back by Graph.
async fn held(user: &User, tenant: &Tenant, args: &str) -> Child {
    let control = format!("{}/simulator", tenant.sim.base);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str, body| {
        let sent = http.post(format!("{control}/{path}")).json(&body).send().await.unwrap();
        assert!(sent.status().is_success(), "{path}: {}", sent.status());
    };
    // Whoever hung on the last one is gone.
    post("holds", json!({"then": "reset"})).await;
    let rule = json!({"fault": {"kind": "hold", "stage": "before"}, "path": "*/managedDevices", "times": 1});
    post("faults", rule).await;
    let mut command = user.command(format!("scan --dry-run {args}").split_whitespace());
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let asked = http
        .get(format!("{control}/holds?count=1&waitMs=60000"))
        .send()
        .await
        .unwrap();
    let asked: serde_json::Value = asked.json().await.unwrap();
    assert_eq!(asked["holds"].as_array().unwrap().len(), 1, "{asked}");
    child
}

/// Sends it a signal and waits for its end: exit code, and what it said.
async fn cut_off(mut child: Child, signal: &'static str) -> (i32, String) {
    beside(move || {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let ended = code(&mut child);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (ended, said)
    })
    .await
}

fn lie_here(user: &User) -> Vec<String> {
    let entries = std::fs::read_dir(user.path("")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn scratches(user: &User) -> usize {
    let is_one = |name: &String| name.starts_with("intune-connector-preview-");
    lie_here(user).into_iter().filter(is_one).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_that_is_cut_off_takes_what_it_read_with_it_and_says_so_by_its_exit_code() {
    let user = User::new();
    let tenant = Tenant::new(&user, 30).await;
    for (signal, exit) in [("-INT", 130), ("-TERM", 143)] {
        let child = held(&user, &tenant, &tenant.args).await;
        assert_eq!(scratches(&user), 1);
        let (ended, said) = cut_off(child, signal).await;
        assert_eq!(ended, exit, "{said}");
        assert!(said.contains("nothing was saved"), "{said}");
        assert_eq!(lie_here(&user), ["secret.txt"], "{signal}");
    }
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_an_instance_that_is_cut_off_leaves_its_folder_free_and_no_copy_of_its_store() {
    let user = User::new();
    let tenant = Tenant::new(&user, 30).await;
    let data = user.path("data").display().to_string();
    let add = format!("instances add {} --servers * --data {data}", tenant.args);
    std::fs::create_dir(&data).unwrap();
    let user = beside(move || {
        user.says(&add).good();
        user
    })
    .await;
    let args = format!("--instance IntuneConnector_1 --data {data}");
    let child = held(&user, &tenant, &args).await;
    assert_eq!(scratches(&user), 1);
    let (ended, said) = cut_off(child, "-TERM").await;
    assert_eq!((ended, scratches(&user)), (143, 0), "{said}");
    beside(move || user.says(&format!("instances --json --data {data}")).good()).await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dry_run_leaves_that_was_killed_hard_goes_with_the_next_one() {
    let user = User::new();
    let tenant = Tenant::new(&user, 30).await;
    let killed = held(&user, &tenant, &tenant.args).await;
    cut_off(killed, "-KILL").await;
    assert_eq!(scratches(&user), 1, "nobody could remove it");
    let running = held(&user, &tenant, &tenant.args).await;
    assert_eq!(scratches(&user), 1, "only that of the one that runs");
    let line = format!("scan --dry-run {} --json", tenant.args);
    let user = beside(move || {
        assert_eq!(user.says(&line).json()["seen"], 30);
        user
    })
    .await;
    assert_eq!(scratches(&user), 1, "what is in use stays");
    assert_eq!(cut_off(running, "-INT").await.0, 130);
    assert_eq!(lie_here(&user), ["secret.txt"]);
    tenant.sim.stop().await;
}
