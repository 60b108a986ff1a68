//! A product installed through every page of its wizard.

use serde_json::json;
use simulated_tenant::directory::{App, Certificate};

use super::scene::{ANNA, Scene};
use super::texts::{en, en_with};
use super::wizard::{ACT, PAGE, READ, Wizard, grant};
use crate::support::wait::until;
use crate::whole::INSTANCE;

/// As the fixtures of certificates were made with.
const PFX_PASSWORD: &str = "fixture";
const THUMBPRINT: &str = "01E4B991B074352C3F14AA87BCB42624B4A3D571";
const CERTIFICATE_APP: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/certs")
        .join(name)
}

/// An empty bus beside a tenant of three devices.
async fn empty_bus() -> Scene {
    let scene = Scene::without_products().await;
    scene.laptop(1, "LAP-ONE").await;
    scene.phone(2, "PHONE-TWO").await;
    scene.phone(3, "PHONE-THREE").await;
    scene
}

async fn answer_by_secret(wizard: &Wizard<'_>, scene: &Scene, secret: &str) {
    let registration = &scene.whole.sim.registration;
    wizard.is_at("intune").await;
    wizard.lead_to(&scene.whole.sim.base).await;
    wizard.answer("tenant_id", &registration.tenant_id).await;
    wizard.answer("client_id", &registration.client_id).await;
    wizard.answer("secret", secret).await;
}

async fn knows(scene: &Scene, instance: &str, devices: u64) {
    until("the first scan is done", async || {
        let path = format!("/sics/v1/devices?instance={instance}&count=true&limit=1");
        scene.whole.get(&path).await["matching"] == devices
    })
    .await;
}

