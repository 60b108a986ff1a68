//! Where to look for the same hardware (S7): marks of serial numbers and Entra device ids, and the rows that have them.
//! They come in no order. An index that took each as it comes had most of its leaves written anew with every commit; so
//! the newest are kept here, and go to the table `hardware` many at a time, in its order.
//!
//! *Nothing here is the truth.* The marks of a row stand in `device`; those of rows up to `meta.hardware` stand in the
//! table too, the others are read from `device` when this is needed for the first time. Whatever takes back what was
//! written (an operation that fails, a commit that fails) has [`HardwareIndex::reset`] called, and all is read anew.
//!
//! *A Bloom filter* over all of them says for nearly every device that is new that it has no twin: what it denies is not
//! there, what it does not deny may be. It has two to four bytes for each mark, and is made anew, larger, when it has filled.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::model::Row;

/// Marks that are kept here; then they go to the table. With those of eight pages more the map is as full as one of its
/// size can be.
const RECENT_MAX: usize = 40_960;
/// Marks that the filter has room for at least.
const ROOM: usize = 1 << 18;
/// Marks to one word of 64 bits: about one look in two hundred is in vain when it is full.
const TO_A_WORD: usize = 4;

#[derive(Default)]
pub(crate) struct HardwareIndex {
    is_ready: bool,
    /// The marks of rows up to here are in the table.
    persisted_up_to: i64,
    /// Those of later rows. Where two have the same mark, the older one is in the table.
    recent: HashMap<i64, i64>,
    words: Vec<u64>,
    mark_count: usize,
}

impl HardwareIndex {
    /// Before it is asked anything, in each operation.
    pub(crate) fn ensure_loaded(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if self.is_ready && self.mark_count < self.words.len() * TO_A_WORD {
            return Ok(());
        }
        self.reset();
        let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = 'hardware'")?;
        self.persisted_up_to = statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0);
        let mut count = connection.prepare_cached("SELECT count(*) FROM hardware")?;
        let count: i64 = count.query_row([], |row| row.get(0))?;
        let count = usize::try_from(count).unwrap_or_default() + RECENT_MAX;
        self.words = vec![0; count.max(ROOM).next_power_of_two() / TO_A_WORD];
        let mut all = connection.prepare_cached("SELECT mark FROM hardware")?;
        for mark in all.query_map([], |row| row.get(0))? {
            self.add_to_filter(mark?);
        }
        let mut later = connection.prepare_cached(LATER)?;
        let mut rows = later.query([self.persisted_up_to])?;
        while let Some(row) = rows.next()? {
            let marks = [row.get(later::SERIAL_MARK)?, row.get(later::ENTRA_MARK)?];
            self.add_marks(connection, Row(row.get(later::ROW)?), marks)?;
        }
        self.is_ready = true;
        Ok(())
    }

    /// What was written was taken back, or may have been.
    pub(crate) fn reset(&mut self) {
        *self = HardwareIndex::default();
    }

    /// The marks that a row has now.
    pub(crate) fn add_marks(
        &mut self,
        connection: &Connection,
        row: Row,
        marks: [Option<i64>; 2],
    ) -> Result<(), StoreError> {
        for mark in marks.into_iter().flatten() {
            self.add_to_filter(mark);
            let to_table = if row.0 > self.persisted_up_to {
                self.recent.insert(mark, row.0).filter(|older| *older != row.0)
            } else {
                Some(row.0)
            };
            if let Some(row) = to_table {
                connection.prepare_cached(INSERT)?.execute([mark, row])?;
            }
        }
        Ok(())
    }

    /// The marks that a row had. Those of a device that is deleted go by a trigger.
    pub(crate) fn remove_marks(
        &mut self,
        connection: &Connection,
        row: Row,
        marks: [Option<i64>; 2],
    ) -> Result<(), StoreError> {
        for mark in marks.into_iter().flatten() {
            if self.recent.get(&mark) == Some(&row.0) {
                self.recent.remove(&mark);
            }
            connection
                .prepare_cached("DELETE FROM hardware WHERE mark = ?1 AND row = ?2")?
                .execute([mark, row.0])?;
        }
        Ok(())
    }

    /// Whether there may be rows with this mark.
    pub(crate) fn may_contain(&self, mark: i64) -> bool {
        let (word, bits) = self.filter_bits(mark);
        self.words[word] & bits == bits
    }

    /// Rows that may have this mark, the newest first; `limit` of them.
    pub(crate) fn candidate_rows(
        &self,
        connection: &Connection,
        mark: i64,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut statement = connection.prepare_cached("SELECT row FROM hardware WHERE mark = ?1 LIMIT ?2")?;
        let settled = statement.query_map(params![mark, limit as i64], |row| row.get(0))?;
        let recent = self.recent.get(&mark).copied().map(Ok);
        let rows = recent.into_iter().chain(settled).take(limit);
        Ok(rows.map(|row| row.map(Row)).collect::<Result<_, _>>()?)
    }

    /// Behind pages: moves them to the table where they have become many. `newest`: the last row that was given away.
    pub(crate) fn flush_if_large(&mut self, connection: &Connection, newest: Row) -> Result<(), StoreError> {
        if self.recent.len() > RECENT_MAX {
            self.flush_to_table(connection, newest)
        } else {
            Ok(())
        }
    }

    /// Everything is in the table then.
    pub(crate) fn flush_to_table(&mut self, connection: &Connection, newest: Row) -> Result<(), StoreError> {
        let mut marks: Vec<(i64, i64)> = self.recent.drain().collect();
        marks.sort_unstable();
        let mut insert = connection.prepare_cached(INSERT)?;
        for (mark, row) in marks {
            insert.execute([mark, row])?;
        }
        self.persisted_up_to = newest.0;
        connection
            .prepare_cached(
                "INSERT INTO meta (key, value) VALUES ('hardware', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
            )?
            .execute([newest.0])?;
        Ok(())
    }

    fn add_to_filter(&mut self, mark: i64) {
        let (word, bits) = self.filter_bits(mark);
        self.words[word] |= bits;
        self.mark_count += 1;
    }

    /// Four bits of one word. A mark is a hash: any of its bits are as good as others.
    fn filter_bits(&self, mark: i64) -> (usize, u64) {
        let mark = mark.cast_unsigned();
        let bit = |at: u32| 1 << (mark >> at & 63);
        let word = (mark >> 24) as usize & (self.words.len() - 1);
        (word, bit(0) | bit(6) | bit(12) | bit(18))
    }
}

