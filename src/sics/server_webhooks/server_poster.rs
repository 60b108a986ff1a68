//! The task of one server: one message after the other, each until it was taken. Changes and results go by turns, and a message
//! that is not taken holds up the others of its server, so that nothing overtakes it; nobody else waits for it.

use std::time::Duration;

use chrono::TimeDelta;

use super::TIMEOUTS;
use super::composed_message::{ComposedMessage, NextMessage, ToldResults, WebhookReader};
use super::webhook_secrets::{WebhookUnusable, open_target};
use crate::contract::ServerMessageKind;
use crate::model::{ServerId, Timestamp};
use crate::observe::LogThrottle;
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{OldWebhookKey, ServerWebhookRow, WebhookAttempt};
use crate::webhooks::{MessagePost, SendOutcome, decide_attempt};

/// Between two looks at the clock, where a message waits for its next attempt.
const LOOK: Duration = Duration::from_millis(200);
/// The same where there is nothing to tell: what happens wakes at once, this is for what nobody tells of.
const IDLE_LOOK: Duration = Duration::from_secs(30);
/// Behind what could not be read or written.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
/// A plan that is from later than this was made before the clock was set back.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(1);

pub(super) struct ServerPoster {
    sics: Sics,
    server: ServerId,
    post: Option<KnownPost>,
    told: ToldResults,
    /// What had its turn last.
    last: ServerMessageKind,
    failures: LogThrottle,
}

/// The connections to an address, as long as address and keys are the same.
struct KnownPost {
    revision: i64,
    sealed_keys: (String, Option<OldWebhookKey>),
    post: MessagePost,
}

/// What is next.
#[derive(Debug, PartialEq, Eq)]
enum PosterStep {
    Again,
    /// There is nothing to tell, or nobody to tell it to until a person has done something: whatever is done wakes.
    Idle,
    /// For the next attempt.
    Waiting,
    /// There is no webhook any more.
    Removed,
}

impl ServerPoster {
    pub(super) fn new(sics: Sics, server: ServerId) -> ServerPoster {
        ServerPoster {
            sics,
            server,
            post: None,
            told: ToldResults::default(),
            last: ServerMessageKind::Results,
            failures: LogThrottle::new(),
        }
    }

    /// Until the webhook is removed. It may be broken off anywhere: what was not acknowledged is posted again.
    pub(super) async fn run(mut self) {
        let store = self.sics.store();
        let (mut head, mut tasks) = (store.watch_head(), store.watch_tasks());
        loop {
            head.mark_unchanged();
            tasks.mark_unchanged();
            match self.take_step().await {
                Ok(PosterStep::Again) => (),
                Ok(PosterStep::Removed) => return,
                Ok(PosterStep::Waiting) => tokio::time::sleep(LOOK).await,
                Ok(PosterStep::Idle) => tokio::select! {
                    _ = head.changed() => (),
                    _ = tasks.changed() => (),
                    () = tokio::time::sleep(IDLE_LOOK) => (),
                },
                Err(problem) => {
                    tracing::warn!(server = %self.server, code = problem.code(), detail = problem.detail(),
                        "cannot post to the webhook of a server at the moment; retrying");
                    tokio::time::sleep(FAILURE_PAUSE).await;
                }
            }
        }
    }

    async fn take_step(&mut self) -> Result<PosterStep, ApiProblem> {
        let found = self.sics.store().find_server_webhook(self.server.clone()).await?;
        let Some(webhook) = found else {
            return Ok(PosterStep::Removed);
        };
        if let Some(step) = decide_pause(&webhook, self.sics.now()) {
            return Ok(step);
        }
        self.told = std::mem::take(&mut self.told).at_address(webhook.revision);
        let Some(reader) = WebhookReader::load(&self.sics, &self.server).await? else {
            return Ok(PosterStep::Idle);
        };
        for kind in order_kinds(webhook.failing, self.last) {
            match reader.compose(&self.sics, kind, &self.told).await? {
                NextMessage::Message(message) => {
                    self.last = kind;
                    self.deliver(&webhook, &reader, &message).await?;
                    return Ok(PosterStep::Again);
                }
                NextMessage::Passed => {
                    self.last = kind;
                    return Ok(PosterStep::Again);
                }
                // The server has read it itself meanwhile.
                NextMessage::Nothing if webhook.failing == Some(kind) => {
                    self.sics.store().clear_server_webhook_failure(&webhook).await?;
                    return Ok(PosterStep::Again);
                }
                NextMessage::Nothing => (),
            }
        }
        Ok(PosterStep::Idle)
    }

