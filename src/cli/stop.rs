//! When a command is asked to end: one that goes on by itself has come to its end then; one that would leave something
//! behind clears up first, and says by its exit code that it was cut off.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::{Exit, Failure};

/// The signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Ctrl-C.
    Interrupt,
    /// As service managers ask.
    Terminate,
}

/// Signals that no longer end the process by themselves.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// Listens from now on: to be called before anybody is told that there is something to stop.
pub fn listen() -> Result<Signals, Failure> {
    let open = |kind| {
        signal(kind).map_err(|error| Failure::failed(format!("failed to listen for signals: {error}"), "try again"))
    };
    Ok(Signals {
        interrupt: open(SignalKind::interrupt())?,
        terminate: open(SignalKind::terminate())?,
    })
}

impl Signals {
    /// Ctrl-C, or the signal that service managers send.
    pub async fn asked(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Terminate,
        }
    }
}

/// The same, for whoever need not listen before.
pub async fn asked_to_stop() {
    match listen() {
        Ok(mut signals) => _ = signals.asked().await,
        // Then they end the process by themselves.
        Err(_) => std::future::pending().await,
    }
}

/// Carries `work` out. A signal drops it, so that what it holds can clear up, and fails the command.
pub async fn unless_stopped<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut signals = listen()?;
    tokio::select! {
        asked = signals.asked() => Err(stopped(asked)),
        done = work => done,
    }
}

fn stopped(asked: Asked) -> Failure {
    let exit = match asked {
        Asked::Interrupt => Exit::Interrupted,
        Asked::Terminate => Exit::Terminated,
    };
    Failure::new(exit, "stopped before its end; nothing was kept", "")
}
