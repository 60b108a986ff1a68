//! SH-40 to SH-44: settings, identities, logs, names.

use std::path::PathBuf;

use regex::Regex;
use reqwest::Method;
use serde_json::json;
use simulated_tenant::server::client_id;
use simulated_tenant::software::{Ending, OutcomeRule};

use super::with_editor;
use crate::support::order_acts::for_device;
use crate::support::order_tenant::{enrol_laptop, set_outcome};
use crate::support::orders::{INSTANCE, JOBS, OrderScene, usual_answers};
use crate::support::wait::found;

/// The seed of the simulated tenant.
const SEED: u64 = 7;

#[tokio::test]
async fn sh_40_orders_have_an_identity_of_their_own() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let registration = scene.sim.registration.clone();
    let reader = client_id(SEED, "reader");
    let answers = json!({
        "tenant_id": registration.tenant_id, "client_id": reader, "servers": "*",
        "secret": format!("{}-reader", registration.client_secret), "network": ["addresses"],
        "login_url": scene.sim.base, "graph_url": scene.sim.base,
    });
    let body = json!({"answers": answers, "anyway": ["verify"]});
    scene
        .post("/sics/v1/products/intune-connector/installations", body)
        .await;
    let log = || scene.sim.simulated.log().entries(0, usize::MAX);
    found("the inventory is read", async || {
        let by_reader = |entry: &simulated_tenant::LogEntry| {
            entry.path.ends_with("/managedDevices") && entry.client_id.as_deref() == Some(reader.as_str())
        };
        log().iter().any(by_reader).then_some(()).ok_or("not yet")
    })
    .await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    let of_orders = |path: &str| path.contains("/groups") || path.contains("/mobileApps");
    let asked = log();
    let asked: Vec<_> = asked.iter().filter(|entry| of_orders(&entry.path)).collect();
    assert!(!asked.is_empty());
    for entry in asked {
        assert_eq!(
            entry.client_id.as_deref(),
            Some(registration.client_id.as_str()),
            "{entry:?}"
        );
    }
    scene.stop().await;
}

/// The delegated sign-in is not done.
#[tokio::test]
async fn sh_41_the_service_signs_in_by_its_client_secret() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let log = scene.sim.simulated.log().entries(0, usize::MAX);
    let tokens: Vec<_> = log.iter().filter(|entry| entry.path.ends_with("/token")).collect();
    assert!(
        !tokens.is_empty() && tokens.iter().all(|entry| entry.status == 200),
        "{tokens:?}"
    );
    let wrong = usual_answers(&scene.sim, json!({"secret": "not the secret"}));
    let path = "/sics/v1/products/intune-app-orders/actions/verify";
    let checked = scene.post(path, json!({"answers": wrong})).await;
    assert_eq!(checked["ok"], false, "{checked}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_42_a_changed_setting_holds_without_a_restart_of_the_bus() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let inapplicable = OutcomeRule {
        ending: Ending::NotApplicable,
        ..OutcomeRule::default()
    };
    set_outcome(&scene.sim, inapplicable);
    let before = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&before)).await;
    assert_eq!(scene.follow(&order).await["status"], 0);
    scene
        .reconfigure(json!({"state_mapping": "install.notApplicable=1"}))
        .await;
    let after = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&after)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    // SH-43: nobody has switched the log of orders on.
    let is_order_log = |file: &PathBuf| file.to_string_lossy().contains("app-orders.");
    assert!(!log_files(&scene).iter().any(is_order_log));
    scene.stop().await;
}

fn log_files(scene: &OrderScene) -> Vec<PathBuf> {
    let folder = scene.data().join("logs").join(INSTANCE);
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn sh_43_log_lines_have_the_shape_that_shops_read_with_the_order_in_each() {
    let mut scene = with_editor(json!({"order_log": true}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    // A report that can't be read is about orders, too.
    let away = json!({"kind": "status", "status": 404});
    let path = "*/retrieveDeviceAppInstallationStatusReport";
    scene
        .fault(json!({"method": "POST", "path": path, "fault": away, "times": 0}))
        .await;
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.processed(&order).await;
    scene.round().await;
    scene.heal().await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    let text = found("the end of the order is in the log", async || {
        let texts = log_files(&scene)
            .into_iter()
            .map(|file| std::fs::read_to_string(file).unwrap_or_default());
        let text: String = texts.collect();
        if text.contains(&format!("Updating status 1 for orderid {order}")) {
            Ok(text)
        } else {
            Err(text)
        }
    })
    .await;
    let shape = Regex::new(
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ \[Intune\w+_\d+\] (?:INFO |WARN |ERROR) CentralService\.Intune\.\w+ \(null\) - .+$",
    )
    .unwrap();
    assert!(text.lines().all(|line| shape.is_match(line)), "{text}");
    let of_orders = text.lines().filter(|line| !line.contains("IntuneAssignmentWorker"));
    assert!(
        of_orders.clone().count() >= 2 && of_orders.clone().all(|line| line.contains(&order)),
        "{text}"
    );
    for told in [
        format!("Adding Device: {}", laptop.name),
        format!("failed for order ID: {order}: "),
    ] {
        assert!(text.contains(&told), "{told}: {text}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_44_the_three_jobs_have_the_names_that_people_know() {
    let mut scene = OrderScene::new(json!({})).await;
    let told = scene.get("/sics/v1/workflows").await.to_string();
    for (job, name) in JOBS.iter().zip([
        "Intune Assignment Worker",
        "Intune Order Processor",
        "Intune Order Status Processor",
    ]) {
        assert!(told.contains(job), "{job}: {told}");
        let shown = scene
            .good(Method::GET, &format!("/sics/v1/workflows/{job}"), json!({}))
            .await;
        assert!(shown.to_string().contains(name), "{name}: {shown}");
    }
    scene.stop().await;
}
