//! What was refused is remembered by the next process.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use simulated_tenant::Running;

use super::TOKEN;
use crate::cli::{Tenant, beside};
use crate::support::program::{Bus, User};
use crate::support::wait::{found, until};
use crate::whole::LIST;

async fn fault(sim: &Running, rule: Value) {
    let url = format!("{}/simulator/faults", sim.base);
    let sent = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(url)
        .json(&rule)
        .send();
    assert!(sent.await.unwrap().status().is_success());
}

fn count(sim: &Running, end: &str) -> usize {
    let log = sim.simulated.log().entries(0, usize::MAX);
    log.iter().filter(|entry| entry.path.ends_with(end)).count()
}

/// What the command that lists instances says.
async fn listed(user: &Arc<User>, data: &Path) -> String {
    let (user, list) = (user.clone(), format!("instances --data {}", data.display()));
    beside(move || user.says(&list).good()).await
}

async fn running(user: &Arc<User>, data: &Path) -> Bus {
    let (user, data) = (user.clone(), data.to_owned());
    beside(move || Bus::start(&user, &data)).await
}

/// A bus that was refused what `path` asks for is killed and started again: nobody asks for it any more, and the
/// command that lists instances says until when.
async fn survives(path: &str, end: &'static str, what: &'static str) {
    let user = Arc::new(User::new());
    let tenant = Tenant::new(&user, 12).await;
    let refusal = json!({"kind": "throttled", "retryAfter": {"seconds": 600}});
    fault(&tenant.sim, json!({"fault": refusal, "path": path, "times": 0})).await;
    let data = user.path("data");
    let add = format!("instances add {} --servers * --data {}", tenant.args, data.display());
    let owner = user.clone();
    beside(move || owner.says(&add).good()).await;
    let bus = running(&user, &data).await;
    let told = found("what was refused is told", async || {
        let listed = listed(&user, &data).await;
        let is_told = listed.contains("is not requested before") && listed.contains(what);
        is_told.then_some(()).ok_or(listed)
    });
    told.await;
    // It is written down behind the answer.
    until("it is kept", async || kept(&data) > 0).await;
    // Killed, not stopped.
    drop(bus);
    let before = count(&tenant.sim, end);
    assert!(before > 0);
    let bus = running(&user, &data).await;
    let scan = format!("scan --data {}", data.display());
    let owner = user.clone();
    let scanned = beside(move || owner.says(&scan)).await;
    assert_ne!(scanned.code, 0);
    let again = listed(&user, &data).await;
    assert!(
        again.contains("is not requested before") && again.contains(what),
        "{again}"
    );
    assert_eq!(count(&tenant.sim, end), before, "nobody asked: {scanned:?}");
    drop(bus);
}

/// How many refusals stand in the store.
fn kept(data: &Path) -> i64 {
    let store = rusqlite::Connection::open(data.join("bus.db")).unwrap();
    store
        .query_row("SELECT count(*) FROM left_alone", [], |row| row.get(0))
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn st_1_e9_a_refused_sign_in_is_remembered_over_a_restart() {
    survives(TOKEN, "/token", "signIn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn st_2_e9_a_refused_list_is_remembered_over_a_restart() {
    survives(LIST, "/managedDevices", "devices").await;
}

/// How often somebody asks in so many seconds where each refusal is kept: at once, and behind 5, 10, 20, 40, 60 … s more.
fn asked_within(seconds: u64) -> usize {
    let (mut at, mut length, mut asked) = (0, 5, 1);
    while at + length <= seconds {
        at += length;
        length = (2 * length).min(60);
        asked += 1;
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn e9_a_bus_that_is_started_again_and_again_does_not_sign_in_each_time_with_a_dead_secret() {
    let user = Arc::new(User::new());
    let tenant = Tenant::new(&user, 12).await;
    let refusal = json!({"kind": "entraError", "code": 7000222});
    fault(&tenant.sim, json!({"fault": refusal, "path": TOKEN, "times": 0})).await;
    let data = user.path("data");
    let add = format!("instances add {} --servers * --data {}", tenant.args, data.display());
    let owner = user.clone();
    beside(move || owner.says(&add).good()).await;
    let before = count(&tenant.sim, "/token");
    let begun = chrono::Utc::now();
    for _ in 0..12 {
        let bus = running(&user, &data).await;
        found("what was refused is told", async || {
            let listed = listed(&user, &data).await;
            let is_told = listed.contains("AADSTS7000222") && listed.contains("signIn");
            is_told.then_some(()).ok_or(listed)
        })
        .await;
        until("it is kept", async || kept(&data) > 0).await;
        // Killed, not stopped.
        drop(bus);
    }
    let asked = count(&tenant.sim, "/token") - before;
    let most = asked_within(
        chrono::Utc::now()
            .signed_duration_since(begun)
            .num_seconds()
            .unsigned_abs(),
    );
    assert!(asked >= 1 && asked <= most, "{asked} sign-ins, {most} at most");
}

#[tokio::test(flavor = "multi_thread")]
async fn e9_reauthenticate_asks_again_at_once_also_with_the_same_secret() {
    let user = Arc::new(User::new());
    let tenant = Tenant::new(&user, 12).await;
    let refusal = json!({"kind": "entraError", "code": 7000222});
    fault(&tenant.sim, json!({"fault": refusal, "path": TOKEN, "times": 0})).await;
    let data = user.path("data");
    let add = format!("instances add {} --servers * --data {}", tenant.args, data.display());
    let owner = user.clone();
    beside(move || owner.says(&add).good()).await;
    let bus = running(&user, &data).await;
    // Refused three times on end, it is left alone for twenty seconds and more.
    until("it was refused three times", async || times(&data) >= 3).await;
    let healed = reqwest::Client::builder().no_proxy().build().unwrap();
    let healed = healed.delete(format!("{}/simulator/faults", tenant.sim.base)).send();
    assert!(healed.await.unwrap().status().is_success());
    let secret = user.path("secret.txt").display().to_string();
    let line = format!(
        "instances reauthenticate IntuneConnector_1 --set secret_file={secret} --data {}",
        data.display()
    );
    let owner = user.clone();
    beside(move || owner.says(&line).good()).await;
    until("nothing is refused any more", async || kept(&data) == 0).await;
    let told = listed(&user, &data).await;
    assert!(!told.contains("AADSTS7000222"), "{told}");
    drop(bus);
}

/// How often on end something was refused without a time, at most.
fn times(data: &Path) -> i64 {
    let store = rusqlite::Connection::open(data.join("bus.db")).unwrap();
    store
        .query_row("SELECT coalesce(max(times), 0) FROM left_alone", [], |row| row.get(0))
        .unwrap_or_default()
}
