//! The wrong requests that people will send: each is told what to do.

use chrono::TimeDelta;
use intune_connector::model::{RightScope, format_time};
use intune_connector::sics::SicsLimits;
use intune_connector::store::OperatorKind;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::office::{JOBS, Office, refs};
use crate::sics::bus::{confirmed, problem, status};

const NOBODY: &str = "7809c88c-0000-4000-8000-000000000001";

/// Status, code, and the advice of a refusal.
async fn refused(request: RequestBuilder) -> (u16, String, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    assert!(text("advice").len() > 5 && text("detail").len() > 5, "{body}");
    (status, text("code"), text("advice"))
}

#[tokio::test]
async fn a_job_that_is_wrong_in_itself_is_refused_with_what_to_do() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let good = office.shop.body("wipe", &refs(&ids), json!({})).await;
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let without = |key: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        body
    };
    let past = format_time(office.shop.rig.shelf.clock.now() - TimeDelta::hours(1));
    let far = format_time(office.shop.rig.shelf.clock.now() + TimeDelta::days(90));
    let filter = json!({"action": "wipe", "filter": "true", "instance": office.shop.rig.shelf.instance.name,
        "confirm": "wipe", "expectDevices": 2});
    let notify = json!({"action": "notify", "devices": [{"id": ids[0]}],
        "parameters": {"notificationTitle": "x".repeat(10_000), "notificationBody": "y"}});
    let rows = [
        (
            json!({"action": "sync", "devices": [{"id": NOBODY}]}),
            404,
            "unknownDevice",
        ),
        (with("instance", json!("IntuneConnector_77")), 404, "unknownInstance"),
        (without("confirm"), 400, "confirm"),
        (with("confirm", json!("retire")), 400, "confirm"),
        (without("expectDevices"), 409, "expectDevices"),
        (with("expectDevices", json!(3)), 409, "expectDevices"),
        (
            with("devices", json!([{"id": ids[0]}, {"id": ids[1]}])),
            400,
            "missingPin",
        ),
        (
            with(
                "devices",
                json!([{"id": ids[0], "seq": 0}, {"id": ids[1], "seq": 9_999}]),
            ),
            409,
            "seenTooOld",
        ),
        (
            with(
                "devices",
                json!([{"id": ids[0], "seq": 9_999}, {"id": ids[0], "seq": 9_999}]),
            ),
            400,
            "deviceTwice",
        ),
        (without("devices"), 400, "target"),
        (with("filter", json!("true")), 400, "target"),
        (filter, 400, "filter"),
        (with("parameters", json!({"keepUserData": "perhaps"})), 400, "parameter"),
        (with("parameters", json!({"explode": true})), 400, "parameter"),
        (notify, 400, "parameter"),
        (with("expiresAt", json!(past)), 400, "expired"),
        (with("expiresAt", json!(far)), 400, "expiresTooLate"),
        (with("reason", json!("x".repeat(2_000))), 400, "textTooLong"),
        (with("id", json!("a/b")), 400, "id"),
        (with("action", json!("explode")), 400, "body"),
        (with("unknownKey", json!(1)), 400, "body"),
        (without("action"), 400, "action"),
        (with("definition", json!("none")), 404, "unknownDefinition"),
    ];
    for (body, status, code) in rows {
        let shown = body.to_string();
        let (found, why, advice) = refused(office.post(&office.acmp, JOBS, body)).await;
        let same = why == code || (code == "parameter" && why.to_lowercase().contains("parameter"));
        assert!(found == status && same, "{shown}\n{found} {why}: {advice}");
    }
    let listed = status(office.get(&office.acmp, JOBS), 200).await;
    assert_eq!(listed["jobs"], json!([]), "nothing was kept");
    office.settle().await;
    assert!(ids.iter().all(|id| office.shop.effects(id, "wipe") == 0));
}

