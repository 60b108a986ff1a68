//! From an app of the tenant to its installation on a device: linked, ordered, approved, followed on the open page.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{ANNA, BEN, Scene, device_page};
use super::texts::en;
use crate::sics::bus::PASSWORD;
use crate::support::browser::Browser;
use crate::support::folder::TestFolder;
use crate::support::order_bodies::{PRODUCT, ROLES, usual_answers};
use crate::support::order_tenant;
use crate::support::wait::found;

/// An app that the simulated tenant has, and the id that the form suggests for it.
pub(super) const APP: &str = "VLC media player";
pub(super) const APPLICATION: &str = "vlc-media-player";
/// One that is managed by a policy only.
const POLICY_APP: &str = "Microsoft Excel";
pub(super) const LAPTOP: &str = "LAP-ONE";
/// A picture of one pixel.
const PIXEL: &[u8] =
    b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\x0b\x49\x44\x41\x54\x78\x9c\x63\xf8\x0f\x04\x00\
    \x09\xfb\x03\xfd\xfb\x5e\x6b\x2b\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// A tenant with a laptop, and an installation of app orders beside the connector.
pub(super) async fn order_scene() -> Scene {
    let scene = Scene::new(&[]).await;
    let laptop = json!({"operatingSystem": "Windows", "osVersion": "10.0.26100.1", "deviceName": LAPTOP,
        "deviceEnrollmentType": "windowsAzureADJoin", "azureADDeviceId": "5a0e0000-0000-4000-8000-000000000001"});
    scene.put(1, laptop).await;
    scene.scan().await;
    install_orders(&scene).await;
    scene
}

/// Installs the product as its wizard would, and waits until it takes orders.
async fn install_orders(scene: &Scene) {
    let sim = &scene.whole.sim;
    order_tenant::grant(sim, &ROLES).await;
    let body = json!({"answers": usual_answers(sim, json!({})), "anyway": ["verify"]});
    let path = format!("/sics/v1/products/{PRODUCT}/installations");
    scene.whole.post(&path, body).await;
    found("app orders run", async || {
        let (status, told) = scene.whole.ask(Method::GET, "/sics/v1/apps", json!({})).await;
        // What was refused before is asked for again, with a token that has the rights by now.
        scene.whole.advance(TimeDelta::seconds(5));
        status.is_success().then_some(()).ok_or(told)
    })
    .await;
}

/// An application of the tenant's app, with what is given besides; it can be ordered.
async fn application(scene: &Scene, given: Value) {
    let told = scene.whole.get("/sics/v1/apps?search=VLC").await;
    let mut body = json!({"app": told["apps"][0]["id"], "displayName": APP});
    for (name, value) in given.as_object().unwrap() {
        body[name] = value.clone();
    }
    let path = format!("/sics/v1/applications/{APPLICATION}");
    scene.whole.good(Method::PUT, &path, body).await;
    stands_at(scene, &path, "creationSucceeded").await;
}

/// Lets time pass until an order or an application has this state.
pub(super) async fn stands_at(scene: &Scene, path: &str, state: &str) -> Value {
    found(&format!("{path} is {state}"), async || {
        let told = scene.whole.get(path).await;
        if told["state"] == state {
            return Ok(told);
        }
        scene.whole.advance(TimeDelta::seconds(20));
        Err(told)
    })
    .await
}

/// Orders the application for the laptop by the form; answers the path of the order's page.
async fn order_by_form(browser: &Browser, told: &str) -> String {
    browser
        .go(&format!("/orders/-/new?application={APPLICATION}&device={LAPTOP}"))
        .await;
    browser.fill("#note", "for the meeting room").await;
    browser.press_in("place", &en("orders-place")).await;
    browser.sees(&en(told)).await;
    let path = browser.path().await;
    assert!(path.starts_with("/orders/console-"), "{path}");
    path
}

