//! Reading one device and the count, as a scan would.

use std::time::Instant;

use super::{Check, failed, ok};
use crate::entra::TokenSource;
use crate::graph::{Budget, Graph, ListQuery, Page};
use crate::model::DeviceId;

impl Check {
    pub(super) async fn reads(&self, tokens: TokenSource) {
        let began = Instant::now();
        let settings = &self.settings;
        let budget = Budget::shared(&settings.tenant_id, &settings.client_id, settings.budget_percent);
        let graph = match Graph::new(settings, tokens, budget, self.clock.clone()) {
            Ok(graph) => graph,
            Err(error) => {
                self.step(failed("device", "Graph", &began, &error, error.code(), error.advice()))
                    .await;
                return;
            }
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
}

fn first_of(page: &Page) -> Option<DeviceId> {
    let record = page.records().next()?;
    let record: serde_json::Value = serde_json::from_slice(record).ok()?;
    record["id"].as_str()?.parse().ok()
}
