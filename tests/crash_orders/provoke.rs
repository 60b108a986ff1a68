//! What has a bus come by a point: what has to be there before it, and what is asked for once it waits there to be killed.

use chrono::TimeDelta;
use intune_connector::orders::OrderFailpoint;
use reqwest::Method;
use serde_json::json;
use simulated_tenant::software::{Ending, OutcomeRule};

use super::lane::{Expected, Lane, MAIN, TERM};
use super::order_tenant::{self, Machine};

/// What was prepared for a point.
pub enum Prepared {
    Nothing,
    /// An application that is to be removed.
    Application(String),
    /// A device on which the app is installed.
    Installed(Machine),
    /// An order, by its place, that is to be cancelled.
    Pending(usize),
    /// An order whose term is to end.
    Lent,
}

enum Need {
    NewApplication,
    Removal,
    Order,
    Uninstall,
    Cancel,
    Term,
}

fn need_of(point: OrderFailpoint) -> Need {
    match point {
        OrderFailpoint::BeforeIntent
        | OrderFailpoint::BeforeGroupCreate
        | OrderFailpoint::AfterGroupCreate
        | OrderFailpoint::AfterGroupRecord
        | OrderFailpoint::BeforeAssignmentCreate
        | OrderFailpoint::AfterAssignmentCreate
        | OrderFailpoint::AfterAssignmentRecord
        | OrderFailpoint::BeforeComplete => Need::NewApplication,
        OrderFailpoint::BeforeAssignmentDelete
        | OrderFailpoint::AfterAssignmentDelete
        | OrderFailpoint::BeforeGroupDelete
        | OrderFailpoint::AfterGroupDelete
        | OrderFailpoint::BeforeRemovalEnd => Need::Removal,
        OrderFailpoint::BeforeRemove | OrderFailpoint::AfterRemove => Need::Uninstall,
        OrderFailpoint::AfterClear => Need::Cancel,
        OrderFailpoint::AfterTermMove => Need::Term,
        OrderFailpoint::AfterClaim
        | OrderFailpoint::AfterLookup
        | OrderFailpoint::AfterResolve
        | OrderFailpoint::BeforeAdd
        | OrderFailpoint::AfterAdd
        | OrderFailpoint::BeforeProcessed
        | OrderFailpoint::AfterProcessed
        | OrderFailpoint::BeforeSync
        | OrderFailpoint::AfterSync
        | OrderFailpoint::AfterReport
        | OrderFailpoint::BeforeEnd
        | OrderFailpoint::AfterEnd => Need::Order,
    }
}

pub async fn prepare(lane: &mut Lane, point: OrderFailpoint) -> Prepared {
    match need_of(point) {
        Need::NewApplication | Need::Order => Prepared::Nothing,
        Need::Removal => {
            let id = new_id(lane);
            lane.link(&id, json!({})).await;
            lane.until_linked(&id).await;
            Prepared::Application(id)
        }
        Need::Uninstall => {
            let laptop = order_tenant::enrol_laptop(&lane.sim);
            let order = lane.place(MAIN, "install", &laptop, Expected::Done).await;
            lane.until_state(order, "done").await;
            Prepared::Installed(laptop)
        }
        Need::Cancel => {
            let laptop = order_tenant::enrol_laptop(&lane.sim);
            let never = OutcomeRule {
                ending: Ending::Never,
                device: Some(laptop.intune),
                ..OutcomeRule::default()
            };
            order_tenant::set_outcome(&lane.sim, never);
            let order = lane.place(MAIN, "install", &laptop, Expected::Cancelled).await;
            lane.until_state(order, "processed").await;
            Prepared::Pending(order)
        }
        Need::Term => {
            let laptop = order_tenant::enrol_laptop(&lane.sim);
            let order = lane.place(TERM, "install", &laptop, Expected::TermEnded).await;
            lane.until_state(order, "done").await;
            Prepared::Lent
        }
    }
}

/// Asks for what brings the bus to the point.
pub async fn act(lane: &mut Lane, point: OrderFailpoint, prepared: Prepared) {
    match prepared {
        Prepared::Nothing => match need_of(point) {
            Need::NewApplication => {
                let id = new_id(lane);
                lane.link(&id, json!({})).await;
            }
            _ => {
                let laptop = order_tenant::enrol_laptop(&lane.sim);
                lane.place(MAIN, "install", &laptop, Expected::Done).await;
            }
        },
        Prepared::Application(id) => {
            lane.removed.push(id.clone());
            let path = format!("/sics/v1/applications/{id}?clean_up=true");
            lane.until_taken(Method::DELETE, &path, &json!({})).await;
        }
        Prepared::Installed(laptop) => {
            lane.place(MAIN, "uninstall", &laptop, Expected::Done).await;
        }
        Prepared::Pending(order) => {
            let path = format!("/sics/v1/orders/{}/cancel", lane.orders[order].id);
            lane.until_taken(Method::POST, &path, &json!({})).await;
        }
        Prepared::Lent => lane.bus.advance(TimeDelta::hours(25)).await,
    }
}

fn new_id(lane: &Lane) -> String {
    format!("app-{}", lane.linked.len() + 1)
}
