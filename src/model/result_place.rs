//! How far one management server has read its results: opaque outside, checked inside (F3), like a cursor.
//!
//! Versions before this one handed out bare numbers. They are still read, as long as the store has had no other epoch
//! since, and they prove nothing: anybody can write a number.

use openssl::memcmp;
use uuid::Uuid;

use super::cursor::{MAC_BYTES, mac};
use super::{CursorError, Epoch, ServerId};

/// A place among the results of one life of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultPlace {
    pub epoch: Epoch,
    /// Number of the newest result that was told; 0: none.
    pub number: i64,
}

/// What somebody came back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenPlace {
    Sealed(ResultPlace),
    /// Handed out by an earlier version, or made up.
    Plain(i64),
}

const VERSION: &str = "r1";
const NUMBER_DIGITS: usize = 16;
const EPOCH_DIGITS: usize = 32;

impl ResultPlace {
    /// Later ones of one life sort behind earlier ones as texts, too.
    pub fn encode(&self, server: &ServerId, key: &[u8]) -> String {
        format!(
            "{VERSION}{:016x}{}{}",
            self.number,
            self.epoch.0.simple(),
            hex::encode(self.seal(server, key))
        )
    }

    fn seal(&self, server: &ServerId, key: &[u8]) -> Vec<u8> {
        let text = format!("results/{VERSION}/{}/{}/{server}", self.number, self.epoch.0.simple());
        mac(key, text.as_bytes())
    }

    fn decode(coded: &str, server: &ServerId, key: &[u8]) -> Option<Self> {
        if coded.len() != NUMBER_DIGITS + EPOCH_DIGITS + 2 * MAC_BYTES || !coded.is_ascii() {
            return None;
        }
        let (number, rest) = coded.split_at(NUMBER_DIGITS);
        let (epoch, seal) = rest.split_at(EPOCH_DIGITS);
        let place = ResultPlace {
            epoch: Epoch(Uuid::try_parse(epoch).ok()?),
            number: i64::from_str_radix(number, 16).ok()?,
        };
        let seal = hex::decode(seal).ok()?;
        memcmp::eq(&seal, &place.seal(server, key)).then_some(place)
    }
}

impl GivenPlace {
    pub fn read(text: &str, server: &ServerId, key: &[u8]) -> Result<Self, CursorError> {
        let plain = || {
            text.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| text.parse().ok())
        };
        match text.strip_prefix(VERSION) {
            Some(coded) => ResultPlace::decode(coded, server, key).map(GivenPlace::Sealed),
            None => plain().flatten().map(GivenPlace::Plain),
        }
        .ok_or(CursorError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"key";

    fn place(number: i64) -> ResultPlace {
        ResultPlace {
            epoch: Epoch(Uuid::from_u128(5)),
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
            let read = GivenPlace::read(&text, &cmdb(), KEY);
            assert_eq!(read, Ok(GivenPlace::Sealed(place(number))), "{text}");
        }
        assert_eq!(GivenPlace::read("63", &cmdb(), KEY), Ok(GivenPlace::Plain(63)));
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
            "99999999999999999999",
        ];
        for bad in bad {
            let read = GivenPlace::read(bad, &cmdb(), KEY);
            assert_eq!(read, Err(CursorError), "{bad}");
        }
        let other: ServerId = "other".parse().unwrap();
        assert_eq!(GivenPlace::read(&text, &other, KEY), Err(CursorError));
        assert_eq!(GivenPlace::read(&text, &cmdb(), b"other key"), Err(CursorError));
    }
}
