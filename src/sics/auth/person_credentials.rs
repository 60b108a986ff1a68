//! What somebody gives to sign in: name, password, and what they show beside it.

use secrecy::SecretString;

/// What somebody gives to sign in.
pub(crate) struct PersonCredentials {
    pub name: String,
    pub password: SecretString,
    pub factor: GivenFactor,
}

/// What somebody shows beside the password.
pub(crate) enum GivenFactor {
    Nothing,
    Code(SecretString),
    /// The same person has shown one in this very sign-in.
    Shown,
}

impl GivenFactor {
    /// As a body has it.
    pub(crate) fn from_code(code: Option<String>) -> GivenFactor {
        match code {
            Some(code) => GivenFactor::Code(code.into()),
            None => GivenFactor::Nothing,
        }
    }
}
