//! How far one management server has read its results: opaque outside, checked inside (F3), like a cursor.
//!
//! Versions before this one handed out bare numbers. They are still read, as long as the store has had no other epoch
//! since, and they prove nothing: anybody can write a number.

use openssl::memcmp;
use uuid::Uuid;

use super::cursor::{MAC_BYTES, compute_mac};
use super::{CursorError, Epoch, ServerId, StoreStart};

/// A place among the results of one life of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultCursor {
    pub epoch: Epoch,
    /// In which it was handed out; versions before this one did not say it.
    pub start: Option<StoreStart>,
    /// Number of the newest result that was told; 0: none.
    pub number: i64,
}

/// What somebody came back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedResultCursor {
    Sealed(ResultCursor),
    /// Handed out by an earlier version, or made up.
    Plain(i64),
}

const VERSION: &str = "r2";
/// Without a start.
const BEFORE: &str = "r1";
const DIGITS: usize = 16;
const EPOCH_DIGITS: usize = 32;

impl ResultCursor {
    /// Later ones of one life sort behind earlier ones as texts, too.
    pub fn encode(&self, server: &ServerId, key: &[u8]) -> String {
        let seal = hex::encode(self.compute_seal(server, key));
        let epoch = self.epoch.0.simple();
        match self.start {
            Some(start) => format!(
                "{VERSION}{:016x}{epoch}{:016x}{:016x}{seal}",
                self.number, start.number, start.id
            ),
            None => format!("{BEFORE}{:016x}{epoch}{seal}", self.number),
        }
    }

    fn compute_seal(&self, server: &ServerId, key: &[u8]) -> Vec<u8> {
        let (number, epoch) = (self.number, self.epoch.0.simple());
        let text = match self.start {
            Some(StoreStart { number: start, id }) => {
                format!("results/{VERSION}/{number}/{epoch}/{start}/{id}/{server}")
            }
            None => format!("results/{BEFORE}/{number}/{epoch}/{server}"),
        };
        compute_mac(key, text.as_bytes())
    }

    /// `coded`: behind its version. `has_start`: as that version says.
    fn decode(coded: &str, has_start: bool, server: &ServerId, key: &[u8]) -> Option<Self> {
        let starts = if has_start { 2 * DIGITS } else { 0 };
        if coded.len() != DIGITS + EPOCH_DIGITS + starts + 2 * MAC_BYTES || !coded.is_ascii() {
            return None;
        }
        let (number, rest) = coded.split_at(DIGITS);
        let (epoch, rest) = rest.split_at(EPOCH_DIGITS);
        let (start, seal) = rest.split_at(starts);
        let place = ResultCursor {
            epoch: Epoch(Uuid::try_parse(epoch).ok()?),
            start: if has_start {
                Some(StoreStart {
                    number: i64::from_str_radix(&start[..DIGITS], 16).ok()?,
                    id: i64::from_str_radix(&start[DIGITS..], 16).ok()?,
                })
            } else {
                None
            },
            number: i64::from_str_radix(number, 16).ok()?,
        };
        let seal = hex::decode(seal).ok()?;
        memcmp::eq(&seal, &place.compute_seal(server, key)).then_some(place)
    }
}

impl ReceivedResultCursor {
    pub fn parse(text: &str, server: &ServerId, key: &[u8]) -> Result<Self, CursorError> {
        let plain = || {
            text.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| text.parse().ok())
        };
        let sealed = |coded: &str, has_start| {
            ResultCursor::decode(coded, has_start, server, key).map(ReceivedResultCursor::Sealed)
        };
        match (text.strip_prefix(VERSION), text.strip_prefix(BEFORE)) {
            (Some(coded), _) => sealed(coded, true),
            (None, Some(coded)) => sealed(coded, false),
            (None, None) => plain().flatten().map(ReceivedResultCursor::Plain),
        }
        .ok_or(CursorError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"key";

    fn place(number: i64) -> ResultCursor {
        ResultCursor {
            epoch: Epoch(Uuid::from_u128(5)),
            start: Some(StoreStart { number: 57, id: 3 }),
            number,
        }
    }

    fn cmdb() -> ServerId {
        "cmdb".parse().unwrap()
    }

    #[test]
    fn cr_v4_f3_a_place_comes_back_as_it_was_handed_out_and_plain_numbers_are_read() {
        for number in [0, 1, 63, i64::MAX] {
            let text = place(number).encode(&cmdb(), KEY);
            let read = ReceivedResultCursor::parse(&text, &cmdb(), KEY);
            assert_eq!(read, Ok(ReceivedResultCursor::Sealed(place(number))), "{text}");
        }
        let before = ResultCursor {
            start: None,
            ..place(63)
        };
        let read = ReceivedResultCursor::parse(&before.encode(&cmdb(), KEY), &cmdb(), KEY);
        assert_eq!(read, Ok(ReceivedResultCursor::Sealed(before)));
        assert_eq!(
            ReceivedResultCursor::parse("63", &cmdb(), KEY),
            Ok(ReceivedResultCursor::Plain(63))
        );
        let (nine, ten) = (place(9).encode(&cmdb(), KEY), place(10).encode(&cmdb(), KEY));
        assert!(nine < ten, "{nine} {ten}");
    }

    #[test]
    fn cr_v4_f3_a_place_made_up_or_changed_or_of_another_server_or_key_is_refused() {
        let text = place(63).encode(&cmdb(), KEY);
        let other_number = text.replacen("3f", "40", 1);
        assert_ne!(other_number, text);
        let bad = [
            other_number.as_str(),
            &text[1..],
            &text[..text.len() - 2],
            "",
            "-1",
            "+1",
            "1.5",
            "r1",
            "r2",
            "99999999999999999999",
        ];
        for bad in bad {
            let read = ReceivedResultCursor::parse(bad, &cmdb(), KEY);
            assert_eq!(read, Err(CursorError), "{bad}");
        }
        let other: ServerId = "other".parse().unwrap();
        assert_eq!(ReceivedResultCursor::parse(&text, &other, KEY), Err(CursorError));
        assert_eq!(
            ReceivedResultCursor::parse(&text, &cmdb(), b"other key"),
            Err(CursorError)
        );
    }
}
