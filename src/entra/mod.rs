//! Sign-in: from a credential in the settings to a token that Graph accepts.
//!
//! ```text
//! settings → credential (secret, PFX, PEM, token file) → assertion → token request → cache → flow
//! ```
//!
//! What this room promises: one request at a time per identity, renewed in time (`identity`); the next credential is
//! proven before the present one is dropped (`token_source`, E4); no secret, token, assertion or password is in any error,
//! log or debug print (E1, `net`); each refusal says what is wrong and what to do (`error_codes`). Nothing is kept on
//! disk: after a crash a token is asked for anew.
//!
//! An application signs in as itself. As a person it signs in only where a compliance node reproduces the product
//! that did so (`password_user`): nobody but that room asks for it.
//!
//! An application that is not there yet gets a key that is made here (`new_certificate`), and whoever registers it is told
//! each step (`registration`).
//!
//! It leaves to others: what a token is used for, and what to do about a right that is missing (`permissions` only
//! says which).

mod access_token;
mod assertion;
mod authority;
mod certificate;
mod certificate_view;
mod credential;
mod credential_error;
mod error;
pub mod error_codes;
mod expiry;
mod identity;
mod new_certificate;
mod password_user;
pub mod permissions;
mod pfx;
pub mod probe;
mod registration;
#[cfg(test)]
pub(crate) mod sample;
mod token_request;
mod token_source;
mod used_certificate;
mod user_token_source;

pub use access_token::AccessToken;
pub use authority::{Authority, cloud_hosts};
pub(crate) use certificate_view::find_short_key;
pub use certificate_view::{CertificateView, inspect_certificate};
pub use credential::read_token_file;
pub use credential_error::CredentialError;
pub use error::{EntraError, SignInRefusal};
pub use expiry::{CredentialExpiry, ExpiryLevel, ExpiryWarnings, credential_expiry};
pub use identity::TokenRetryPolicy;
pub use new_certificate::{NewCertificate, PublicCertificate, create_certificate, describe_certificate};
pub use password_user::{PASSWORD_GRANT_ADVICE, PASSWORD_GRANT_WARNING};
pub use pfx::needs_pfx_password;
pub use registration::{RegistrationPlan, RegistrationScripts, application_name, plan_permissions};
pub use token_source::{CredentialRollover, TokenPurpose, TokenSource};
pub(crate) use used_certificate::KEY_BITS_MIN;
pub use used_certificate::UsedCertificate;
