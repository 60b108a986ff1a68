//! What happens outside of the store, when its caller hangs up, when the bus is stopped meanwhile, and when it panics.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::bus::{Bus, problem, status};
use crate::support::hang_up::Call;
use crate::support::wait::{until, within};

const INSTANCES: &str = "/sics/v1/instances";
const BEGUN: &str = "admin act.begun instance";
const ADDED: &str = "admin instance.added IntuneConnector_1";

fn draft() -> Value {
    json!({"tenant_id": "t", "client_id": "c"})
}

async fn acts(bus: &Bus) -> Vec<String> {
    let mut trail = bus.trail().await;
    trail.retain(|entry| !entry.contains("signIn"));
    trail
}

/// Somebody adds an instance and hangs up; it goes on when the sender says so.
async fn begin_and_hang_up(bus: &Bus) -> oneshot::Sender<()> {
    let (open, gate) = oneshot::channel();
    *bus.engine.gate.lock().unwrap() = Some(gate);
    let call = Call::send(bus.address, "POST", INSTANCES, &bus.admin, &draft()).await;
    until("the act is under way", async || {
        !bus.engine.calls.lock().unwrap().is_empty()
    })
    .await;
    call.hang_up().await;
    assert_eq!(acts(bus).await, [BEGUN]);
    open
}

#[tokio::test]
async fn e5_what_a_caller_has_begun_is_done_and_recorded_though_they_hang_up() {
    let bus = Bus::new().await;
    let open = begin_and_hang_up(&bus).await;
    open.send(()).expect("it still waits");
    until("it is recorded as done", async || acts(&bus).await == [BEGUN, ADDED]).await;
}

#[tokio::test]
async fn e5_a_bus_that_is_stopped_waits_for_what_callers_who_hung_up_have_begun() {
    let mut bus = Bus::new().await;
    let open = begin_and_hang_up(&bus).await;
    let goes_on = async { open.send(()).expect("it still waits") };
    tokio::join!(within("the bus has stopped", bus.end_serving()), goes_on);
    assert_eq!(acts(&bus).await, [BEGUN, ADDED]);
}

#[tokio::test]
async fn e5_an_act_that_panics_is_answered_and_is_not_in_the_trail_as_done() {
    let bus = Bus::new().await;
    let (open, gate) = oneshot::channel();
    *bus.engine.gate.lock().unwrap() = Some(gate);
    drop(open);
    let answer = problem(bus.post(&bus.admin, INSTANCES, draft()), 500).await;
    assert_eq!(answer, "panic");
    assert_eq!(acts(&bus).await, [BEGUN]);
    status(bus.post(&bus.admin, INSTANCES, draft()), 201).await;
    assert_eq!(acts(&bus).await, [BEGUN, BEGUN, ADDED]);
}
