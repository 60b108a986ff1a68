//! Carries out what [`super::missing_devices`] planned: asks for missing devices by id, and tells gone what is proven (S1, S2).

use futures_util::StreamExt;

use super::instance_scanner::{InstanceScanner, body_comparer};
use super::missing_devices::{self, BrakeLimits, MissingDevicePlan, ScannedFleet, is_braked};
use super::scan_error::ScanError;
use crate::model::{BitSet, DeviceId, GoneReason, Row, ScanSummary, WithheldReason};
use crate::store::{DecideDevice, MergeEnrichment, MissingDevice};

/// Devices asked for at the same time; the budget paces them.
const AT_ONCE: usize = 4;
/// Devices told gone in one transaction at most.
const CHUNK: usize = 500;

pub(crate) struct DeletionProof<'a> {
    pub scanner: &'a InstanceScanner,
    pub decide: DecideDevice,
    pub merge: MergeEnrichment,
    pub limits: BrakeLimits,
    /// An earlier full scan of this epoch proved nothing: this one is to be compared with it (F4).
    pub confirming: bool,
}

/// What the answer to one question says.
enum ProbeAnswer {
    /// HTTP 404: the only proof.
    Gone(Row),
    /// It is there, and updated from the answer.
    There,
    /// Refused, throttled, broken off: it stays as it was.
    Unknown,
}

