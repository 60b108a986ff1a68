//! Targets where there is none, where the other side is dead, and for whoever may only look. What a target writes is in
//! `targets_snipe_it.rs`.

use reqwest::Method;
use serde_json::{Value, json};
use web_console::describe_pages;

use super::scene::{ANNA, Scene, device_id, device_page};
use super::texts::{en, en_count};
use super::walker::{Walker, send};
use crate::support::wait::found;
use crate::whole::INSTANCE;

/// The product, and the name of its first installation beside the connector.
pub(super) const PRODUCT: &str = "intune-target-snipe-it";
pub(super) const TARGET: &str = "IntuneTargetSnipeIt_2";
const PAGE: &str = "/targets/IntuneTargetSnipeIt_2";
/// Shown by no page.
const TOKEN: &str = "token-of-a-dead-snipe-it";

/// As the API tells of it.
pub(super) async fn told(scene: &Scene) -> Value {
    scene.whole.get(&format!("/sics/v1/targets/{TARGET}")).await
}

/// Waits until the API tells so of the target.
pub(super) async fn stands(scene: &Scene, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    found(&format!("the target {what}"), async || {
        let told = told(scene).await;
        if holds(&told) { Ok(told) } else { Err(told) }
    })
    .await
}

/// Installs the product as its wizard would, before an address where nobody listens.
async fn install_dead(scene: &Scene) {
    let answers = json!({"url": "http://127.0.0.1:1", "token": TOKEN, "allow_private_addresses": true});
    let body = json!({"answers": answers, "anyway": ["verify"]});
    let path = format!("/sics/v1/products/{PRODUCT}/installations");
    scene.whole.post(&path, body).await;
    found("the target is installed", async || {
        let (status, told) = scene
            .whole
            .ask(Method::GET, &format!("/sics/v1/targets/{TARGET}"), json!({}))
            .await;
        status.is_success().then_some(()).ok_or(told)
    })
    .await;
}

/// A target that can write nothing, with a device that it has to write.
async fn dead_scene() -> Scene {
    let scene = Scene::new(&[]).await;
    scene.laptop(1, "LAP-ONE").await;
    scene.scan().await;
    install_dead(&scene).await;
    stands(&scene, "pauses", |told| told["paused"].is_object()).await;
    scene
}

#[tokio::test]
async fn a_bus_without_targets_says_what_to_do_next_and_what_there_is() {
    let scene = Scene::new(&[]).await;
    scene.laptop(1, "LAP-ONE").await;
    scene.scan().await;
    let browser = scene.visit(ANNA).await;
    browser.press(&en("nav-targets")).await;
    browser.arrives("/targets").await;
    browser.sees_in("#target-list", &en("targets-none-help")).await;
    for kind in [
        "OCS Inventory",
        "Snipe-IT",
        "PostgreSQL",
        "File (CSV, NDJSON)",
        "NetBox",
        "GLPI",
        "ServiceNow",
    ] {
        browser.sees_in("section[aria-labelledby=kinds]", kind).await;
    }
    let install = format!("a[href='/products/{PRODUCT}/install']");
    browser.shown(&install).await;

    // A device has nowhere to go yet.
    browser.go(&device_page(1)).await;
    browser.press(&en("targets-for-this-device")).await;
    browser.arrives("/targets/-/resend").await;
    browser.sees(&device_id(1)).await;
    browser.sees(&en("targets-none")).await;
    browser.finish().await;
}

#[tokio::test]
async fn a_target_whose_other_side_is_dead_tells_cause_and_cure_and_each_of_its_pages_is_there() {
    let scene = dead_scene().await;
    let browser = scene.visit(ANNA).await;
    browser.go("/targets").await;
    let row = format!("tr[data-row='target:{TARGET}']");
    browser.sees_in(&row, &en("targets-state-paused")).await;
    browser.sees_in(&row, &en_count("targets-behind", 1)).await;
    browser.click(&format!("{row} a")).await;
    browser.arrives(PAGE).await;
    browser.sees_in("#target-needs", "annot reach the other side").await;
    browser.sees_in("#target-needs", &en("advice")).await;
    browser.sees_in("#target-facts", "Snipe-IT").await;
    browser.press_in("target-needs", &en("targets-check")).await;
    browser.arrives(&format!("{PAGE}/verify")).await;
    browser.press_in("check", &en("microservices-check-run")).await;
    browser.sees_in("#steps", &en("wizard-step-reach")).await;
    browser.shown("#steps .dot.bad").await;

    // From its management server, too.
    browser.go(&format!("/servers/{TARGET}")).await;
    browser.shown(&format!("#face a[href='{PAGE}']")).await;
    browser.go(&format!("{PAGE}/links")).await;
    browser.sees(&en("targets-links-none")).await;
    browser.go(&format!("{PAGE}/question")).await;
    browser.sees(&en("targets-question-none")).await;
    browser.finish().await;
    walk_pages(&scene).await;
}

