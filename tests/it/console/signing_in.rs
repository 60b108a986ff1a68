//! The first person, signing in and out, and sessions that end while somebody types.

use chrono::TimeDelta;
use intune_connector::sics::SETUP_FILE;
use serde_json::json;

use super::scene::{ANNA, Scene, enter, sign_out};
use super::texts::{en, en_with};
use crate::sics::bus::PASSWORD;
use crate::support::browser::Browser;

/// What is wrong with the form, in the form.
const PROBLEM: &str = "main [data-problem]";

async fn fill_setup(browser: &Browser, password: &str, repeat: &str) {
    browser.fill("#name", ANNA).await;
    browser.fill("#password", password).await;
    browser.fill("#repeat", repeat).await;
    browser.press(&en("setup-make")).await;
}

#[tokio::test]
async fn the_first_person_is_made_by_the_token_of_the_data_folder() {
    let scene = Scene::without_people(&[]).await;
    let file = scene.whole.data().join(SETUP_FILE);
    let told = std::fs::read_to_string(&file).unwrap();
    let link = told.lines().next().unwrap();
    let token = link.split_once("#token=").unwrap().1;
    let browser = Browser::start("en").await;
    // There is nobody who could sign in.
    browser.open(&format!("{}/devices", scene.console())).await;
    browser.arrives("/setup").await;
    browser.fill("#token", "ico_nonsense").await;
    fill_setup(&browser, PASSWORD, PASSWORD).await;
    browser.sees_in(PROBLEM, &en("sign-in-setup-token-wrong")).await;
    assert_eq!(browser.value("#name").await, ANNA, "what was typed stays");

    // The link brings the token along, and takes it out of the address.
    browser.open("about:blank").await;
    browser.open(link).await;
    assert_eq!(browser.value("#token").await, token);
    assert_eq!(browser.run("return location.hash").await, "");
    fill_setup(&browser, PASSWORD, "correct horse batterie").await;
    browser.sees_in(PROBLEM, &en("failure-passwords-differ")).await;
    assert_eq!(browser.value("#token").await, token, "what was typed stays");
    assert!(file.exists());
    fill_setup(&browser, PASSWORD, PASSWORD).await;
    browser.arrives("/").await;
    browser.sees_in(".who summary", ANNA).await;
    assert!(!file.exists());

    // It is no way in any more.
    browser.go("/setup").await;
    browser.arrives("/").await;
    sign_out(&browser).await;
    browser.go("/setup").await;
    browser.arrives("/sign-in").await;
    enter(&browser, ANNA, PASSWORD).await;
    browser.arrives("/").await;
    browser.finish().await;
}

/// Somebody else was made by a command while the form was open.
#[tokio::test]
async fn wi_35_the_form_of_the_first_person_does_not_say_that_there_is_nobody_where_somebody_is() {
    let scene = Scene::without_people(&[]).await;
    let browser = Browser::start("en").await;
    browser.open(&format!("{}/setup", scene.console())).await;
    browser.sees(&en("setup-help")).await;
    scene.person(ANNA, &["*"]).await;
    browser.fill("#token", "ico_nonsense").await;
    fill_setup(&browser, PASSWORD, "correct horse batterie").await;
    browser.sees_in(PROBLEM, &en("problem-already-set-up")).await;
    let shown = browser.text().await;
    assert!(!shown.contains(&en("setup-help")), "{shown}");
    browser.finish().await;
}

#[tokio::test]
async fn a_link_of_the_machine_signs_in_once() {
    let scene = Scene::new(&[]).await;
    let made = scene
        .whole
        .post("/sics/v1/sessions/links", json!({"operator": ANNA}))
        .await;
    let link = format!("{}/link#token={}", scene.console(), made["token"].as_str().unwrap());
    let browser = Browser::start("en").await;
    browser.open(&link).await;
    browser.arrives("/").await;
    browser.sees_in(".who summary", ANNA).await;
    sign_out(&browser).await;
    browser.open(&link).await;
    browser.sees_in(PROBLEM, &en("sign-in-link-wrong")).await;
    browser.finish().await;
}

#[tokio::test]
async fn who_signs_in_comes_to_the_page_they_asked_for_and_to_no_other_site() {
    let scene = Scene::new(&[]).await;
    let browser = Browser::start("en").await;
    let console = scene.console();
    browser.open(&format!("{console}/devices?search=lap")).await;
    browser.arrives("/sign-in").await;
    enter(&browser, ANNA, "a wrong password").await;
    browser.sees_in(PROBLEM, &en("problem-sign-in-failed")).await;
    browser.sees_in(PROBLEM, &en("problem-sign-in-failed-cure")).await;
    assert_eq!(browser.value("#name").await, ANNA);
    enter(&browser, ANNA, PASSWORD).await;
    browser.arrives("/devices").await;
    assert_eq!(browser.run("return location.search").await, "?search=lap");

    sign_out(&browser).await;
    browser.go("/devices").await;
    browser.arrives("/sign-in").await;
    for foreign in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("next", foreign)
            .finish();
        browser.go(&format!("/sign-in?{query}")).await;
        enter(&browser, ANNA, PASSWORD).await;
        browser.arrives("/").await;
        assert_eq!(browser.run("return location.origin").await, console, "{foreign}");
        sign_out(&browser).await;
    }
    browser.finish().await;
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_is_told_and_what_was_typed_comes_back() {
    let scene = Scene::new(&[("verbs", "sync")]).await;
    let device = scene.laptop(1, "LAP-ONE").await;
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.go("/killswitch").await;
    browser.fill("#reason", "a laptop was stolen").await;
    scene.end_sessions(ANNA).await;
    browser.press(&en("kill-switch-turn-on")).await;
    browser.arrives("/sign-in").await;
    browser.sees(&en("session-expired")).await;
    let switch = scene.whole.get("/sics/v1/killswitch").await;
    assert_eq!(switch["on"], json!([]), "nobody had the right to it");
    enter(&browser, ANNA, PASSWORD).await;
    browser.arrives("/killswitch").await;
    assert_eq!(browser.value("#reason").await, "a laptop was stolen");

    // The same where the form is sent to another path than that of its page.
    let form = format!("/actions/new?action=sync&instance=IntuneConnector_1&device={device}");
    browser.go(&form).await;
    browser.fill("#reason", "she asked for it").await;
    scene.end_sessions(ANNA).await;
    browser.press_in("send", &en("action-sync")).await;
    browser.arrives("/sign-in").await;
    enter(&browser, ANNA, PASSWORD).await;
    browser.arrives("/actions/new").await;
    assert_eq!(browser.value("#reason").await, "she asked for it");
    browser.press_in("send", &en("action-sync")).await;
    browser.sees(&en_with("job-number", &[("number", "1")])).await;
    browser.finish().await;
}

#[tokio::test]
async fn a_session_that_nobody_used_for_an_hour_has_ended() {
    let scene = Scene::new(&[]).await;
    let browser = scene.visit(ANNA).await;
    browser.go("/devices?sort=osVersion").await;
    scene.whole.clock.advance(TimeDelta::minutes(61));
    browser.reload().await;
    browser.arrives("/sign-in").await;
    browser.sees(&en("session-expired")).await;
    enter(&browser, ANNA, PASSWORD).await;
    browser.arrives("/devices").await;
    assert_eq!(browser.run("return location.search").await, "?sort=osVersion");
    browser.finish().await;
}
