//! Each credential signs in by itself, and the rights in its token are compared with those of the features that it
//! serves (E4): only what is really switched on is missed, and nothing that is switched on is called surplus.

use std::collections::BTreeSet;
use std::time::Instant;

use super::audits::READS;
use super::{ConnectionCheck, StepBlocker, failed_step, passed_step, skipped_step};
use crate::actions::specs::ActionSpec;
use crate::config::{Credential, CredentialKind, CredentialUse, InstanceSettings, PrimaryUserMode};
use crate::contract::{VerifyStep, VerifyStepState};
use crate::entra::permissions::{self, InstanceFeature};
use crate::entra::{EntraError, KEY_BITS_MIN, TokenSource, credential_expiry, find_short_key};
use crate::model::Timestamp;

pub(super) const UNREADABLE_RIGHTS: &str =
    "unknown: the token does not list the rights in a readable form; the device step shows whether they are sufficient";

/// One credential and what it is for.
struct CredentialUsage<'a> {
    credential_use: CredentialUse,
    credential: &'a Credential,
    features: Vec<InstanceFeature>,
}

/// Why devices can't be read: with the credentials of the scan, with that of actions. `None`: they may be.
pub(super) struct CredentialBlockers {
    pub reading: Option<StepBlocker>,
    pub acting: Option<StepBlocker>,
}

impl CredentialBlockers {
    /// One credential of the scan that works is enough.
    fn new(of_credentials: &[(CredentialUse, Option<StepBlocker>)]) -> CredentialBlockers {
        let blocker_of = |uses: &[CredentialUse]| {
            let of_uses = || {
                of_credentials
                    .iter()
                    .filter(|(credential_use, _)| uses.contains(credential_use))
            };
            let works = of_uses().any(|(_, blocker)| blocker.is_none());
            of_uses().find_map(|(_, blocker)| blocker.clone()).filter(|_| !works)
        };
        let reading = [CredentialUse::Main, CredentialUse::Next];
        let own = of_credentials.iter().any(|(which, _)| *which == CredentialUse::Actions);
        let acting = own.then(|| blocker_of(&[CredentialUse::Actions]));
        CredentialBlockers {
            acting: acting.unwrap_or_else(|| blocker_of(&reading)),
            reading: blocker_of(&reading),
        }
    }
}

impl ConnectionCheck {
    /// `sign_in`: why the sign-in host can't be reached. What was issued is held until the check ends.
    pub(super) async fn check_credentials(
        &self,
        sign_in: Option<&StepBlocker>,
        token_sources: &mut Vec<TokenSource>,
    ) -> CredentialBlockers {
        let all = credential_usages(&self.settings);
        let mut blockers = Vec::new();
        for one in &all {
            let unknown = |why: &str| skipped_step("right", &one.step_subject(), &Instant::now(), why);
            let (tokens, roles) = match self.check_access_token(one, sign_in).await {
                Ok(signed_in) => signed_in,
                Err(blocker) => {
                    self.send_step(unknown(&blocker.explain_skip())).await;
                    blockers.push((one.credential_use, Some(blocker)));
                    continue;
                }
            };
            token_sources.push(tokens);
            let Some(roles) = roles else {
                self.send_step(unknown(&format!("{}{UNREADABLE_RIGHTS}", one.detail_prefix())))
                    .await;
                blockers.push((one.credential_use, None));
                continue;
            };
            // Credentials of one application have the rights of one application.
            let client = all
                .iter()
                .filter(|other| other.credential.client_id == one.credential.client_id);
            let of_client: Vec<InstanceFeature> = client.flat_map(|other| other.features.iter().copied()).collect();
            let blocker = self.check_permissions(one, &of_client, &roles).await;
            blockers.push((one.credential_use, blocker));
        }
        CredentialBlockers::new(&blockers)
    }

    /// A new token whatever is cached, or a secret that was revoked within the hour would not show; with the rights
    /// that it holds; `None` for those where it does not tell.
    async fn check_access_token(
        &self,
        one: &CredentialUsage<'_>,
        sign_in: Option<&StepBlocker>,
    ) -> Result<(TokenSource, Option<Vec<String>>), StepBlocker> {
        let began = Instant::now();
        let not = |subject: &str, error: &EntraError| {
            let detail = format!("{}{}", one.detail_prefix(), one.describe_error(error));
            let advice = error.advice_for(&one.credential.secret_place);
            let step = failed_step("token", subject, &began, &detail, error.code(), advice);
            self.send_failed(step)
        };
        let client = &one.credential.client_id;
        let tokens = match TokenSource::for_credential(&self.settings, one.credential, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => return Err(not("credential", &error).await),
        };
        if let Some(blocker) = sign_in {
            let detail = format!("{}{}", one.detail_prefix(), blocker.explain_skip());
            self.send_step(skipped_step("token", client, &began, &detail)).await;
            return Err(blocker.clone());
        }
        match tokens.prove_credential().await {
            Ok(token) => {
                let detail = format!("{}Entra has issued a token", one.detail_prefix());
                self.send_step(passed_step("token", client, &began, &detail)).await;
                self.note_doubts(one).await;
                let roles = token.has_roles().then(|| token.roles().to_vec());
                Ok((tokens, roles))
            }
            Err(error) => Err(not(client, &error).await),
        }
    }

