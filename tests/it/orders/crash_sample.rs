//! A real SIGKILL of a bus at points of the flow of orders: a sample of the campaign in `tests/crash_orders`, with the same
//! parts, and a control for each mistake that its judge has to find.

#[path = "../../crash_orders/bus.rs"]
mod bus;
#[path = "../../crash_orders/child.rs"]
mod child;
#[path = "../../crash_orders/judge.rs"]
mod judge;
#[path = "../../crash_orders/lane.rs"]
mod lane;
#[path = "../../crash_orders/mistake.rs"]
mod mistake;
#[path = "../../crash_orders/provoke.rs"]
mod provoke;

use intune_connector::orders::OrderFailpoint;

use crate::support::{order_bodies, order_tenant};
use bus::Program;
use lane::{Outcome, Plan};
use mistake::Mistake;

/// This very program, with the one test that is a bus.
const PROGRAM: Program = Program {
    arguments: &["orders::crash_sample::a_bus_to_be_killed", "--exact", "--nocapture"],
};

/// Of applications, and of their removal.
const FIRST: [OrderFailpoint; 6] = [
    OrderFailpoint::BeforeGroupCreate,
    OrderFailpoint::AfterGroupCreate,
    OrderFailpoint::AfterAssignmentCreate,
    OrderFailpoint::BeforeComplete,
    OrderFailpoint::AfterAssignmentDelete,
    OrderFailpoint::AfterGroupDelete,
];
/// Of orders.
const SECOND: [OrderFailpoint; 6] = [
    OrderFailpoint::AfterClaim,
    OrderFailpoint::AfterRemove,
    OrderFailpoint::AfterAdd,
    OrderFailpoint::AfterProcessed,
    OrderFailpoint::AfterEnd,
    OrderFailpoint::AfterClear,
];

/// Plays the bus where it is started as one, and does nothing else.
#[test]
fn a_bus_to_be_killed() {
    if let Some(child) = child::Child::from_environment() {
        child.run();
    }
}

async fn kill_at(points: &[OrderFailpoint], mistake: Option<Mistake>) -> Outcome {
    let plan = Plan {
        name: mistake.map_or("sample", Mistake::name).to_owned(),
        points: points.to_vec(),
        mistake,
        program: PROGRAM,
        fault: None,
    };
    let mut outcome = Outcome::default();
    outcome.add(lane::run_plan(plan).await);
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_made_once_whenever_the_bus_is_killed() {
    let outcome = kill_at(&FIRST, None).await;
    assert_eq!(outcome.complaints, [""; 0]);
    assert_eq!((outcome.kills, outcome.met.len()), (6, 6), "{:?}", outcome.met);
    assert!(outcome.applications >= 6 && outcome.orders == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_ends_once_in_the_right_group_whenever_the_bus_is_killed() {
    let outcome = kill_at(&SECOND, None).await;
    assert_eq!(outcome.complaints, [""; 0]);
    assert_eq!((outcome.kills, outcome.met.len()), (6, 6), "{:?}", outcome.met);
    assert!(outcome.orders >= 6, "{}", outcome.orders);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deliberate_mistake_is_found() {
    for mistake in Mistake::ALL {
        let outcome = kill_at(&[mistake.point()], Some(mistake)).await;
        let said = |complaint: &String| complaint.contains(mistake.complaint());
        assert!(
            outcome.complaints.iter().any(said),
            "{} is not found: {:?}",
            mistake.name(),
            outcome.complaints
        );
    }
}
