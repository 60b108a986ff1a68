//! The wizard as somebody goes through it: its pages by their names in the template, its fields by theirs.

use std::time::Duration;

use serde_json::{Value, json};

use super::scene::Scene;
use super::texts::en;
use crate::support::browser::Browser;
use crate::support::wait::found;

/// Selector of the page that is shown.
pub const PAGE: &str = "fieldset.page.current";
pub const READ: &str = "DeviceManagementManagedDevices.Read.All";
pub const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";

/// Nobody presses a button twice in less.
const PRESSED_AGAIN: Duration = Duration::from_secs(2);

/// One wizard in one browser.
pub struct Wizard<'a> {
    pub browser: &'a Browser,
}

impl<'a> Wizard<'a> {
    /// From the catalogue of products.
    pub async fn open(browser: &'a Browser) -> Wizard<'a> {
        browser.go("/products").await;
        browser.click("a[href='/products/intune-connector/install']").await;
        browser.arrives("/products/intune-connector/install").await;
        let wizard = Wizard { browser };
        wizard.is_at("prerequisites").await;
        wizard
    }

    pub async fn is_at(&self, page: &str) {
        self.browser.shown(&format!("{PAGE}[data-page={page}]")).await;
    }

    /// To the page after this one; pressed again where the page was still thinking about what was typed.
    pub async fn next(&self, page: &str) {
        let there = format!("{PAGE}[data-page={page}]");
        let button = format!("{PAGE}:not([data-page={page}]) [data-next]");
        found(&format!("the page {page} is shown"), async || {
            if self.browser.is_shown(&there).await {
                return Ok(());
            }
            self.browser.try_click(&button).await;
            let moved = tokio::time::timeout(PRESSED_AGAIN, self.browser.shown(&there)).await;
            moved.map(drop).map_err(|_| "it stays")
        })
        .await;
    }

    pub async fn press_next(&self) {
        self.browser.click(&format!("{PAGE} [data-next]")).await;
    }

    /// To any page, by the list beside the form.
    pub async fn go(&self, page: &str) {
        self.browser.click(&format!(".wizard nav a[data-go={page}]")).await;
        self.is_at(page).await;
    }

    pub async fn answer(&self, field: &str, text: &str) {
        self.browser.fill(&format!("#f-{field}"), text).await;
    }

    /// Ticks one of several, or chooses one.
    pub async fn take(&self, field: &str, value: &str) {
        self.browser
            .click(&format!("input[name='f-{field}'][value='{value}']"))
            .await;
    }

    pub async fn tick(&self, field: &str) {
        self.browser.click(&format!("#f-{field}")).await;
    }

    /// Waits until a field says what is wrong with it.
    pub async fn complains(&self, field: &str, text: &str) {
        self.browser.sees_in(&format!("#f-{field}-problem"), text).await;
    }

    /// Waits until a step of a check on this page is in this state; all of the step that is shown has to be there.
    pub async fn step(&self, state: &str, texts: &[&str]) {
        let script = format!(
            "return [...document.querySelectorAll('{PAGE} [data-steps] li[data-state={state}]')].map((step) => step.innerText)"
        );
        found(&format!("a step is {state}: {texts:?}"), async || {
            let steps = self.browser.run(&script).await;
            let mut shown = steps.as_array().unwrap().iter().filter_map(Value::as_str);
            if shown.any(|step| texts.iter().all(|text| step.contains(text))) {
                Ok(())
            } else {
                Err((steps, self.browser.text().await))
            }
        })
        .await;
    }

    /// The check of a page, once more.
    pub async fn check(&self, action: &str) {
        self.browser
            .click(&format!("{PAGE} [data-action={action}] button[data-check]"))
            .await;
    }

    pub async fn has_passed(&self, action: &str) {
        let passed = format!("{PAGE} [data-action={action}] [data-has-passed]");
        self.browser.sees_in(&passed, &en("wizard-passed")).await;
    }

    /// From a step that failed to the field that is to blame.
    pub async fn go_to_blame(&self, field: &str, page: &str) {
        self.browser
            .click(&format!("{PAGE} li[data-state=failed] a[data-go-field={field}]"))
            .await;
        self.is_at(page).await;
        let focused = self.browser.run("return document.activeElement.id").await;
        assert_eq!(focused, format!("f-{field}"));
    }

    /// That Microsoft is to be found at the simulated tenant's.
    pub async fn lead_to(&self, base: &str) {
        self.tick("connection_more").await;
        self.take("network", "addresses").await;
        self.answer("login_url", base).await;
        self.answer("graph_url", base).await;
    }

    /// What the browser keeps of the answers.
    pub async fn kept(&self) -> String {
        let kept = self.browser.run("return JSON.stringify({ ...localStorage })").await;
        kept.as_str().unwrap().to_owned()
    }

    /// From the last page to the installation that has ended well, item by item.
    pub async fn install(&self, name: &str) {
        self.is_at("installation").await;
        self.browser.click("button[data-submit]").await;
        self.browser.arrives(&format!("/installations/{name}")).await;
        self.browser.shown("[data-installation-state=installed]").await;
        let number = name.rsplit_once('_').unwrap().1;
        for item in [
            "IntuneConnector",
            "IntuneWorkflowEngine",
            "IntuneMobileDevices",
            "IntuneActions",
            "RetireWithNotice",
            "StaleDevices",
        ] {
            self.browser.sees_in("ul.steps", &format!("{item}_{number}")).await;
        }
        assert!(self.browser.count("ul.steps li .dot.good").await >= 6);
        self.browser.press(&en("wizard-finish")).await;
        self.browser.arrives(&format!("/microservices/{name}")).await;
    }
}

/// The rights of the application that the scene was registered with.
pub async fn grant(scene: &Scene, rights: &[&str]) {
    let registration = &scene.whole.sim.registration;
    let path = format!("apps/{}/{}/roles", registration.tenant_id, registration.client_id);
    scene.whole.control("PUT", &path, json!({"roles": rights})).await;
}
