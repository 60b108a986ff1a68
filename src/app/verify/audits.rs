//! Whether the tenant's audit of remote actions can be read. It survives the device, so it alone proves that a wipe was done
//! whose device has gone (A6): without it such a wipe stays with an operator, and that is told here and not after the first one.

use std::time::Instant;

use super::{ConnectionCheck, failed_step, passed_step, skipped_step};
use crate::entra::permissions::{self, InstanceFeature, TABLE};
use crate::entra::{TokenPurpose, TokenSource};
use crate::graph::{BudgetLane, GraphClient, GraphError, RateBudget};
use crate::model::{ActionDanger, DeviceId};
use crate::sics::VerifyStep;

const STEP: &str = "audits";
const SUBJECT: &str = "remoteActionAudits";
/// It is asked of no device, as it is asked of one after an action.
const NO_DEVICE: DeviceId = DeviceId(uuid::Uuid::nil());
/// Reads devices, and what was asked of them.
const READS: &str = "DeviceManagementManagedDevices.Read.All";

impl ConnectionCheck {
    pub(super) async fn audits(&self) {
        let began = Instant::now();
        let mut verbs = self.settings.actions.verbs.iter();
        let step = if !verbs.any(|verb| verb.danger() != ActionDanger::Harmless) {
            skipped_step(
                STEP,
                SUBJECT,
                &began,
                "nothing is switched on that would have to be proven by it",
            )
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
                "the audit of remote actions can be read: it proves wipes whose device has gone",
            ),
            Err(error) => not_read(began, &error, &client_id),
        }
    }
}

fn not_read(began: &Instant, error: &GraphError, client_id: &str) -> VerifyStep {
    let text = format!("without it no wipe is proven whose device has gone: {error}");
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
