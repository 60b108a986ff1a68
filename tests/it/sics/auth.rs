//! Signing in.

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use intune_connector::sics::{LoginLimits, SicsLimits};
use intune_connector::store::OperatorChange;
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, PASSWORD, problem, status};
use crate::support::wait::until;

fn by_password(bus: &Bus, name: &str, password: &str) -> reqwest::RequestBuilder {
    bus.open_request(Method::GET, "/sics/v1")
        .basic_auth(name, Some(password))
}

#[tokio::test]
async fn a_password_and_a_token_let_in_whatever_is_wrong_does_not() {
    let bus = Bus::new().await;
    bus.with_password("acmp").await;
    let seen = status(by_password(&bus, "ACMP", PASSWORD), 200).await;
    assert_eq!(
        (&seen["operator"], &seen["signedInBy"]),
        (&json!("acmp"), &json!("password"))
    );

    for (name, password) in [
        ("acmp", "wrong"),
        ("acmp", ""),
        ("nobody", PASSWORD),
        ("admin", PASSWORD),
        ("", ""),
    ] {
        assert_eq!(
            problem(by_password(&bus, name, password), 401).await,
            "signInFailed",
            "{name}"
        );
    }
    for wrong in ["Basic !", "Bearer x", "Bearer icp_AAAA", "Digest a", "Negotiate"] {
        let request = bus.open_request(Method::GET, "/sics/v1").header("authorization", wrong);
        assert_eq!(problem(request, 401).await, "signInFailed", "{wrong}");
    }
    // A header that cannot be read is told as one, and what can be read and is wrong is not told apart.
    for (header, is_told) in [
        ("icp_AAAA", true),
        ("Digest a", true),
        ("Basic !", true),
        ("Bearer icp_AAAA", false),
    ] {
        let request = bus
            .open_request(Method::GET, "/sics/v1")
            .header("authorization", header);
        let told: Value = request.send().await.unwrap().json().await.unwrap();
        let detail = told["detail"].as_str().unwrap();
        assert_eq!(detail.contains("header Authorization"), is_told, "{header}: {told}");
    }
    let response = bus.open_request(Method::GET, "/sics/v1").send().await.unwrap();
    let ways: Vec<_> = response.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(ways.len(), 2);
}

#[tokio::test]
async fn a_token_ends_when_it_expires_is_withdrawn_or_its_operator_is_disabled() {
    let bus = Bus::new().await;
    let operator = bus.shelf.store.find_operator_by_name("acmp").await.unwrap().unwrap();
    let short = bus.token(operator.id, Some(60)).await;
    status(bus.get(&short, "/sics/v1"), 200).await;
    bus.shelf.clock.advance(TimeDelta::seconds(60));
    assert_eq!(problem(bus.get(&short, "/sics/v1"), 401).await, "signInFailed");

    let tokens = status(bus.get(&bus.admin, "/sics/v1/operators/acmp/tokens"), 200).await;
    let first = tokens["tokens"][0]["id"].as_i64().unwrap();
    status(bus.get(&bus.acmp, "/sics/v1"), 200).await;
    let path = format!("/sics/v1/operators/acmp/tokens/{first}");
    status(bus.send(Method::DELETE, &bus.admin, &path, json!({})), 204).await;
    assert_eq!(problem(bus.get(&bus.acmp, "/sics/v1"), 401).await, "signInFailed");

    let third = bus.token(operator.id, None).await;
    status(bus.get(&third, "/sics/v1"), 200).await;
    let body = json!({"disabled": true});
    status(
        bus.send(Method::PATCH, &bus.admin, "/sics/v1/operators/acmp", body),
        200,
    )
    .await;
    assert_eq!(problem(bus.get(&third, "/sics/v1"), 401).await, "signInFailed");
}

#[tokio::test]
async fn a_disabled_operator_and_a_changed_password_are_not_remembered() {
    let bus = Bus::new().await;
    bus.with_password("acmp").await;
    status(by_password(&bus, "acmp", PASSWORD), 200).await;
    let body = json!({"password": "another long one"});
    status(
        bus.send(Method::PATCH, &bus.admin, "/sics/v1/operators/acmp", body),
        200,
    )
    .await;
    assert_eq!(problem(by_password(&bus, "acmp", PASSWORD), 401).await, "signInFailed");
    status(by_password(&bus, "acmp", "another long one"), 200).await;
    let operator = bus.shelf.store.find_operator_by_name("acmp").await.unwrap().unwrap();
    let disabled = OperatorChange {
        disabled: Some(true),
        ..OperatorChange::default()
    };
    bus.shelf.store.change_operator(operator.id, disabled).await.unwrap();
    assert_eq!(
        problem(by_password(&bus, "acmp", "another long one"), 401).await,
        "signInFailed"
    );
}

