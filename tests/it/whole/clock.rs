//! E3: the clock of the bus's machine is set forward and back. No storm of scans, nothing gone, nothing missed, and the
//! schedule goes on. Graph's clock goes its own way.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{INSTANCE, LIST, Whole, until};

async fn status(whole: &Whole) -> Value {
    whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await["status"].clone()
}

/// Waits until nothing is due any more: what comes next lies ahead of the clock.
async fn quiet(whole: &Whole) {
    until("nothing is due", async || {
        let status = status(whole).await;
        let ahead = |key: &str| {
            let at = status[key].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
            at.is_some_and(|at| at > whole.clock.now())
        };
        status["state"] == "idle" && ahead("nextFull") && ahead("nextIncremental")
    })
    .await;
}

async fn completed(whole: &Whole) -> (usize, usize) {
    let scans = whole.scans().await;
    assert!(scans.iter().all(|scan| scan["gone"] == 0), "{scans:?}");
    let count = |kind: &str| scans.iter().filter(|scan| scan["kind"] == kind).count();
    (count("full"), count("incremental"))
}

async fn rename(whole: &Whole, name: &str) {
    let all = whole.control("GET", "devices", json!({})).await;
    let id = all["devices"][4]["id"].as_str().unwrap().to_owned();
    let now = whole.sim_clock.now().to_rfc3339();
    let properties = json!({"deviceName": name, "lastSyncDateTime": now});
    let path = format!("devices/{id}");
    whole.control("PATCH", &path, json!({"properties": properties})).await;
}

async fn is_known(whole: &Whole, name: &str) -> bool {
    let found = whole.get(&format!("/sics/v1/devices?search={name}")).await;
    found["devices"].as_array().unwrap().len() == 1
}

fn tokens(whole: &Whole) -> usize {
    let log = whole.sim.simulated.log().entries(0, usize::MAX);
    log.iter().filter(|entry| entry.path.ends_with("/token")).count()
}

#[tokio::test]
async fn e3_a_clock_that_steps_forward_a_day_and_back_an_hour_makes_up_once_and_goes_on() {
    let whole = Whole::new(25, &[("incremental", "every 15m"), ("full", "every 4h")]).await;
    whole.completed("full", 1).await;
    quiet(&whole).await;
    assert_eq!((completed(&whole).await, tokens(&whole)), ((1, 0), 1));

    whole.clock.advance(TimeDelta::days(1));
    whole.completed("full", 2).await;
    quiet(&whole).await;
    assert_eq!(
        completed(&whole).await,
        (2, 0),
        "six missed full scans are made up once"
    );
    assert_eq!(tokens(&whole), 2, "by our clock the token had ended");

    whole.clock.advance(TimeDelta::hours(-1));
    whole.sim_clock.advance(TimeDelta::minutes(1));
    rename(&whole, "AFTER-THE-STEP").await;
    whole.completed("incremental", 1).await;
    quiet(&whole).await;
    assert_eq!(completed(&whole).await, (2, 1), "one scan, and no storm");
    assert!(
        is_known(&whole, "AFTER-THE-STEP").await,
        "what was read in the future does not freeze it"
    );

    // The schedule goes on as the settings say.
    whole.advance(TimeDelta::minutes(16));
    whole.completed("incremental", 2).await;
    quiet(&whole).await;
    assert_eq!(completed(&whole).await, (2, 2));

    // By our clock the token is good for longer than it is: Graph says so, and a new one is taken.
    let before = tokens(&whole);
    whole.advance(TimeDelta::minutes(80));
    rename(&whole, "WITH-A-NEW-TOKEN").await;
    whole.completed("incremental", 3).await;
    quiet(&whole).await;
    assert!(is_known(&whole, "WITH-A-NEW-TOKEN").await);
    assert_eq!(tokens(&whole), before + 1);
}

#[tokio::test]
async fn e3_a_clock_that_is_set_back_after_a_failure_does_not_stop_the_next_try() {
    let whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let forbidden = json!({"fault": {"kind": "status", "status": 403}, "path": LIST, "times": 0});
    whole.fault(forbidden).await;
    whole.clock.advance(TimeDelta::hours(6));
    until("a scan has failed", async || status(&whole).await["state"] == "failing").await;
    whole.heal().await;
    whole.clock.advance(TimeDelta::hours(-1));
    // The refusal holds for some seconds of the machine's own time (E9); tries come by the clock that was set back, long
    // before it is again where it was.
    let passed = AtomicU32::new(0);
    until("a full scan has completed behind the step", async || {
        whole.clock.advance(TimeDelta::seconds(1));
        passed.fetch_add(1, Ordering::Relaxed);
        let scans = whole.scans().await;
        let completed = |scan: &&Value| scan["kind"] == "full" && scan["state"] == "completed";
        scans.iter().filter(completed).count() == 2
    })
    .await;
    assert!(passed.load(Ordering::Relaxed) < 3_600);
}
