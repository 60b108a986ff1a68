//! Sessions: begun by a password, a sign-in link or the first set-up; signing in by their token; their end.

use secrecy::SecretString;
use serde_json::json;

use super::session_rules::{self, CONFIRMED, SESSION_BOUNDS, account_fingerprint, is_session_live, is_use_unrecorded};
use super::sign_in_problems::session_expired_problem;
use super::token::{ApiToken, TokenKind};
use super::{Authenticator, Caller, SignInFailure, SignInMethod, SignInVerdict};
use crate::model::Timestamp;
use crate::sics::connection_limit::Peer;
use crate::sics::problem::ApiProblem;
use crate::store::{AuditEntry, NewSession, OperatorRow, SessionRow};

/// By what a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionOrigin {
    Password {
        second_factor: bool,
    },
    /// It shows that the data folder's owner wants it, and nothing that the person knows.
    Link,
    SetUp,
}

impl SessionOrigin {
    fn name(self) -> &'static str {
        match self {
            SessionOrigin::Password { .. } => "password",
            SessionOrigin::Link => "link",
            SessionOrigin::SetUp => "setUp",
        }
    }

    fn has_second_factor(self) -> bool {
        matches!(self, SessionOrigin::Password { second_factor: true })
    }

    /// Whether a password was given.
    fn is_confirmed(self) -> bool {
        match self {
            SessionOrigin::Password { .. } | SessionOrigin::SetUp => true,
            SessionOrigin::Link => false,
        }
    }
}

/// A session that has begun: its token, shown once, and its row.
pub(crate) struct StartedSession {
    pub token: SecretString,
    pub row: SessionRow,
}

impl SignInMethod {
    pub(super) fn from_session(row: &SessionRow) -> SignInMethod {
        SignInMethod::Session {
            id: row.id,
            confirmed_until: row.confirmed_until,
            second_factor: row.second_factor,
        }
    }
}

impl Authenticator {
    /// For a person who has shown who they are.
    pub(crate) async fn begin_session(
        &self,
        person: &OperatorRow,
        origin: SessionOrigin,
        user_agent: String,
        peer: &Peer,
    ) -> Result<StartedSession, ApiProblem> {
        let token = ApiToken::of_kind(TokenKind::Session).map_err(|error| ApiProblem::internal("random", &error))?;
        let now = self.clock.now();
        let longest = chrono::TimeDelta::from_std(self.limits.session_duration).unwrap_or(SESSION_BOUNDS.remembered);
        let new = NewSession {
            operator: person.id,
            sha256: token.sha256,
            ends_at: now + longest,
            confirmed_until: origin.is_confirmed().then_some(now + CONFIRMED),
            second_factor: origin.has_second_factor(),
            fingerprint: account_fingerprint(person, self.store.epoch()),
            address: peer.address.to_string(),
            user_agent,
        };
        let (name, address) = (person.name.clone(), peer.address);
        let store = self.store.recorded(move |row: &SessionRow| {
            Some(AuditEntry {
                actor: name.clone(),
                action: "session.begun",
                subject: name.clone(),
                detail: json!({"session": row.id, "by": origin.name(), "secondFactor": row.second_factor,
                    "address": address.to_string()}),
            })
        });
        let row = store.begin_session(new, SESSION_BOUNDS).await?;
        if let Some(place) = &peer.connection {
            place.mark_signed_in(person.id);
        }
        Ok(StartedSession { token: token.text, row })
    }

    /// Who comes with the token of a session that has ended is told so: nobody could have guessed it.
    pub(super) async fn sign_in_by_session(&self, sha256: [u8; 32], peer: &Peer) -> Result<Caller, ApiProblem> {
        let found = self
            .throttled_lookup(peer, self.store.find_session_by_token(sha256))
            .await?;
        let Some((operator, session)) = found else {
            self.begin_token_attempt(None, peer).await?;
            let judged = SignInVerdict {
                operator: None,
                by: SignInMethod::Token(0),
                failure: Some(SignInFailure::UnknownToken),
            };
            return self.finish_sign_in(judged, peer).await;
        };
        if !self.is_session_live(&session, &operator) {
            return Err(session_expired_problem());
        }
        if is_use_unrecorded(&session, self.clock.now())
            && let Err(error) = self.store.record_session_seen(session.id).await
        {
            // Nobody is locked out because the disk is full.
            tracing::warn!(session = session.id, error = %error, "failed to record that a session was used");
        }
        let judged = SignInVerdict {
            by: SignInMethod::from_session(&session),
            operator: Some(operator),
            failure: None,
        };
        self.finish_sign_in(judged, peer).await
    }

    pub(crate) fn is_session_live(&self, session: &SessionRow, operator: &OperatorRow) -> bool {
        is_session_live(session, operator, self.store.epoch(), self.clock.now(), &self.limits)
    }

    /// When it ends, if it is not used until then.
    pub(crate) fn session_end(&self, session: &SessionRow) -> Timestamp {
        session_rules::session_end(session, &self.limits)
    }

    /// For what goes on for long: that the session still holds for the account as it is now.
    pub(super) async fn require_session_live(&self, id: i64, operator: &OperatorRow) -> Result<(), ApiProblem> {
        let found = self.store.find_session(id).await?;
        if found.is_some_and(|session| self.is_session_live(&session, operator)) {
            Ok(())
        } else {
            Err(session_expired_problem())
        }
    }

    /// Its person has changed what the account signs in with: the other sessions end by that, and this one goes on.
    pub(crate) async fn keep_session(&self, caller: &Caller, has_second_factor: bool) -> Result<(), ApiProblem> {
        let Some(id) = caller.by.session_id() else {
            return Ok(());
        };
        let account = self.store.load_operator(caller.operator.id).await?;
        let fingerprint = account_fingerprint(&account, self.store.epoch());
        Ok(self.store.renew_session(id, fingerprint, has_second_factor).await?)
    }
}
