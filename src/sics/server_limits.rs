//! What a management server is limited to: where it comes from, which fields and which devices it receives (F8). What
//! takes devices away from it, or changes all it holds, shows their number first (F7).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::extract::{JsonBody, PathParams, QueryParams, require_confirmed};
use super::problem::ApiProblem;
use super::servers::{find_owner, server_view};
use crate::config::networks::{NetworkReadings, find_two_readings};
use crate::contract::{ConfirmQuery, LimitsBody, ServerView};
use crate::inventory::{DeviceCondition, FILTER_ADVICE, fields};
use crate::model::{ConfirmableEffect, ServerId};
use crate::store::{DeviceMatcher, ServerLimits, ServerRow};

pub(crate) async fn limit_server(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<ServerId>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
    JsonBody(body): JsonBody<LimitsBody>,
) -> Result<Json<ServerView>, ApiProblem> {
    let before = sics.store().find_server(id.clone()).await?;
    let before = before.ok_or_else(|| ApiProblem::not_found("server", &id))?;
    check_limits(&sics, &before, &body)?;
    check_given_ranges(&before, &body)?;
    let concerned = count_concerned(&sics, &before, &body).await?;
    let content = json!({
        "server": before.id, "owner": before.owner, "generation": before.generation,
        "from": {"fields": before.fields, "filter": before.filter}, "to": {"fields": body.fields, "filter": body.filter},
    });
    let what = format!("the limits of server {id} change what it holds");
    require_confirmed(&confirm, &ConfirmableEffect::from_content(what, concerned, &content))?;
    let limited = body.ranges.is_some() || body.fields.is_some() || body.filter.is_some();
    let detail = json!({"ranges": body.ranges, "fields": body.fields, "filter": body.filter, "devices": concerned});
    let switched = body.sends_jobs.filter(|on| *on != before.sends_jobs);
    let limits = ServerLimits {
        ranges: body.ranges,
        fields: body.fields,
        filter: body.filter,
        sends_jobs: body.sends_jobs,
    };
    let limited = limited.then(|| caller.entry("server.limited", &id, detail));
    let switched = switched.map(|on| caller.entry("server.jobs", &id, json!({"sendsJobs": on})));
    let row = sics
        .store_for_caller(&caller)
        .recorded(move |_: &ServerRow| limited.clone().into_iter().chain(switched.clone()).collect::<Vec<_>>())
        .change_server(id, limits)
        .await?;
    Ok(Json(server_view(&sics, &caller, &row).await?))
}

fn unusable(key: &str, problem: String, advice: String) -> ApiProblem {
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "settings", problem, advice).with_member("key", key)
}

/// An address with the length of its network may mean either. What is there already goes on.
fn check_given_ranges(before: &ServerRow, body: &LimitsBody) -> Result<(), ApiProblem> {
    let mut given = body
        .ranges
        .iter()
        .flatten()
        .filter(|range| !before.ranges.contains(range));
    let doubtful = given.find_map(|range| Some((range, find_two_readings(*range)?)));
    let Some((range, NetworkReadings { address, network })) = doubtful else {
        return Ok(());
    };
    Err(unusable(
        "ranges",
        format!("{range} may be one address or a whole network"),
        format!("Write {address} for the one address, or {network} for the whole network."),
    ))
}

fn check_limits(sics: &Sics, before: &ServerRow, body: &LimitsBody) -> Result<(), ApiProblem> {
    if let Some(Some(filter)) = &body.filter {
        let most = sics.limits().text_chars;
        if filter.chars().count() > most {
            return Err(unusable(
                "filter",
                format!("the filter is longer than {most} characters"),
                format!("Shorten it to {most} characters."),
            ));
        }
        // One that the server has goes on, also where it is sent again beside something else.
        let is_kept = before.filter.as_ref() == Some(filter);
        DeviceCondition::compile(filter)
            .and_then(|condition| if is_kept { Ok(()) } else { condition.check_words() })
            .map_err(|error| unusable("filter", error.to_string(), FILTER_ADVICE.to_owned()))?;
    }
    if matches!(&body.fields, Some(Some(fields)) if fields.is_empty()) {
        return Err(unusable(
            "fields",
            "without any field, the server would receive nothing of a device".into(),
            "Name the fields that it receives; for all of them give null (--fields '*').".into(),
        ));
    }
    let fields = body.fields.iter().flatten().flatten().map(String::as_str);
    let known: Vec<&str> = fields.filter(|field| *field != "deviceClass").collect();
    fields::named_properties(&known).map_err(|error| {
        unusable(
            "fields",
            error.to_string(),
            "See the fields of a device: intune-connector devices fields.".into(),
        )
    })?;
    Ok(())
}

/// How many devices a change of limits takes away or changes at the server: with other fields all that it receives,
/// with another filter those that it receives now and would not then.
async fn count_concerned(sics: &Sics, before: &ServerRow, body: &LimitsBody) -> Result<u64, ApiProblem> {
    let other_fields = body.fields.as_ref().is_some_and(|fields| *fields != before.fields);
    let other_filter = body.filter.as_ref().filter(|filter| **filter != before.filter);
    // Over what nobody has received so far a filter can't be judged: then all that it receives are concerned.
    let asked = other_filter.iter().filter_map(|filter| filter.as_deref());
    let asked = asked.filter_map(|filter| DeviceCondition::compile(filter).ok());
    let asked: Vec<&str> = asked.flat_map(|filter| filter.property_names()).collect();
    let instances = sics.store().list_instances().await?;
    let misses_property = instances
        .iter()
        .flat_map(|row| &row.missing_fields)
        .any(|name| asked.contains(&name.as_str()));
    match (other_fields, other_filter) {
        (true, _) => count_received(sics, before, None).await,
        (false, Some(Some(filter))) => {
            let unless = Some(filter.as_str()).filter(|_| !misses_property);
            count_received(sics, before, unless).await
        }
        (false, _) => Ok(0),
    }
}

/// Devices that the server receives; with `new_filter` only those that this filter leaves out.
pub(crate) async fn count_received(
    sics: &Sics,
    server: &ServerRow,
    new_filter: Option<&str>,
) -> Result<u64, ApiProblem> {
    let Some(owner) = find_owner(sics, server).await? else {
        return Ok(0);
    };
    let visible = sics.feed_visibility(server, &owner).await?;
    let compile = |filter: &str| DeviceCondition::compile(filter).ok();
    let (now, then) = (server.filter.as_deref().and_then(compile), new_filter.and_then(compile));
    let lost: DeviceMatcher = Arc::new(move |device: &str| {
        // On a device that a filter can't judge nothing changes at the server.
        let held = now
            .as_ref()
            .is_none_or(|filter| filter.matches_body(device).unwrap_or(true));
        let stays = then
            .as_ref()
            .is_some_and(|filter| filter.matches_body(device).unwrap_or(true));
        held && !stays
    });
    let _permit = sics.acquire_search_permit().await?;
    let mut count = 0;
    for instance in visible.visible.iter().filter(|row| row.removed_at.is_none()) {
        count += sics.store().count_matching_devices(instance.id, lost.clone()).await?;
    }
    Ok(count)
}
