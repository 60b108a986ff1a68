//! Pages, one after the other, and then where the scan stands: all in the writer's transaction.

use rusqlite::{Connection, params};

use super::super::fleet::{self as unread, KEPT_OF_A_SCAN};
use super::super::meta::Sequence;
use super::super::rows::{json, ms};
use super::desk::{AtHand, Desk, clear_doubts, row_of};
use super::marks::Marks;
use super::{
    Arrival, Behind, Committed, Decide, ListPage, Merge, PageCommit, PageCounts, PageRead, SetAside, StoreError,
};
use crate::model::{InstanceId, Timestamp, UNREAD_TOLD, Verdict};

impl<P: Iterator<Item = ListPage>> PageCommit<P> {
    pub(super) fn write(
        mut self,
        connection: &Connection,
        marks: &mut Marks,
        now: Timestamp,
    ) -> Result<Committed<P>, StoreError> {
        let mut sequence = Sequence::open(connection)?;
        let mut counts = PageCounts::default();
        let mut stands = None;
        while let Some(ListPage { read, behind }) = self.pages.next() {
            self.summary.add_page(behind.date, behind.requests, behind.last);
            self.summary.unchanged += read.same.len() as u64;
            stands = Some(behind);
            self.take((connection, now), marks, read, &mut sequence, &mut counts)?;
        }
        marks.settle_many(connection, sequence.newest_row())?;
        sequence.close(connection)?;
        self.summary.new += counts.new;
        self.summary.changed += counts.changed;
        self.summary.unchanged += counts.unchanged;
        self.summary.filtered += counts.left_out;
        self.summary.seen = self.seen.len();
        if let Some(behind) = stands {
            self.stand(connection, now, &behind)?;
        }
        Ok(Committed {
            summary: self.summary,
            seen: self.seen,
            pages: self.pages,
        })
    }

    fn stand(&self, connection: &Connection, now: Timestamp, behind: &Behind) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "UPDATE scan SET updated_at = ?2, next_link = ?3, links = ?4, seen = ?5, summary = ?6 WHERE id = ?1",
            )?
            .execute(params![
                self.scan.0,
                ms(now),
                behind.link,
                bytes_of(&behind.links),
                self.seen.as_bytes(),
                json(&self.summary)
            ])?;
        Ok(())
    }

    fn take(
        &mut self,
        (connection, now): (&Connection, Timestamp),
        marks: &mut Marks,
        page: PageRead,
        sequence: &mut Sequence,
        counts: &mut PageCounts,
    ) -> Result<(), StoreError> {
        for row in page.same {
            self.seen.insert(row);
        }
        let mut desk = Desk {
            connection,
            instance: self.instance,
            read_at: page.read_at,
            now,
            sequence,
            merge: &self.merge,
            at_hand: AtHand::new(connection, marks)?,
        };
        for arrival in &page.arrivals {
            let (row, verdict) = desk.take(arrival, &self.decide)?;
            self.seen.insert(row);
            counts.add(verdict);
        }
        drop(desk);
        for row in page.cleared {
            clear_doubts(connection, row)?;
        }
        for record in &page.set_aside {
            self.keep(connection, record, now)?;
        }
        Ok(())
    }

    fn keep(&mut self, connection: &Connection, set_aside: &SetAside, now: Timestamp) -> Result<(), StoreError> {
        let SetAside { record, mark } = set_aside;
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
            unread::keep(connection, (self.instance, self.scan), record, *mark, now)?;
        }
        if record.property.is_some() {
            return Ok(());
        }
        self.summary.set_aside += 1;
        // Its device is neither updated nor missing: it was seen.
        let id = record.device_id;
        let known = id
            .map(|id| row_of(connection, self.instance, id))
            .transpose()?
            .flatten();
        match known {
            Some(row) => _ = self.seen.insert(row),
            None => self.summary.strangers += 1,
        }
        Ok(())
    }
}

/// One device read by itself: which instance, when it was read, and now.
pub fn reading(
    (connection, marks): (&Connection, &mut Marks),
    (instance, read_at, now): (InstanceId, Timestamp, Timestamp),
    arrival: &Arrival,
    decide: &Decide,
    merge: &Merge,
) -> Result<Verdict, StoreError> {
    let mut sequence = Sequence::open(connection)?;
    let mut desk = Desk {
        connection,
        instance,
        read_at,
        now,
        sequence: &mut sequence,
        merge,
        at_hand: AtHand::new(connection, marks)?,
    };
    let (_, verdict) = desk.take(arrival, decide)?;
    drop(desk);
    sequence.close(connection)?;
    unread::keep_flaws(connection, instance, &arrival.incoming, now)?;
    Ok(verdict)
}

fn bytes_of(links: &[u64]) -> Vec<u8> {
    links.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}
