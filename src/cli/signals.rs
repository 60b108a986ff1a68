//! When a command is asked to stop: one that runs until stopped has succeeded then; one that would leave something
//! behind clears up first, and says by its exit code that it was cut off.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::{CommandFailure, ExitReason};

/// The signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// Ctrl-C.
    Interrupt,
    /// As service managers ask.
    Terminate,
}

/// Signals that no longer end the process by themselves.
pub(crate) struct SignalListener {
    interrupt: Signal,
    terminate: Signal,
}

/// Listens from now on: to be called before anybody is told that there is something to stop.
pub(crate) fn listen_for_signals() -> Result<SignalListener, CommandFailure> {
    let open = |kind| {
        signal(kind).map_err(|error| {
            CommandFailure::general_error(format!("failed to listen for signals: {error}"), "try again")
        })
    };
    Ok(SignalListener {
        interrupt: open(SignalKind::interrupt())?,
        terminate: open(SignalKind::terminate())?,
    })
}

impl SignalListener {
    /// Ctrl-C, or the signal that service managers send.
    pub(crate) async fn next_signal(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
        }
    }
}

/// The same, for whoever need not listen before.
pub(crate) async fn wait_for_stop_signal() {
    match listen_for_signals() {
        Ok(mut signals) => _ = signals.next_signal().await,
        // Then they end the process by themselves.
        Err(_) => std::future::pending().await,
    }
}

/// Carries `operation` out. A signal drops it, so that what it holds can clear up, and fails the command.
pub(crate) async fn run_until_stopped<T>(
    operation: impl Future<Output = Result<T, CommandFailure>>,
) -> Result<T, CommandFailure> {
    let mut signals = listen_for_signals()?;
    tokio::select! {
        asked = signals.next_signal() => Err(stopped_failure(asked)),
        done = operation => done,
    }
}

fn stopped_failure(asked: StopSignal) -> CommandFailure {
    let exit = match asked {
        StopSignal::Interrupt => ExitReason::Interrupted,
        StopSignal::Terminate => ExitReason::Terminated,
    };
    CommandFailure::new(exit, "interrupted; nothing was saved", "")
}
