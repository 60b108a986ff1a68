//! The registration helper: the bus makes the key, somebody does the rest in Entra (here by the control API of the simulated
//! tenant), and its steps turn green one after the other.

use serde_json::json;

use super::scene::{ANNA, Scene};
use super::texts::en;
use super::wizard::{PAGE, READ, Wizard};
use crate::support::wait::found;
use crate::whole::INSTANCE;

#[tokio::test]
async fn an_application_is_registered_while_the_wizard_watches() {
    let scene = Scene::without_products().await;
    scene.laptop(1, "LAP-ONE").await;
    let tenant = scene.whole.sim.registration.tenant_id.clone();
    let browser = scene.visit(ANNA).await;
    let wizard = Wizard::open(&browser).await;
    for page in ["profile", "connector", "intune"] {
        wizard.next(page).await;
    }
    wizard.take("sign_in", "registration").await;
    wizard.lead_to(&scene.whole.sim.base).await;
    wizard.answer("tenant_id", &tenant).await;
    browser.press(&en("wizard-registration-begin")).await;
    browser
        .sees_in("[data-registration]", &en("wizard-registration-made"))
        .await;
    browser.sees_in("[data-registration]", READ).await;
    let id = browser
        .run("return document.getElementById('f-registration').value")
        .await;
    let begun = format!(
        "/sics/v1/products/intune-connector/registrations/{}",
        id.as_str().unwrap()
    );
    let begun = scene.whole.get(&begun).await;
    browser
        .sees_in("[data-registration]", begun["thumbprint"].as_str().unwrap())
        .await;
    let file = "document.querySelector('[data-registration] a[download]').href";
    let file = format!("return fetch({file}).then((file) => file.text())");
    let offered = browser.run(&file).await;
    let part = "return document.querySelector('[data-registration]').outerHTML";
    let page = browser.run(part).await;
    for text in [&offered, &page] {
        assert!(
            !text.as_str().unwrap().contains("PRIVATE KEY"),
            "the key stays where it is"
        );
    }

    // The application is there: that is seen without a click.
    let apps = format!("apps/{tenant}");
    let made = scene
        .whole
        .control("POST", &apps, json!({"displayName": "intune-connector"}))
        .await;
    let client = made["clientId"].as_str().unwrap();
    let own = format!("{apps}/{client}");
    wizard.answer("client_id", client).await;
    wizard.step("ok", &[&en("wizard-step-application")]).await;
    wizard.step("waiting", &[&en("wizard-step-certificate")]).await;
    browser.sees_in(PAGE, &en("wizard-check-waiting")).await;

    let certificate = json!({"certificate": begun["certificatePem"]});
    scene
        .whole
        .control("POST", &format!("{own}/certificates"), certificate)
        .await;
    browser.press(&en("wizard-registration-check")).await;
    wizard.step("ok", &[&en("wizard-step-certificate")]).await;
    wizard.step("waiting", &[READ]).await;

    let asked = json!({"permission": READ});
    scene.whole.control("POST", &format!("{own}/permissions"), asked).await;
    scene.whole.control("POST", &format!("{own}/consent"), json!({})).await;
    wizard.step("ok", &[READ]).await;
    browser
        .sees_in("[data-registration] [data-check-end]", &en("wizard-check-passed"))
        .await;

    wizard.next("verify").await;
    wizard.has_passed("verify").await;
    for page in ["scanner", "devices", "actions", "summary", "preview", "installation"] {
        wizard.next(page).await;
    }
    wizard.install(INSTANCE).await;
    browser.go("/devices").await;
    scene.whole.completed("full", 1).await;
    browser.reload().await;
    browser.sees("LAP-ONE").await;
    renew_certificate(&scene, &wizard, client).await;
    browser.finish().await;
}

/// Another key for the same application; then Entra knows that of the first one no more.
async fn renew_certificate(scene: &Scene, wizard: &Wizard<'_>, client: &str) {
    let (browser, tenant) = (wizard.browser, &scene.whole.sim.registration.tenant_id);
    browser.go(&format!("/microservices/{INSTANCE}/settings")).await;
    browser.press(&en("microservices-renew")).await;
    browser.arrives(&format!("/installations/{INSTANCE}/renew")).await;
    wizard.go("intune").await;
    wizard.take("sign_in", "registration").await;
    browser.press(&en("wizard-registration-begin")).await;
    browser
        .sees_in("[data-registration]", &en("wizard-registration-made"))
        .await;
    let id = browser
        .run("return document.getElementById('f-registration').value")
        .await;
    let begun = format!(
        "/sics/v1/installations/{INSTANCE}/registrations/{}",
        id.as_str().unwrap()
    );
    let begun = scene.whole.get(&begun).await;
    assert_eq!(begun["clientId"], client, "{begun}");
    wizard.step("waiting", &[&en("wizard-step-certificate")]).await;
    let certificate = json!({"certificate": begun["certificatePem"]});
    let upload = format!("apps/{tenant}/{client}/certificates");
    scene.whole.control("POST", &upload, certificate).await;
    browser.press(&en("wizard-registration-check")).await;
    wizard.step("ok", &[&en("wizard-step-certificate")]).await;
    browser
        .sees_in("[data-registration] [data-check-end]", &en("wizard-check-passed"))
        .await;
    wizard.next("verify").await;
    wizard.has_passed("verify").await;
    wizard.go("installation").await;
    browser.click("button[data-submit]").await;
    browser.arrives(&format!("/installations/{INSTANCE}")).await;
    browser.sees(&en("done-sign-in-renewed")).await;

    let directory = scene.whole.sim.simulated.directory();
    assert!(directory.change_app(tenant, client, |app| drop(app.certificates.remove(0))));
    found("the connector runs with the new one", async || {
        let told = scene.whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await;
        (told["status"]["state"] == "idle").then_some(()).ok_or(told)
    })
    .await;
    scene.scan().await;
}
