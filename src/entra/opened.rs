//! A credential as people may see it before anything is sent: that its file opens, and whose certificate it is.

use super::credential::{CredentialError, Loaded, Proof};
use crate::config::Credential;
use crate::model::Timestamp;

/// What can be shown of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub subject: String,
    /// SHA-1 in upper-case hexadecimal, as the portal shows it.
    pub thumbprint: String,
    pub not_after: Timestamp,
}

/// `None`: the credential is no certificate.
pub fn open(credential: &Credential) -> Result<Option<Opened>, CredentialError> {
    Ok(match Loaded::load(credential)?.proof {
        Proof::Certificate(certified) => Some(Opened {
            subject: certified.subject.clone(),
            thumbprint: certified.thumbprint(),
            not_after: certified.not_after,
        }),
        Proof::Secret(_) | Proof::TokenFile(_) => None,
    })
}
