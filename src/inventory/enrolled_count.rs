//! How many devices the tenant says it has (`enrolledDeviceCount`): at the beginning of a first scan for whoever watches, at the
//! end of a full one as the measure of its list (S1, in [`super::deletion_proof`]), and with each incremental one, since it costs
//! one request and shows what no incremental list can: that a device has gone.
//!
//! What is compared is never the number itself but by how much it differs from the devices known here: some tenants count
//! devices that no list has, and do so for ever. What follows from a difference is decided in [`super::count_watch`].

use std::time::Duration;

use super::instance_scanner::{InstanceScanner, ScanProgress};
use super::scan_error::ScanError;
use crate::model::{ScanKind, ScanSummary};

/// No scan waits longer for a number that only foresees its length.
const FORESEEN_WITHIN: Duration = Duration::from_secs(5);
/// Nor for one that only tells whether to look again.
const COUNTED_WITHIN: Duration = Duration::from_secs(20);

impl InstanceScanner {
    /// How many devices a full scan will bring, for whoever watches: the fleet, or what the tenant says at first. It is
    /// asked for once and for a moment; no scan waits for it.
    pub(super) async fn estimate_total(&self, summary: &mut ScanSummary, fleet: u64) {
        if summary.kind == ScanKind::Full && summary.expected.is_none() {
            summary.expected = Some(fleet);
            if fleet == 0 {
                summary.expected = self.read_enrolled_count(summary, FORESEEN_WITHIN).await;
            }
        }
        let (pages, devices, expected) = (summary.pages, summary.seen, summary.expected);
        self.progress.send_replace(ScanProgress {
            pages,
            devices,
            expected,
            concluding: false,
        });
    }

    /// By how much the tenant's number differs from the devices known behind this scan. A full scan has asked for it; a
    /// number that can't be had spoils no scan.
    pub(super) async fn compare_count(&self, summary: &mut ScanSummary) -> Result<(), ScanError> {
        let enrolled = match summary.kind {
            ScanKind::Full => summary.expected,
            ScanKind::Incremental => self.read_enrolled_count(summary, COUNTED_WITHIN).await,
        };
        summary.count_difference = match enrolled {
            Some(enrolled) => {
                let known = self.store.count_known_devices(self.instance).await?;
                Some(subtract_counts(enrolled, known))
            }
            None => None,
        };
        Ok(())
    }

    async fn read_enrolled_count(&self, summary: &mut ScanSummary, within: Duration) -> Option<u64> {
        summary.requests += 1;
        match tokio::time::timeout(within, self.graph.read_device_count()).await {
            Ok(Ok(count)) => Some(count),
            Ok(Err(error)) => {
                tracing::debug!(instance.id = %self.instance, error = %error, "failed to read the number of enrolled devices");
                None
            }
            Err(_) => None,
        }
    }
}

/// Bounded, whatever the tenant says.
fn subtract_counts(enrolled: u64, known: u64) -> i64 {
    let bounded = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    bounded(enrolled) - bounded(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_sign_and_no_number_overflows() {
        for (enrolled, known, difference) in [
            (100, 97, 3),
            (97, 100, -3),
            (0, 0, 0),
            (u64::MAX, 0, i64::MAX),
            (0, u64::MAX, -i64::MAX),
        ] {
            assert_eq!(subtract_counts(enrolled, known), difference);
        }
    }
}
