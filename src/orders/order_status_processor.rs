//! The Intune Order Status Processor: one report for each application with orders that wait for their status, whatever their
//! number, and then a verdict on each.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::watch;

use super::failpoints::OrderFailpoint;
use super::graph_trouble::GraphNeed;
use super::install_errors::hex_error_code;
use super::install_report::{InstallRow, PAGE_ROWS, devices_of_user, is_newest_first, newest_rows, update_devices};
use super::install_verdict::{InstallVerdict, VerdictRules, judge_installation};
use super::membership_change::detail_of;
use super::order_context::{OrderContext, run_at_once};
use super::order_end::EndedBy;
use super::order_log::{OrderLogLevel, OrderLogger};
use crate::contract::OrderTargetKind;
use crate::graph::GraphError;
use crate::model::Timestamp;
use crate::store::{ApplicationRow, OrderDevice, OrderEvent, OrderRow, StoreError};

/// Applications whose reports are read at the same time.
const AT_ONCE: usize = 2;
/// Orders in one look into the store.
const BATCH: usize = 500;
/// Pages of one report; a fleet of 200,000 devices.
const PAGES_MAX: u32 = 200;
/// Events of one order about its devices in one look.
const EVENTS_MAX: usize = 10;
/// Orders that a line of the log names; of the others it tells the number.
const NAMED_MAX: usize = 20;
/// While no report could be read, time is up only so much later: the end may be in the report that is missing.
const UNREAD_GRACE: TimeDelta = TimeDelta::hours(1);

/// What came of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Applications whose report was read.
    pub reports: u64,
    /// Those of which it could not be read.
    pub unread: u64,
    /// Orders that were looked at.
    pub orders: u64,
    pub done: u64,
    pub failed: u64,
}

impl StatusCounts {
    fn add(&mut self, other: StatusCounts) {
        self.reports += other.reports;
        self.unread += other.unread;
        self.orders += other.orders;
        self.done += other.done;
        self.failed += other.failed;
    }
}

/// Reads the reports, and ends the orders that they end.
pub async fn read_order_status(
    context: &OrderContext,
    cancelled: &watch::Receiver<bool>,
) -> Result<StatusCounts, StoreError> {
    let applications = context.store.applications_awaiting_status(context.instance).await?;
    let shared = Arc::new(context.clone());
    let works = applications.into_iter().enumerate().map(|(at, application)| {
        let (context, cancelled) = (Arc::clone(&shared), cancelled.clone());
        async move {
            if *cancelled.borrow() {
                return Ok(StatusCounts::default());
            }
            read_application_status(&context, at % AT_ONCE, &application).await
        }
    });
    let mut counts = StatusCounts::default();
    for ended in run_at_once(AT_ONCE, works).await {
        counts.add(ended?);
    }
    Ok(counts)
}

/// Older rows of the report are about something else. Where nothing had to be changed for an order, all of them count once:
/// what it asks for may be there already.
fn report_start(order: &OrderRow) -> Timestamp {
    order.report_from.unwrap_or(Timestamp::MIN_UTC)
}

impl OrderContext {
    /// What was there before is not there: from now on only news count, and the report is read no further than needed.
    async fn expect_news(&self, order: &OrderRow, was_read: bool) -> Result<(), StoreError> {
        match (order.report_from, order.processed_at) {
            (None, Some(processed_at)) if was_read => self.store.set_report_start(order.key, processed_at).await,
            _ => Ok(()),
        }
    }
}

async fn list_awaiting(context: &OrderContext, application: &ApplicationRow) -> Result<Vec<OrderRow>, StoreError> {
    let mut orders: Vec<OrderRow> = Vec::new();
    loop {
        let after = orders.last().map_or(0, |order| order.key);
        let page = context
            .store
            .orders_awaiting_status(context.instance, application.key, after, BATCH)
            .await?;
        let is_last = page.len() < BATCH;
        orders.extend(page);
        if is_last {
            return Ok(orders);
        }
    }
}

