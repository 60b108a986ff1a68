//! What connects to others: the one way out of the house, for Microsoft and for everybody else.
//!
//! ```text
//! address → rule → proxy → name → addresses that are allowed → connection → trust
//! ```
//!
//! [`http`] builds the clients, [`dial`] makes the few connections that no client can make, [`proxies`] says which proxies hold for
//! both, [`trust`] has the authorities, [`connection_error`] says how far a connection came. An address that comes from a person is judged by
//! [`address_rule`], and so is the address that its name leads to, at the connection itself ([`checked_resolver`]).
//!
//! What is sent, and what an answer means, is known elsewhere. Nothing here is kept.

mod address_rule;
mod checked_resolver;
mod connection_error;
pub(crate) mod dial;
mod http;
mod http_error;
mod proxies;
pub(crate) mod secret_text;
mod trust;

pub use address_rule::{
    AddressClass, AddressRefused, AddressRule, check_given_url, check_target_url, classify_address,
};
pub(crate) use checked_resolver::{CheckedResolver, find_refused_address};
pub use connection_error::{ConnectionCause, ConnectionError};
pub(crate) use http::prepare_http_client;
pub use http::{HttpTimeouts, build_http_client};
pub use http_error::HttpError;
