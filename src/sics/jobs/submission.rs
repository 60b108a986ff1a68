//! Jobs come in: from management servers, where their switch lets them, and from people.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::view::count_by_state;
use crate::actions::job::{JobError, JobReceipt, JobRequester};
use crate::contract::ReceiptView;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::PathServer;
use crate::sics::changes::require_accepted;
use crate::sics::extract::JsonBody;
use crate::sics::problem::ApiProblem;
use crate::store::ServerRow;

pub(crate) async fn submit_server_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    headers: HeaderMap,
    JsonBody(raw): JsonBody<Value>,
) -> Result<(StatusCode, Json<ReceiptView>), ApiProblem> {
    require_accepted(&server)?;
    require_jobs_allowed(&server)?;
    sics.record_server_seen(&server.id).await;
    submit_job(&sics, &caller, Some(server), &headers, raw).await
}

pub(crate) async fn submit_own_job(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(raw): JsonBody<Value>,
) -> Result<(StatusCode, Json<ReceiptView>), ApiProblem> {
    submit_job(&sics, &caller, None, &headers, raw).await
}

fn require_jobs_allowed(server: &ServerRow) -> Result<(), ApiProblem> {
    if server.sends_jobs {
        Ok(())
    } else {
        Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "jobsOff",
            format!("server {} is not allowed to send jobs", server.id),
            format!(
                "An operator with Servers_Manage can allow it: intune-connector servers jobs {} on",
                server.id
            ),
        ))
    }
}

async fn submit_job(
    sics: &Sics,
    caller: &Caller,
    server: Option<ServerRow>,
    headers: &HeaderMap,
    raw: Value,
) -> Result<(StatusCode, Json<ReceiptView>), ApiProblem> {
    let who = JobRequester {
        operator: caller.operator.as_ref().clone(),
        server,
    };
    let (intake, id) = (sics.job_intake(), idempotency_key(headers)?);
    let submitted = match caller.require_second_factor(sics.limits().login.second_factor) {
        Ok(()) => intake.submit_job(&who, raw, id).await,
        Err(_) => intake.submit_without_factor(&who, raw, id).await,
    };
    let receipt = match submitted {
        Ok(receipt) => receipt,
        Err(error) => {
            record_job_denial(sics, caller, &who, &error).await;
            return Err(error.into());
        }
    };
    let status = if receipt.job.is_some() && !receipt.already_accepted {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(receipt_view(sics, receipt).await?)))
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiProblem> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(id) = given.next() else {
        return Ok(None);
    };
    if given.next().is_some() {
        return Err(ApiProblem::bad_request(
            "twoIds",
            "the header Idempotency-Key occurs twice",
            "Send it once.",
        ));
    }
    let text = id.to_str().map_err(|_| {
        ApiProblem::bad_request(
            "id",
            "cannot read the header Idempotency-Key",
            "Use visible ASCII characters, such as a GUID.",
        )
    })?;
    Ok(Some(text.to_owned()))
}

/// A refusal by a rule is recorded in the trail; a mere mistake in the request is not.
pub(super) async fn record_job_denial(sics: &Sics, caller: &Caller, who: &JobRequester, error: &JobError) {
    let JobError::Refused { refused, suspended } = error else {
        return;
    };
    sics.record_job_denial(caller, who.source().to_string(), refused.rule)
        .await;
    if *suspended {
        tracing::error!(
            operator = caller.name(),
            "the tripwire has suspended the operator's destructive rights; their open jobs are stopped"
        );
    }
}

pub(super) async fn receipt_view(sics: &Sics, receipt: JobReceipt) -> Result<ReceiptView, ApiProblem> {
    let states = match receipt.job {
        Some(job) => count_by_state(&sics.store().load_job_row(job).await?.1),
        None => BTreeMap::new(),
    };
    let rows = sics.store().list_instances().await?;
    let row = rows.iter().find(|row| row.name == receipt.instance);
    Ok(ReceiptView {
        id: receipt.name,
        job: receipt.job.map(|job| job.0),
        instance: receipt.instance.to_string(),
        title: row.map_or_else(|| receipt.instance.to_string(), |row| row.title()),
        action: receipt.verb,
        devices: receipt.devices as u64,
        needs_approval: receipt.needs_approval,
        known: receipt.already_accepted,
        expires_at: receipt.expires_at,
        states,
        dry_run: receipt.dry_run,
        unjudged: Some(receipt.unjudged).filter(|unjudged| unjudged.count > 0),
        unfit: Some(receipt.unfit).filter(|unfit| unfit.count > 0),
    })
}
