//! The webhook of a management server: set, tested, rolled and removed, with a real receiver that verifies what it gets.

use serde_json::{Value, json};

use super::scene::{ANNA, Scene};
use super::texts::en;
use crate::support::browser::Browser;
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

const PAGE: &str = "/servers/cmdb/webhook";
/// A part of the address that is not shown again.
const SECRET: &str = "s3cret-path";
const SAVE: &str = "#set-webhook button.primary";

/// The key on the page that shows it once; then the page of the webhook, which has it no more.
async fn take_key(browser: &Browser) -> String {
    let key = browser.shown("#shown-key").await.text().await.unwrap();
    assert!(key.starts_with("whsec_"), "{key}");
    browser.press(&en("servers-webhook-key-done")).await;
    browser.shown("#set-webhook").await;
    let page = browser.client().source().await.unwrap();
    assert!(!page.contains(&key) && !page.contains(SECRET), "{page}");
    key
}

#[tokio::test]
async fn a_webhook_is_set_with_a_key_that_is_shown_once_and_a_test_message_is_signed_by_it() {
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let url = receiver.url("127.0.0.1", &format!("/{SECRET}"));
    let scene = Scene::new(&[]).await;
    scene.whole.server("cmdb", json!({})).await;
    let browser = scene.visit(ANNA).await;
    browser.go("/servers/cmdb").await;
    browser.press(&en("servers-webhook")).await;
    browser.arrives(PAGE).await;
    browser.sees(&en("servers-webhook-none")).await;

    // A private address is refused; what was typed stays.
    browser.fill("#url", url.as_str()).await;
    browser.click(SAVE).await;
    browser.shown("main [data-problem] strong").await;
    assert_eq!(browser.value("#url").await, url.as_str());
    browser.click("#set-webhook input[name=allow_private]").await;
    browser.click(SAVE).await;
    let key = take_key(&browser).await;
    browser.sees_in("#webhook", &url.origin().ascii_serialization()).await;

    browser.press_in("webhook", &en("servers-webhook-test")).await;
    browser.sees(&en("done-server-webhook-tested")).await;
    let received = receiver.received();
    let test = received.iter().find(|message| message.json()["type"] == "webhook.test");
    assert!(test.is_some_and(|message| message.is_signed_by(&key)), "{received:?}");

    browser.press_in("webhook", &en("servers-webhook-roll")).await;
    assert_ne!(take_key(&browser).await, key);
    browser.sees_in("#webhook", &en("servers-webhook-two-keys")).await;
    browser.press(&en("servers-webhook-remove")).await;
    browser.sees(&en("done-server-webhook-removed")).await;
    let shown = scene.whole.get("/sics/v1/servers/cmdb").await;
    assert_eq!(shown["webhook"], Value::Null);
    browser.finish().await;
}