#[tokio::test]
async fn an_app_is_linked_ordered_and_followed_to_its_installation_on_the_open_page() {
    let scene = order_scene().await;
    let folder = TestFolder::new();
    let icon = folder.path().join("icon.png");
    std::fs::write(&icon, PIXEL).unwrap();
    let browser = scene.visit(ANNA).await;
    browser.go("/applications").await;
    browser.sees(&en("applications-none-help")).await;
    browser.press(&en("applications-link")).await;
    browser.arrives("/applications/-/choose").await;

    // What cannot be linked says why, and leads nowhere.
    browser.fill("#q", POLICY_APP).await;
    browser.press(&en("apply")).await;
    browser.hides("main table a.button").await;
    browser.sees_in("main table", &en("applications-not-assignable")).await;
    browser.fill("#q", APP).await;
    browser.press(&en("apply")).await;
    browser.sees_in("main table", "VideoLAN").await;
    browser.click("main table a.button").await;
    browser.arrives("/applications/-/new").await;
    assert_eq!(browser.value("#id").await, APPLICATION);
    browser.fill("#comment", "Plays videos").await;
    browser.fill("#cost", "12,50").await;
    browser.upload("#icon", &icon).await;

    // A cost needs a currency: what was typed stays.
    browser.press_in("application", &en("applications-link-this")).await;
    browser.sees_in("#application [data-problem]", "urrency").await;
    browser.shown("#currency[aria-invalid=true]").await;
    assert!(!browser.has("#cost[aria-invalid=true]").await);
    assert_eq!(browser.value("#comment").await, "Plays videos");
    browser.fill("#currency", "eur").await;
    browser.press_in("application", &en("applications-link-this")).await;
    browser.arrives(&format!("/applications/{APPLICATION}")).await;
    browser.sees(&en("done-application-linked")).await;
    browser.sees("12.50 EUR").await;
    browser.shown("h1 img").await;
    browser.is_live().await;
    let path = format!("/sics/v1/applications/{APPLICATION}");
    let linked = stands_at(&scene, &path, "creationSucceeded").await;
    let state = "#application-state";
    browser
        .sees_in(state, &en("applications-state-creationsucceeded"))
        .await;
    for group in ["installGroup", "uninstallGroup"] {
        browser.sees_in(state, linked[group].as_str().unwrap()).await;
    }

    // From the device, as from the application.
    browser.go(&device_page(1)).await;
    browser.press(&en("orders-for-this-device")).await;
    browser.arrives("/orders/-/new").await;
    let order = order_by_form(&browser, "done-order-placed").await;
    browser.sees("for the meeting room").await;
    browser.is_live().await;
    let done = stands_at(&scene, &format!("/sics/v1{order}"), "done").await;
    assert_eq!((&done["status"], &done["type"]), (&json!(1), &json!("install")));
    browser.sees_in("#order-head", &en("orders-state-done")).await;
    browser.sees_in("#order-devices", &en("orders-install-installed")).await;
    browser.sees_in("#order-phases", &en("orders-event-addedtogroup")).await;
    assert_eq!(browser.count("#order-head .phases .dot.bad").await, 0);
    let id = order.rsplit('/').next().unwrap();
    browser.go("/orders").await;
    let row = format!("tr[data-row='order:{id}']");
    browser.sees_in(&row, &en("orders-state-done")).await;
    assert_eq!(browser.count(&format!("{row} .phases .dot")).await, 5);
    browser.finish().await;
}

/// A page is drawn first, and then begins to hear of changes: what happened between the two is shown as well.
#[tokio::test]
async fn a_change_between_a_page_and_its_stream_of_facts_is_shown() {
    let scene = order_scene().await;
    application(&scene, json!({"approval": "operator"})).await;
    let browser = scene.visit(ANNA).await;
    browser.hold_stream().await;
    let order = order_by_form(&browser, "done-order-placed-approval").await;
    let head = "#order-head";
    browser.sees_in(head, &en("orders-state-waitingforapproval")).await;
    let path = format!("/sics/v1{order}");
    scene.whole.post(&format!("{path}/cancel"), json!({})).await;
    stands_at(&scene, &path, "cancelled").await;
    browser.release_stream().await;
    browser.sees_in(head, &en("orders-state-cancelled")).await;
    browser.finish().await;
}

