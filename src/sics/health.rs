//! Is it alive, is it ready? Without sign-in and without details, for watchdogs and load balancers. Readiness is whether
//! the store takes writes, and has room for more: a tenant that can't sign in is shown, but is no reason to take the bus out of service.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Sics;
use super::auth::Caller;
use super::connection_limit::Peer;
use super::origin::{HostNames, has_credentials, require_own_page};
use super::problem::ApiProblem;
use super::store_damage::describe_damage;
use crate::contract::{AliveView, DecisionHealth, InstanceHealth, NodeHealth, ReadyView, StoreHealth};
use crate::model::InstanceName;
use crate::observe::metric;

/// The probe commits to disk and devices are counted, so the world outside gets the answer of at most so long ago.
const REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
/// A store that does not respond within this time does not accept writes.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn report_alive() -> Json<AliveView> {
    Json(AliveView { alive: true })
}

/// Open to probes. Names of instances and what ails them are for those who sign in.
pub(crate) async fn report_ready(State(sics): State<Sics>, parts: Parts) -> Result<Response, ApiProblem> {
    let caller = if has_credentials(&parts.headers) {
        Some(sign_in_caller(&sics, &parts).await?)
    } else {
        None
    };
    let mut view = cached_readiness(&sics).await;
    let sees = |name: &InstanceName| caller.as_ref().is_some_and(|caller| caller.reaches_instance(name));
    view.instances.retain(|health| sees(&health.instance));
    view.decisions.retain(|health| sees(&health.instance));
    if caller.is_none() {
        view.store.went_back = None;
        view.store.damage = None;
    }
    let status = if view.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    Ok((status, Json(view)).into_response())
}

async fn sign_in_caller(sics: &Sics, parts: &Parts) -> Result<Caller, ApiProblem> {
    if let Some(names) = parts.extensions.get::<Arc<HostNames>>() {
        require_own_page(names, parts)?;
    }
    sics.auth().sign_in(&parts.headers, &Peer::from_parts(parts)).await
}

async fn cached_readiness(sics: &Sics) -> ReadyView {
    let mut last = sics.readiness().last.lock().await;
    let now = sics.now();
    match &*last {
        Some((at, view)) if (now - *at).abs() < REMEMBERED => view.clone(),
        _ => {
            let view = probe_readiness(sics).await;
            *last = Some((now, view.clone()));
            view
        }
    }
}

async fn probe_readiness(sics: &Sics) -> ReadyView {
    let unwritable = store_write_failure(sics).await;
    let damage = sics.store().last_damage().as_ref().map(describe_damage);
    // An engine that cannot say is no reason to be out of service.
    let statuses = tokio::time::timeout(PATIENCE, sics.engine().instance_statuses()).await;
    let statuses = statuses.ok().and_then(Result::ok).unwrap_or_default();
    // The probe may find room where a scan's page did not: then as much is written as such a page needs.
    let failed = statuses
        .iter()
        .filter_map(|status| status.cause.as_deref())
        .find(|cause| is_store_failure(cause));
    let unwritable = match (unwritable, failed) {
        (None, Some(_)) => sics
            .store()
            .check_free_space()
            .await
            .err()
            .map(|error| error.code().to_owned()),
        (unwritable, _) => unwritable,
    };
    let writable = unwritable.is_none();
    let damaged = damage.is_some().then(|| "storeDamaged".to_owned());
    let cause = unwritable.or(damaged).or_else(|| low_disk_space(sics));
    // If the store cannot even be read, that is reported above.
    let went_back = sics.store().find_rollback().await.unwrap_or_default();
    let instances = statuses.into_iter().map(|status| InstanceHealth {
        instance: status.name,
        state: status.state,
        cause: status.cause,
        complete: status.complete,
        open_because: status.fleet.open_because,
        unread: status.unread.count,
    });
    ReadyView {
        ready: cause.is_none(),
        store: StoreHealth {
            writable,
            cause,
            went_back_at: went_back.as_ref().map(|rollback| rollback.at),
            went_back: went_back.map(|rollback| rollback.why),
            damage,
        },
        instances: instances.collect(),
        decisions: decision_health(sics),
    }
}

fn decision_health(sics: &Sics) -> Vec<DecisionHealth> {
    let nodes = sics
        .engine()
        .decision_provider()
        .map(|decisions| decisions.list_nodes());
    let nodes = nodes
        .into_iter()
        .flatten()
        .filter(|node| node.health != NodeHealth::Idle);
    let health = nodes.map(|node| DecisionHealth {
        instance: node.instance,
        node: node.settings.name.clone(),
        standing: node.health,
    });
    health.collect()
}

/// The code of what prevents writing to the store.
async fn store_write_failure(sics: &Sics) -> Option<String> {
    match tokio::time::timeout(PATIENCE, sics.store().probe_commit()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.code().to_owned()),
        Err(_) => Some("storeBusy".to_owned()),
    }
}

/// Codes by which a scan says that the disk failed it; they hold until something is written again.
fn is_store_failure(cause: &str) -> bool {
    ["diskFull", "diskFailed"].contains(&cause)
}

/// Whether less space is free than the settings ask for. Where that can't be asked, nobody is kept out of service.
fn low_disk_space(sics: &Sics) -> Option<String> {
    let least = sics.limits().min_free_bytes;
    let free = sics.store().free_bytes().ok().flatten()?;
    (free < least).then(|| "lowDiskSpace".to_owned())
}

pub(crate) async fn render_metrics(State(sics): State<Sics>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let metrics = sics.metrics();
    metrics.set(&metric::FEED_HEAD, &[], sics.store().watch_head().borrow().0 as f64);
    let writable = sics.store().failure_code().is_none();
    metrics.set(&metric::STORE_WRITABLE, &[], f64::from(u8::from(writable)));
    ([(header::CONTENT_TYPE, kind)], metrics.render_text()).into_response()
}
