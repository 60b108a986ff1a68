//! Links: which record over there belongs to which device. They can be forgotten, and looked for again; a device can be
//! written again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::page_limit;
use super::scope::{ReachedTarget, find_reached, require_provider};
use super::standing;
use crate::contract::{
    ConfirmQuery, ForgetLinksBody, LinkErrorView, LinksForgotten, ResendTargetBody, TargetLinkView, TargetLinksQuery,
    TargetLinksView, TargetView,
};
use crate::model::{ConfirmableEffect, DeviceId, InstanceId};
use crate::sics::Sics;
use crate::sics::audit_recording::PerformedAct;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams, QueryParams, require_confirmed};
use crate::sics::list_filters::parse_text;
use crate::sics::problem::ApiProblem;
use crate::store::{TargetKey, TargetLinkFilter, TargetLinkRow};

pub(crate) async fn list_links(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<TargetLinksQuery>,
) -> Result<Json<TargetLinksView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let search = parse_text(
        "search",
        asked.search.as_deref().map(str::trim),
        sics.limits().text_chars,
    )?;
    let after = asked.after.as_deref().map(decode_place).transpose()?;
    let reached = find_reached(&sics, &caller, &name).await?;
    let filter = TargetLinkFilter {
        target: reached.target.id,
        instance: asked
            .instance
            .as_ref()
            .map(|instance| reached.find_instance(instance))
            .transpose()?,
        instances: reached.listed_instances(None)?,
        phase: asked.phase,
        origin: asked.origin,
        search,
        with_error: asked.failing.unwrap_or(false),
        after,
        limit: limit + 1,
    };
    let (mut rows, total) = sics.store().list_target_links(filter).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| encode_place(row.key()));
    Ok(Json(TargetLinksView {
        links: rows.into_iter().filter_map(|row| link_view(row, &reached)).collect(),
        total,
        next,
    }))
}

/// `None`: its instance is not the caller's.
pub(super) fn link_view(row: TargetLinkRow, reached: &ReachedTarget) -> Option<TargetLinkView> {
    Some(TargetLinkView {
        instance: reached.instances.get(&row.instance)?.clone(),
        device_id: row.device,
        device_name: row.device_name,
        serial_number: row.serial,
        record: Some(row.record).filter(|record| !record.is_empty()),
        origin: row.origin,
        phase: row.phase,
        user: row.user,
        created_at: row.created_at,
        written_at: row.written_at,
        last_error: row.last_error.map(|error| LinkErrorView {
            code: error.code,
            message: error.message,
            advice: error.advice,
            at: error.at,
        }),
    })
}

pub(crate) async fn forget_links(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
    JsonBody(body): JsonBody<ForgetLinksBody>,
) -> Result<Json<LinksForgotten>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    let target = &reached.target;
    let instance = body
        .instance
        .as_ref()
        .map(|instance| reached.find_instance(instance))
        .transpose()?;
    if instance.is_none() {
        reached.require_whole(&caller)?;
    }
    let concerned = count_links(&sics, &reached, instance, body.device_id).await?;
    if concerned > 1 {
        let content = json!({"target": target.name, "instance": body.instance, "device": body.device_id});
        let what = format!("the links of {} are forgotten", target.name);
        require_confirmed(&confirm, &ConfirmableEffect::from_content(what, concerned, &content))?;
    }
    let detail = json!({"instance": body.instance, "device": body.device_id});
    let audit_detail = move |forgotten: &u64| {
        let mut detail = detail.clone();
        detail["links"] = json!(forgotten);
        (*forgotten > 0).then_some(detail)
    };
    let forgotten = sics
        .recording(&caller, "target.forgotten", &target.name, audit_detail)
        .forget_target_links(target.id, instance, body.device_id)
        .await?;
    require_provider(&sics)?.wake_target(target.id);
    Ok(Json(LinksForgotten { forgotten }))
}

async fn count_links(
    sics: &Sics,
    reached: &ReachedTarget,
    instance: Option<InstanceId>,
    device: Option<DeviceId>,
) -> Result<u64, ApiProblem> {
    let filter = TargetLinkFilter {
        target: reached.target.id,
        instance,
        search: device.map(|device| device.to_string()),
        limit: 1,
        ..TargetLinkFilter::default()
    };
    Ok(sics.store().list_target_links(filter).await?.1)
}

pub(crate) async fn resend_device(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<ResendTargetBody>,
) -> Result<(StatusCode, Json<TargetView>), ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    let target = &reached.target;
    let instance = reached.find_instance(&body.instance)?;
    require_known(&sics, &reached, (instance, body.device_id)).await?;
    let (id, subject) = (target.id, target.name.to_string());
    let act = move |sics: Sics| async move {
        let provider = require_provider(&sics)?;
        provider.resend_device(id, instance, body.device_id).await?;
        Ok(PerformedAct {
            answer: (),
            subject,
            detail: json!({"instance": body.instance, "device": body.device_id}),
        })
    };
    sics.perform_act(&caller, "target.resent", &target.name, act).await?;
    Ok((StatusCode::ACCEPTED, Json(standing::build_view(&sics, &reached).await?)))
}

/// There is something to write: the device is there, or it has a link.
async fn require_known(sics: &Sics, reached: &ReachedTarget, key: TargetKey) -> Result<(), ApiProblem> {
    let is_linked = sics.store().load_target_link(reached.target.id, key).await?.is_some();
    if is_linked || sics.store().find_device(key.0, key.1).await?.is_some() {
        Ok(())
    } else {
        Err(ApiProblem::not_found("device", key.1))
    }
}

/// Where a page ended: opaque outside; nothing secret and nothing trusted.
fn encode_place((instance, device): TargetKey) -> String {
    let place = [&instance.0.to_be_bytes()[..], device.0.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(place)
}

fn decode_place(text: &str) -> Result<TargetKey, ApiProblem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let place = bytes.and_then(|bytes| {
        let (instance, device) = bytes.split_at_checked(8)?;
        let instance = i64::from_be_bytes(instance.try_into().ok()?);
        Some((InstanceId(instance), DeviceId(uuid::Uuid::from_slice(device).ok()?)))
    });
    place.ok_or_else(|| {
        ApiProblem::bad_request(
            "wrongAfter",
            "after does not match this request",
            "Send it exactly as you received it; without it, the first page is answered.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let key = (InstanceId(i64::MAX), DeviceId(uuid::Uuid::from_u128(7)));
        assert_eq!(decode_place(&encode_place(key)).unwrap(), key);
        for wrong in ["", "1", "abc!", "AAAA", "AAAAAAAAAAE"] {
            assert_eq!(decode_place(wrong).unwrap_err().code(), "wrongAfter", "{wrong}");
        }
    }
}
