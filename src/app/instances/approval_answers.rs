//! Answers to questions for approval: the system behind `approval_url` decides about an order by the body of its answer.

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::order_leases::OrderWake;
use crate::contract::OrderState;
use crate::model::{InstanceId, replace_unprintable};
use crate::observe::Clock;
use crate::orders::OrderContext;
use crate::orders::order_webhook::{StatusNotice, status_webhook};
use crate::store::{AuditEntry, NewWebhook, OrderDecided, OrderRow, Store, StoreError, WebhookPurpose, WebhookRow};
use crate::webhooks::{AnswerRefused, AnswerSink};

/// Longest reason, characters.
const REASON_MAX: usize = 1_000;
/// Who the trail says it was: no account, so that none can pass for it; which address answered is in the details.
const ACTOR: &str = "bus";

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
    /// Of the address that is asked, with its port; nothing else of it may be told.
    host: String,
    wake: OrderWake,
    clock: Clock,
}

impl ApprovalAnswers {
    /// `wake`: of those who work on what is approved.
    pub(super) fn new(orders: &OrderContext, wake: OrderWake) -> ApprovalAnswers {
        ApprovalAnswers {
            store: orders.store.clone(),
            instance: orders.instance,
            tells_status: orders.settings.status_url.is_some(),
            host: orders.settings.approval_url.as_ref().map(host_of).unwrap_or_default(),
            wake,
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
        let reason = answer.reason.map(|reason| replace_unprintable(&reason));
        let reason = reason.map(|reason| reason.trim().chars().take(REASON_MAX).collect::<String>());
        let reason = reason.filter(|reason| !reason.is_empty());
        let webhooks = if approved {
            Vec::new()
        } else {
            self.rejection_message(&order, reason.as_deref())
        };
        let store = self.recording_decision(approved, &order, reason.as_deref());
        let decided = store.decide_order(order.id, approved, None, reason, webhooks).await;
        if let Some(Ok(_)) = decided.map_err(refused)? {
            self.wake.wake();
        }
        Ok(())
    }

    /// The store for a decision, with its row in the trail.
    fn recording_decision(&self, approved: bool, order: &OrderRow, reason: Option<&str>) -> Store {
        let action = if approved { "order.approved" } else { "order.rejected" };
        let entry = AuditEntry {
            actor: ACTOR.to_owned(),
            action,
            subject: order.id.clone(),
            detail: json!({
                "application": order.application, "type": order.kind, "target": order.target, "reason": reason,
                "decidedBy": "approvalAddress", "host": self.host,
            }),
        };
        self.store.recorded(move |decided: &OrderDecided| match decided {
            Some(Ok(_)) => Some(entry.clone()),
            Some(Err(_)) | None => None,
        })
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

/// Path and query may hold a secret.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
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
    fn of_an_address_the_host_alone_is_told() {
        let host = |text: &str| host_of(&Url::parse(text).unwrap());
        assert_eq!(host("https://itsm.example/hooks/s3cret?key=s3cret"), "itsm.example");
        assert_eq!(host("http://127.0.0.1:8801/approve"), "127.0.0.1:8801");
    }

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
