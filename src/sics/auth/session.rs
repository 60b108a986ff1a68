//! Who is asking, once that has been proven.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::model::{InstanceName, ServerId};
use crate::sics::problem::Problem;
use crate::store::OperatorRow;

#[derive(Clone, Debug)]
pub struct Caller {
    pub operator: Arc<OperatorRow>,
    pub by: By,
    pub address: IpAddr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Password,
    /// The token's number.
    Token(i64),
}

impl Caller {
    pub fn name(&self) -> &str {
        &self.operator.name
    }

    pub fn may(&self, right: &str) -> bool {
        self.operator.rights.iter().any(|granted| granted.covers(right))
    }

    pub fn reaches_instance(&self, name: &InstanceName) -> bool {
        self.operator.scope.holds_for_instance(name)
    }

    pub fn reaches_server(&self, id: &ServerId) -> bool {
        self.operator.scope.holds_for_server(id)
    }
}

/// The guard of the route has put it there; a route without a guard has none, and refuses.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(super::not_signed_in)
    }
}
