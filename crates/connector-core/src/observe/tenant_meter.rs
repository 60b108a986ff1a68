//! The numbers of one tenant's traffic: where the tokens and the answers of Graph are counted.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Metrics, metric};

/// Counts for one tenant; counts nothing until it is told where. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct TenantMeter {
    sink: Arc<OnceLock<(Metrics, String)>>,
}

impl TenantMeter {
    /// From now on it counts there. The first one stays.
    pub fn connect_metrics(&self, metrics: &Metrics, tenant: &str) {
        let _ = self.sink.set((metrics.clone(), tenant.to_owned()));
    }

    /// A token was asked for: `ok`, or the code of the failure.
    pub fn count_token(&self, outcome: &str) {
        if let Some((metrics, tenant)) = self.sink.get() {
            metrics.increment_counter(&metric::TOKENS, &[tenant, outcome], 1);
        }
    }

    /// Graph was asked, and answered with this status; `None`: not at all.
    pub fn count_response(&self, status: Option<u16>, elapsed: Duration) {
        let Some((metrics, tenant)) = self.sink.get() else {
            return;
        };
        let status = status.unwrap_or(0);
        metrics.increment_counter(&metric::GRAPH_REQUESTS, &[tenant, &status.to_string()], 1);
        metrics.observe_value(&metric::GRAPH_SECONDS, &[tenant], elapsed.as_secs_f64());
        if status == 429 {
            metrics.increment_counter(&metric::GRAPH_THROTTLED, &[tenant], 1);
        }
    }

    /// A read is tried again.
    pub fn count_retry(&self, code: &str) {
        if let Some((metrics, tenant)) = self.sink.get() {
            metrics.increment_counter(&metric::GRAPH_RETRIES, &[tenant, code], 1);
        }
    }
}
