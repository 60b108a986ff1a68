//! The connection check, over the API: all steps at once, or one by one as they are taken (server-sent events).

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::Sics;
use super::auth::Caller;
use super::engine::VerifyTarget;
use super::extract::JsonBody;
use super::problem::ApiProblem;
use super::server_visibility;
use crate::contract::{VerifyBody, VerifyStep, VerifyStepState, VerifyView};

/// Steps of one check at most: as many as there may be management servers, rights and hosts.
const STEPS: usize = 10_000;

pub(crate) async fn run(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<VerifyBody>,
) -> Result<Response, ApiProblem> {
    let target = verify_target(&sics, &caller, body).await?;
    let hidden = server_visibility::hidden_servers(&sics, &caller).await?;
    let steps = sics.engine().verify_connection(target).await?;
    let steps = stream::unfold((steps, hidden), async |(mut steps, hidden)| {
        loop {
            let step = steps.recv().await?;
            if !server_visibility::hides_step(&hidden, &step.step, &step.subject) {
                return Some((step, (steps, hidden)));
            }
        }
    });
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        let heartbeat = KeepAlive::new().interval(sics.limits().heartbeat).text("");
        let events = steps.map(|step| {
            let data = serde_json::to_string(&step).expect("a step has only plain fields");
            Ok::<_, Infallible>(Event::default().data(data))
        });
        return Ok(Sse::new(events).keep_alive(heartbeat).into_response());
    }
    let taken: Vec<VerifyStep> = steps.take(STEPS).collect().await;
    let ok = taken.iter().all(|step| step.state != VerifyStepState::Failed);
    Ok(Json(VerifyView { ok, steps: taken }).into_response())
}

async fn verify_target(sics: &Sics, caller: &Caller, body: VerifyBody) -> Result<VerifyTarget, ApiProblem> {
    match (body.instance, body.draft) {
        (Some(name), None) => Ok(VerifyTarget::Instance(sics.find_instance(caller, &name).await?.name)),
        // A draft makes the bus speak to hosts of the caller's choice: as much as installing an instance would.
        (None, Some(draft)) if caller.operator.has_right_everywhere("Instances_Manage") => {
            Ok(VerifyTarget::Draft(draft))
        }
        (None, Some(_)) => Err(ApiProblem::new(
            axum::http::StatusCode::FORBIDDEN,
            "missingRight",
            format!("operator {} lacks the right Instances_Manage", caller.name()),
            "Checking a draft requires it; checking an installed instance does not.",
        )
        .with_member("right", "Instances_Manage")),
        _ => Err(ApiProblem::bad_request(
            "wrongBody",
            "specify either instance or draft",
            "Name an installed instance, or give settings to test.",
        )),
    }
}
