//! When a command is asked to end: one that goes on by itself has come to its end then; one that would leave something
//! behind clears up first, and says by its exit code that it was cut off.

use super::failure::{Exit, Failure};

/// The signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Ctrl-C.
    Interrupt,
    /// As service managers ask.
    Terminate,
}

/// Ctrl-C, or the signal that service managers send.
pub async fn asked_to_stop() {
    asked().await;
}

/// Carries `work` out. A signal drops it, so that what it holds can clear up, and fails the command.
pub async fn unless_stopped<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        // First, so that no signal finds the work begun and nobody listening.
        biased;
        asked = asked() => Err(stopped(asked)),
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

async fn asked() -> Asked {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => Asked::Interrupt,
                _ = terminate.recv() => Asked::Terminate,
            };
        }
    }
    let _ = tokio::signal::ctrl_c().await;
    Asked::Interrupt
}
