//! Reading one device and the count, as a scan would.

use std::time::Instant;

use super::{Check, failed, ok};
use crate::entra::{Purpose, TokenSource};
use crate::graph::{Budget, Graph, ListQuery, Page};
use crate::model::DeviceId;
use crate::sics::VerifyStep;

impl Check {
    pub(super) async fn reads(&self) {
        let began = Instant::now();
        let graph = match self.graph() {
            Ok(graph) => graph,
            Err(step) => return self.step(*step).await,
        };
        let query = ListQuery {
            select: Some("id".into()),
            filter_since: None,
            top: 1,
        };
        let first = graph.list(query).next().await;
        let device = first.as_ref().ok().and_then(|page| first_of(page.as_ref()?));
        let step = match first {
            Ok(Some(_)) => ok("device", "managedDevices", &began, "one device was read"),
            Ok(None) => ok(
                "device",
                "managedDevices",
                &began,
                "the tenant answers, and has no devices",
            ),
            Err(error) => failed("device", "managedDevices", &began, &error, error.code(), error.advice()),
        };
        self.step(step).await;
        let began = Instant::now();
        let step = match graph.enrolled_device_count().await {
            Ok(count) => ok(
                "count",
                "managedDeviceOverview",
                &began,
                &format!("{count} devices are enrolled"),
            ),
            Err(error) => failed(
                "count",
                "managedDeviceOverview",
                &began,
                &error,
                error.code(),
                error.advice(),
            ),
        };
        self.step(step).await;
        self.nodes(device).await;
    }

    /// The client of a scan, with the credential that a scan would take.
    fn graph(&self) -> Result<Graph, Box<VerifyStep>> {
        let began = Instant::now();
        let settings = &self.settings;
        let no = |error: &dyn std::fmt::Display, code: String, advice: String| {
            Box::new(failed("device", "Graph", &began, error, code, advice))
        };
        let tokens = TokenSource::new(settings, Purpose::Scan, self.clock.clone())
            .map_err(|error| no(&error, error.code(), error.advice()))?;
        let budget = Budget::of(settings, &settings.client_id);
        // Whoever verifies has mended something: only a time that Graph named holds.
        Graph::new(settings, tokens, budget, self.clock.clone())
            .map(|graph| graph.anew())
            .map_err(|error| no(&error, error.code(), error.advice()))
    }
}

fn first_of(page: &Page) -> Option<DeviceId> {
    let record = page.records().next()?;
    let record: serde_json::Value = serde_json::from_slice(record).ok()?;
    record["id"].as_str()?.parse().ok()
}
