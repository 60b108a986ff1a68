//! Each time the store is opened is a *start*, and the store remembers what it held when each began. A place that was
//! sealed in a start is proven by that: whoever comes back with one of a start that this store has never had, or with one
//! that lies ahead of what the store held when the next start began, was told something that the store has lost. So a
//! machine that was put back is noticed (A8) even when the feed has passed that place again, with other changes.

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, jobs, meta};
use crate::model::{Seq, StoreStart};

/// Starts that are remembered. Of older ones nothing is said.
const KEPT: i64 = 10_000;

/// What somebody was told, as far as a place says it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PublishedUpTo {
    Change(Seq),
    Result(i64),
}

/// A start begins.
pub(crate) fn begin_start(connection: &Connection) -> Result<StoreStart, StoreError> {
    let last: Option<i64> = connection.query_row("SELECT max(number) FROM store_start", [], |row| row.get(0))?;
    let start = StoreStart {
        number: last.unwrap_or(0) + 1,
        id: (rand::random::<u64>() >> 1).cast_signed(),
    };
    let (Seq(head), results) = (
        meta::read_counters(connection)?.0,
        jobs::newest_result_number(connection)?,
    );
    connection.execute(
        "INSERT INTO store_start (number, id, head, results) VALUES (?1, ?2, ?3, ?4)",
        params![start.number, start.id, head, results],
    )?;
    connection.execute("DELETE FROM store_start WHERE number <= ?1", [start.number - KEPT])?;
    Ok(start)
}

/// Whether that place can't have been told in that start of this store.
pub(crate) fn contradicts_start(
    connection: &Connection,
    start: StoreStart,
    published: PublishedUpTo,
) -> Result<bool, StoreError> {
    let newest: i64 = connection.query_row("SELECT coalesce(max(number), 0) FROM store_start", [], |row| row.get(0))?;
    if start.number > newest {
        return Ok(true);
    }
    let mut statement = connection.prepare_cached("SELECT id, head, results FROM store_start WHERE number = ?1")?;
    let mut row = |number: i64| {
        statement
            .query_row([number], |row| {
                let (id, head, results): (i64, i64, i64) = (row.get("id")?, row.get("head")?, row.get("results")?);
                Ok((id, head, results))
            })
            .optional()
    };
    let Some((id, ..)) = row(start.number)? else {
        return Ok(false);
    };
    let next = row(start.number + 1)?;
    Ok(id != start.id
        || next.is_some_and(|(_, head, results)| match published {
            PublishedUpTo::Change(Seq(seq)) => seq > head,
            PublishedUpTo::Result(number) => number > results,
        }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    fn store() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .create_scalar_function(
                "unpacked",
                1,
                rusqlite::functions::FunctionFlags::SQLITE_INNOCUOUS,
                |_| Ok(""),
            )
            .unwrap();
        schema::build_migrations().to_latest(&mut connection).unwrap();
        meta::begin_first_epoch(&connection).unwrap();
        connection
    }

    fn moves_to(connection: &Connection, head: i64) {
        connection
            .execute("UPDATE meta SET value = ?1 WHERE key = 'head'", [head])
            .unwrap();
    }

    #[test]
    fn cr_v6_a8_a_place_is_proven_by_the_start_in_which_it_was_told() {
        let connection = store();
        let first = begin_start(&connection).unwrap();
        moves_to(&connection, 100);
        let second = begin_start(&connection).unwrap();
        moves_to(&connection, 200);
        let contradicts = |start, seq| contradicts_start(&connection, start, PublishedUpTo::Change(Seq(seq))).unwrap();
        // (place, start): told in the first, which ended at 100, or in the second, which goes on.
        for (start, seq, expected) in [
            (first, 0, false),
            (first, 100, false),
            (first, 101, true),
            (second, 101, false),
            (second, 200, false),
            (
                StoreStart {
                    id: second.id ^ 1,
                    ..second
                },
                1,
                true,
            ),
            (
                StoreStart {
                    number: second.number + 1,
                    ..second
                },
                1,
                true,
            ),
        ] {
            assert_eq!(contradicts(start, seq), expected, "{start:?} {seq}");
        }
        let result =
            |start, number| super::contradicts_start(&connection, start, PublishedUpTo::Result(number)).unwrap();
        assert!(!result(first, 0) && result(first, 1) && !result(second, 1));
    }

    #[test]
    fn cr_v6_a8_of_starts_that_are_not_remembered_any_more_nothing_is_said() {
        let connection = store();
        let first = begin_start(&connection).unwrap();
        connection
            .execute("UPDATE store_start SET number = number + ?1", [KEPT])
            .unwrap();
        begin_start(&connection).unwrap();
        assert!(!contradicts_start(&connection, first, PublishedUpTo::Change(Seq(7))).unwrap());
        let kept: i64 = connection
            .query_row("SELECT count(*) FROM store_start", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 2);
    }
}
