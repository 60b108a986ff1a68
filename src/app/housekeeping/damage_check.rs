//! Looks for damage to the store in the background: behind the start, once a day, and soon after somebody met some. The bus
//! is ready meanwhile; what is found takes it out of service until it is mended, because nobody can say what else is wrong.

use std::time::Duration;

use tokio::time::sleep;

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
                tracing::warn!(error = %error, "the store could not be looked at for damage");
                None
            }
        };
        if let Some(found) = found.as_ref().filter(|found| last_reported.as_ref() != Some(*found)) {
            tracing::error!(
                found,
                "the store is damaged; where it does not heal by itself: stop the bus and restore a backup \
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
