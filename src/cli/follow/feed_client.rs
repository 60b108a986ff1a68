//! Reading as the feed wants it: announce, wait for acceptance, read on from where the view stands, and start without a
//! cursor where the cursor does not fit any more (410): the bus tells everything that the view may lack.

use std::time::Duration;

use sics_client::{ClientError, SicsClient};

use crate::cli::failure::{CommandFailure, ExitReason};
use crate::contract::{AckBody, AnnounceBody, ChangesQuery, ChangesView, ServerView};
use crate::model::ServerId;

/// How long a read waits at the bus while there is nothing.
const WAIT: Duration = Duration::from_secs(30);
/// First and longest pause after something that may pass by itself.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

#[derive(Debug)]
pub enum FeedClientError {
    /// Somebody has to accept the server first.
    NotAccepted(CommandFailure),
    /// Passes by itself, most likely: try again after the pause.
    Later(CommandFailure, Duration),
    /// Does not pass by itself.
    Final(CommandFailure),
}

/// One management server's connection to its changes.
pub struct FeedClient {
    client: SicsClient,
    server: ServerId,
    limit: usize,
    /// Behind what was read and not acknowledged yet; none: the bus knows where to go on.
    cursor: Option<String>,
    retry_delay: Duration,
}

impl FeedClient {
    pub fn new(client: SicsClient, server: ServerId, limit: usize) -> FeedClient {
        FeedClient {
            client,
            server,
            limit,
            cursor: None,
            retry_delay: PAUSES.0,
        }
    }

    /// The same, going on from a place that was kept.
    pub fn from(self, cursor: Option<&str>) -> FeedClient {
        FeedClient {
            cursor: cursor.map(str::to_owned),
            ..self
        }
    }

    /// The server as the bus knows it; `None`: it has not announced itself yet.
    pub async fn find_server(&self) -> Result<Option<ServerView>, CommandFailure> {
        match self.client.show_server(&self.server).await {
            Ok(server) => Ok(Some(server)),
            Err(error) if error.status == Some(404) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Has everything sent again, as snapshots.
    pub async fn resync_server(&self) -> Result<(), CommandFailure> {
        self.client.resync_server(&self.server).await?;
        Ok(())
    }

    /// Announces the server; whether it is accepted already.
    pub async fn announce_server(
        &self,
        display_name: &str,
        accepts: serde_json::Value,
    ) -> Result<bool, CommandFailure> {
        let body = AnnounceBody {
            display_name: display_name.to_owned(),
            accepts,
        };
        Ok(self.client.announce_server(&self.server, &body).await?.accepted)
    }

    /// The next changes; empty after a long wait without any.
    pub async fn next(&mut self) -> Result<ChangesView, FeedClientError> {
        self.next_batch_within(WAIT).await
    }

    pub async fn next_batch_within(&mut self, wait: Duration) -> Result<ChangesView, FeedClientError> {
        let query = ChangesQuery {
            cursor: self.cursor.clone(),
            limit: Some(self.limit),
            wait_ms: Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        };
        match self.client.read_changes(&self.server, &query).await {
            Ok(page) => {
                self.retry_delay = PAUSES.0;
                Ok(page)
            }
            Err(error) => Err(self.classify_failure(error)),
        }
    }

    /// Reads on behind this batch without saying that it is safe.
    pub fn advance_cursor(&mut self, batch: &ChangesView) {
        self.cursor = Some(batch.cursor.clone());
    }

    /// Says that everything up to the end of this batch is safe. Where the cursor does not fit any more it is forgotten:
    /// the bus tells again, and the reader must not count these as acknowledged.
    pub async fn acknowledge_batch(&mut self, batch: &ChangesView) -> Result<bool, FeedClientError> {
        let body = AckBody {
            cursor: batch.cursor.clone(),
        };
        match self.client.acknowledge_changes(&self.server, &body).await {
            Ok(_) => {
                self.cursor = Some(body.cursor);
                self.retry_delay = PAUSES.0;
                Ok(true)
            }
            Err(error) if is_cursor_outdated(&error) => {
                self.cursor = None;
                Ok(false)
            }
            Err(error) => Err(self.classify_failure(error)),
        }
    }

    fn classify_failure(&mut self, error: ClientError) -> FeedClientError {
        let outdated = is_cursor_outdated(&error);
        let failure = CommandFailure::from(error);
        if outdated {
            self.cursor = None;
            return FeedClientError::Later(failure, Duration::ZERO);
        }
        if failure.has_code("notAccepted") {
            return FeedClientError::NotAccepted(failure);
        }
        // A bus that is being restarted, restored or is full is waited for.
        let passes = matches!(
            failure.exit,
            ExitReason::Unreachable | ExitReason::Busy | ExitReason::Failed
        );
        if !passes {
            return FeedClientError::Final(failure);
        }
        let pause = self.retry_delay;
        self.retry_delay = (pause * 2).min(PAUSES.1);
        FeedClientError::Later(failure, pause)
    }
}

/// 410: the cursor is of another life of the store or of the server's registration.
fn is_cursor_outdated(error: &ClientError) -> bool {
    error.status == Some(410)
}
