//! The messages of one instance in the store: the one file here that calls it.

use tokio::sync::watch;

use crate::model::{InstanceId, Timestamp};
use crate::store::{Store, StoreError, WebhookAttempt, WebhookPurpose, WebhookRow};

/// Messages read at a time, of each purpose: more than are ever under way.
const TAKEN: usize = 64;

pub(super) struct MessageQueue {
    pub store: Store,
    pub instance: InstanceId,
}

impl MessageQueue {
    /// What may be sent now, the longest due first: of each purpose and subject the oldest message that still waits, if its
    /// time has come. Each purpose has its own share, so that what waits for one receiver hides nothing of another.
    pub(super) async fn list_due(&self, now: Timestamp) -> Result<Vec<WebhookRow>, StoreError> {
        let mut due = Vec::new();
        for purpose in WebhookPurpose::ALL.iter().copied() {
            let found = self.store.list_sendable_webhooks(self.instance, purpose, now, TAKEN);
            due.extend(found.await?);
        }
        Ok(due)
    }

    /// One that was dropped meanwhile (what it asks was decided otherwise) is left as it is.
    pub(super) async fn record_attempt(&self, message: &WebhookRow, attempt: WebhookAttempt) -> Result<(), StoreError> {
        self.store.record_webhook_attempt(message.id.clone(), attempt).await?;
        Ok(())
    }

    /// Moves whenever something was written that may have left a message.
    pub(super) fn watch_messages(&self) -> watch::Receiver<u64> {
        self.store.watch_orders()
    }
}
