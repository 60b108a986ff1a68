//! From the form of an action to what became of it on the device.

use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{ANNA, BEN, Scene, device_id, device_page};
use super::texts::{en, en_count};
use crate::sics::bus::PASSWORD;
use crate::support::browser::Browser;

const SEND: &str = "#send";
const APPROVE: &str = "form[action$='/jobs/1/approve']";

/// Sends a form past all that holds its button back: what the page forbids, the bus has to refuse.
async fn force(browser: &Browser, form: &str) {
    browser
        .run(&format!("document.querySelector(\"{form}\").submit()"))
        .await;
}

async fn agree(browser: &Browser, form: &str, number: &str) {
    browser.click(&format!("{form} input[name=agree]")).await;
    browser.fill(&format!("{form} input[name=number]"), number).await;
}

async fn approve(browser: &Browser) {
    agree(browser, APPROVE, "1").await;
    let password = format!("{APPROVE} input[name=password]");
    browser.fill(&password, PASSWORD).await;
    browser.click(&format!("{APPROVE} button.danger")).await;
}

fn states(job: &Value) -> Vec<&str> {
    let tasks = job["tasks"].as_array().unwrap().iter();
    tasks.map(|task| task["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_lock_is_followed_to_its_end_on_the_device() {
    let scene = Scene::new(&[("verbs", "sync, remoteLock")]).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.go(&device_page(1)).await;
    browser.press(&en("action-remotelock")).await;
    browser.arrives("/actions/new").await;
    for shown in ["PHONE-ONE", "SER000001", "user1@example.org"] {
        browser.sees_in("section[aria-labelledby=preview]", shown).await;
    }
    assert!(!browser.is_enabled("#send button").await);
    force(&browser, SEND).await;
    browser.sees_in("#send [data-problem]", &en("actions-not-agreed")).await;
    browser.click("#send input[name=agree]").await;
    browser.press_in("send", &en("action-remotelock")).await;

    browser.arrives("/jobs/1").await;
    browser.sees(&en("done-job-sent")).await;
    browser.is_live().await;
    let job = scene.follow(1).await;
    assert_eq!(states(&job), ["done"], "{job}");
    browser.sees_in("#job-head", &en_count("jobs-phase-done", 1)).await;
    browser.sees_in("#job-devices", "PHONE-ONE").await;
    let progress = "return document.querySelector('#job-head progress').value";
    assert_eq!(browser.run(progress).await, 1);
    assert_eq!(scene.effects(&phone, "remoteLock"), 1);

    browser.go(&device_page(1)).await;
    browser.sees_in("#device-actions", &en("action-remotelock")).await;
    browser.go("/jobs").await;
    browser
        .sees_in("tr[data-row='job:1']", &en_count("jobs-phase-done", 1))
        .await;
    browser.finish().await;
}

#[tokio::test]
async fn a_wipe_is_sent_by_one_person_and_approved_by_another_who_sees_what_they_agree_to() {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    let always = json!({"approval": {"always": true}});
    scene.whole.good(Method::PUT, "/sics/v1/limits", always).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let (anna, ben) = scene.visit_two(ANNA, BEN).await;
    anna.go(&device_page(1)).await;
    anna.press(&en("device-destructive")).await;
    anna.press_in("destructive", &en("action-wipe")).await;
    anna.arrives("/actions/new").await;
    anna.sees(&en("actions-needs-approval")).await;
    anna.sees("PHONE-ONE").await;

    // Without the tick, and with another number of devices, nothing is sent.
    assert!(!anna.is_enabled("#send button.danger").await);
    force(&anna, SEND).await;
    anna.sees_in("#send [data-problem]", &en("actions-not-agreed")).await;
    agree(&anna, SEND, "2").await;
    assert!(!anna.is_enabled("#send button.danger").await);
    force(&anna, SEND).await;
    anna.sees_in("#send [data-problem]", &en("actions-wrong-number")).await;
    let jobs = scene.whole.get("/sics/v1/jobs").await;
    assert_eq!(jobs["jobs"], json!([]));
    anna.fill("#reason", "stolen in Bonn").await;
    agree(&anna, SEND, "1").await;
    anna.click("#send button.danger").await;
    anna.arrives("/jobs/1").await;
    anna.sees(&en("done-job-sent-waits")).await;
    anna.sees_in("#job-head", &en("jobs-phase-waiting-approval")).await;

    // Whoever asked is no second person.
    approve(&anna).await;
    anna.sees_in(&format!("{APPROVE} [data-problem]"), "cannot approve your own request")
        .await;
    let waiting = scene.whole.get("/sics/v1/jobs/1").await;
    assert_eq!(
        (&waiting["approval"], states(&waiting)),
        (&json!("waiting"), vec!["waitingApproval"])
    );

    ben.go("/approvals").await;
    ben.sees("stolen in Bonn").await;
    ben.sees("PHONE-ONE").await;
    ben.sees(waiting["approvalDigest"].as_str().unwrap()).await;
    assert!(!ben.is_enabled(&format!("{APPROVE} button.danger")).await);
    approve(&ben).await;
    ben.sees(&en("done-job-approved")).await;
    ben.hides(APPROVE).await;

    ben.go("/jobs/1").await;
    let job = scene.follow(1).await;
    assert_eq!((states(&job), &job["decidedBy"]), (vec!["done"], &json!(BEN)), "{job}");
    assert_eq!(scene.effects(&phone, "wipe"), 1);
    for browser in [&anna, &ben] {
        browser.sees_in("#job-head", &en_count("jobs-phase-done", 1)).await;
    }
    anna.finish().await;
    ben.finish().await;
}

#[tokio::test]
async fn a_job_that_somebody_rejects_reaches_no_device() {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    let always = json!({"approval": {"always": true}});
    scene.whole.good(Method::PUT, "/sics/v1/limits", always).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let listed = scene.whole.get("/sics/v1/devices?limit=1").await;
    let seen = json!({"id": phone, "seq": listed["devices"][0]["seq"]});
    let job = json!({"action": "wipe", "devices": [seen], "expectDevices": 1, "confirm": "wipe", "reason": "left"});
    scene.whole.post("/sics/v1/jobs", job).await;
    let browser = scene.visit(BEN).await;
    browser.go("/approvals").await;
    browser.sees("PHONE-ONE").await;
    browser.press_in("main", &en("approvals-reject")).await;
    browser.sees(&en("done-job-rejected")).await;
    browser.hides(APPROVE).await;
    browser.go("/jobs/1").await;
    browser.sees_in("#job-head", &en("jobs-phase-rejected")).await;
    let rejected = scene.whole.get("/sics/v1/jobs/1").await;
    assert_eq!(
        (&rejected["approval"], &rejected["decidedBy"]),
        (&json!("rejected"), &json!(BEN)),
        "{rejected}"
    );
    assert_eq!(scene.effects(&phone, "wipe"), 0);
    browser.finish().await;
}

#[tokio::test]
async fn the_page_of_a_device_that_has_gone_says_so_and_offers_no_action() {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    scene.phone(1, "PHONE-ONE").await;
    scene.phone(2, "PHONE-TWO").await;
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.go(&device_page(1)).await;
    browser.shown("#destructive").await;
    scene.take_away(1).await;
    scene.scan().await;
    browser.go(&device_page(1)).await;
    browser.sees(&en("device-gone")).await;
    browser.sees(&device_id(1)).await;
    browser.hides("#destructive").await;
    browser.finish().await;
}

#[tokio::test]
async fn a_form_that_was_sent_twice_is_one_job() {
    let scene = Scene::new(&[("verbs", "sync")]).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser
        .go(&format!(
            "/actions/new?action=sync&instance=IntuneConnector_1&device={phone}"
        ))
        .await;
    browser.shown(SEND).await;
    let twice = "const form = document.getElementById('send');
        const fields = new URLSearchParams(new FormData(form));
        const send = () => fetch(form.getAttribute('action'), { method: 'POST', body: fields });
        return send().then(send).then((answer) => answer.url)";
    let there = browser.run(twice).await;
    assert_eq!(there, format!("{}/jobs/1?done=job-known", scene.console()));
    let jobs = scene.whole.get("/sics/v1/jobs").await;
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1, "{jobs}");
    browser.finish().await;
}
