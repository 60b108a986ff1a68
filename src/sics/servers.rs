//! Management servers: announced by themselves, accepted, limited and removed by people (F7, F8).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::auth::Caller;
use super::authorization::{PathServer, foreign_server_problem, require_allowed_address};
use super::extract::{JsonBody, PathParams, QueryParams, require_confirmed};
use super::problem::ApiProblem;
use super::server_visibility::{self, ServerVisibility};
use super::server_webhooks::webhook_view;
use super::view::{self, Standing};
use super::{Sics, server_limits};
use crate::contract::{AnnounceBody, ConfirmQuery, RewindBody, ServerView, ServersView, UnjudgedView};
use crate::inventory::feed;
use crate::inventory::server_filter::ServerFilter;
use crate::model::{ConfirmableEffect, ServerId};
use crate::store::{InstanceRow, OperatorRow, ServerAnnouncement, ServerRow};

pub(crate) async fn server_view(sics: &Sics, caller: &Caller, row: &ServerRow) -> Result<ServerView, ApiProblem> {
    let (operators, instances) = (
        sics.store().list_operators().await?,
        sics.store().list_instances().await?,
    );
    server_view_among(sics, caller, row, &operators, &instances).await
}

async fn server_view_among(
    sics: &Sics,
    caller: &Caller,
    row: &ServerRow,
    operators: &[OperatorRow],
    instances: &[InstanceRow],
) -> Result<ServerView, ApiProblem> {
    let owner = operators.iter().find(|operator| operator.id == row.owner);
    let server_filter = ServerFilter::from_server(row).ok();
    let mut received = Vec::new();
    for instance in instances
        .iter()
        .filter(|instance| caller.reaches_instance(&instance.name))
    {
        if owner.is_some_and(|owner| crate::inventory::audience::is_in_audience(row, owner, instance)) {
            let position = row.positions.get(&instance.id).copied();
            received.push(Standing {
                instance: instance.clone(),
                pending_changes: sics.store().count_pending_changes(instance.id, position).await?,
                rejected: sics.store().count_rejected_records(instance.id).await?,
                unjudged: match &server_filter {
                    Some(server_filter) => sics.unjudged().of(sics, row, server_filter, instance).await?,
                    None => UnjudgedView::default(),
                },
                unprocessed: sics.store().count_change_rejects(row.id.clone(), instance.id).await?,
            });
        }
    }
    let head = *sics.store().watch_head().borrow();
    let webhook = sics.store().find_server_webhook(row.id.clone()).await?;
    let webhook = webhook.map(|webhook| webhook_view(&webhook, sics.now()));
    Ok(view::server_view(row, owner, webhook, received, head))
}

/// `None` if the account no longer exists.
pub(crate) async fn find_owner(sics: &Sics, row: &ServerRow) -> Result<Option<OperatorRow>, ApiProblem> {
    let operators = sics.store().list_operators().await?;
    Ok(operators.into_iter().find(|operator| operator.id == row.owner))
}

pub(crate) async fn list_servers(State(sics): State<Sics>, caller: Caller) -> Result<Json<ServersView>, ApiProblem> {
    let mut rows = sics.store().list_servers().await?;
    let operators = sics.store().list_operators().await?;
    let instances = sics.store().list_instances().await?;
    let all = caller.with_asked_rights(&["Servers_Read"]);
    rows.retain(|row| {
        server_visibility::is_own_server(&caller, row)
            || server_visibility::visibility_among(&all, row, &operators, &instances) != ServerVisibility::Nothing
    });
    let mut servers = Vec::with_capacity(rows.len());
    for row in &rows {
        servers.push(server_view_among(&sics, &caller, row, &operators, &instances).await?);
    }
    Ok(Json(ServersView { servers }))
}

pub(crate) async fn show_server(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
) -> Result<Json<ServerView>, ApiProblem> {
    Ok(Json(server_view(&sics, &caller, &row).await?))
}

