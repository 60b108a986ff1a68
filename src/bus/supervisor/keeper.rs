//! The loop around one member. Starting and running are tasks of their own, so a panic in either ends there and comes
//! back as an ending like any other. Its text is not told: it may hold anything; the panic hook has logged where.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

use super::decide::{Ending, Next, is_over, next};
use super::life::Life;
use super::meter::Meter;
use super::status::{LastError, State};
use super::{Accounts, Kind, MemberSpec, Running, Trouble};
use crate::model::Timestamp;
use crate::observe::Clock;

/// How a member stands, as its keeper tells it.
#[derive(Debug, Clone)]
pub struct Stand {
    pub state: State,
    pub since: Timestamp,
    pub restarts: u32,
    pub next_start: Option<Timestamp>,
    pub last_error: Option<LastError>,
}

pub struct Keeper {
    pub kind: Arc<dyn Kind>,
    pub spec: MemberSpec,
    pub accounts: Option<Arc<dyn Accounts>>,
    pub clock: Clock,
    pub ticks: watch::Receiver<u64>,
    pub stand: watch::Sender<Stand>,
    pub meter: Meter,
    /// Of the member: told to stop.
    pub stop: watch::Receiver<bool>,
    pub drain: TimeDelta,
}

impl Keeper {
    pub async fn keep(mut self) {
        let mut failures = 0;
        loop {
            let began = self.clock.now();
            let ending = self.live().await;
            let after = match self.is_stopping() {
                true => Next::Stopped,
                false => next(ending, self.clock.now() - began, failures),
            };
            match after {
                Next::Stopped => return self.now(State::Stopped),
                Next::Failed => return self.now(State::Failed),
                Next::Again {
                    pause,
                    failures: so_far,
                } => {
                    failures = so_far;
                    if self.pause(pause).await.is_err() {
                        return self.now(State::Stopped);
                    }
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    fn now(&self, state: State) {
        let since = self.clock.now();
        tracing::debug!(member = %self.spec.name, state = ?state, "state");
        self.stand.send_modify(|stand| {
            (stand.state, stand.since, stand.next_start) = (state, since, None);
        });
    }

    fn trouble(&self, trouble: &Trouble) {
        let error = LastError::of(trouble, self.clock.now());
        tracing::error!(member = %self.spec.name, error.code = error.code, error = error.problem, "it does not run");
        self.stand.send_modify(|stand| stand.last_error = Some(error));
    }

    /// From start to end.
    async fn live(&mut self) -> Ending {
        self.now(State::Starting);
        let (end, ended) = watch::channel(false);
        let running = match self.start(ended).await {
            None => return Ending::Stopped,
            Some(Err(error)) => return self.broke_off(&error),
            Some(Ok(Err(trouble))) => return self.troubled(&trouble),
            Some(Ok(Ok(running))) => running,
        };
        self.now(State::Running);
        let mut task = tokio::spawn(running.instrument(self.span()));
        let ended = tokio::select! {
            // Who is told to stop ends what is under way.
            _ = self.stop.wait_for(|stop| *stop) => None,
            ended = &mut task => Some(ended),
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                self.now(State::Stopping);
                end.send_replace(true);
                self.drained(task).await
            }
        };
        match ended {
            Ok(Ok(())) if self.is_stopping() => Ending::Stopped,
            Ok(Ok(())) => {
                self.trouble(&Trouble::new(
                    "endedUnasked",
                    "it ended though nobody asked",
                    "it is started again; the log says more",
                ));
                Ending::Unasked
            }
            Ok(Err(trouble)) => self.troubled(&trouble),
            Err(error) => self.broke_off(&error),
        }
    }

    fn span(&self) -> tracing::Span {
        // Of the highest level, so that it is there however little is logged.
        tracing::error_span!("member", member = %self.spec.name)
    }

    /// `None` where it was told to stop meanwhile.
    async fn start(&mut self, ended: watch::Receiver<bool>) -> Option<Result<Result<Running, Trouble>, JoinError>> {
        let (kind, spec) = (self.kind.clone(), self.spec.clone());
        let (accounts, meter) = (self.accounts.clone(), self.meter.clone());
        let making = async move {
            let token = match accounts {
                Some(accounts) => Some(accounts.token(&spec).await?),
                None => None,
            };
            kind.start(&spec, Life::new(ended, meter, token)).await
        };
        let mut task = tokio::spawn(making.instrument(self.span()));
        tokio::select! {
            biased;
            started = &mut task => Some(started),
            _ = self.stop.wait_for(|stop| *stop) => {
                task.abort();
                None
            }
        }
    }

    fn troubled(&self, trouble: &Trouble) -> Ending {
        self.trouble(trouble);
        match trouble.passes {
            true => Ending::PassingTrouble,
            false => Ending::Trouble,
        }
    }

    fn broke_off(&self, error: &JoinError) -> Ending {
        if error.is_panic() {
            self.trouble(&Trouble::new(
                "panicked",
                "it broke off by a mistake in the program",
                "it is started again; the log says where it was",
            ));
            return Ending::Panicked;
        }
        // Cut off by the drain's limit.
        Ending::Stopped
    }

    /// Waits for the end of what is under way, as long as the limit allows.
    async fn drained(&mut self, mut task: JoinHandle<Result<(), Trouble>>) -> Result<Result<(), Trouble>, JoinError> {
        let asked = self.clock.now();
        loop {
            tokio::select! {
                ended = &mut task => return ended,
                ticked = self.ticks.changed() => {
                    if ticked.is_err() {
                        return task.await;
                    }
                    if is_over(self.clock.now(), asked, asked + self.drain) {
                        self.trouble(&Trouble::new(
                            "cutOff",
                            format!("it did not stop within {} s and was cut off", self.drain.num_seconds()),
                            "what was under way is treated like after a crash",
                        ));
                        task.abort();
                        return task.await;
                    }
                }
            }
        }
    }

    /// `Err` where it was told to stop meanwhile.
    async fn pause(&mut self, pause: TimeDelta) -> Result<(), ()> {
        let from = self.clock.now();
        let until = from + pause;
        self.now(State::BackingOff);
        self.stand.send_modify(|stand| {
            stand.restarts = stand.restarts.saturating_add(1);
            stand.next_start = Some(until);
        });
        loop {
            if is_over(self.clock.now(), from, until) {
                return Ok(());
            }
            tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Err(()),
                ticked = self.ticks.changed() => if ticked.is_err() {
                    return Err(());
                },
            }
        }
    }
}
