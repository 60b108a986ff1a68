//! The verdict: what the bus tells of its orders against what is in the tenant.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::lane::{Expected, Lane, PlacedOrder};
use super::order_tenant::{self, count_writes};

/// Events with which an order ends.
const ENDS: [&str; 5] = ["done", "failed", "rejected", "cancelled", "replaced"];

pub async fn find_complaints(lane: &Lane) -> Vec<String> {
    let mut complaints = lane.bus.panics();
    complaints.extend(order_tenant::find_breaches(&lane.sim));
    if order_tenant::foreign_things(&lane.sim) != lane.foreign {
        complaints.push("something of other people's has changed".to_owned());
    }
    complaints.extend(judge_groups(lane));
    let ends = read_ends(lane).await;
    for order in &lane.orders {
        complaints.extend(judge_order(lane, order, ends.get(&order.id)).await);
    }
    complaints.extend(find_misplaced(lane).await);
    complaints
}

/// Objects that are in other groups than their orders say.
pub async fn find_misplaced(lane: &Lane) -> Vec<String> {
    let mut complaints = Vec::new();
    for order in &lane.orders {
        // Only the last order for an object says where it is now.
        let is_of_same = |other: &&PlacedOrder| other.application == order.application && other.object == order.object;
        if lane
            .orders
            .iter()
            .rfind(is_of_same)
            .is_some_and(|last| last.id == order.id)
        {
            complaints.extend(judge_membership(lane, order).await);
        }
    }
    complaints
}

/// Two groups for each application that is there, none of which was made twice.
fn judge_groups(lane: &Lane) -> Vec<String> {
    let mut complaints = Vec::new();
    let groups = order_tenant::own_groups(&lane.sim);
    let expected = 2 * (lane.linked.len() - lane.removed.len());
    if groups.len() != expected {
        complaints.push(format!("{} groups instead of {expected}: {groups:?}", groups.len()));
    }
    let made = count_writes(&lane.sim, "POST /groups");
    if made != 2 * lane.linked.len() as u64 {
        complaints.push(format!(
            "{made} groups were made for {} applications",
            lane.linked.len()
        ));
    }
    complaints
}

/// The ends that were told, by order.
async fn read_ends(lane: &Lane) -> BTreeMap<String, Vec<String>> {
    let (mut ends, mut after) = (BTreeMap::<String, Vec<String>>::new(), "0".to_owned());
    loop {
        let page = get(lane, &format!("/sics/v1/order-changes?limit=500&after={after}")).await;
        for change in page["changes"].as_array().into_iter().flatten() {
            let [order, event] = ["order", "event"].map(|name| change[name].as_str().unwrap_or_default().to_owned());
            if ENDS.contains(&event.as_str()) {
                ends.entry(order).or_default().push(event);
            }
        }
        after = page["next"].as_str().unwrap_or_default().to_owned();
        if page["more"] != true {
            return ends;
        }
    }
}

async fn get(lane: &Lane, path: &str) -> Value {
    let answer = lane.bus.ask(Method::GET, path, &json!({})).await;
    answer.map(|(_, answer)| answer).unwrap_or_default()
}

async fn judge_order(lane: &Lane, order: &PlacedOrder, ends: Option<&Vec<String>>) -> Vec<String> {
    let mut complaints = Vec::new();
    let expected = match order.expected {
        Expected::Done | Expected::TermEnded => "done",
        Expected::Cancelled => "cancelled",
    };
    let told = ends.map(Vec::as_slice).unwrap_or_default();
    if told != [expected.to_owned()] {
        complaints.push(format!(
            "{} was told to have ended as {told:?}, not once as {expected}",
            order.id
        ));
    }
    let shown = get(lane, &format!("/sics/v1/orders/{}", order.id)).await;
    let status = u64::from(expected == "done");
    if shown["state"] != expected || shown["status"] != status {
        complaints.push(format!(
            "{} is {} ({}), not {expected}",
            order.id, shown["state"], shown["status"]
        ));
    }
    complaints
}

async fn judge_membership(lane: &Lane, order: &PlacedOrder) -> Option<String> {
    let application = get(lane, &format!("/sics/v1/applications/{}", order.application)).await;
    let is_in = |group: &Value| {
        let group = group.as_str().unwrap_or_default();
        order_tenant::members(&lane.sim, group).contains(&order.object)
    };
    let seen = (
        is_in(&application["installGroup"]),
        is_in(&application["uninstallGroup"]),
    );
    let wanted = match (order.expected, order.kind) {
        (Expected::Done, "install") => (true, false),
        (Expected::Done, _) | (Expected::TermEnded, _) => (false, true),
        (Expected::Cancelled, _) => (false, false),
    };
    let told = || format!("the object of {} is in the groups {seen:?}, not {wanted:?}", order.id);
    (seen != wanted).then(told)
}
