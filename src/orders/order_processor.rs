//! The Intune Order Processor: carries out what was accepted. Claimed in the store, by application, several applications at
//! the same time and the orders of one after the other, so that an order and its opposite never cross.
//!
//! ```text
//! claim → application complete? → target found → resolved → out of one group → into the other → processed → sync
//! ```
//!
//! If the process dies anywhere, the order is claimed anew under the next claim and goes the same way: what was found is kept,
//! the membership is read, and what is as it should be is not changed again.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;

use super::application_check::ApplicationReadiness;
use super::application_lock::lock_application;
use super::assignment_plan::possible_kinds;
use super::failpoints::OrderFailpoint;
use super::graph_trouble::PassingTrouble;
use super::membership_change::{MembershipChange, detail_of, has_moved_lately, list_siblings};
use super::membership_plan::MembershipGoal;
use super::order_context::{OrderContext, run_at_once};
use super::order_end::{EndedBy, began_at, out_of_time};
use super::order_log::{OrderLogLevel, OrderLogger, status_text, synced_text};
use super::order_text::{BilingualText, OrderTrouble};
use super::order_webhook::StatusNotice;
use super::target_judgement::{TargetJudgement, judge_target, not_removable};
use super::target_lookup::find_target;
use crate::contract::OrderState;
use crate::graph::WriteOutcome;
use crate::model::Timestamp;
use crate::store::{ApplicationRow, OrderDevice, OrderEvent, OrderRow, StoreError};

/// Applications whose orders are carried out at the same time.
const AT_ONCE: usize = 4;
/// Orders that are claimed together: done long before a claim of theirs lapses, and so many that the look at an application
/// before its orders is shared by most of them.
const BATCH: usize = 500;
/// Devices of one order that are synchronised.
const SYNCED_MAX: usize = 20;

/// What came of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessCounts {
    pub processed: u64,
    /// Ended without success.
    pub failed: u64,
    /// Tried in vain, and tried again later.
    pub delayed: u64,
    /// Memberships of ended orders that were taken back.
    pub cleared: u64,
    /// Terms that were ended.
    pub terms_ended: u64,
    pub reminded: u64,
}

impl ProcessCounts {
    fn add(&mut self, other: ProcessCounts) {
        self.processed += other.processed;
        self.failed += other.failed;
        self.delayed += other.delayed;
        self.cleared += other.cleared;
        self.terms_ended += other.terms_ended;
        self.reminded += other.reminded;
    }
}

/// What became of one order in this attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderAttempt {
    Processed,
    Failed,
    Delayed,
    Cleared,
    /// It has ended, or another worker has it.
    Left,
}

/// Carries out every order whose time has come, then what is due of orders that were done.
pub async fn process_orders(
    context: &OrderContext,
    cancelled: &watch::Receiver<bool>,
) -> Result<ProcessCounts, StoreError> {
    let mut counts = ProcessCounts::default();
    let shared = Arc::new(context.clone());
    while !*cancelled.borrow() {
        let now = context.clock.now();
        let claimed = context
            .store
            .claim_due_orders(context.instance, &context.tenant(), &context.claim, now, BATCH)
            .await?;
        if claimed.is_empty() {
            break;
        }
        let mut by_application: BTreeMap<String, Vec<OrderRow>> = BTreeMap::new();
        for order in claimed {
            by_application.entry(order.application.clone()).or_default().push(order);
        }
        let works = by_application
            .into_iter()
            .enumerate()
            .map(|(at, (application, orders))| {
                let context = Arc::clone(&shared);
                async move { process_application(&context, at % AT_ONCE, &application, &orders).await }
            });
        for ended in run_at_once(AT_ONCE, works).await {
            counts.add(ended?);
        }
    }
    if !*cancelled.borrow() {
        counts.terms_ended = context.end_terms(cancelled).await?;
        counts.reminded = context.remind_of_terms().await?;
    }
    Ok(counts)
}

/// Orders of one application, in the order in which they were placed.
async fn process_application(
    context: &OrderContext,
    worker: usize,
    application: &str,
    orders: &[OrderRow],
) -> Result<ProcessCounts, StoreError> {
    let mut counts = ProcessCounts::default();
    // The store hands out no order whose application is removed; one that goes now takes its orders with it.
    let Some(application) = context.store.load_application(application.to_owned()).await? else {
        return Ok(counts);
    };
    let _lock = lock_application(&application.marker).await;
    let Some(application) = context.store.load_application(application.id).await? else {
        return Ok(counts);
    };
    let is_open = |order: &&OrderRow| !order.state.is_final();
    let readiness = match orders.iter().find(is_open) {
        Some(_) => Some(context.check_application(&application).await?),
        None => None,
    };
    for order in orders {
        // What is left is claimed again once the claim has lapsed, and the kill switch is off.
        if context.is_stopped().await? {
            break;
        }
        // It may have been cancelled while others were carried out.
        let Some(order) = context.store.load_order(order.id.clone()).await? else {
            continue;
        };
        let task = OrderTask {
            context,
            application: &application,
            order,
            worker,
        };
        match task.attempt(readiness.as_ref()).await? {
            OrderAttempt::Processed => counts.processed += 1,
            OrderAttempt::Failed => counts.failed += 1,
            OrderAttempt::Delayed => counts.delayed += 1,
            OrderAttempt::Cleared => counts.cleared += 1,
            OrderAttempt::Left => (),
        }
    }
    Ok(counts)
}

