//! What waits with app orders: applications that could not be prepared, orders that nobody has approved, what the shop was
//! not told, orders that nobody works on, and those that a restore
//! or the kill switch holds up. Pure.

use super::super::known_world::FactVisibility;
use super::item::{BoardItem, to_sentence};
use crate::contract::{AttentionSeverity, AttentionSubject};
use crate::model::{InstanceName, choose_form, format_count};
use crate::sics::OrderInstance;
use crate::store::{ApplicationRow, OrderCounts};

/// Rights that show each kind, where they hold.
const APPLICATIONS: &str = "Applications_Read";
const ORDERS: &str = "Orders_Read";

/// What is known of an orders instance.
pub(super) struct OrderFacts<'a> {
    pub instance: &'a OrderInstance,
    pub counts: OrderCounts,
    /// Messages to the shop that are not sent any more.
    pub dead_webhooks: u64,
    /// A kill switch is on for its tenant.
    pub is_stopped: bool,
    /// Orders that failed because the store went back, and that nobody has tried again.
    pub lost_by_restore: u64,
}

pub(super) fn order_items(facts: &OrderFacts<'_>) -> impl Iterator<Item = BoardItem> {
    [
        approval_item(facts),
        webhook_item(facts),
        stopped_item(facts),
        kill_switch_item(facts),
        restore_item(facts),
    ]
    .into_iter()
    .flatten()
}

fn new_item(code: &str, severity: AttentionSeverity, name: &InstanceName, fix: String, count: u64) -> BoardItem {
    BoardItem::new(
        code,
        severity,
        (AttentionSubject::Orders, name),
        fix,
        FactVisibility::Instance(ORDERS, name.clone()),
    )
    .argument("instance", name)
    .argument("count", count)
}

fn approval_item(facts: &OrderFacts<'_>) -> Option<BoardItem> {
    let (name, count) = (&facts.instance.name, facts.counts.waiting_for_approval);
    (count > 0).then(|| {
        let fix = format!("/orders?state=waitingForApproval&instance={name}");
        new_item("ordersWaitForApproval", AttentionSeverity::Act, name, fix, count)
            .argument("orders", count_orders(count, "waits", "wait"))
            .texts(
                "{orders} for approval at {instance}.",
                "Look at each, then approve or reject it.",
            )
    })
}

fn webhook_item(facts: &OrderFacts<'_>) -> Option<BoardItem> {
    let (name, count) = (&facts.instance.name, facts.dead_webhooks);
    (count > 0).then(|| {
        let fix = format!("/orders?instance={name}");
        new_item("orderWebhooksDead", AttentionSeverity::Watch, name, fix, count)
            .argument("messages", format_count(count, "message"))
            .texts(
                "{messages} of {instance} about orders could not be delivered to the shop, and the bus has given up.",
                "Check the addresses in the settings of the instance. The messages are listed by intune-connector orders \
                 webhooks --dead; --retry ID sends one again. What was missed is read by GET /sics/v1/order-changes, or \
                 intune-connector orders follow.",
            )
    })
}

/// Nobody works on what is open.
fn stopped_item(facts: &OrderFacts<'_>) -> Option<BoardItem> {
    let (name, count) = (&facts.instance.name, facts.counts.open);
    (!facts.instance.running && count > 0).then(|| {
        let fix = format!("/microservices/{name}");
        new_item("ordersNotProcessed", AttentionSeverity::Act, name, fix, count)
            .argument("orders", count_orders(count, "is open", "are open"))
            .texts(
                "{orders}, and {instance} does not run: nobody works on them.",
                "Start the microservice.",
            )
    })
}

/// What is open is not carried out, and what has a term stays installed. Where the bus has switched the kill switch on
/// itself, the item of the kill switch says so.
fn kill_switch_item(facts: &OrderFacts<'_>) -> Option<BoardItem> {
    let (name, count) = (&facts.instance.name, facts.counts.open);
    (facts.is_stopped && facts.instance.running && count > 0).then(|| {
        new_item(
            "ordersStopped",
            AttentionSeverity::Watch,
            name,
            "/killswitch".to_owned(),
            count,
        )
        .argument("orders", count_orders(count, "is open", "are open"))
        .texts(
            "{orders}, and the kill switch is on: {instance} changes nothing in the tenant.",
            "Once the reason is gone, ask for it to be switched off.",
        )
    })
}

