//! The tripwire: whoever asks for far too much loses their destructive rights, sees that they have, and gets them back when
//! somebody else agrees.

use std::ops::RangeInclusive;

use reqwest::Method;
use serde_json::json;

use super::scene::{ANNA, BEN, Scene, device_id};
use super::texts::en;
use crate::sics::bus::PASSWORD;
use crate::whole::INSTANCE;

const SEND: &str = "#send";
const PREVIEW: &str = "section[aria-labelledby=preview]";
const LIFT: &str = "form[action$='/approvals/suspensions/anna/lift']";
const CHANGE: &str = "form[action*='/approvals/changes/']";

/// The form of a wipe of these devices.
fn wipe_form(numbers: RangeInclusive<u32>) -> String {
    let devices: String = numbers.map(|number| format!("&device={}", device_id(number))).collect();
    format!("/actions/new?action=wipe&instance={INSTANCE}{devices}")
}

#[tokio::test]
async fn an_operator_who_is_suspended_sees_it_and_somebody_else_gives_the_rights_back() {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    for number in 1..=4 {
        scene.phone(number, &format!("PHONE-{number}")).await;
    }
    scene.scan().await;
    let (anna, ben) = scene.visit_two(ANNA, BEN).await;

    // What the form still showed as possible is four times as much as anybody may by now.
    anna.go(&wipe_form(1..=4)).await;
    anna.click("#send input[name=agree]").await;
    anna.fill("#send input[name=number]", "4").await;
    let tighter = json!({"limits": {"perJob": 1}});
    scene.whole.good(Method::PUT, "/sics/v1/limits", tighter).await;
    anna.click("#send button.danger").await;
    for told in ["would exceed the limit of 1", "destructive rights are suspended"] {
        anna.sees_in("#send [data-problem]", told).await;
    }
    let jobs = scene.whole.get("/sics/v1/jobs").await;
    assert_eq!(jobs["jobs"], json!([]));
    assert_eq!(jobs["suspended"][0]["operator"], ANNA, "{jobs}");

    // She sees it, and is offered nothing that destroys.
    anna.go("/jobs").await;
    anna.sees_in("section[aria-labelledby=suspended]", ANNA).await;
    anna.go(&wipe_form(1..=1)).await;
    anna.sees_in(PREVIEW, "suspended").await;
    assert!(!anna.has(SEND).await);

    // Asking for the rights back is open to her, agreeing is not.
    anna.go("/approvals").await;
    anna.sees(&en("approvals-suspended-help")).await;
    anna.click(&format!("{LIFT} button")).await;
    anna.sees(&en("done-suspension-asked")).await;
    anna.sees(&en("approvals-kind-suspension-lift")).await;
    anna.fill(&format!("{CHANGE} input[name=password]"), PASSWORD).await;
    anna.press(&en("approvals-agree")).await;
    anna.sees_in(&format!("{CHANGE} [data-problem]"), "cannot approve your own request")
        .await;

    ben.go(&format!("/operators/{ANNA}")).await;
    ben.sees(&en("operators-suspended-title")).await;
    ben.go("/approvals").await;
    ben.sees(jobs["suspended"][0]["why"].as_str().unwrap()).await;
    ben.fill(&format!("{CHANGE} input[name=password]"), PASSWORD).await;
    ben.press(&en("approvals-agree")).await;
    ben.sees(&en("done-change-approved")).await;
    ben.hides(LIFT).await;
    let jobs = scene.whole.get("/sics/v1/jobs").await;
    assert_eq!(jobs["suspended"], json!([]));

    anna.go(&wipe_form(1..=1)).await;
    anna.shown(SEND).await;
    anna.finish().await;
    ben.finish().await;
}
