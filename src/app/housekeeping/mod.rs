//! Regular tasks: gauges, the end of credentials, the head of the audit trail in the daily
//! log (E5), reports that are written by schedule. A tick wakes it; the clock says what is due.

mod credential_expiry;
pub(crate) mod damage_check;
mod scheduled_reports;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta, Timelike};
use tokio::sync::watch;

use super::instances::Instances;
use crate::entra::{CredentialRollover, ExpiryWarnings};
use crate::inventory::audience::is_in_audience;
use crate::model::TaskState;
use crate::observe::{self, metric};
use crate::store::{Store, StoreError, read_log_witnesses};

/// Ticks (seconds) between two looks at the gauges.
const EVERY_TICKS: u64 = 15;

/// How long a run of a target can be put back.
const TARGET_WRITES_KEPT: TimeDelta = TimeDelta::days(30);

/// What was done, and need not be done again.
#[derive(Default)]
struct HousekeepingState {
    /// What is done once a day was done on this one.
    last_daily_run: Option<NaiveDate>,
    /// The end of the audit trail was last logged in this hour.
    last_logged_hour: Option<(NaiveDate, u32)>,
    expiry_warnings: ExpiryWarnings,
}

pub(crate) async fn run(instances: Arc<Instances>, mut ticks: watch::Receiver<u64>) {
    let mut done = HousekeepingState::default();
    loop {
        run_round(&instances, &mut done).await;
        for _ in 0..EVERY_TICKS {
            if ticks.changed().await.is_err() {
                return;
            }
        }
    }
}

async fn run_round(instances: &Instances, done: &mut HousekeepingState) {
    let now = instances.clock.now();
    let today = now.date_naive();
    if let Err(error) = update_job_gauges(instances).await {
        tracing::warn!(error = %error, "failed to update the job gauges");
    }
    if let Err(error) = update_gauges(instances).await {
        tracing::warn!(error = %error, "failed to update the gauges");
    }
    credential_expiry::check_expiries(instances, &mut done.expiry_warnings);
    update_budget_gauges(instances);
    promote_credentials(instances).await;
    if done.last_daily_run != Some(today) {
        done.last_daily_run = Some(today);
        purge_expired(instances).await;
        verify_audit_trail(instances).await;
    }
    let hour = Some((today, now.hour()));
    if done.last_logged_hour != hour {
        // An empty trail is looked at again.
        if log_audit_head(&instances.store).await {
            done.last_logged_hour = hour;
        }
    }
    // A command that works on a folder without a bus writes no reports.
    if instances.supervisor.is_running() {
        scheduled_reports::write_due_reports(instances).await;
    }
}

/// The end of the trail into the daily log: what is cut off later shows against it (E5). Says whether there was one.
pub(crate) async fn log_audit_head(store: &Store) -> bool {
    match store.find_audit_head().await {
        Ok(Some(last)) => {
            observe::log_audit_head(&last.head, last.entry);
            true
        }
        Ok(None) => false,
        Err(error) => {
            tracing::warn!(error = %error, "failed to read the head of the audit trail");
            false
        }
    }
}

/// Once a day the whole trail, against what the logs remember.
async fn verify_audit_trail(instances: &Instances) {
    let logs = instances.folder.log_folder();
    let logged = tokio::task::spawn_blocking(move || read_log_witnesses(&logs)).await;
    let logged = logged.map_err(std::io::Error::other).and_then(|logged| logged);
    let logged_heads = logged.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "failed to read the heads of the audit trail in the daily logs");
        Vec::new()
    });
    match instances.store.verify_audit_trail(logged_heads).await {
        Ok(verdict) if verdict.whole => (),
        Ok(verdict) => tracing::error!(
            broken_at = verdict.broken_at,
            missing = verdict.missing.len(),
            "the audit trail is not intact: run intune-connector audit verify to see where"
        ),
        Err(error) => tracing::warn!(error = %error, "failed to verify the audit trail"),
    }
}

