//! What was refused is remembered by the next process.

use intune_connector::simulator::Running;
use serde_json::{Value, json};

use super::TOKEN;
use crate::cli::{Tenant, beside};
use crate::support::program::{Bus, User};
use crate::support::wait::until;
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

/// A bus that was refused what `path` asks for is killed and started again: nobody asks for it any more, and the
/// command that lists instances says until when.
async fn survives(path: &str, end: &'static str, what: &'static str) {
    let user = User::new();
    let tenant = Tenant::new(&user, 12).await;
    let refusal = json!({"kind": "throttled", "retryAfter": {"seconds": 600}});
    fault(&tenant.sim, json!({"fault": refusal, "path": path, "times": 0})).await;
    let data = user.path("data");
    let args = tenant.args.clone();
    let (user, data, bus) = beside(move || {
        user.says(&format!("instances add {args} --servers * --data {}", data.display()))
            .good();
        let bus = Bus::start(&user, &data);
        (user, data, bus)
    })
    .await;
    until("it was refused", async || count(&tenant.sim, end) > 0).await;
    let (user, data, listed) = beside(move || {
        let list = format!("instances --data {}", data.display());
        let mut listed = user.says(&list).good();
        while !listed.contains("is not asked for before") {
            std::thread::sleep(std::time::Duration::from_millis(200));
            listed = user.says(&list).good();
        }
        // Killed, not stopped.
        drop(bus);
        (user, data, listed)
    })
    .await;
    assert!(listed.contains(what), "{listed}");
    let before = count(&tenant.sim, end);
    let (listed, scanned) = beside(move || {
        let bus = Bus::start(&user, &data);
        let scanned = user.says(&format!("scan --data {}", data.display()));
        let listed = user.says(&format!("instances --data {}", data.display())).good();
        drop(bus);
        (listed, scanned)
    })
    .await;
    assert!(
        listed.contains("is not asked for before") && listed.contains(what),
        "{listed}"
    );
    assert_ne!(scanned.code, 0);
    assert_eq!(count(&tenant.sim, end), before, "nobody asked: {scanned:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn st_1_e9_a_refused_sign_in_is_remembered_over_a_restart() {
    survives(TOKEN, "/token", "signIn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn st_2_e9_a_refused_list_is_remembered_over_a_restart() {
    survives(LIST, "/managedDevices", "devices").await;
}
