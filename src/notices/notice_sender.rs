//! What runs as long as the bus does: a look at what is open, every few seconds; the sending of what waits; the heartbeat. Each
//! is a loop of its own, so that a slow mail server holds up neither of the others.
//!
//! Messages of one recipient go one after the other, those of several side by side, at most [`AT_ONCE`] for
//! each channel: a server that hangs holds up nobody but itself. A message that is refused holds up those of its kind alone.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::condition::OpenCondition;
use super::content::NoticeContent;
use super::delivery::{DeliveryRoute, deliver_content};
use super::evaluation::tell_conditions;
use super::heartbeat::{HeartbeatSettings, beat_once, is_due};
use crate::config::SecretKey;
use crate::observe::{Clock, LogThrottle};
use crate::store::{NoticeMessageRow, Store, StoreError};
use crate::webhooks::{SendOutcome, decide_attempt};

/// Ticks (seconds) between two looks at what is open.
const LOOK_TICKS: u64 = 5;
/// Messages under way at the same time, for each channel.
const AT_ONCE: usize = 4;
/// Messages read at a time: one of each recipient that there may be.
const TAKEN: usize = 200;
/// How long messages under way are waited for at the end: one that is broken off may be told twice.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);
/// Before a record that failed is tried again.
const RECORD_PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// Knows what is open.
pub trait ConditionSource: Send + Sync + 'static {
    /// Of the whole bus; an error is for the log.
    fn list_conditions(&self) -> BoxFuture<'_, Result<Vec<OpenCondition>, String>>;
}

/// Of a message that is under way.
struct PlaceTaken {
    recipient: i64,
    channel: Option<String>,
}

/// Tells people, sends what waits, and pings.
#[derive(Clone)]
pub struct NoticeSender {
    store: Store,
    key: SecretKey,
    clock: Clock,
    console_url: Option<Arc<str>>,
    conditions: Arc<dyn ConditionSource>,
}

impl NoticeSender {
    /// `console_url`: where people open the console; `None`: messages have no link.
    pub fn new(
        store: Store,
        key: SecretKey,
        clock: Clock,
        console_url: Option<&str>,
        conditions: Arc<dyn ConditionSource>,
    ) -> NoticeSender {
        NoticeSender {
            store,
            key,
            clock,
            console_url: console_url.map(Arc::from),
            conditions,
        }
    }

    /// Goes on until `stop` says so, or its sender is gone, or the ticks end. Messages under way are waited for, but not for
    /// long.
    pub async fn run(self, ticks: watch::Receiver<u64>, stop: watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        let looking = async {
            tokio::select! {
                ended = stopped.wait_for(|stop| *stop) => { let _ = ended; }
                () = self.look_often(ticks.clone()) => (),
                () = self.beat_often(ticks.clone()) => (),
            }
        };
        tokio::join!(looking, self.send_often(ticks.clone(), stop));
    }

    async fn look_often(&self, mut ticks: watch::Receiver<u64>) {
        let failures = LogThrottle::new();
        loop {
            if let Err(error) = self.look_once().await
                && let Some(held_back) = failures.allow_line()
            {
                tracing::warn!(
                    error,
                    held_back,
                    "failed to see what people are to be told; it is tried again"
                );
            }
            for _ in 0..LOOK_TICKS {
                if ticks.changed().await.is_err() {
                    return;
                }
            }
        }
    }

    /// Nothing is looked at for nobody.
    async fn look_once(&self) -> Result<(), String> {
        let recipients = self.store.list_notice_recipients().await;
        if recipients.map_err(|error| error.to_string())?.is_empty() {
            return Ok(());
        }
        let open = self.conditions.list_conditions().await?;
        let told = tell_conditions(&self.store, &open, self.clock.now()).await;
        let count = told.map_err(|error| error.to_string())?;
        if count > 0 {
            tracing::info!(count, "messages to people were written");
        }
        Ok(())
    }

    async fn send_often(&self, mut ticks: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        let (mut deliveries, mut under_way) = (JoinSet::new(), HashMap::new());
        let failures = LogThrottle::new();
        loop {
            if let Err(error) = self.start_due(&mut deliveries, &mut under_way).await
                && let Some(held_back) = failures.allow_line()
            {
                tracing::warn!(error = %error, held_back,
                    "failed to read the messages to people that are due; it is tried again");
            }
            tokio::select! {
                ended = stop.wait_for(|stop| *stop) => { let _ = ended; break; }
                Some(ended) = deliveries.join_next_with_id() => {
                    match ended {
                        Ok((task, ())) => {
                            under_way.remove(&task);
                        }
                        // It keeps its place: tried again at once, it would end the same way without end.
                        Err(error) => tracing::error!(error = %error,
                            "sending a message ended by an error of the program; it is sent again after the next start"),
                    }
                }
                changed = ticks.changed() => if changed.is_err() { break },
            }
        }
        let rest = async { while deliveries.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, rest).await;
    }

