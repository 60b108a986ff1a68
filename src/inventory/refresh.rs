//! One device read anew because something was done to it, and published: what a job changed shows without waiting for a
//! scan.

use std::sync::Arc;

use super::change::{Times, decide};
use super::scan::{ScanError, Scanner, merger};
use crate::graph::Lane;
use crate::model::{DeviceId, GoneReason};

/// Asks for the device; an answer updates it, HTTP 404 makes it gone with `reason`, everything else leaves it for the
/// next scan.
pub async fn refresh(scanner: &Scanner, id: DeviceId, reason: GoneReason) -> Result<(), ScanError> {
    match refresh_now(scanner, id, reason).await {
        Err(ScanError::Graph(error)) => {
            tracing::warn!(device.id = %id, error = %error, "a device could not be read after its job; the next scan will");
            Ok(())
        }
        done => done,
    }
}

/// The same for whoever has to know that it was read: what Graph does not answer is an error.
pub async fn refresh_now(scanner: &Scanner, id: DeviceId, reason: GoneReason) -> Result<(), ScanError> {
    let read_at = scanner.clock.now();
    let graph = scanner.graph.in_lane(Lane::Scan);
    match graph.device(id, scanner.shape.proof_select().as_deref()).await {
        Ok(reading) => {
            let Ok(incoming) = scanner.shape.read_proof(&reading.body) else {
                return Ok(());
            };
            if incoming.id != id {
                return Ok(());
            }
            let volatile_every = scanner.volatile_every();
            let judge = Arc::new(move |stored: Option<&_>, incoming: &_, read_at, now| {
                decide(
                    stored,
                    incoming,
                    Times {
                        read_at,
                        now,
                        volatile_every,
                    },
                )
            });
            scanner
                .store
                .commit_reading(scanner.instance, read_at, incoming, judge, merger())
                .await?;
        }
        Err(error) if error.is_not_found() => {
            let known = scanner.store.known(scanner.instance, vec![id]).await?;
            if let Some(known) = known.into_iter().flatten().next().filter(|known| !known.gone) {
                scanner
                    .store
                    .mark_gone(scanner.instance, vec![(known.row, reason)])
                    .await?;
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
