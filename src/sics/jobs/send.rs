//! Jobs come in: from management servers, where their switch lets them, and from people.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::view::tallied;
use crate::actions::job::{JobError, Receipt, Requester, WouldBe};
use crate::inventory::UnjudgedView;
use crate::model::Timestamp;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::changes::accepted;
use crate::sics::extract::Body;
use crate::sics::guard::Addressed;
use crate::sics::problem::Problem;
use crate::store::ServerRow;

/// The acknowledgement: what it says is durable.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// What the caller calls it.
    pub id: String,
    /// What the bus calls it; null for a dry run.
    pub job: Option<i64>,
    pub instance: String,
    pub action: &'static str,
    pub devices: u64,
    /// Somebody else has to agree before anything is sent.
    pub needs_approval: bool,
    /// The same job was taken before; `states` is what is known of it.
    pub known: bool,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How many devices stand where.
    pub states: BTreeMap<&'static str, u64>,
    /// What would be done to each device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<Vec<WouldBe>>,
    /// Devices that the filter could not judge; they are not among those concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<UnjudgedView>,
}

pub async fn by_server(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(server): Addressed,
    headers: HeaderMap,
    Body(raw): Body<Value>,
) -> Result<(StatusCode, Json<ReceiptView>), Problem> {
    accepted(&server)?;
    switched_on(&server)?;
    sics.seen(&server.id).await;
    submit(&sics, &caller, Some(server), &headers, raw).await
}

pub async fn by_operator(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    Body(raw): Body<Value>,
) -> Result<(StatusCode, Json<ReceiptView>), Problem> {
    submit(&sics, &caller, None, &headers, raw).await
}

fn switched_on(server: &ServerRow) -> Result<(), Problem> {
    match server.sends_jobs {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "jobsOff",
            format!("server {} is not allowed to send jobs", server.id),
            format!(
                "Somebody with Servers_Manage switches it on: intune-connector servers jobs {} on",
                server.id
            ),
        )),
    }
}

async fn submit(
    sics: &Sics,
    caller: &Caller,
    server: Option<ServerRow>,
    headers: &HeaderMap,
    raw: Value,
) -> Result<(StatusCode, Json<ReceiptView>), Problem> {
    let who = Requester {
        operator: caller.operator.as_ref().clone(),
        server,
    };
    let receipt = match sics.desk().submit(&who, raw, given_id(headers)?).await {
        Ok(receipt) => receipt,
        Err(error) => {
            note_refusal(sics, caller, &who, &error).await;
            return Err(error.into());
        }
    };
    let status = match receipt.job.is_some() && !receipt.known {
        true => StatusCode::ACCEPTED,
        false => StatusCode::OK,
    };
    Ok((status, Json(receipt_view(sics, receipt).await?)))
}

pub(super) fn given_id(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(id) = given.next() else {
        return Ok(None);
    };
    if given.next().is_some() {
        return Err(Problem::bad_request(
            "twoIds",
            "the header Idempotency-Key stands twice",
            "Send one.",
        ));
    }
    let text = id.to_str().map_err(|_| {
        Problem::bad_request(
            "id",
            "the header Idempotency-Key can't be read",
            "Use visible ASCII characters, such as a GUID.",
        )
    })?;
    Ok(Some(text.to_owned()))
}

/// What a rule refused is told in the trail; what was merely written wrong is not.
pub(super) async fn note_refusal(sics: &Sics, caller: &Caller, who: &Requester, error: &JobError) {
    let JobError::Refused { refused, suspended } = error else {
        return;
    };
    sics.refuse_job(caller, who.source().to_string(), refused.rule).await;
    if *suspended {
        tracing::error!(
            operator = caller.name(),
            "the tripwire has suspended the operator's destructive rights; his open jobs are stopped"
        );
    }
}

pub(super) async fn receipt_view(sics: &Sics, receipt: Receipt) -> Result<ReceiptView, Problem> {
    let states = match receipt.job {
        Some(job) => tallied(&sics.store().job_row(job).await?.1),
        None => BTreeMap::new(),
    };
    Ok(ReceiptView {
        id: receipt.name,
        job: receipt.job.map(|job| job.0),
        instance: receipt.instance.to_string(),
        action: receipt.verb.name(),
        devices: receipt.devices as u64,
        needs_approval: receipt.needs_approval,
        known: receipt.known,
        expires_at: receipt.expires_at,
        states,
        dry_run: receipt.dry_run,
        unjudged: Some(receipt.unjudged).filter(|unjudged| unjudged.count > 0),
    })
}
