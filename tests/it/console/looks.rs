//! In German, in the dark, on a phone.

use serde_json::json;

use super::scene::{ANNA, Scene, device_page};
use super::texts::{de, en};
use crate::sics::bus::PASSWORD;
use crate::support::browser::Browser;

/// Pages that do not stand in the navigation.
const FURTHER: [&str; 20] = [
    "/account",
    "/account/second-factor",
    "/account/sessions",
    "/account/tokens",
    "/access-review",
    "/actions",
    "/approvals",
    "/evidence",
    "/jobs/1",
    "/killswitch",
    "/lost?search=PHONE",
    "/microservices/IntuneConnector_1",
    "/operators/anna",
    "/products/intune-connector",
    "/products/intune-connector/install",
    "/reports/compliance",
    "/roles",
    "/servers/cmdb",
    "/servers/cmdb/webhook",
    "/settings?tab=people",
];

/// By the switch behind one's own name; the page is then such a one.
async fn switch(browser: &Browser, button: &str, page: &str) {
    browser.click(".who summary").await;
    browser.press(button).await;
    browser.shown(page).await;
}

#[tokio::test]
async fn a_german_browser_sees_german_until_somebody_chooses_otherwise() {
    let scene = Scene::new(&[]).await;
    let browser = Browser::start("de").await;
    browser.open(&format!("{}/devices", scene.console())).await;
    browser.shown("html[lang=de]").await;
    browser.sees(&de("sign-in-name")).await;
    browser.fill("#name", ANNA).await;
    browser.fill("#password", "ein falsches Kennwort").await;
    browser.press_in("main", &de("sign-in")).await;
    browser
        .sees_in("main [data-problem]", &de("problem-sign-in-failed"))
        .await;
    browser.fill("#password", PASSWORD).await;
    browser.press_in("main", &de("sign-in")).await;
    browser.arrives("/devices").await;
    for link in ["nav-dashboard", "nav-devices", "nav-jobs", "nav-reports"] {
        browser.sees_in("nav#navigation", &de(link)).await;
    }
    browser.sees_in("main", &de("devices-none")).await;
    assert_ne!(de("devices-none"), en("devices-none"));

    // What the API says of it, in the language of the page: nothing is left to be marked as English.
    browser.go("/servers/nowhere").await;
    browser
        .sees_in("main h1", "Den Management-Server nowhere gibt es nicht.")
        .await;
    let marked = browser
        .run("return document.querySelectorAll('main [lang=en]').length")
        .await;
    assert_eq!(marked, 0);
    browser.go("/devices").await;
    browser.sees_in("main", &de("devices-none")).await;

    switch(&browser, "English", "html[lang=en]").await;
    browser.sees_in("main", &en("devices-none")).await;
    assert_eq!(browser.path().await, "/devices");
    browser.press(&en("nav-reports")).await;
    browser.arrives("/reports").await;
    browser.shown("html[lang=en]").await;
    switch(&browser, "Deutsch", "html[lang=de]").await;
    browser.sees_in("nav#navigation", &de("nav-reports")).await;
    browser.finish().await;
}

#[tokio::test]
async fn the_dark_theme_stays_from_page_to_page() {
    let scene = Scene::new(&[]).await;
    let browser = scene.visit(ANNA).await;
    let ground = "return getComputedStyle(document.body).backgroundColor";
    browser.shown("html:not([data-theme])").await;
    let bright = browser.run(ground).await;
    switch(&browser, &en("theme-dark"), "html[data-theme=dark]").await;
    assert_ne!(browser.run(ground).await, bright);
    browser.press(&en("nav-devices")).await;
    browser.arrives("/devices").await;
    browser.shown("html[data-theme=dark]").await;
    switch(&browser, &en("theme-light"), "html[data-theme=light]").await;
    assert_eq!(browser.run(ground).await, bright);
    assert_eq!(browser.path().await, "/devices");
    switch(&browser, &en("theme-system"), "html:not([data-theme])").await;
    browser.finish().await;
}

/// By how much the page scrolls to the side, and what makes it; what is too wide for it should scroll in a place of its own.
async fn find_too_wide(browser: &Browser, path: &str) -> Option<String> {
    let script = "const over = document.documentElement.scrollWidth - innerWidth;
        const beyond = [...document.querySelectorAll('main *, header *')].filter((one) =>
            one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.table, pre'));
        return over > 0 ? [over, beyond.slice(0, 2).map((one) => one.outerHTML.slice(0, 120))] : null";
    let found = browser.run(script).await;
    (!found.is_null()).then(|| format!("{path}: {found}"))
}

#[tokio::test]
async fn no_page_scrolls_to_the_side_on_a_phone() {
    let scene = Scene::new(&[("verbs", "sync")]).await;
    let long = format!("{}@example.org", "averylongname".repeat(9));
    let phone = scene.phone(1, &format!("PHONE-{}", "W".repeat(120))).await;
    scene.change(1, json!({"userPrincipalName": long, "notes": long})).await;
    scene.scan().await;
    scene.whole.server("cmdb", json!({})).await;
    let job = json!({"instance": "IntuneConnector_1", "action": "sync", "devices": [{"id": phone}], "reason": long});
    scene.whole.post("/sics/v1/jobs", job).await;
    let browser = Browser::start("en").await;
    browser.set_width(360).await;
    browser.open(&format!("{}/sign-in", scene.console())).await;
    let mut too_wide: Vec<String> = find_too_wide(&browser, "/sign-in").await.into_iter().collect();
    scene.sign_in(&browser, ANNA).await;
    let links = "return [...document.querySelectorAll('nav#navigation a')].map((link) => link.getAttribute('href'))";
    let links: Vec<String> = serde_json::from_value(browser.run(links).await).unwrap();
    assert!(links.len() > 10, "{links:?}");
    let device = device_page(1);
    let further = FURTHER.iter().copied().chain([device.as_str()]);
    for path in links.iter().map(String::as_str).chain(further) {
        browser.go(path).await;
        browser.shown("main h1").await;
        too_wide.extend(find_too_wide(&browser, path).await);
    }
    assert_eq!(too_wide, [""; 0]);

    // The navigation opens by its button.
    browser.hides("nav#navigation a[href='/devices']").await;
    browser.click("button.menu").await;
    browser.click("nav#navigation a[href='/devices']").await;
    browser.arrives("/devices").await;
    browser.finish().await;
}
