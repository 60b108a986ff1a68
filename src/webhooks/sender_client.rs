//! One client for one target: it sends one message once, to an address that the rule allows, follows no redirect, and reads
//! no more than [`ANSWER_BYTES`] of the answer. It decides nothing about what the answer means.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};

use super::address_rule::{AddressRefused, AddressRule, check_target_url};
use super::checked_resolver::CheckedResolver;
use super::signature::sign_message;
use super::target::WebhookTarget;
use crate::entra::{ConnectionError, HttpError, HttpTimeouts, prepare_http_client};
use crate::model::Timestamp;
use crate::refusal::parse_retry_after;
use crate::store::WebhookRow;

/// So much of an answer is read, bytes.
const ANSWER_BYTES: usize = 64 << 10;

/// Why nothing can be sent to a target, as it is set.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TargetError {
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
    pub(super) fn build(target: &WebhookTarget, timeouts: HttpTimeouts) -> Result<SenderClient, TargetError> {
        check_target_url(&target.url, target.allow_private)?;
        if target.keys.is_empty() {
            return Err(TargetError::NoKey);
        }
        let proxy = target.network.proxy.as_ref();
        let resolver = CheckedResolver {
            rule: AddressRule::for_url(&target.url, target.allow_private),
            proxy_host: proxy.and_then(|url| url.host_str()).map(str::to_owned),
        };
        let client = prepare_http_client(&target.network, timeouts)?
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
    pub(super) async fn send(&self, message: &WebhookRow, now: Timestamp) -> Result<WebhookAnswer, SendError> {
        let sent_at = now.timestamp();
        let signature = sign_message(&self.target.keys, &message.id, sent_at, &message.body);
        let request = self
            .client
            .post(self.target.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", sent_at)
            .header("webhook-signature", signature)
            .body(message.body.clone());
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

/// An address that was refused at the connection stands somewhere below in the chain of causes.
fn explain_error(error: &reqwest::Error, host: &str) -> SendError {
    let mut layer = error.source();
    while let Some(cause) = layer {
        if let Some(refused) = cause.downcast_ref::<AddressRefused>() {
            return SendError::Address(refused.clone());
        }
        layer = StdError::source(cause);
    }
    SendError::Connection(ConnectionError::from_reqwest(error, host))
}
