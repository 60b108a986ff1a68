//! Accounts and their tokens.

use intune_connector::model::RightScope;
use reqwest::Method;
use serde_json::json;

use super::bus::{Bus, problem, status};

#[tokio::test]
async fn an_operator_is_added_changed_and_removed_and_secrets_are_never_shown() {
    let bus = Bus::new().await;
    let new = json!({"name": "helpdesk", "kind": "person", "password": "canary-helpdesk-1", "rights": ["Devices_*"],
        "scope": {"instances": ["IntuneConnector_1"]}});
    let added = status(bus.post(&bus.admin, "/sics/v1/operators", new.clone()), 201).await;
    assert_eq!(
        (&added["hasPassword"], &added["createdBy"]),
        (&json!(true), &json!("admin"))
    );
    assert_eq!(
        problem(bus.post(&bus.admin, "/sics/v1/operators", new), 409).await,
        "exists"
    );
    let signed_in = bus
        .open_request(Method::GET, "/sics/v1")
        .basic_auth("helpdesk", Some("canary-helpdesk-1"));
    assert_eq!(status(signed_in, 200).await["rights"], json!(["Devices_Read"]));

    let path = "/sics/v1/operators/helpdesk";
    let changed = bus.send(
        Method::PATCH,
        &bus.admin,
        path,
        json!({"rights": ["Scans_Read"], "scope": {}}),
    );
    assert_eq!(status(changed, 200).await["rights"], json!(["Scans_Read"]));
    // The password came from somebody else: another one comes first, and the token is made by its owner.
    let own = |method: Method, path: &str, password: &str, body| {
        bus.open_request(method, path)
            .basic_auth("helpdesk", Some(password))
            .json(&body)
    };
    let tokens = format!("{path}/tokens");
    let early = own(Method::POST, &tokens, "canary-helpdesk-1", json!({"name": "nightly"}));
    assert_eq!(problem(early, 403).await, "passwordChangeNeeded");
    let renewed = json!({"password": "canary-helpdesk-2", "currentPassword": "canary-helpdesk-1"});
    status(own(Method::PATCH, path, "canary-helpdesk-1", renewed), 200).await;
    let foreign = bus.post(&bus.admin, &tokens, json!({"name": "nightly"}));
    assert_eq!(problem(foreign, 403).await, "notYourToken");
    let made = own(Method::POST, &tokens, "canary-helpdesk-2", json!({"name": "nightly"}));
    let token = status(made, 201).await;
    let text = token["token"].as_str().unwrap();
    assert!(text.starts_with("icp_") && text.len() == 47);
    status(bus.get(text, "/sics/v1"), 200).await;
    let listed = status(bus.get(&bus.admin, &format!("{path}/tokens")), 200).await;
    assert_eq!(listed["tokens"][0]["name"], "nightly");
    let all = status(bus.get(&bus.admin, "/sics/v1/operators"), 200).await;
    for seen in [&listed, &all] {
        let seen = seen.to_string();
        assert!(
            !seen.contains(text) && !seen.contains("canary") && !seen.contains("argon2"),
            "{seen}"
        );
    }
    status(bus.send(Method::DELETE, &bus.admin, path, json!({})), 204).await;
    assert_eq!(problem(bus.get(text, "/sics/v1"), 401).await, "signInFailed");
    let trail = bus.trail().await.join("\n");
    for action in ["operator.added", "operator.changed", "operator.removed"] {
        assert!(trail.contains(&format!("admin {action} helpdesk")), "{trail}");
    }
    assert!(trail.contains("helpdesk token.added helpdesk"), "{trail}");
    let rows = serde_json::to_string(&bus.shelf.store.list_audit_entries(0, 100).await.unwrap()).unwrap();
    assert!(!rows.contains("canary") && !rows.contains(text));
}

#[tokio::test]
async fn nobody_gives_what_he_does_not_have_or_takes_over_who_has_more() {
    let bus = Bus::new().await;
    let rights = ["Operators_*", "Devices_Read"];
    let clerk = bus.operator("clerk", &rights, RightScope::default()).await;
    let add = |rights| json!({"name": "x", "kind": "person", "rights": rights});
    for more in [json!(["*"]), json!(["Devices_*"]), json!(["Devices_Read", "Scans_Run"])] {
        assert_eq!(
            problem(bus.post(&clerk, "/sics/v1/operators", add(more)), 403).await,
            "beyondYours"
        );
    }
    status(
        bus.post(
            &clerk,
            "/sics/v1/operators",
            add(json!(["Devices_Read", "Operators_Read"])),
        ),
        201,
    )
    .await;
    let admin = "/sics/v1/operators/admin";
    for request in [
        bus.send(Method::PATCH, &clerk, admin, json!({"password": "now it is mine"})),
        bus.send(Method::PATCH, &clerk, admin, json!({"disabled": true})),
        bus.send(Method::DELETE, &clerk, admin, json!({})),
        bus.post(&clerk, &format!("{admin}/tokens"), json!({"name": "mine"})),
        bus.send(Method::DELETE, &clerk, &format!("{admin}/tokens/1"), json!({})),
        bus.send(Method::PATCH, &clerk, "/sics/v1/operators/x", json!({"rights": ["*"]})),
    ] {
        assert_eq!(problem(request, 403).await, "beyondYours");
    }
    let own = "/sics/v1/operators/clerk";
    for request in [
        bus.send(Method::PATCH, &clerk, own, json!({"rights": []})),
        bus.send(Method::PATCH, &clerk, own, json!({"disabled": true})),
        bus.send(Method::DELETE, &clerk, own, json!({})),
    ] {
        assert_eq!(problem(request, 409).await, "yourself");
    }
    // One's own password changes with the one that holds, and by nobody's token.
    bus.with_password("clerk").await;
    let change = json!({"password": "my own new one", "currentPassword": super::bus::PASSWORD});
    let by_token = bus.send(Method::PATCH, &clerk, own, change.clone());
    assert_eq!(problem(by_token, 403).await, "passwordNeeded");
    let patch = |body| {
        let request = bus.open_request(Method::PATCH, own);
        request.basic_auth("clerk", Some(super::bus::PASSWORD)).json(&body)
    };
    let without = patch(json!({"password": "my own new one"}));
    assert_eq!(problem(without, 403).await, "currentPasswordNeeded");
    let wrong = json!({"password": "my own new one", "currentPassword": "something else"});
    assert_eq!(problem(patch(wrong), 401).await, "signInFailed");
    status(patch(change), 200).await;
}

