//! One device read anew because something was done to it, and published: what a job changed shows without waiting for a
//! scan.

use std::sync::Arc;

use super::change_decision::{DecisionTimes, decide_change};
use super::instance_scanner::{InstanceScanner, body_comparer, enrichment_merger};
use super::scan_error::ScanError;
use crate::graph::BudgetLane;
use crate::model::{DeviceId, GoneReason};

/// Asks for the device; an answer updates it, HTTP 404 makes it gone with `reason`, everything else leaves it for the
/// next scan.
pub async fn refresh_device(scanner: &InstanceScanner, id: DeviceId, reason: GoneReason) -> Result<(), ScanError> {
    match refresh_device_now(scanner, id, reason).await {
        Err(ScanError::Graph(error)) => {
            tracing::warn!(device.id = %id, error = %error, "failed to read a device after its job; the next scan will read it");
            Ok(())
        }
        done => done,
    }
}

/// The same for whoever has to know that it was read: what Graph does not answer is an error.
pub async fn refresh_device_now(scanner: &InstanceScanner, id: DeviceId, reason: GoneReason) -> Result<(), ScanError> {
    let read_at = scanner.clock.now();
    let graph = scanner.graph.in_lane(BudgetLane::Scan);
    match graph
        .read_device(id, scanner.projection.proof_select().as_deref())
        .await
    {
        Ok(reading) => {
            let Ok(incoming) = scanner.projection.read_proof(&reading.body) else {
                return Ok(());
            };
            if incoming.id != id {
                return Ok(());
            }
            let volatile_every = scanner.volatile_interval();
            let judge = Arc::new(move |stored: Option<&_>, incoming: &_, read_at, now| {
                decide_change(
                    stored,
                    incoming,
                    DecisionTimes {
                        read_at,
                        now,
                        volatile_every,
                    },
                )
            });
            scanner
                .store
                .commit_device(
                    scanner.instance,
                    read_at,
                    incoming,
                    judge,
                    enrichment_merger(),
                    body_comparer(),
                )
                .await?;
        }
        Err(error) if error.is_not_found() => {
            let known = scanner.store.look_up_devices(scanner.instance, vec![id]).await?;
            if let Some(known) = known.into_iter().flatten().next().filter(|known| !known.gone) {
                scanner
                    .store
                    .publish_gone(scanner.instance, vec![(known.row, reason)])
                    .await?;
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
