//! SH-30 to SH-37: what the status processor does.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::software::{Ending, OutcomeRule};

use super::with_editor;
use crate::support::order_acts::for_device;
use crate::support::order_tenant::{Machine, clear_outcomes, enrol_laptop, set_outcome, tenant};
use crate::support::orders::{INSTANCE, OrderScene, PRODUCT};
use crate::support::webhook_receiver::{KEY, Reply, WebhookReceiver};

const REPORT: &str = "/retrieveDeviceAppInstallationStatusReport";
/// App not detected after installation.
const CODE: i64 = 0x87D1_041C;

fn ends(ending: Ending) -> OutcomeRule {
    OutcomeRule {
        ending,
        error_code: Some(CODE),
        ..OutcomeRule::default()
    }
}

#[tokio::test]
async fn sh_30_the_interval_of_polling_is_a_setting_in_the_group_intune_integration() {
    let mut scene = OrderScene::new(json!({"status_interval": "every 10m"})).await;
    let form = scene.get(&format!("/sics/v1/products/{PRODUCT}/template")).await;
    let pages = form["pages"].as_array().unwrap();
    let group = pages.iter().find(|page| page["title"] == "Intune Integration").unwrap();
    let text = group.to_string();
    for setting in [
        "status_interval",
        "order_interval",
        "assignment_interval",
        "time_limit_h",
        "target",
        "group_name",
    ] {
        assert!(text.contains(&format!("\"{setting}\"")), "{setting}: {text}");
    }
    let answers = scene.get(&format!("/sics/v1/installations/{INSTANCE}/answers")).await;
    assert_eq!(answers["answers"]["status_interval"], "every 10m", "{answers}");
    let wrong = json!({"answers": {"status_interval": "often"}, "anyway": ["verify"]});
    let path = format!("/sics/v1/installations/{INSTANCE}");
    let (status, told) = scene.ask(Method::PATCH, &path, wrong).await;
    assert!(status.is_client_error(), "{told}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_31_one_report_is_asked_for_each_app_and_none_for_each_order() {
    let mut scene = with_editor(json!({}), json!({})).await;
    set_outcome(&scene.sim, ends(Ending::Never));
    let mut orders = Vec::new();
    for _ in 0..20 {
        let laptop = enrol_laptop(&scene.sim);
        orders.push(scene.place("editor", "install", for_device(&laptop)).await);
    }
    for order in &orders {
        scene.processed(order).await;
    }
    scene.sim.simulated.log().clear();
    for rounds in 1..=3 {
        scene.round().await;
        let asked = scene.requests("POST", REPORT);
        assert!(0 < asked && asked <= rounds, "{asked} reports in {rounds} rounds");
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_32_1_or_0_is_posted_with_a_message() {
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let answers = json!({
        "webhooks": ["status"], "status_url": receiver.url("127.0.0.1", "/").to_string(), "status_key": KEY,
        "allow_private_addresses": true,
    });
    let mut scene = with_editor(answers, json!({})).await;
    for (ending, status) in [(Ending::Succeeds, 1), (Ending::Fails, 0)] {
        set_outcome(&scene.sim, ends(ending));
        let laptop = enrol_laptop(&scene.sim);
        let order = scene.place("editor", "install", for_device(&laptop)).await;
        assert_eq!(scene.follow(&order).await["status"], status);
        let of_end = |body: &Value| body["data"]["order"] == order && body["data"]["status"] == status;
        let told = crate::support::wait::found("the shop is told", async || {
            let all: Vec<Value> = receiver.received().iter().map(|message| message.json()).collect();
            all.iter().find(|body| of_end(body)).cloned().ok_or(all)
        })
        .await;
        assert_ne!(told["data"]["message"].as_str().unwrap_or_default(), "", "{told}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_33_what_the_report_said_before_the_order_ends_nothing() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    set_outcome(&scene.sim, ends(Ending::Fails));
    let first = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&first).await["status"], 0);
    let out = scene.place("editor", "uninstall", for_device(&laptop)).await;
    assert_eq!(scene.follow(&out).await["status"], 0);
    // From now on the device says nothing: its old row stays in the report.
    set_outcome(&scene.sim, ends(Ending::Silent));
    let second = scene.place("editor", "install", for_device(&laptop)).await;
    scene.processed(&second).await;
    for _ in 0..3 {
        scene.round().await;
        assert_eq!(scene.order(&second).await["status"], Value::Null);
    }
    clear_outcomes(&scene.sim);
    assert_eq!(scene.follow(&second).await["status"], 1);
    scene.stop().await;
}

/// The simulated tenant shows older rows of the same devices beside the newest.
#[tokio::test]
async fn sh_34_the_newest_row_of_a_device_counts() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptops: Vec<_> = (0..15).map(|_| enrol_laptop(&scene.sim)).collect();
    // As the simulated tenant has it.
    let has_older_row = |laptop: &Machine| {
        let tenant = tenant(&scene.sim);
        let hardware = tenant.world.read().unwrap().get(laptop.intune).unwrap().hardware;
        hardware.is_multiple_of(3) || hardware % 5 == 1
    };
    assert!(laptops.iter().any(has_older_row), "no device has an older row");
    let mut orders = Vec::new();
    for laptop in &laptops {
        orders.push(scene.place("editor", "install", for_device(laptop)).await);
    }
    for order in &orders {
        let ended = scene.follow(order).await;
        assert_eq!(
            (&ended["status"], &ended["devices"][0]["installState"]),
            (&json!(1), &json!("installed"))
        );
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_35_an_order_without_a_status_fails_after_its_time() {
    let mut scene = with_editor(json!({"time_limit_h": 3}), json!({})).await;
    set_outcome(&scene.sim, ends(Ending::Never));
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.processed(&order).await;
    scene.round_after(TimeDelta::minutes(150)).await;
    assert_eq!(scene.order(&order).await["status"], Value::Null);
    scene.round_after(TimeDelta::minutes(40)).await;
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["status"], &ended["failure"]["code"]),
        (&json!(0), &json!("timeLimit")),
        "{ended}"
    );
    assert!(ended["message"].as_str().unwrap().contains("within 3 h"), "{ended}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_36_what_a_state_means_is_a_setting() {
    for (mapping, status) in [("", json!(0)), ("install.notApplicable=1", json!(1))] {
        let answers = if mapping.is_empty() {
            json!({})
        } else {
            json!({"state_mapping": mapping})
        };
        let mut scene = with_editor(answers, json!({})).await;
        set_outcome(&scene.sim, ends(Ending::NotApplicable));
        let laptop = enrol_laptop(&scene.sim);
        let order = scene.place("editor", "install", for_device(&laptop)).await;
        assert_eq!(scene.follow(&order).await["status"], status, "{mapping}");
        scene.stop().await;
    }
}

#[tokio::test]
async fn sh_37_an_error_code_is_told_decimal_and_hexadecimal_with_what_to_do() {
    let mut scene = with_editor(json!({}), json!({})).await;
    set_outcome(&scene.sim, ends(Ending::Fails));
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    let ended = scene.follow(&order).await;
    let message = ended["message"].as_str().unwrap();
    assert!(
        message.contains("-2016345060") && message.contains("0x87D1041C"),
        "{message}"
    );
    let device = &ended["devices"][0];
    assert_eq!(
        (&device["errorCode"], &device["hexErrorCode"]),
        (&json!(-2_016_345_060_i64), &json!("0x87D1041C"))
    );
    assert_ne!(ended["failure"]["advice"].as_str().unwrap_or_default(), "", "{ended}");
    scene.stop().await;
}
