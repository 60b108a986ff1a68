//! What the workers of one installation share.

use std::future::Future;
use std::sync::Arc;

use tokio::task::JoinSet;
use tracing::Instrument;

use super::failpoints::OrderFailpoints;
use super::order_graph::OrderGraph;
use super::order_log::{OrderLog, OrderLogLevel, OrderLogger};
use crate::config::OrderSettings;
use crate::model::{InstanceId, InstanceName};
use crate::observe::Clock;
use crate::store::{Store, StoreError};

/// `Clone` shares everything.
#[derive(Clone)]
pub struct OrderContext {
    pub store: Store,
    pub graph: OrderGraph,
    pub settings: Arc<OrderSettings>,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub clock: Clock,
    /// Off unless a setting says otherwise.
    pub log: Option<OrderLog>,
    /// Of this start of the instance: what was claimed under another one was broken off.
    pub claim: Arc<str>,
    pub failpoints: OrderFailpoints,
}

impl OrderContext {
    /// Its tenant, as the store knows tenants.
    pub(super) fn tenant(&self) -> String {
        self.settings.tenant.tenant_id.to_ascii_lowercase()
    }

    /// A kill switch is on: nothing is changed in the tenant. After a restore that is so until somebody has looked (A8).
    pub(super) async fn is_stopped(&self) -> Result<bool, StoreError> {
        Ok(self.store.find_kill_switch(self.tenant()).await?.is_some())
    }

    /// Into the log of shops, where there is one.
    pub(super) fn log_line(&self, logger: OrderLogger, worker: usize, level: OrderLogLevel, text: &str) {
        if let Some(log) = &self.log {
            log.write(logger, worker, level, text);
        }
    }
}

/// Carries out `works`, at most `limit` at the same time. What panics is missing in the answer; what was not begun when this
/// is dropped is not begun any more, and what was is broken off.
pub(super) async fn run_at_once<F>(limit: usize, works: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut running = JoinSet::new();
    let mut results = Vec::new();
    let mut keep = |ended: Result<F::Output, tokio::task::JoinError>| match ended {
        Ok(result) => results.push(result),
        Err(error) => tracing::error!(error = %error, "a worker of orders broke off; its work is taken up again"),
    };
    for work in works {
        if running.len() >= limit
            && let Some(ended) = running.join_next().await
        {
            keep(ended);
        }
        running.spawn(work.instrument(tracing::Span::current()));
    }
    while let Some(ended) = running.join_next().await {
        keep(ended);
    }
    results
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn never_more_than_the_limit_at_once_and_every_result_is_there() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..20usize).map(|at| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                at
            }
        });
        let mut results = run_at_once(3, works).await;
        results.sort_unstable();
        assert_eq!(results, (0..20).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }
}
