//! A list under somebody's hands: what happens shows in it, and nothing that they have done to it is lost.

use serde_json::json;

use super::scene::{ANNA, Scene, device_page, device_row};
use super::texts::en;

fn tick(number: u32) -> String {
    format!("{} input[name=row]", device_row(number))
}

#[tokio::test]
async fn devices_arrive_on_an_open_list_while_its_ticks_and_what_is_open_stay() {
    let scene = Scene::new(&[("verbs", "sync, remoteLock")]).await;
    for (number, name) in [(1, "LAP-ONE"), (2, "LAP-TWO"), (3, "LAP-THREE")] {
        scene.laptop(number, name).await;
    }
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.go("/devices").await;
    browser.is_live().await;
    for number in [1, 2] {
        browser.click(&tick(number)).await;
    }
    browser.press_in("columns", &en("columns")).await;
    browser.shown("#columns form").await;
    browser.fill("#search", "half a wo").await;
    assert!(!browser.text().await.contains(&en("devices-new")));

    scene.change(2, json!({"deviceName": "LAP-SECOND"})).await;
    scene.laptop(4, "LAP-FOUR").await;
    scene.scan().await;
    let name = format!("{} [data-cell=deviceName]", device_row(2));
    browser.sees_in(&name, "LAP-SECOND").await;
    browser
        .sees_in("[data-new=device]", &format!("1 {}", en("devices-new")))
        .await;
    assert!(!browser.has(&device_row(4)).await, "nothing moves under the hand");
    assert_eq!(browser.count("input[name=row]:checked").await, 2);
    assert!(browser.has("#columns[open]").await);
    assert_eq!(browser.value("#search").await, "half a wo");
    assert_eq!(browser.run("return document.activeElement.id").await, "search");
    assert_eq!(
        browser
            .run("return document.querySelector('[data-ticked]').textContent")
            .await,
        "2"
    );

    browser.click("[data-new=device] a").await;
    browser.sees_in(&device_row(4), "LAP-FOUR").await;
    browser.hides("[data-new=device]").await;
    browser.finish().await;
}

/// A management server that holds every device: it is told who goes.
async fn told_server(scene: &Scene) {
    scene.whole.server("cmdb", json!({})).await;
    let changes = "/sics/v1/servers/cmdb/changes";
    let told = scene.whole.get(&format!("{changes}?limit=1000")).await;
    let body = json!({"cursor": told["cursor"]});
    scene.whole.post(&format!("{changes}/ack"), body).await;
}

#[tokio::test]
async fn an_open_page_of_a_device_follows_it() {
    let scene = Scene::new(&[]).await;
    scene.laptop(1, "LAP-ONE").await;
    scene.change(1, json!({"complianceState": "compliant"})).await;
    for number in 2..30 {
        scene.laptop(number, &format!("LAP-{number}")).await;
    }
    scene.scan().await;
    told_server(&scene).await;
    let browser = scene.visit(ANNA).await;
    browser.go(&device_page(1)).await;
    browser
        .sees_in("[data-cell=complianceState]", &en("compliance-compliant"))
        .await;
    browser.is_live().await;
    let moved = json!({"complianceState": "noncompliant", "userPrincipalName": "new@example.org"});
    scene.change(1, moved).await;
    scene.scan().await;
    browser
        .sees_in("[data-cell=userPrincipalName]", "new@example.org")
        .await;
    browser
        .sees_in("[data-cell=complianceState]", &en("compliance-noncompliant"))
        .await;
    scene.take_away(1).await;
    scene.scan().await;
    browser.sees_in("[data-gone-notice]", &en("device-just-gone")).await;
    browser.finish().await;
}
