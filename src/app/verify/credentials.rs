//! Each credential signs in by itself, and the rights in its token are compared with those of the features that it
//! serves (E4): only what is really switched on is missed, and nothing that is switched on is called surplus.

use std::collections::BTreeSet;
use std::time::Instant;

use super::{Check, failed, ok, skipped};
use crate::actions::verbs::VerbSpec;
use crate::config::{Credential, CredentialUse, InstanceSettings};
use crate::entra::permissions::{self, Feature};
use crate::entra::{EntraError, TokenSource};
use crate::sics::{StepState, VerifyStep};

/// One credential and what it is for.
struct Served<'a> {
    which: CredentialUse,
    credential: &'a Credential,
    features: Vec<Feature>,
}

impl Check {
    /// Whether one that reads devices has signed in. What was issued is held until the check ends.
    pub(super) async fn credentials(&self, held: &mut Vec<TokenSource>) -> bool {
        let all = served(&self.settings);
        let mut reads = false;
        for one in &all {
            let unknown = |why: &str| skipped("right", &one.subject(), &Instant::now(), why);
            let Some((tokens, roles)) = self.token(one).await else {
                self.step(unknown("there is no token")).await;
                continue;
            };
            held.push(tokens);
            reads |= matches!(one.which, CredentialUse::Main | CredentialUse::Next);
            let Some(roles) = roles else {
                let why = "unknown: the token does not tell them in a form that can be read; the device step shows whether they are enough";
                self.step(unknown(&format!("{}{why}", one.introduced()))).await;
                continue;
            };
            // Credentials of one application have the rights of one application.
            let client = all
                .iter()
                .filter(|other| other.credential.client_id == one.credential.client_id);
            let of_client: Vec<Feature> = client.flat_map(|other| other.features.iter().copied()).collect();
            self.rights(one, &of_client, &roles).await;
        }
        reads
    }

    /// A new token whatever is cached, or a secret that was revoked within the hour would not show; with the rights
    /// that it holds; `None` for those where it does not tell.
    async fn token(&self, one: &Served<'_>) -> Option<(TokenSource, Option<Vec<String>>)> {
        let began = Instant::now();
        let not = |subject: &str, error: &EntraError| {
            let detail = format!("{}{error}", one.introduced());
            let step = failed("token", subject, &began, &detail, error.code(), error.advice());
            self.step(step)
        };
        let client = &one.credential.client_id;
        let tokens = match TokenSource::alone(&self.settings, one.credential, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => {
                not("credential", &error).await;
                return None;
            }
        };
        match tokens.prove().await {
            Ok(token) => {
                let detail = format!("{}Entra has issued a token", one.introduced());
                self.step(ok("token", client, &began, &detail)).await;
                let roles = token.tells_roles().then(|| token.roles().to_vec());
                Some((tokens, roles))
            }
            Err(error) => {
                not(client, &error).await;
                None
            }
        }
    }

    /// `of_client`: what else its application is for.
    async fn rights(&self, one: &Served<'_>, of_client: &[Feature], roles: &[String]) {
        let began = Instant::now();
        let client = &one.credential.client_id;
        let missing = permissions::compare(roles, &one.features).missing;
        for right in &missing {
            let detail = format!(
                "{}{}",
                one.introduced(),
                permissions::reasons(right.name, &one.features)
            );
            self.step(VerifyStep {
                cure: Some(permissions::grant_command(right, client)),
                cause: Some("missing".into()),
                state: StepState::Failed,
                ..ok("right", right.name, &began, &detail)
            })
            .await;
        }
        for surplus in &permissions::compare(roles, of_client).surplus {
            let detail = format!("{}granted, but not needed for what is switched on", one.introduced());
            self.step(ok("right", surplus, &began, &detail)).await;
        }
        if missing.is_empty() {
            let found = match one.features.is_empty() {
                true => "nothing that it is for is switched on",
                false => "all rights that this needs are granted",
            };
            let detail = format!("{}{found}", one.introduced());
            self.step(ok("right", &one.subject(), &began, &detail)).await;
        }
    }

    pub(super) async fn skip_reading(&self) {
        for (step, subject) in [
            ("device", "managedDevices"),
            ("count", "managedDeviceOverview"),
            ("audits", "remoteActionAudits"),
        ] {
            let step = skipped(step, subject, &Instant::now(), "there is no token");
            self.step(step).await;
        }
    }
}

impl Served<'_> {
    fn subject(&self) -> String {
        match self.features.is_empty() {
            true => self.which.word().to_owned(),
            false => {
                let words: Vec<&str> = self.features.iter().map(|feature| feature.word()).collect();
                words.join(", ")
            }
        }
    }

    /// The main one goes without saying.
    fn introduced(&self) -> &'static str {
        match self.which {
            CredentialUse::Main => "",
            CredentialUse::Next => "the next credential: ",
            CredentialUse::Actions => "the credential of actions: ",
            CredentialUse::Orders => "the credential of orders: ",
        }
    }
}

fn served(settings: &InstanceSettings) -> Vec<Served<'_>> {
    let credentials = settings.credentials();
    let served = credentials.map(|(which, credential)| Served {
        which,
        credential,
        features: features(settings, which),
    });
    served.collect()
}

/// What is switched on and done with this credential.
fn features(settings: &InstanceSettings, which: CredentialUse) -> Vec<Feature> {
    match which {
        CredentialUse::Main | CredentialUse::Next => {
            let decides = settings.nodes.iter().any(|node| node.enabled);
            let mut features = vec![Feature::Scan];
            features.extend(decides.then_some(Feature::Compliance));
            if settings.actions_credential.is_none() {
                features.extend(of_verbs(settings));
            }
            features
        }
        CredentialUse::Actions => of_verbs(settings),
        // Nothing but its credential says that orders are on.
        CredentialUse::Orders => vec![Feature::Orders],
    }
}

/// What the verbs need that are switched on.
fn of_verbs(settings: &InstanceSettings) -> Vec<Feature> {
    let verbs = settings.actions.verbs.iter();
    let permissions: BTreeSet<&str> = verbs.map(|verb| VerbSpec::of(*verb).permission).collect();
    permissions.into_iter().filter_map(permissions::feature_of).collect()
}
