//! Reading one device and the count, as a scan would.

use std::time::Instant;

use super::{ConnectionCheck, failed_step, passed_step};
use crate::contract::VerifyStep;
use crate::entra::{TokenPurpose, TokenSource};
use crate::graph::{GraphClient, GraphPage, ListQuery, RateBudget};
use crate::model::{DeviceId, choose_form, format_count};

impl ConnectionCheck {
    pub(super) async fn check_reading(&self) {
        let began = Instant::now();
        let graph = match self.build_graph_client() {
            Ok(graph) => graph,
            Err(step) => return self.send_step(*step).await,
        };
        let query = ListQuery {
            select: Some("id".into()),
            filter_since: None,
            top: 1,
        };
        let first = graph.list_devices(query).next().await;
        let device = first.as_ref().ok().and_then(|page| first_device_id(page.as_ref()?));
        let step = match first {
            Ok(Some(_)) => passed_step("device", "managedDevices", &began, "one device was read"),
            Ok(None) => passed_step(
                "device",
                "managedDevices",
                &began,
                "the tenant answers but has no devices",
            ),
            Err(error) => failed_step("device", "managedDevices", &began, &error, error.code(), error.advice()),
        };
        self.send_step(step).await;
        let began = Instant::now();
        let step = match graph.read_device_count().await {
            Ok(count) => passed_step(
                "count",
                "managedDeviceOverview",
                &began,
                &format!(
                    "{} {} enrolled",
                    format_count(count, "device"),
                    choose_form(count, "is", "are")
                ),
            ),
            Err(error) => failed_step(
                "count",
                "managedDeviceOverview",
                &began,
                &error,
                error.code(),
                error.advice(),
            ),
        };
        self.send_step(step).await;
        self.check_nodes(device).await;
    }

    /// The client of a scan, with the credential that a scan would take.
    fn build_graph_client(&self) -> Result<GraphClient, Box<VerifyStep>> {
        let began = Instant::now();
        let settings = &self.settings;
        let no = |error: &dyn std::fmt::Display, code: String, advice: String| {
            Box::new(failed_step("device", "Graph", &began, error, code, advice))
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