#[tokio::test]
async fn a1_an_id_with_other_content_is_a_conflict() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let body = |id: &str| json!({"id": "one", "action": "sync", "devices": [{"id": id}]});
    status(office.post(&office.acmp, JOBS, body(&ids[0])), 202).await;
    let (found, code, _) = refused(office.post(&office.acmp, JOBS, body(&ids[1]))).await;
    assert_eq!((found, code.as_str()), (409, "idTaken"));
    let two = office
        .post(&office.acmp, JOBS, body(&ids[0]))
        .header("idempotency-key", "two");
    assert_eq!(problem(two, 400).await, "twoIds");
}

#[tokio::test]
async fn limits_are_told_and_three_times_as_much_suspends() {
    let office = Office::new().await;
    office.shop.bus_policy(1, 500).await;
    let ids = office.laptops(4).await;
    let two = office.shop.body("wipe", &refs(&ids[..2]), json!({})).await;
    let (found, code, advice) = refused(office.post(&office.acmp, JOBS, two)).await;
    assert_eq!((found, code.as_str()), (409, "limitPerJob"), "{advice}");
    let open = office.job("wipe", &[&ids[0]], json!({})).await;
    let four = office.shop.body("wipe", &refs(&ids), json!({})).await;
    let (_, code, advice) = refused(office.post(&office.acmp, JOBS, four)).await;
    assert!(
        code == "limitPerJob" && advice.contains("suspended"),
        "{code}: {advice}"
    );
    let one = office.shop.body("wipe", &[&ids[1]], json!({})).await;
    assert_eq!(problem(office.post(&office.acmp, JOBS, one), 403).await, "suspended");
    let listed = status(office.get(&office.admin, "/sics/v1/jobs"), 200).await;
    assert_eq!(listed["suspended"][0]["operator"], "acmp");
    let account = |name: &str| office.get(&office.admin, &format!("/sics/v1/operators/{name}"));
    assert_eq!(status(account("acmp"), 200).await["suspended"], true);
    assert_eq!(status(account("bob"), 200).await["suspended"], false);
    let shown = status(
        office.get(&office.admin, &format!("/sics/v1/jobs/{}", open["job"])),
        200,
    )
    .await;
    assert_eq!(shown["states"], json!({"cancelled": 1}), "his open jobs stop");
    let trail = office.trail().await;
    assert!(
        trail.iter().any(|line| line.contains("acmp operator.suspended")),
        "{trail:?}"
    );
    assert!(trail.iter().any(|line| line.contains("acmp job.refused")), "{trail:?}");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let carol = office
        .account("carol", OperatorKind::Person, &["Jobs_Send", "Actions_Sync"], false)
        .await;
    let nobody = office
        .account("nobody", OperatorKind::Person, &["Devices_Read"], false)
        .await;
    let wipe = office.shop.body("wipe", &refs(&ids), json!({})).await;
    assert_eq!(
        problem(office.post(&carol, "/sics/v1/jobs", wipe.clone()), 403).await,
        "missingRight"
    );
    assert_eq!(
        problem(office.post(&nobody, "/sics/v1/jobs", wipe.clone()), 403).await,
        "missingRight"
    );
    let mut urgent = json!({"action": "sync", "devices": [{"id": ids[0]}]});
    urgent["urgent"] = json!(true);
    assert_eq!(
        problem(office.post(&carol, "/sics/v1/jobs", urgent), 403).await,
        "missingRight"
    );
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_99".parse().unwrap()]),
        servers: None,
    };
    let far = office
        .account_in("far", OperatorKind::Person, &["*"], false, elsewhere)
        .await;
    assert_eq!(
        problem(office.post(&far, "/sics/v1/jobs", wipe), 404).await,
        "unknownDevice"
    );
}

