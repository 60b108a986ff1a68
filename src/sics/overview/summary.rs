//! `GET /sics/v1/summary`: the fleets in numbers, as far as the caller's scope reaches.

use axum::Json;
use axum::extract::State;

use super::days::build_days;
use super::fleet_cache::FleetCounts;
use super::fleet_counts::sort_counts;
use super::known_world::KnownWorld;
use super::running::gather_running;
use super::visibility::Viewer;
use crate::contract::{BudgetView, CredentialEndView, InstanceStatus, RunningWorkView, SummaryView};
use crate::model::{InstanceId, Timestamp};
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;
use crate::sics::{InstanceDetail, Sics};

/// Rights of which one lets somebody see numbers, where it holds.
pub(crate) const COUNTS: &[&str] = &["Devices_Read", "Instances_Read"];

pub(crate) async fn show_summary(State(sics): State<Sics>, caller: Caller) -> Result<Json<SummaryView>, ApiProblem> {
    let reached = sics.reachable_instances(&caller).await?;
    let ids: Vec<InstanceId> = reached.iter().map(|row| row.id).collect();
    let (counts, tasks) = sics.overview().fleets.fetch_counts(&sics, &ids).await?;
    let mut fleet = FleetCounts::default();
    counts.iter().for_each(|counted| fleet.add_counts(&counted.fleet));
    let scans = counts.iter().flat_map(|counted| &counted.scans);
    let tasks = tasks.iter().filter(|ended| ids.contains(&ended.instance));
    let world = KnownWorld::read_world(&sics).await?;
    let viewer = Viewer::new(&caller, &world);
    let details = visible_details(&sics, &viewer);
    let statuses = sics.engine().instance_statuses().await?;
    Ok(Json(SummaryView {
        devices: fleet.devices,
        by_platform: sort_counts(&fleet.platforms),
        by_compliance: sort_counts(&fleet.compliance),
        by_ownership: sort_counts(&fleet.ownership),
        by_check_in_age: fleet.list_ages(),
        days: build_days(sics.now(), scans, tasks),
        running: visible_running(&sics, &viewer).await?,
        credentials: list_credential_ends(&details),
        budgets: list_budgets(&details, &statuses),
    }))
}

fn visible_details(sics: &Sics, viewer: &Viewer<'_>) -> Vec<InstanceDetail> {
    let mut details = sics.engine().instance_details();
    details.retain(|detail| viewer.has_right_at("Instances_Read", &detail.name));
    details
}

async fn visible_running(sics: &Sics, viewer: &Viewer<'_>) -> Result<Vec<RunningWorkView>, ApiProblem> {
    let all = sics
        .overview()
        .running
        .fetch(sics.store(), || gather_running(sics))
        .await?;
    let seen = all.iter().filter(|work| viewer.sees(&work.visibility));
    Ok(seen.map(|work| work.view.clone()).collect())
}

/// The next first.
fn list_credential_ends(details: &[InstanceDetail]) -> Vec<CredentialEndView> {
    let of_instance = |detail: &InstanceDetail| {
        let instance = detail.name.to_string();
        let view = move |end: &crate::sics::CredentialEnd| CredentialEndView {
            instance: instance.clone(),
            kind: end.purpose.to_owned(),
            ends_at: end.ends_at,
            days_left: end.days_left,
        };
        detail.credentials.iter().map(view).collect::<Vec<_>>()
    };
    let mut ends: Vec<CredentialEndView> = details.iter().flat_map(of_instance).collect();
    ends.sort_by_key(|end| end.ends_at);
    ends
}

fn list_budgets(details: &[InstanceDetail], statuses: &[InstanceStatus]) -> Vec<BudgetView> {
    let budget = |detail: &InstanceDetail| {
        let used = detail.budget?;
        let status = statuses.iter().find(|status| status.name == detail.name);
        Some(BudgetView {
            instance: detail.name.to_string(),
            used_percent: used.used.saturating_mul(100) / used.limit.max(1),
            slowed_until: status.and_then(find_slowed_until),
        })
    };
    details.iter().filter_map(budget).collect()
}

/// Where Microsoft said how long to leave it alone.
fn find_slowed_until(status: &InstanceStatus) -> Option<Timestamp> {
    let asked = status.refused.iter().filter(|refusal| refusal.asked);
    asked.map(|refusal| refusal.until).max()
}
