//! Who is asking, once that has been proven.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::Value;

use super::person_credentials::GivenFactor;
use super::sign_in_problems::second_factor_required_problem;
use crate::actions::guard::tied_accounts::is_data_folder_account;
use crate::config::SecondFactorRule;
use crate::model::{InstanceName, OperatorKind, RelaxationRequester, RelaxationRule, ResourceRef, ServerId, Timestamp};
use crate::sics::problem::ApiProblem;
use crate::store::{AccountsVersion, AuditEntry, OperatorRow};

#[derive(Clone, Debug)]
pub struct Caller {
    pub operator: Arc<OperatorRow>,
    pub by: SignInMethod,
    pub address: IpAddr,
    /// The rights of which one opened this route; none: any account gets in. What the caller reaches is where these hold.
    pub asked_rights: Vec<&'static str>,
    /// What the table says of this operation.
    pub relaxation_rule: RelaxationRule,
    /// How the accounts stood when this operation was let through; what changes nothing by its row has seen nothing.
    pub accounts_version: AccountsVersion,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// In this very request; with a code of the second factor, or without.
    Password { second_factor: bool },
    /// The token's number.
    Token(i64),
    /// The whole account, as by password: its number, until when the password counts for what needs it again, and whether
    /// it was begun or confirmed with a second factor.
    Session {
        id: i64,
        confirmed_until: Option<Timestamp>,
        second_factor: bool,
    },
}

impl SignInMethod {
    /// Whether a second factor was shown in this sign-in.
    pub fn has_second_factor(&self) -> bool {
        match self {
            SignInMethod::Password { second_factor } | SignInMethod::Session { second_factor, .. } => *second_factor,
            SignInMethod::Token(_) => false,
        }
    }

    /// The session's number, where it is one.
    pub fn session_id(&self) -> Option<i64> {
        match self {
            SignInMethod::Session { id, .. } => Some(*id),
            SignInMethod::Password { .. } | SignInMethod::Token(_) => None,
        }
    }

    /// Whether the password was given in this request, or in this session within the last minutes.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        match self {
            SignInMethod::Password { .. } => true,
            SignInMethod::Session { confirmed_until, .. } => confirmed_until.is_some_and(|end| now < end),
            SignInMethod::Token(_) => false,
        }
    }
}

impl Caller {
    pub fn name(&self) -> &str {
        &self.operator.name
    }

    /// What the audit trail says that they did.
    pub fn entry(&self, action: &'static str, subject: impl ToString, detail: Value) -> AuditEntry {
        AuditEntry {
            actor: self.name().to_owned(),
            action,
            subject: subject.to_string(),
            detail,
        }
    }

    /// The account in whose name this operation may loosen the guard. An operation whose row of the table declares no
    /// loosening has none: that is a bug of ours, and nothing is done.
    pub fn relaxation_requester(&self) -> Result<RelaxationRequester, ApiProblem> {
        RelaxationRequester::from_operation(self.operator.id, self.relaxation_rule).ok_or_else(|| {
            ApiProblem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "notDeclared",
                "this operation can loosen the guard, but its route does not declare it; nothing was done",
                "Report this: it is a bug in this program.",
            )
        })
    }

    /// What a body gives of the second factor of the account of that name. Who has just shown their own need not do so
    /// again: a code works once.
    pub(crate) fn given_factor(&self, name: &str, code: Option<String>, now: Timestamp) -> GivenFactor {
        let is_own = name.eq_ignore_ascii_case(self.name());
        if code.is_none() && is_own && self.by.has_second_factor() && self.by.is_fresh(now) {
            GivenFactor::Shown
        } else {
            GivenFactor::from_code(code)
        }
    }

    /// Refuses a person who has not shown a second factor where the bus wants one (`second_factor = privileged`). Machines
    /// have none; neither has the data folder, which owns the bus.
    pub(crate) fn require_second_factor(&self, rule: SecondFactorRule) -> Result<(), ApiProblem> {
        let is_asked = rule == SecondFactorRule::Privileged
            && self.operator.kind == OperatorKind::Person
            && !is_data_folder_account(&self.operator);
        if is_asked && !self.by.has_second_factor() {
            Err(second_factor_required_problem(self.name()))
        } else {
            Ok(())
        }
    }

    /// Whether the right holds anywhere.
    pub fn has_right(&self, right: &str) -> bool {
        self.operator.has_right(right, ResourceRef::SOMEWHERE)
    }

    /// The same caller, with another question.
    pub fn with_asked_rights(&self, rights: &[&'static str]) -> Caller {
        Caller {
            asked_rights: rights.to_vec(),
            ..self.clone()
        }
    }

    pub fn reaches(&self, at: ResourceRef<'_>) -> bool {
        if self.asked_rights.is_empty() {
            self.operator.has_any_right_at(at)
        } else {
            self.asked_rights.iter().any(|right| self.operator.has_right(right, at))
        }
    }

    pub fn reaches_instance(&self, name: &InstanceName) -> bool {
        self.reaches(ResourceRef::for_instance(name))
    }

    pub fn reaches_server(&self, id: &ServerId) -> bool {
        self.reaches(ResourceRef::for_server(id))
    }

    /// Those that were removed, too.
    pub fn reaches_all_instances(&self) -> bool {
        if self.asked_rights.is_empty() {
            self.operator.grants().any(|grant| grant.scope.instances.is_none())
        } else {
            self.asked_rights
                .iter()
                .any(|right| self.operator.has_right_for_all_instances(right))
        }
    }

    pub fn reaches_everything(&self) -> bool {
        if self.asked_rights.is_empty() {
            self.operator.grants().any(|grant| grant.scope.is_everywhere())
        } else {
            self.asked_rights
                .iter()
                .any(|right| self.operator.has_right_everywhere(right))
        }
    }
}

/// The guard of the route has put it there; a route without a guard has none, and refuses.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(super::not_signed_in_problem)
    }
}
