//! The slow pass beside the scans: fields that only a single GET fills, in batches of 20, from what is left of the
//! budget. It adds what it learned to a device and touches nothing that LIST owns (S4).
//!
//! If the process dies here, the devices of the last batch are asked for again.

use chrono::TimeDelta;

use super::instance_scanner::{InstanceScanner, body_comparer, enrichment_merger};
use super::scan_error::ScanError;
use crate::config::EnrichMode;
use crate::graph::BudgetLane;
use crate::model::ReadSource;

/// Devices in one `$batch`.
const BATCH: usize = 20;

/// Enriches until nothing is left to learn; answers how many devices learned something.
pub async fn run(scanner: &InstanceScanner) -> Result<u64, ScanError> {
    let mut enriched_count = 0;
    loop {
        let before = match scanner.settings.devices.enrich {
            EnrichMode::Off => return Ok(enriched_count),
            EnrichMode::New => None,
            EnrichMode::Daily => Some(scanner.clock.now() - TimeDelta::days(1)),
        };
        if !scanner.projection.has_enriched_fields() {
            return Ok(enriched_count);
        }
        let ids = scanner
            .store
            .list_unenriched_devices(scanner.instance, before, BATCH)
            .await?;
        if ids.is_empty() {
            return Ok(enriched_count);
        }
        enriched_count += enrich_batch(scanner, &ids).await?;
    }
}

async fn enrich_batch(scanner: &InstanceScanner, ids: &[crate::model::DeviceId]) -> Result<u64, ScanError> {
    let InstanceScanner {
        store,
        graph,
        projection: shape,
        instance,
        clock,
        ..
    } = scanner;
    let read_at = clock.now();
    let answers = graph
        .in_lane(BudgetLane::Spare)
        .read_devices_batch(ids, Some(&shape.enrich_select()))
        .await?;
    let mut enrichments = Vec::with_capacity(answers.len());
    for (id, answer) in answers {
        let reading = match answer {
            Ok(reading) => reading,
            Err(error) if error.is_not_found() => {
                // Whether it has gone is for a full scan to find out; it is not asked for again before.
                enrichments.push((id, None));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match shape.read_record(&reading.body, ReadSource::Get) {
            Ok(incoming) if incoming.id == id => enrichments.push((id, incoming.enrichment)),
            Ok(_) => enrichments.push((id, None)),
            Err(error) => {
                tracing::warn!(device.id = %id, error = %error, "cannot parse the single read of a device");
                enrichments.push((id, None));
            }
        }
    }
    Ok(store
        .store_enrichment(*instance, read_at, enrichments, enrichment_merger(), body_comparer())
        .await?)
}
