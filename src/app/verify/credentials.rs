//! Signing in, and the rights that come with it.

use std::time::Instant;

use super::{Check, failed, ok, skipped};
use crate::entra::{EntraError, Purpose, TokenSource, permissions};
use crate::sics::{StepState, VerifyStep};

impl Check {
    /// A new token whatever is cached, or a secret that was revoked within the hour would not show; with the rights
    /// that it holds.
    pub(super) async fn token(&self) -> Option<(TokenSource, Vec<String>)> {
        let began = Instant::now();
        let not = |subject: &str, error: &EntraError| {
            let step = failed("token", subject, &began, error, error.code(), error.advice());
            self.step(step)
        };
        let tokens = match TokenSource::new(&self.settings, Purpose::Scan, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => {
                not("credential", &error).await;
                return None;
            }
        };
        let client = &self.settings.client_id;
        match tokens.prove().await {
            Ok(token) => {
                self.step(ok("token", client, &began, "Entra has issued a token")).await;
                let roles = token.roles().to_vec();
                Some((tokens, roles))
            }
            Err(error) => {
                not(client, &error).await;
                None
            }
        }
    }

    pub(super) async fn skip_what_needs_a_token(&self) {
        for (step, subject) in [
            ("right", "inventory"),
            ("device", "managedDevices"),
            ("count", "managedDeviceOverview"),
        ] {
            self.step(skipped(step, subject, &Instant::now(), "there is no token"))
                .await;
        }
    }

    pub(super) async fn rights(&self, roles: &[String]) {
        let began = Instant::now();
        let found = permissions::compare(roles, &[permissions::Feature::Scan]);
        for missing in &found.missing {
            self.step(VerifyStep {
                cure: Some(permissions::grant_with_az(&self.settings.client_id, missing.name)),
                cause: Some("missing".into()),
                state: StepState::Failed,
                ..ok("right", missing.name, &began, missing.reason)
            })
            .await;
        }
        for surplus in &found.surplus {
            let detail = "granted, but not needed for what is switched on";
            self.step(ok("right", surplus, &began, detail)).await;
        }
        if found.missing.is_empty() {
            self.step(ok(
                "right",
                "inventory",
                &began,
                "all rights that reading needs are granted",
            ))
            .await;
        }
    }
}
