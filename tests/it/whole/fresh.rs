//! Fresh enough to be believed: incremental scans each two minutes by the default, each with the number of enrolled devices, which
//! brings a full scan where it shows that a device has gone. And what it costs.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{INSTANCE, Whole, until};
use crate::support::rig::OVERVIEW;

/// Both clocks go on by so much at once: the default of incremental scans.
const STEP: TimeDelta = TimeDelta::minutes(2);

async fn status(whole: &Whole) -> Value {
    whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await["status"].clone()
}

fn time_of(scan: &Value, key: &str) -> Option<DateTime<Utc>> {
    scan[key].as_str().and_then(|text| text.parse().ok())
}

/// Nothing runs, and nothing is due any more.
async fn quiet(whole: &Whole) {
    until("nothing is due", async || {
        let status = status(whole).await;
        let ahead = |key: &str| time_of(&status, key).is_some_and(|at| at > whole.clock.now());
        status["state"] == "idle" && ahead("nextFull") && ahead("nextIncremental")
    })
    .await;
}

/// One step, and the scan that it makes due.
async fn pass_step(whole: &Whole) {
    whole.advance(STEP);
    let now = whole.clock.now();
    until("a scan has ended after the step", async || {
        let ended = |scan: &Value| scan["state"] == "completed" && time_of(scan, "endedAt").is_some_and(|at| at >= now);
        whole.scans().await.iter().any(ended)
    })
    .await;
    quiet(whole).await;
}

async fn pass(whole: &Whole, minutes: i64) {
    for _ in 0..minutes / STEP.num_minutes() {
        pass_step(whole).await;
    }
}

/// What the tenant says that it has, until it says something else.
async fn says(whole: &Whole, count: u64) {
    whole.heal().await;
    let wrong = json!({"kind": "list", "twist": {"wrongCount": {"count": count}}});
    whole.fault(json!({"fault": wrong, "path": OVERVIEW, "times": 0})).await;
}

/// Full scans, the newest first: why each began before its schedule, and when.
async fn full_scans(whole: &Whole) -> Vec<(Value, DateTime<Utc>)> {
    let scans = whole.scans().await;
    let full = scans.iter().filter(|scan| scan["kind"] == "full");
    full.map(|scan| (scan["reason"].clone(), time_of(scan, "startedAt").unwrap()))
        .collect()
}

async fn remove_first(whole: &Whole) {
    let all = whole.control("GET", "devices", json!({})).await;
    let id = all["devices"][0]["id"].as_str().unwrap();
    whole.control("DELETE", &format!("devices/{id}"), json!({})).await;
}

/// Lets time pass until so many devices are shown; answers how much it took.
async fn shown_after(whole: &Whole, devices: u64) -> TimeDelta {
    let from = whole.clock.now();
    while status(whole).await["devices"] != devices {
        let passed = whole.clock.now() - from;
        assert!(passed < TimeDelta::hours(1), "{:?}", whole.scans().await);
        pass_step(whole).await;
    }
    whole.clock.now() - from
}

#[tokio::test]
async fn s1_one_device_that_is_removed_is_shown_as_gone_within_a_quarter_of_an_hour() {
    let mut whole = Whole::new(25, &[]).await;
    whole.completed("full", 1).await;
    quiet(&whole).await;
    pass(&whole, 4).await;
    remove_first(&whole).await;
    let took = shown_after(&whole, 24).await;
    assert!(took <= TimeDelta::minutes(15), "{took}");
    let full = full_scans(&whole).await;
    let reasons: Vec<&Value> = full.iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, [&json!("otherCount"), &Value::Null]);
    let newest = whole.completed("full", 2).await;
    assert_eq!((&newest["gone"], &newest["countDifference"]), (&json!(1), &json!(0)));

    // The next one is shown as soon; two at once are shown together.
    for left in [23, 21] {
        pass(&whole, 10).await;
        for _ in 0..status(&whole).await["devices"].as_u64().unwrap() - left {
            remove_first(&whole).await;
        }
        let took = shown_after(&whole, left).await;
        assert!(took <= TimeDelta::minutes(15), "{took}");
    }
    whole.stop().await;
}

