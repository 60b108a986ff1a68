//! The kill switch: at once for whoever sees the need, off by two.

use serde_json::json;

use super::scene::{ANNA, BEN, Scene, device_id};
use super::texts::{en, en_count};
use crate::sics::bus::PASSWORD;

const IN_BAR: &str = "[data-kill-switch]";

#[tokio::test]
async fn the_kill_switch_is_on_from_any_page_and_every_open_page_says_so() {
    let scene = Scene::new(&[("verbs", "sync, remoteLock")]).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
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

    // What is asked for now is not sent.
    ben.go(&format!(
        "/actions/new?action=remoteLock&instance=IntuneConnector_1&device={}",
        device_id(1)
    ))
    .await;
    ben.click("#send input[name=agree]").await;
    ben.press_in("send", &en("action-remotelock")).await;
    ben.arrives("/jobs/1").await;
    ben.sees_in("#job-head", &en("jobs-kill-switch-on")).await;
    assert_eq!(scene.effects(&phone, "remoteLock"), 0);

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
        browser.sees_in(IN_BAR, &en("kill-switch")).await;
        let said = browser.shown(IN_BAR).await.text().await.unwrap();
        assert_eq!(said, en("kill-switch"));
    }
    let switch = scene.whole.get("/sics/v1/killswitch").await;
    assert_eq!(switch["on"], json!([]));
    scene.follow(1).await;
    ben.go("/jobs/1").await;
    ben.sees_in("#job-head", &en_count("jobs-phase-done", 1)).await;
    assert_eq!(scene.effects(&phone, "remoteLock"), 1);
    anna.finish().await;
    ben.finish().await;
}