#[tokio::test]
async fn the_switch_of_a_server_is_off_at_first_and_does_not_apply_to_people() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    office.server("other", false).await;
    let body = json!({"action": "sync", "devices": [{"id": ids[0]}]});
    let path = "/sics/v1/servers/other/jobs";
    let (found, code, advice) = refused(office.post(&office.acmp, path, body.clone())).await;
    assert_eq!((found, code.as_str()), (403, "jobsOff"));
    assert!(advice.contains("servers jobs other on"), "{advice}");
    status(office.post(&office.admin, "/sics/v1/jobs", body.clone()), 202).await;
    let on = json!({"sendsJobs": true});
    status(
        office.send(Method::PATCH, &office.admin, "/sics/v1/servers/other", on),
        200,
    )
    .await;
    status(office.post(&office.acmp, path, body.clone()), 202).await;
    let trail = office.trail().await;
    assert!(trail.iter().any(|line| line.contains("server.jobs other")), "{trail:?}");
    let stranger = office.account("stranger", OperatorKind::Server, &["*"], false).await;
    assert_eq!(problem(office.post(&stranger, path, body), 403).await, "notYours");
}

#[tokio::test]
async fn f8_a_server_acts_on_the_devices_that_it_may_see_and_on_no_others() {
    let office = Office::new().await;
    let (laptop, phone) = (office.shop.laptop().await, office.shop.phone().await);
    office.shop.rig.full().await;
    let limit = json!({"filter": "operatingSystem == \"Windows\""});
    let server = "/sics/v1/servers/cmdb";
    let ask = |query: &str| office.send(Method::PATCH, &office.admin, &format!("{server}{query}"), limit.clone());
    confirmed(ask, 200).await;
    let body = |id: &str| json!({"action": "sync", "devices": [{"id": id}]});
    status(office.post(&office.acmp, JOBS, body(&laptop)), 202).await;
    assert_eq!(
        problem(office.post(&office.acmp, JOBS, body(&phone)), 404).await,
        "unknownDevice"
    );
}

#[tokio::test]
async fn the_kill_switch_refuses_what_comes_in() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let on = json!({"on": true, "reason": "somebody wipes devices"});
    status(office.send(Method::PUT, &office.admin, "/sics/v1/killswitch", on), 200).await;
    let body = json!({"action": "sync", "devices": [{"id": ids[0]}]});
    let (found, code, _) = refused(office.post(&office.acmp, JOBS, body)).await;
    assert_eq!((found, code.as_str()), (409, "killSwitch"));
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_refused() {
    let limits = SicsLimits {
        body_bytes: 10_000,
        ..SicsLimits::default()
    };
    let office = Office::with(limits).await;
    let body = json!({"action": "sync", "devices": [], "reason": "x".repeat(20_000)});
    assert_eq!(problem(office.post(&office.acmp, JOBS, body), 413).await, "bodyTooBig");
    let url = format!("http://{}{JOBS}", office.address);
    let request = office.http.post(url).bearer_auth(&office.acmp).body("{}");
    assert_eq!(problem(request, 415).await, "notJson");
}

#[tokio::test]
async fn queries_out_of_bounds_and_jobs_that_are_not_there_are_told() {
    let office = Office::new().await;
    let rows = [
        (format!("{JOBS}?limit=0"), 400, "wrongLimit"),
        (format!("{JOBS}?limit=5000"), 400, "wrongLimit"),
        (format!("{JOBS}?colour=red"), 400, "wrongQuery"),
        (format!("{JOBS}/nothing"), 404, "unknown"),
        ("/sics/v1/servers/cmdb/results?limit=0".to_owned(), 400, "wrongLimit"),
        (
            "/sics/v1/servers/cmdb/results?wait_ms=999999".to_owned(),
            400,
            "wrongWait",
        ),
        ("/sics/v1/servers/nobody/results".to_owned(), 404, "unknown"),
    ];
    for (path, status, code) in rows {
        assert_eq!(problem(office.get(&office.acmp, &path), status).await, code, "{path}");
    }
    assert_eq!(
        problem(office.get(&office.admin, "/sics/v1/jobs/77"), 404).await,
        "unknown"
    );
    let gone = office.send(Method::DELETE, &office.acmp, &format!("{JOBS}/nothing"), json!({}));
    assert_eq!(problem(gone, 404).await, "unknown");
}