#[tokio::test]
async fn s1_a_number_that_is_always_wrong_brings_no_scan_and_one_that_goes_down_does_all_the_same() {
    let mut whole = Whole::prepare(25, &[]).await;
    says(&whole, 27).await;
    whole.start().await;
    whole.completed("full", 1).await;
    // A second list proves the fleet whole (F4).
    pass(&whole, 14).await;
    let full = full_scans(&whole).await;
    assert_eq!(full.len(), 2, "{full:?}");
    pass(&whole, 14).await;
    assert_eq!(
        full_scans(&whole).await,
        full,
        "the same difference for ever is no reason"
    );

    // One is removed: number and list still differ by two, so a second list has to confirm it.
    remove_first(&whole).await;
    says(&whole, 26).await;
    let took = shown_after(&whole, 24).await;
    assert!(took <= TimeDelta::minutes(15), "{took}");
    let newer = full_scans(&whole).await;
    let reasons: Vec<&Value> = newer.iter().take(2).map(|(reason, _)| reason).collect();
    assert_eq!(reasons, [&json!("stillMissing"), &json!("otherCount")]);
    pass(&whole, 14).await;
    assert_eq!(full_scans(&whole).await.len(), newer.len(), "and that is the end of it");
    whole.stop().await;
}

#[tokio::test]
async fn e7_a_number_that_is_another_one_each_time_brings_a_full_scan_in_ten_minutes_and_no_more() {
    let mut whole = Whole::new(25, &[]).await;
    whole.completed("full", 1).await;
    quiet(&whole).await;
    for step in 0..14 {
        says(&whole, 26 + step).await;
        pass_step(&whole).await;
    }
    let early: Vec<DateTime<Utc>> = full_scans(&whole)
        .await
        .into_iter()
        .filter(|(reason, _)| reason == "otherCount")
        .map(|(_, at)| at)
        .collect();
    assert!((2..=3).contains(&early.len()), "{early:?}");
    assert!(
        early.windows(2).all(|pair| pair[0] - pair[1] >= TimeDelta::minutes(10)),
        "{early:?}"
    );
    whole.stop().await;
}

#[tokio::test]
async fn e7_a_quiet_tenant_is_asked_one_and_a_half_times_a_minute_at_most() {
    let mut whole = Whole::new(25, &[("primary_user", "on")]).await;
    whole.completed("full", 1).await;
    quiet(&whole).await;
    pass(&whole, 4).await;
    let asked = || {
        let log = whole.sim.simulated.log().entries(0, usize::MAX);
        log.iter().filter(|entry| entry.path.starts_with("/v1.0/")).count()
    };
    let before = asked();
    pass(&whole, 20).await;
    let requests = asked() - before;
    assert!((20..=30).contains(&requests), "{requests} requests in 20 minutes");
    whole.stop().await;
}

/// The primary users of all devices as they are shown: id of the device, sign-in name or null.
async fn known_users(whole: &Whole) -> Vec<(String, Value)> {
    let told = whole
        .get(&format!("/sics/v1/devices?instance={INSTANCE}&limit=1000"))
        .await;
    let devices = told["devices"].as_array().unwrap().iter();
    devices
        .map(|row| {
            let device = &row["device"];
            let id = device["id"].as_str().unwrap().to_owned();
            (id, device["primaryUser"]["userPrincipalName"].clone())
        })
        .collect()
}

async fn is_known(whole: &Whole, id: &str, user: &Value) -> bool {
    let known = known_users(whole).await;
    known.iter().any(|(of, name)| of == id && name == user)
}

/// A device that somebody has, and somebody else.
async fn pick(whole: &Whole) -> (String, Value, Value) {
    let all = whole.control("GET", "devices", json!({})).await;
    let mut with_user = all["devices"].as_array().unwrap().iter().filter(|device| {
        let name = device["userPrincipalName"].as_str();
        name.is_some_and(|name| !name.is_empty())
    });
    let device = with_user.next().unwrap();
    let (id, user) = (device["id"].as_str().unwrap(), &device["userPrincipalName"]);
    let other = with_user.find(|other| other["userPrincipalName"] != *user).unwrap();
    (id.to_owned(), user.clone(), other["userPrincipalName"].clone())
}