#[tokio::test]
async fn an_order_that_needs_approval_is_decided_by_a_second_person() {
    let scene = order_scene().await;
    application(&scene, json!({"approval": "operator", "reshoppable": true})).await;
    let (anna, ben) = scene.visit_two(ANNA, BEN).await;
    let order = order_by_form(&anna, "done-order-placed-approval").await;
    anna.sees_in("#order-head", &en("orders-state-waitingforapproval"))
        .await;

    // Whoever ordered is no second person.
    let decide = "section[aria-labelledby=decide]";
    assert!(!anna.is_enabled(&format!("{decide} button.primary")).await);
    anna.fill("#decide-password", PASSWORD).await;
    anna.click(&format!("{decide} button.primary")).await;
    anna.sees_in(&format!("{decide} [data-problem]"), "cannot approve your own order")
        .await;
    let told = scene.whole.get(&format!("/sics/v1{order}")).await;
    assert_eq!(told["state"], "waitingForApproval");
    anna.is_live().await;

    ben.go("/orders").await;
    ben.sees_in("#orders-waiting", "for the meeting room").await;
    ben.press_in("orders-waiting", &en("orders-decide")).await;
    ben.fill("#orders-waiting input[type=password]", PASSWORD).await;
    ben.press_in("orders-waiting", &en("orders-approve")).await;
    ben.sees(&en("done-order-approved")).await;
    ben.hides("#orders-waiting article").await;
    let done = stands_at(&scene, &format!("/sics/v1{order}"), "done").await;
    assert_eq!(done["decidedBy"], BEN);
    anna.sees_in("#order-head", &en("orders-state-done")).await;

    // What is rejected takes no password, and goes nowhere.
    let other = order_by_form(&anna, "done-order-placed-approval").await;
    ben.go(&other).await;
    ben.fill("#decide-reason", "there is one already").await;
    ben.press(&en("orders-reject")).await;
    ben.sees(&en("done-order-rejected")).await;
    let rejected = scene.whole.get(&format!("/sics/v1{other}")).await;
    assert_eq!(
        (&rejected["state"], &rejected["status"]),
        (&json!("rejected"), &json!(0))
    );
    anna.finish().await;
    ben.finish().await;
}

#[tokio::test]
async fn who_may_not_order_is_offered_nothing_and_who_may_not_look_sees_nothing() {
    let scene = order_scene().await;
    application(&scene, json!({})).await;
    let placed = json!({"id": "order-1", "application": APPLICATION, "type": "install", "device": LAPTOP});
    scene.whole.post("/sics/v1/orders", placed).await;
    scene.person("rita", &["Devices_Read"]).await;
    scene.person("olga", &["Orders_Read", "Applications_Read"]).await;
    let rita = scene.visit("rita").await;
    for hidden in ["nav-orders", "nav-applications"] {
        assert!(!rita.offers(&en(hidden)).await, "{hidden}");
    }
    for (path, right) in [
        ("/orders", "Orders_Read"),
        ("/orders/order-1", "Orders_Read"),
        ("/applications", "Applications_Read"),
        ("/applications/-/choose", "Applications_Read"),
    ] {
        rita.go(path).await;
        rita.sees_in("main", right).await;
        assert!(!rita.text().await.contains(APP), "{path}");
    }
    rita.go(&device_page(1)).await;
    rita.sees(LAPTOP).await;
    assert!(!rita.offers(&en("orders-for-this-device")).await);
    rita.finish().await;

    let olga = scene.visit("olga").await;
    olga.go("/orders/order-1").await;
    olga.sees(APP).await;
    olga.go("/orders").await;
    olga.sees_in("tr[data-row='order:order-1']", LAPTOP).await;
    for act in ["orders-new", "orders-cancel", "orders-retry", "orders-approve"] {
        assert!(!olga.offers(&en(act)).await, "{act}");
    }
    let cancel = "return fetch('/orders/order-1/cancel', { method: 'POST', body: new URLSearchParams(''),
        headers: { 'x-form-token': document.querySelector('meta[name=form-token]').content } })
        .then((answer) => answer.status)";
    assert_eq!(olga.run(cancel).await, 403);
    olga.go(&format!("/applications/{APPLICATION}")).await;
    olga.sees_in("#application-state", &en("applications-state-creationsucceeded"))
        .await;
    for act in ["change", "remove"] {
        assert!(!olga.offers(&en(act)).await, "{act}");
    }
    olga.finish().await;

    // Who may place orders cancels none of others.
    scene
        .person("otto", &["Orders_Read", "Orders_Place", "Applications_Read"])
        .await;
    let otto = scene.visit("otto").await;
    otto.go("/orders/order-1").await;
    otto.sees(APP).await;
    for act in ["orders-cancel", "orders-retry"] {
        assert!(!otto.offers(&en(act)).await, "{act}");
    }
    otto.finish().await;
}
