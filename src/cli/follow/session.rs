//! The loop: read, apply, hand over, keep, acknowledge.

use std::time::Duration;

use super::feed_client::{FeedClient, FeedClientError};
use super::journal::ViewJournal;
use super::sink::{AppliedChange, ChangeSink};
use super::view::FleetReplica;
use super::write_report::WriteReport;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::contract::ChangesView;
use crate::model::FeedChange;

/// Between two looks at whether the server is accepted.
const LOOK: Duration = Duration::from_secs(3);
/// First and longest pause before changes are handed again to a sink that failed.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// A management server at work.
pub(crate) struct FollowSession {
    pub reader: FeedClient,
    pub view: FleetReplica,
    pub journal: ViewJournal,
    pub sink: ChangeSink,
    /// Applied, not yet handed over.
    pub undelivered: Vec<AppliedChange>,
    /// End when there is nothing more to read.
    pub once: bool,
    pub report: WriteReport,
    /// What to do where the server is not accepted.
    pub accept_advice: String,
}

impl FollowSession {
    pub(crate) async fn run_session(&mut self) -> Result<(), CommandFailure> {
        let mut accepted = true;
        loop {
            let read = if self.once {
                self.reader.next_batch_within(Duration::ZERO).await
            } else {
                self.reader.next().await
            };
            match read {
                Ok(batch) => {
                    if !std::mem::replace(&mut accepted, true) {
                        output::eprint_line("accepted; reading");
                    }
                    let last = !batch.more;
                    self.apply_batch(batch).await?;
                    if self.once && last {
                        return Ok(());
                    }
                }
                Err(FeedClientError::NotAccepted(failure)) if self.once => {
                    return Err(CommandFailure {
                        advice: self.accept_advice.clone(),
                        ..failure
                    });
                }
                Err(FeedClientError::NotAccepted(_)) => {
                    accepted = false;
                    tokio::time::sleep(LOOK).await;
                }
                Err(FeedClientError::Later(failure, pause)) => self.wait_or_fail(failure, pause).await?,
                Err(FeedClientError::Final(failure)) => return Err(failure),
            }
        }
    }

    /// At the end of the command.
    pub(crate) fn tell_end(&mut self) {
        if self.once {
            self.report.tell_end(&self.sink);
        } else {
            self.report.tell_pending(&self.sink);
        }
    }

    /// Waits for what passes by itself; whoever wants one round only hears of it at once.
    async fn wait_or_fail(&self, failure: CommandFailure, pause: Duration) -> Result<(), CommandFailure> {
        if self.once && !pause.is_zero() {
            return Err(failure);
        }
        output::eprint_line(failure.to_string());
        tokio::time::sleep(pause).await;
        Ok(())
    }

    async fn apply_batch(&mut self, mut batch: ChangesView) -> Result<(), CommandFailure> {
        for change in batch.changes.drain(..) {
            let effects = self.view.apply_change(&change);
            self.undelivered.push(AppliedChange { change, effects });
        }
        if batch.more && self.sink.is_batching() {
            self.reader.advance_cursor(&batch);
            return Ok(());
        }
        if !self.undelivered.is_empty() {
            let mut pause = AGAIN.0;
            while let Err(failure) = self.sink.write_changes(&self.undelivered).await {
                if self.once || failure.exit == ExitReason::ReaderGone {
                    return Err(failure);
                }
                output::eprint_line(failure.to_string());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(AGAIN.1);
            }
            let changes: Vec<FeedChange> = self.undelivered.drain(..).map(|applied| applied.change).collect();
            self.journal.append_changes(&changes, &batch.cursor, &self.view)?;
            self.report.add_written(changes.len());
        }
        self.report.tell_if_due(&self.sink);
        self.acknowledge_batch(&batch).await
    }

    /// Until the bus has it, or says that it tells everything again.
    async fn acknowledge_batch(&mut self, batch: &ChangesView) -> Result<(), CommandFailure> {
        loop {
            match self.reader.acknowledge_batch(batch).await {
                Ok(_) => return Ok(()),
                Err(FeedClientError::Later(failure, pause)) => self.wait_or_fail(failure, pause).await?,
                Err(FeedClientError::NotAccepted(_)) => return Ok(()),
                Err(FeedClientError::Final(failure)) => return Err(failure),
            }
        }
    }
}
