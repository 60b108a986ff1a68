//! Messages to shops and to systems that approve: what became of each, and one that is sent again. Bodies and keys stay
//! inside.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::page_limit;
use super::queries::{decode_page_token, encode_page_token};
use super::scope::OrderScope;
use crate::contract::{WebhookState, WebhookView, WebhooksQuery, WebhooksView};
use crate::model::replace_unprintable;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{Store, WebhookDrop, WebhookFilter, WebhookRetried, WebhookRow};

pub(crate) async fn list_webhooks(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<WebhooksQuery>,
) -> Result<Json<WebhooksView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let after = asked.after.as_deref().map(decode_page_token).transpose()?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let filter = WebhookFilter {
        instances: scope.listed_instances(asked.instance.as_deref())?,
        state: asked.state,
        after,
        limit: limit + 1,
    };
    let (mut rows, total) = sics.store().list_webhook_page(filter).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|(place, _)| encode_page_token(*place));
    Ok(Json(WebhooksView {
        webhooks: rows.into_iter().map(|(_, row)| webhook_view(row, &scope)).collect(),
        total,
        next,
    }))
}

pub(crate) async fn retry_webhook(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<WebhookView>, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let found = sics.store().load_webhook(id.clone()).await?;
    let webhook = found.filter(|webhook| scope.reaches(webhook.instance));
    let webhook = webhook.ok_or_else(|| unknown_webhook_problem(&id))?;
    scope.require_installed(webhook.instance)?;
    let store = recording_retried(&sics, &caller, &webhook);
    match store.retry_webhook(webhook.id).await? {
        Some(WebhookRetried::Retried(webhook)) => Ok(Json(webhook_view(webhook, &scope))),
        Some(WebhookRetried::Delivered(webhook)) => Err(delivered_problem(&webhook)),
        Some(WebhookRetried::Outdated(webhook)) => Err(outdated_problem(&webhook)),
        Some(WebhookRetried::Decided(webhook)) => Err(decided_problem(&webhook)),
        None => Err(unknown_webhook_problem(&id)),
    }
}

/// The store for a message that is sent again, with its row in the trail.
fn recording_retried(sics: &Sics, caller: &Caller, webhook: &WebhookRow) -> Store {
    let detail = json!({"order": webhook.subject, "purpose": webhook.purpose});
    let audit_detail = move |retried: &Option<WebhookRetried>| match retried {
        Some(WebhookRetried::Retried(_)) => Some(detail.clone()),
        Some(WebhookRetried::Delivered(_) | WebhookRetried::Outdated(_) | WebhookRetried::Decided(_)) | None => None,
    };
    sics.recording(caller, "webhook.retried", &webhook.id, audit_detail)
}

fn webhook_view(row: WebhookRow, scope: &OrderScope) -> WebhookView {
    WebhookView {
        instance: scope.name_of(row.instance),
        id: row.id,
        purpose: row.purpose,
        order: row.subject,
        created_at: row.created_at,
        attempts: row.attempts,
        next_attempt_at: (row.state == WebhookState::Waiting).then_some(row.next_attempt_at),
        state: row.state,
        last_error: row.last_error.map(describe_error),
    }
}

/// Why it is not sent any more, for people. What a receiver answered is a sentence already, and so is what earlier versions
/// kept.
fn describe_error(error: String) -> String {
    let dropped = WebhookDrop::ALL.iter().copied().find(|word| word.name() == error);
    match dropped {
        Some(WebhookDrop::OrderDecided) => "the order was decided before this was sent".to_owned(),
        Some(WebhookDrop::InstanceRemoved) => "the instance was removed".to_owned(),
        None => error,
    }
}

fn unknown_webhook_problem(id: &str) -> ApiProblem {
    ApiProblem::not_found("message", replace_unprintable(id))
}

fn delivered_problem(webhook: &WebhookRow) -> ApiProblem {
    ApiProblem::conflict(
        "webhookDelivered",
        format!("the message {} was delivered", webhook.id),
        "Read what happened to the order: GET /sics/v1/order-changes, or intune-connector orders follow.",
    )
}

fn outdated_problem(webhook: &WebhookRow) -> ApiProblem {
    ApiProblem::conflict(
        "webhookOutdated",
        format!(
            "there is a newer message about the order {} than {}",
            webhook.subject, webhook.id
        ),
        "Send the newest message about the order again: GET /sics/v1/webhooks lists them, newest first, and so does \
         `intune-connector orders webhooks`.",
    )
}

fn decided_problem(webhook: &WebhookRow) -> ApiProblem {
    ApiProblem::conflict(
        "notWaiting",
        format!(
            "the message {} asks about the order {}, which does not wait for approval any more",
            webhook.id, webhook.subject
        ),
        format!(
            "See what became of it: GET /sics/v1/orders/{0}, or intune-connector orders show {0}",
            webhook.subject
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_becomes_a_sentence_and_a_sentence_stays() {
        for dropped in WebhookDrop::ALL {
            let told = describe_error(dropped.name().to_owned());
            assert!(told.contains(' '), "{told}");
        }
        for kept in ["HTTP 500", "the order was decided before this was sent"] {
            assert_eq!(describe_error(kept.to_owned()), kept);
        }
    }
}
