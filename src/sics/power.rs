//! Supervisors and what runs under them: how it is, start, stop, restart, start type.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::engine::{Answer, Draft};
use super::extract::{Body, Named};
use super::problem::Problem;
use crate::bus::supervisor::{MemberStatus, StartType};
use crate::model::{InstanceName, LooseningAsker};

/// What the API needs of whoever runs instances.
pub trait Power: Send + Sync {
    fn supervisors(&self) -> Answer<'_, Vec<SupervisorView>>;

    /// What was installed together with an instance.
    fn members(&self, instance: InstanceName) -> Answer<'_, Vec<MemberStand>>;

    fn order(&self, member: InstanceName, order: Order) -> Answer<'_, MemberStatus>;

    fn set_start_type(&self, member: InstanceName, start_type: StartType) -> Answer<'_, MemberStatus>;

    /// Like [`super::Engine::add_instance`], with a say in how it begins.
    fn add(&self, draft: Draft, by: LooseningAsker, creation: Creation) -> Answer<'_, InstanceName>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Start,
    Stop,
    Restart,
}

/// How a new instance begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Creation {
    /// The only one where none is named.
    pub supervisor: Option<String>,
    pub start_type: Option<StartType>,
    #[serde(default)]
    pub stopped: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SupervisorsView {
    pub supervisors: Vec<SupervisorView>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupervisorView {
    pub id: String,
    /// Of the bus.
    pub version: String,
    /// False where a command works on the folder and no bus runs.
    pub running: bool,
    /// Kinds of microservices that it can run.
    pub kinds: Vec<String>,
    pub members: Vec<MemberStatus>,
}

/// Where people look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    Microservices,
    Workflows,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberStand {
    pub name: String,
    /// Of the microservice; `workflow`.
    pub kind: String,
    pub area: Area,
    /// Of a workflow: the microservice that runs it.
    pub engine: Option<String>,
    /// Of the microservice; a workflow is as its engine is.
    pub state: String,
    pub version: String,
    /// Of a microservice.
    pub start_type: Option<StartType>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartTypeBody {
    pub start_type: StartType,
}

fn power(sics: &Sics) -> Result<&dyn Power, Problem> {
    sics.engine().power().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "noSupervisor",
            "this bus has no supervisor",
            "Ask the bus that runs the instances.",
        )
    })
}

pub async fn supervisors(State(sics): State<Sics>, caller: Caller) -> Result<Json<SupervisorsView>, Problem> {
    let mut supervisors = power(&sics)?.supervisors().await?;
    for supervisor in &mut supervisors {
        supervisor.members.retain(|member| {
            let name = member.name.parse::<InstanceName>();
            name.is_ok_and(|name| caller.reaches_instance(&name))
        });
    }
    Ok(Json(SupervisorsView { supervisors }))
}

pub async fn start(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
) -> Result<Json<MemberStatus>, Problem> {
    order(&sics, &caller, name, Order::Start, "instance.started").await
}

pub async fn stop(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
) -> Result<Json<MemberStatus>, Problem> {
    order(&sics, &caller, name, Order::Stop, "instance.stopped").await
}

pub async fn restart(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
) -> Result<Json<MemberStatus>, Problem> {
    order(&sics, &caller, name, Order::Restart, "instance.restarted").await
}

async fn order(
    sics: &Sics,
    caller: &Caller,
    name: InstanceName,
    order: Order,
    action: &'static str,
) -> Result<Json<MemberStatus>, Problem> {
    let intent = sics.intend(caller, action, &name).await?;
    let status = power(sics)?.order(name.clone(), order).await?;
    intent.done(&name, json!({"state": status.state})).await;
    Ok(Json(status))
}

pub async fn set_start_type(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Body(body): Body<StartTypeBody>,
) -> Result<Json<MemberStatus>, Problem> {
    let intent = sics.intend(&caller, "instance.startType", &name).await?;
    let status = power(&sics)?.set_start_type(name.clone(), body.start_type).await?;
    let detail = json!({"startType": body.start_type});
    intent.done(&name, detail).await;
    Ok(Json(status))
}
