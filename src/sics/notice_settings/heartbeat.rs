//! The heartbeat: setting and removing it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;

use super::channel_check::{advise_address, check_authorities, check_secret};
use super::unreadable;
use crate::config::SealContext;
use crate::contract::{HeartbeatBody, HeartbeatView};
use crate::notices::{HeartbeatSettings, parse_given_address};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::JsonBody;
use crate::sics::problem::ApiProblem;
use crate::store::HeartbeatRow;

/// Seconds between two pings.
const EVERY: std::ops::RangeInclusive<u32> = 30..=3_600;

pub(super) fn show_heartbeat(row: &HeartbeatRow) -> Result<HeartbeatView, ApiProblem> {
    let settings: HeartbeatSettings = serde_json::from_str(&row.settings).map_err(|error| unreadable(&error))?;
    Ok(HeartbeatView {
        host: settings.host,
        every_seconds: settings.every_seconds,
        allow_private_addresses: settings.allow_private,
        state: row.state,
        checked_at: row.checked_at,
        last_error: row.last_error.clone(),
    })
}

pub(crate) async fn set_heartbeat(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<HeartbeatBody>,
) -> Result<Json<HeartbeatView>, ApiProblem> {
    if !EVERY.contains(&body.every_seconds) {
        return Err(ApiProblem::bad_request(
            "wrongInterval",
            format!("everySeconds is {} to {}", EVERY.start(), EVERY.end()),
            "Give a number of seconds within these bounds.",
        ));
    }
    let address = check_secret("url", body.url)?;
    let url = parse_given_address(address.expose_secret(), body.allow_private_addresses)
        .map_err(|error| ApiProblem::bad_request("wrongAddress", error.to_string(), advise_address(&error)))?;
    let settings = HeartbeatSettings {
        host: url.host_str().unwrap_or_default().to_owned(),
        every_seconds: body.every_seconds,
        allow_private: body.allow_private_addresses,
        authorities: check_authorities(body.pem)?,
    };
    let sealed = sics
        .folder()
        .secret_key()
        .seal_secret(SealContext::Heartbeat, address.expose_secret().as_bytes())
        .map_err(|error| ApiProblem::internal("sealing", &error))?;
    let row = HeartbeatRow {
        settings: serde_json::to_string(&settings).map_err(|error| unreadable(&error))?,
        sealed,
        state: None,
        checked_at: None,
        last_error: None,
    };
    let view = show_heartbeat(&row)?;
    let detail = json!({"everySeconds": settings.every_seconds});
    let store = sics.recording(&caller, "heartbeat.set", &settings.host, move |_: &()| {
        Some(detail.clone())
    });
    store.save_heartbeat(row.settings, row.sealed).await?;
    Ok(Json(view))
}

pub(crate) async fn remove_heartbeat(State(sics): State<Sics>, caller: Caller) -> Result<StatusCode, ApiProblem> {
    let describe = |removed: &bool| removed.then(|| json!({}));
    let store = sics.recording(&caller, "heartbeat.removed", "heartbeat", describe);
    if store.remove_heartbeat().await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiProblem::new(
            StatusCode::NOT_FOUND,
            "noHeartbeat",
            "there is no heartbeat",
            "Nobody is pinged; nothing has to be done.",
        ))
    }
}
