//! Which versions know which actions with which parameters, after the table of facts.

use std::collections::BTreeSet;

use simulated_tenant::graph::Version;
use simulated_tenant::remote::VERBS;

use super::*;
use crate::simulator_graph::facts::facts;

#[tokio::test]
async fn verbs_and_parameters_are_those_of_the_schema() {
    let facts = facts();
    for (version, name) in [(Version::V1, "v1.0"), (Version::Beta, "beta")] {
        let schema = facts[name]["actions"].as_array().unwrap();
        for verb in VERBS.iter().filter(|verb| verb.versions.contains(&version)) {
            let action = schema.iter().find(|action| action["name"] == verb.name);
            let known: BTreeSet<&str> = action.unwrap()["parameters"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let ours = verb
                .params
                .iter()
                .filter(|param| !param.beta || version == Version::Beta);
            let required: BTreeSet<&str> = verb
                .params
                .iter()
                .filter(|param| param.required)
                .map(|param| param.name)
                .collect();
            let must = action.unwrap()["required"].as_array().map_or(&[][..], Vec::as_slice);
            assert!(
                must.iter().all(|name| required.contains(name.as_str().unwrap())),
                "{name}: {}",
                verb.name
            );
            assert_eq!(
                ours.map(|param| param.name).collect::<BTreeSet<_>>(),
                known,
                "{name}: {}",
                verb.name
            );
        }
        for verb in VERBS.iter().filter(|verb| !verb.versions.contains(&version)) {
            let is_there = schema.iter().any(|action| action["name"] == verb.name);
            assert!(!is_there, "{name} knows {}", verb.name);
        }
    }
}

#[test]
fn audits_use_the_names_of_their_own_enum() {
    let facts = facts();
    let known = facts["beta"]["enums"]["remoteAction"].as_array().unwrap();
    for verb in VERBS {
        for parameters in [
            json!({}),
            json!({"quickScan": true}),
            json!({"keepEnrollmentData": true}),
        ] {
            if let Some(name) = (verb.audit)(parameters.as_object().unwrap()) {
                assert!(known.iter().any(|known| known == name), "{}: {name}", verb.name);
            }
        }
        let unnamed = (verb.audit)(&serde_json::Map::new()).is_none();
        assert!(
            !unnamed || known.iter().all(|known| known != verb.name),
            "{} has a name there",
            verb.name
        );
    }
}

#[tokio::test]
async fn what_only_beta_knows_is_no_route_in_v1() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    let beta_only: Vec<_> = VERBS
        .iter()
        .filter(|verb| !verb.versions.contains(&Version::V1))
        .collect();
    assert_eq!(beta_only.len(), 8);
    for verb in beta_only {
        let got = act(&tried, &id, verb.name, json!({})).await;
        assert_eq!(
            (got.status, &got.json()["error"]["code"]),
            (400, &json!("No method match route template"))
        );
    }
    assert_eq!(tried.get("/v1.0/deviceManagement/remoteActionAudits").await.status, 400);
}

#[tokio::test]
async fn a_wipe_knows_the_parameters_of_its_version_and_no_others() {
    let tried = tenant().await;
    for (beta_only, value) in [
        ("useProtectedWipe", json!(true)),
        ("obliterationBehavior", json!("always")),
    ] {
        let id = laptop(&tried).await;
        let body = json!({ beta_only: value });
        assert_eq!(act(&tried, &id, "wipe", body.clone()).await.status, 400, "{beta_only}");
        assert_eq!(act_beta(&tried, &id, "wipe", body).await.status, 204, "{beta_only}");
    }
    let id = laptop(&tried).await;
    for wrong in [
        json!({"keepuserdata": true}),
        json!({"keepUserData": "true"}),
        json!({"macOsUnlockCode": "12345"}),
        json!({"obliterationBehavior": "perhaps"}),
        json!([]),
    ] {
        let got = act_beta(&tried, &id, "wipe", wrong.clone()).await;
        assert_eq!(
            (got.status, &got.json()["error"]["code"]),
            (400, &json!("BadRequest")),
            "{wrong}"
        );
    }
    let no_json = tried
        .request(Method::POST, &format!("{DEVICES}/{id}/wipe"))
        .body("keepUserData=true");
    assert_eq!(tried.send(no_json).await.status, 400);
    let nothing = tried.request(Method::POST, &format!("{DEVICES}/{id}/wipe"));
    assert_eq!(tried.send(nothing).await.status, 204, "no body is a full wipe");
    let nulls = json!({"keepUserData": null, "keepEnrollmentData": null, "macOsUnlockCode": null});
    assert_eq!(act(&tried, &id, "wipe", nulls).await.status, 204);
}

