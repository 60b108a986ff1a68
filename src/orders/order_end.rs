//! How an order ends: with status 1 or 0, a message in its language, a line in the log of shops, and a webhook.

use chrono::TimeDelta;

use super::failpoints::OrderFailpoint;
use super::order_context::OrderContext;
use super::order_log::{OrderLogLevel, OrderLogger, status_text};
use super::order_text::{BilingualText, OrderTrouble};
use super::order_webhook::{StatusNotice, status_webhook};
use crate::config::TimeoutMembership;
use crate::contract::{OrderKind, OrderState};
use crate::model::Timestamp;
use crate::store::{ApplicationRow, NewWebhook, OrderEnd, OrderEvent, OrderEventRow, OrderRow, StoreError};

/// Who ends it, for the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndedBy {
    pub logger: OrderLogger,
    pub worker: usize,
}

impl OrderContext {
    /// Status 1. False: it had ended already.
    pub(super) async fn end_well(
        &self,
        order: &OrderRow,
        application: &ApplicationRow,
        message: &BilingualText,
        by: EndedBy,
    ) -> Result<bool, StoreError> {
        let term = application
            .description
            .term_days
            .filter(|_| order.kind == OrderKind::Install);
        let end = OrderEnd {
            state: OrderState::Done,
            message: Some(message.in_language(order.language.unwrap_or_default()).to_owned()),
            texts: Some([message.en.clone(), message.de.clone()]),
            failure: None,
            expires_at: term.map(|days| self.clock.now() + TimeDelta::days(i64::from(days))),
            remove_membership: false,
        };
        self.end_and_tell(order, end, by).await
    }

    /// Status 0: what went wrong, and what to do.
    pub(super) async fn end_badly(
        &self,
        order: &OrderRow,
        trouble: &OrderTrouble,
        by: EndedBy,
    ) -> Result<bool, StoreError> {
        let language = order.language.unwrap_or_default();
        let message = trouble.message.followed_by(&trouble.advice);
        let end = OrderEnd {
            message: Some(message.in_language(language).to_owned()),
            texts: Some([message.en.clone(), message.de.clone()]),
            failure: Some(trouble.to_failure(language)),
            remove_membership: self.settings.timeout_membership == TimeoutMembership::Remove,
            ..OrderEnd::without_success(OrderState::Failed)
        };
        self.end_and_tell(order, end, by).await
    }

    async fn end_and_tell(&self, order: &OrderRow, end: OrderEnd, by: EndedBy) -> Result<bool, StoreError> {
        self.failpoints.reach(OrderFailpoint::BeforeEnd, &order.id).await;
        let status = end.state.status().unwrap_or_default();
        let message = end.message.clone().unwrap_or_default();
        let code = end.failure.as_ref().map(|failure| failure.code.clone());
        let notice = StatusNotice {
            state: end.state,
            message: end.message.as_deref(),
            failure: end.failure.as_ref(),
            at: self.clock.now(),
        };
        let webhook = self.status_webhook(order, &notice);
        let has_ended = self.store.end_order(order.key, end, webhook).await?;
        self.failpoints.reach(OrderFailpoint::AfterEnd, &order.id).await;
        if has_ended {
            let level = if status == 1 {
                OrderLogLevel::Info
            } else {
                OrderLogLevel::Error
            };
            self.log_line(by.logger, by.worker, level, &status_text(status, &order.id, &message));
            tracing::info!(order.id = %order.id, status, code = code.as_deref(), "the order has ended");
        }
        Ok(has_ended)
    }

    /// `None`: no shop wants to be told.
    pub(super) fn status_webhook(&self, order: &OrderRow, notice: &StatusNotice<'_>) -> Option<NewWebhook> {
        self.settings.status_url.as_ref()?;
        Some(status_webhook(order, notice))
    }
}

/// Since when an order that is not processed yet counts its time: since it could last begin. Pure.
pub(super) fn began_at(order: &OrderRow, events: &[OrderEventRow]) -> Timestamp {
    let begins = |event: &&OrderEventRow| {
        matches!(
            event.event,
            OrderEvent::Placed | OrderEvent::Approved | OrderEvent::Accepted | OrderEvent::Retried
        )
    };
    let last = events.iter().filter(begins).map(|event| event.at).max();
    last.unwrap_or(order.decided_at.unwrap_or(order.placed_at))
}

/// An order whose attempts took too long: with what the last one failed from.
pub(super) fn out_of_time(order: &OrderRow, last: &OrderTrouble, hours: u64) -> OrderTrouble {
    let id = &order.id;
    let message = BilingualText::new(
        format!("The order {id} could not be processed within {hours} h."),
        format!("Die Bestellung {id} konnte nicht innerhalb von {hours} h verarbeitet werden."),
    );
    OrderTrouble::new(
        last.code.clone(),
        message.followed_by(&last.message),
        last.advice.clone(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::order_texts::tests::{event, order, time};
    use super::*;

    #[test]
    fn sh_35_the_time_of_an_order_begins_when_it_can_begin() {
        let order = order(OrderKind::Install, OrderState::Processing);
        let mut events = vec![
            event(OrderEvent::Placed, 0, json!({})),
            event(OrderEvent::WaitingForLicence, 0, json!({})),
        ];
        assert_eq!(began_at(&order, &events), time(0));
        events.push(event(OrderEvent::Accepted, 5_000, json!({})));
        events.push(event(OrderEvent::Delayed, 5_100, json!({})));
        assert_eq!(
            began_at(&order, &events),
            time(5_000),
            "not while it waited for a licence"
        );
        events.push(event(OrderEvent::Retried, 9_000, json!({})));
        assert_eq!(began_at(&order, &events), time(9_000));
        assert_eq!(began_at(&order, &[]), time(0));
    }
}
