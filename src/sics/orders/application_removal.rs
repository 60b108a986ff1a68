//! An application is removed: its open orders end, and its groups and assignments go with it where that is wished. How
//! much that concerns is shown first, and confirmed.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::scope::OrderScope;
use super::shop_messages::status_message;
use super::{find_application, wake_workers};
use crate::contract::{ApplicationRemoval, ApplicationRemoved, OrderState};
use crate::model::{ConfirmableEffect, EffectConfirmation, choose_form, format_count};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::problem::ApiProblem;
use crate::store::{ApplicationRow, OrderFilter, OrderRow};

pub(crate) async fn remove_application(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    QueryParams(asked): QueryParams<ApplicationRemoval>,
) -> Result<Json<ApplicationRemoved>, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let row = find_application(&sics, &scope, &id).await?;
    require_removal_confirmed(&sics, &row, &asked).await?;
    let clean_up = asked.clean_up;
    let audit_detail = move |ended: &Option<u64>| ended.map(|ended| json!({"cleanUp": clean_up, "ordersEnded": ended}));
    let store = sics.recording(&caller, "application.removed", &row.id, audit_detail);
    let instance = scope.find(row.instance).cloned();
    let message = move |ended: &OrderRow| status_message(instance.as_ref(), ended);
    let ended = store
        .begin_application_removal(row.id.clone(), clean_up, message)
        .await?;
    let orders_ended = ended.ok_or_else(|| ApiProblem::not_found("application", &row.id))?;
    let is_left = sics.store().load_application(row.id).await?.is_some();
    wake_workers(&sics, row.instance);
    Ok(Json(ApplicationRemoved {
        removed: !is_left,
        orders_ended,
        clean_up,
    }))
}

/// How many orders end, and how many installations lose their group, is shown first.
async fn require_removal_confirmed(
    sics: &Sics,
    row: &ApplicationRow,
    asked: &ApplicationRemoval,
) -> Result<(), ApiProblem> {
    let (open, installed) = (u64::from(row.open_orders), count_installed(sics, row).await?);
    let concerned = if asked.clean_up { open + installed } else { open };
    let content = json!({"application": row.id, "marker": row.marker, "open": open, "installed": installed, "cleanUp": asked.clean_up});
    let effect = ConfirmableEffect::from_content(format!("application {} is removed", row.id), concerned, &content);
    let given = asked.confirm.clone().map(EffectConfirmation::try_from).transpose();
    let given = given.map_err(|error| {
        ApiProblem::bad_request(
            "wrongConfirm",
            format!("invalid confirm: {error}"),
            "Send confirm as the refusal without it shows.",
        )
    })?;
    if effect.is_confirmed(given.as_ref()) {
        return Ok(());
    }
    let ends = format!(
        "{} {} cancelled",
        format_count(open, "open order"),
        choose_form(open, "is", "are")
    );
    let groups = if asked.clean_up {
        format!(
            "; groups and assignments are deleted, with {} in them",
            format_count(installed, "completed installation")
        )
    } else {
        String::new()
    };
    let confirm = effect.confirmation_code();
    Err(ApiProblem::conflict(
        "confirmationNeeded",
        format!("removing the application {}: {ends}{groups}", row.id),
        format!("To confirm, send the same request again with confirm={confirm}."),
    )
    .with_member("count", concerned)
    .with_member("confirm", confirm))
}

/// Orders of it that were carried out.
async fn count_installed(sics: &Sics, row: &ApplicationRow) -> Result<u64, ApiProblem> {
    let filter = OrderFilter {
        application: Some(row.id.clone()),
        state: Some(OrderState::Done),
        limit: 1,
        ..OrderFilter::default()
    };
    Ok(sics.store().list_orders(filter).await?.1)
}
