//! The second factor of a person: a code of an app, or a recovery code. The seed is sealed for its account; a code counts
//! once; guesses are slowed by the account alone, and only who knows the password can make any.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use openssl::sha::sha256;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use super::Authenticator;
use super::sign_in_problems::second_factor_wrong_problem;
use super::totp::{self, DIGITS, SEED_BYTES};
use crate::config::SealContext;
use crate::model::{OperatorId, Timestamp};
use crate::sics::connection_limit::Peer;
use crate::sics::problem::ApiProblem;
use crate::store::{AuditEntry, NewSecondFactor, OperatorRow};

/// How long one may be in the making, and how many wrong codes it takes.
const DRAFT_HOLDS: TimeDelta = TimeDelta::minutes(10);
const DRAFT_TRIES: u32 = 5;
const RECOVERY_CODES: usize = 10;
/// 80 random bits: no slow hash would add anything.
const RECOVERY_BYTES: usize = 10;
const RECOVERY_CHARS: usize = 16;
/// Letters between two dashes.
const RECOVERY_GROUP: usize = 4;
/// Longest text that is looked at as a code.
const CODE_BYTES: usize = 64;
/// What apps show the code under.
const ISSUER: &str = "intune-connector";

/// What somebody shows beside the password.
pub(crate) enum GivenFactor {
    Nothing,
    Code(SecretString),
    /// The same person has shown one in this very sign-in.
    Shown,
}

impl GivenFactor {
    /// As a body has it.
    pub(crate) fn from_code(code: Option<String>) -> GivenFactor {
        match code {
            Some(code) => GivenFactor::Code(code.into()),
            None => GivenFactor::Nothing,
        }
    }
}

/// What that is worth. The password was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactorVerdict {
    /// The account has none.
    NotSet,
    Shown,
    Missing,
    Wrong,
}

impl FactorVerdict {
    pub(super) fn is_enough(self) -> bool {
        matches!(self, FactorVerdict::NotSet | FactorVerdict::Shown)
    }
}

/// A code, taken apart from how it was typed.
enum TypedCode {
    App(String),
    Recovery([u8; 32]),
}

fn parse_code(text: &str) -> Option<TypedCode> {
    if text.len() > CODE_BYTES {
        return None;
    }
    let letters: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    if letters.len() == DIGITS && letters.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(TypedCode::App(letters));
    }
    let letters = letters.to_ascii_uppercase();
    let is_recovery = letters.len() == RECOVERY_CHARS && letters.chars().all(totp::is_base32);
    is_recovery.then(|| TypedCode::Recovery(sha256(letters.as_bytes())))
}

