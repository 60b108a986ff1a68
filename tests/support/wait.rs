//! How tests wait: for an event where there is one, else by looking again after a pause. A wait in a spin takes the
//! machine from what it waits for; and what a busy machine makes late is no failure.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Longest wait for anything. What takes longer never comes.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
pub const PAUSE: Duration = Duration::from_millis(20);

/// Waits for a condition.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    found(what, || {
        let held = holds();
        async { held.await.then_some(()).ok_or("it does not hold") }
    })
    .await;
}

/// Looks until there is something; `Err` is what is there instead, for whoever reads of a wait in vain.
pub async fn found<T, S: Debug, F: Future<Output = Result<T, S>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(began.elapsed() < PATIENCE, "waited in vain for: {what}; seen: {seen:?}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits for something that comes by itself.
pub async fn within<F: IntoFuture>(what: &str, event: F) -> F::Output {
    let came = tokio::time::timeout(PATIENCE, event).await;
    came.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}
