//! The audit trail (E5): read, verified, exported.

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::extract::QueryParams;
use super::jobs::broken_glass::open_broken_glass;
use super::problem::ApiProblem;
use crate::contract::{AuditQuery, AuditVerdictView, AuditVerifyQuery, AuditView};
use crate::store::{parse_witness, read_log_witnesses};

pub(crate) async fn read_audit(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<AuditQuery>,
) -> Result<Json<AuditView>, ApiProblem> {
    let most = sics.limits().audit_max;
    let limit = asked.limit.unwrap_or(100);
    if limit == 0 || limit > most {
        let detail = format!("limit={limit} is out of bounds");
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            detail,
            format!("limit must be 1 to {most}."),
        ));
    }
    let (store, after) = (sics.store(), asked.after.unwrap_or(0));
    let newest = asked.newest.unwrap_or(false);
    let entries = if newest {
        store.list_newest_audit_entries(after, limit).await?
    } else {
        store.list_audit_entries(after, limit).await?
    };
    let full = !newest && entries.len() == limit as usize;
    let after = entries.last().filter(|_| full).map(|entry| entry.id);
    let broken_glass = open_broken_glass(&sics, &caller).await?;
    Ok(Json(AuditView {
        broken_glass,
        entries,
        after,
    }))
}

pub(crate) async fn verify_audit(
    State(sics): State<Sics>,
    QueryParams(asked): QueryParams<AuditVerifyQuery>,
) -> Result<Json<AuditVerdictView>, ApiProblem> {
    let given = match &asked.head {
        None => None,
        Some(text) => Some(parse_witness(text).ok_or_else(|| {
            ApiProblem::bad_request(
                "wrongHead",
                "head is not an audit trail head",
                "Give the 64 hexadecimal digits from the daily log, optionally followed by a colon and the entry \
                 number.",
            )
        })?),
    };
    let _permit = sics.acquire_search_permit().await?;
    let logs = sics.log_folder();
    let logged = tokio::task::spawn_blocking(move || read_log_witnesses(&logs)).await;
    let logged = logged.map_err(|error| ApiProblem::internal("logsBroke", &error))?;
    // Without them the response would appear to say more than it does.
    let mut witnesses = logged.map_err(|error| ApiProblem::internal("logsUnreadable", &error))?;
    witnesses.extend(given);
    Ok(Json(sics.store().verify_audit_trail(witnesses).await?))
}

/// One entry a line (NDJSON), oldest first, up to the export's own entry.
pub(crate) async fn export_audit(State(sics): State<Sics>, caller: Caller) -> Result<Response, ApiProblem> {
    sics.audit_before(&caller, "audit.exported", "audit", json!({})).await?;
    let pages = stream::unfold((sics, Some(0)), async |(sics, after)| {
        let after = after?;
        let limit = sics.limits().audit_max;
        let rows = match sics.store().list_audit_entries(after, limit).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(error = %error, "the export of the audit trail was interrupted");
                return Some((Err(std::io::Error::other("the export was interrupted")), (sics, None)));
            }
        };
        let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.id);
        let mut text = Vec::new();
        for row in &rows {
            serde_json::to_writer(&mut text, row).expect("an entry has only plain fields");
            text.push(b'\n');
        }
        Some((Ok(Bytes::from(text)), (sics, next)))
    });
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
    Ok((kind, HttpBody::from_stream(pages)).into_response())
}