/// A new recovery code as it is shown, and what the store knows it by.
fn draw_recovery_code() -> Result<(String, [u8; 32]), openssl::error::ErrorStack> {
    let mut random = Zeroizing::new([0; RECOVERY_BYTES]);
    openssl::rand::rand_priv_bytes(random.as_mut_slice())?;
    let letters = totp::encode_base32(random.as_slice());
    let digest = sha256(letters.as_bytes());
    let groups: Vec<String> = letters
        .as_bytes()
        .chunks(RECOVERY_GROUP)
        .map(|group| String::from_utf8_lossy(group).to_lowercase())
        .collect();
    Ok((groups.join("-"), digest))
}

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
    fn begin_draft(&self, operator: OperatorId, seed: SecretSlice<u8>, now: Timestamp) {
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
    fn take_confirmed(&self, operator: OperatorId, code: &str, now: Timestamp) -> DraftAnswer {
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
enum DraftAnswer {
    Right { seed: SecretSlice<u8>, step: i64 },
    WrongCode,
    NotBegun,
}

/// A second factor as its owner has to type or scan it.
pub(crate) struct ShownSeed {
    /// Base32.
    pub secret: String,
    /// `otpauth://totp/…`.
    pub uri: String,
}

/// One that its owner has just shown a code of.
pub(crate) struct ConfirmedFactor {
    pub new: NewSecondFactor,
    /// For its owner, once.
    pub recovery_codes: Vec<String>,
}

fn shown_seed(name: &str, seed: &[u8]) -> ShownSeed {
    let secret = totp::encode_base32(seed);
    // Names of accounts have no other character that means something in an address.
    let account = name.replace('@', "%40");
    ShownSeed {
        uri: format!(
            "otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period=30"
        ),
        secret,
    }
}

fn random_problem(error: &openssl::error::ErrorStack) -> ApiProblem {
    ApiProblem::internal("random", error)
}

impl Authenticator {
    /// What is shown beside the right password of an account. A right code is used up by it.
    pub(super) async fn judge_second_factor(
        &self,
        account: &OperatorRow,
        given: &GivenFactor,
        peer: &Peer,
    ) -> Result<FactorVerdict, ApiProblem> {
        if account.second_factor_since.is_none() {
            return Ok(FactorVerdict::NotSet);
        }
        let code = match given {
            GivenFactor::Shown => return Ok(FactorVerdict::Shown),
            GivenFactor::Nothing => return Ok(FactorVerdict::Missing),
            GivenFactor::Code(code) => code,
        };
        let now = self.clock.now();
        let begun = self
            .lock_throttle()
            .begin_code(account.id, &account.name, peer.address, now);
        if let Err(held) = begun {
            return Err(self.deny_slowed(Some(account.clone()), held, peer).await);
        }
        if !self.use_code(account, code.expose_secret(), now).await? {
            return Ok(FactorVerdict::Wrong);
        }
        self.lock_throttle().forgive_code(account.id);
        Ok(FactorVerdict::Shown)
    }

    /// Whether the code is right; then it is used up.
    async fn use_code(&self, account: &OperatorRow, code: &str, now: Timestamp) -> Result<bool, ApiProblem> {
        match parse_code(code) {
            None => Ok(false),
            Some(TypedCode::App(code)) => {
                let Some(row) = self.store.find_second_factor(account.id).await? else {
                    return Ok(false);
                };
                let place = SealContext::SecondFactor { operator: account.id };
                let seed = self
                    .secret_key
                    .open_sealed(place, &row.sealed)
                    .map_err(|error| ApiProblem::internal("secondFactorSeal", &error))?;
                match totp::find_code_step(seed.expose_secret(), &code, now, row.used_step) {
                    Some(step) => Ok(self.store.use_code_step(account.id, step).await?),
                    None => Ok(false),
                }
            }
            Some(TypedCode::Recovery(digest)) => self.use_recovery_code(account, digest).await,
        }
    }

    async fn use_recovery_code(&self, account: &OperatorRow, digest: [u8; 32]) -> Result<bool, ApiProblem> {
        let name = account.name.clone();
        let store = self.store.recorded(move |left: &Option<u64>| {
            left.map(|left| AuditEntry {
                actor: name.clone(),
                action: "recoveryCode.used",
                subject: name.clone(),
                detail: json!({ "left": left }),
            })
        });
        let left = store.use_recovery_code(account.id, digest).await?;
        if let Some(left) = left {
            tracing::warn!(operator = account.name, left, "a recovery code was used to sign in");
        }
        Ok(left.is_some())
    }

    /// Begins one; it counts for nothing before a code of it was shown.
    pub(crate) fn draft_second_factor(&self, operator: &OperatorRow) -> Result<ShownSeed, ApiProblem> {
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        openssl::rand::rand_priv_bytes(seed.as_mut_slice()).map_err(|error| random_problem(&error))?;
        let shown = shown_seed(&operator.name, seed.as_slice());
        let kept = SecretSlice::from(seed.to_vec());
        self.factor_drafts.begin_draft(operator.id, kept, self.clock.now());
        Ok(shown)
    }

    /// The one that was begun, once a code of it is right; sealed, with its recovery codes.
    pub(crate) fn confirm_draft(&self, operator: &OperatorRow, code: &str) -> Result<ConfirmedFactor, ApiProblem> {
        let (seed, used_step) = match self.factor_drafts.take_confirmed(operator.id, code, self.clock.now()) {
            DraftAnswer::Right { seed, step } => (seed, step),
            DraftAnswer::WrongCode => return Err(second_factor_wrong_problem()),
            DraftAnswer::NotBegun => {
                return Err(ApiProblem::conflict(
                    "secondFactorNotBegun",
                    "no second factor is being set up for this account, or it took longer than ten minutes",
                    "Begin again: POST /sics/v1/second-factor with your password.",
                ));
            }
        };
        let place = SealContext::SecondFactor { operator: operator.id };
        let sealed = self
            .secret_key
            .seal_secret(place, seed.expose_secret())
            .map_err(|error| ApiProblem::internal("secondFactorSeal", &error))?;
        let drawn: Result<Vec<_>, _> = (0..RECOVERY_CODES).map(|_| draw_recovery_code()).collect();
        let drawn = drawn.map_err(|error| random_problem(&error))?.into_iter();
        let (shown, digests): (Vec<String>, Vec<[u8; 32]>) = drawn.unzip();
        Ok(ConfirmedFactor {
            new: NewSecondFactor {
                operator: operator.id,
                sealed,
                used_step,
                recovery_codes: digests,
            },
            recovery_codes: shown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    #[test]
    fn a_code_is_read_however_people_type_it() {
        for typed in ["123456", " 123 456 ", "123-456"] {
            assert!(
                matches!(parse_code(typed), Some(TypedCode::App(code)) if code == "123456"),
                "{typed}"
            );
        }
        let (shown, digest) = draw_recovery_code().expect("random");
        assert_eq!(shown.len(), RECOVERY_CHARS + 3);
        for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', " ")] {
            assert!(
                matches!(parse_code(&typed), Some(TypedCode::Recovery(found)) if found == digest),
                "{typed}"
            );
        }
        for wrong in [
            "",
            "12345",
            "1234567",
            "１２３４５６",
            "abcd-efgh-ijkl",
            &"1".repeat(65),
        ] {
            assert!(parse_code(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_seed_is_shown_as_apps_read_it() {
        let shown = shown_seed("anna@example.org", b"12345678901234567890");
        assert_eq!(shown.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            shown.uri,
            "otpauth://totp/intune-connector:anna%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=intune-connector&algorithm=SHA1&digits=6&period=30"
        );
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
