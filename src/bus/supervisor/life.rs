//! What a member is given to live with.

use secrecy::SecretString;
use tokio::sync::watch;

use super::meter::Meter;

/// Until when it runs, and where it counts what it does.
#[derive(Debug, Clone)]
pub struct Life {
    stop: watch::Receiver<bool>,
    pub meter: Meter,
    /// The token of its own account on the bus, where there are accounts.
    pub token: Option<SecretString>,
}

impl Life {
    pub fn new(stop: watch::Receiver<bool>, meter: Meter, token: Option<SecretString>) -> Self {
        Life { stop, meter, token }
    }

    /// Comes back when it is time to stop: end what is under way, begin nothing new.
    pub async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // A supervisor that is gone stops everybody.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// For loops that have their own way of waiting.
    pub fn signal(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }
}
