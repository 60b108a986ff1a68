//! Tasks of callers that go on whoever waits for them: the end of the bus waits until there are none.

use tokio::sync::watch;

/// How many tasks of callers have not come to their end.
#[derive(Clone, Default)]
pub(super) struct ActsUnderWay(watch::Sender<usize>);

/// Held by one of them.
pub(super) struct ActGuard(ActsUnderWay);

impl ActsUnderWay {
    pub(super) fn begin_act(&self) -> ActGuard {
        self.0.send_modify(|count| *count += 1);
        ActGuard(self.clone())
    }

    pub(super) async fn wait_until_none(&self) {
        // The sender is this one: it does not go away meanwhile.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for ActGuard {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
