//! Positions among what happened to orders (F3, A8): opaque outside, checked inside, like those of results, and sealed with
//! a key of their own, so that neither is taken for the other.
//!
//! A position of an earlier epoch is not taken back: its numbers have been given to other events since. Nor is one that is
//! ahead of all that there is, nor one below the low-water mark, behind which old events have gone since it was issued. A
//! position names the mark under which it was issued, so whoever then reads from the beginning gets through.

use axum::http::StatusCode;
use openssl::sha::sha256;

use crate::model::{ReceivedResultCursor, ResultCursor, ServerId};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;

/// In the place of a management server: all readers share these positions.
const READER: &str = "order-changes";
/// Between the low-water mark and the rest.
const SEPARATOR: char = '.';

fn reader() -> ServerId {
    READER.parse().expect("letters and a hyphen")
}

/// `low_water`: under which a position is issued; it is sealed with the rest.
fn position_key(cursor_key: &[u8; 32], low_water: i64) -> [u8; 32] {
    let mut parts = [cursor_key.as_slice(), READER.as_bytes()].concat();
    // As long as nothing has gone, as it was before there was a mark.
    if low_water > 0 {
        parts.extend(low_water.to_be_bytes());
    }
    sha256(&parts)
}

/// A place among the changes, and the low-water mark under which it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ChangePosition {
    cursor: ResultCursor,
    low_water: i64,
}

impl ChangePosition {
    fn encode(&self, cursor_key: &[u8; 32]) -> String {
        let sealed = self.cursor.encode(&reader(), &position_key(cursor_key, self.low_water));
        if self.low_water > 0 {
            format!("{:x}{SEPARATOR}{sealed}", self.low_water)
        } else {
            sealed
        }
    }

    /// Whether something behind it has gone since it was issued.
    fn is_swept(&self, low_water: i64) -> bool {
        self.cursor.number < low_water && self.low_water < low_water
    }
}

/// How a number is issued. `low_water`: as it was before the changes up to that number were read.
pub(super) fn seal_position(sics: &Sics, number: i64, low_water: i64) -> String {
    let cursor = ResultCursor {
        epoch: sics.store().epoch(),
        start: Some(sics.store().store_start()),
        number,
    };
    ChangePosition { cursor, low_water }.encode(sics.cursor_key())
}

/// The number of a position that a reader sent; without one, or with `0`, the beginning.
pub(super) async fn open_position(sics: &Sics, text: Option<&str>, low_water: i64) -> Result<i64, ApiProblem> {
    let Some(text) = text else {
        return Ok(0);
    };
    let position = parse_position(text, sics.cursor_key()).ok_or_else(malformed_position_problem)?;
    let Some(position) = position else {
        return Ok(0);
    };
    let cursor = position.cursor;
    if cursor.epoch != sics.store().epoch() {
        return Err(outdated_position_problem("restored"));
    }
    if cursor.number > sics.store().newest_order_position().await? {
        return Err(outdated_position_problem("ahead"));
    }
    if position.is_swept(low_water) {
        return Err(outdated_position_problem("swept"));
    }
    Ok(cursor.number)
}

/// `None`: not of this bus; `Some(None)`: the beginning.
fn parse_position(text: &str, cursor_key: &[u8; 32]) -> Option<Option<ChangePosition>> {
    let (low_water, sealed) = match text.split_once(SEPARATOR) {
        Some((low_water, sealed)) => (
            i64::from_str_radix(low_water, 16).ok().filter(|mark| *mark > 0)?,
            sealed,
        ),
        None => (0, text),
    };
    match ReceivedResultCursor::parse(sealed, &reader(), &position_key(cursor_key, low_water)).ok()? {
        ReceivedResultCursor::Plain(0) if low_water == 0 => Some(None),
        // No version has ever issued bare numbers of order changes.
        ReceivedResultCursor::Plain(_) => None,
        ReceivedResultCursor::Sealed(cursor) => Some(Some(ChangePosition { cursor, low_water })),
    }
}

fn malformed_position_problem() -> ApiProblem {
    ApiProblem::bad_request(
        "positionMalformed",
        "this bus did not issue that position among the changes of orders",
        "Send the position exactly as you received it; after=0 returns every change that is kept.",
    )
}

fn outdated_position_problem(reason: &str) -> ApiProblem {
    let detail = match reason {
        "restored" => "the position is from before the store was rolled back",
        "swept" => "changes behind the position are no longer kept: their orders ended too long ago",
        _ => "the position is ahead of all changes of orders",
    };
    ApiProblem::new(
        StatusCode::GONE,
        "positionOutdated",
        detail,
        "Read with after=0: every change that is kept is sent again, oldest first; the newest one of an order is its \
         current state.",
    )
    .with_member("reason", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Epoch, StoreStart};

    const KEY: [u8; 32] = [9; 32];

    fn cursor() -> ResultCursor {
        ResultCursor {
            epoch: Epoch(uuid::Uuid::from_u128(5)),
            start: Some(StoreStart { number: 57, id: 3 }),
            number: 63,
        }
    }

    fn issued_under(low_water: i64) -> ChangePosition {
        ChangePosition {
            cursor: cursor(),
            low_water,
        }
    }

    #[test]
    fn f3_a_position_comes_back_as_it_was_issued() {
        for low_water in [0, 1, 255] {
            let position = issued_under(low_water);
            assert_eq!(parse_position(&position.encode(&KEY), &KEY), Some(Some(position)));
        }
        // As it was issued before there was a mark.
        let text = cursor().encode(&reader(), &position_key(&KEY, 0));
        assert_eq!(parse_position(&text, &KEY), Some(Some(issued_under(0))));
        assert_eq!(parse_position("0", &KEY), Some(None));
    }

    #[test]
    fn a_position_below_the_mark_is_outdated_unless_it_was_issued_under_that_mark() {
        for (issued, mark, swept) in [
            (0, 0, false),
            (0, 63, false),
            (0, 64, true),
            (64, 64, false),
            (64, 65, true),
        ] {
            assert_eq!(issued_under(issued).is_swept(mark), swept, "{issued} {mark}");
        }
    }

    #[test]
    fn f3_a_position_of_results_or_made_up_is_refused() {
        let of_results = cursor().encode(&reader(), &KEY);
        let of_server = cursor().encode(&"cmdb".parse().unwrap(), &position_key(&KEY, 0));
        // Another mark than that under which it was issued.
        let raised = issued_under(64).encode(&KEY).replacen("40.", "41.", 1);
        for wrong in [
            of_results.as_str(),
            &of_server,
            &raised,
            "40.0",
            "63",
            "-1",
            "",
            "nonsense",
        ] {
            assert_eq!(parse_position(wrong, &KEY), None, "{wrong}");
        }
    }
}
