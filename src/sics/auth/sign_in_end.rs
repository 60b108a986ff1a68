//! How a sign-in ends: it is recorded, or slowed down and told as a denial.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use serde_json::json;

use super::caller::{Caller, SignInMethod};
use super::sign_in_problems::sign_in_slowed_problem;
use super::throttle::{SignInAttempt, SignInDelay, ThrottleVerdict};
use super::{Authenticator, SIGN_IN_RECORDED, SignInFailure, SignInVerdict, network_prefix, throttle};
use crate::model::{OperatorId, RelaxationRule};
use crate::observe::metric;
use crate::sics::connection_limit::Peer;
use crate::sics::denials::DenialCause;
use crate::sics::problem::ApiProblem;
use crate::store::{AccountsVersion, AuditEntry, OperatorRow};

impl Authenticator {
    pub(super) async fn begin_token_attempt(
        &self,
        account: Option<&OperatorRow>,
        peer: &Peer,
    ) -> Result<(), ApiProblem> {
        let attempt = SignInAttempt {
            name: None,
            account_exists: false,
            address: peer.address,
        };
        let verdict = self.lock_throttle().begin_attempt(attempt, self.clock.now());
        match verdict {
            ThrottleVerdict::Look => Ok(()),
            ThrottleVerdict::Refuse(held) | ThrottleVerdict::Late { held, .. } => {
                Err(self.deny_slowed(account.cloned(), held, peer).await)
            }
        }
    }

    pub(super) async fn deny_slowed(&self, account: Option<OperatorRow>, held: SignInDelay, peer: &Peer) -> ApiProblem {
        self.mark_sign_in_failed(peer, account.as_ref());
        let refusal = self.denial_cause("signIn.slowed", account.as_ref(), "", peer.address);
        self.denial_trail
            .record_denial(refusal, json!({"retryAfterS": held.retry_after_s}));
        sign_in_slowed_problem(held)
    }

    pub(super) fn mark_sign_in_failed(&self, peer: &Peer, account: Option<&OperatorRow>) {
        if let Some(place) = &peer.connection {
            place.mark_sign_in_failed(account.map(|account| account.id));
        }
    }

    pub(super) fn denial_cause(
        &self,
        action: &'static str,
        account: Option<&OperatorRow>,
        reason: &str,
        address: IpAddr,
    ) -> DenialCause {
        DenialCause {
            action,
            account: account.map(|account| account.name.clone()),
            subject: network_prefix(address).to_string(),
            reason: reason.to_owned(),
        }
    }

    pub(super) async fn finish_sign_in(&self, judged: SignInVerdict, peer: &Peer) -> Result<Caller, ApiProblem> {
        let address = peer.address;
        let (Some(operator), None) = (&judged.operator, judged.failure) else {
            return Err(self.deny_sign_in(&judged, peer));
        };
        if let Some(place) = &peer.connection {
            place.mark_signed_in(operator.id);
        }
        let is_first = self.is_first_sign_in(&operator.name, address);
        if self.is_sign_in_unrecorded(operator.id) || is_first {
            let entry = is_first.then(|| sign_in_entry(operator, &judged.by, address));
            self.record_sign_in(operator, entry).await;
        }
        Ok(Caller {
            operator: Arc::new(operator.clone()),
            by: judged.by,
            address,
            asked_rights: Vec::new(),
            relaxation_rule: RelaxationRule::Never,
            accounts_version: AccountsVersion::UNJUDGED,
        })
    }

    /// A right password whose code is still to come is no failure yet.
    pub(super) fn deny_sign_in(&self, judged: &SignInVerdict, peer: &Peer) -> ApiProblem {
        let failure = judged.failure.unwrap_or(SignInFailure::UnknownName);
        if !matches!(failure, SignInFailure::SecondFactorNeeded) {
            self.mark_sign_in_failed(peer, judged.operator.as_ref());
            self.metrics.increment_counter(&metric::LOGINS_FAILED, &[], 1);
            let reason = failure.code();
            let refusal = self.denial_cause("signIn.failed", judged.operator.as_ref(), reason, peer.address);
            self.denial_trail.record_denial(refusal, json!({"reason": reason}));
        }
        failure.to_problem()
    }

    /// Whether it is time to write down that the account signs in.
    pub(super) fn is_sign_in_unrecorded(&self, operator: OperatorId) -> bool {
        let now = self.clock.now();
        let mut recorded = self.recorded_sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = recorded
            .get(&operator)
            .is_none_or(|before| (now - *before).abs() >= SIGN_IN_RECORDED);
        if is_due {
            recorded.insert(operator, now);
        }
        is_due
    }

    pub(super) fn is_first_sign_in(&self, name: &str, address: IpAddr) -> bool {
        let mut greeted = self.known_sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        if greeted.len() >= self.known_sign_ins_max {
            greeted.clear();
        }
        greeted.insert((name.to_owned(), throttle::network_prefix(address)))
    }

    /// A trail that cannot be written must not lock out the people who come to repair it; readiness shows the store's
    /// cause.
    pub(super) async fn record_sign_in(&self, operator: &OperatorRow, entry: Option<AuditEntry>) {
        if let Some(entry) = &entry {
            tracing::info!(
                operator = entry.actor,
                peer = entry.subject,
                action = "signIn",
                "sign-in"
            );
        }
        if let Err(error) = self.store.record_sign_in(operator.id, entry).await {
            tracing::error!(action = "signIn", error = %error, "failed to write the audit trail");
        }
    }
}

fn sign_in_entry(operator: &OperatorRow, by: &SignInMethod, address: IpAddr) -> AuditEntry {
    let by = match by {
        SignInMethod::Password { second_factor: false } => json!("password"),
        SignInMethod::Password { second_factor: true } => json!("passwordAndCode"),
        SignInMethod::Token(id) => json!({"token": id}),
        SignInMethod::Session { id, .. } => json!({"session": id}),
    };
    AuditEntry {
        actor: operator.name.clone(),
        action: "signIn",
        subject: address.to_string(),
        detail: json!({"by": by}),
    }
}
