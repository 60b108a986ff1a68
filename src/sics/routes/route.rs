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
    pub access_rule: AccessRule,
    pub access_scope: AccessScope,
    /// `operationId` in the OpenAPI document.
    pub operation_id: &'static str,
    pub summary: &'static str,
    /// Names and meanings of query parameters.
    pub query_parameters: &'static [(&'static str, &'static str)],
    /// Schema of the body it takes.
    pub request_schema: Option<&'static str>,
    /// Schema of what it answers.
    pub response_schema: Option<&'static str>,
    /// Status where it went well.
    pub status: u16,
    /// Whether it loosens the guard (A7, A9), and by what that is judged; every row that changes something says it.
    pub relaxation_rule: Option<RelaxationRule>,
    /// Open to who has to set a password of their own first.
    pub allowed_before_password: bool,
}

pub(super) struct RouteEntry {
    pub(super) description: RouteDescription,
    pub(super) handler: MethodRouter<Sics>,
}

type RouteAccess = (&'static str, AccessRule, AccessScope);

impl RouteEntry {
    fn new<H, T>(method: Method, filter: MethodFilter, (path, need, place): RouteAccess, handler: H) -> Self
    where
        H: Handler<T, Sics>,
        T: 'static,
    {
        RouteEntry {
            description: RouteDescription {
                method,
                path,
                access_rule: need,
                access_scope: place,
                operation_id: "",
                summary: "",
                query_parameters: &[],
                request_schema: None,
                response_schema: None,
                status: 200,
                relaxation_rule: None,
                allowed_before_password: false,
            },
            handler: on(filter, handler),
        }
    }

    pub(super) fn operation(mut self, operation: &'static str, summary: &'static str) -> Self {
        (self.description.operation_id, self.description.summary) = (operation, summary);
        self
    }

    pub(super) fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.description.query_parameters = query;
        self
    }

    pub(super) fn body(mut self, schema: &'static str) -> Self {
        self.description.request_schema = Some(schema);
        self
    }

    pub(super) fn response(mut self, schema: &'static str) -> Self {
        self.description.response_schema = Some(schema);
        self
    }

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

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.description.status = status.as_u16();
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
