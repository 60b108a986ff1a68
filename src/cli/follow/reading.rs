//! Reading as the feed wants it: announce, wait for acceptance, read on from where the view stands, and start without a
//! cursor where the cursor does not fit any more (410): the bus tells everything that the view may lack.

use std::time::Duration;

use serde_json::json;

use crate::cli::client::{Client, segment};
use crate::cli::failure::{Exit, Failure};
use crate::model::{Change, ServerId};

/// How long a read waits at the bus while there is nothing.
const WAIT: Duration = Duration::from_secs(30);
/// First and longest pause after something that may pass by itself.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Changes to apply, and where they end.
#[derive(Debug)]
pub struct Batch {
    pub changes: Vec<Change>,
    pub more: bool,
    /// Behind the last of them.
    pub cursor: String,
}

#[derive(Debug)]
pub enum ReaderError {
    /// Somebody has to accept the server first.
    NotAccepted(Failure),
    /// Passes by itself, most likely: try again after the pause.
    Later(Failure, Duration),
    /// Does not pass by itself.
    Final(Failure),
}

/// One management server's connection to its changes.
pub struct Reader {
    client: Client,
    server: ServerId,
    limit: usize,
    /// Behind what was read and not acknowledged yet; none: the bus knows where to go on.
    cursor: Option<String>,
    pause: Duration,
}

impl Reader {
    pub fn new(client: Client, server: ServerId, limit: usize) -> Reader {
        Reader {
            client,
            server,
            limit,
            cursor: None,
            pause: PAUSES.0,
        }
    }

    /// The same, going on from a place that was kept.
    pub fn from(self, cursor: Option<&str>) -> Reader {
        Reader {
            cursor: cursor.map(str::to_owned),
            ..self
        }
    }

    /// Announces the server; whether it is accepted already.
    pub async fn announce(&self, display_name: &str, accepts: serde_json::Value) -> Result<bool, Failure> {
        let path = format!("/servers/{}", segment(self.server.as_str()));
        let answer = self
            .client
            .put(&path, &json!({ "displayName": display_name, "accepts": accepts }))
            .await?;
        Ok(answer["accepted"] == true)
    }

    /// The next changes; empty after a long wait without any.
    pub async fn next(&mut self) -> Result<Batch, ReaderError> {
        self.next_within(WAIT).await
    }

    pub async fn next_within(&mut self, wait: Duration) -> Result<Batch, ReaderError> {
        let read = self
            .client
            .changes(self.server.as_str(), self.cursor.as_deref(), self.limit, wait)
            .await;
        match read {
            Ok(page) => {
                self.pause = PAUSES.0;
                Ok(Batch {
                    changes: page.changes,
                    more: page.more,
                    cursor: page.cursor,
                })
            }
            Err(failure) => Err(self.judge(failure)),
        }
    }

    /// Reads on behind this batch without saying that it is safe.
    pub fn go_on(&mut self, batch: &Batch) {
        self.cursor = Some(batch.cursor.clone());
    }

    /// Says that everything up to the end of this batch is safe. Where the cursor does not fit any more it is forgotten:
    /// the bus tells again, and the reader must not count these as acknowledged.
    pub async fn acknowledge(&mut self, batch: &Batch) -> Result<bool, ReaderError> {
        match self.client.acknowledge(self.server.as_str(), &batch.cursor).await {
            Ok(()) => {
                self.cursor = Some(batch.cursor.clone());
                self.pause = PAUSES.0;
                Ok(true)
            }
            Err(failure) if outdated(&failure) => {
                self.cursor = None;
                Ok(false)
            }
            Err(failure) => Err(self.judge(failure)),
        }
    }

    fn judge(&mut self, failure: Failure) -> ReaderError {
        if outdated(&failure) {
            self.cursor = None;
            return ReaderError::Later(failure, Duration::ZERO);
        }
        if failure.has_code("notAccepted") {
            return ReaderError::NotAccepted(failure);
        }
        // A bus that is being restarted, restored or is full is waited for.
        let passes = matches!(failure.exit, Exit::Unreachable | Exit::Busy | Exit::Failed);
        if !passes {
            return ReaderError::Final(failure);
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSES.1);
        ReaderError::Later(failure, pause)
    }
}

/// 410: the cursor is of another life of the store or of the server's registration.
fn outdated(failure: &Failure) -> bool {
    failure.status == Some(410)
}
