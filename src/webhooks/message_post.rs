//! Messages of somebody who keeps account of them: sent once each, one after the other, as the messages of the store are.

use super::send_outcome::{SendOutcome, judge_status};
use super::sender_client::{SenderClient, WebhookTargetError};
use super::webhook_target::WebhookTarget;
use crate::model::Timestamp;
use crate::net::HttpTimeouts;

/// One address with its connections.
pub struct MessagePost(SenderClient);

impl MessagePost {
    /// An error where the address is never posted to, or there is no key.
    pub fn open(target: &WebhookTarget, timeouts: HttpTimeouts) -> Result<MessagePost, WebhookTargetError> {
        SenderClient::build(target, timeouts).map(MessagePost)
    }

    /// One try. `id` is the same for each try of a message, so that its receiver knows it again; it is signed as of `now`.
    pub async fn send(&self, id: &str, body: &str, now: Timestamp) -> SendOutcome {
        match self.0.send(id, body, now).await {
            Ok(answer) => judge_status(answer.status, answer.retry_after),
            Err(error) => SendOutcome::failed(error),
        }
    }
}
