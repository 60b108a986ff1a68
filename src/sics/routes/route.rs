//! One row of the table: what can be shown of a route, and the handler behind it.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use sics_client::Operation;

use super::{AccessRule, AccessScope};
use crate::model::RelaxationRule;
use crate::sics::Sics;

/// A row, as far as it can be shown.
#[derive(Debug, Clone)]
pub struct RouteDescription {
    /// What it does, takes and answers.
    pub operation: Operation,
    pub access_rule: AccessRule,
    pub access_scope: AccessScope,
    /// Whether it loosens the guard (A7, A9), and by what that is judged; every row that changes something says it.
    pub relaxation_rule: Option<RelaxationRule>,
    /// Open to who has to set a password of their own first.
    pub allowed_before_password: bool,
}

pub(super) struct RouteEntry {
    pub(super) description: RouteDescription,
    pub(super) handler: MethodRouter<Sics>,
}

/// The route of an operation: who may call it, where that must hold, and what carries it out.
pub(super) fn route<H: Handler<T, Sics>, T: 'static>(
    operation: Operation,
    access_rule: AccessRule,
    access_scope: AccessScope,
    handler: H,
) -> RouteEntry {
    let filter = MethodFilter::try_from(operation.method.clone()).expect("the methods of operations are plain ones");
    RouteEntry {
        description: RouteDescription {
            operation,
            access_rule,
            access_scope,
            relaxation_rule: None,
            allowed_before_password: false,
        },
        handler: on(filter, handler),
    }
}

impl RouteEntry {
    /// Whether it loosens the guard.
    pub(super) fn relaxation_rule(mut self, loosens: RelaxationRule) -> Self {
        self.description.relaxation_rule = Some(loosens);
        self
    }

    /// Open to who has to set a password of their own first.
    pub(super) fn allow_before_password(mut self) -> Self {
        self.description.allowed_before_password = true;
        self
    }
}