#[tokio::test]
async fn required_parameters_are_required_and_limits_hold() {
    let tried = tenant().await;
    let (windows, apple) = (laptop(&tried).await, phone(&tried).await);
    let notify = |title: usize, body: usize| json!({"notificationTitle": "x".repeat(title), "notificationBody": "é".repeat(body)});
    for (id, verb, body, status) in [
        (&windows, "cleanWindowsDevice", json!({}), 400),
        (&windows, "cleanWindowsDevice", json!({"keepUserData": null}), 400),
        (&windows, "windowsDefenderScan", json!({}), 400),
        (&windows, "setDeviceName", json!({"deviceName": " "}), 400),
        (&windows, "setDeviceName", json!({"deviceName": "Jürgens Laptop"}), 400),
        (&windows, "initiateOnDemandProactiveRemediation", json!({}), 400),
        (&windows, "syncDevice", json!({"now": true}), 400),
        (&apple, "playLostModeSound", json!({"durationInMinutes": 5}), 400),
        (&apple, "sendCustomNotificationToCompanyPortal", notify(51, 1), 400),
        (&apple, "sendCustomNotificationToCompanyPortal", notify(1, 501), 400),
        (&apple, "sendCustomNotificationToCompanyPortal", notify(0, 1), 400),
        (&apple, "sendCustomNotificationToCompanyPortal", notify(50, 500), 204),
    ] {
        assert_eq!(
            act_beta(&tried, id, verb, body.clone()).await.status,
            status,
            "{verb} {body}"
        );
    }
}

#[tokio::test]
async fn each_verb_wants_its_permission() {
    let full = tenant().await;
    for verb in VERBS {
        let wanted = verb.scopes[0];
        let others: Vec<&str> = [READ, PRIVILEGED, WRITE, RBAC]
            .into_iter()
            .filter(|role| *role != wanted)
            .collect();
        let lacking = start_with(1, &others).await;
        let id = lacking.first_id().await;
        let refused = act_beta(&lacking, &id, verb.name, json!({})).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]["code"]),
            (403, &json!("Forbidden")),
            "{}",
            verb.name
        );
        assert!(refused.intune_message().contains(wanted), "{}", verb.name);
    }
    for method in [Method::DELETE, Method::PATCH] {
        let lacking = start_with(1, &[READ, PRIVILEGED]).await;
        let path = format!("{DEVICES}/{}", lacking.first_id().await);
        assert_eq!(lacking.send(lacking.request(method, &path)).await.status, 403);
    }
    let id = laptop(&full).await;
    let lacking = start_with(0, &[READ, WRITE]).await;
    tune(&lacking, json!({"alsoAllowed": {"wipe": [WRITE]}})).await;
    let theirs = laptop(&lacking).await;
    assert_eq!(
        act(&lacking, &theirs, "wipe", json!({})).await.status,
        204,
        "as the permission map says"
    );
    assert_eq!(act(&lacking, &theirs, "retire", json!({})).await.status, 403);
    assert_eq!(act(&full, &id, "wipe", json!({})).await.status, 204);
}
