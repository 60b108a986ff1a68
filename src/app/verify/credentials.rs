//! Each credential signs in by itself, and the rights in its token are compared with those of the features that it
//! serves (E4): only what is really switched on is missed, and nothing that is switched on is called surplus.

use std::collections::BTreeSet;
use std::time::Instant;

use super::{ConnectionCheck, failed_step, passed_step, skipped_step};
use crate::actions::specs::ActionSpec;
use crate::config::{Credential, CredentialUse, InstanceSettings};
use crate::contract::{VerifyStep, VerifyStepState};
use crate::entra::permissions::{self, InstanceFeature};
use crate::entra::{EntraError, TokenSource};

/// One credential and what it is for.
struct CredentialUsage<'a> {
    credential_use: CredentialUse,
    credential: &'a Credential,
    features: Vec<InstanceFeature>,
}

impl ConnectionCheck {
    /// Whether one that reads devices has signed in. What was issued is held until the check ends.
    pub(super) async fn check_credentials(&self, token_sources: &mut Vec<TokenSource>) -> bool {
        let all = credential_usages(&self.settings);
        let mut reads = false;
        for one in &all {
            let unknown = |why: &str| skipped_step("right", &one.step_subject(), &Instant::now(), why);
            let Some((tokens, roles)) = self.check_access_token(one).await else {
                self.send_step(unknown("no access token")).await;
                continue;
            };
            token_sources.push(tokens);
            reads |= matches!(one.credential_use, CredentialUse::Main | CredentialUse::Next);
            let Some(roles) = roles else {
                let why = "unknown: the token does not list the rights in a readable form; the device step shows whether they are sufficient";
                self.send_step(unknown(&format!("{}{why}", one.detail_prefix()))).await;
                continue;
            };
            // Credentials of one application have the rights of one application.
            let client = all
                .iter()
                .filter(|other| other.credential.client_id == one.credential.client_id);
            let of_client: Vec<InstanceFeature> = client.flat_map(|other| other.features.iter().copied()).collect();
            self.check_permissions(one, &of_client, &roles).await;
        }
        reads
    }

    /// A new token whatever is cached, or a secret that was revoked within the hour would not show; with the rights
    /// that it holds; `None` for those where it does not tell.
    async fn check_access_token(&self, one: &CredentialUsage<'_>) -> Option<(TokenSource, Option<Vec<String>>)> {
        let began = Instant::now();
        let not = |subject: &str, error: &EntraError| {
            let detail = format!("{}{error}", one.detail_prefix());
            let step = failed_step("token", subject, &began, &detail, error.code(), error.advice());
            self.send_step(step)
        };
        let client = &one.credential.client_id;
        let tokens = match TokenSource::for_credential(&self.settings, one.credential, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => {
                not("credential", &error).await;
                return None;
            }
        };
        match tokens.prove_credential().await {
            Ok(token) => {
                let detail = format!("{}Entra has issued a token", one.detail_prefix());
                self.send_step(passed_step("token", client, &began, &detail)).await;
                let roles = token.has_roles().then(|| token.roles().to_vec());
                Some((tokens, roles))
            }
            Err(error) => {
                not(client, &error).await;
                None
            }
        }
    }

    /// `of_client`: what else its application is for.
    async fn check_permissions(&self, one: &CredentialUsage<'_>, of_client: &[InstanceFeature], roles: &[String]) {
        let began = Instant::now();
        let client = &one.credential.client_id;
        let missing = permissions::compare_permissions(roles, &one.features).missing;
        for right in &missing {
            let detail = format!(
                "{}{}",
                one.detail_prefix(),
                permissions::permission_reasons(right.name, &one.features)
            );
            self.send_step(VerifyStep {
                cure: Some(permissions::grant_command(right, client)),
                cause: Some("missing".into()),
                state: VerifyStepState::Failed,
                ..passed_step("right", right.name, &began, &detail)
            })
            .await;
        }
        for surplus in &permissions::compare_permissions(roles, of_client).surplus {
            let detail = format!("{}granted, but not needed by any enabled feature", one.detail_prefix());
            self.send_step(passed_step("right", surplus, &began, &detail)).await;
        }
        if missing.is_empty() {
            let found = if one.features.is_empty() {
                "no feature that uses it is enabled"
            } else {
                "all required rights are granted"
            };
            let detail = format!("{}{found}", one.detail_prefix());
            self.send_step(passed_step("right", &one.step_subject(), &began, &detail))
                .await;
        }
    }

    pub(super) async fn skip_reading(&self) {
        for (step, subject) in [
            ("device", "managedDevices"),
            ("count", "managedDeviceOverview"),
            ("audits", "remoteActionAudits"),
        ] {
            let step = skipped_step(step, subject, &Instant::now(), "no access token");
            self.send_step(step).await;
        }
    }
}

impl CredentialUsage<'_> {
    fn step_subject(&self) -> String {
        if self.features.is_empty() {
            self.credential_use.name().to_owned()
        } else {
            let words: Vec<&str> = self.features.iter().map(|feature| feature.display_name()).collect();
            words.join(", ")
        }
    }

    /// The main one goes without saying.
    fn detail_prefix(&self) -> &'static str {
        match self.credential_use {
            CredentialUse::Main => "",
            CredentialUse::Next => "the next credential: ",
            CredentialUse::Actions => "the credential for actions: ",
            CredentialUse::Orders => "the credential for orders: ",
        }
    }
}

fn credential_usages(settings: &InstanceSettings) -> Vec<CredentialUsage<'_>> {
    let credentials = settings.all_credentials();
    let served = credentials.map(|(which, credential)| CredentialUsage {
        credential_use: which,
        credential,
        features: enabled_features(settings, which),
    });
    served.collect()
}

/// What is switched on and done with this credential.
fn enabled_features(settings: &InstanceSettings, which: CredentialUse) -> Vec<InstanceFeature> {
    match which {
        CredentialUse::Main | CredentialUse::Next => {
            let has_enabled_nodes = settings.nodes.iter().any(|node| node.enabled);
            let mut features = vec![InstanceFeature::Scan];
            features.extend(has_enabled_nodes.then_some(InstanceFeature::Compliance));
            if settings.actions_credential.is_none() {
                features.extend(action_features(settings));
            }
            features
        }
        CredentialUse::Actions => action_features(settings),
        // Nothing but its credential says that orders are on.
        CredentialUse::Orders => vec![InstanceFeature::Orders],
    }
}

/// What the verbs need that are switched on.
fn action_features(settings: &InstanceSettings) -> Vec<InstanceFeature> {
    let verbs = settings.actions.verbs.iter();
    let permissions: BTreeSet<&str> = verbs.map(|verb| ActionSpec::for_action(*verb).permission).collect();
    permissions
        .into_iter()
        .filter_map(permissions::feature_of_permission)
        .collect()
}
