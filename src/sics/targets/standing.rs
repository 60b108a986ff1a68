//! How targets stand: what each has written, what it is behind, and what keeps it.

use axum::Json;
use axum::extract::State;

use super::mapping::WorkingMapping;
use super::questions::find_question;
use super::scope::{ReachedTarget, find_reached, list_reached};
use crate::contract::{TargetKindsView, TargetPauseView, TargetView, TargetsView};
use crate::model::Timestamp;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::PathParams;
use crate::sics::problem::ApiProblem;
use crate::store::TargetPause;

pub(crate) async fn list_targets(State(sics): State<Sics>, caller: Caller) -> Result<Json<TargetsView>, ApiProblem> {
    let mut targets = Vec::new();
    for reached in list_reached(&sics, &caller).await? {
        targets.push(build_view(&sics, &reached).await?);
    }
    Ok(Json(TargetsView { targets }))
}

pub(crate) async fn show_target(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<TargetView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    Ok(Json(build_view(&sics, &reached).await?))
}

/// The same for everybody: what this program can do.
pub(crate) async fn list_kinds(State(sics): State<Sics>) -> Json<TargetKindsView> {
    let provider = sics.engine().target_provider();
    Json(TargetKindsView {
        kinds: provider.map(|provider| provider.list_kinds()).unwrap_or_default(),
    })
}

/// A target as it stands now.
pub(super) async fn build_view(sics: &Sics, reached: &ReachedTarget) -> Result<TargetView, ApiProblem> {
    let (store, target) = (sics.store(), &reached.target);
    let state = store.load_target_state(target.id).await?;
    let counts = store.count_target(target.id).await?;
    let lag = TargetLag::read_lag(sics, reached).await?;
    let mapping = WorkingMapping::read_mapping(sics, target).await?;
    Ok(TargetView {
        name: target.name.clone(),
        kind: target.kind,
        profile: target.profile.clone(),
        server: target.server.clone(),
        running: target.running,
        phase: state.phase,
        paused: state.pause.map(pause_view),
        behind: lag.behind,
        lag_seconds: lag
            .oldest
            .map(|oldest| (sics.now() - oldest).num_seconds().max(0).unsigned_abs()),
        linked: counts.linked,
        created: counts.created,
        adopted: counts.adopted,
        gone: counts.gone,
        set_aside: counts.set_aside,
        failing: counts.failing,
        question: find_question(sics, reached).await?,
        last_write_at: state.last_write_at,
        mapping_digest: mapping.digest,
        requests: state.requests,
    })
}

fn pause_view(pause: TargetPause) -> TargetPauseView {
    TargetPauseView {
        code: pause.code,
        problem: pause.problem,
        advice: pause.advice,
        since: Some(pause.since),
        until: pause.until,
    }
}

/// What a target has not confirmed yet.
#[derive(Default)]
struct TargetLag {
    behind: u64,
    /// When the oldest of these happened.
    oldest: Option<Timestamp>,
}

impl TargetLag {
    /// Of the instances that the caller reaches.
    async fn read_lag(sics: &Sics, reached: &ReachedTarget) -> Result<TargetLag, ApiProblem> {
        let mut lag = TargetLag::default();
        let Some(server) = &reached.server else {
            return Ok(lag);
        };
        for instance in &reached.received {
            let position = server.positions.get(instance).copied();
            lag.behind += sics.store().count_pending_changes(*instance, position).await?;
            let oldest = sics.store().find_oldest_pending_change(*instance, position).await?;
            lag.oldest = [lag.oldest, oldest].into_iter().flatten().min();
        }
        Ok(lag)
    }
}
