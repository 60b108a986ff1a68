//! The check of an application that is still being registered: a step for each thing that there is to do in Entra, so that
//! people see how far they are. Entra looks for the application first and for its certificate then; what it says of the
//! one tells how it is with the other.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::audits::READS;
use super::credentials::UNREADABLE_RIGHTS;
use super::{ConnectionCheck, STEPS, StepBlocker, failed_step, passed_step, skipped_step};
use crate::config::InstanceSettings;
use crate::contract::{VerifyStep, VerifyStepState};
use crate::entra::permissions::{self, InstanceFeature};
use crate::entra::{EntraError, TokenSource, inspect_certificate, probe};
use crate::observe::Clock;

const APPLICATION: &str = "application";
const CERTIFICATE: &str = "certificate";
/// The application is there, and what proves that it is us is not accepted.
const OF_THE_CERTIFICATE: [&str; 3] = ["AADSTS700027", "AADSTS700024", "AADSTS7000216"];

/// What came of the sign-in: its token source, held until the check ends, and the rights, where the token tells them.
type SignedIn = (TokenSource, Option<Vec<String>>);

/// Starts the check; the receiver ends after the last step. `features`: what the application is for.
pub(crate) fn start_registration_check(
    settings: Arc<InstanceSettings>,
    features: Vec<InstanceFeature>,
    clock: Clock,
) -> mpsc::Receiver<VerifyStep> {
    let (step_sender, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        let check = ConnectionCheck {
            settings,
            clock,
            step_sender,
            host_limit: probe::HOST_LIMIT,
        };
        check.run_for_registration(&features).await;
    });
    steps
}

impl ConnectionCheck {
    async fn run_for_registration(&self, features: &[InstanceFeature]) {
        let routes = self.check_routes().await;
        let signed_in = match &routes.sign_in {
            None => self.check_application().await,
            Some(blocker) => {
                self.skip_subject(APPLICATION, &self.settings.client_id, blocker).await;
                self.skip_subject(CERTIFICATE, &self.thumbprint(), blocker).await;
                Err(blocker.clone())
            }
        };
        let blocker = match &signed_in {
            Ok((_, roles)) => self.check_each_right(features, roles.as_deref()).await,
            Err(blocker) => {
                for right in permissions::list_needed_permissions(features) {
                    self.skip_subject("right", right.name, blocker).await;
                }
                Some(blocker.clone())
            }
        };
        if !features.contains(&InstanceFeature::Scan) {
            // What is read of a tenant for orders is checked with their settings.
            return;
        }
        match blocker.or(routes.graph) {
            None => self.check_reading().await,
            Some(blocker) => self.skip_reading(&blocker).await,
        }
    }

    async fn check_application(&self) -> Result<SignedIn, StepBlocker> {
        let began = Instant::now();
        let (settings, thumbprint) = (&self.settings, self.thumbprint());
        let tokens = match TokenSource::for_credential(settings, &settings.credential, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => return Err(self.fail_subject(CERTIFICATE, &thumbprint, &began, &error).await),
        };
        let client = settings.client_id.as_str();
        let found = "registered in this tenant";
        match tokens.prove_credential().await {
            Ok(token) => {
                self.send_step(passed_step(APPLICATION, client, &began, found)).await;
                let accepted = "Entra accepts the certificate";
                self.send_step(passed_step(CERTIFICATE, &thumbprint, &began, accepted))
                    .await;
                let roles = token.has_roles().then(|| token.roles().to_vec());
                Ok((tokens, roles))
            }
            Err(error) if OF_THE_CERTIFICATE.contains(&error.code().as_str()) => {
                self.send_step(passed_step(APPLICATION, client, &began, found)).await;
                Err(self.fail_subject(CERTIFICATE, &thumbprint, &began, &error).await)
            }
            Err(error) => {
                let blocker = self.fail_subject(APPLICATION, client, &began, &error).await;
                self.skip_subject(CERTIFICATE, &thumbprint, &blocker).await;
                Err(blocker)
            }
        }
    }

    /// Each right by itself; says whether the one to read devices is missing. `roles`: `None` where the token does not tell.
    pub(super) async fn check_each_right(
        &self,
        features: &[InstanceFeature],
        roles: Option<&[String]>,
    ) -> Option<StepBlocker> {
        let began = Instant::now();
        let client = &self.settings.client_id;
        let Some(roles) = roles else {
            self.send_step(skipped_step("right", client, &began, UNREADABLE_RIGHTS))
                .await;
            return None;
        };
        let missing = permissions::compare_permissions(roles, features).missing;
        let mut blocked = None;
        for right in permissions::list_needed_permissions(features) {
            let detail = permissions::permission_reasons(right.name, features);
            let step = passed_step("right", right.name, &began, &detail);
            if !missing.iter().any(|missing| missing.name == right.name) {
                self.send_step(step).await;
                continue;
            }
            let step = VerifyStep {
                state: VerifyStepState::Failed,
                cause: Some("missing".into()),
                cure: Some(permissions::grant_command(right, client)),
                ..step
            };
            let blocker = self.send_failed(step).await;
            if right.name == READS {
                blocked = Some(blocker);
            }
        }
        self.note_surplus("", client, features, roles).await;
        blocked
    }

    async fn fail_subject(&self, step: &str, subject: &str, began: &Instant, error: &EntraError) -> StepBlocker {
        let step = failed_step(step, subject, began, error, error.code(), error.advice());
        self.send_failed(step).await
    }

    async fn skip_subject(&self, step: &str, subject: &str, blocker: &StepBlocker) {
        let step = skipped_step(step, subject, &Instant::now(), &blocker.explain_skip());
        self.send_step(step).await;
    }

    /// Of the certificate, as the portal shows it; what can't be opened is told when it is used.
    fn thumbprint(&self) -> String {
        let opened = inspect_certificate(&self.settings.credential);
        let opened = opened.ok().flatten();
        opened.map_or_else(|| "credential".to_owned(), |opened| opened.thumbprint)
    }
}
