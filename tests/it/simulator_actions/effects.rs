//! What a test judges by.

use super::*;

#[tokio::test]
async fn every_accepted_request_is_an_effect_and_a_second_one_shows_as_a_double() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    for _ in 0..2 {
        assert_eq!(
            act(&tried, &id, "wipe", json!({"keepUserData": false})).await.status,
            204
        );
    }
    accepted(&tried, &id, "syncDevice", json!({})).await;
    let shown = tried.get(&format!("/simulator/effects?device={id}")).await.json();
    assert_eq!(shown["totals"], json!({"wipe": 2, "syncDevice": 1}));
    assert_eq!(shown["devices"][&id], json!({"wipe": 2, "syncDevice": 1}));
    assert_eq!(shown["doubles"], json!([{"deviceId": id, "verb": "wipe", "count": 2}]));
    let first = &shown["effects"][0];
    assert_eq!((&first["verb"], &first["version"]), (&json!("wipe"), &json!("v1.0")));
    assert_eq!(first["parameters"], json!({"keepUserData": false}));
    assert_eq!(first["at"], "2026-11-20T10:00:00Z");
    let log = tried.sim.log().entries(0, 10);
    assert!(log.iter().any(|entry| first["requestId"] == entry.request_id.as_str()));
    assert_eq!((effects(&tried, &id, "wipe"), effects(&tried, &id, "retire")), (2, 0));
    assert_eq!(tried.sim.effects(None).len(), 3);
    let later = tried.get("/simulator/effects?after=2").await.json();
    assert_eq!(later["effects"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_refused_is_no_effect() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    assert_eq!(
        act(&tried, &id, "remoteLock", json!({})).await.status,
        400,
        "not on Windows"
    );
    assert_eq!(
        act(&tried, &id, "wipe", json!({"keepUserDate": true})).await.status,
        400
    );
    assert_eq!(
        act(&tried, "00000000-0000-4000-8000-000000000000", "wipe", json!({}))
            .await
            .status,
        404
    );
    let reader = start_with(1, &[READ]).await;
    let other = reader.first_id().await;
    assert_eq!(act(&reader, &other, "syncDevice", json!({})).await.status, 403);
    assert!(tried.sim.effects(None).is_empty() && reader.sim.effects(None).is_empty());
}

#[tokio::test]
async fn a_second_request_while_one_is_pending_can_be_had_three_ways() {
    for (repeated, status, count) in [("counts", 204, 2), ("ignored", 204, 1), ("refused", 400, 1)] {
        let tried = tenant().await;
        tune(&tried, json!({ "repeated": repeated })).await;
        let id = laptop(&tried).await;
        assert_eq!(act(&tried, &id, "retire", json!({})).await.status, 204);
        assert_eq!(act(&tried, &id, "retire", json!({})).await.status, status, "{repeated}");
        assert_eq!(effects(&tried, &id, "retire"), count, "{repeated}");
    }
}

#[tokio::test]
async fn the_count_can_begin_anew_and_a_reset_does_so_with_everything() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    accepted(&tried, &id, "retire", json!({})).await;
    let cleared = tried.request(Method::DELETE, "/simulator/effects");
    assert_eq!(tried.send(cleared).await.status, 204);
    assert_eq!(tried.get("/simulator/effects").await.json()["totals"], json!({}));
    assert_eq!(
        management_state(&tried, &id).await,
        "retirePending",
        "what is under way goes on"
    );
    assert_eq!(tried.post("/simulator/reset", json!({})).await.status, 204);
    let nothing = tried.get("/simulator/tasks").await.json();
    assert_eq!(nothing["tasks"], json!([]));
}
