//! Signing in by name and password, and by a code where the account has a second factor.

use serde_json::json;
use tokio::time::Instant;

use super::password::{PasswordCheck, PasswordError, PasswordLane};
use super::person_credentials::PersonCredentials;
use super::second_factor::FactorVerdict;
use super::sign_in_problems::{sign_in_busy_problem, sign_in_slowed_problem};
use super::throttle::{SignInAttempt, ThrottleVerdict};
use super::{Authenticator, Caller, SignInFailure, SignInMethod, SignInVerdict};
use crate::model::Timestamp;
use crate::sics::connection_limit::Peer;
use crate::sics::problem::ApiProblem;
use crate::store::OperatorRow;

/// That, and what the store has of it.
struct PasswordSignIn {
    credentials: PersonCredentials,
    account: Option<OperatorRow>,
    password_hash: Option<String>,
}

impl PasswordSignIn {
    fn to_password_check(&self, lane: PasswordLane) -> PasswordCheck {
        PasswordCheck {
            password: self.credentials.password.clone(),
            password_hash: self.password_hash.clone(),
            remember_success: self.may_sign_in(),
            lane,
        }
    }

    /// A right password is of use only to an account that is not disabled; the other costs as much as a wrong one.
    fn may_sign_in(&self) -> bool {
        self.account.as_ref().is_some_and(|account| !account.disabled)
    }

    fn into_verdict(self, right: bool, factor: FactorVerdict) -> SignInVerdict {
        let failure = match &self.account {
            None => Some(SignInFailure::UnknownName),
            Some(_) if !right => Some(SignInFailure::WrongPassword),
            Some(operator) if operator.disabled => Some(SignInFailure::Disabled),
            Some(_) => match factor {
                FactorVerdict::Missing => Some(SignInFailure::SecondFactorNeeded),
                FactorVerdict::Wrong => Some(SignInFailure::WrongCode),
                FactorVerdict::NotSet | FactorVerdict::Shown => None,
            },
        };
        SignInVerdict {
            operator: self.account,
            by: SignInMethod::Password {
                second_factor: factor == FactorVerdict::Shown,
            },
            failure,
        }
    }
}

impl Authenticator {
    pub(crate) async fn sign_in_by_password(
        &self,
        credentials: PersonCredentials,
        peer: &Peer,
    ) -> Result<Caller, ApiProblem> {
        let account = self
            .throttled_lookup(peer, self.store.find_operator_by_name(&credentials.name))
            .await?;
        let given = PasswordSignIn {
            password_hash: account.as_ref().and_then(|operator| operator.password_hash.clone()),
            credentials,
            account,
        };
        let now = self.clock.now();
        if let Some(right) = self.check_known_password(&given, now, peer).await? {
            return self.finish_password_check(given, right, false, peer).await;
        }
        let attempt = SignInAttempt {
            name: Some(&given.credentials.name),
            account_exists: given.password_hash.is_some(),
            address: peer.address,
        };
        let verdict = self.lock_throttle().begin_attempt(attempt, now);
        match verdict {
            ThrottleVerdict::Refuse(held) => Err(self.deny_slowed(given.account, held, peer).await),
            ThrottleVerdict::Late { held, look } => {
                self.answer_late(given, look, sign_in_slowed_problem(held), peer).await
            }
            ThrottleVerdict::Look => match self
                .passwords
                .check_password(given.to_password_check(PasswordLane::Stranger), now)
                .await
            {
                Ok(right) => self.finish_password_check(given, right, true, peer).await,
                Err(PasswordError::Busy) => {
                    let look = given.password_hash.is_some();
                    self.answer_late(given, look, sign_in_busy_problem(PasswordError::Busy), peer)
                        .await
                }
                Err(error) => Err(sign_in_busy_problem(error)),
            },
        }
    }

    /// Whoever is remembered or recognised is let in before guessing is counted: a guesser can hold up neither a server
    /// that is at work nor a person who comes back. Nothing but the right password is. `None`: neither.
    async fn check_known_password(
        &self,
        given: &PasswordSignIn,
        now: Timestamp,
        peer: &Peer,
    ) -> Result<Option<bool>, ApiProblem> {
        let Some(hashed) = given.password_hash.as_ref().filter(|_| given.may_sign_in()) else {
            return Ok(None);
        };
        if self.passwords.is_remembered(&given.credentials.password, hashed, now) {
            return Ok(Some(true));
        }
        if !self.passwords.is_recognised(&given.credentials.password, hashed, now) {
            return Ok(None);
        }
        let _check_hold = peer
            .connection
            .as_ref()
            .map(|connection| connection.hold_during_check());
        let checked = self
            .passwords
            .check_password(given.to_password_check(PasswordLane::Reserve), now)
            .await;
        checked.map(Some).map_err(sign_in_busy_problem)
    }

    /// The password was looked at. `is_counted`: as an attempt, which it was not if a right one follows.
    async fn finish_password_check(
        &self,
        given: PasswordSignIn,
        right: bool,
        is_counted: bool,
        peer: &Peer,
    ) -> Result<Caller, ApiProblem> {
        let Some(account) = given.account.as_ref().filter(|account| right && !account.disabled) else {
            return self
                .finish_sign_in(given.into_verdict(right, FactorVerdict::NotSet), peer)
                .await;
        };
        let factor = self.judge_second_factor(account, &given.credentials.factor, peer).await;
        if is_counted {
            let is_enough = factor.as_ref().is_ok_and(|factor| factor.is_enough());
            self.settle_attempt(&given.credentials.name, is_enough, peer);
        }
        self.finish_sign_in(given.into_verdict(right, factor?), peer).await
    }

    /// The password was right, so it was no guess; with a second factor, that alone lets nobody in.
    fn settle_attempt(&self, name: &str, is_enough: bool, peer: &Peer) {
        let mut throttle = self.lock_throttle();
        if is_enough {
            throttle.record_success(Some(name), peer.address, self.clock.now());
        } else {
            throttle.forgive_attempt(name, peer.address);
        }
    }

    /// What strangers may use is used up. A right password gets in; everything else is answered `otherwise`, at the same
    /// time whether or not it was looked at.
    async fn answer_late(
        &self,
        given: PasswordSignIn,
        look: bool,
        otherwise: ApiProblem,
        peer: &Peer,
    ) -> Result<Caller, ApiProblem> {
        let (answer_at, now) = (Instant::now() + self.limits.failure_response_time, self.clock.now());
        if look {
            let _check_hold = peer
                .connection
                .as_ref()
                .map(|connection| connection.hold_during_check());
            let check = self
                .passwords
                .check_password(given.to_password_check(PasswordLane::Reserve), now);
            let checked = tokio::time::timeout_at(answer_at, check).await;
            if matches!(checked, Ok(Ok(true))) && given.may_sign_in() {
                return self.finish_password_check(given, true, true, peer).await;
            }
        }
        self.mark_sign_in_failed(peer, given.account.as_ref());
        let refusal = self.denial_cause("signIn.slowed", given.account.as_ref(), "", peer.address);
        self.denial_trail.record_denial(refusal, json!({}));
        tokio::time::sleep_until(answer_at).await;
        Err(otherwise)
    }
}
