//! Names from outside are text, whatever they look like.

use reqwest::Method;
use serde_json::json;

use super::scene::{ANNA, Scene, device_id, device_page, device_row};
use crate::support::browser::Browser;

const IMAGE: &str = "<img src=x onerror=alert(1)>";
const SCRIPT: &str = "\"><script>alert(1)</script>";
/// Turns the direction of what follows.
const TURNED: &str = "LAP-\u{202e}gpj.exe";
const TURNED_SHOWN: &str = "LAP-<U+202E>gpj.exe";

/// Nothing on the page came from a name.
async fn require_plain(browser: &Browser, path: &str) {
    let foreign = "return [
        ...[...document.scripts].filter((script) => !(script.getAttribute('src') ?? '').startsWith('/assets/')),
        ...document.querySelectorAll('img, iframe, object, embed, [onerror], [onload], [onclick], [style]'),
    ].map((one) => one.outerHTML)";
    assert_eq!(browser.run(foreign).await, json!([]), "{path}");
    let text = browser.text().await;
    assert!(!text.contains('\u{202e}'), "{path}: {text}");
}

#[tokio::test]
async fn a_device_a_user_and_a_server_named_like_a_script_are_shown_as_text() {
    let scene = Scene::new(&[("verbs", "sync")]).await;
    scene.laptop(1, IMAGE).await;
    let properties = json!({"userPrincipalName": SCRIPT, "userDisplayName": IMAGE, "model": SCRIPT, "notes": IMAGE});
    scene.change(1, properties).await;
    scene.laptop(2, TURNED).await;
    scene.scan().await;
    let server = json!({"displayName": IMAGE});
    scene.whole.good(Method::PUT, "/sics/v1/servers/cmdb", server).await;
    scene.whole.post("/sics/v1/servers/cmdb/accept", json!({})).await;
    let job = |number: u32| json!({"instance": "IntuneConnector_1", "action": "sync", "devices": [{"id": device_id(number)}], "reason": SCRIPT});
    for number in [1, 2] {
        scene.whole.post("/sics/v1/jobs", job(number)).await;
    }
    let browser = scene.visit(ANNA).await;
    let device = device_page(1);
    let turned = device_page(2);
    let lost = device.replace("/devices/", "/lost/");
    let form = format!(
        "/actions/new?action=sync&instance=IntuneConnector_1&device={}",
        device_id(1)
    );
    for (path, shown) in [
        ("/devices", vec![IMAGE, SCRIPT, TURNED_SHOWN]),
        (device.as_str(), vec![IMAGE, SCRIPT]),
        (turned.as_str(), vec![TURNED_SHOWN]),
        (lost.as_str(), vec![IMAGE, SCRIPT]),
        ("/lost?search=onerror", vec![IMAGE]),
        (form.as_str(), vec![IMAGE, SCRIPT]),
        ("/jobs/1", vec![IMAGE, SCRIPT]),
        ("/jobs/2", vec![TURNED_SHOWN]),
        ("/jobs", vec![]),
        ("/servers", vec![IMAGE]),
        ("/servers/cmdb", vec![IMAGE]),
        ("/", vec![]),
        ("/messages", vec![]),
        ("/reports/duplicates", vec![]),
        ("/approvals", vec![]),
    ] {
        browser.go(path).await;
        for text in shown {
            browser.sees_in("main", text).await;
        }
        require_plain(&browser, path).await;
    }
    // What somebody asks for stands in the page again.
    for field in ["search", "name", "user"] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(field, SCRIPT)
            .finish();
        let path = format!("/devices?{query}");
        browser.go(&path).await;
        browser.shown("main h1").await;
        require_plain(&browser, &path).await;
    }
    browser.finish().await;
}

#[tokio::test]
async fn a_name_that_arrives_on_an_open_page_is_text_as_well() {
    let scene = Scene::new(&[]).await;
    scene.laptop(1, "LAP-ONE").await;
    scene.laptop(2, "LAP-TWO").await;
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.go("/devices").await;
    browser.is_live().await;
    let scripts = browser.count("script").await;
    scene
        .change(1, json!({"deviceName": IMAGE, "userPrincipalName": SCRIPT}))
        .await;
    scene.change(2, json!({"deviceName": TURNED})).await;
    scene.scan().await;
    browser.sees_in(&device_row(1), IMAGE).await;
    browser.sees_in(&device_row(1), SCRIPT).await;
    browser.sees_in(&device_row(2), TURNED_SHOWN).await;
    require_plain(&browser, "/devices").await;
    assert_eq!(browser.count("script").await, scripts);
    browser.finish().await;
}
