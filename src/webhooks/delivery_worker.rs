//! The loop that sends the messages of one instance: what is due is sent, in the background, and what came of it is written.
//!
//! Messages of one subject go one after the other, those of different subjects side by side, at most
//! [`SenderBounds::at_once`] for each purpose. So a receiver that is slow, or away, holds up nobody but itself. Nor does it fill
//! the memory: what waits for it is in the store, and of what is under way the body is here twice (the message, and what is
//! being sent), however many wait.
//!
//! If the process dies here, nothing is lost: what was not recorded as delivered is due again after the start, with the same
//! id.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use super::delivery::DeliveryContext;
use super::message_queue::MessageQueue;
use super::webhook_target::{AnswerSink, WebhookTargets};
use crate::model::InstanceId;
use crate::net::HttpTimeouts;
use crate::observe::Clock;
use crate::store::{Store, StoreError, WebhookPurpose, WebhookRow};

/// Bounds of sending; tests shrink them.
#[derive(Debug, Clone, Copy)]
pub struct SenderBounds {
    /// Messages under way at the same time, for each purpose.
    pub at_once: usize,
    /// Of one try.
    pub timeouts: HttpTimeouts,
    /// Between two looks at the clock.
    pub look: Duration,
    /// Before a record that failed is tried again.
    pub record_pause: Duration,
    /// How long messages under way are waited for at the end.
    pub grace: Duration,
}

impl Default for SenderBounds {
    fn default() -> Self {
        SenderBounds {
            at_once: 4,
            timeouts: HttpTimeouts {
                connect: Duration::from_secs(5),
                request: Duration::from_secs(10),
            },
            look: Duration::from_secs(1),
            record_pause: Duration::from_secs(5),
            grace: Duration::from_secs(2),
        }
    }
}

/// Sends the messages of one instance.
pub struct WebhookSender {
    context: Arc<DeliveryContext>,
}

impl WebhookSender {
    /// Of `instance`; `targets` and `answers` are what is known of the world outside.
    pub fn new(
        store: Store,
        instance: InstanceId,
        targets: Arc<dyn WebhookTargets>,
        answers: Arc<dyn AnswerSink>,
        clock: Clock,
    ) -> WebhookSender {
        WebhookSender::with_bounds(store, instance, targets, answers, clock, SenderBounds::default())
    }

    /// The same with other bounds.
    pub fn with_bounds(
        store: Store,
        instance: InstanceId,
        targets: Arc<dyn WebhookTargets>,
        answers: Arc<dyn AnswerSink>,
        clock: Clock,
        bounds: SenderBounds,
    ) -> WebhookSender {
        let queue = MessageQueue { store, instance };
        WebhookSender {
            context: Arc::new(DeliveryContext::new(queue, targets, answers, clock, bounds)),
        }
    }

    /// Goes on until `stop` says so, or its sender is gone. Messages under way are waited for, but not for long: one that is
    /// broken off is sent again after the next start.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let bounds = self.context.bounds;
        let mut changes = self.context.queue.watch_messages();
        let (mut deliveries, mut under_way) = (JoinSet::new(), UnderWay::default());
        loop {
            changes.mark_unchanged();
            if let Err(error) = self.start_due(&mut deliveries, &mut under_way).await {
                tracing::error!(instance.id = %self.context.queue.instance, error = %error,
                    "cannot read the messages that are due; retrying");
            }
            tokio::select! {
                biased;
                stopped = stop.wait_for(|stop| *stop) => { let _ = stopped; break; }
                Some(ended) = deliveries.join_next_with_id() => under_way.end(ended),
                changed = changes.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(bounds.look) => (),
            }
        }
        let rest = async { while deliveries.join_next().await.is_some() {} };
        if tokio::time::timeout(bounds.grace, rest).await.is_err() {
            deliveries.shutdown().await;
        }
    }

    async fn start_due(&self, deliveries: &mut JoinSet<()>, under_way: &mut UnderWay) -> Result<(), StoreError> {
        for message in self.context.queue.list_due(self.context.clock.now()).await? {
            if under_way.admits(&message, self.context.bounds.at_once) {
                let (context, place) = (Arc::clone(&self.context), DeliveryPlace::of_message(&message));
                let task = deliveries.spawn(async move { context.deliver(&message).await });
                under_way.0.insert(task.id(), place);
            }
        }
        Ok(())
    }
}

/// What of a message under way decides which others wait: not its body, which may hang with its receiver.
struct DeliveryPlace {
    id: String,
    purpose: WebhookPurpose,
    subject: String,
}

impl DeliveryPlace {
    fn of_message(message: &WebhookRow) -> DeliveryPlace {
        DeliveryPlace {
            id: message.id.clone(),
            purpose: message.purpose,
            subject: message.subject.clone(),
        }
    }
}

/// The messages under way, by the task that sends each.
#[derive(Default)]
struct UnderWay(HashMap<Id, DeliveryPlace>);

impl UnderWay {
    /// Whether this message may be sent now.
    fn admits(&self, message: &WebhookRow, at_once: usize) -> bool {
        let same_purpose = self.0.values().filter(|other| other.purpose == message.purpose);
        let others: Vec<&DeliveryPlace> = same_purpose.collect();
        others.len() < at_once && others.iter().all(|other| other.subject != message.subject)
    }

    /// A try that panicked is recorded as one that failed (`deliver`). Where even that ended so, nothing is recorded, and the
    /// message keeps its place: tried again at once, it would do the same without end.
    fn end(&mut self, ended: Result<(Id, ()), JoinError>) {
        match ended {
            Ok((task, ())) => drop(self.0.remove(&task)),
            Err(error) => {
                let message = self.0.get(&error.id()).map(|place| place.id.as_str());
                tracing::error!(webhook.id = message, error = %error,
                    "recording a message failed by an error of the program; it is sent again after the next start");
            }
        }
    }
}
