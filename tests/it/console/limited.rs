//! Somebody with few rights: what they may not do is not offered, and asking for it all the same is refused.

use serde_json::json;

use super::scene::{Scene, device_id, device_page, device_row};
use super::texts::en;
use crate::support::browser::Browser;

/// May see devices, and nothing else.
const RITA: &str = "rita";

/// Status of a request that the page makes itself.
async fn status(browser: &Browser, request: &str) -> u64 {
    let script = format!("return {request}.then((answer) => answer.status)");
    browser.run(&script).await.as_u64().unwrap()
}

/// What the forms of the console send.
fn post(path: &str, fields: &str) -> String {
    format!(
        "fetch('{path}', {{ method: 'POST', body: new URLSearchParams('{fields}'), \
         headers: {{ 'x-form-token': document.querySelector('meta[name=form-token]').content }} }})"
    )
}

#[tokio::test]
async fn who_lacks_a_right_neither_sees_the_thing_nor_can_call_it() {
    let scene = Scene::new(&[("verbs", "sync, remoteLock, wipe")]).await;
    scene.person(RITA, &["Devices_Read"]).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let browser = scene.visit(RITA).await;
    for offered in ["nav-devices", "nav-lost", "nav-dashboard"] {
        assert!(browser.offers(&en(offered)).await, "{offered}");
    }
    for hidden in [
        "nav-products",
        "nav-microservices",
        "nav-workflows",
        "nav-servers",
        "nav-jobs",
        "nav-reports",
        "nav-targets",
        "nav-operators",
        "nav-messages",
    ] {
        assert!(!browser.offers(&en(hidden)).await, "{hidden}");
    }
    browser.go("/devices").await;
    browser.sees_in(&device_row(1), "PHONE-ONE").await;
    assert!(
        !browser.has("input[name=row]").await,
        "there is nothing to tick them for"
    );
    browser.go(&device_page(1)).await;
    browser.sees("SER000001").await;
    for action in ["action-sync", "action-remotelock", "action-wipe"] {
        assert!(!browser.offers(&en(action)).await, "{action}");
    }
    assert!(!browser.has(".danger-zone").await);

    for (path, right) in [
        ("/operators", "Operators_Read"),
        ("/operators/anna", "Operators_Read"),
        ("/access-review", "Operators_Read"),
        ("/jobs", "Jobs_Read"),
        ("/products", "Products_Read"),
        ("/microservices", "Instances_Read"),
        ("/reports", "Reports_Read"),
        ("/targets", "Targets_Read"),
    ] {
        browser.go(path).await;
        browser.sees_in("main", right).await;
        assert_eq!(status(&browser, &format!("fetch('{path}')")).await, 403, "{path}");
    }
    browser.go("/devices").await;
    let id = device_id(1);
    let wipe = format!("action=wipe&instance=IntuneConnector_1&target={id}&agree=1&number=1&fresh=1");
    let scan = post("/microservices/IntuneConnector_1/scan", "kind=full");
    let stop = post("/microservices/IntuneConnector_1/stop", "");
    for request in [&post("/actions/send", &wipe), &scan, &stop] {
        assert_eq!(status(&browser, request).await, 403, "{request}");
    }
    let jobs = scene.whole.get("/sics/v1/jobs").await;
    assert_eq!(jobs["jobs"], json!([]));
    assert_eq!(scene.effects(&phone, "wipe"), 0);
    browser.finish().await;
}

#[tokio::test]
async fn a_right_that_is_given_shows_the_thing_with_the_next_page() {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    scene.person(RITA, &["Devices_Read"]).await;
    scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let browser = scene.visit(RITA).await;
    browser.go(&device_page(1)).await;
    assert!(!browser.offers(&en("action-sync")).await);
    let more = json!({"rights": ["Devices_Read", "Jobs_Send", "Jobs_Read", "Actions_Sync"], "addDependencies": true});
    let path = format!("/sics/v1/operators/{RITA}");
    scene.whole.good(reqwest::Method::PATCH, &path, more).await;
    browser.reload().await;
    browser.shown("main h1").await;
    assert!(browser.offers(&en("action-sync")).await);
    assert!(!browser.has(".danger-zone").await, "a wipe is another right");
    browser.finish().await;
}
