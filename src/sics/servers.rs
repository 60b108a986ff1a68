//! Management servers: announced by themselves, accepted, limited and removed by people (F7, F8).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::auth::Caller;
use super::extract::{Asked, Body, Confirm, Named};
use super::guard::{Addressed, from_where};
use super::problem::Problem;
use super::reach::{self, Sight};
use super::view::{ServerView, Standing};
use super::{Sics, limit};
use crate::inventory::lens::Lens;
use crate::inventory::{UnjudgedView, feed};
use crate::model::{Effect, InstanceName, Seq, ServerId};
use crate::store::{Announcement, InstanceRow, OperatorRow, ServerRow};

#[derive(Debug, Serialize, ToSchema)]
pub struct ServersView {
    pub servers: Vec<ServerView>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnounceBody {
    pub display_name: String,
    /// What it can take; kept as given and shown.
    #[serde(default)]
    pub accepts: Value,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewindBody {
    /// Left out: all instances.
    #[schema(value_type = Option<String>)]
    pub instance: Option<InstanceName>,
    /// Changes behind this place in the feed are told again.
    #[schema(value_type = i64)]
    pub to: Seq,
}

pub async fn view(sics: &Sics, caller: &Caller, row: &ServerRow) -> Result<ServerView, Problem> {
    let (operators, instances) = (sics.store().operators().await?, sics.store().instances().await?);
    seen_among(sics, caller, row, &operators, &instances).await
}

async fn seen_among(
    sics: &Sics,
    caller: &Caller,
    row: &ServerRow,
    operators: &[OperatorRow],
    instances: &[InstanceRow],
) -> Result<ServerView, Problem> {
    let owner = operators.iter().find(|operator| operator.id == row.owner);
    let lens = Lens::of(row).ok();
    let mut received = Vec::new();
    for instance in instances
        .iter()
        .filter(|instance| caller.reaches_instance(&instance.name))
    {
        if owner.is_some_and(|owner| crate::inventory::audience::receives(row, owner, instance)) {
            let place = row.positions.get(&instance.id).copied();
            received.push(Standing {
                instance: instance.clone(),
                behind: sics.store().behind(instance.id, place).await?,
                unjudged: match &lens {
                    Some(lens) => sics.unjudged().of(sics, row, lens, instance).await?,
                    None => UnjudgedView::default(),
                },
            });
        }
    }
    let head = *sics.store().head().borrow();
    Ok(ServerView::of(row, owner, received, head))
}

/// `None` where the account is no more.
pub async fn owner(sics: &Sics, row: &ServerRow) -> Result<Option<OperatorRow>, Problem> {
    let operators = sics.store().operators().await?;
    Ok(operators.into_iter().find(|operator| operator.id == row.owner))
}

pub async fn list(State(sics): State<Sics>, caller: Caller) -> Result<Json<ServersView>, Problem> {
    let mut rows = sics.store().servers().await?;
    let operators = sics.store().operators().await?;
    let instances = sics.store().instances().await?;
    let all = caller.asking(&["Servers_Read"]);
    rows.retain(|row| reach::is_own(&caller, row) || reach::sight(&all, row, &operators, &instances) != Sight::Nothing);
    let mut servers = Vec::with_capacity(rows.len());
    for row in &rows {
        servers.push(seen_among(&sics, &caller, row, &operators, &instances).await?);
    }
    Ok(Json(ServersView { servers }))
}

pub async fn show(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(row): Addressed,
) -> Result<Json<ServerView>, Problem> {
    Ok(Json(view(&sics, &caller, &row).await?))
}

pub async fn announce(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ServerId>,
    Body(body): Body<AnnounceBody>,
) -> Result<(StatusCode, Json<ServerView>), Problem> {
    fits(&sics, &body)?;
    let known = sics.store().servers().await?;
    match known.iter().find(|row| row.id == id) {
        Some(row) => from_where(row, caller.address)?,
        None => room(&sics, &caller, &known)?,
    }
    let new = known.iter().all(|row| row.id != id);
    let announcement = Announcement {
        display_name: body.display_name,
        accepts: body.accepts,
    };
    let told = move |row: &ServerRow| new.then(|| json!({"displayName": row.display_name, "accepted": row.accepted}));
    let row = sics
        .recording(&caller, "server.announced", &id, told)
        .announce_server(id, announcement, caller.operator.id, sics.auto_accept())
        .await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(view(&sics, &caller, &row).await?)))
}

fn fits(sics: &Sics, body: &AnnounceBody) -> Result<(), Problem> {
    let too_long = |what: &str| Problem::bad_request("tooLong", format!("{what} is too long"), "Make it shorter.");
    if body.display_name.chars().count() > sics.limits().text_chars {
        return Err(too_long("displayName"));
    }
    if body.accepts.to_string().len() > sics.limits().accepts_bytes {
        return Err(too_long("accepts"));
    }
    Ok(())
}

fn room(sics: &Sics, caller: &Caller, known: &[ServerRow]) -> Result<(), Problem> {
    let most = sics.limits().servers_per_operator;
    let own = known.iter().filter(|row| row.owner == caller.operator.id).count();
    if own < most {
        return Ok(());
    }
    Err(Problem::conflict(
        "tooManyServers",
        format!("operator {} has announced {own} servers already", caller.name()),
        "Remove those that are no longer used.",
    ))
}

pub async fn accept(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ServerId>,
) -> Result<Json<ServerView>, Problem> {
    let told = |_: &ServerRow| Some(json!({}));
    let row = sics
        .recording(&caller, "server.accepted", &id, told)
        .accept_server(id)
        .await?;
    Ok(Json(view(&sics, &caller, &row).await?))
}

pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<ServerId>,
    Asked(confirm): Asked<Confirm>,
) -> Result<StatusCode, Problem> {
    let row = sics.store().server(id.clone()).await?;
    let row = row.ok_or_else(|| Problem::unknown("server", &id))?;
    let holds = limit::count(&sics, &row, None).await?;
    let content = json!({"server": row.id, "owner": row.owner, "generation": row.generation});
    let what = format!("removing server {id} ends what it receives");
    confirm.of(&Effect::of(what, holds, &content))?;
    sics.recording(&caller, "server.removed", &id, move |(): &()| {
        Some(json!({"devices": holds}))
    })
    .remove_server(id.clone())
    .await?;
    sics.metrics().forget("server", id.as_str());
    Ok(StatusCode::NO_CONTENT)
}

pub async fn resync(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(row): Addressed,
) -> Result<Json<ServerView>, Problem> {
    let told = |_: &ServerRow| Some(json!({}));
    let store = sics.recording(&caller, "server.resynchronised", &row.id, told);
    let row = feed::resync(&store, &row).await?;
    Ok(Json(view(&sics, &caller, &row).await?))
}

pub async fn rewind(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(row): Addressed,
    Body(body): Body<RewindBody>,
) -> Result<Json<ServerView>, Problem> {
    if body.to.0 < 0 {
        return Err(Problem::bad_request(
            "wrongBody",
            "to is a place in the feed, from 0",
            "Give the seq of a change.",
        ));
    }
    let instance = match &body.instance {
        Some(name) => Some(sics.instance(&caller, name).await?.id),
        None => None,
    };
    let detail = json!({"instance": body.instance, "to": body.to});
    let told = move |_: &ServerRow| Some(detail.clone());
    let store = sics.recording(&caller, "server.rewound", &row.id, told);
    let row = feed::rewind(&store, &row, instance, body.to).await?;
    Ok(Json(view(&sics, &caller, &row).await?))
}
