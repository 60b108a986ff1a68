//! Carries out what [`super::gone`] planned: asks for missing devices by id, and tells gone what is proven (S1, S2).

use futures_util::StreamExt;

use super::gone::{self, Limits, Plan, Sight, brakes};
use super::scan::{ScanError, Scanner};
use crate::model::{BitSet, DeviceId, GoneReason, Row, ScanSummary};
use crate::store::{Decide, HeldReason, Merge, MissingDevice};

/// Devices asked for at the same time; the budget paces them.
const AT_ONCE: usize = 4;
/// Devices told gone in one transaction at most.
const CHUNK: usize = 500;

pub struct Proof<'a> {
    pub scanner: &'a Scanner,
    pub decide: Decide,
    pub merge: Merge,
    pub limits: Limits,
    /// An earlier full scan of this epoch proved nothing: this one is to be compared with it (F4).
    pub confirming: bool,
}

/// What the answer to one question says.
enum Answer {
    /// HTTP 404: the only proof.
    Gone(Row),
    /// It is there, and updated from the answer.
    There,
    /// Refused, throttled, broken off: it stays as it was.
    Unknown,
}

impl Proof<'_> {
    /// The devices that this full scan did not see.
    pub async fn missing(&self, summary: &mut ScanSummary, seen: &BitSet, fleet: u64) -> Result<(), ScanError> {
        let Scanner {
            store, graph, instance, ..
        } = self.scanner;
        summary.requests += 1;
        match graph.enrolled_device_count().await {
            Ok(count) => summary.expected = Some(count),
            Err(error) => {
                // What was expected when the scan began proves nothing.
                summary.expected = None;
                tracing::warn!(instance.id = %instance, error = %error, "the number of enrolled devices could not be had");
            }
        }
        let missing = store.missing(*instance, seen.clone()).await?;
        let listed = summary.seen + summary.strangers;
        let plan = gone::plan(
            missing,
            Sight {
                fleet,
                listed,
                expected: summary.expected,
                confirming: self.confirming,
            },
            self.limits,
        );
        self.carry_out(plan, summary).await?;
        self.set_aside(summary, listed).await
    }

    /// Devices that were set aside before, that this list does not have, and that the store knows nothing else of: they are
    /// asked for like any that are missing, or their servers would lose them without proof.
    async fn set_aside(&self, summary: &mut ScanSummary, listed: u64) -> Result<(), ScanError> {
        let Scanner {
            store,
            graph,
            shape,
            instance,
            ..
        } = self.scanner;
        let unmet = store.set_aside_unmet(*instance, summary.id).await?;
        let count = unmet.len() as u64;
        if count == 0 {
            return Ok(());
        }
        if brakes(count, listed + count, self.limits) {
            summary.missing += count;
            return Ok(());
        }
        summary.requests += count;
        let select = shape.proof_select();
        let mut proven = Vec::new();
        for id in unmet {
            match graph.device(id, select.as_deref()).await {
                Ok(_) => summary.unlisted += 1,
                Err(error) if error.is_not_found() => proven.push(id),
                Err(error) => {
                    tracing::warn!(device.id = %id, error = %error, "a device that was set aside and is missing now could not be asked for");
                    summary.missing += 1;
                }
            }
        }
        store.forget_set_aside(*instance, proven).await?;
        Ok(())
    }

    async fn carry_out(&self, plan: Plan, summary: &mut ScanSummary) -> Result<(), ScanError> {
        let Scanner { store, instance, .. } = self.scanner;
        store.release_missing(*instance).await?;
        let rows = |devices: &[MissingDevice]| devices.iter().map(|device| device.row).collect::<Vec<_>>();
        if !plan.braked.is_empty() {
            summary.braked = true;
            tracing::warn!(instance.id = %instance, scan.missing = plan.braked.len(),
                "the brake holds: more devices are missing from the list than may go at once; see `scan confirm-gone`");
            store.hold_missing(rows(&plan.braked)).await?;
        }
        store.note_missing(summary.id, rows(&plan.wait)).await?;
        store.note_missing(summary.id, rows(&plan.ask)).await?;
        summary.missing = (plan.braked.len() + plan.wait.len()) as u64;
        let ids = plan.ask.iter().map(|device| (device.row, device.id)).collect();
        self.ask_all(ids, summary).await
    }

    /// Asks for each by id; 404 makes it gone, an answer updates it, everything else leaves it.
    async fn ask_all(&self, devices: Vec<(Row, DeviceId)>, summary: &mut ScanSummary) -> Result<(), ScanError> {
        let asked = devices.len() as u64;
        summary.requests += asked;
        let mut answers = futures_util::stream::iter(devices)
            .map(|(row, id)| self.ask(row, id))
            .buffer_unordered(AT_ONCE);
        let mut proven = Vec::new();
        while let Some(answer) = answers.next().await {
            match answer? {
                Answer::Gone(row) => proven.push((row, GoneReason::Deleted)),
                Answer::There => summary.unlisted += 1,
                Answer::Unknown => summary.missing += 1,
            }
            if proven.len() >= CHUNK {
                summary.gone += self.tell(&mut proven).await?;
            }
        }
        summary.gone += self.tell(&mut proven).await?;
        Ok(())
    }

    async fn tell(&self, proven: &mut Vec<(Row, GoneReason)>) -> Result<u64, ScanError> {
        if proven.is_empty() {
            return Ok(0);
        }
        Ok(self
            .scanner
            .store
            .mark_gone(self.scanner.instance, std::mem::take(proven))
            .await?)
    }

    async fn ask(&self, row: Row, id: DeviceId) -> Result<Answer, ScanError> {
        let Scanner {
            store,
            graph,
            shape,
            instance,
            clock,
            ..
        } = self.scanner;
        let read_at = clock.now();
        match graph.device(id, shape.proof_select().as_deref()).await {
            Ok(reading) => match shape.read_proof(&reading.body) {
                Ok(incoming) if incoming.id == id => {
                    store
                        .commit_reading(*instance, read_at, incoming, self.decide.clone(), self.merge.clone())
                        .await?;
                    Ok(Answer::There)
                }
                Ok(_) => Ok(Answer::Unknown),
                Err(error) => {
                    tracing::warn!(device.id = %id, error = %error, "a device that was missing from the list answers, but can't be read");
                    Ok(Answer::Unknown)
                }
            },
            Err(error) if error.is_not_found() => Ok(Answer::Gone(row)),
            Err(error) => {
                tracing::warn!(device.id = %id, error = %error, "a missing device could not be asked for: it stays as it was");
                Ok(Answer::Unknown)
            }
        }
    }

    /// Devices that filter or rules leave out now: they go together, or wait together behind the brake.
    pub async fn left_out(&self, summary: &mut ScanSummary, fleet: u64) -> Result<(), ScanError> {
        let Scanner { store, instance, .. } = self.scanner;
        let held = store.held(*instance).await?;
        let mut filtered: Vec<_> = held
            .iter()
            .filter(|held| held.reason == HeldReason::Filtered)
            .map(|held| (held.row, GoneReason::Filtered))
            .collect();
        // One limit for a scan: what it has found gone counts.
        let going = filtered.len() as u64 + summary.gone;
        if brakes(going, fleet, self.limits) && !filtered.is_empty() {
            summary.braked = true;
            tracing::warn!(instance.id = %instance, scan.held = filtered.len(),
                "the brake holds: filter or rules leave out more devices than may go at once; see `scan confirm-gone`");
            return Ok(());
        }
        while !filtered.is_empty() {
            let mut chunk = filtered.split_off(filtered.len().saturating_sub(CHUNK));
            summary.gone += self.tell(&mut chunk).await?;
        }
        Ok(())
    }
}
