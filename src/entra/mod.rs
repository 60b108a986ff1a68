//! Sign-in: from a credential in the settings to a token that Graph accepts.
//!
//! ```text
//! settings → credential (secret, PFX, PEM, token file) → assertion → token request → cache → flow
//! ```
//!
//! What this room promises: one request at a time per identity, renewed in time (`identity`); the next credential is
//! proven before the present one is dropped (`source`, E4); no secret, token, assertion or password is in any error,
//! log or debug print (E1, `secret_text`); each refusal says what is wrong and what to do (`codes`). Nothing is kept on
//! disk: after a crash a token is asked for anew.
//!
//! An application signs in as itself. As a person it signs in only where a compliance node reproduces the product
//! that did so (`person`): nobody but that room asks for it.
//!
//! It leaves to others: what a token is used for, and what to do about a right that is missing (`permissions` only
//! says which).

mod access;
mod assertion;
mod authority;
mod certificate;
pub mod codes;
mod connection;
mod credential;
pub(crate) mod dial;
mod error;
mod expiry;
mod http;
mod identity;
mod opened;
pub mod permissions;
mod person;
mod pfx;
pub mod probe;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod secret_text;
mod source;
mod token;

pub use access::AccessToken;
pub use authority::{Authority, hosts};
pub use connection::{Connection, ConnectionCause};
pub use credential::{CredentialError, read_token_file};
pub use error::{EntraError, Refusal};
pub use expiry::{Expiry, Level, Warned, expiry};
pub use http::{HttpError, Timeouts, http_client};
pub use identity::Patience;
pub use opened::{Opened, open};
pub use person::{PASSWORD_GRANT_ADVICE, PASSWORD_GRANT_WARNING};
pub use source::{Purpose, Rollover, TokenSource};
