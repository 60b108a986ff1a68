//! Second factors that are being set up, until a code of each was shown.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretSlice};

use super::totp;
use super::typed_code::{TypedCode, parse_code};
use crate::model::{OperatorId, Timestamp};

/// How long one may be in the making, and how many wrong codes it takes.
const DRAFT_HOLDS: TimeDelta = TimeDelta::minutes(10);
const DRAFT_TRIES: u32 = 5;

/// One that is being set up.
struct FactorDraft {
    seed: SecretSlice<u8>,
    made_at: Timestamp,
    wrong_codes: u32,
}

/// Of all accounts; in memory, as each is of use for minutes only.
#[derive(Default)]
pub(super) struct FactorDrafts(Mutex<HashMap<OperatorId, FactorDraft>>);

impl FactorDrafts {
    fn lock_drafts(&self) -> MutexGuard<'_, HashMap<OperatorId, FactorDraft>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place of one that was begun before.
    pub(super) fn begin_draft(&self, operator: OperatorId, seed: SecretSlice<u8>, now: Timestamp) {
        let mut drafts = self.lock_drafts();
        drafts.retain(|_, draft| now - draft.made_at < DRAFT_HOLDS);
        drafts.insert(
            operator,
            FactorDraft {
                seed,
                made_at: now,
                wrong_codes: 0,
            },
        );
    }

    /// The seed and the step of a code that is right; it is taken out then, as it is after too many that are not.
    pub(super) fn take_confirmed(&self, operator: OperatorId, code: &str, now: Timestamp) -> DraftAnswer {
        let mut drafts = self.lock_drafts();
        let Some(draft) = drafts
            .get_mut(&operator)
            .filter(|draft| now - draft.made_at < DRAFT_HOLDS)
        else {
            return DraftAnswer::NotBegun;
        };
        let step = match parse_code(code) {
            Some(TypedCode::App(code)) => totp::find_code_step(draft.seed.expose_secret(), &code, now, 0),
            Some(TypedCode::Recovery(_)) | None => None,
        };
        let Some(step) = step else {
            draft.wrong_codes += 1;
            if draft.wrong_codes >= DRAFT_TRIES {
                drafts.remove(&operator);
            }
            return DraftAnswer::WrongCode;
        };
        match drafts.remove(&operator) {
            Some(draft) => DraftAnswer::Right { seed: draft.seed, step },
            None => DraftAnswer::NotBegun,
        }
    }
}

/// What a first code is worth.
pub(super) enum DraftAnswer {
    Right { seed: SecretSlice<u8>, step: i64 },
    WrongCode,
    NotBegun,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    #[test]
    fn a_draft_takes_one_right_code_in_time_and_few_wrong_ones() {
        let drafts = FactorDrafts::default();
        let anna = OperatorId(7);
        let seed = || SecretSlice::from(b"12345678901234567890".to_vec());
        let confirm = |code: &str, seconds: i64| match drafts.take_confirmed(anna, code, at(seconds)) {
            DraftAnswer::Right { .. } => "right",
            DraftAnswer::WrongCode => "wrong",
            DraftAnswer::NotBegun => "not begun",
        };
        let code = totp::code_at(seed().expose_secret(), totp::step_at(at(0)));
        assert_eq!(confirm(&code, 0), "not begun");
        drafts.begin_draft(anna, seed(), at(0));
        assert_eq!(confirm("abcdef", 0), "wrong");
        assert_eq!(confirm(&code, 0), "right");
        assert_eq!(confirm(&code, 0), "not begun", "it was taken");
        drafts.begin_draft(anna, seed(), at(0));
        for _ in 0..DRAFT_TRIES {
            assert_eq!(confirm("abcdef", 0), "wrong");
        }
        assert_eq!(confirm(&code, 0), "not begun", "too many were wrong");
        drafts.begin_draft(anna, seed(), at(-600));
        assert_eq!(confirm(&code, 0), "not begun", "ten minutes are over");
    }
}
