//! A scan that saves nothing, over the API: what it would find, at the end or as it proceeds (server-sent events). It
//! reads the whole tenant and copies the store, so one runs at a time; closing the connection ends it.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc;

use super::Sics;
use super::auth::Caller;
use super::engine_error::EngineError;
use super::extract::JsonBody;
use super::problem::ApiProblem;
use crate::contract::{DryRunBody, PreviewStep};
use crate::model::ResourceRef;

pub(crate) async fn run(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<DryRunBody>,
) -> Result<Response, ApiProblem> {
    let row = sics.find_instance(&caller, &body.instance).await?;
    let permit = sics.acquire_preview_permit()?;
    sics.audit_before(&caller, "scan.previewed", &row.name, json!({}))
        .await?;
    let mut steps = sics.engine().preview_scan(row.name.clone()).await?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        let heartbeat = KeepAlive::new().interval(sics.limits().heartbeat).text("");
        // Who may start scans need not be one who may see devices.
        let place = ResourceRef::for_instance(&row.name);
        let sees_devices = caller.operator.has_right("Devices_Read", place);
        let events = stream::unfold(
            (steps, permit, sees_devices),
            async |(mut steps, permit, sees_devices)| {
                let mut step = steps.recv().await?;
                if let PreviewStep::Inventory(inventory) = &mut step
                    && !sees_devices
                {
                    inventory.examples.clear();
                }
                let data = serde_json::to_string(&step).expect("a step has only plain fields");
                Some((
                    Ok::<_, Infallible>(Event::default().data(data)),
                    (steps, permit, sees_devices),
                ))
            },
        );
        return Ok(Sse::new(events).keep_alive(heartbeat).into_response());
    }
    wait_for_summary(&mut steps).await
}

/// Waits for what was found.
async fn wait_for_summary(steps: &mut mpsc::Receiver<PreviewStep>) -> Result<Response, ApiProblem> {
    loop {
        match steps.recv().await {
            Some(PreviewStep::Progress { .. } | PreviewStep::Inventory(_)) => (),
            Some(PreviewStep::Found(summary)) => return Ok(Json(summary).into_response()),
            Some(PreviewStep::Failed { code, problem, advice }) => {
                return Err(EngineError::Upstream { code, problem, advice }.into());
            }
            None => {
                return Err(ApiProblem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "brokenOff",
                    "the dry run was interrupted",
                    "Try again; see the log of the bus for details.",
                ));
            }
        }
    }
}
