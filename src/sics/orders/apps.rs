//! `GET /sics/v1/apps`: the apps that a tenant has, and whether an application can be linked to each.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::provider::OrderProvider;
use super::scope::OrderScope;
use super::{PAGE_MOST, search_text};
use crate::contract::{TenantAppView, TenantAppsQuery, TenantAppsView};
use crate::model::InstanceId;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::QueryParams;
use crate::sics::problem::ApiProblem;
use crate::store::ApplicationFilter;

pub(super) fn require_order_provider(sics: &Sics) -> Result<&dyn OrderProvider, ApiProblem> {
    sics.engine().order_provider().ok_or_else(|| {
        ApiProblem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "noOrders",
            "no orders instance runs on this bus",
            "Start the bus with its instances.",
        )
    })
}

pub(crate) async fn list_tenant_apps(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<TenantAppsQuery>,
) -> Result<Json<TenantAppsView>, ApiProblem> {
    let search = search_text(&sics, asked.search)?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let instance = scope.choose_instance(asked.instance.as_deref())?;
    let provider = require_order_provider(&sics)?;
    let found = provider.list_tenant_apps(instance.id, search).await?;
    let links = list_links(&sics, instance.id).await?;
    let shows_all = asked.all.unwrap_or(false);
    let apps = found.apps.into_iter().filter(|app| shows_all || app.assignable);
    Ok(Json(TenantAppsView {
        instance: instance.name.clone(),
        apps: apps
            .map(|app| TenantAppView {
                linked_by: links.get(&app.id.to_ascii_lowercase()).cloned(),
                ..app
            })
            .collect(),
        unreadable: found.unreadable,
    }))
}

/// Id of the application of each app that has one.
async fn list_links(sics: &Sics, instance: InstanceId) -> Result<HashMap<String, String>, ApiProblem> {
    let mut links = HashMap::new();
    let mut after = None;
    loop {
        let filter = ApplicationFilter {
            instance: Some(vec![instance]),
            state: None,
            search: None,
            after: after.take(),
            limit: PAGE_MOST as usize,
        };
        let (rows, _) = sics.store().list_applications(filter).await?;
        if rows.len() == PAGE_MOST as usize {
            after = rows.last().map(|row| row.id.clone());
        }
        links.extend(rows.into_iter().map(|row| (row.app.to_ascii_lowercase(), row.id)));
        if after.is_none() {
            return Ok(links);
        }
    }
}
