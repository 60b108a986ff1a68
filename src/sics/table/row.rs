//! One row of the table: what can be shown of a route, and the handler behind it.

use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};

use super::{Need, Place};
use crate::model::Loosens;
use crate::sics::Sics;

/// A row, as far as it can be shown.
#[derive(Debug, Clone)]
pub struct RouteFacts {
    pub method: Method,
    pub path: &'static str,
    pub need: Need,
    pub place: Place,
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
    pub loosens: Option<Loosens>,
    /// Open to who has to set a password of their own first.
    pub before_password: bool,
}

pub(super) struct Row {
    pub(super) facts: RouteFacts,
    pub(super) service: MethodRouter<Sics>,
}

type At = (&'static str, Need, Place);

impl Row {
    fn new<H, T>(method: Method, filter: MethodFilter, (path, need, place): At, handler: H) -> Self
    where
        H: Handler<T, Sics>,
        T: 'static,
    {
        Row {
            facts: RouteFacts {
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

    pub(super) fn says(mut self, operation: &'static str, summary: &'static str) -> Self {
        (self.facts.operation, self.facts.summary) = (operation, summary);
        self
    }

    pub(super) fn asks(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.facts.query = query;
        self
    }

    pub(super) fn takes(mut self, schema: &'static str) -> Self {
        self.facts.takes = Some(schema);
        self
    }

    pub(super) fn gives(mut self, schema: &'static str) -> Self {
        self.facts.gives = Some(schema);
        self
    }

    /// Whether it loosens the guard.
    pub(super) fn loosens(mut self, loosens: Loosens) -> Self {
        self.facts.loosens = Some(loosens);
        self
    }

    /// Open to who has to set a password of their own first.
    pub(super) fn before_password(mut self) -> Self {
        self.facts.before_password = true;
        self
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.facts.status = status.as_u16();
        self
    }
}

pub(super) fn get<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::GET, MethodFilter::GET, (path, need, place), handler)
}

pub(super) fn post<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::POST, MethodFilter::POST, (path, need, place), handler)
}

pub(super) fn put<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::PUT, MethodFilter::PUT, (path, need, place), handler).status(StatusCode::CREATED)
}

pub(super) fn patch<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::PATCH, MethodFilter::PATCH, (path, need, place), handler)
}

pub(super) fn delete<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::DELETE, MethodFilter::DELETE, (path, need, place), handler).status(StatusCode::NO_CONTENT)
}
