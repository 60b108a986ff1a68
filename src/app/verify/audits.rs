//! Whether the tenant's audit of remote actions can be read. The audit outlives the device, so it alone proves a wipe
//! after the device has gone (A6). Without it, an operator has to decide about such a wipe; this check says so beforehand.

use std::time::Instant;

use super::{ConnectionCheck, StepBlocker, failed_step, passed_step, skipped_step};
use crate::contract::VerifyStep;
use crate::entra::permissions::{self, InstanceFeature, TABLE};
use crate::entra::{TokenPurpose, TokenSource};
use crate::graph::{BudgetLane, GraphClient, GraphError, RateBudget};
use crate::model::{ActionDanger, DeviceId};

const STEP: &str = "audits";
const SUBJECT: &str = "remoteActionAudits";
/// It is asked of no device, as it is asked of one after an action.
const NO_DEVICE: DeviceId = DeviceId(uuid::Uuid::nil());
/// Reads devices, and what was asked of them.
pub(super) const READS: &str = "DeviceManagementManagedDevices.Read.All";

impl ConnectionCheck {
    /// `blocker`: why actions can't read at all.
    pub(super) async fn audits(&self, blocker: Option<StepBlocker>) {
        let began = Instant::now();
        let mut verbs = self.settings.actions.verbs.iter();
        let step = if !verbs.any(|verb| verb.danger() != ActionDanger::Harmless) {
            skipped_step(
                STEP,
                SUBJECT,
                &began,
                "not needed: no enabled action requires proof from the audit",
            )
        } else if let Some(blocker) = blocker {
            skipped_step(STEP, SUBJECT, &began, &blocker.explain_skip())
        } else {
            self.read_audits(&began).await
        };
        self.send_step(step).await;
    }

    async fn read_audits(&self, began: &Instant) -> VerifyStep {
        let tokens = match TokenSource::new(&self.settings, TokenPurpose::Actions, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => return failed_step(STEP, SUBJECT, began, &error, error.code(), error.advice()),
        };
        let client_id = tokens.client_id().to_owned();
        let budget = RateBudget::for_application(&self.settings, &client_id);
        let graph = match GraphClient::new(&self.settings, tokens, budget, self.clock.clone()) {
            // Whoever verifies has mended something: only a time that Graph named holds.
            Ok(graph) => graph.in_lane(BudgetLane::Action).bypassing_refusals(),
            Err(error) => return failed_step(STEP, SUBJECT, began, &error, error.code(), error.advice()),
        };
        match graph.read_remote_action_audits(NO_DEVICE).await {
            Ok(_) => passed_step(
                STEP,
                SUBJECT,
                began,
                "the audit of remote actions is readable: it proves wipes of devices that have gone",
            ),
            Err(error) => not_read(began, &error, &client_id),
        }
    }
}

fn not_read(began: &Instant, error: &GraphError, client_id: &str) -> VerifyStep {
    let text = format!("without the audit, a wipe cannot be proven once the device has gone: {error}");
    let wanted = TABLE
        .iter()
        .find(|permission| permission.feature == InstanceFeature::Actions && permission.name == READS)
        .filter(|_| error.code() == "forbidden");
    let cure = wanted.map_or_else(
        || error.advice().to_string(),
        |permission| {
            format!(
                "{READS} is missing: {}",
                permissions::grant_command(permission, client_id)
            )
        },
    );
    failed_step(STEP, SUBJECT, began, &text, error.code(), cure)
}
