//! Who may, and how often.

use super::*;

#[tokio::test]
async fn without_a_good_token_there_is_only_401() {
    let tried = start(1).await;
    for request in [
        tried.request(Method::GET, DEVICES),
        tried.request(Method::GET, DEVICES).bearer_auth("nonsense"),
        tried.request(Method::GET, DEVICES).header("authorization", "Basic abc"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    }
}

#[tokio::test]
async fn without_the_right_intune_names_the_rights_that_would_do() {
    let reader = start_with(1, &[READ]).await;
    let id = reader.first_id().await;
    let refused = reader.post(&format!("{DEVICES}/{id}/syncDevice"), json!({})).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (403, &json!("Forbidden"))
    );
    assert!(
        refused
            .intune_message()
            .contains(&format!("one of the following scopes: {PRIVILEGED}"))
    );
    let actor = start_with(1, &[PRIVILEGED]).await;
    let refused = actor.get(DEVICES).await;
    assert_eq!(
        refused.status, 403,
        "the right to act does not include the right to read"
    );
    assert!(refused.intune_message().contains(READ));
    let nobody = start_with(1, &[]).await;
    assert_eq!(nobody.get(DEVICES).await.status, 403, "a token without roles");
}

#[tokio::test]
async fn a_device_that_is_not_there_is_404_and_a_malformed_id_is_400() {
    let tried = start(1).await;
    let unknown = tried
        .get(&format!("{DEVICES}/00000000-0000-4000-8000-000000000000"))
        .await;
    assert_eq!(
        (unknown.status, &unknown.json()["error"]["code"]),
        (404, &json!("ResourceNotFound"))
    );
    let malformed = tried.get(&format!("{DEVICES}/nonsense")).await;
    assert_eq!(
        (malformed.status, &malformed.json()["error"]["code"]),
        (400, &json!("InternalError"))
    );
    let nowhere = tried.get("/v1.0/deviceManagement/nonsense").await;
    assert_eq!(
        (nowhere.status, &nowhere.json()["error"]["code"]),
        (400, &json!("No method match route template"))
    );
}

#[tokio::test]
async fn both_ids_and_the_date_of_the_tenants_clock_are_in_every_answer() {
    let tried = start(1).await;
    let request = tried
        .request(Method::GET, DEVICES)
        .header("client-request-id", "my-own-id");
    let got = tried.send(request).await;
    assert_eq!(got.header("client-request-id"), "my-own-id");
    assert!(uuid::Uuid::parse_str(got.header("request-id")).is_ok());
    assert_eq!(got.header("date"), "Fri, 20 Nov 2026 10:00:00 GMT");
    let entry = tried.sim.log().entries(0, 1).pop().unwrap();
    assert_eq!(entry.client_request_id.as_deref(), Some("my-own-id"));
    assert_eq!(
        (entry.tenant_id.as_deref(), entry.client_id.as_deref()),
        (Some(TENANT), Some(CLIENT))
    );
}

#[tokio::test]
async fn an_app_above_its_budget_gets_429_until_the_window_ends() {
    let tried = start(1).await;
    let tuned = json!({"limits": {"anyPerApp": 3}, "retryAfter": "seconds"});
    tried
        .send(tried.request(Method::PATCH, "/simulator/tuning").json(&tuned))
        .await;
    for _ in 0..3 {
        assert_eq!(tried.get(DEVICES).await.status, 200);
    }
    let throttled = tried.get(DEVICES).await;
    assert_eq!((throttled.status, throttled.header("retry-after")), (429, "20"));
    assert_eq!(throttled.json()["error"]["code"], "TooManyRequests");
    tried
        .send(
            tried
                .request(Method::PATCH, "/simulator/tuning")
                .json(&json!({"retryAfter": "missing"})),
        )
        .await;
    assert_eq!(tried.get(DEVICES).await.header("retry-after"), "");
    tried.sim.clock().advance(chrono::TimeDelta::seconds(20));
    assert_eq!(tried.get(DEVICES).await.status, 200);
}

#[tokio::test]
async fn a_device_has_one_user_or_none() {
    let tried = start(300).await;
    let devices = tried.walk(DEVICES).await;
    let users_of = async |device: &Value| {
        let path = format!("{DEVICES}/{}/users", device["id"].as_str().unwrap());
        tried.get(&path).await.devices()
    };
    let owned = devices.iter().find(|device| device["userId"] != "").unwrap();
    let users = users_of(owned).await;
    assert_eq!((users.len(), &users[0]["id"]), (1, &owned["userId"]));
    assert_eq!(users[0]["userPrincipalName"], owned["userPrincipalName"]);
    let one = tried
        .get(&format!("/v1.0/users/{}", owned["userId"].as_str().unwrap()))
        .await
        .json();
    assert_eq!(one["displayName"], owned["userDisplayName"]);
    let shared = devices.iter().find(|device| device["userId"] == "").unwrap();
    assert!(users_of(shared).await.is_empty());
}
