//! Pages, one after the other, and then where the scan stands: all in the writer's transaction.

use rusqlite::{Connection, params};

use super::super::fleet::{self as unread, KEPT_OF_A_SCAN};
use super::super::history::ChangeRecorder;
use super::super::meta::SequenceAllocator;
use super::super::sql_values::{to_json, to_millis};
use super::device_writer::{DeviceWriter, PreparedStatements, clear_doubts, find_row};
use super::hardware_index::HardwareIndex;
use super::{
    CompareBodies, DecideDevice, ListPage, MergeEnrichment, PageCommit, PageCommitOutcome, PageCounts, PageRead,
    PendingDevice, RejectedPageRecord, ScanContinuation, Store, StoreError,
};
use crate::model::{DeviceVerdict, IncomingDevice, InstanceId, Timestamp, UNREAD_TOLD};

impl<P: Iterator<Item = ListPage>> PageCommit<P> {
    fn write_pages(
        mut self,
        connection: &Connection,
        hardware_index: &mut HardwareIndex,
        now: Timestamp,
    ) -> Result<PageCommitOutcome<P>, StoreError> {
        let mut sequence = SequenceAllocator::open(connection)?;
        let mut counts = PageCounts::default();
        let mut last_continuation = None;
        while let Some(ListPage {
            read,
            continuation: behind,
        }) = self.pages.next()
        {
            self.summary.add_page(behind.date, behind.requests, behind.last);
            self.summary.unchanged += read.unchanged.len() as u64;
            last_continuation = Some(behind);
            self.write_page((connection, now), hardware_index, read, &mut sequence, &mut counts)?;
        }
        hardware_index.flush_if_large(connection, sequence.last_row())?;
        sequence.close(connection)?;
        self.summary.new += counts.new;
        self.summary.changed += counts.changed;
        self.summary.unchanged += counts.unchanged;
        self.summary.filtered += counts.left_out;
        self.summary.seen = self.seen.len();
        if let Some(behind) = last_continuation {
            self.write_progress(connection, now, &behind)?;
        }
        Ok(PageCommitOutcome {
            summary: self.summary,
            seen: self.seen,
            pages: self.pages,
        })
    }

    fn write_progress(
        &self,
        connection: &Connection,
        now: Timestamp,
        continuation: &ScanContinuation,
    ) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "UPDATE scan SET updated_at = ?2, next_link = ?3, links = ?4, seen = ?5, summary = ?6 WHERE id = ?1",
            )?
            .execute(params![
                self.scan.0,
                to_millis(now),
                continuation.link,
                encode_links(&continuation.links),
                self.seen.as_bytes(),
                to_json(&self.summary)
            ])?;
        Ok(())
    }

    fn write_page(
        &mut self,
        (connection, now): (&Connection, Timestamp),
        hardware_index: &mut HardwareIndex,
        page: PageRead,
        sequence: &mut SequenceAllocator,
        counts: &mut PageCounts,
    ) -> Result<(), StoreError> {
        for row in page.unchanged {
            self.seen.insert(row);
        }
        let mut device_writer = DeviceWriter {
            connection,
            instance: self.instance,
            read_at: page.read_at,
            now,
            sequence,
            merge: &self.merge,
            recorder: ChangeRecorder::open(connection, self.instance, &self.compare, now)?,
            statements: PreparedStatements::new(connection, hardware_index)?,
        };
        for pending_device in &page.pending {
            let (row, verdict) = device_writer.write_device(pending_device, &self.decide)?;
            self.seen.insert(row);
            counts.count_verdict(verdict);
        }
        drop(device_writer);
        for row in page.no_longer_doubted {
            clear_doubts(connection, row)?;
        }
        for record in &page.rejected {
            self.write_rejected_record(connection, record, now)?;
        }
        Ok(())
    }

    fn write_rejected_record(
        &mut self,
        connection: &Connection,
        rejected: &RejectedPageRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let RejectedPageRecord {
            record,
            content_hash: mark,
        } = rejected;
        let summary = &mut self.summary;
        if summary.unread.len() < UNREAD_TOLD {
            summary.unread.push(record.clone());
        }
        // Of a device that lacks as a whole every one is kept: its servers must not lose it.
        let kept = match (record.device_id, &record.property) {
            (_, Some(_)) => {
                summary.left_out_properties += 1;
                summary.left_out_properties
            }
            (None, None) => {
                summary.without_id += 1;
                summary.without_id
            }
            (Some(_), None) => 0,
        };
        if kept <= KEPT_OF_A_SCAN {
            unread::insert_rejected_record(connection, (self.instance, self.scan), record, *mark, now)?;
        }
        if record.property.is_some() {
            return Ok(());
        }
        self.summary.set_aside += 1;
        // Its device is neither updated nor missing: it was seen.
        let id = record.device_id;
        let known = id
            .map(|id| find_row(connection, self.instance, id))
            .transpose()?
            .flatten();
        match known {
            Some(row) => _ = self.seen.insert(row),
            None => self.summary.strangers += 1,
        }
        Ok(())
    }
}

impl Store {
    /// Writes pages and where the scan stands behind them, as one.
    pub async fn commit_pages<P>(&self, commit: PageCommit<P>) -> Result<PageCommitOutcome<P>, StoreError>
    where
        P: Iterator<Item = ListPage> + Send + 'static,
    {
        let now = self.inner.clock.now();
        self.write_with_hardware_index(commit.instance, move |connection, hardware_index| {
            commit.write_pages(connection, hardware_index, now)
        })
        .await
    }

    /// A device read by itself: proof that it is there, or what a single GET learns. Nothing of a scan moves.
    pub async fn commit_device(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        incoming: IncomingDevice,
        decide: DecideDevice,
        merge: MergeEnrichment,
        compare: CompareBodies,
    ) -> Result<DeviceVerdict, StoreError> {
        let now = self.inner.clock.now();
        let pending_device = PendingDevice::from(incoming);
        self.write_with_hardware_index(instance, move |connection, hardware_index| {
            write_single_device(
                (connection, hardware_index),
                (instance, read_at, now),
                &pending_device,
                &decide,
                &merge,
                &compare,
            )
        })
        .await
    }
}

/// One device read by itself: which instance, when it was read, and now.
fn write_single_device(
    (connection, marks): (&Connection, &mut HardwareIndex),
    (instance, read_at, now): (InstanceId, Timestamp, Timestamp),
    pending_device: &PendingDevice,
    decide: &DecideDevice,
    merge: &MergeEnrichment,
    compare: &CompareBodies,
) -> Result<DeviceVerdict, StoreError> {
    let mut sequence = SequenceAllocator::open(connection)?;
    let mut device_writer = DeviceWriter {
        connection,
        instance,
        read_at,
        now,
        sequence: &mut sequence,
        merge,
        recorder: ChangeRecorder::open(connection, instance, compare, now)?,
        statements: PreparedStatements::new(connection, marks)?,
    };
    let (_, verdict) = device_writer.write_device(pending_device, decide)?;
    drop(device_writer);
    sequence.close(connection)?;
    unread::replace_rejected_properties(connection, instance, &pending_device.incoming, now)?;
    Ok(verdict)
}

fn encode_links(links: &[u64]) -> Vec<u8> {
    links.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}
