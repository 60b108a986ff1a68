//! One client for one target: it sends one message once, to an address that the rule allows, follows no redirect, and reads
//! no more than [`ANSWER_BYTES`] of the answer. It decides nothing about what the answer means.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};

use super::signature::sign_message;
use super::webhook_target::WebhookTarget;
use crate::model::Timestamp;
use crate::net::{
    AddressRefused, CheckedResolver, ConnectionError, HttpError, HttpTimeouts, check_target_url, find_refused_address,
    prepare_http_client,
};
use crate::refusal::parse_retry_after;

/// So much of an answer is read, bytes.
const ANSWER_BYTES: usize = 64 << 10;

/// Why nothing can be sent to a target, as it is set.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebhookTargetError {
    #[error(transparent)]
    Address(#[from] AddressRefused),
    #[error("no key is set to sign messages with")]
    NoKey,
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum SendError {
    #[error(transparent)]
    Address(AddressRefused),
    #[error(transparent)]
    Connection(ConnectionError),
}

/// What a receiver answered.
#[derive(Debug)]
pub(super) struct WebhookAnswer {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    /// Cut at [`ANSWER_BYTES`].
    pub body: Vec<u8>,
}

pub(super) struct SenderClient {
    client: Client,
    target: WebhookTarget,
}

impl SenderClient {
    pub(super) fn build(target: &WebhookTarget, timeouts: HttpTimeouts) -> Result<SenderClient, WebhookTargetError> {
        let resolver = CheckedResolver::for_url(&target.url, target.allow_private, &target.network);
        SenderClient::build_with(target, timeouts, resolver)
    }

    fn build_with(
        target: &WebhookTarget,
        timeouts: HttpTimeouts,
        resolver: CheckedResolver,
    ) -> Result<SenderClient, WebhookTargetError> {
        check_target_url(&target.url, target.allow_private)?;
        if target.keys.is_empty() {
            return Err(WebhookTargetError::NoKey);
        }
        let client = prepare_http_client(&target.network, timeouts, None)?
            .dns_resolver(resolver)
            .no_gzip()
            .build()
            .map_err(|error| HttpError::Build(error.without_url().to_string()))?;
        Ok(SenderClient {
            client,
            target: target.clone(),
        })
    }

    /// Signed as of `now`; each try has a time of its own, and the id of the message.
    pub(super) async fn send(&self, id: &str, body: &str, now: Timestamp) -> Result<WebhookAnswer, SendError> {
        let sent_at = now.timestamp();
        let signature = sign_message(&self.target.keys, id, sent_at, body);
        let request = self
            .client
            .post(self.target.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", sent_at)
            .header("webhook-signature", signature)
            .body(body.to_owned());
        let host = self.target.url.host_str().unwrap_or_default();
        let explain = |error: reqwest::Error| explain_error(&error, host);
        let mut answer = request.send().await.map_err(explain)?;
        let (status, retry_after) = (answer.status(), read_retry_after(&answer, now));
        let mut body = Vec::new();
        while body.len() < ANSWER_BYTES
            && let Some(chunk) = answer.chunk().await.map_err(explain)?
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(ANSWER_BYTES);
        Ok(WebhookAnswer {
            status,
            retry_after,
            body,
        })
    }
}

fn read_retry_after(answer: &Response, now: Timestamp) -> Option<Duration> {
    let header = answer.headers().get(RETRY_AFTER)?.to_str().ok();
    parse_retry_after(header, SystemTime::from(now))
}

fn explain_error(error: &reqwest::Error, host: &str) -> SendError {
    match find_refused_address(error) {
        Some(refused) => SendError::Address(refused.clone()),
        None => SendError::Connection(ConnectionError::from_reqwest(error, host)),
    }
}

#[cfg(test)]
#[path = "rebinding_tests.rs"]
mod tests;
