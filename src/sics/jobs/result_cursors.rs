//! Which places among the results are taken back (F3, A8).
//!
//! A position that this store has sealed in its present epoch is valid. One of an earlier epoch is not: its numbers
//! have been given to other results since, and a reader that continued after it would wait for ever. One of the present
//! epoch that is ahead of the store proves that the store was rolled back. Plain numbers, as earlier versions issued
//! them, are read while the epoch is the one of the upgrade; they prove nothing.

use axum::http::StatusCode;

use crate::model::{ReceivedResultCursor, ResultCursor, ServerId};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{SealedPosition, StoreError};

/// Why a position is not accepted (410).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OutdatedResultCursor {
    Restored,
    Ahead,
}

/// How a number is issued.
pub(crate) fn seal_result_cursor(sics: &Sics, server: &ServerId, number: i64) -> String {
    let cursor = ResultCursor {
        epoch: sics.store().epoch(),
        start: Some(sics.store().store_start()),
        number,
    };
    cursor.encode(server, sics.cursor_key())
}

/// The number of a position that a reader sent.
pub(crate) async fn open_result_cursor(sics: &Sics, server: &ServerId, text: &str) -> Result<i64, ApiProblem> {
    let given =
        ReceivedResultCursor::parse(text, server, sics.cursor_key()).map_err(|_| malformed_cursor_problem(server))?;
    let outdated = match given {
        ReceivedResultCursor::Plain(number) => check_plain_number(sics, number).await?,
        ReceivedResultCursor::Sealed(place) => check_sealed_cursor(sics, place).await?,
    };
    match (outdated, given) {
        (Some(outdated), _) => Err(outdated_cursor_problem(outdated)),
        (None, ReceivedResultCursor::Plain(number) | ReceivedResultCursor::Sealed(ResultCursor { number, .. })) => {
            Ok(number)
        }
    }
}

/// 0 is the beginning, in every life.
async fn check_plain_number(sics: &Sics, number: i64) -> Result<Option<OutdatedResultCursor>, StoreError> {
    let (are_taken, newest) = sics.store().read_result_numbers().await?;
    Ok(match number {
        0 => None,
        _ if !are_taken => Some(OutdatedResultCursor::Restored),
        _ if number > newest => Some(OutdatedResultCursor::Ahead),
        _ => None,
    })
}

async fn check_sealed_cursor(sics: &Sics, cursor: ResultCursor) -> Result<Option<OutdatedResultCursor>, StoreError> {
    let store = sics.store();
    if cursor.epoch != store.epoch() {
        return Ok(Some(OutdatedResultCursor::Restored));
    }
    let is_of_this_start = cursor.start.is_none_or(|start| start == store.store_start());
    if is_of_this_start && cursor.number <= store.read_result_numbers().await?.1 {
        return Ok(None);
    }
    let seen = SealedPosition::Results { number: cursor.number };
    let rollback = store.detect_rollback(cursor.epoch, cursor.start, seen).await?;
    Ok(rollback.then_some(OutdatedResultCursor::Ahead))
}

fn malformed_cursor_problem(server: &ServerId) -> ApiProblem {
    ApiProblem::bad_request(
        "positionMalformed",
        format!("this bus did not issue that position for server {server}"),
        "Send the position exactly as you received it; after=0 returns every result that is kept.",
    )
}

/// What was acknowledged does not help such a reader: it may be more than they hold. Everything that is kept is never
/// wrong, as a later result of a task amends an earlier one.
fn outdated_cursor_problem(outdated: OutdatedResultCursor) -> ApiProblem {
    let (detail, reason) = match outdated {
        OutdatedResultCursor::Restored => ("the position is from before the store was rolled back", "restored"),
        OutdatedResultCursor::Ahead => ("the position is ahead of all existing results", "ahead"),
    };
    ApiProblem::new(
        StatusCode::GONE,
        "positionOutdated",
        detail,
        "Read with after=0, without Last-Event-ID: every result that is kept is sent again, oldest first; the newest \
            one of a task is its current state.",
    )
    .with_member("reason", reason)
}
