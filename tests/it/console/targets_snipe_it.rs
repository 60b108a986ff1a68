//! From the catalogue to the record on the other side: a target for Snipe-IT is installed through every page of its wizard,
//! looks ahead, writes its first records, waits for consent, and asks about a device; the stand-in of Snipe-IT is the judge.

use serde_json::{Value, json};

use super::scene::{ANNA, Scene, device_id};
use super::targets::{PRODUCT, TARGET, stands};
use super::texts::{en, en_count, en_with};
use super::wizard::{PAGE, Wizard};
use crate::support::browser::Browser;
use crate::support::snipe_it::{SeenAsset, SnipeOptions, SnipeServer, SnipeVersion};
use crate::support::wait::found;

/// More than the first records of a mapping.
const LAPTOPS: u32 = 24;
/// Its serial number stands on two assets.
const TWICE: u32 = 1;
/// Its serial number stands on one.
const ONCE: u32 = 2;
const ROOM: &str = "Room 7, window side";
const ID_FIELD: &str = "Intune ID";

fn name(number: u32) -> String {
    format!("LAP-{number}")
}

/// As [`Scene::put`] makes it.
fn serial(number: u32) -> String {
    format!("SER{number:06}")
}

/// A Snipe-IT with some assets of its own, and a bus that knows more devices than these.
struct Town {
    scene: Scene,
    snipe: SnipeServer,
    /// The two assets of the serial number that is there twice.
    twins: [u64; 2],
    /// The asset of the one that is there once.
    single: u64,
}

async fn town() -> Town {
    let snipe = SnipeServer::start(SnipeOptions::of_version(SnipeVersion::V8)).await;
    let (twins, single) = snipe.with_state(|state| {
        let tables = &mut state.tables;
        let model = tables.add_model("Laptop of old", "Computers");
        let twins = ["A-1", "A-2"].map(|tag| tables.add_asset(tag, Some(serial(TWICE).as_str()), model));
        let single = tables.add_asset("A-3", Some(serial(ONCE).as_str()), model);
        for id in [twins[1], single] {
            tables.assets.get_mut(&id).unwrap().notes = Some(ROOM.to_owned());
        }
        (twins, single)
    });
    let scene = Scene::new(&[]).await;
    for number in 1..=LAPTOPS {
        scene.laptop(number, &name(number)).await;
    }
    scene.scan().await;
    Town {
        scene,
        snipe,
        twins,
        single,
    }
}

/// By the list of targets, to the page of the one that is installed.
async fn install(town: &Town, browser: &Browser) {
    browser.press(&en("nav-targets")).await;
    browser.arrives("/targets").await;
    browser.click(&format!("a[href='/products/{PRODUCT}/install']")).await;
    browser.arrives(&format!("/products/{PRODUCT}/install")).await;
    let wizard = Wizard { browser };
    wizard.is_at("prerequisites").await;
    browser.sees_in(PAGE, &en("wizard-check-passed")).await;
    wizard.next("profile").await;
    wizard.answer("profile", "Assets of Berlin").await;
    wizard.next("connection").await;
    wizard.answer("url", &town.snipe.url()).await;
    wizard.answer("token", "a wrong token").await;
    wizard.tick("allow_private_addresses").await;
    wizard.next("written").await;
    wizard.answer("gone_label", "Archived").await;
    wizard.tick("writing_more").await;
    wizard.answer("requests_per_minute", "0").await;
    wizard.next("network").await;
    wizard.next("verify").await;
    wizard
        .step("failed", &[&en("wizard-step-signin"), &en("wizard-cure")])
        .await;
    wizard.go_to_blame("token", "connection").await;
    let token = town.snipe.with_state(|state| state.options.token.clone());
    wizard.answer("token", &token).await;
    wizard.next("written").await;
    wizard.next("network").await;
    wizard.next("verify").await;
    wizard.step("ok", &[&en("wizard-step-version"), "v8"]).await;
    wizard.has_passed("verify").await;
    wizard.next("summary").await;
    browser.sees_in("[data-summary]", "Assets of Berlin").await;
    let shown = browser.shown("[data-summary]").await.text().await.unwrap();
    assert!(!shown.contains(&token), "{shown}");
    wizard.next("installation").await;
    browser.click("button[data-submit]").await;
    browser.arrives(&format!("/installations/{TARGET}")).await;
    browser.shown("[data-installation-state=installed]").await;
    browser.press(&en("wizard-finish")).await;
    browser.arrives(&format!("/microservices/{TARGET}")).await;
    browser.click(&format!("#face a[href='/targets/{TARGET}']")).await;
    browser.arrives(&format!("/targets/{TARGET}")).await;
    browser.sees("Assets of Berlin").await;
}

/// The asset that has this device's id.
fn asset_of(town: &Town, number: u32) -> Option<SeenAsset> {
    let id = device_id(number);
    let mut all = town.snipe.list_assets().into_iter();
    all.find(|asset| asset.custom.get(ID_FIELD) == Some(&id))
}

