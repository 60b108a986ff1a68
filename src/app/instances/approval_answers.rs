//! Answers to questions for approval: the system behind `approval_url` decides about an order by the body of its answer.

use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::contract::OrderState;
use crate::model::InstanceId;
use crate::observe::Clock;
use crate::orders::OrderContext;
use crate::orders::order_webhook::{StatusNotice, status_webhook};
use crate::store::{NewWebhook, OrderRow, Store, StoreError, WebhookPurpose, WebhookRow};
use crate::webhooks::{AnswerRefused, AnswerSink};

/// Longest reason, characters.
const REASON_MAX: usize = 1_000;

/// What an answer may say.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalAnswer {
    decision: Decision,
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Decision {
    Approve,
    Reject,
    /// Somebody decides later, through the API.
    Later,
}

pub(super) struct ApprovalAnswers {
    store: Store,
    instance: InstanceId,
    tells_status: bool,
    clock: Clock,
}

impl ApprovalAnswers {
    pub(super) fn new(orders: &OrderContext) -> ApprovalAnswers {
        ApprovalAnswers {
            store: orders.store.clone(),
            instance: orders.instance,
            tells_status: orders.settings.status_url.is_some(),
            clock: orders.clock.clone(),
        }
    }

    async fn decide(&self, message: &WebhookRow, answer: ApprovalAnswer) -> Result<(), AnswerRefused> {
        let approved = match answer.decision {
            Decision::Approve => true,
            Decision::Reject => false,
            Decision::Later => return Ok(()),
        };
        let refused = |error: StoreError| AnswerRefused(error.to_string());
        let order = self.store.load_order(message.subject.clone()).await.map_err(refused)?;
        // One that was decided, cancelled or removed meanwhile takes no answer any more.
        let is_waiting =
            |order: &OrderRow| order.state == OrderState::WaitingForApproval && order.instance == self.instance;
        let Some(order) = order.filter(is_waiting) else {
            return Ok(());
        };
        let reason = answer
            .reason
            .map(|reason| reason.trim().chars().take(REASON_MAX).collect::<String>());
        let reason = reason.filter(|reason| !reason.is_empty());
        let webhooks = if approved {
            Vec::new()
        } else {
            self.rejection_message(&order, reason.as_deref())
        };
        let decided = self
            .store
            .decide_order(order.id, approved, None, reason, webhooks)
            .await;
        decided.map(drop).map_err(refused)
    }

    /// What the shop is told of an order that was rejected.
    fn rejection_message(&self, order: &OrderRow, reason: Option<&str>) -> Vec<NewWebhook> {
        let notice = StatusNotice {
            state: OrderState::Rejected,
            message: reason,
            failure: None,
            at: self.clock.now(),
        };
        self.tells_status
            .then(|| status_webhook(order, &notice))
            .into_iter()
            .collect()
    }
}

impl AnswerSink for ApprovalAnswers {
    fn take_answer<'a>(&'a self, message: &'a WebhookRow, body: &'a [u8]) -> BoxFuture<'a, Result<(), AnswerRefused>> {
        Box::pin(async move {
            match message.purpose {
                WebhookPurpose::OrderStatus => Ok(()),
                WebhookPurpose::ApprovalRequest => self.decide(message, parse_answer(body)?).await,
            }
        })
    }
}

/// An empty answer means that somebody decides later.
fn parse_answer(body: &[u8]) -> Result<ApprovalAnswer, AnswerRefused> {
    if body.trim_ascii().is_empty() {
        return Ok(ApprovalAnswer {
            decision: Decision::Later,
            reason: None,
        });
    }
    let refused = |_| AnswerRefused("it is not {\"decision\": \"approve\" or \"reject\" or \"later\"}".to_owned());
    serde_json::from_slice(body).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_approves_rejects_or_leaves_it_for_later() {
        let parse = |body: &str| parse_answer(body.as_bytes()).map(|answer| (answer.decision, answer.reason));
        assert_eq!(parse(r#"{"decision": "approve"}"#), Ok((Decision::Approve, None)));
        let rejected = parse(r#"{"decision": "reject", "reason": "too much"}"#);
        assert_eq!(rejected, Ok((Decision::Reject, Some("too much".to_owned()))));
        assert_eq!(parse(" \n"), Ok((Decision::Later, None)));
        assert_eq!(parse(r#"{"decision": "later"}"#), Ok((Decision::Later, None)));
        for wrong in ["<html>", r#"{"decision": "yes"}"#, r#"{"reason": "x"}"#] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
