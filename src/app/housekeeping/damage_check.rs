//! Checks the store for damage in the background: after the start, once a day, and soon after damage was noticed. The bus
//! is ready meanwhile; if damage is found, the bus is out of service until it is repaired, as more may be wrong.

use std::time::Duration;

use tokio::time::sleep;

use crate::sics::describe_damage;
use crate::store::Store;

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Until it is mended: what is read again is mended by a scan.
const SOON: Duration = Duration::from_secs(5);

pub(crate) async fn run(store: Store) {
    let mut last_reported = None;
    loop {
        let found = match store.check_integrity().await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %error, "failed to check the store for damage");
                None
            }
        };
        if let Some(found) = found.as_ref().filter(|found| last_reported.as_ref() != Some(*found)) {
            tracing::error!(
                found = describe_damage(found),
                "the store is damaged; if it does not recover by itself, stop the bus and restore a backup \
                 (intune-connector restore)"
            );
        }
        match found {
            Some(_) => sleep(SOON).await,
            None => tokio::select! {
                () = sleep(EVERY) => (),
                () = store.wait_for_damage() => (),
            },
        }
        last_reported = found;
    }
}
