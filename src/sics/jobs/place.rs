//! Which places among the results are taken back (F3, A8).
//!
//! One that this store has sealed in its present epoch is a place. One of an epoch before is none any more: numbers have
//! been given to other results since, and whoever went on behind it would wait for ever. One of the present epoch that is
//! ahead of the store proves that the store has gone back. Plain numbers, as versions before this one handed them out, are
//! read while the epoch is the one of the upgrade; they prove nothing.

use axum::http::StatusCode;
use serde::Deserializer;
use serde::de::{Error, Visitor};

use crate::model::{GivenPlace, ResultPlace, ServerId};
use crate::sics::Sics;
use crate::sics::problem::Problem;
use crate::store::{Seen, StoreError};

/// Why a place is not taken (410).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outdated {
    Restored,
    Ahead,
}

/// How a number is handed out.
pub fn sealed(sics: &Sics, server: &ServerId, number: i64) -> String {
    let place = ResultPlace {
        epoch: sics.store().epoch(),
        start: Some(sics.store().start()),
        number,
    };
    place.encode(server, sics.cursor_key())
}

/// The number of a place that somebody came back with.
pub async fn taken(sics: &Sics, server: &ServerId, text: &str) -> Result<i64, Problem> {
    let given = GivenPlace::read(text, server, sics.cursor_key()).map_err(|_| malformed(server))?;
    let outdated = match given {
        GivenPlace::Plain(number) => numbered(sics, number).await?,
        GivenPlace::Sealed(place) => of_this_life(sics, place).await?,
    };
    match (outdated, given) {
        (Some(outdated), _) => Err(gone(outdated)),
        (None, GivenPlace::Plain(number) | GivenPlace::Sealed(ResultPlace { number, .. })) => Ok(number),
    }
}

/// 0 is the beginning, in every life.
async fn numbered(sics: &Sics, number: i64) -> Result<Option<Outdated>, StoreError> {
    let (are_taken, newest) = sics.store().result_numbers().await?;
    Ok(match number {
        0 => None,
        _ if !are_taken => Some(Outdated::Restored),
        _ if number > newest => Some(Outdated::Ahead),
        _ => None,
    })
}

async fn of_this_life(sics: &Sics, place: ResultPlace) -> Result<Option<Outdated>, StoreError> {
    let store = sics.store();
    if place.epoch != store.epoch() {
        return Ok(Some(Outdated::Restored));
    }
    let is_of_this_start = place.start.is_none_or(|start| start == store.start());
    if is_of_this_start && place.number <= store.result_numbers().await?.1 {
        return Ok(None);
    }
    let seen = Seen::Results { number: place.number };
    let went_back = store.has_gone_back(place.epoch, place.start, seen).await?;
    Ok(went_back.then_some(Outdated::Ahead))
}

fn malformed(server: &ServerId) -> Problem {
    Problem::bad_request(
        "positionMalformed",
        format!("that is not a position of this bus for server {server}"),
        "Send the position exactly as it was handed out; after=0 tells every result that is kept.",
    )
}

/// What was acknowledged does not help whoever comes back so: it may be more than they hold. Everything that is kept is
/// never wrong, as a later result of a task amends an earlier one.
fn gone(outdated: Outdated) -> Problem {
    let (detail, reason) = match outdated {
        Outdated::Restored => ("the position is from before the store was put back", "restored"),
        Outdated::Ahead => ("the position is ahead of all results that there are", "ahead"),
    };
    Problem::new(
        StatusCode::GONE,
        "positionOutdated",
        detail,
        "Read with after=0, without Last-Event-ID: every result that is kept is told again, the oldest first; the newest \
         one of a task is how it stands.",
    )
    .with("reason", reason)
}

/// A position as JSON: a text, or a number as earlier versions handed it out.
pub fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    struct Position;
    impl Visitor<'_> for Position {
        type Value = String;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a position as it was handed out")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }
    from.deserialize_any(Position)
}
