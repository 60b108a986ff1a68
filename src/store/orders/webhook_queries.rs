//! Webhooks as people see them, and one that is sent again because somebody says so.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::order_rows::{find_order, restrict_to_instances};
use super::webhooks::{WEBHOOK, webhook_from_row};
use super::{WebhookPurpose, WebhookRow, WebhookState};
use crate::contract::OrderState;
use crate::model::InstanceId;
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError, WakeTarget};

#[derive(Debug, Clone, Default)]
pub struct WebhookFilter {
    /// `None`: of all.
    pub instances: Option<Vec<InstanceId>>,
    pub state: Option<WebhookState>,
    /// Webhooks of a smaller place.
    pub after: Option<i64>,
    pub limit: usize,
}

/// What came of sending one again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookRetried {
    /// It is sent now.
    Retried(WebhookRow),
    /// Its receiver has it.
    Delivered(WebhookRow),
    /// It was given up, and a newer one is about the same order: the receiver would take the old word for the newest.
    Outdated(WebhookRow),
    /// It asks about an order that does not wait for approval any more.
    Decided(WebhookRow),
}

impl WebhookFilter {
    /// All but `after` and `limit`.
    fn to_condition(&self) -> (String, Vec<Value>) {
        let mut condition = "1 = 1".to_owned();
        let mut values: Vec<Value> = Vec::new();
        restrict_to_instances(&mut condition, &mut values, "instance", self.instances.as_deref());
        if let Some(state) = self.state {
            condition.push_str(" AND state = ?");
            values.push(state.name().to_owned().into());
        }
        (condition, values)
    }
}

impl Store {
    pub async fn load_webhook(&self, id: String) -> Result<Option<WebhookRow>, StoreError> {
        self.read(move |connection| Ok(find_webhook(connection, &id)?.map(|(_, webhook)| webhook)))
            .await
    }

    /// A page with the place of each, newest first, and how many there are on all pages.
    pub async fn list_webhook_page(&self, filter: WebhookFilter) -> Result<(Vec<(i64, WebhookRow)>, u64), StoreError> {
        self.read(move |connection| {
            let (mut condition, mut values) = filter.to_condition();
            let count = format!("SELECT count(*) FROM webhook WHERE {condition}");
            let total: i64 = connection
                .prepare_cached(&count)?
                .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
            if let Some(after) = filter.after {
                condition.push_str(" AND rowid < ?");
                values.push(after.into());
            }
            condition.push_str(" ORDER BY rowid DESC LIMIT ?");
            values.push((filter.limit as i64).into());
            let mut statement = connection.prepare_cached(&format!("{WEBHOOK} WHERE {condition}"))?;
            let rows = statement.query_map(params_from_iter(values.iter()), |row| {
                Ok((row.get("place")?, webhook_from_row(row)?))
            })?;
            let page: Result<Vec<_>, StoreError> = rows.map(|row| row.map_err(StoreError::from)).collect();
            Ok((page?, total.unsigned_abs()))
        })
        .await
    }

    /// Has one that was given up, or waits for its next attempt, sent now; one that is older than a day is tried once.
    /// `None`: there is no such webhook.
    pub async fn retry_webhook(&self, id: String) -> Result<Option<WebhookRetried>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some((place, webhook)) = find_webhook(connection, &id)? else {
                return Ok(None);
            };
            if webhook.state == WebhookState::Delivered {
                return Ok(Some(WebhookRetried::Delivered(webhook)));
            }
            if !asks_still(connection, &webhook)? {
                return Ok(Some(WebhookRetried::Decided(webhook)));
            }
            if webhook.state == WebhookState::Dead && has_newer(connection, place, &webhook)? {
                return Ok(Some(WebhookRetried::Outdated(webhook)));
            }
            connection.execute(
                "UPDATE webhook SET state = ?2, next_attempt_at = ?3, ended_at = NULL WHERE id = ?1",
                params![id, WebhookState::Waiting.name(), to_millis(now)],
            )?;
            let retried = find_webhook(connection, &id)?;
            Ok(retried.map(|(_, webhook)| WebhookRetried::Retried(webhook)))
        })
        .await
    }
}

/// With its place.
fn find_webhook(connection: &Connection, id: &str) -> Result<Option<(i64, WebhookRow)>, StoreError> {
    let found = connection
        .prepare_cached(&format!("{WEBHOOK} WHERE id = ?1"))?
        .query_row([id], |row| Ok((row.get("place")?, webhook_from_row(row)?)))
        .optional()?;
    Ok(found)
}

/// A question about an order that was decided is sent to nobody.
fn asks_still(connection: &Connection, webhook: &WebhookRow) -> Result<bool, StoreError> {
    match webhook.purpose {
        WebhookPurpose::OrderStatus => Ok(true),
        WebhookPurpose::ApprovalRequest => {
            let order = find_order(connection, &webhook.subject)?;
            Ok(order.is_some_and(|order| order.state == OrderState::WaitingForApproval))
        }
    }
}

fn has_newer(connection: &Connection, place: i64, webhook: &WebhookRow) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM webhook WHERE subject = ?1 AND purpose = ?2 AND instance = ?3 AND rowid > ?4)",
    )?;
    Ok(statement.query_row(
        params![webhook.subject, webhook.purpose.name(), webhook.instance.0, place],
        |row| row.get(0),
    )?)
}