async fn assign(whole: &Whole, id: &str, user: &Value, listed: bool) {
    let path = format!("devices/{id}/user");
    whole
        .control("PUT", &path, json!({"user": user, "listed": listed}))
        .await;
}

async fn check_in(whole: &Whole, id: &str) {
    whole.control("POST", "devices/check-in", json!({ "ids": [id] })).await;
}

/// The device as its management server was told last.
async fn told_user(whole: &Whole, id: &str) -> Value {
    let told = whole.get("/sics/v1/servers/cmdb/changes?limit=1000").await;
    let changes = told["changes"].as_array().unwrap().iter();
    let mut of_device = changes.filter(|change| change["kind"] == "upsert" && change["device"]["id"] == id);
    let last = of_device.next_back().unwrap();
    last["device"]["primaryUser"]["userPrincipalName"].clone()
}

#[tokio::test]
async fn s4_the_primary_user_of_a_device_is_known_and_whoever_follows_is_told() {
    let mut whole = Whole::new(25, &[("primary_user", "on")]).await;
    whole.server("cmdb", json!({})).await;
    whole.completed("full", 1).await;
    let (id, first, second) = pick(&whole).await;
    until("the primary user is known", async || {
        is_known(&whole, &id, &first).await
    })
    .await;
    quiet(&whole).await;

    // Somebody else has it, and then nobody.
    for user in [second.clone(), Value::Null, first] {
        assign(&whole, &id, &user, true).await;
        check_in(&whole, &id).await;
        pass_step(&whole).await;
        until("the new primary user is known", async || {
            is_known(&whole, &id, &user).await
        })
        .await;
        assert_eq!(told_user(&whole, &id).await, user);
    }

    // In the portal, without a check-in: the next full scan shows it, and no incremental one before. Each incremental scan lists
    // again who checked in within ten minutes before the last one.
    pass(&whole, 14).await;
    assign(&whole, &id, &second, true).await;
    pass(&whole, 4).await;
    assert!(!is_known(&whole, &id, &second).await);
    whole.advance(TimeDelta::hours(4));
    until("a full scan shows it", async || is_known(&whole, &id, &second).await).await;
    whole.stop().await;
}

#[tokio::test]
async fn s4_a_primary_user_that_no_list_shows_is_found_by_asking_each_day() {
    let mut whole = Whole::new(12, &[("primary_user", "daily")]).await;
    whole.completed("full", 1).await;
    let (id, first, second) = pick(&whole).await;
    until("the primary user is known", async || {
        is_known(&whole, &id, &first).await
    })
    .await;
    assign(&whole, &id, &second, false).await;
    whole.advance(TimeDelta::hours(25));
    until("the other one is known", async || is_known(&whole, &id, &second).await).await;
    whole.stop().await;
}

#[tokio::test]
async fn e9_a_right_that_is_missing_for_primary_users_is_told_and_asked_for_once_and_scans_go_on() {
    let mut whole = Whole::prepare(12, &[("primary_user", "on")]).await;
    let refused = json!({"kind": "status", "status": 403});
    whole
        .fault(json!({"fault": refused, "path": "*/users", "method": "GET", "times": 0}))
        .await;
    whole.start().await;
    whole.completed("full", 1).await;
    until("the refusal is told", async || {
        let told = status(&whole).await["primaryUsersRefused"].clone();
        told.as_str().is_some_and(|told| told.contains("User.ReadBasic.All"))
    })
    .await;
    let batches = || {
        let log = whole.sim.simulated.log().entries(0, usize::MAX);
        log.iter().filter(|entry| entry.path.ends_with("/$batch")).count()
    };
    let (id, user, _) = pick(&whole).await;
    check_in(&whole, &id).await;
    pass(&whole, 6).await;
    let now = status(&whole).await;
    assert_eq!((&now["state"], &now["devices"]), (&json!("idle"), &json!(12)));
    assert_eq!(batches(), 1, "nobody asks again at once");

    whole.heal().await;
    whole.advance(TimeDelta::minutes(61));
    until("they are known as soon as it is granted", async || {
        let told = status(&whole).await["primaryUsersRefused"].clone();
        told.is_null() && is_known(&whole, &id, &user).await
    })
    .await;
    whole.stop().await;
}