async fn read_application_status(
    context: &OrderContext,
    worker: usize,
    application: &ApplicationRow,
) -> Result<StatusCounts, StoreError> {
    let mut counts = StatusCounts::default();
    let orders = list_awaiting(context, application).await?;
    let Some(oldest) = orders.iter().map(report_start).min() else {
        return Ok(counts);
    };
    let read = fetch_newest_rows(context, &application.app, oldest).await;
    context
        .failpoints
        .reach(OrderFailpoint::AfterReport, &application.id)
        .await;
    let now = context.clock.now();
    let (newest, judged_at) = match read {
        Ok(newest) => {
            counts.reports = 1;
            (newest, now)
        }
        Err(error) => {
            counts.unread = 1;
            let passing = context.explain(&error, GraphNeed::ReadReport);
            tracing::warn!(application.id = %application.id, code = passing.trouble.code, error = %error,
                "cannot read the report on installations; retrying at the next interval");
            let text = format!(
                "Reading the status of intune app {} failed for order ID: {}: {error}",
                application.app_name,
                name_orders(&orders)
            );
            context.log_line(OrderLogger::Status, worker, OrderLogLevel::Error, &text);
            (HashMap::new(), now - UNREAD_GRACE)
        }
    };
    let rules = VerdictRules::from(&*context.settings);
    for mut order in orders {
        counts.orders += 1;
        record_news(context, &mut order, &newest).await?;
        let name = &application.description.display_name;
        let by = EndedBy {
            logger: OrderLogger::Status,
            worker,
        };
        match judge_installation(&order, &order.devices, name, rules, judged_at) {
            InstallVerdict::Open => context.expect_news(&order, counts.reports > 0).await?,
            InstallVerdict::Done(message) => {
                counts.done += u64::from(context.end_well(&order, application, &message, by).await?);
            }
            InstallVerdict::Failed(trouble) => {
                counts.failed += u64::from(context.end_badly(&order, &trouble, by).await?);
            }
        }
    }
    Ok(counts)
}

/// `17, 18 and 3 more`.
fn name_orders(orders: &[OrderRow]) -> String {
    let named: Vec<&str> = orders.iter().take(NAMED_MAX).map(|order| order.id.as_str()).collect();
    let named = named.join(", ");
    match orders.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// The newest row of each device that changed since the oldest order: one page, unless there are more than
/// [`PAGE_ROWS`] such rows.
async fn fetch_newest_rows(
    context: &OrderContext,
    app: &str,
    oldest: Timestamp,
) -> Result<HashMap<String, InstallRow>, GraphError> {
    let mut rows: Vec<InstallRow> = Vec::new();
    let mut skip = 0;
    for _ in 0..PAGES_MAX {
        let (page, is_sorted) = context.graph.read_install_report(app, skip).await?;
        if page.unreadable > 0 {
            tracing::warn!(
                unreadable = page.unreadable,
                "rows of the report on installations could not be read"
            );
        }
        let count = page.rows.len() as u64 + page.unreadable;
        skip += count as u32;
        let is_last = count < u64::from(PAGE_ROWS) || page.total.is_some_and(|total| u64::from(skip) >= total);
        let is_old =
            is_sorted && is_newest_first(&page.rows) && page.rows.last().is_some_and(|row| row.modified < Some(oldest));
        rows.extend(page.rows.into_iter().filter(|row| row.modified >= Some(oldest)));
        if is_last || is_old {
            break;
        }
    }
    Ok(newest_rows(rows))
}

/// Keeps what the report says of the devices of an order.
async fn record_news(
    context: &OrderContext,
    order: &mut OrderRow,
    newest: &HashMap<String, InstallRow>,
) -> Result<(), StoreError> {
    let had_none = order.devices.is_empty() && order.target_kind == OrderTargetKind::User;
    if let Some(object) = order.object_id.as_deref().filter(|_| had_none) {
        order.devices = devices_of_user(newest, object, order.target_name.as_deref());
    }
    let (devices, is_news) = update_devices(&order.devices, newest, report_start(order));
    if !is_news {
        return Ok(());
    }
    let changed: Vec<OrderDevice> = devices
        .iter()
        .zip(&order.devices)
        .filter(|(after, before)| {
            (&after.install_state, after.error_code) != (&before.install_state, before.error_code)
        })
        .map(|(after, _)| after.clone())
        .collect();
    context.store.record_order_devices(order.key, devices.clone()).await?;
    order.devices = devices;
    for device in changed.iter().take(EVENTS_MAX) {
        let detail = json!({
            "device": device.name.as_ref().or(device.intune_id.as_ref()), "installState": device.install_state,
            "errorCode": device.error_code, "hexErrorCode": device.error_code.map(hex_error_code),
        });
        context
            .store
            .record_order_event(order.key, OrderEvent::StatusRead, detail_of(detail))
            .await?;
    }
    Ok(())
}
