//! Requests to loosen the guard, or to change an account, as they stand: each waits once, and is overtaken by what makes it
//! pointless. Who agrees, and what is made then, stands in [`super::relaxations`].

use openssl::sha::sha256;
use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{OperatorId, PolicyRelaxation, RelaxationState, Timestamp};
use crate::store::StoreError;
use crate::store::columns::{find_index, read_operator, read_optional_time, read_time, read_word};
use crate::store::sql_values::to_millis;

/// Rows listed at most.
const LISTED: u32 = 500;

/// A change that waits for a second operator.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaxationRow {
    pub id: i64,
    pub relaxation: PolicyRelaxation,
    /// `None`: found in a file.
    pub asked_by: Option<OperatorId>,
    pub asked_at: Timestamp,
    pub state: RelaxationState,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Timestamp>,
}

impl RelaxationRow {
    /// Of all that is shown of it, so that whoever agrees says to what (A10). It never changes: what is asked for anew is
    /// another row.
    pub fn digest(&self) -> String {
        let asked_by = self.asked_by.map_or(0, |id| id.0);
        let text = format!(
            "{}\n{}\n{asked_by}\n{}",
            self.id,
            self.relaxation.to_stored_text(),
            to_millis(self.asked_at)
        );
        hex::encode(sha256(text.as_bytes()))
    }
}

pub(crate) fn request_relaxation(
    connection: &Connection,
    what: &PolicyRelaxation,
    asked_by: Option<OperatorId>,
    now: Timestamp,
) -> Result<RelaxationRow, StoreError> {
    for row in query_relaxations(connection, true)? {
        let (is_same, by_file) = (row.relaxation == *what, row.asked_by.is_none());
        if !row.relaxation.has_same_subject(what) {
            continue;
        }
        if is_same && (row.asked_by == asked_by || asked_by.is_none()) {
            return Ok(row);
        }
        if row.asked_by == asked_by || (is_same && by_file) {
            set_state(connection, row.id, RelaxationState::Overtaken)?;
        }
    }
    connection.execute(
        "INSERT INTO loosening (scope, change, asked_by, asked_at, state) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            what.guard_scope().to_text(),
            what.to_stored_text(),
            asked_by.map(|id| id.0),
            to_millis(now),
            RelaxationState::Waiting.name()
        ],
    )?;
    load_relaxation(connection, connection.last_insert_rowid())
}

fn set_state(connection: &Connection, id: i64, state: RelaxationState) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE loosening SET state = ?2 WHERE id = ?1",
        params![id, state.name()],
    )?;
    Ok(())
}

/// What waits and is meant by `which` waits no more.
pub(crate) fn supersede_relaxations(
    connection: &Connection,
    which: impl Fn(&RelaxationRow) -> bool,
) -> Result<(), StoreError> {
    for row in query_relaxations(connection, true)?.iter().filter(|row| which(row)) {
        set_state(connection, row.id, RelaxationState::Overtaken)?;
    }
    Ok(())
}

pub(super) fn relaxation_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<RelaxationRow> {
    let (scope, text): (String, String) = (row.get("scope")?, row.get("change")?);
    let place = find_index(row, "change")?;
    let unknown = || {
        let known = std::io::Error::other(format!(
            "a change waiting in {scope} is of a kind that this version does not know"
        ));
        rusqlite::Error::FromSqlConversionFailure(place, rusqlite::types::Type::Text, Box::new(known))
    };
    Ok(RelaxationRow {
        id: row.get("id")?,
        relaxation: PolicyRelaxation::from_stored_text(&scope, &text).ok_or_else(unknown)?,
        asked_by: read_operator(row, "asked_by")?,
        asked_at: read_time(row, "asked_at")?,
        state: read_word(row, "state")?,
        decided_by: read_operator(row, "decided_by")?,
        decided_at: read_optional_time(row, "decided_at")?,
    })
}

pub(super) const COLUMNS: &str =
    "SELECT id, scope, change, asked_by, asked_at, state, decided_by, decided_at FROM loosening";

pub(super) fn load_relaxation(connection: &Connection, id: i64) -> Result<RelaxationRow, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    statement
        .query_row([id], relaxation_from_row)
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "change",
            name: id.to_string(),
        })
}

pub(super) fn query_relaxations(connection: &Connection, waiting_only: bool) -> Result<Vec<RelaxationRow>, StoreError> {
    let waiting = RelaxationState::Waiting.name();
    let mut statement = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT {LISTED}"
    ))?;
    let rows = statement.query_map([waiting_only.then_some(waiting)], relaxation_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