    async fn deliver(
        &mut self,
        webhook: &ServerWebhookRow,
        reader: &WebhookReader,
        message: &ComposedMessage,
    ) -> Result<(), ApiProblem> {
        let outcome = self.send(webhook, message).await;
        if outcome == SendOutcome::Accepted {
            self.told = self.acknowledge(reader, message).await?;
        }
        let now = self.sics.now();
        let began = webhook.failing_since.filter(|since| *since <= now).unwrap_or(now);
        let attempt = decide_attempt(outcome, webhook.attempts, began, now, rand::random());
        self.log_attempt(&message.id, &attempt);
        self.until_written(&message.id, || self.record(webhook, message.kind, attempt.clone()))
            .await
    }

    async fn acknowledge(&self, reader: &WebhookReader, message: &ComposedMessage) -> Result<ToldResults, ApiProblem> {
        self.until_written(&message.id, || reader.acknowledge(&self.sics, message, &self.told))
            .await
    }

    /// What became of a message is written before it is posted again, also where the store takes no writes for a while (a full
    /// disk).
    async fn until_written<T, F>(&self, id: &str, mut write: impl FnMut() -> F) -> Result<T, ApiProblem>
    where
        F: Future<Output = Result<T, ApiProblem>>,
    {
        loop {
            match write().await {
                Err(problem) if problem.status().is_server_error() => {
                    if let Some(held_back) = self.failures.allow_line() {
                        tracing::error!(webhook.id = id, server = %self.server, code = problem.code(), held_back,
                            "cannot write what became of a message to a server; retrying");
                    }
                    tokio::time::sleep(FAILURE_PAUSE).await;
                }
                settled => return settled,
            }
        }
    }

    async fn send(&mut self, webhook: &ServerWebhookRow, message: &ComposedMessage) -> SendOutcome {
        let now = self.sics.now();
        match self.open_post(webhook, now) {
            Ok(post) => post.send(&message.id, &message.body, now).await,
            Err(unusable) => SendOutcome::Failed {
                error: unusable.to_string(),
                retry_after: None,
            },
        }
    }

    /// The connections that there are, or new ones where address or keys have changed.
    fn open_post(&mut self, webhook: &ServerWebhookRow, now: Timestamp) -> Result<&MessagePost, WebhookUnusable> {
        let old = webhook.old_key.clone().filter(|old| old.until > now);
        let sealed_keys = (webhook.sealed_key.clone(), old);
        let is_known = |known: &KnownPost| known.revision == webhook.revision && known.sealed_keys == sealed_keys;
        let known = match self.post.take().filter(is_known) {
            Some(known) => known,
            None => {
                let target = open_target(self.sics.secret_key(), webhook, now)?;
                KnownPost {
                    revision: webhook.revision,
                    sealed_keys,
                    post: MessagePost::open(&target, TIMEOUTS)?,
                }
            }
        };
        Ok(&self.post.insert(known).post)
    }

    async fn record(
        &self,
        webhook: &ServerWebhookRow,
        kind: ServerMessageKind,
        attempt: WebhookAttempt,
    ) -> Result<(), ApiProblem> {
        let store = self.sics.store();
        Ok(store.record_server_webhook_attempt(webhook, kind, attempt).await?)
    }