/// One order that is carried out now.
pub(super) struct OrderTask<'a> {
    pub context: &'a OrderContext,
    pub application: &'a ApplicationRow,
    pub order: OrderRow,
    pub worker: usize,
}

/// What the look-up of the target came to.
enum ResolvedOrder {
    Object(String),
    Ended(OrderAttempt),
}

impl OrderTask<'_> {
    async fn attempt(mut self, readiness: Option<&ApplicationReadiness>) -> Result<OrderAttempt, StoreError> {
        self.context
            .failpoints
            .reach(OrderFailpoint::AfterClaim, &self.order.id)
            .await;
        if self.order.state.is_final() {
            return self.clear_membership().await;
        }
        if self.order.state != OrderState::Processing {
            return Ok(OrderAttempt::Left);
        }
        if !possible_kinds(&self.application.app_type).contains(&self.order.kind) {
            return self.fail(&not_removable(self.application)).await;
        }
        match readiness {
            Some(ApplicationReadiness::Ready) => (),
            Some(ApplicationReadiness::NotReady(trouble)) => return self.delay(trouble).await,
            Some(ApplicationReadiness::Gone(trouble)) => return self.fail(trouble).await,
            None => return Ok(OrderAttempt::Left),
        }
        let object = match self.resolve().await? {
            ResolvedOrder::Object(object) => object,
            ResolvedOrder::Ended(attempt) => return Ok(attempt),
        };
        let siblings = list_siblings(self.context, &self.order, &object).await?;
        let change = MembershipChange {
            context: self.context,
            application: self.application,
            order: &self.order,
            object: &object,
            worker: self.worker,
        };
        let is_doubtful = has_moved_lately(&siblings, self.context.clock.now());
        match change
            .reach_goal(MembershipGoal::In(self.order.kind), is_doubtful)
            .await?
        {
            Ok(at) => self.mark_processed(at).await,
            Err(trouble) => self.delay(&trouble).await,
        }
    }

    /// Finds whom it is for, once: what was found then stays, also where people get other devices meanwhile.
    async fn resolve(&mut self) -> Result<ResolvedOrder, StoreError> {
        if let Some(object) = &self.order.object_id {
            return Ok(ResolvedOrder::Object(object.clone()));
        }
        let (context, order) = (self.context, &self.order);
        let check_emails = context.settings.check_emails;
        let found = match find_target(&context.graph, order.target_kind, &order.target, check_emails).await {
            Ok(Ok(found)) => found,
            Ok(Err(trouble)) => return self.end_unfound(&trouble).await.map(ResolvedOrder::Ended),
            Err(failure) => {
                let trouble = context.explain(&failure.error, failure.need);
                return self.delay(&trouble).await.map(ResolvedOrder::Ended);
            }
        };
        let judgement = judge_target(self.application, order.kind, order.target_kind, &found);
        if let TargetJudgement::Refused(trouble) = judgement {
            return self.fail(&trouble).await.map(ResolvedOrder::Ended);
        }
        context.failpoints.reach(OrderFailpoint::AfterLookup, &order.id).await;
        let replaced = self
            .record_target(&found.object_id, &found.name, &found.devices)
            .await?;
        context
            .failpoints
            .reach(OrderFailpoint::AfterResolve, &self.order.id)
            .await;
        if replaced.iter().any(|other| other.key == self.order.key) {
            return Ok(ResolvedOrder::Ended(OrderAttempt::Left));
        }
        self.order.object_id = Some(found.object_id.clone());
        self.order.target_name = found.name;
        self.order.devices = found.devices;
        Ok(ResolvedOrder::Object(found.object_id))
    }

    /// Earlier orders for the opposite end with it.
    async fn record_target(
        &self,
        object: &str,
        name: &Option<String>,
        devices: &[OrderDevice],
    ) -> Result<Vec<OrderRow>, StoreError> {
        let context = self.context.clone();
        let webhook = move |replaced: &OrderRow| {
            let language = replaced.language.unwrap_or_default();
            let message = replaced_text();
            let notice = StatusNotice {
                state: OrderState::Replaced,
                message: Some(message.in_language(language)),
                failure: None,
                at: context.clock.now(),
            };
            context.status_webhook(replaced, &notice)
        };
        let (object, devices) = (object.to_owned(), devices.to_vec());
        let claim = &self.context.claim;
        let store = &self.context.store;
        let replaced = store
            .resolve_order(self.order.key, claim, object, name.clone(), devices, webhook)
            .await?;
        for order in &replaced {
            let text = status_text(0, &order.id, &replaced_text().en);
            self.context
                .log_line(OrderLogger::Request, self.worker, OrderLogLevel::Info, &text);
        }
        Ok(replaced)
    }

    async fn mark_processed(&self, at: Timestamp) -> Result<OrderAttempt, StoreError> {
        let (context, order) = (self.context, &self.order);
        context
            .failpoints
            .reach(OrderFailpoint::BeforeProcessed, &order.id)
            .await;
        let limit = chrono::TimeDelta::from_std(context.settings.time_limit).unwrap_or(chrono::TimeDelta::MAX);
        let deadline = at.checked_add_signed(limit);
        let is_marked = context
            .store
            .mark_order_processed(order.key, &context.claim, at, deadline)
            .await?;
        context
            .failpoints
            .reach(OrderFailpoint::AfterProcessed, &order.id)
            .await;
        if !is_marked {
            return Ok(OrderAttempt::Left);
        }
        tracing::info!(order.id = %order.id, kind = order.kind.name(), "the order is processed");
        if context.settings.sync_after {
            self.sync_devices().await?;
        }
        Ok(OrderAttempt::Processed)
    }

    /// Only speeds things up: whatever comes of it, the order goes on.
    async fn sync_devices(&self) -> Result<(), StoreError> {
        let (context, order) = (self.context, &self.order);
        for device in order.devices.iter().take(SYNCED_MAX) {
            let Some(intune_id) = &device.intune_id else { continue };
            context.failpoints.reach(OrderFailpoint::BeforeSync, &order.id).await;
            let outcome = context.graph.sync_device(intune_id).await;
            context.failpoints.reach(OrderFailpoint::AfterSync, &order.id).await;
            let name = device.name.as_ref().unwrap_or(intune_id);
            let mut detail = detail_of(json!({"device": name}));
            let (event, level, text) = match &outcome {
                WriteOutcome::Taken { .. } => {
                    let zone = context.settings.zone;
                    let text = synced_text(intune_id, order.kind, &order.id, context.clock.now(), zone);
                    (OrderEvent::SyncSent, OrderLogLevel::Info, text)
                }
                WriteOutcome::NotSent(error)
                | WriteOutcome::Refused { error, .. }
                | WriteOutcome::ApprovalRequired { error, .. }
                | WriteOutcome::Unclear(error) => {
                    detail.insert("code".to_owned(), error.code().into());
                    tracing::warn!(order.id = %order.id, device.id = %intune_id, error = %error, "cannot synchronise the device; it will on its own");
                    let text = format!(
                        "Failed to trigger sync for device {intune_id} for order ID {}: {error}",
                        order.id
                    );
                    (OrderEvent::SyncFailed, OrderLogLevel::Warn, text)
                }
            };
            context.store.record_order_event(order.key, event, detail).await?;
            context.log_line(OrderLogger::Request, self.worker, level, &text);
            // Without the permission, or while Intune is in trouble, the others would fare no better.
            if event == OrderEvent::SyncFailed {
                break;
            }
        }
        Ok(())
    }

    pub(super) async fn fail(&self, trouble: &OrderTrouble) -> Result<OrderAttempt, StoreError> {
        let by = EndedBy {
            logger: OrderLogger::Request,
            worker: self.worker,
        };
        self.context.end_badly(&self.order, trouble, by).await?;
        Ok(OrderAttempt::Failed)
    }

    /// Another attempt, or the end where time is up.
    pub(super) async fn delay(&self, passing: &PassingTrouble) -> Result<OrderAttempt, StoreError> {
        let (context, order) = (self.context, &self.order);
        let now = context.clock.now();
        if !order.state.is_final() {
            let events = context.store.list_order_events(order.id.clone()).await?;
            let limit = context.settings.time_limit;
            let spent = (now - began_at(order, &events)).to_std().unwrap_or_default();
            if spent >= limit {
                let hours = limit.as_secs().div_ceil(3600);
                return self.fail(&out_of_time(order, &passing.trouble, hours)).await;
            }
        }
        let next = passing.next_attempt_at(order.attempts, now);
        let failure = passing.trouble.to_failure(order.language.unwrap_or_default());
        tracing::warn!(order.id = %order.id, code = failure.code, problem = passing.trouble.message.en, "the order could not be carried out; retrying");
        let text = format!("Retrying order ID {}: {}", order.id, passing.trouble.message.en);
        context.log_line(OrderLogger::Request, self.worker, OrderLogLevel::Warn, &text);
        context
            .store
            .delay_order(order.key, &context.claim, failure, next)
            .await?;
        Ok(OrderAttempt::Delayed)
    }
}

fn replaced_text() -> BilingualText {
    BilingualText::new(
        "A later order took its place.",
        "Eine spätere Bestellung trat an ihre Stelle.",
    )
}