/// A8.
fn restore_item(facts: &OrderFacts<'_>) -> Option<BoardItem> {
    let (name, count) = (&facts.instance.name, facts.lost_by_restore);
    (count > 0).then(|| {
        let fix = format!("/orders?state=failed&instance={name}");
        new_item("ordersLostByRestore", AttentionSeverity::Act, name, fix, count)
            .argument("orders", format_count(count, "order"))
            .texts(
                "{orders} of {instance} failed because the store was put back: what became of them is not known.",
                "Compare them with the tenant, and try again those that are still wanted: intune-connector orders retry ID",
            )
    })
}

fn count_orders(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", format_count(count, "order"), choose_form(count, one, many))
}

/// `name`: of the instance in whose tenant its app is.
pub(super) fn application_item(row: &ApplicationRow, name: &InstanceName) -> BoardItem {
    let (detail, advice) = row.failure.as_ref().map_or_else(
        || ("no reason is known".to_owned(), String::new()),
        |failure| (failure.message.clone(), to_sentence(&failure.advice)),
    );
    BoardItem::new(
        "applicationFailed",
        AttentionSeverity::Act,
        (AttentionSubject::Application, &row.id),
        format!("/applications/{}", row.id),
        FactVisibility::Instance(APPLICATIONS, name.clone()),
    )
    .since(row.changed_at)
    .argument("application", &row.id)
    .argument("name", &row.description.display_name)
    .argument("instance", name)
    .argument("detail", to_sentence(&detail))
    .argument("advice", advice)
    .argument(
        "failure",
        row.failure.as_ref().map_or("", |failure| failure.code.as_str()),
    )
    .texts(
        "The application {application} cannot be ordered; its groups and assignments were not created: {detail}",
        "{advice}",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InstanceId;

    /// Codes and messages.
    fn told(running: bool, counts: OrderCounts, dead_webhooks: u64) -> Vec<(String, String)> {
        told_while(false, running, counts, dead_webhooks)
    }

    fn told_while(is_stopped: bool, running: bool, counts: OrderCounts, dead_webhooks: u64) -> Vec<(String, String)> {
        let instance = OrderInstance {
            id: InstanceId(3),
            name: "IntuneAppOrders_3".parse().unwrap(),
            profile: String::new(),
            tenant: "7e0a0000-0000-4000-8000-000000000001".to_owned(),
            running,
            targets: Vec::new(),
            status_url: true,
            approval_url: false,
        };
        let facts = OrderFacts {
            instance: &instance,
            counts,
            dead_webhooks,
            is_stopped,
            lost_by_restore: 0,
        };
        order_items(&facts)
            .map(|item| (item.view.code, item.view.message))
            .collect()
    }

    #[test]
    fn what_waits_with_orders_is_told_once_for_each_instance() {
        assert!(told(true, OrderCounts::default(), 0).is_empty());
        assert!(
            told(false, OrderCounts::default(), 0).is_empty(),
            "there is nothing to do"
        );
        let waiting = OrderCounts {
            waiting_for_approval: 1,
            open: 3,
            ..OrderCounts::default()
        };
        assert_eq!(
            told(true, waiting, 0),
            [(
                "ordersWaitForApproval".to_owned(),
                "1 order waits for approval at IntuneAppOrders_3.".to_owned()
            )]
        );
        let codes: Vec<String> = told(false, waiting, 2).into_iter().map(|(code, _)| code).collect();
        assert_eq!(
            codes,
            ["ordersWaitForApproval", "orderWebhooksDead", "ordersNotProcessed"]
        );
    }

    #[test]
    fn a8_open_orders_that_the_kill_switch_holds_up_are_told() {
        let open = OrderCounts {
            open: 2,
            ..OrderCounts::default()
        };
        assert_eq!(
            told_while(true, true, open, 0),
            [(
                "ordersStopped".to_owned(),
                "2 orders are open, and the kill switch is on: IntuneAppOrders_3 changes nothing in the tenant."
                    .to_owned()
            )]
        );
        assert!(told_while(true, true, OrderCounts::default(), 0).is_empty());
    }
}
