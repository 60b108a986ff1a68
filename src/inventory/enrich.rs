//! The slow pass beside the scans: fields that only a single GET fills, in batches of 20, from what is left of the
//! budget. It adds what it learned to a device and touches nothing that LIST owns (S4).
//!
//! If the process dies here, the devices of the last batch are asked for again.

use chrono::TimeDelta;

use super::scan::{ScanError, Scanner};
use crate::config::Enrich;
use crate::graph::Lane;
use crate::model::LearnedFrom;

/// Devices in one `$batch`.
const BATCH: usize = 20;

/// Enriches until nothing is left to learn; answers how many devices learned something.
pub async fn run(scanner: &Scanner) -> Result<u64, ScanError> {
    let mut learned = 0;
    loop {
        let before = match scanner.settings.devices.enrich {
            Enrich::Off => return Ok(learned),
            Enrich::New => None,
            Enrich::Daily => Some(scanner.clock.now() - TimeDelta::days(1)),
        };
        if !scanner.shape.enriches() {
            return Ok(learned);
        }
        let ids = scanner.store.unlearned(scanner.instance, before, BATCH).await?;
        if ids.is_empty() {
            return Ok(learned);
        }
        learned += batch(scanner, &ids).await?;
    }
}

async fn batch(scanner: &Scanner, ids: &[crate::model::DeviceId]) -> Result<u64, ScanError> {
    let Scanner {
        store,
        graph,
        shape,
        instance,
        clock,
        ..
    } = scanner;
    let read_at = clock.now();
    let answers = graph
        .in_lane(Lane::Spare)
        .devices_batch(ids, Some(&shape.enrich_select()))
        .await?;
    let mut found = Vec::with_capacity(answers.len());
    for (id, answer) in answers {
        let reading = match answer {
            Ok(reading) => reading,
            Err(error) if error.is_not_found() => {
                // Whether it has gone is for a full scan to find out; it is not asked for again before.
                found.push((id, None));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match shape.read(&reading.body, LearnedFrom::Get) {
            Ok(incoming) if incoming.id == id => found.push((id, incoming.learned)),
            Ok(_) => found.push((id, None)),
            Err(error) => {
                tracing::warn!(device.id = %id, error = %error, "what a single read told of a device can't be read");
                found.push((id, None));
            }
        }
    }
    Ok(store.learn(*instance, read_at, found, super::scan::merger()).await?)
}