const INSERT: &str = "INSERT OR IGNORE INTO hardware (mark, row) VALUES (?1, ?2)";

/// By places: names would be compared for each device.
const LATER: &str = "SELECT row, serial_mark, entra_mark FROM device WHERE row > ?1";
mod later {
    pub(super) const ROW: usize = 0;
    pub(super) const SERIAL_MARK: usize = 1;
    pub(super) const ENTRA_MARK: usize = 2;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InstanceId;
    use crate::observe::Clock;
    use crate::store::Store;

    const INSTANCE: InstanceId = InstanceId(1);

    fn store() -> Connection {
        let store = Connection::open_in_memory().unwrap();
        store
            .execute_batch(
                "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
                 CREATE TABLE device (row INTEGER PRIMARY KEY, serial_mark INTEGER, entra_mark INTEGER);
                 CREATE TABLE hardware (mark INTEGER, row INTEGER, PRIMARY KEY (mark, row DESC)) WITHOUT ROWID;",
            )
            .unwrap();
        store
    }

    fn mark(n: i64) -> i64 {
        xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()).cast_signed()
    }

    /// A row with the mark of its number, and that of its number modulo 1,000.
    fn add(store: &Connection, marks: &mut HardwareIndex, row: i64) {
        let its = [Some(mark(row)), Some(mark(row % 1_000))];
        store
            .execute("INSERT INTO device VALUES (?1, ?2, ?3)", params![row, its[0], its[1]])
            .unwrap();
        marks.add_marks(store, Row(row), its).unwrap();
    }

    #[test]
    fn s7_every_row_is_found_by_its_marks_whenever_it_is_asked_for() {
        let (store, mut marks) = (store(), HardwareIndex::default());
        let last = 2_000 + RECENT_MAX as i64 * 2;
        for row in 1_000..last {
            marks.ensure_loaded(&store).unwrap();
            add(&store, &mut marks, row);
            marks.flush_if_large(&store, Row(row)).unwrap();
        }
        assert!(
            marks.persisted_up_to > 1_000 && !marks.recent.is_empty(),
            "both places are looked at"
        );
        // As it is, read anew, and all in the table.
        for way in 0..3 {
            match way {
                1 => marks.reset(),
                2 => marks.flush_to_table(&store, Row(last)).unwrap(),
                _ => {}
            }
            marks.ensure_loaded(&store).unwrap();
            for row in (1_000..last).step_by(7) {
                assert!(marks.may_contain(mark(row)));
                assert_eq!(marks.candidate_rows(&store, mark(row), 9).unwrap(), [Row(row)], "{way}");
            }
            let shared = marks.candidate_rows(&store, mark(17), 1_000).unwrap();
            let newest_first: Vec<Row> = (1_000..last).rev().filter(|row| row % 1_000 == 17).map(Row).collect();
            assert_eq!(shared, newest_first, "{way}");
        }
    }

    #[test]
    fn s7_a_mark_that_is_not_there_is_seldom_looked_for() {
        let (store, mut marks) = (store(), HardwareIndex::default());
        for row in 1_000..200_000 {
            marks.ensure_loaded(&store).unwrap();
            add(&store, &mut marks, row);
            marks.flush_if_large(&store, Row(row)).unwrap();
        }
        let in_vain = (200_000..300_000).filter(|row| marks.may_contain(mark(*row))).count();
        assert!(in_vain < 1_500, "{in_vain} of 100,000");
    }

    #[test]
    fn s7_hardware_that_changed_is_not_found_by_what_it_was() {
        let (store, mut marks) = (store(), HardwareIndex::default());
        marks.ensure_loaded(&store).unwrap();
        for settle in [false, true] {
            add(&store, &mut marks, 1_017);
            if settle {
                marks.flush_to_table(&store, Row(1_017)).unwrap();
            }
            let (was, is) = ([Some(mark(1_017)), Some(mark(17))], [Some(mark(5)), None]);
            marks.remove_marks(&store, Row(1_017), was).unwrap();
            marks.add_marks(&store, Row(1_017), is).unwrap();
            assert_eq!(marks.candidate_rows(&store, mark(17), 9).unwrap(), []);
            assert_eq!(marks.candidate_rows(&store, mark(5), 9).unwrap(), [Row(1_017)]);
            store.execute("DELETE FROM device", []).unwrap();
            marks.remove_marks(&store, Row(1_017), is).unwrap();
        }
    }

    #[tokio::test]
    async fn s7_what_was_taken_back_is_not_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
        let note = |marks: &mut HardwareIndex, connection: &Connection| {
            marks.add_marks(connection, Row(7), [Some(mark(7)), None])
        };
        let noted = async || {
            let look = |connection: &Connection, marks: &mut HardwareIndex| {
                Ok((
                    marks.may_contain(mark(7)),
                    marks.candidate_rows(connection, mark(7), 9)?,
                ))
            };
            store.write_with_hardware_index(INSTANCE, look).await.unwrap()
        };
        let fails = store.write_with_hardware_index(INSTANCE, move |connection, marks| {
            note(marks, connection)?;
            Err::<(), _>(StoreError::Closed)
        });
        assert!(fails.await.is_err());
        assert_eq!(noted().await, (false, Vec::new()));
        // The operation is well, and its commit fails: a token of nobody.
        let fails = store.write_with_hardware_index(INSTANCE, move |connection, marks| {
            note(marks, connection)?;
            let of_nobody = "INSERT INTO token (operator, name, sha256, created_at) VALUES (99, 'x', x'00', 1)";
            connection.execute_batch("PRAGMA defer_foreign_keys = 1")?;
            connection.execute(of_nobody, [])?;
            Ok(())
        });
        assert!(fails.await.is_err());
        assert_eq!(noted().await, (false, Vec::new()));
        let stays = store.write_with_hardware_index(INSTANCE, move |connection, marks| note(marks, connection));
        stays.await.unwrap();
        assert_eq!(noted().await, (true, vec![Row(7)]));
    }
}
