//! Positions among what happened to orders (F3, A8): opaque outside, checked inside, like those of results, and sealed with
//! a key of their own, so that neither is taken for the other.
//!
//! A position of an earlier epoch is not taken back: its numbers have been given to other events since. Nor is one that is
//! ahead of all that there is.

use axum::http::StatusCode;
use openssl::sha::sha256;

use crate::model::{ReceivedResultCursor, ResultCursor, ServerId};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;

/// In the place of a management server: all readers share these positions.
const READER: &str = "order-changes";

fn reader() -> ServerId {
    READER.parse().expect("letters and a hyphen")
}

fn position_key(cursor_key: &[u8; 32]) -> [u8; 32] {
    sha256(&[cursor_key.as_slice(), READER.as_bytes()].concat())
}

/// How a number is issued.
pub(super) fn seal_position(sics: &Sics, number: i64) -> String {
    let cursor = ResultCursor {
        epoch: sics.store().epoch(),
        start: Some(sics.store().store_start()),
        number,
    };
    cursor.encode(&reader(), &position_key(sics.cursor_key()))
}

/// The number of a position that a reader sent; without one, or with `0`, the beginning.
pub(super) async fn open_position(sics: &Sics, text: Option<&str>) -> Result<i64, ApiProblem> {
    let Some(text) = text else {
        return Ok(0);
    };
    let cursor = parse_position(text, sics.cursor_key()).ok_or_else(malformed_position_problem)?;
    let Some(cursor) = cursor else {
        return Ok(0);
    };
    if cursor.epoch != sics.store().epoch() {
        return Err(outdated_position_problem("restored"));
    }
    if cursor.number > sics.store().newest_order_position().await? {
        return Err(outdated_position_problem("ahead"));
    }
    Ok(cursor.number)
}

/// `None`: not of this bus; `Some(None)`: the beginning.
fn parse_position(text: &str, cursor_key: &[u8; 32]) -> Option<Option<ResultCursor>> {
    match ReceivedResultCursor::parse(text, &reader(), &position_key(cursor_key)).ok()? {
        ReceivedResultCursor::Plain(0) => Some(None),
        // No version has ever issued bare numbers of order changes.
        ReceivedResultCursor::Plain(_) => None,
        ReceivedResultCursor::Sealed(cursor) => Some(Some(cursor)),
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

    #[test]
    fn f3_a_position_comes_back_as_it_was_issued() {
        let text = cursor().encode(&reader(), &position_key(&KEY));
        assert_eq!(parse_position(&text, &KEY), Some(Some(cursor())));
        assert_eq!(parse_position("0", &KEY), Some(None));
    }

    #[test]
    fn f3_a_position_of_results_or_made_up_is_refused() {
        let of_results = cursor().encode(&reader(), &KEY);
        let of_server = cursor().encode(&"cmdb".parse().unwrap(), &position_key(&KEY));
        for wrong in [of_results.as_str(), &of_server, "63", "-1", "", "nonsense"] {
            assert_eq!(parse_position(wrong, &KEY), None, "{wrong}");
        }
    }
}