    /// What is wrong with a credential although Entra has issued a token for it.
    async fn note_doubts(&self, one: &CredentialUsage<'_>) {
        let began = Instant::now();
        for (doubt, cure) in one.find_doubts(self.clock.now()) {
            let detail = format!("{}{doubt}", one.detail_prefix());
            let step = VerifyStep {
                cure: Some(cure.to_owned()),
                state: VerifyStepState::Note,
                ..passed_step("token", &one.credential.client_id, &began, &detail)
            };
            self.send_step(step).await;
        }
    }

    /// `of_client`: what else its application is for. Says whether the right to read devices is missing.
    async fn check_permissions(
        &self,
        one: &CredentialUsage<'_>,
        of_client: &[InstanceFeature],
        roles: &[String],
    ) -> Option<StepBlocker> {
        let began = Instant::now();
        let client = &one.credential.client_id;
        let missing = permissions::compare_permissions(roles, &one.features).missing;
        let mut blocked = None;
        for right in &missing {
            let detail = format!(
                "{}{}",
                one.detail_prefix(),
                permissions::permission_reasons(right.name, &one.features)
            );
            let step = VerifyStep {
                cure: Some(permissions::grant_command(right, client)),
                cause: Some("missing".into()),
                state: VerifyStepState::Failed,
                ..passed_step("right", right.name, &began, &detail)
            };
            let blocker = self.send_failed(step).await;
            if right.name == READS {
                blocked = Some(blocker);
            }
        }
        self.note_surplus(one.detail_prefix(), client, of_client, roles).await;
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
        blocked
    }

    /// Rights that an application has and none of these features needs.
    pub(super) async fn note_surplus(
        &self,
        detail_prefix: &str,
        client: &str,
        features: &[InstanceFeature],
        roles: &[String],
    ) {
        let began = Instant::now();
        for surplus in &permissions::compare_permissions(roles, features).surplus {
            let detail = format!("{detail_prefix}granted, but not needed by any enabled feature");
            let step = VerifyStep {
                cure: Some(format!(
                    "remove {surplus} from the API permissions of the app registration {client}, if nothing else signs in with it"
                )),
                state: VerifyStepState::Note,
                ..passed_step("right", surplus, &began, &detail)
            };
            self.send_step(step).await;
        }
    }
}

impl CredentialUsage<'_> {
    fn step_subject(&self) -> String {
        if self.features.is_empty() {
            self.credential_use.name().to_owned()
        } else {
            let needing = self.features.iter().filter(|feature| !feature.is_optional());
            let words: Vec<&str> = needing.map(|feature| feature.display_name()).collect();
            words.join(", ")
        }
    }

    /// What its own end and key say, each with its cure.
    fn find_doubts(&self, now: Timestamp) -> Vec<(String, &'static str)> {
        let is_secret = matches!(self.credential.kind, CredentialKind::Secret(_));
        let ended = credential_expiry(self.credential, now).filter(|expiry| expiry.days_left < 0);
        let ended = ended.map(|expiry| {
            let on = expiry.on;
            if is_secret {
                let cure = "correct the last day of the secret in the settings (secret_expires_on)";
                (
                    format!("by the settings, the secret ended on {on}, but Entra accepts it"),
                    cure,
                )
            } else {
                let cure = "create a new certificate, and give it as the next credential";
                (
                    format!("the certificate ended on {on}, but Entra still accepts it"),
                    cure,
                )
            }
        });
        let short = find_short_key(self.credential).map(|bits| {
            let doubt =
                format!("the key of the certificate has {bits} bits, and Entra asks for {KEY_BITS_MIN} or more");
            (doubt, "create a new certificate, and give it as the next credential")
        });
        ended.into_iter().chain(short).collect()
    }

    /// Names the file of a credential that could not be loaded from one.
    fn describe_error(&self, error: &EntraError) -> String {
        match (error, &self.credential.file) {
            (EntraError::Credential(error), Some(file)) => {
                format!("failed to load the credential from {}: {error}", file.display())
            }
            _ => error.to_string(),
        }
    }

    /// The main one goes without saying.
    fn detail_prefix(&self) -> &'static str {
        match self.credential_use {
            CredentialUse::Main => "",
            CredentialUse::Next => "the next credential: ",
            CredentialUse::Actions => "the credential for actions: ",
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

/// What is switched on and done with the credential of the scan, and so with its application.
pub(crate) fn main_features(settings: &InstanceSettings) -> Vec<InstanceFeature> {
    enabled_features(settings, CredentialUse::Main)
}

/// What is switched on and done with this credential.
fn enabled_features(settings: &InstanceSettings, which: CredentialUse) -> Vec<InstanceFeature> {
    match which {
        CredentialUse::Main | CredentialUse::Next => {
            let has_enabled_nodes = settings.nodes.iter().any(|node| node.enabled);
            let mut features = vec![InstanceFeature::Scan];
            let reads_users = settings.devices.primary_user != PrimaryUserMode::Off;
            features.extend(reads_users.then_some(InstanceFeature::PrimaryUser));
            features.extend(has_enabled_nodes.then_some(InstanceFeature::Compliance));
            if settings.actions_credential.is_none() {
                features.extend(action_features(settings));
            }
            features
        }
        CredentialUse::Actions => action_features(settings),
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
