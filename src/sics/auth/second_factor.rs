//! The second factor of a person: a code of an app, or a recovery code. The seed is sealed for its account; a code counts
//! once; guesses are slowed by the account alone, and only who knows the password can make any.

use openssl::sha::sha256;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::json;
use zeroize::Zeroizing;

use super::Authenticator;
use super::factor_drafts::DraftAnswer;
use super::person_credentials::GivenFactor;
use super::sign_in_problems::second_factor_wrong_problem;
use super::totp::{self, DIGITS, SEED_BYTES};
use super::typed_code::{TypedCode, parse_code};
use crate::config::SealContext;
use crate::model::Timestamp;
use crate::sics::connection_limit::Peer;
use crate::sics::problem::ApiProblem;
use crate::store::{AuditEntry, NewSecondFactor, OperatorRow};

const RECOVERY_CODES: usize = 10;
/// 80 random bits: no slow hash would add anything.
const RECOVERY_BYTES: usize = 10;
/// Letters between two dashes.
const RECOVERY_GROUP: usize = 4;
/// What apps show the code under.
const ISSUER: &str = "intune-connector";

/// What a code is worth that somebody shows beside the password, which was right.
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
    use super::super::typed_code::RECOVERY_CHARS;
    use super::*;

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
}
