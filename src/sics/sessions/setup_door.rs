//! Whether the first person may still be made, and by which token.

use std::sync::{Mutex, MutexGuard, PoisonError};

use openssl::memcmp;
use openssl::sha::sha256;

use crate::model::Timestamp;

/// The way in for the first person; closed where there is somebody.
#[derive(Default)]
pub(crate) struct SetupDoor(Mutex<Option<SetupToken>>);

pub(super) struct SetupToken {
    pub(super) sha256: [u8; 32],
    pub(super) ends_at: Timestamp,
}

/// What a token that somebody brings is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenVerdict {
    Right,
    /// It was the right one, longer ago than it holds.
    Over,
    Wrong,
}

impl SetupDoor {
    fn lock_token(&self) -> MutexGuard<'_, Option<SetupToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, token: SetupToken) {
        *self.lock_token() = Some(token);
    }

    pub(super) fn close(&self) {
        *self.lock_token() = None;
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock_token().is_some()
    }

    pub(super) fn judge_token(&self, given: &str, now: Timestamp) -> TokenVerdict {
        let token = self.lock_token();
        let Some(token) = token.as_ref() else {
            return TokenVerdict::Wrong;
        };
        if !memcmp::eq(&sha256(given.as_bytes()), &token.sha256) {
            TokenVerdict::Wrong
        } else if now < token.ends_at {
            TokenVerdict::Right
        } else {
            TokenVerdict::Over
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    #[test]
    fn a_set_up_token_holds_for_its_time_and_no_other_does() {
        let door = SetupDoor::default();
        assert!(!door.is_open());
        assert_eq!(
            door.judge_token("ico_right", at(0)),
            TokenVerdict::Wrong,
            "nobody is to be made"
        );
        door.open(SetupToken {
            sha256: sha256(b"ico_right"),
            ends_at: at(3_600),
        });
        assert_eq!(door.judge_token("ico_right", at(3_599)), TokenVerdict::Right);
        assert_eq!(door.judge_token("ico_right", at(3_600)), TokenVerdict::Over);
        for wrong in ["", "ico_", "ico_righ", "ico_right "] {
            assert_eq!(door.judge_token(wrong, at(0)), TokenVerdict::Wrong, "{wrong}");
        }
        door.close();
        assert_eq!(door.judge_token("ico_right", at(0)), TokenVerdict::Wrong);
    }
}
