//! Tokens in the name of a person, for compliance nodes alone; why there are any, [`super::password_user`] says.

use secrecy::SecretString;

use super::error::EntraError;
use super::identity::TokenRetryPolicy;
use super::password_user::{PASSWORD_GRANT_ADVICE, PASSWORD_GRANT_WARNING, PasswordUser};
use super::token_source::{TokenPurpose, TokenSource};
use crate::config::InstanceSettings;
use crate::observe::Clock;

impl TokenSource {
    /// Tokens in the name of a person, by the instance's own application. For compliance nodes alone.
    pub fn for_user(
        settings: &InstanceSettings,
        user_name: &str,
        password: &SecretString,
        clock: Clock,
    ) -> Result<Self, EntraError> {
        Self::for_user_with_policy(settings, user_name, password, clock, TokenRetryPolicy::default())
    }

    pub fn for_user_with_policy(
        settings: &InstanceSettings,
        user_name: &str,
        password: &SecretString,
        clock: Clock,
        retry_policy: TokenRetryPolicy,
    ) -> Result<Self, EntraError> {
        let password_user = PasswordUser::new(user_name, password);
        let source = Self::build(settings, TokenPurpose::Scan, clock, retry_policy, Some(&password_user))?;
        tracing::warn!(
            client_id = source.client_id(),
            problem = PASSWORD_GRANT_WARNING,
            advice = PASSWORD_GRANT_ADVICE,
            "a compliance node signs in as a person"
        );
        Ok(source)
    }
}