async fn update_gauges(instances: &Instances) -> Result<(), StoreError> {
    let (store, metrics) = (&instances.store, &instances.metrics);
    let head = store.watch_head().borrow().0;
    metrics.set(&metric::FEED_HEAD, &[], head as f64);
    let rows = store.list_instances().await?;
    for row in rows.iter().filter(|row| row.removed_at.is_none()) {
        metrics.set(
            &metric::DEVICES,
            &[row.name.as_str()],
            store.count_devices(row.id).await? as f64,
        );
    }
    let operators = store.list_operators().await?;
    for server in store.list_servers().await? {
        let owner = operators.iter().find(|operator| operator.id == server.owner);
        let mut behind = 0;
        for row in &rows {
            if owner.is_some_and(|owner| is_in_audience(&server, owner, row)) {
                behind += store
                    .count_pending_changes(row.id, server.positions.get(&row.id).copied())
                    .await?;
            }
        }
        let label = [server.id.as_str()];
        metrics.set(&metric::SERVER_LAG, &label, behind as f64);
        for (metric, at) in [
            (&metric::SERVER_SEEN, server.last_seen_at),
            (&metric::SERVER_ACKNOWLEDGED, server.acknowledged_at),
        ] {
            if let Some(at) = at {
                metrics.set(metric, &label, at.timestamp() as f64);
            }
        }
    }
    metrics.set(&metric::STORE_COMMITS, &[], store.count_commits().await? as f64);
    metrics.set(&metric::STORE_BYTES, &[], store.size_bytes() as f64);
    if let Ok(Some(free)) = observe::free_bytes(instances.folder.path()) {
        metrics.set(&metric::FREE_BYTES, &[], free as f64);
    }
    metrics.set(
        &metric::STORE_WRITABLE,
        &[],
        f64::from(u8::from(store.failure_code().is_none())),
    );
    Ok(())
}

/// What waits, what is under way, and what stands in the way.
async fn update_job_gauges(instances: &Instances) -> Result<(), StoreError> {
    let (store, metrics) = (&instances.store, &instances.metrics);
    let (task_counts, waiting) = store.count_open_tasks().await?;
    for state in TaskState::open_published_states() {
        let matching = task_counts.iter().filter(|(of, _)| of.published_state() == state);
        let count: u64 = matching.map(|(_, count)| count).sum();
        metrics.set(&metric::TASKS_OPEN, &[state.name()], count as f64);
    }
    metrics.set(&metric::JOBS_WAITING, &[], waiting as f64);
    metrics.set(
        &metric::KILL_SWITCH,
        &[],
        store.list_kill_switches().await?.len() as f64,
    );
    let broken = store.list_broken_glass(true).await?.len();
    metrics.set(&metric::BROKEN_GLASSES, &[], broken as f64);
    metrics.set(&metric::SUSPENDED, &[], store.list_suspensions().await?.len() as f64);
    Ok(())
}

/// Once a day: results that were acknowledged and are old, runs, the history of devices and of orders, what targets wrote a month
/// ago, registrations that nobody has looked at for a month, and unlock codes, passcodes and positions (E1). What fails is tried again on the next day; until
/// then codes and positions are not shown any more.
async fn purge_expired(instances: &Instances) {
    match instances.store.sweep_results().await {
        Ok(count) => tracing::debug!(count, "acknowledged results were removed"),
        Err(error) => tracing::warn!(error = %error, "failed to remove acknowledged results"),
    }
    match instances.store.sweep_runs().await {
        Ok(count) => tracing::debug!(count, "runs that ended more than 90 days ago were removed"),
        Err(error) => tracing::warn!(error = %error, "failed to remove old runs"),
    }
    match instances.store.sweep_history().await {
        Ok(count) => tracing::debug!(count, "old parts of the history of devices were removed"),
        Err(error) => tracing::warn!(error = %error, "failed to remove old parts of the history of devices"),
    }
    sweep_order_events(instances).await;
    sweep_target_writes(instances).await;
    match instances.store.erase_action_secrets().await {
        Ok(count) => tracing::debug!(
            count,
            "codes and positions returned by actions were erased after 7 days"
        ),
        Err(error) => tracing::error!(error = %error, "failed to erase codes and positions returned by actions"),
    }
    match instances.store.sweep_registrations().await {
        Ok(count) => tracing::debug!(
            count,
            "registrations that were not used for 30 days were erased with their keys"
        ),
        Err(error) => tracing::error!(error = %error, "failed to erase the keys of unused registrations"),
    }
}

