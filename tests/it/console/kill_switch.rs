//! The kill switch: at once for whoever sees the need, off by two.

use reqwest::Method;
use serde_json::json;

use super::scene::{ANNA, BEN, Scene};
use super::texts::{en, en_count};
use crate::sics::bus::PASSWORD;
use crate::support::wait::until;
use crate::whole::INSTANCE;

const IN_BAR: &str = "[data-kill-switch]";
const APPROVE: &str = "form[action$='/jobs/1/approve']";

/// A job of somebody else's that a second person has to approve.
async fn wipe_that_waits(scene: &Scene) {
    let always = json!({"approval": {"always": true}});
    scene.whole.good(Method::PUT, "/sics/v1/limits", always).await;
    let device = scene.whole.get("/sics/v1/devices?limit=1").await["devices"][0].clone();
    let target = json!({"id": device["deviceId"], "seq": device["seq"]});
    let job = json!({"instance": INSTANCE, "action": "wipe", "devices": [target], "expectDevices": 1,
        "confirm": "wipe", "reason": "sold"});
    let sent = scene.whole.post("/sics/v1/jobs", job).await;
    assert_eq!(sent["needsApproval"], true, "{sent}");
}

#[tokio::test]
async fn the_kill_switch_is_on_from_any_page_and_every_open_page_says_so() {
    let scene = Scene::new(&[("verbs", "sync, remoteLock, wipe")]).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    wipe_that_waits(&scene).await;
    let (anna, ben) = scene.visit_two(ANNA, BEN).await;
    ben.go("/devices").await;
    ben.is_live().await;
    let first = ben.open_window(&format!("{}/jobs", scene.console())).await;
    anna.go("/devices?search=phone").await;
    anna.click(IN_BAR).await;
    anna.arrives("/killswitch").await;
    anna.sees(&en("kill-switch-is-off")).await;
    anna.fill("#reason", "a laptop was stolen").await;
    anna.press(&en("kill-switch-turn-on")).await;
    anna.sees(&en("done-kill-switch-on")).await;
    let second = ben.client().window().await.unwrap();
    for window in [second, first] {
        ben.turn_to(window).await;
        ben.sees_in(&format!("{IN_BAR}.on"), &en("kill-switch-on")).await;
    }
    assert_eq!(ben.path().await, "/devices", "it stays where it is");
    ben.click(IN_BAR).await;
    ben.sees("a laptop was stolen").await;

    // Nothing is taken now, and what was approved is held.
    let lock = format!("/actions/new?action=remoteLock&instance={INSTANCE}&device={phone}");
    ben.go(&lock).await;
    ben.sees_in("section[aria-labelledby=preview]", "a laptop was stolen")
        .await;
    assert!(!ben.has("#send").await);
    ben.go("/approvals").await;
    ben.click(&format!("{APPROVE} input[name=agree]")).await;
    ben.fill(&format!("{APPROVE} input[name=number]"), "1").await;
    ben.fill(&format!("{APPROVE} input[name=password]"), PASSWORD).await;
    ben.click(&format!("{APPROVE} button.danger")).await;
    ben.sees(&en("done-job-approved-held")).await;
    ben.go("/jobs/1").await;
    ben.sees_in("#job-head", &en("jobs-kill-switch-on")).await;
    assert_eq!(scene.effects(&phone, "wipe"), 0);

    anna.press(&en("kill-switch-turn-off")).await;
    anna.sees(&en("done-kill-switch-asked")).await;
    anna.is_live().await;
    ben.go("/approvals").await;
    ben.sees(&en("approvals-goes-out")).await;
    ben.fill("form[action*='/approvals/changes/'] input[name=password]", PASSWORD)
        .await;
    ben.press(&en("approvals-agree")).await;
    ben.sees(&en("done-change-approved")).await;
    for browser in [&anna, &ben] {
        browser.hides(&format!("{IN_BAR}.on")).await;
        until("the bar says so", async || {
            let said = browser.shown(IN_BAR).await.text().await;
            said.is_ok_and(|said| said == en("kill-switch"))
        })
        .await;
    }
    let switch = scene.whole.get("/sics/v1/killswitch").await;
    assert_eq!(switch["on"], json!([]));
    scene.follow(1).await;
    ben.go("/jobs/1").await;
    ben.sees_in("#job-head", &en_count("jobs-phase-done", 1)).await;
    assert_eq!(scene.effects(&phone, "wipe"), 1);
    anna.finish().await;
    ben.finish().await;
}
