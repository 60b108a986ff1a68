//! A request that changes something, before it is sent. [`super::action_request`] and [`super::order_request`] alone make one.

use bytes::Bytes;
use reqwest::Method;

use super::read::EndpointVersion;

/// What is to be sent.
#[derive(Debug, Clone)]
pub(super) struct WriteRequest {
    pub method: Method,
    pub version: EndpointVersion,
    /// Behind the version, beginning with a slash.
    pub path: String,
    pub body: Option<Bytes>,
    /// Why, for Microsoft's Multi Admin Approval; sent base64.
    pub justification: Option<String>,
    /// The code under which that approval was asked for.
    pub approval_code: Option<String>,
}