/// A look ahead, from its tab.
async fn look_ahead(browser: &Browser) {
    browser.go(&format!("/targets/{TARGET}/preview")).await;
    browser.press_in("look", &en("targets-preview-do")).await;
    browser.shown("#preview").await;
    browser.sees_in("main table", &en("targets-outcome-create")).await;
}

#[tokio::test]
async fn a_target_is_installed_looked_at_consented_to_and_decided_until_the_records_are_there() {
    let town = town().await;
    let scene = &town.scene;
    let browser = scene.visit(ANNA).await;
    install(&town, &browser).await;
    // The custom fields of its mapping that Snipe-IT lacks.
    let fields = format!("/sics/v1/targets/{TARGET}/fields");
    scene.whole.post(&fields, json!({})).await;

    // The first records are written, and nothing else.
    let waiting = stands(scene, "waits for consent", |told| told["question"].is_object()).await;
    assert_eq!(waiting["linked"], 20, "{waiting}");
    browser.sees_in("#target-needs", &en("targets-canary-waits")).await;
    look_ahead(&browser).await;
    browser.go("/").await;
    let link = format!("a[href='/targets/{TARGET}']");
    browser.shown(&link).await;
    browser.go(&format!("/targets/{TARGET}/question")).await;
    browser.sees_in("#question-written", &name(ONCE)).await;
    let total = waiting["question"]["total"].as_u64().unwrap();
    browser
        .sees_in("#question", &en_count("targets-writes-wait", total))
        .await;

    // What is consented to is what was shown: with another digest the page says that it has changed.
    let spoil = "document.querySelector('#consent input[name=digest]').value = 'ab'";
    browser.run(spoil).await;
    agree(&browser, total).await;
    browser.shown("#question-changed").await;
    assert_eq!(stands(scene, "waits still", |_| true).await["linked"], 20);
    agree(&browser, total).await;
    browser.sees(&en("done-target-consented")).await;
    let written = u64::from(LAPTOPS) - 1;
    stands(scene, "has written all but one", |told| told["linked"] == written).await;

    decide(&town, &browser).await;
    stands(scene, "has written all", |told| {
        told["linked"] == written + 1 && told["setAside"] == 0
    })
    .await;
    judge(&town).await;

    browser.go(&format!("/targets/{TARGET}/links?q={}", serial(ONCE))).await;
    let row = format!("tr[data-row='link:{}']", device_id(ONCE));
    browser.sees_in(&row, &town.single.to_string()).await;
    browser.sees_in(&row, &en("targets-origin-adopted")).await;
    browser.finish().await;
}

/// The box, the number and the button of the page of consent.
async fn agree(browser: &Browser, total: u64) {
    browser.click("#consent input[name=agree]").await;
    browser.fill("#number", &total.to_string()).await;
    browser.click("#consent button.danger").await;
}

/// About the device whose serial number two assets have: the second of them is its.
async fn decide(town: &Town, browser: &Browser) {
    browser.go(&format!("/targets/{TARGET}")).await;
    browser.press_in("target-needs", &en("targets-aside-go")).await;
    browser.arrives(&format!("/targets/{TARGET}/set-aside")).await;
    let article = format!("#aside-{}", device_id(TWICE));
    browser.sees_in(&article, &en("targets-reason-serialtwice")).await;
    browser.sees_in(&article, &serial(TWICE)).await;
    for twin in town.twins {
        let record = twin.to_string();
        browser.shown(&format!("{article} button[value='{record}']")).await;
        browser
            .sees_in(&article, &en_with("targets-adopt-record", &[("record", &record)]))
            .await;
    }
    browser
        .click(&format!("{article} button[value='{}']", town.twins[1]))
        .await;
    browser.sees(&en("done-target-decided")).await;
}

/// What Snipe-IT keeps: one asset of each device, the adopted ones with what people wrote there, no twin touched.
async fn judge(town: &Town) {
    let seen = found("every device has its asset", async || {
        let all: Vec<Option<SeenAsset>> = (1..=LAPTOPS).map(|number| asset_of(town, number)).collect();
        let whole: Option<Vec<SeenAsset>> = all.iter().cloned().collect();
        whole.ok_or(all)
    })
    .await;
    assert_eq!(
        town.snipe.list_assets().len(),
        LAPTOPS as usize + 1,
        "the first twin is nobody's"
    );
    let of = |number: u32| &seen[number as usize - 1];
    assert_eq!((of(TWICE).id, of(ONCE).id), (town.twins[1], town.single));
    for number in [TWICE, ONCE] {
        assert_eq!(of(number).notes.as_deref(), Some(ROOM), "it is theirs");
        assert_eq!(of(number).name, Some(name(number)));
    }
    let all = town.snipe.list_assets();
    let first = all.iter().find(|asset| asset.id == town.twins[0]).unwrap();
    assert_eq!((&first.name, first.custom.get(ID_FIELD)), (&None, None));
    let path = format!("/sics/v1/targets/{TARGET}/set-aside");
    let aside: Value = town.scene.whole.get(&path).await;
    assert_eq!(aside["devices"], json!([]));
}