fn strict() -> SicsLimits {
    SicsLimits {
        login: LoginLimits {
            failures_per_name: 3,
            failures_per_address: 6,
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    }
}

#[tokio::test]
async fn guessing_is_slowed_and_who_is_remembered_is_not_held_up() {
    let bus = Bus::with(strict()).await;
    bus.with_password("acmp").await;
    status(by_password(&bus, "acmp", PASSWORD), 200).await;
    for _ in 0..3 {
        assert_eq!(
            problem(by_password(&bus, "admin", "wrong one"), 401).await,
            "signInFailed"
        );
    }
    let response = by_password(&bus, "admin", "wrong one").send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["retryAfter"], 1, "for those who do not see headers");
    status(by_password(&bus, "acmp", PASSWORD), 200).await;
    bus.shelf.clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        problem(by_password(&bus, "admin", "wrong one"), 401).await,
        "signInFailed"
    );
    assert_eq!(
        problem(by_password(&bus, "admin", "wrong one"), 429).await,
        "signInSlowed"
    );

    let mut held = false;
    for _ in 0..6 {
        held |= by_password(&bus, "someone", "wrong one").send().await.unwrap().status() == 429;
    }
    assert!(held);
    assert_eq!(
        problem(bus.get("icp_nonsense", "/sics/v1"), 429).await,
        "signInSlowed",
        "the address is held now"
    );
    status(bus.get(&bus.acmp, "/sics/v1"), 200).await;
}

#[tokio::test]
async fn e1_sign_ins_are_in_the_audit_trail_and_passwords_typed_as_names_are_not() {
    let bus = Bus::new().await;
    bus.with_password("acmp").await;
    for _ in 0..3 {
        status(by_password(&bus, "acmp", PASSWORD), 200).await;
    }
    problem(by_password(&bus, "canary-password", "acmp"), 401).await;
    problem(by_password(&bus, "acmp", "canary-password"), 401).await;
    problem(bus.get("icp_canary-password", "/sics/v1"), 401).await;
    // Whoever is refused does not wait for the row.
    until("four rows", || async { bus.trail().await.len() == 4 }).await;
    let trail = bus.trail().await;
    assert_eq!(
        trail,
        [
            "acmp signIn 127.0.0.1",
            "(unknown) signIn.failed 127.0.0.1",
            "acmp signIn.failed 127.0.0.1",
            "(unknown) signIn.failed 127.0.0.1",
        ]
    );
    let rows = bus.shelf.store.list_audit_entries(0, 100).await.unwrap();
    assert!(!serde_json::to_string(&rows).unwrap().contains("canary"));
    assert!(!format!("{rows:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_page_of_another_site_can_not_use_a_browsers_password() {
    let bus = Bus::new().await;
    for (site, expected) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 200),
        ("none", 200),
    ] {
        let response = bus
            .get(&bus.admin, "/sics/v1")
            .header("sec-fetch-site", site)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), expected, "{site}");
    }
}

#[tokio::test]
async fn scope_limits_what_is_seen() {
    let bus = Bus::new().await;
    let scope = RightScope {
        instances: Some(Vec::new()),
        servers: None,
    };
    let token = bus.operator("blind", &["Instances_Read", "Devices_Read"], scope).await;
    let seen = status(bus.get(&token, "/sics/v1"), 200).await;
    assert_eq!(seen["instances"], json!([]));
    let seen = status(bus.get(&token, "/sics/v1/instances"), 200).await;
    assert_eq!(seen["instances"], json!([]));
    let seen = status(bus.get(&token, "/sics/v1/devices"), 200).await;
    assert_eq!(seen["devices"], json!([]));
    let path = format!("/sics/v1/devices?instance={}", bus.shelf.instance.name);
    assert_eq!(problem(bus.get(&token, &path), 403).await, "outOfScope");
}
