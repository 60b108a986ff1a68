//! The few numbers that the store keeps of itself: epoch, head of the feed, commits made.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::StoreError;
use crate::model::{Epoch, Row, Seq};

pub(crate) fn read_epoch(connection: &Connection) -> Result<Option<Epoch>, StoreError> {
    let found: Option<Vec<u8>> = connection
        .query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))
        .optional()?;
    found
        .map(|bytes| {
            Uuid::from_slice(&bytes).map(Epoch).map_err(|_| StoreError::Content {
                what: "an epoch",
                value: hex::encode(bytes),
            })
        })
        .transpose()
}

/// A life begins, with the creation of a store. All of it or nothing: half of it would be a store that can't be opened.
pub(crate) fn begin_first_epoch(connection: &Connection) -> Result<Epoch, StoreError> {
    let life = connection.unchecked_transaction()?;
    let epoch = begin_epoch(&life)?;
    life.commit()?;
    Ok(epoch)
}

/// A life begins, within a transaction. Places from before do not fit any more (F3); the numbers go on. Plain numbers of
/// results are places of the first life in which this version has seen the store.
pub(crate) fn begin_epoch(connection: &Connection) -> Result<Epoch, StoreError> {
    let epoch = Epoch(Uuid::new_v4());
    let bytes = epoch.0.as_bytes().as_slice();
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('epoch', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [bytes],
    )?;
    connection.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES ('commits', 0), ('head', 0), ('rows', 0), ('numbered', ?1)",
        [bytes],
    )?;
    Ok(epoch)
}

/// Whether plain numbers, as versions before this one handed them out, are places in the present life.
pub(crate) fn accepts_plain_numbers(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM meta a JOIN meta b ON a.value = b.value WHERE a.key = 'epoch' AND b.key = 'numbered')",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The head of the feed, and how many transactions were ever committed.
pub(crate) fn read_counters(connection: &Connection) -> Result<(Seq, i64), StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let head = statement.query_row(["head"], |row| row.get(0))?;
    let commits = statement.query_row(["commits"], |row| row.get(0))?;
    Ok((Seq(head), commits))
}

/// Hands out sequence and row numbers within one operation; [`SequenceAllocator::close`] writes how far it came. Neither kind is
/// ever used again, whatever is deleted.
pub(crate) struct SequenceAllocator {
    next: i64,
    row: i64,
    first: (i64, i64),
}

impl SequenceAllocator {
    pub(crate) fn open(connection: &Connection) -> Result<Self, StoreError> {
        let Seq(next) = read_counters(connection)?.0;
        let row = connection
            .prepare_cached("SELECT value FROM meta WHERE key = 'rows'")?
            .query_row([], |row| row.get(0))?;
        let first = (next, row);
        Ok(SequenceAllocator { next, row, first })
    }

    pub(crate) fn next(&mut self) -> Seq {
        self.next += 1;
        Seq(self.next)
    }

    /// The last sequence number that was given away.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.next)
    }

    pub(crate) fn next_row(&mut self) -> Row {
        self.row += 1;
        Row(self.row)
    }

    /// The last row number that was given away.
    pub(crate) fn last_row(&self) -> Row {
        Row(self.row)
    }

    pub(crate) fn close(self, connection: &Connection) -> Result<(), StoreError> {
        if (self.next, self.row) != self.first {
            let mut counter_statement = connection.prepare_cached("UPDATE meta SET value = ?2 WHERE key = ?1")?;
            counter_statement.execute(params!["head", self.next])?;
            counter_statement.execute(params!["rows", self.row])?;
        }
        Ok(())
    }
}

/// The last number that an installation or an instance got; 0: none yet.
pub(super) fn read_last_number(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'instance'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Numbers up to this one are taken: none of them is given (again).
pub(super) fn raise_last_number(connection: &Connection, taken: i64) -> Result<(), StoreError> {
    if taken <= read_last_number(connection)? {
        return Ok(());
    }
    let known = connection.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'instance'", [taken])?;
    if known == 0 {
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('instance', ?1)",
            [taken],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e3_a_life_begins_whole_or_not_at_all() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID")
            .unwrap();
        let half = connection.unchecked_transaction().unwrap();
        begin_epoch(&half).unwrap();
        drop(half);
        assert_eq!(read_epoch(&connection).unwrap(), None);
        let begun = begin_first_epoch(&connection).unwrap();
        assert_eq!(read_epoch(&connection).unwrap(), Some(begun));
        assert!(accepts_plain_numbers(&connection).unwrap());
        let next = begin_epoch(&connection).unwrap();
        assert_eq!(read_epoch(&connection).unwrap(), Some(next));
        assert!(
            !accepts_plain_numbers(&connection).unwrap(),
            "numbers are of the life before"
        );
        assert_eq!(read_counters(&connection).unwrap(), (Seq(0), 0));
    }
}