impl DeletionProof<'_> {
    /// The devices that this full scan did not see.
    pub(crate) async fn prove_missing(
        &self,
        summary: &mut ScanSummary,
        seen: &BitSet,
        fleet: u64,
    ) -> Result<(), ScanError> {
        let InstanceScanner {
            store, graph, instance, ..
        } = self.scanner;
        summary.requests += 1;
        match graph.read_device_count().await {
            Ok(count) => summary.expected = Some(count),
            Err(error) => {
                // What was expected when the scan began proves nothing.
                summary.expected = None;
                tracing::warn!(instance.id = %instance, error = %error, "failed to read the number of enrolled devices");
            }
        }
        let missing = store.list_missing_devices(*instance, seen.clone()).await?;
        let listed = summary.seen + summary.strangers;
        let plan = missing_devices::plan_missing(
            missing,
            ScannedFleet {
                published: fleet,
                listed,
                expected: summary.expected,
                confirming: self.confirming,
            },
            self.limits,
        );
        self.carry_out_plan(plan, summary).await?;
        self.prove_rejected(summary, listed).await
    }

    /// Devices that were set aside before, that this list does not have, and that the store knows nothing else of: they are
    /// asked for like any that are missing, or their servers would lose them without proof.
    async fn prove_rejected(&self, summary: &mut ScanSummary, listed: u64) -> Result<(), ScanError> {
        let InstanceScanner {
            store,
            graph,
            projection: shape,
            instance,
            ..
        } = self.scanner;
        let unmet = store.list_unmet_rejected_devices(*instance, summary.id).await?;
        let count = unmet.len() as u64;
        if count == 0 {
            return Ok(());
        }
        if is_braked(count, listed + count, self.limits) {
            summary.missing += count;
            return Ok(());
        }
        summary.requests += count;
        let select = shape.proof_select();
        let mut proven = Vec::new();
        for id in unmet {
            match graph.read_device(id, select.as_deref()).await {
                Ok(_) => summary.unlisted += 1,
                Err(error) if error.is_not_found() => proven.push(id),
                Err(error) => {
                    tracing::warn!(device.id = %id, error = %error, "failed to check a rejected device that is now missing");
                    summary.missing += 1;
                }
            }
        }
        store.delete_rejected_records(*instance, proven).await?;
        Ok(())
    }

    async fn carry_out_plan(&self, plan: MissingDevicePlan, summary: &mut ScanSummary) -> Result<(), ScanError> {
        let InstanceScanner { store, instance, .. } = self.scanner;
        store.release_missing(*instance).await?;
        let rows = |devices: &[MissingDevice]| devices.iter().map(|device| device.row).collect::<Vec<_>>();
        if !plan.withheld.is_empty() {
            summary.braked = true;
            tracing::warn!(instance.id = %instance, scan.missing = plan.withheld.len(),
                "the deletion brake is on: more devices are missing from the list than may be deleted at once; see `scan confirm-gone`");
            store.withhold_missing(rows(&plan.withheld)).await?;
        }
        store.mark_missing(summary.id, rows(&plan.deferred)).await?;
        store.mark_missing(summary.id, rows(&plan.to_probe)).await?;
        summary.missing = (plan.withheld.len() + plan.deferred.len()) as u64;
        let ids = plan.to_probe.iter().map(|device| (device.row, device.id)).collect();
        self.probe_devices(ids, summary).await
    }

    /// Asks for each by id; 404 makes it gone, an answer updates it, everything else leaves it.
    async fn probe_devices(&self, devices: Vec<(Row, DeviceId)>, summary: &mut ScanSummary) -> Result<(), ScanError> {
        let asked = devices.len() as u64;
        summary.requests += asked;
        let mut answers = futures_util::stream::iter(devices)
            .map(|(row, id)| self.probe_device(row, id))
            .buffer_unordered(AT_ONCE);
        let mut proven = Vec::new();
        while let Some(answer) = answers.next().await {
            match answer? {
                ProbeAnswer::Gone(row) => proven.push((row, GoneReason::Deleted)),
                ProbeAnswer::There => summary.unlisted += 1,
                ProbeAnswer::Unknown => summary.missing += 1,
            }
            if proven.len() >= CHUNK {
                summary.gone += self.publish_gone(&mut proven).await?;
            }
        }
        summary.gone += self.publish_gone(&mut proven).await?;
        Ok(())
    }

    async fn publish_gone(&self, proven: &mut Vec<(Row, GoneReason)>) -> Result<u64, ScanError> {
        if proven.is_empty() {
            return Ok(0);
        }
        Ok(self
            .scanner
            .store
            .publish_gone(self.scanner.instance, std::mem::take(proven))
            .await?)
    }

    async fn probe_device(&self, row: Row, id: DeviceId) -> Result<ProbeAnswer, ScanError> {
        let InstanceScanner {
            store,
            graph,
            projection: shape,
            instance,
            clock,
            ..
        } = self.scanner;
        let read_at = clock.now();
        match graph.read_device(id, shape.proof_select().as_deref()).await {
            Ok(reading) => match shape.read_proof(&reading.body) {
                Ok(incoming) if incoming.id == id => {
                    store
                        .commit_device(
                            *instance,
                            read_at,
                            incoming,
                            self.decide.clone(),
                            self.merge.clone(),
                            body_comparer(),
                        )
                        .await?;
                    Ok(ProbeAnswer::There)
                }
                Ok(_) => Ok(ProbeAnswer::Unknown),
                Err(error) => {
                    tracing::warn!(device.id = %id, error = %error, "a device that is missing from the list still exists, but cannot be read");
                    Ok(ProbeAnswer::Unknown)
                }
            },
            Err(error) if error.is_not_found() => Ok(ProbeAnswer::Gone(row)),
            Err(error) => {
                tracing::warn!(device.id = %id, error = %error, "failed to check a missing device: it remains unchanged");
                Ok(ProbeAnswer::Unknown)
            }
        }
    }

    /// Devices that filter or rules leave out now: they go together, or wait together behind the brake.
    pub(crate) async fn remove_excluded(&self, summary: &mut ScanSummary, fleet: u64) -> Result<(), ScanError> {
        let InstanceScanner { store, instance, .. } = self.scanner;
        let held = store.list_withheld_deletions(*instance).await?;
        let mut filtered: Vec<_> = held
            .iter()
            .filter(|held| held.reason == WithheldReason::Filtered)
            .map(|held| (held.row, GoneReason::Filtered))
            .collect();
        // One limit for a scan: what it has found gone counts.
        let going = filtered.len() as u64 + summary.gone;
        if is_braked(going, fleet, self.limits) && !filtered.is_empty() {
            summary.braked = true;
            tracing::warn!(instance.id = %instance, scan.held = filtered.len(),
                "the deletion brake is on: filter or rules exclude more devices than may be deleted at once; see `scan confirm-gone`");
            return Ok(());
        }
        while !filtered.is_empty() {
            let mut chunk = filtered.split_off(filtered.len().saturating_sub(CHUNK));
            summary.gone += self.publish_gone(&mut chunk).await?;
        }
        Ok(())
    }
}
