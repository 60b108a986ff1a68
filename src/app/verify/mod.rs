//! The connection check, as steps that come one by one: each ok, failed or skipped, with cause and cure. It asks Entra
//! and Graph for as little as proves that the real thing will work, and writes nothing.
//!
//! In this order: [`way`] to each host, [`credentials`] and the rights in their tokens, [`reading`] of one device and
//! of the count, [`nodes`] of compliance decisions, [`audits`] of what was done to devices, [`servers`] of the audience.

mod audits;
mod credentials;
mod nodes;
mod reading;
mod servers;
mod way;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use crate::config::InstanceSettings;
use crate::entra;
use crate::observe::Clock;
use crate::sics::{StepState, VerifyStep};
use crate::store::{InstanceRow, Store};

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;

/// Starts the check; the receiver ends after the last step. `at`: the store whose servers are looked at.
pub fn start(
    settings: Arc<InstanceSettings>,
    at: Option<(Store, Option<InstanceRow>)>,
    clock: Clock,
) -> mpsc::Receiver<VerifyStep> {
    let (tell, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        let check = Check { settings, clock, tell };
        check.run(at).await;
    });
    steps
}

struct Check {
    settings: Arc<InstanceSettings>,
    clock: Clock,
    tell: mpsc::Sender<VerifyStep>,
}

impl Check {
    async fn step(&self, step: VerifyStep) {
        let _ = self.tell.send(step).await;
    }

    async fn run(&self, at: Option<(Store, Option<InstanceRow>)>) {
        let authority = entra::Authority::for_instance(&self.settings);
        for url in [&authority.login_url, &authority.graph_url] {
            self.way(url).await;
        }
        let mut held = Vec::new();
        match self.credentials(&mut held).await {
            true => {
                self.reads().await;
                self.audits().await;
            }
            false => self.skip_reading().await,
        }
        if let Some((store, row)) = at {
            self.servers(&store, row).await;
        }
    }
}

fn ok(step: &str, subject: &str, began: &Instant, detail: &str) -> VerifyStep {
    VerifyStep {
        step: step.to_owned(),
        subject: subject.to_owned(),
        state: StepState::Ok,
        detail: detail.to_owned(),
        cause: None,
        cure: None,
        took_ms: began.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    }
}

fn skipped(step: &str, subject: &str, began: &Instant, detail: &str) -> VerifyStep {
    VerifyStep {
        state: StepState::Skipped,
        ..ok(step, subject, began, detail)
    }
}

fn failed(
    step: &str,
    subject: &str,
    began: &Instant,
    error: &dyn std::fmt::Display,
    code: impl Into<String>,
    advice: impl Into<String>,
) -> VerifyStep {
    VerifyStep {
        state: StepState::Failed,
        cause: Some(code.into()),
        cure: Some(advice.into()),
        ..ok(step, subject, began, &error.to_string())
    }
}