async fn sweep_order_events(instances: &Instances) {
    let kept_days = match instances.folder.read_bus_settings() {
        Ok(settings) => settings.store.order_history_days,
        Err(error) => {
            tracing::warn!(error = %error, "failed to read bus.ini: what happened to old orders is kept until tomorrow");
            return;
        }
    };
    match instances.store.sweep_order_events(kept_days).await {
        Ok(count) => tracing::debug!(count, "old events of orders that have ended were removed"),
        Err(error) => tracing::warn!(error = %error, "failed to remove old events of orders"),
    }
}

/// What was there before a write is kept as long as a run can be put back.
async fn sweep_target_writes(instances: &Instances) {
    let before = instances.clock.now() - TARGET_WRITES_KEPT;
    match instances.store.sweep_target_writes(before).await {
        Ok(count) => tracing::debug!(count, "what targets wrote more than 30 days ago was removed"),
        Err(error) => tracing::warn!(error = %error, "failed to remove what targets wrote long ago"),
    }
}

/// The request budget left, per tenant and application: that of the scan, and that of actions where it is another one.
fn update_budget_gauges(instances: &Instances) {
    let gauges = instances.read_all_slots(|_, slot| {
        let Some(settings) = &slot.settings else {
            return Vec::new();
        };
        let of_actions = settings.actions_credential.as_ref();
        let action_client_id = of_actions.map_or(&settings.client_id, |credential| &credential.client_id);
        [
            (&slot.graph, &settings.client_id),
            (&slot.action_client, action_client_id),
        ]
        .into_iter()
        .filter_map(|(graph, client)| {
            let gauge = graph.as_ref()?.budget().read_gauge();
            Some((settings.tenant_id.clone(), client.clone(), gauge))
        })
        .collect()
    });
    for (tenant, client, gauge) in gauges.into_iter().flatten() {
        let set = |kind: &str, used: u32, limit: u32| {
            let labels = [tenant.as_str(), client.as_str(), kind];
            instances.metrics.set(&metric::BUDGET_USED, &labels, f64::from(used));
            instances.metrics.set(&metric::BUDGET_LIMIT, &labels, f64::from(limit));
        };
        set("any", gauge.used, gauge.limit);
        set("write", gauge.writes_used, gauge.writes_limit);
    }
}

/// A next credential that has been proven takes the place of the present one, in the settings too.
async fn promote_credentials(instances: &Instances) {
    let promotable = instances.read_all_slots(|name, slot| {
        let graph = slot.graph.as_ref()?;
        matches!(graph.token_source().rollover(), CredentialRollover::Proven { .. }).then(|| name.clone())
    });
    for name in promotable.into_iter().flatten() {
        match instances.folder.promote_next_credential(&name) {
            Ok(_) => {
                tracing::info!(instance.name = %name, "the next credential works and is now the current one; the old one can be removed from the app registration");
                instances.stop(&name).await;
                if let Err(error) = instances.start(&name).await {
                    tracing::error!(instance.name = %name, error = %error, "the instance does not start with its next credential");
                }
            }
            Err(error) => {
                tracing::warn!(instance.name = %name, error = %error, "the next credential works, but the settings file could not be changed");
            }
        }
    }
}
