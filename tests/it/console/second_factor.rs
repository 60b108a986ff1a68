//! The second factor in the browser: set up, asked for, and recovery codes for the day on which the phone is gone.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::scene::{ANNA, BEN, Scene, enter, sign_out};
use super::texts::en;
use crate::sics::bus::PASSWORD;
use crate::support::browser::Browser;
use crate::support::totp::code_at;

const PROBLEM: &str = "main [data-problem]";
const APPROVE: &str = "form[action$='/jobs/1/approve']";

/// The code of the next half minute: those before were used.
fn next_code(scene: &Scene, secret: &str) -> String {
    scene.whole.advance(TimeDelta::seconds(30));
    code_at(secret, scene.whole.clock.now().timestamp())
}

/// Name and password, and then the code that the page asks for.
async fn enter_with(browser: &Browser, code: &str) {
    enter(browser, ANNA, PASSWORD).await;
    browser.sees_in(PROBLEM, &en("problem-second-factor-needed")).await;
    send_code(browser, code).await;
}

async fn send_code(browser: &Browser, code: &str) {
    browser.fill("#code", code).await;
    browser.press_in("main", &en("sign-in")).await;
}

/// Answers the app's secret and the recovery codes.
async fn set_up(scene: &Scene, browser: &Browser) -> (String, Vec<String>) {
    browser.go("/account/second-factor").await;
    browser.fill("#password", "a wrong password").await;
    browser.press_in("main", &en("account-factor-begin")).await;
    browser.shown("main .problem strong").await;
    browser.fill("#password", PASSWORD).await;
    browser.press_in("main", &en("account-factor-begin")).await;
    browser.shown("svg.qr").await;
    let shown = browser.shown("#factor-secret").await.text().await.unwrap();
    let secret: String = shown.split_whitespace().collect();
    browser.fill("#code", "000000").await;
    browser.press(&en("account-factor-confirm")).await;
    browser.sees_in(PROBLEM, &en("problem-second-factor-wrong")).await;
    let again = browser.shown("#factor-secret").await.text().await.unwrap();
    assert_eq!(again, shown, "the app has it already");
    browser
        .fill("#code", &code_at(&secret, scene.whole.clock.now().timestamp()))
        .await;
    browser.press(&en("account-factor-confirm")).await;
    let codes = browser.shown("#recovery-codes").await.text().await.unwrap();
    browser.press(&en("account-recovery-done")).await;
    browser.arrives("/account").await;
    let codes: Vec<String> = codes.split_whitespace().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    (secret, codes)
}

#[tokio::test]
async fn a_second_factor_is_set_up_and_asked_for_from_then_on() {
    let scene = Scene::new(&[]).await;
    let browser = scene.visit(ANNA).await;
    let (secret, codes) = set_up(&scene, &browser).await;

    sign_out(&browser).await;
    enter_with(&browser, "000000").await;
    browser.sees_in(PROBLEM, &en("problem-second-factor-wrong")).await;
    assert_eq!(browser.value("#name").await, ANNA, "what was typed stays");
    browser.fill("#password", PASSWORD).await;
    let code = next_code(&scene, &secret);
    send_code(&browser, &code).await;
    browser.arrives("/").await;

    // A code is good for one time, as is a recovery code.
    sign_out(&browser).await;
    enter_with(&browser, &code).await;
    browser.sees_in(PROBLEM, &en("problem-second-factor-wrong")).await;
    browser.fill("#password", PASSWORD).await;
    send_code(&browser, &codes[0]).await;
    browser.arrives("/").await;
    sign_out(&browser).await;
    enter_with(&browser, &codes[0]).await;
    browser.sees_in(PROBLEM, &en("problem-second-factor-wrong")).await;
    browser.fill("#password", PASSWORD).await;
    send_code(&browser, &codes[1]).await;
    browser.arrives("/").await;

    // Taken away with password and code.
    browser.go("/account/second-factor").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#code", &next_code(&scene, &secret)).await;
    browser.press_in("main", &en("account-factor-remove")).await;
    browser.sees(&en("done-second-factor-removed")).await;
    sign_out(&browser).await;
    enter(&browser, ANNA, PASSWORD).await;
    browser.arrives("/").await;
    browser.finish().await;
}

/// A wipe that a second person has to approve; answers the id of its device.
async fn wipe_that_waits(scene: &Scene) -> String {
    let always = json!({"approval": {"always": true}});
    scene.whole.good(Method::PUT, "/sics/v1/limits", always).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let listed = scene.whole.get("/sics/v1/devices?limit=1").await;
    let seen = json!({"id": phone, "seq": listed["devices"][0]["seq"]});
    let job = json!({"action": "wipe", "devices": [seen], "expectDevices": 1, "confirm": "wipe", "reason": "left"});
    scene.whole.post("/sics/v1/jobs", job).await;
    phone
}

#[tokio::test]
async fn whoever_approves_a_job_shows_their_second_factor_at_whichever_desk() {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    let phone = wipe_that_waits(&scene).await;
    let (anna, ben) = scene.visit_two(ANNA, BEN).await;
    let (secret, _) = set_up(&scene, &ben).await;
    let (code, problem) = (
        format!("{APPROVE} input[name=code]"),
        format!("{APPROVE} [data-problem]"),
    );
    ben.go("/approvals").await;
    ben.shown(&code).await;

    // Ben comes to Anna, who has none: the field for the code comes when it is asked for.
    anna.go("/approvals").await;
    anna.sees("PHONE-ONE").await;
    assert!(!anna.is_shown(&code).await);
    anna.click(&format!("{APPROVE} input[name=agree]")).await;
    anna.fill(&format!("{APPROVE} input[name=number]"), "1").await;
    anna.fill(&format!("{APPROVE} input[name=name]"), BEN).await;
    anna.fill(&format!("{APPROVE} input[name=password]"), PASSWORD).await;
    let button = format!("{APPROVE} button.danger");
    anna.click(&button).await;
    anna.sees_in(&problem, "its code is missing").await;
    anna.fill(&code, "000000").await;
    anna.click(&button).await;
    anna.sees_in(&problem, "is wrong, or was used before").await;
    let waiting = scene.whole.get("/sics/v1/jobs/1").await;
    assert_eq!(waiting["approval"], "waiting");
    anna.fill(&code, &next_code(&scene, &secret)).await;
    anna.click(&button).await;
    anna.sees(&en("done-job-approved")).await;
    let job = scene.follow(1).await;
    assert_eq!(
        (&job["decidedBy"], &job["tasks"][0]["state"]),
        (&json!(BEN), &json!("done")),
        "{job}"
    );
    assert_eq!(scene.effects(&phone, "wipe"), 1);
    anna.finish().await;
    ben.finish().await;
}
