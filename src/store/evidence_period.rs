//! A period that is documented, and the rows of it, one after the other.

use rusqlite::{Connection, Row, params};

use super::StoreError;
use super::sql_values::to_millis;
use crate::model::Timestamp;

/// Begin, which belongs to it, and end, which does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidencePeriod {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Takes one row after the other; an error ends the reading.
pub type RowVisitor<'v, T> = &'v mut dyn FnMut(T) -> Result<(), StoreError>;

/// SQL: whether a time lies in the period of `?1` and `?2`.
pub(super) fn within(column: &str) -> String {
    format!("({column} >= ?1 AND {column} < ?2)")
}

/// Each row of this question, whose `?1` and `?2` are begin and end.
pub(super) fn visit_rows<T>(
    connection: &Connection,
    sql: &str,
    period: EvidencePeriod,
    from_row: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    visit: RowVisitor<'_, T>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![to_millis(period.from), to_millis(period.until)])?;
    while let Some(row) = rows.next()? {
        visit(from_row(row)?)?;
    }
    Ok(())
}
