//! What a sender is told of the world: where messages go, and who takes the answers.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use url::Url;

use super::signature::WebhookKey;
use crate::config::NetworkSettings;
use crate::store::{WebhookPurpose, WebhookRow};

/// Where messages of one purpose go.
#[derive(Clone)]
pub struct WebhookTarget {
    /// Path and query may hold a secret.
    pub url: Url,
    /// At least one; with two, each message has two signatures.
    pub keys: Vec<WebhookKey>,
    /// Private addresses are good (and `http://` to them).
    pub allow_private: bool,
    /// Further authorities, and a proxy; what the environment says of proxies does not hold. Through a proxy it is the proxy
    /// that resolves names, so its own rules decide which addresses are good.
    pub network: NetworkSettings,
}

impl fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookTarget")
            .field("origin", &self.url.origin().ascii_serialization())
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

/// The addresses of each purpose, as they are now.
pub trait WebhookTargets: Send + Sync + 'static {
    /// `None`: no address is set. The same `Arc` as long as nothing has changed: it stands for one client with its
    /// connections.
    fn find_target(&self, purpose: WebhookPurpose) -> Option<Arc<WebhookTarget>>;
}

impl<F> WebhookTargets for F
where
    F: Fn(WebhookPurpose) -> Option<Arc<WebhookTarget>> + Send + Sync + 'static,
{
    fn find_target(&self, purpose: WebhookPurpose) -> Option<Arc<WebhookTarget>> {
        self(purpose)
    }
}

/// An answer that could not be used; the message is sent again. `0` reads behind "the answer of the receiver: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AnswerRefused(pub String);

/// Takes what receivers answer.
pub trait AnswerSink: Send + Sync + 'static {
    /// A receiver took this message (a status of the 200s) and answered `body`, of which at most 64 kB are here. A message
    /// counts as delivered after this has succeeded. It may come twice for the same message: where the process dies in
    /// between, the message is sent again.
    fn take_answer<'a>(&'a self, message: &'a WebhookRow, body: &'a [u8]) -> BoxFuture<'a, Result<(), AnswerRefused>>;
}

/// For purposes whose answers say nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAnswers;

impl AnswerSink for NoAnswers {
    fn take_answer<'a>(&'a self, _: &'a WebhookRow, _: &'a [u8]) -> BoxFuture<'a, Result<(), AnswerRefused>> {
        async { Ok(()) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_no_token_of_an_address_is_shown() {
        let target = WebhookTarget {
            url: Url::parse("https://cmdb.example/hooks/s3cret?token=t0ken").unwrap(),
            keys: Vec::new(),
            allow_private: false,
            network: NetworkSettings::default(),
        };
        let shown = format!("{target:?}");
        assert!(shown.contains("https://cmdb.example") && !shown.contains("cret") && !shown.contains("t0ken"));
    }
}