    /// Neither the address nor the body: both may hold what no log should.
    fn log_attempt(&self, id: &str, attempt: &WebhookAttempt) {
        let server = &self.server;
        match attempt {
            WebhookAttempt::Delivered => tracing::debug!(webhook.id = id, server = %server, "a message was delivered"),
            WebhookAttempt::Retry { at, error } => {
                if let Some(held_back) = self.failures.allow_line() {
                    tracing::warn!(webhook.id = id, server = %server, error, next_attempt_at = %at, held_back,
                        "a message to a server was not delivered; it is sent again");
                }
            }
            WebhookAttempt::Dead { error } => {
                tracing::error!(webhook.id = id, server = %server, error,
                    "the webhook of a server was set aside; nothing is posted until a test message is taken");
            }
        }
    }
}

/// Why nothing is posted now: the address was set aside, or a message waits for its next attempt; `None`: it may be posted.
fn decide_pause(webhook: &ServerWebhookRow, now: Timestamp) -> Option<PosterStep> {
    if webhook.set_aside_at.is_some() {
        return Some(PosterStep::Idle);
    }
    let is_believable = webhook.planned_at.is_none_or(|at| at <= now + CLOCK_SLACK);
    let waits = webhook.next_attempt_at.is_some_and(|next| next > now) && is_believable;
    waits.then_some(PosterStep::Waiting)
}

/// What was not taken goes first; else what did not have its turn last: results do not wait for the end of a snapshot.
fn order_kinds(failing: Option<ServerMessageKind>, last: ServerMessageKind) -> [ServerMessageKind; 2] {
    let other = match last {
        ServerMessageKind::Changes => ServerMessageKind::Results,
        ServerMessageKind::Results | ServerMessageKind::Test => ServerMessageKind::Changes,
    };
    match failing.unwrap_or(other) {
        ServerMessageKind::Results => [ServerMessageKind::Results, ServerMessageKind::Changes],
        ServerMessageKind::Changes | ServerMessageKind::Test => {
            [ServerMessageKind::Changes, ServerMessageKind::Results]
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn webhook(next_attempt_at: Option<Timestamp>, planned_at: Option<Timestamp>) -> ServerWebhookRow {
        ServerWebhookRow {
            server: "cmdb".parse().unwrap(),
            revision: 1,
            sealed_url: String::new(),
            address: String::new(),
            allow_private: false,
            sealed_key: String::new(),
            old_key: None,
            set_at: now(),
            failing: None,
            failing_since: None,
            attempts: 0,
            next_attempt_at,
            planned_at,
            set_aside_at: None,
            last_error: None,
            delivered_at: None,
        }
    }

    #[test]
    fn nothing_is_posted_before_its_time_or_to_an_address_that_is_set_aside() {
        let later = Some(now() + TimeDelta::seconds(1));
        assert_eq!(decide_pause(&webhook(None, None), now()), None);
        assert_eq!(decide_pause(&webhook(Some(now()), Some(now())), now()), None);
        let waiting = decide_pause(&webhook(later, Some(now())), now());
        assert_eq!(waiting, Some(PosterStep::Waiting));
        // The clock was set back since.
        let planned = Some(now() + TimeDelta::hours(1));
        assert_eq!(decide_pause(&webhook(later, planned), now()), None);
        let aside = ServerWebhookRow {
            set_aside_at: Some(now()),
            ..webhook(None, None)
        };
        // Only a person ends that: nobody looks at the clock for it.
        assert_eq!(decide_pause(&aside, now()), Some(PosterStep::Idle));
    }

    #[test]
    fn what_was_not_taken_goes_first_and_else_both_kinds_by_turns() {
        let (changes, results) = (ServerMessageKind::Changes, ServerMessageKind::Results);
        assert_eq!(order_kinds(None, results), [changes, results]);
        assert_eq!(order_kinds(None, changes), [results, changes]);
        assert_eq!(order_kinds(Some(results), results), [results, changes]);
        assert_eq!(order_kinds(Some(changes), changes), [changes, results]);
    }
}
