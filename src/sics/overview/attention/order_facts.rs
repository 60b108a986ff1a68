//! What the board is told of app orders: counts of each orders instance, and applications that failed.

use chrono::TimeDelta;

use super::item::BoardItem;
use super::orders::{OrderFacts, application_item, order_items};
use crate::contract::{ApplicationState, OrderState};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{ApplicationFilter, WebhookPurpose, WebhookRow, WebhookState};

/// Applications that could not be prepared: so many are told.
const APPLICATIONS_TOLD: usize = 200;
/// A message that was given up is told for so long after it was written: nobody can do more than read what it said.
const DEAD_TOLD: TimeDelta = TimeDelta::days(7);

pub(super) async fn gather_orders(sics: &Sics) -> Result<Vec<BoardItem>, ApiProblem> {
    let instances = match sics.engine().order_provider() {
        Some(provider) => provider.order_instances().await?,
        None => return Ok(Vec::new()),
    };
    let dead = list_dead_webhooks(sics).await?;
    let mut items = Vec::new();
    for instance in &instances {
        let own_dead = dead.iter().filter(|webhook| webhook.instance == instance.id);
        items.extend(order_items(&OrderFacts {
            instance,
            counts: sics.store().count_orders(instance.id).await?,
            dead_webhooks: own_dead.count() as u64,
            is_stopped: sics.store().find_kill_switch(instance.tenant.clone()).await?.is_some(),
            lost_by_restore: sics.store().count_orders_lost_by_restore(instance.id).await?,
        }));
    }
    let filter = ApplicationFilter {
        state: Some(ApplicationState::Failed),
        limit: APPLICATIONS_TOLD,
        ..ApplicationFilter::default()
    };
    for row in sics.store().list_applications(filter).await?.0 {
        let owner = instances.iter().find(|instance| instance.id == row.instance);
        items.extend(owner.map(|owner| application_item(&row, &owner.name)));
    }
    Ok(items)
}

/// Those that were given up lately. A question about an order that was decided since is of no use to anybody.
async fn list_dead_webhooks(sics: &Sics) -> Result<Vec<WebhookRow>, ApiProblem> {
    let mut told = Vec::new();
    for webhook in sics.store().list_webhooks(Some(WebhookState::Dead)).await? {
        if sics.now() - webhook.created_at >= DEAD_TOLD {
            continue;
        }
        let is_missed = match webhook.purpose {
            WebhookPurpose::OrderStatus => true,
            WebhookPurpose::ApprovalRequest => {
                let order = sics.store().load_order(webhook.subject.clone()).await?;
                order.is_some_and(|order| order.state == OrderState::WaitingForApproval)
            }
        };
        if is_missed {
            told.push(webhook);
        }
    }
    Ok(told)
}
