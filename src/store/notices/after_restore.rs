//! What of notices counts when the store has gone back: nobody knows any more what was sent since.

use rusqlite::{Connection, params};

use crate::contract::WebhookState;
use crate::model::Timestamp;
use crate::store::StoreError;
use crate::store::sql_values::to_millis;

/// Why a message that waited is not sent any more.
const NOT_SENT_AGAIN: &str = "the store went back to an earlier state, so it is not known whether this was sent already; what is \
                              still open is told by a new message";

/// Within a transaction. What waited may have been sent long ago: it is not sent. What was told may be over since, and told
/// to be over: of each kind that was told, or was about to be, the next look tells what is still open, once, or that
/// nothing is.
pub(in crate::store) fn end_notices_after_restore(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    // The end of a kind that waited was told by nothing else.
    connection.execute(
        "INSERT OR IGNORE INTO notice_told (recipient, kind, subjects, told_at, clear_since)
         SELECT m.recipient, m.kind, '[]', max(m.created_at), NULL
         FROM notice_message m JOIN notice_recipient r ON r.id = m.recipient
         WHERE m.ended_at IS NULL GROUP BY m.recipient, m.kind",
        [],
    )?;
    connection.execute("UPDATE notice_told SET subjects = '[]', clear_since = NULL", [])?;
    connection.execute(
        "UPDATE notice_message SET state = ?1, last_error = ?2, ended_at = ?3 WHERE ended_at IS NULL",
        params![WebhookState::Dead.name(), NOT_SENT_AGAIN, to_millis(now)],
    )?;
    Ok(())
}
