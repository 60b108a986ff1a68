//! The broken glass (A9): one person acts on one device alone, in an emergency. They give name and password in the
//! request itself; everybody is notified; it is shown until a second person has reviewed it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::operator_decisions::{GivenPerson, sign_in_person};
use super::submission::{idempotency_key, receipt_view, record_job_denial};
use super::view::JobNames;
use crate::actions::guard::{self, ApprovalSignIn};
use crate::actions::job::JobRequester;
use crate::contract::{BreakGlassBody, BrokenGlassView, BrokenGlassesView, PersonBody, ReceiptView};
use crate::observe::metric;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::BrokenGlass;

/// Rights of which one lets somebody look at broken glasses, where it holds.
pub(crate) const SEES: &[&str] = &["Jobs_Read", "Jobs_Approve", "Jobs_Send", "Audit_Read"];

pub(crate) fn broken_glass_view(row: BrokenGlass, names: &JobNames) -> BrokenGlassView {
    BrokenGlassView {
        id: row.id,
        job: row.job.0,
        instance: names.instance_name(row.instance).map(ToString::to_string),
        device_id: row.device,
        action: row.verb,
        by: row.by,
        reason: row.reason,
        at: row.at,
        seen_by: row.seen_by,
        seen_at: row.seen_at,
    }
}

pub(crate) async fn break_glass(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<BreakGlassBody>,
) -> Result<(StatusCode, Json<ReceiptView>), ApiProblem> {
    let signer = GivenPerson {
        name: body.name,
        password: body.password,
        code: body.code,
    };
    let person = sign_in_person(&sics, &caller, signer, "Jobs_Send").await?;
    let reason = guard::emergency_access::clean_reason(&body.reason).ok_or_else(|| {
        ApiProblem::bad_request(
            "reason",
            format!(
                "the reason is missing, or longer than {} characters",
                guard::emergency_access::REASON_MAX
            ),
            "Explain in a sentence why it cannot wait for a second person, for those who review it afterwards.",
        )
    })?;
    let who = JobRequester {
        operator: person.operator.as_ref().clone(),
        server: None,
    };
    let given = idempotency_key(&headers)?;
    let receipt = match sics
        .job_intake()
        .submit_break_glass(&who, body.job.0, given, (reason, caller.name().to_owned()))
        .await
    {
        Ok(receipt) => receipt,
        Err(error) => {
            record_job_denial(&sics, &person, &who, &error).await;
            return Err(error.into());
        }
    };
    let is_new = receipt.job.is_some() && !receipt.already_accepted;
    if let (Some(job), true) = (receipt.job, is_new) {
        // Who, where and what; the reason is a text of people, and stands in the audit trail.
        tracing::error!(operator = person.name(), job.id = %job, instance.id = %receipt.instance, action = receipt.verb.name(),
            "broken glass: one person acts on one device without approval; a second person must review it");
        update_open_metric(&sics).await?;
    }
    let status = if is_new { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(receipt_view(&sics, receipt).await?)))
}

async fn update_open_metric(sics: &Sics) -> Result<(), ApiProblem> {
    let open = sics.store().list_broken_glass(true).await?.len();
    sics.metrics().set(&metric::BROKEN_GLASSES, &[], open as f64);
    Ok(())
}

/// Open ones where the caller may look, the newest first.
pub(crate) async fn open_broken_glass(sics: &Sics, caller: &Caller) -> Result<Vec<BrokenGlassView>, ApiProblem> {
    visible_broken_glass(sics, caller, true).await
}

async fn visible_broken_glass(
    sics: &Sics,
    caller: &Caller,
    open_only: bool,
) -> Result<Vec<BrokenGlassView>, ApiProblem> {
    let mut rows = sics.store().list_broken_glass(open_only).await?;
    rows.sort_by_key(|row| row.seen_at.is_some());
    let names = JobNames::read_names(sics).await?;
    let sees = |row: &BrokenGlass| match names.instance_name(row.instance) {
        Some(name) => caller.reaches_instance(name),
        None => caller.reaches_all_instances(),
    };
    let seen = rows.into_iter().filter(sees);
    Ok(seen.map(|row| broken_glass_view(row, &names)).collect())
}

pub(crate) async fn list_broken_glass(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<BrokenGlassesView>, ApiProblem> {
    Ok(Json(BrokenGlassesView {
        broken_glass: visible_broken_glass(&sics, &caller, false).await?,
    }))
}

pub(crate) async fn acknowledge_broken_glass(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<i64>,
    JsonBody(body): JsonBody<PersonBody>,
) -> Result<Json<BrokenGlassView>, ApiProblem> {
    let person = sign_in_person(&sics, &caller, body.into(), "Jobs_Approve").await?;
    let approver = person.with_asked_rights(&["Jobs_Approve"]);
    if !visible_broken_glass(&sics, &approver, false)
        .await?
        .iter()
        .any(|view| view.id == id)
    {
        return Err(ApiProblem::not_found("broken glass", id));
    }
    let done = sics
        .store()
        .acknowledge_broken_glass(id, person.operator.id, |facts| {
            guard::check_acknowledgement(facts, ApprovalSignIn::OwnPassword).map_err(ApiProblem::from)
        })
        .await??;
    update_open_metric(&sics).await?;
    Ok(Json(broken_glass_view(done, &JobNames::read_names(&sics).await?)))
}
