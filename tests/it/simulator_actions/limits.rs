//! Days, hours and budgets.

use super::*;

#[tokio::test]
async fn a_tenant_has_so_many_wipes_retires_and_deletes_a_day() {
    for verb in ["wipe", "retire", "delete"] {
        let tried = tenant().await;
        tune(&tried, json!({"caps": { verb: 2 }})).await;
        let ask = async || {
            let id = laptop(&tried).await;
            match verb {
                "delete" => {
                    tried
                        .send(tried.request(Method::DELETE, &format!("{DEVICES}/{id}")))
                        .await
                }
                _ => act(&tried, &id, verb, json!({})).await,
            }
        };
        assert_eq!((ask().await.status, ask().await.status), (204, 204));
        for status in [429, 400, 403] {
            tune(&tried, json!({"caps": {"status": status}})).await;
            assert_eq!(ask().await.status, status, "{verb}");
        }
        assert_eq!(tried.sim.tenant(TENANT).unwrap().effects()[verb], 2);
        pass(&tried, 14 * 3600);
        let id = laptop(&tried).await;
        assert_eq!(
            act(&tried, &id, "wipe", json!({})).await.status,
            204,
            "a new day begins at midnight UTC"
        );
    }
}

#[tokio::test]
async fn the_published_caps_are_the_default() {
    let tried = tenant().await;
    let caps = tried.get("/simulator/tuning").await.json()["actions"]["caps"].clone();
    assert_eq!(
        (&caps["wipe"], &caps["retire"], &caps["delete"]),
        (&json!(500), &json!(1000), &json!(1000))
    );
}

#[tokio::test]
async fn a_device_gets_ten_notifications_an_hour() {
    let tried = tenant().await;
    let (id, other) = (phone(&tried).await, phone(&tried).await);
    let notify = async |id: &str| {
        let body = json!({"notificationTitle": "a", "notificationBody": "b"});
        act_beta(&tried, id, "sendCustomNotificationToCompanyPortal", body)
            .await
            .status
    };
    for _ in 0..10 {
        assert_eq!(notify(&id).await, 204);
    }
    assert_eq!((notify(&id).await, notify(&other).await), (429, 204));
    pass(&tried, 3500);
    assert_eq!(notify(&id).await, 429);
    pass(&tried, 100);
    assert_eq!(notify(&id).await, 204);
}

#[tokio::test]
async fn an_app_has_two_hundred_writes_in_twenty_seconds() {
    let tried = tenant().await;
    let id = laptop(&tried).await;
    for _ in 0..200 {
        assert_eq!(act(&tried, &id, "syncDevice", json!({})).await.status, 204);
    }
    assert_eq!(act(&tried, &id, "syncDevice", json!({})).await.status, 429);
    assert_eq!(
        effects(&tried, &id, "syncDevice"),
        200,
        "a request that was throttled has no effect"
    );
    pass(&tried, 20);
    assert_eq!(act(&tried, &id, "syncDevice", json!({})).await.status, 204);
}

#[tokio::test]
async fn a_day_may_be_the_last_24_hours() {
    let tried = tenant().await;
    tune(&tried, json!({"caps": {"wipe": 1, "rolling": true}})).await;
    let wipe = async || {
        let id = laptop(&tried).await;
        act(&tried, &id, "wipe", json!({})).await.status
    };
    assert_eq!(wipe().await, 204);
    pass(&tried, 24 * 3600 - 1);
    assert_eq!(wipe().await, 429, "past midnight, but not 24 hours");
    pass(&tried, 1);
    assert_eq!(wipe().await, 204);
}
