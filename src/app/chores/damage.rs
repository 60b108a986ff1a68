//! Looks for damage to the store in the background: behind the start, and once a day. The bus is ready meanwhile; what is
//! found takes it out of service, because nobody can say what else is wrong with such a file.

use tokio::sync::watch;

use crate::store::Store;

/// Ticks (seconds) between two looks.
const EVERY_TICKS: u64 = 24 * 60 * 60;

pub async fn run(store: Store, mut ticks: watch::Receiver<u64>) {
    loop {
        match store.look_for_damage().await {
            Ok(None) => (),
            Ok(Some(found)) => tracing::error!(
                found,
                "the store is damaged: stop the bus and restore a backup (intune-connector restore)"
            ),
            Err(error) => tracing::warn!(error = %error, "the store could not be looked at for damage"),
        }
        for _ in 0..EVERY_TICKS {
            if ticks.changed().await.is_err() {
                return;
            }
        }
    }
}
