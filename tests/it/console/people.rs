//! Who is told outside of the console: from a page on which nobody is, to a test message at a real receiver.

use super::scene::{ANNA, Scene};
use super::texts::{en, en_with};
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

/// A part of the address, which is a secret as a whole.
const SECRET: &str = "s3cret-path";
const WEBHOOK_SAVE: &str = "#webhook button.primary";
const RECIPIENT_SAVE: &str = "#recipient button.primary";

#[tokio::test]
async fn a_recipient_is_told_once_channel_kinds_and_quiet_hours_are_set() {
    let receiver = WebhookReceiver::start(|number, _| Reply::Status(if number == 0 { 500 } else { 200 })).await;
    let url = receiver.url("127.0.0.1", &format!("/{SECRET}"));
    let scene = Scene::new(&[]).await;
    let browser = scene.visit(ANNA).await;
    browser.go("/settings?tab=people").await;
    browser.sees(&en("settings-people-no-recipients")).await;

    // A private address is refused; what was typed stays.
    browser.press(&en("settings-people-set-webhook")).await;
    browser.fill("#webhook-name", "duty").await;
    browser.click("#webhook-form option[value=slack]").await;
    browser.fill("#webhook-url", url.as_str()).await;
    browser.click(WEBHOOK_SAVE).await;
    browser.shown("#webhook [data-problem] strong").await;
    assert_eq!(browser.value("#webhook-form").await, "slack");
    browser.click("#webhook input[name=allow_private]").await;
    browser.click(WEBHOOK_SAVE).await;
    browser.sees(&en("done-people-channel-set")).await;

    browser.press(&en("settings-people-set-recipient")).await;
    browser.fill("#recipient-name", "ops").await;
    browser.click("#recipient input[value=killSwitch]").await;
    browser.fill("#quiet-from", "25:00").await;
    browser.fill("#quiet-to", "07:00").await;
    browser.click(RECIPIENT_SAVE).await;
    browser.sees_in("#recipient [data-problem]", "25:00").await;
    assert_eq!(browser.value("#recipient-name").await, "ops");
    browser.fill("#quiet-from", "22:00").await;
    browser.click(RECIPIENT_SAVE).await;
    browser.sees(&en("done-people-recipient-set")).await;
    let row = "tr[data-recipient=ops]";
    browser.sees_in(row, "22:00–07:00 UTC").await;
    browser.sees_in(row, &en("settings-people-kind-killswitch")).await;

    // The receiver takes the second one.
    let test = format!("{row} form[action$='/test'] button");
    browser.click(&test).await;
    browser
        .sees_in(
            "main [data-problem]",
            &en_with("settings-people-test-failed", &[("why", "")]),
        )
        .await;
    browser.click(&test).await;
    browser.sees(&en("done-people-tested")).await;
    assert_eq!(receiver.received().len(), 2);

    browser.press(&en("settings-people-beat-set")).await;
    browser.fill("#beat-url", url.as_str()).await;
    browser.click("#set-heartbeat input[name=allow_private]").await;
    browser.click("#set-heartbeat button.primary").await;
    browser.sees(&en("done-people-heartbeat-set")).await;
    browser.press(&en("settings-people-beat-remove")).await;
    browser.sees(&en("done-people-heartbeat-removed")).await;
    let page = browser.client().source().await.unwrap();
    assert!(page.contains("127.0.0.1") && !page.contains(SECRET), "{page}");

    // A channel that is used stays.
    let remove_channel = "tr[data-channel=duty] form[action$='/remove'] button";
    browser.click(remove_channel).await;
    browser.shown("main [data-problem] strong").await;
    browser.click(&format!("{row} form[action$='/remove'] button")).await;
    browser.sees(&en("done-people-recipient-removed")).await;
    browser.click(remove_channel).await;
    browser.sees(&en("done-people-channel-removed")).await;
    browser.finish().await;
}