    async fn start_due(
        &self,
        deliveries: &mut JoinSet<()>,
        under_way: &mut HashMap<Id, PlaceTaken>,
    ) -> Result<(), StoreError> {
        for message in self.store.list_sendable_notices(self.clock.now(), TAKEN).await? {
            let is_busy = under_way.values().any(|place| place.recipient == message.recipient);
            let of_channel = under_way.values().filter(|place| place.channel == message.channel);
            if is_busy || of_channel.count() >= AT_ONCE {
                continue;
            }
            let place = PlaceTaken {
                recipient: message.recipient,
                channel: message.channel.clone(),
            };
            let sender = self.clone();
            let task = deliveries.spawn(async move { sender.deliver(message).await });
            under_way.insert(task.id(), place);
        }
        Ok(())
    }

    /// One try, and the record of it; where it cannot be written, it is tried until it is, and the message is not sent again
    /// meanwhile.
    async fn deliver(&self, message: NoticeMessageRow) {
        let outcome = match self.send_once(&message).await {
            Ok(outcome) => outcome,
            Err(error) => SendOutcome::Failed {
                error: error.to_string(),
                retry_after: None,
            },
        };
        if let SendOutcome::Failed { error, .. } = &outcome {
            tracing::warn!(
                notice.id = message.id,
                recipient = message.recipient_name,
                error,
                "a message to people was not delivered"
            );
        }
        let now = self.clock.now();
        let attempt = decide_attempt(outcome, message.attempts, message.created_at, now, rand::random());
        while let Err(error) = self
            .store
            .record_notice_attempt(message.id.clone(), attempt.clone())
            .await
        {
            tracing::error!(notice.id = message.id, error = %error, "cannot record what became of a message; retrying");
            tokio::time::sleep(RECORD_PAUSE).await;
        }
    }

    async fn send_once(&self, message: &NoticeMessageRow) -> Result<SendOutcome, StoreError> {
        let missing = |what: &str| SendOutcome::Failed {
            error: what.to_owned(),
            retry_after: None,
        };
        let recipients = self.store.list_notice_recipients().await?;
        let Some(recipient) = recipients.iter().find(|row| row.id == message.recipient) else {
            return Ok(SendOutcome::Gone);
        };
        let channels = self.store.list_notice_channels().await?;
        let Some(channel) = channels.iter().find(|row| row.id == recipient.channel) else {
            return Ok(missing("the channel of the recipient does not exist"));
        };
        let Ok(content) = serde_json::from_str::<NoticeContent>(&message.content) else {
            return Ok(missing(
                "the message was written by another version, and cannot be read",
            ));
        };
        let route = DeliveryRoute {
            recipient,
            channel,
            key: &self.key,
            console_url: self.console_url.as_deref(),
        };
        Ok(deliver_content(&route, &message.id, &content, self.clock.now()).await)
    }

    async fn beat_often(&self, mut ticks: watch::Receiver<u64>) {
        let failures = LogThrottle::new();
        loop {
            if let Err(error) = self.beat_if_due().await
                && let Some(held_back) = failures.allow_line()
            {
                tracing::error!(error, held_back, "no ping of the heartbeat is sent; it is tried again");
            }
            if ticks.changed().await.is_err() {
                return;
            }
        }
    }

    async fn beat_if_due(&self) -> Result<(), String> {
        let found = self.store.find_heartbeat().await.map_err(|error| error.to_string())?;
        let Some(row) = found else {
            return Ok(());
        };
        let settings: HeartbeatSettings = serde_json::from_str(&row.settings).map_err(|error| error.to_string())?;
        if !is_due(&row, &settings, self.clock.now()) {
            return Ok(());
        }
        let open = self.conditions.list_conditions().await;
        if let Err(error) = &open {
            tracing::warn!(error, "cannot see how scans are: no ping is sent");
        }
        let conditions = open.as_deref().ok();
        beat_once(&self.store, &self.key, &self.clock, &row, &settings, conditions).await
    }
}
