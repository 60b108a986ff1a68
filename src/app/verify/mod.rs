//! The connection check, as steps that arrive one by one: each ok, failed or skipped, with cause and cure. It requests
//! as little from Entra and Graph as proves that real operation will work, and writes nothing. What follows from a step that
//! failed is skipped and names it, so that one cause is one failure.
//!
//! In this order: [`route`] to each host, [`credentials`] and the rights in their tokens, [`reading`] of one device and
//! of the count, [`nodes`] of compliance decisions, [`audits`] of what was done to devices, [`servers`] of the audience. An
//! application that is still being registered has a check of its own ([`registration`]), and so have app orders ([`orders`])
//! and targets ([`targets`]).

mod audits;
mod credentials;
mod nodes;
mod orders;
mod reading;
mod registration;
mod route;
mod servers;
mod target_gaps;
mod targets;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::config::InstanceSettings;
use crate::contract::{VerifyStep, VerifyStepState};
use crate::entra::probe;
use crate::observe::Clock;
use crate::store::{InstanceRow, Store};

pub(crate) use credentials::main_features;
pub(crate) use orders::start_order_check;
pub(crate) use registration::start_registration_check;
pub(crate) use target_gaps::find_target_gaps;
pub(crate) use targets::{TargetCheck, start_target_check};

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;

/// Starts the check; the receiver ends after the last step. `at`: the store whose servers are looked at.
pub fn start_check(
    settings: Arc<InstanceSettings>,
    at: Option<(Store, Option<InstanceRow>)>,
    clock: Clock,
) -> mpsc::Receiver<VerifyStep> {
    start_check_within(settings, at, clock, probe::HOST_LIMIT)
}

/// `host_limit`: how long a host that does not answer may take.
fn start_check_within(
    settings: Arc<InstanceSettings>,
    at: Option<(Store, Option<InstanceRow>)>,
    clock: Clock,
    host_limit: Duration,
) -> mpsc::Receiver<VerifyStep> {
    let (tell, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        let check = ConnectionCheck {
            settings,
            clock,
            step_sender: tell,
            host_limit,
        };
        check.run(at).await;
    });
    steps
}

struct ConnectionCheck {
    settings: Arc<InstanceSettings>,
    clock: Clock,
    step_sender: mpsc::Sender<VerifyStep>,
    host_limit: Duration,
}

/// A step that failed, as those name it that are skipped because of it: `tls graph.microsoft.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StepBlocker(String);

impl StepBlocker {
    fn explain_skip(&self) -> String {
        format!("not tried, because step `{}` failed", self.0)
    }
}

impl ConnectionCheck {
    async fn send_step(&self, step: VerifyStep) {
        let _ = self.step_sender.send(step).await;
    }

    /// Sends a step that failed; what it stands in the way of is skipped.
    async fn send_failed(&self, step: VerifyStep) -> StepBlocker {
        let blocker = StepBlocker(format!("{} {}", step.step, step.subject));
        self.send_step(step).await;
        blocker
    }

    async fn run(&self, at: Option<(Store, Option<InstanceRow>)>) {
        let routes = self.check_routes().await;
        let mut token_sources = Vec::new();
        let credentials = self
            .check_credentials(routes.sign_in.as_ref(), &mut token_sources)
            .await;
        match credentials.reading.or_else(|| routes.graph.clone()) {
            None => self.check_reading().await,
            Some(blocker) => self.skip_reading(&blocker).await,
        }
        self.audits(credentials.acting.or(routes.graph)).await;
        if let Some((store, row)) = at {
            self.check_servers(&store, row).await;
        }
    }
}

fn passed_step(step: &str, subject: &str, began: &Instant, detail: &str) -> VerifyStep {
    VerifyStep {
        step: step.to_owned(),
        subject: subject.to_owned(),
        state: VerifyStepState::Ok,
        detail: detail.to_owned(),
        cause: None,
        cure: None,
        took_ms: began.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    }
}

fn skipped_step(step: &str, subject: &str, began: &Instant, detail: &str) -> VerifyStep {
    VerifyStep {
        state: VerifyStepState::Skipped,
        ..passed_step(step, subject, began, detail)
    }
}

fn failed_step(
    step: &str,
    subject: &str,
    began: &Instant,
    error: &dyn std::fmt::Display,
    code: impl Into<String>,
    advice: impl Into<String>,
) -> VerifyStep {
    VerifyStep {
        state: VerifyStepState::Failed,
        cause: Some(code.into()),
        cure: Some(advice.into()),
        ..passed_step(step, subject, began, &error.to_string())
    }
}
