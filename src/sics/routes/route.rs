//! One row of the table: what can be shown of a route, and the handler behind it.

use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};

use super::{AccessRule, AccessScope};
use crate::model::RelaxationRule;
use crate::sics::Sics;

/// A row, as far as it can be shown.
#[derive(Debug, Clone)]
pub struct RouteDescription {
    pub method: Method,
    pub path: &'static str,
    pub need: AccessRule,
    pub place: AccessScope,
    /// `operationId` in the OpenAPI document.
    pub operation: &'static str,
    pub summary: &'static str,
    /// Names and meanings of query parameters.
    pub query: &'static [(&'static str, &'static str)],
    /// Schema of the body it takes.
    pub takes: Option<&'static str>,
    /// Schema of what it answers.
    pub gives: Option<&'static str>,
    /// Status where it went well.
    pub status: u16,
    /// Whether it loosens the guard (A7, A9), and by what that is judged; every row that changes something says it.
    pub loosens: Option<RelaxationRule>,
    /// Open to who has to set a password of their own first.
    pub before_password: bool,
}

pub(super) struct RouteEntry {
    pub(super) facts: RouteDescription,
    pub(super) service: MethodRouter<Sics>,
}

type RouteAccess = (&'static str, AccessRule, AccessScope);

impl RouteEntry {
    fn new<H, T>(method: Method, filter: MethodFilter, (path, need, place): RouteAccess, handler: H) -> Self
    where
        H: Handler<T, Sics>,
        T: 'static,
    {
        RouteEntry {
            facts: RouteDescription {
                method,
                path,
                need,
                place,
                operation: "",
                summary: "",
                query: &[],
                takes: None,
                gives: None,
                status: 200,
                loosens: None,
                before_password: false,
            },
            service: on(filter, handler),
        }
    }

    pub(super) fn operation(mut self, operation: &'static str, summary: &'static str) -> Self {
        (self.facts.operation, self.facts.summary) = (operation, summary);
        self
    }

    pub(super) fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.facts.query = query;
        self
    }

    pub(super) fn body(mut self, schema: &'static str) -> Self {
        self.facts.takes = Some(schema);
        self
    }

    pub(super) fn response(mut self, schema: &'static str) -> Self {
        self.facts.gives = Some(schema);
        self
    }

    /// Whether it loosens the guard.
    pub(super) fn relaxation_rule(mut self, loosens: RelaxationRule) -> Self {
        self.facts.loosens = Some(loosens);
        self
    }

    /// Open to who has to set a password of their own first.
    pub(super) fn allow_before_password(mut self) -> Self {
        self.facts.before_password = true;
        self
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.facts.status = status.as_u16();
        self
    }
}

pub(super) fn get<H: Handler<T, Sics>, T: 'static>(
    path: &'static str,
    need: AccessRule,
    place: AccessScope,
    handler: H,
) -> RouteEntry {
    RouteEntry::new(Method::GET, MethodFilter::GET, (path, need, place), handler)
}

pub(super) fn post<H: Handler<T, Sics>, T: 'static>(
    path: &'static str,
    need: AccessRule,
    place: AccessScope,
    handler: H,
) -> RouteEntry {
    RouteEntry::new(Method::POST, MethodFilter::POST, (path, need, place), handler)
}

pub(super) fn put<H: Handler<T, Sics>, T: 'static>(
    path: &'static str,
    need: AccessRule,
    place: AccessScope,
    handler: H,
) -> RouteEntry {
    RouteEntry::new(Method::PUT, MethodFilter::PUT, (path, need, place), handler).status(StatusCode::CREATED)
}

pub(super) fn patch<H: Handler<T, Sics>, T: 'static>(
    path: &'static str,
    need: AccessRule,
    place: AccessScope,
    handler: H,
) -> RouteEntry {
    RouteEntry::new(Method::PATCH, MethodFilter::PATCH, (path, need, place), handler)
}

pub(super) fn delete<H: Handler<T, Sics>, T: 'static>(
    path: &'static str,
    need: AccessRule,
    place: AccessScope,
    handler: H,
) -> RouteEntry {
    RouteEntry::new(Method::DELETE, MethodFilter::DELETE, (path, need, place), handler).status(StatusCode::NO_CONTENT)
}
