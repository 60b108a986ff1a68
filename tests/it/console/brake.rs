//! The deletion brake: exactly the devices that were shown are confirmed as gone.

use super::scene::{ANNA, Scene};
use super::texts::{en, en_count};
use crate::support::wait::until;

const CONFIRM: &str = "form[action$='/brake'][method=post]";
const BUTTON: &str = "form[action$='/brake'][method=post] button.danger";

#[tokio::test]
async fn the_brake_is_released_for_the_devices_that_were_shown_and_no_others() {
    let scene = Scene::new(&[]).await;
    for number in 1..=40 {
        scene.laptop(number, &format!("LAP-{number:02}")).await;
    }
    scene.scan().await;
    for number in 1..=12 {
        scene.take_away(number).await;
    }
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.go("/microservices/IntuneConnector_1").await;
    browser.sees(&en_count("microservices-brake-holds", 12)).await;
    browser.press(&en("microservices-brake-go")).await;
    browser.sees(&en_count("microservices-brake-confirm", 12)).await;
    for shown in ["LAP-01", "LAP-12", "SER000007", "user7@example.org"] {
        browser.sees(shown).await;
    }
    assert!(!browser.text().await.contains("LAP-13"));

    // Neither without the tick nor with another number.
    assert!(!browser.is_enabled(BUTTON).await);
    browser.click(&format!("{CONFIRM} input[name=agree]")).await;
    browser.fill(&format!("{CONFIRM} input[name=number]"), "11").await;
    assert!(!browser.is_enabled(BUTTON).await);
    browser
        .run(&format!("document.querySelector(\"{CONFIRM}\").submit()"))
        .await;
    browser
        .sees_in("main [data-problem]", &en("microservices-not-confirmed"))
        .await;

    // One more has gone since the page was drawn.
    browser.click(&format!("{CONFIRM} input[name=agree]")).await;
    browser.fill(&format!("{CONFIRM} input[name=number]"), "12").await;
    scene.take_away(13).await;
    scene.scan().await;
    browser.click(BUTTON).await;
    browser.sees_in("main [data-problem]", "13 devices are waiting").await;
    browser.sees("LAP-13").await;
    browser.click(&format!("{CONFIRM} input[name=agree]")).await;
    browser.fill(&format!("{CONFIRM} input[name=number]"), "13").await;
    browser.click(BUTTON).await;
    browser.arrives("/microservices/IntuneConnector_1").await;
    browser.sees(&en("done-brake-released")).await;
    until("they have gone", async || {
        let devices = scene.whole.get("/sics/v1/devices?count=true&limit=1").await;
        devices["total"] == 27
    })
    .await;
    browser.go("/devices?rows=200").await;
    browser.sees("LAP-14").await;
    assert!(!browser.text().await.contains("LAP-13"));
    browser.finish().await;
}
