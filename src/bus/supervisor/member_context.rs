//! What a member is given to run.

use tokio::sync::watch;

use super::meter::MemberMeter;

/// When to stop, and where a member counts what it does.
#[derive(Debug, Clone)]
pub struct MemberContext {
    stop: watch::Receiver<bool>,
    pub meter: MemberMeter,
}

impl MemberContext {
    pub fn new(stop: watch::Receiver<bool>, meter: MemberMeter) -> Self {
        MemberContext { stop, meter }
    }

    /// Comes back when it is time to stop: end what is under way, begin nothing new.
    pub async fn wait_for_stop(&self) {
        let mut stop = self.stop.clone();
        // A supervisor that is gone stops all members.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// For loops that have their own way of waiting.
    pub fn stop_signal(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }
}
