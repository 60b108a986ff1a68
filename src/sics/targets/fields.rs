//! Fields of the other side: those that are there, and those that the mapping names and that have to be made.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::looks::bound_look;
use super::scope::{find_reached, require_provider};
use crate::contract::TargetFieldsView;
use crate::sics::Sics;
use crate::sics::audit_recording::PerformedAct;
use crate::sics::auth::Caller;
use crate::sics::extract::PathParams;
use crate::sics::problem::ApiProblem;

pub(crate) async fn list_fields(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<TargetFieldsView>, ApiProblem> {
    let target = find_reached(&sics, &caller, &name).await?.target;
    let _permit = sics.target_looks().begin_look(&target)?;
    let provider = require_provider(&sics)?;
    Ok(Json(bound_look(&target, provider.list_fields(target.id)).await?))
}

pub(crate) async fn make_fields(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<TargetFieldsView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    reached.require_whole(&caller)?;
    let target = reached.target;
    let permit = sics.target_looks().begin_look(&target)?;
    let subject = target.name.clone();
    let act = move |sics: Sics| async move {
        let _permit = permit;
        let provider = require_provider(&sics)?;
        let fields = bound_look(&target, provider.make_fields(target.id)).await?;
        provider.wake_target(target.id);
        Ok(PerformedAct {
            detail: json!({"stillMissing": fields.missing}),
            subject: target.name.to_string(),
            answer: fields,
        })
    };
    let fields = sics.perform_act(&caller, "target.fieldsMade", subject, act).await?;
    Ok(Json(fields))
}
