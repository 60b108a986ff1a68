//! What happened to orders, in the order in which it happened, for shops and for whoever tells people of it. Read page by
//! page, with a wait where there is nothing.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::change_positions::{open_position, seal_position};
use super::page_limit;
use super::scope::OrderScope;
use crate::contract::{OrderChange, OrderChangesQuery, OrderChangesView};
use crate::orders::lost_order::find_lost_text;
use crate::orders::order_texts::describe_event;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::missing_right_problem;
use crate::sics::extract::QueryParams;
use crate::sics::problem::ApiProblem;
use crate::store::{OrderEventRow, OrderRow};

/// The right with which changes are read.
const READS: &str = "Orders_Read";
/// Longest wait, seconds.
const WAIT_MOST_S: u32 = 60;

/// One reader's look at the changes.
struct OrderChangeReader {
    sics: Sics,
    caller: Caller,
    /// Number of the change behind which to go on.
    after: i64,
    /// The low-water mark before anything was read.
    low_water: i64,
}

impl OrderChangeReader {
    /// The account is looked up anew each time: much may have changed while somebody waited.
    async fn read_page(&mut self, limit: usize) -> Result<OrderChangesView, ApiProblem> {
        let operator = self.sics.auth().revalidate_account(&self.caller).await?;
        self.caller.operator = std::sync::Arc::new(operator);
        if !self.caller.has_right(READS) {
            return Err(missing_right_problem(self.caller.name(), READS));
        }
        let scope = OrderScope::read_scope(&self.sics, &self.caller).await?;
        let instances = scope.listed_instances(None)?;
        let store = self.sics.store();
        let mut rows = store.list_order_changes(instances, self.after, limit + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        self.after = rows.last().map_or(self.after, |(event, _)| event.position);
        Ok(OrderChangesView {
            changes: rows.into_iter().map(|row| self.change_view(row)).collect(),
            next: seal_position(&self.sics, self.after, self.low_water),
            more,
        })
    }

    fn change_view(&self, (event, order): (OrderEventRow, OrderRow)) -> OrderChange {
        let message = read_message(&event, &order);
        OrderChange {
            position: seal_position(&self.sics, event.position, self.low_water),
            texts: describe_event(&event, &order).by_language(),
            order: order.id,
            application: order.application,
            kind: order.kind,
            event: event.event.name().to_owned(),
            state: read_detail(&event, "state").unwrap_or(order.state),
            status: read_detail(&event, "status"),
            message,
            at: event.at,
        }
    }
}

/// What people were told then.
fn read_message(event: &OrderEventRow, order: &OrderRow) -> Option<String> {
    read_detail(event, "message").or_else(|| {
        let language = order.language.unwrap_or_default();
        find_lost_text(event).map(|text| text.in_language(language).to_owned())
    })
}

/// What stood in the order when this happened.
fn read_detail<T: DeserializeOwned>(event: &OrderEventRow, key: &str) -> Option<T> {
    let value = event.detail.get(key)?;
    serde_json::from_value(value.clone()).ok()
}

pub(crate) async fn list_order_changes(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<OrderChangesQuery>,
) -> Result<Json<OrderChangesView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let wait = check_wait(asked.wait_s)?;
    let low_water = sics.store().order_low_water().await?;
    let after = open_position(&sics, asked.after.as_deref(), low_water).await?;
    let reader = OrderChangeReader {
        sics,
        caller,
        after,
        low_water,
    };
    Ok(Json(wait_for_changes(reader, limit, wait).await?))
}

fn check_wait(wait_s: Option<u32>) -> Result<Duration, ApiProblem> {
    let wait_s = wait_s.unwrap_or(0);
    if wait_s > WAIT_MOST_S {
        return Err(ApiProblem::bad_request(
            "wrongWait",
            format!("wait_s={wait_s} is out of bounds"),
            format!("wait_s must be at most {WAIT_MOST_S}."),
        ));
    }
    Ok(Duration::from_secs(wait_s.into()))
}

async fn wait_for_changes(
    mut reader: OrderChangeReader,
    limit: usize,
    wait: Duration,
) -> Result<OrderChangesView, ApiProblem> {
    let deadline = Instant::now() + wait;
    let (mut order_watch, mut closing) = (reader.sics.store().watch_orders(), reader.sics.watch_shutdown());
    let mut permit = None;
    loop {
        order_watch.mark_unchanged();
        let page = reader.read_page(limit).await?;
        let stopping = *closing.borrow_and_update();
        if !page.changes.is_empty() || stopping || Instant::now() >= deadline {
            return Ok(page);
        }
        if permit.is_none() {
            permit = Some(reader.sics.acquire_account_wait_permit(&reader.caller)?);
        }
        tokio::select! {
            _ = order_watch.changed() => {}
            _ = closing.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}