pub(crate) async fn announce_server(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
    JsonBody(body): JsonBody<AnnounceBody>,
) -> Result<(StatusCode, Json<ServerView>), ApiProblem> {
    check_announcement(&sics, &body)?;
    let known = sics.store().list_servers().await?;
    match known.iter().find(|row| row.id == id) {
        Some(row) if row.owner != caller.operator.id => return Err(foreign_server_problem("belongsToAnother", row)),
        Some(row) => require_allowed_address(row, caller.address)?,
        None => require_room(&sics, &caller, &known)?,
    }
    let new = known.iter().all(|row| row.id != id);
    let announcement = ServerAnnouncement {
        display_name: body.display_name,
        accepts: body.accepts,
    };
    let audit_detail =
        move |row: &ServerRow| new.then(|| json!({"displayName": row.display_name, "accepted": row.accepted}));
    let row = sics
        .recording(&caller, "server.announced", &id, audit_detail)
        .announce_server(id, announcement, caller.operator.id, sics.auto_accept())
        .await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(server_view(&sics, &caller, &row).await?)))
}

fn check_announcement(sics: &Sics, body: &AnnounceBody) -> Result<(), ApiProblem> {
    let too_long = |what: &str, most: String| {
        let advice = format!("Shorten it to {most}.");
        ApiProblem::bad_request("tooLong", format!("{what} is longer than {most}"), advice)
    };
    let limits = sics.limits();
    if body.display_name.chars().count() > limits.text_chars {
        return Err(too_long("displayName", format!("{} characters", limits.text_chars)));
    }
    if body.accepts.to_string().len() > limits.accepts_bytes {
        return Err(too_long("accepts", format!("{} bytes", limits.accepts_bytes)));
    }
    Ok(())
}

fn require_room(sics: &Sics, caller: &Caller, known: &[ServerRow]) -> Result<(), ApiProblem> {
    let most = sics.limits().servers_per_operator;
    let own = known.iter().filter(|row| row.owner == caller.operator.id).count();
    if own < most {
        return Ok(());
    }
    Err(ApiProblem::conflict(
        "tooManyServers",
        format!("operator {} has already announced {own} servers", caller.name()),
        "Remove those that are no longer used.",
    ))
}

pub(crate) async fn accept_server(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
) -> Result<Json<ServerView>, ApiProblem> {
    let audit_detail = |_: &ServerRow| Some(json!({}));
    let row = sics
        .recording(&caller, "server.accepted", &id, audit_detail)
        .accept_server(id)
        .await?;
    Ok(Json(server_view(&sics, &caller, &row).await?))
}

pub(crate) async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
) -> Result<StatusCode, ApiProblem> {
    let row = sics.store().find_server(id.clone()).await?;
    let row = row.ok_or_else(|| ApiProblem::not_found("server", &id))?;
    let holds = server_limits::count_received(&sics, &row, None).await?;
    let content = json!({"server": row.id, "owner": row.owner, "generation": row.generation});
    let what = format!("removing server {id} ends what it receives");
    require_confirmed(&confirm, &ConfirmableEffect::from_content(what, holds, &content))?;
    sics.recording(&caller, "server.removed", &id, move |(): &()| {
        Some(json!({"devices": holds}))
    })
    .remove_server(id.clone())
    .await?;
    sics.metrics().remove_by_label("server", id.as_str());
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn resync_server(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
) -> Result<Json<ServerView>, ApiProblem> {
    let audit_detail = |_: &ServerRow| Some(json!({}));
    let store = sics.recording(&caller, "server.resynchronised", &row.id, audit_detail);
    let row = feed::resync_server(&store, &row).await?;
    Ok(Json(server_view(&sics, &caller, &row).await?))
}

pub(crate) async fn rewind_server(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
    JsonBody(body): JsonBody<RewindBody>,
) -> Result<Json<ServerView>, ApiProblem> {
    let end = *sics.store().watch_head().borrow();
    if body.to.0 < 0 || body.to > end {
        return Err(ApiProblem::bad_request(
            "wrongBody",
            format!(
                "to must be a position in the feed, from 0 to {}, not {}",
                end.0, body.to.0
            ),
            "Give the seq of a change.",
        ));
    }
    let instance = match &body.instance {
        Some(name) => Some(sics.find_instance(&caller, name).await?.id),
        None => None,
    };
    let detail = json!({"instance": body.instance, "to": body.to});
    let audit_detail = move |_: &ServerRow| Some(detail.clone());
    let store = sics.recording(&caller, "server.rewound", &row.id, audit_detail);
    let row = feed::rewind_server(&store, &row, instance, body.to).await?;
    Ok(Json(server_view(&sics, &caller, &row).await?))
}
