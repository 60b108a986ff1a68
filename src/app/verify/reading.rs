//! Reading one device and the count, as a scan would.

use std::time::Instant;

use super::{ConnectionCheck, StepBlocker, failed_step, passed_step, skipped_step};
use crate::contract::VerifyStep;
use crate::entra::{TokenPurpose, TokenSource};
use crate::graph::{GraphClient, GraphPage, ListQuery, RateBudget};
use crate::model::{DeviceId, choose_form, format_count};

const DEVICES: &str = "managedDevices";
const COUNT: &str = "managedDeviceOverview";

impl ConnectionCheck {
    pub(super) async fn check_reading(&self) {
        let began = Instant::now();
        let graph = match self.build_graph_client() {
            Ok(graph) => graph,
            Err(step) => {
                let blocker = self.send_failed(*step).await;
                self.skip_count(&blocker).await;
                return self.skip_nodes(&blocker).await;
            }
        };
        let query = ListQuery {
            select: Some("id".into()),
            filter_since: None,
            top: 1,
        };
        let first = graph.list_devices(query).next().await;
        let device = first.as_ref().ok().and_then(|page| first_device_id(page.as_ref()?));
        let found = match first {
            Ok(Some(page)) if !page.is_empty() => "one device was read",
            Ok(_) => "the tenant answers but has no devices",
            Err(error) => {
                let step = failed_step("device", DEVICES, &began, &error, error.code(), error.advice());
                let blocker = self.send_failed(step).await;
                self.skip_count(&blocker).await;
                return self.skip_nodes(&blocker).await;
            }
        };
        self.send_step(passed_step("device", DEVICES, &began, found)).await;
        let began = Instant::now();
        let step = match graph.read_device_count().await {
            Ok(count) => {
                let enrolled = choose_form(count, "is", "are");
                let found = format!("{} {enrolled} enrolled", format_count(count, "device"));
                passed_step("count", COUNT, &began, &found)
            }
            Err(error) => failed_step("count", COUNT, &began, &error, error.code(), error.advice()),
        };
        self.send_step(step).await;
        self.check_nodes(device).await;
    }

    /// Neither device nor count nor a node can be tried.
    pub(super) async fn skip_reading(&self, blocker: &StepBlocker) {
        let step = skipped_step("device", DEVICES, &Instant::now(), &blocker.explain_skip());
        self.send_step(step).await;
        self.skip_count(blocker).await;
        self.skip_nodes(blocker).await;
    }

    async fn skip_count(&self, blocker: &StepBlocker) {
        let step = skipped_step("count", COUNT, &Instant::now(), &blocker.explain_skip());
        self.send_step(step).await;
    }

    /// The client of a scan, with the credential that a scan would take.
    fn build_graph_client(&self) -> Result<GraphClient, Box<VerifyStep>> {
        let began = Instant::now();
        let settings = &self.settings;
        let no = |error: &dyn std::fmt::Display, code: String, advice: String| {
            Box::new(failed_step("device", DEVICES, &began, error, code, advice))
        };
        let tokens = TokenSource::new(settings, TokenPurpose::Scan, self.clock.clone())
            .map_err(|error| no(&error, error.code(), error.advice()))?;
        let budget = RateBudget::for_application(settings, &settings.client_id);
        // Whoever verifies has mended something: only a time that Graph named holds.
        GraphClient::new(settings, tokens, budget, self.clock.clone())
            .map(|graph| graph.bypassing_refusals())
            .map_err(|error| no(&error, error.code(), error.advice()))
    }
}

fn first_device_id(page: &GraphPage) -> Option<DeviceId> {
    let record = page.records().next()?;
    let record: serde_json::Value = serde_json::from_slice(record).ok()?;
    record["id"].as_str()?.parse().ok()
}
