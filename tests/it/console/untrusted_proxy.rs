//! A proxy that reads along: the wizard names it as the cause, and the way to its authority.

use simulated_tenant::{Options, ProxyOptions};

use super::scene::{ANNA, Scene};
use super::texts::en;
use super::wizard::Wizard;

#[tokio::test]
async fn a_proxy_whose_certificate_is_not_trusted_is_told_with_cause_cure_and_the_way_back() {
    let scene = Scene::without_products().await;
    let options = Options {
        clock: scene.whole.sim_clock.clone(),
        proxy: Some(ProxyOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            credentials: None,
            inspect: true,
        }),
        ..Options::quick(3, 7)
    };
    let tenant = simulated_tenant::start(options).await.unwrap();
    let registration = tenant.registration.clone();
    let browser = scene.visit(ANNA).await;
    let wizard = Wizard::open(&browser).await;
    for page in ["profile", "connector", "intune"] {
        wizard.next(page).await;
    }
    wizard.answer("tenant_id", &registration.tenant_id).await;
    wizard.answer("client_id", &registration.client_id).await;
    wizard.answer("secret", &registration.client_secret).await;
    wizard.tick("connection_more").await;
    wizard.take("network", "proxy").await;
    let address = format!("http://{}", tenant.proxy.unwrap());
    wizard.answer("proxy", &address).await;

    wizard.next("verify").await;
    wizard.step("failed", &["tlsUntrusted", &en("wizard-cure")]).await;
    wizard.go_to_blame("proxy", "intune").await;

    // What was typed is still there; the authority of the proxy is all that is missing.
    assert_eq!(browser.value("#f-proxy").await, address);
    wizard.take("network", "inspected").await;
    browser.shown("#f-ca").await;
    browser.upload("#f-ca", tenant.inspect_ca.as_deref().unwrap()).await;
    wizard.next("verify").await;
    wizard.step("ok", &[&en("wizard-step-token")]).await;
    wizard.has_passed("verify").await;
    browser.finish().await;
}
