//! Supervisors and what runs under them: how it is, start, stop, restart, start type.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::Sics;
use super::audit_recording::PerformedAct;
use super::auth::Caller;
use super::engine_error::EngineError;
use super::extract::{JsonBody, PathParams};
use super::lifecycle_control::{LifecycleCommand, LifecycleControl};
use super::problem::ApiProblem;
use crate::contract::{MemberStatus, StartTypeBody, SupervisorsView};
use crate::model::InstanceName;

fn require_lifecycle_control(sics: &Sics) -> Result<&dyn LifecycleControl, ApiProblem> {
    sics.engine().lifecycle_control().ok_or_else(|| {
        ApiProblem::new(
            StatusCode::NOT_IMPLEMENTED,
            "noSupervisor",
            "this bus has no supervisor",
            "Send the request to the bus that runs the instances.",
        )
    })
}

pub(crate) async fn list_supervisors(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<SupervisorsView>, ApiProblem> {
    let mut supervisors = require_lifecycle_control(&sics)?.list_supervisors().await?;
    for supervisor in &mut supervisors {
        supervisor.members.retain(|member| {
            let name = member.name.parse::<InstanceName>();
            name.is_ok_and(|name| caller.reaches_instance(&name))
        });
    }
    Ok(Json(SupervisorsView { supervisors }))
}

pub(crate) async fn start_instance(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<MemberStatus>, ApiProblem> {
    run_lifecycle_command(&sics, &caller, name, LifecycleCommand::Start, "instance.started").await
}

pub(crate) async fn stop_instance(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<MemberStatus>, ApiProblem> {
    run_lifecycle_command(&sics, &caller, name, LifecycleCommand::Stop, "instance.stopped").await
}

pub(crate) async fn restart_instance(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<MemberStatus>, ApiProblem> {
    run_lifecycle_command(&sics, &caller, name, LifecycleCommand::Restart, "instance.restarted").await
}

async fn run_lifecycle_command(
    sics: &Sics,
    caller: &Caller,
    name: InstanceName,
    order: LifecycleCommand,
    action: &'static str,
) -> Result<Json<MemberStatus>, ApiProblem> {
    let subject = name.to_string();
    let act = move |sics: Sics| async move {
        let status = require_lifecycle_control(&sics)?
            .run_command(name.clone(), order)
            .await
            .map_err(unknown_member_problem)?;
        Ok(PerformedAct {
            subject: name.to_string(),
            detail: json!({"state": status.state}),
            answer: Json(status),
        })
    };
    sics.perform_act(caller, action, subject, act).await
}

/// What runs is more than instances, and another list has it.
fn unknown_member_problem(error: EngineError) -> ApiProblem {
    match error {
        EngineError::UnknownInstance(name) => ApiProblem::not_found("microservice", name),
        other => other.into(),
    }
}

pub(crate) async fn set_start_type(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    JsonBody(body): JsonBody<StartTypeBody>,
) -> Result<Json<MemberStatus>, ApiProblem> {
    let subject = name.to_string();
    let act = move |sics: Sics| async move {
        let status = require_lifecycle_control(&sics)?
            .set_start_type(name.clone(), body.start_type)
            .await
            .map_err(unknown_member_problem)?;
        Ok(PerformedAct {
            answer: Json(status),
            subject: name.to_string(),
            detail: json!({"startType": body.start_type}),
        })
    };
    sics.perform_act(&caller, "instance.startType", subject, act).await
}