#[tokio::test]
async fn the_wizard_goes_through_every_page_to_an_instance_that_reads_the_tenant() {
    let scene = empty_bus().await;
    let registration = scene.whole.sim.registration.clone();
    let browser = scene.visit(ANNA).await;
    let wizard = Wizard::open(&browser).await;
    browser.sees_in(PAGE, &en("wizard-check-passed")).await;
    wizard.next("profile").await;
    wizard.answer("profile", "Contoso").await;
    wizard.next("connector").await;
    wizard.answer("servers", "not an id!").await;
    wizard.press_next().await;
    browser.shown("#f-servers[aria-invalid=true]").await;
    wizard.answer("servers", "cmdb").await;
    wizard.next("intune").await;
    answer_by_secret(&wizard, &scene, &registration.client_secret).await;
    wizard.answer("client_id", "not a guid").await;
    wizard.press_next().await;
    browser.shown("#f-client_id[aria-invalid=true]").await;
    assert_ne!(browser.shown("#f-client_id-problem").await.text().await.unwrap(), "");

    // Leaving is no loss, but secrets are kept nowhere.
    let kept = wizard.kept().await;
    assert!(
        kept.contains("Contoso") && !kept.contains(&registration.client_secret),
        "{kept}"
    );
    browser.go("/devices").await;
    browser.go("/products/intune-connector/install").await;
    wizard.is_at("intune").await;
    browser.sees_in("[data-resumed]", &en("wizard-resumed")).await;
    assert_eq!(browser.value("#f-tenant_id").await, registration.tenant_id);
    assert_eq!(browser.value("#f-secret").await, "");
    wizard.answer("client_id", &registration.client_id).await;
    wizard.answer("secret", &registration.client_secret).await;

    wizard.next("verify").await;
    wizard.step("ok", &[&en("wizard-step-token")]).await;
    let right = en("wizard-step-right");
    wizard.step("ok", &[&right, "All required rights are granted"]).await;
    wizard.step("ok", &[&en("wizard-step-count"), "3 devices"]).await;
    wizard.has_passed("verify").await;
    wizard.next("scanner").await;
    wizard.take("rhythm", "own").await;
    wizard.answer("zone", "Europe/Berlin").await;
    wizard.answer("full", "0 3 * * *").await;
    browser.sees_in("[data-field=full] [data-runs]", "03:00").await;
    wizard.next("devices").await;
    wizard.take("devices", "own").await;
    wizard.answer("filter", "operatingSystem == \"iOS\"").await;
    browser.click("[data-field=filter] button[data-check]").await;
    wizard.step("ok", &["2 of 3 devices"]).await;

    // What the chosen actions lack is told beside them.
    wizard.next("actions").await;
    grant(&scene, &[READ]).await;
    wizard.take("verbs", "sync").await;
    wizard.take("verbs", "wipe").await;
    wizard.check("rights").await;
    wizard.step("failed", &[ACT, &en("wizard-cure")]).await;
    browser.sees_in(PAGE, &en("wizard-check-failed")).await;
    wizard.is_at("actions").await;
    grant(&scene, &[READ, ACT]).await;
    wizard.check("rights").await;
    wizard.has_passed("rights").await;
    wizard.next("summary").await;
    for shown in ["Contoso", "cmdb", "Europe/Berlin", registration.client_id.as_str()] {
        browser.sees_in("[data-summary]", shown).await;
    }
    let shown = browser.shown("[data-summary]").await.text().await.unwrap();
    assert!(!shown.contains(&registration.client_secret), "{shown}");
    browser.click("[data-summary] a[data-go=profile]").await;
    wizard.is_at("profile").await;
    wizard.answer("profile", "Contoso Europe").await;
    wizard.go("summary").await;
    browser.sees_in("[data-summary]", "Contoso Europe").await;

    // A change above has to be checked again; then the first scan is shown before it runs.
    wizard.go("verify").await;
    wizard.has_passed("verify").await;
    wizard.go("actions").await;
    wizard.check("rights").await;
    wizard.has_passed("rights").await;
    wizard.go("preview").await;
    wizard.check("preview").await;
    wizard.step("ok", &["2 new"]).await;
    assert_eq!(scene.whole.get("/sics/v1/instances").await["instances"], json!([]));
    wizard.next("installation").await;
    wizard.install(INSTANCE).await;
    browser.sees("Contoso Europe").await;
    browser.press(&en("scan-kind-full")).await;
    browser.sees(&en("done-scan-started")).await;
    knows(&scene, INSTANCE, 2).await;
    browser.go("/devices").await;
    browser.sees("PHONE-TWO").await;
    assert!(!browser.text().await.contains("LAP-ONE"), "the filter leaves it out");
    assert!(!wizard.kept().await.contains("Contoso"), "nothing is left to resume");
    browser.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_connection_is_told_with_cause_cure_and_the_way_back() {
    let scene = empty_bus().await;
    let registration = scene.whole.sim.registration.clone();
    let browser = scene.visit(ANNA).await;
    let wizard = Wizard::open(&browser).await;
    wizard.next("profile").await;
    wizard.next("connector").await;
    wizard.next("intune").await;
    answer_by_secret(&wizard, &scene, "a wrong secret").await;
    wizard.answer("login_url", "http://127.0.0.1:1").await;
    wizard.next("verify").await;
    wizard.step("failed", &["connectionRefused", &en("wizard-cure")]).await;
    wizard.go_to_blame("login_url", "intune").await;

    wizard.answer("login_url", &scene.whole.sim.base).await;
    wizard.next("verify").await;
    wizard.step("failed", &["AADSTS7000215", &en("wizard-cure")]).await;
    let way = [("field", "Client secret"), ("page", "Intune")];
    wizard.step("failed", &[&en_with("wizard-go-field", &way)]).await;
    // Nobody goes on without having said that they want to.
    wizard.press_next().await;
    browser.sees_in(PAGE, &en("wizard-check-failed")).await;
    wizard.is_at("verify").await;
    wizard.go("actions").await;
    browser
        .sees_in(&format!("{PAGE} [data-lock]"), "Verify the connection")
        .await;
    wizard.go("verify").await;
    wizard.step("failed", &["AADSTS7000215"]).await;
    wizard.go_to_blame("secret", "intune").await;

    grant(&scene, &[]).await;
    wizard.answer("secret", &registration.client_secret).await;
    wizard.next("verify").await;
    wizard.step("ok", &[&en("wizard-step-token")]).await;
    wizard.step("failed", &[READ, &en("wizard-cure")]).await;
    grant(&scene, &[READ]).await;
    wizard.check("verify").await;
    wizard.has_passed("verify").await;
    wizard.next("scanner").await;
    browser.finish().await;
}

#[tokio::test]
async fn a_second_tenant_signs_in_by_pfx_and_stands_beside_the_first() {
    let scene = Scene::new(&[]).await;
    let options = simulated_tenant::Options {
        clock: scene.whole.sim_clock.clone(),
        ..simulated_tenant::Options::quick(5, 8)
    };
    let other = simulated_tenant::start(options).await.unwrap();
    let certificate = Certificate::read(&std::fs::read(fixture("cert.pem")).unwrap()).unwrap();
    let app = App::new(CERTIFICATE_APP)
        .with_roles(&[READ])
        .with_certificate(certificate);
    let tenant = other.registration.tenant_id.clone();
    assert!(other.simulated.directory().add_app(&tenant, app));

    let browser = scene.visit(ANNA).await;
    let wizard = Wizard::open(&browser).await;
    wizard.next("profile").await;
    wizard.answer("profile", "Fabrikam").await;
    wizard.next("connector").await;
    wizard.next("intune").await;
    wizard.take("sign_in", "pfx").await;
    wizard.lead_to(&other.base).await;
    wizard.answer("tenant_id", &tenant).await;
    wizard.answer("client_id", CERTIFICATE_APP).await;
    browser.shown("#f-pfx").await;
    browser.upload("#f-pfx", &fixture("aes256.pfx")).await;
    wizard.answer("pfx_password", "a wrong password").await;
    wizard.press_next().await;
    wizard
        .complains("pfx_password", "password of the PFX file is wrong")
        .await;
    wizard.complains("pfx_password", "the password that was set when").await;
    wizard.is_at("intune").await;
    wizard.answer("pfx_password", PFX_PASSWORD).await;
    browser.click("[data-look=certificate] button[data-check]").await;
    wizard.step("ok", &[THUMBPRINT, "CN=intune-connector fixture"]).await;
    wizard.next("verify").await;
    wizard.has_passed("verify").await;
    for page in ["scanner", "devices", "actions", "summary", "preview", "installation"] {
        wizard.next(page).await;
    }
    wizard.install("IntuneConnector_2").await;
    knows(&scene, "IntuneConnector_2", 5).await;

    browser.go("/microservices").await;
    for member in [
        "IntuneConnector_1",
        "IntuneWorkflowEngine_1",
        "IntuneConnector_2",
        "IntuneWorkflowEngine_2",
    ] {
        browser.shown(&format!("#tree a[href='/microservices/{member}']")).await;
    }
    browser.sees_in("#tree", "Fabrikam").await;
    browser.go("/workflows").await;
    for workflow in [
        "IntuneMobileDevices_1",
        "IntuneActions_1",
        "IntuneMobileDevices_2",
        "IntuneActions_2",
    ] {
        browser
            .shown(&format!("#engines a[href='/workflows/{workflow}']"))
            .await;
    }
    browser.go("/").await;
    browser.sees_in("#instances", "IntuneConnector_2").await;
    browser.finish().await;
}
