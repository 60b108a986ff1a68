//! E2: what waits costs nothing. A bus that writes or wakes itself while there is nothing to do takes the machine from
//! everybody else.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use simulated_tenant::fault::Release;

use super::{INSTANCE, LIST, Whole, until};
use crate::support::wait::PATIENCE;

/// Some ticks long.
const A_WHILE: Duration = Duration::from_secs(4);
/// Far more than a look with each tick makes, far less than a spin does, however busy the machine.
const FEW: i64 = 20;

#[tokio::test]
async fn cr_v0_a_scan_that_waits_for_its_tenant_while_the_next_falls_due_writes_nothing_and_wakes_nobody() {
    let whole = Whole::new(25, &[("incremental", "every 15m"), ("full", "every 4h")]).await;
    whole.completed("full", 1).await;
    whole
        .fault(json!({"fault": {"kind": "hold", "stage": "before"}, "path": LIST}))
        .await;
    whole.advance(TimeDelta::minutes(15));
    let holds = whole.sim.simulated.faults().holds();
    assert_eq!(holds.wait(1, PATIENCE).await.len(), 1, "a scan waits for its tenant");

    whole.advance(TimeDelta::minutes(15));
    until("the next one is due", async || {
        let told = whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await;
        let at = told["status"]["nextIncremental"].as_str().unwrap();
        at.parse::<DateTime<Utc>>().unwrap() <= whole.clock.now()
    })
    .await;
    let store = &whole.bus().store;
    let counts = async || {
        let (runs, tasks) = (*store.watch_runs().borrow(), *store.watch_tasks().borrow());
        (
            store.count_commits().await.unwrap(),
            (runs + tasks).try_into().unwrap_or(i64::MAX),
        )
    };
    let before = counts().await;
    tokio::time::sleep(A_WHILE).await;
    let after = counts().await;
    let (commits, wakes) = (after.0 - before.0, after.1 - before.1);
    assert!(commits < FEW && wakes < FEW, "{commits} commits, woken {wakes} times");

    // What was due meanwhile comes as soon as the first has ended.
    assert_eq!(holds.release(None, Release::Go), 1);
    whole.completed("incremental", 2).await;
}
