//! Who is asking, once that has been proven.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::Value;

use crate::model::{InstanceName, RelaxationRequester, RelaxationRule, ResourceRef, ServerId};
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
    Password,
    /// The token's number.
    Token(i64),
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
