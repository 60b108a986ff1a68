//! People's accounts, as far as the password grant asks for them. The people whose devices are simulated have none:
//! nobody signs in as them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An account of a tenant.
#[derive(Clone)]
pub struct Account {
    /// As in `userPrincipalName`; not case-sensitive.
    pub user_name: String,
    pub password: String,
    pub standing: Standing,
    /// Holds a role in Intune that lets it read devices: without one a delegated token is good for nothing there.
    pub intune_role: bool,
}

/// Why an account can't sign in by password alone, if it can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    #[default]
    Good,
    /// A second factor is wanted.
    Mfa,
    /// A second factor has to be set up first.
    MfaEnrolment,
    /// Signs in at another identity provider, which this grant never asks.
    Federated,
    /// At home in another tenant.
    Guest,
    /// Stopped by Conditional Access.
    Blocked,
    Disabled,
    PasswordExpired,
    LockedOut,
}

impl Account {
    pub fn new(user_name: &str, password: &str) -> Self {
        Account {
            user_name: user_name.to_lowercase(),
            password: password.to_owned(),
            standing: Standing::Good,
            intune_role: true,
        }
    }

    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    pub fn without_intune_role(mut self) -> Self {
        self.intune_role = false;
        self
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("user_name", &self.user_name)
            .field("standing", &self.standing)
            .field("intune_role", &self.intune_role)
            .finish_non_exhaustive()
    }
}