#[tokio::test]
async fn wrong_accounts_are_refused() {
    let bus = Bus::new().await;
    let new =
        |name: &str, password, rights| json!({"name": name, "kind": "person", "password": password, "rights": rights});
    for (body, expected, code) in [
        (new("", json!(null), json!([])), 422, "wrongName"),
        (new("a:b", json!(null), json!([])), 422, "wrongName"),
        (new("../x", json!(null), json!([])), 422, "wrongName"),
        (new(&"n".repeat(65), json!(null), json!([])), 422, "wrongName"),
        (new("x", json!("short"), json!([])), 422, "password"),
        (new("x", json!(null), json!(["Everything"])), 400, "wrongBody"),
        (new("x", json!(7), json!([])), 400, "wrongBody"),
        (json!({"name": "x"}), 400, "wrongBody"),
        (json!({"name": "x", "kind": "robot", "rights": []}), 400, "wrongBody"),
    ] {
        let text = body.to_string();
        assert_eq!(
            problem(bus.post(&bus.admin, "/sics/v1/operators", body), expected).await,
            code,
            "{text}"
        );
    }
    let tokens = "/sics/v1/operators/acmp/tokens";
    for body in [
        json!({"name": ""}),
        json!({"name": "x", "expiresAt": "2020-01-01T00:00:00Z"}),
        json!({}),
    ] {
        let response = bus.post(&bus.admin, tokens, body).send().await.unwrap();
        assert_eq!(response.status(), 400);
    }
    assert_eq!(
        problem(bus.get(&bus.admin, "/sics/v1/operators/none"), 404).await,
        "unknown"
    );
    assert_eq!(
        problem(
            bus.send(Method::DELETE, &bus.admin, &format!("{tokens}/99"), json!({})),
            404
        )
        .await,
        "unknown"
    );
}

#[tokio::test]
async fn an_operator_that_owns_servers_stays_until_they_are_removed() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let delete = || bus.send(Method::DELETE, &bus.admin, "/sics/v1/operators/acmp", json!({}));
    let refused = status(delete(), 409).await;
    assert_eq!(
        (&refused["code"], &refused["servers"]),
        (&json!("ownsServers"), &json!(["cmdb"]))
    );
    status(
        bus.send(Method::DELETE, &bus.admin, "/sics/v1/servers/cmdb", json!({})),
        204,
    )
    .await;
    status(delete(), 204).await;
}

#[tokio::test]
async fn anybody_makes_tokens_for_himself_by_password_and_a_token_makes_none() {
    let bus = Bus::new().await;
    bus.with_password("acmp").await;
    let path = "/sics/v1/operators/ACMP/tokens";
    let body = json!({"name": "login"});
    let login = bus
        .open_request(Method::POST, path)
        .basic_auth("acmp", Some(super::bus::PASSWORD))
        .json(&body);
    let token = status(login, 201).await;
    let text = token["token"].as_str().unwrap();
    assert_eq!(problem(bus.post(text, path, body.clone()), 403).await, "passwordNeeded");
    assert_eq!(
        status(bus.get(text, path), 200).await["tokens"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    status(bus.get(text, "/sics/v1/operators/acmp"), 200).await;
    let own = format!("{path}/{}", token["id"]);
    status(bus.send(Method::DELETE, text, &own, json!({})), 204).await;
    for other in [
        "/sics/v1/operators/admin",
        "/sics/v1/operators/admin/tokens",
        "/sics/v1/operators",
    ] {
        assert_eq!(problem(bus.get(&bus.acmp, other), 403).await, "missingRight");
    }
    let change = bus.send(
        Method::PATCH,
        &bus.acmp,
        "/sics/v1/operators/acmp",
        json!({"rights": ["*"]}),
    );
    assert_eq!(problem(change, 409).await, "yourself");
}

#[tokio::test]
async fn the_account_of_the_bus_itself_is_left_alone() {
    let bus = Bus::new().await;
    bus.operator(intune_connector::sics::LOCAL_OPERATOR, &["*"], RightScope::default())
        .await;
    let path = "/sics/v1/operators/local";
    for request in [
        bus.send(Method::PATCH, &bus.admin, path, json!({"disabled": true})),
        bus.send(Method::DELETE, &bus.admin, path, json!({})),
        bus.post(&bus.admin, &format!("{path}/tokens"), json!({"name": "mine"})),
    ] {
        assert_eq!(problem(request, 409).await, "systemOperator");
    }
}