/// Every page of the target is one, without its secret; a form in which nothing is filled in is told so.
async fn walk_pages(scene: &Scene) {
    let walker = Walker::signed_in(scene, ANNA).await;
    let ours = describe_pages()
        .into_iter()
        .filter(|page| page.path.contains("{target}"));
    let mut seen = 0;
    for page in ours {
        let path = page.path.replace("{target}", TARGET).replace("{run}", "99");
        let path = path.replace("{instance}", INSTANCE).replace("{device}", &device_id(1));
        let answer = if page.method == Method::GET {
            walker.get(&path).await
        } else {
            send(walker.form(&path)).await
        };
        let status = answer.status.as_u16();
        assert!(status < 500, "{} {path}: {status} {}", page.method, answer.body);
        // There is no such run.
        let is_run = path.contains("/runs/");
        assert!(
            page.method != Method::GET || status == if is_run { 404 } else { 200 },
            "{path}: {status} {}",
            answer.body
        );
        assert!(!answer.body.contains(TOKEN), "{path} has a secret in it");
        seen += 1;
    }
    assert!(seen >= 20, "{seen} routes");
    let preview = walker.get(&format!("{PAGE}/preview?run=1")).await;
    assert_eq!(preview.status, 422, "{}", preview.body);
    let fields = walker.get(&format!("{PAGE}/mapping?fields=1")).await;
    assert_eq!(fields.status, 200, "{}", fields.body);
}

#[tokio::test]
async fn a_mapping_shows_what_it_changes_before_it_is_saved_and_its_mistakes_at_their_rows() {
    let scene = dead_scene().await;
    let browser = scene.visit(ANNA).await;
    browser.go(&format!("{PAGE}/mapping")).await;
    let before = scene.whole.get(&format!("/sics/v1/targets/{TARGET}/mapping")).await;
    assert_eq!(before["isDefault"], true);
    browser.fill("#text", "{ \"fields\": [").await;
    browser.press_in("mapping", &en("targets-review-do")).await;
    browser
        .sees_in("main [data-problem]", &en("targets-mapping-no-json"))
        .await;
    browser.shown("#text-problem mark").await;
    assert!(!browser.has("#review").await);

    // Nothing is lost of what was typed; the mistake stands at its row.
    let wrong = r#"{ "fields": [ { "field": "name", "from": "devicename", "mode": "own" } ] }"#;
    browser.fill("#text", wrong).await;
    browser.press_in("mapping", &en("targets-review-do")).await;
    browser.sees_in("#review", "deviceName · own").await;
    browser.sees_in("#review", "devicename · own").await;
    browser.press_in("review", &en("save")).await;
    browser.sees_in("#text-problem mark", "devicename").await;
    assert_eq!(browser.value("#text").await, wrong);
    let after = scene.whole.get(&format!("/sics/v1/targets/{TARGET}/mapping")).await;
    assert_eq!(after["digest"], before["digest"]);

    browser.fill("#text", &wrong.replace("devicename", "deviceName")).await;
    browser.press_in("mapping", &en("targets-review-do")).await;
    browser.press_in("review", &en("save")).await;
    browser.sees(&en("done-target-mapping-set")).await;
    let set = scene.whole.get(&format!("/sics/v1/targets/{TARGET}/mapping")).await;
    assert_eq!((&set["isDefault"], &set["changedBy"]), (&json!(false), &json!(ANNA)));

    // Back to the default, by a tick.
    browser.click("#default input[name=agree]").await;
    browser.click("#default button").await;
    browser.hides("#default").await;
    let default = scene.whole.get(&format!("/sics/v1/targets/{TARGET}/mapping")).await;
    assert_eq!(default["digest"], before["digest"]);
    browser.finish().await;
}

#[tokio::test]
async fn who_may_only_look_is_offered_no_form_of_a_target_and_who_may_not_sees_nothing() {
    let scene = dead_scene().await;
    scene.person("rita", &["Devices_Read"]).await;
    scene.person("lena", &["Targets_Read", "Devices_Read"]).await;
    let rita = scene.visit("rita").await;
    assert!(!rita.offers(&en("nav-targets")).await);
    for path in [
        "/targets",
        PAGE,
        "/targets/IntuneTargetSnipeIt_2/links",
        "/targets/-/resend",
    ] {
        rita.go(path).await;
        rita.sees_in("main", "Targets_Read").await;
        assert!(!rita.text().await.contains(TARGET), "{path}");
    }
    rita.go(&device_page(1)).await;
    rita.sees("LAP-ONE").await;
    assert!(!rita.offers(&en("targets-for-this-device")).await);
    rita.finish().await;

    let lena = scene.visit("lena").await;
    lena.go("/targets").await;
    lena.sees_in("#target-list", TARGET).await;
    assert!(!lena.has("a[href$='/install']").await);
    for (rest, form) in [
        ("", "#resend"),
        ("/mapping", "#mapping"),
        ("/mapping", "#default"),
        ("/links/forget", "#forget"),
        ("/question", "#consent"),
    ] {
        lena.go(&format!("{PAGE}{rest}")).await;
        lena.shown("#target-head").await;
        assert!(!lena.has(form).await, "{rest} has {form}");
    }
    for (rest, fields) in [
        ("resend", format!("instance={INSTANCE}&device={}", device_id(1))),
        ("consent", "agree=1&count=1&number=1&digest=ab".to_owned()),
        ("links/forget", "agree=1".to_owned()),
        ("mapping", "step=default&agree=1".to_owned()),
        ("mapping/fields", String::new()),
    ] {
        let post = format!(
            "return fetch('{PAGE}/{rest}', {{ method: 'POST', body: new URLSearchParams('{fields}'),
            headers: {{ 'x-form-token': document.querySelector('meta[name=form-token]').content }} }})
            .then((answer) => answer.status)"
        );
        assert_eq!(lena.run(&post).await, 403, "{rest}");
    }
    lena.finish().await;
}
