//! One try to deliver one message, and the record of it. Where the record can't be written (a full disk), the message is not
//! sent again meanwhile: the record is tried until it is written.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;

use super::delivery_worker::SenderBounds;
use super::message_queue::MessageQueue;
use super::retry_schedule::decide_attempt;
use super::send_outcome::{SendOutcome, judge_status};
use super::sender_client::{SenderClient, WebhookTargetError};
use super::webhook_target::{AnswerSink, WebhookTarget, WebhookTargets};
use crate::observe::{Clock, LogThrottle};
use crate::store::{WebhookAttempt, WebhookPurpose, WebhookRow};

/// What each delivery needs.
pub(super) struct DeliveryContext {
    pub queue: MessageQueue,
    pub clock: Clock,
    pub bounds: SenderBounds,
    targets: Arc<dyn WebhookTargets>,
    answers: Arc<dyn AnswerSink>,
    clients: Mutex<Vec<KnownClient>>,
    failures: LogThrottle,
    deaths: LogThrottle,
}

/// The client of a target, as long as the target is the same.
struct KnownClient {
    purpose: WebhookPurpose,
    target: Arc<WebhookTarget>,
    client: Arc<SenderClient>,
}

impl DeliveryContext {
    pub(super) fn new(
        queue: MessageQueue,
        targets: Arc<dyn WebhookTargets>,
        answers: Arc<dyn AnswerSink>,
        clock: Clock,
        bounds: SenderBounds,
    ) -> DeliveryContext {
        DeliveryContext {
            queue,
            clock,
            bounds,
            targets,
            answers,
            clients: Mutex::default(),
            failures: LogThrottle::new(),
            deaths: LogThrottle::new(),
        }
    }

    /// One try, and the record of it. A try that ended by an error of the program is one that failed: it is recorded as
    /// others are, and what waits behind it goes on.
    pub(super) async fn deliver(&self, message: &WebhookRow) {
        let sent = AssertUnwindSafe(self.send_once(message)).catch_unwind().await;
        let outcome = sent.unwrap_or_else(|_| {
            tracing::error!(
                webhook.id = message.id,
                "sending a message ended by an error of the program; it is sent again later"
            );
            SendOutcome::failed("an error of the program; report it with the lines of the log")
        });
        let now = self.clock.now();
        let attempt = decide_attempt(outcome, message.attempts, message.created_at, now, rand::random());
        self.log_attempt(message, &attempt);
        while let Err(error) = self.queue.record_attempt(message, attempt.clone()).await {
            tracing::error!(webhook.id = message.id, error = %error, "cannot record what became of a message; retrying");
            tokio::time::sleep(self.bounds.record_pause).await;
        }
    }

    async fn send_once(&self, message: &WebhookRow) -> SendOutcome {
        let Some(target) = self.targets.find_target(message.purpose) else {
            return SendOutcome::failed("no address is set for messages of this purpose");
        };
        let client = match self.find_client(message.purpose, &target) {
            Ok(client) => client,
            Err(error) => return SendOutcome::failed(error),
        };
        let answer = match client.send(&message.id, &message.body, self.clock.now()).await {
            Ok(answer) => answer,
            Err(error) => return SendOutcome::failed(error),
        };
        let outcome = judge_status(answer.status, answer.retry_after);
        if outcome != SendOutcome::Accepted {
            return outcome;
        }
        match self.answers.take_answer(message, &answer.body).await {
            Ok(()) => SendOutcome::Accepted,
            Err(refused) => SendOutcome::failed(format!("the answer of the receiver: {refused}")),
        }
    }

    /// A target that has changed gets a new client.
    fn find_client(
        &self,
        purpose: WebhookPurpose,
        target: &Arc<WebhookTarget>,
    ) -> Result<Arc<SenderClient>, WebhookTargetError> {
        let mut known = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|known| known.purpose == purpose);
        if let Some(found) = found.filter(|found| Arc::ptr_eq(&found.target, target)) {
            return Ok(Arc::clone(&found.client));
        }
        let client = Arc::new(SenderClient::build(target, self.bounds.timeouts)?);
        known.retain(|known| known.purpose != purpose);
        known.push(KnownClient {
            purpose,
            target: Arc::clone(target),
            client: Arc::clone(&client),
        });
        Ok(client)
    }

    /// Neither the address nor the body: both may hold what no log should. A receiver that is away fails every message: one
    /// line a minute tells of it, the store of each message.
    fn log_attempt(&self, message: &WebhookRow, attempt: &WebhookAttempt) {
        let (id, subject) = (message.id.as_str(), message.subject.as_str());
        match attempt {
            WebhookAttempt::Delivered => tracing::debug!(webhook.id = id, subject, "a message was delivered"),
            WebhookAttempt::Retry { at, error } => {
                if let Some(held_back) = self.failures.allow_line() {
                    tracing::warn!(webhook.id = id, subject, error, next_attempt_at = %at, held_back,
                        "a message was not delivered; it is sent again");
                }
            }
            WebhookAttempt::Dead { error } => {
                if let Some(held_back) = self.deaths.allow_line() {
                    tracing::error!(
                        webhook.id = id,
                        subject,
                        error,
                        held_back,
                        "a message was given up; it stays in the store with this reason"
                    );
                }
            }
        }
    }
}
