//! How tests wait: for an event where there is one, else by looking again after a pause. A wait in a spin takes the
//! machine from what it waits for; and what a busy machine makes late is no failure.
//!
//! A limit in time is none: a machine may stand still (a virtual one that is moved, a process that is stopped), and then
//! whoever waits wakes up behind its limit before what it waits for had its turn. So what counts is how often somebody
//! looked, with a pause between two looks in which others had theirs.

use std::fmt::Debug;
use std::pin::pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Longest wait for anything, as long as the machine does not stand still. What takes longer never comes.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// Counts for one look at most, however long it took.
const LOOK_MOST: Duration = Duration::from_secs(1);

/// What is left of somebody's patience.
struct Patience {
    spent: Duration,
    looked_at: Instant,
}

impl Patience {
    fn new() -> Patience {
        Patience {
            spent: Duration::ZERO,
            looked_at: Instant::now(),
        }
    }

    /// After one more look.
    fn is_over(&mut self) -> bool {
        self.spent += self.looked_at.elapsed().min(LOOK_MOST);
        self.looked_at = Instant::now();
        self.spent > PATIENCE
    }
}

/// Waits for a condition.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    found(what, || {
        let held = holds();
        async { held.await.then_some(()).ok_or("it does not hold") }
    })
    .await;
}

/// The same, for threads.
pub fn until_blocking(what: &str, mut holds: impl FnMut() -> bool) {
    let mut patience = Patience::new();
    while !holds() {
        assert!(!patience.is_over(), "waited in vain for: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Looks until there is something; `Err` is what is there instead, for whoever reads of a wait in vain.
pub async fn found<T, S: Debug, F: Future<Output = Result<T, S>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let mut patience = Patience::new();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(!patience.is_over(), "waited in vain for: {what}; seen: {seen:?}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits for something that comes by itself.
pub async fn within<F: IntoFuture>(what: &str, event: F) -> F::Output {
    let mut event = pin!(event.into_future());
    let mut patience = Patience::new();
    loop {
        if let Ok(came) = tokio::time::timeout(LOOK_MOST, &mut event).await {
            return came;
        }
        assert!(!patience.is_over(), "waited in vain for: {what}");
    }
}

/// The same, for threads; an error where nobody is there any more who could send it, or nothing came.
pub fn received<T>(from: &Receiver<T>) -> Result<T, RecvTimeoutError> {
    let mut patience = Patience::new();
    loop {
        match from.recv_timeout(LOOK_MOST) {
            Err(RecvTimeoutError::Timeout) if !patience.is_over() => (),
            came => return came,
        }
    }
}
