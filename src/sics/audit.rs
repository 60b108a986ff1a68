//! The audit trail (E5): read, verified, exported.

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::extract::Asked;
use super::jobs::glass::{BrokenGlassView, open_for};
use super::problem::Problem;
use crate::store::{AuditRow, AuditVerdict, given_witness, log_witnesses};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Entries behind this number.
    pub after: Option<i64>,
    pub limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// What one person did alone in an emergency and no second person has looked at yet, wherever one may look.
    pub broken_glass: Vec<BrokenGlassView>,
    /// Oldest first.
    #[schema(value_type = Vec<Object>)]
    pub entries: Vec<AuditRow>,
    /// For the next page; null: this was the last one.
    pub after: Option<i64>,
}

pub async fn list(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(asked): Asked<AuditQuery>,
) -> Result<Json<AuditView>, Problem> {
    let most = sics.limits().audit_max;
    let limit = asked.limit.unwrap_or(100);
    if limit == 0 || limit > most {
        let detail = format!("limit={limit} is out of bounds");
        return Err(Problem::bad_request(
            "wrongLimit",
            detail,
            format!("limit is 1 to {most}."),
        ));
    }
    let entries = sics.store().audit_page(asked.after.unwrap_or(0), limit).await?;
    let full = entries.len() == limit as usize;
    let after = entries.last().filter(|_| full).map(|entry| entry.id);
    let broken_glass = open_for(&sics, &caller).await?;
    Ok(Json(AuditView {
        broken_glass,
        entries,
        after,
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyQuery {
    /// A head that somebody wrote down: `HASH` or `HASH:ENTRY`.
    pub head: Option<String>,
}

pub async fn verify(State(sics): State<Sics>, Asked(asked): Asked<VerifyQuery>) -> Result<Json<AuditVerdict>, Problem> {
    let given = match &asked.head {
        None => None,
        Some(text) => Some(given_witness(text).ok_or_else(|| {
            Problem::bad_request(
                "wrongHead",
                "head is no head of an audit trail",
                "Write the 64 hexadecimal digits of the daily log, or those, a colon and the number of the entry.",
            )
        })?),
    };
    let _place = sics.search_place().await?;
    let logs = sics.logs();
    let logged = tokio::task::spawn_blocking(move || log_witnesses(&logs)).await;
    let logged = logged.map_err(|error| Problem::internal("logsBroke", &error))?;
    // Without them the answer would say less than it seems to.
    let mut witnesses = logged.map_err(|error| Problem::internal("logsUnreadable", &error))?;
    witnesses.extend(given);
    Ok(Json(sics.store().audit_verify(witnesses).await?))
}

/// One entry a line (NDJSON), oldest first, up to the export's own entry.
pub async fn export(State(sics): State<Sics>, caller: Caller) -> Result<Response, Problem> {
    sics.audit_first(&caller, "audit.exported", "audit", json!({})).await?;
    let pages = stream::unfold((sics, Some(0)), async |(sics, after)| {
        let after = after?;
        let limit = sics.limits().audit_max;
        let rows = match sics.store().audit_page(after, limit).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(error = %error, "the export of the audit trail broke off");
                return Some((Err(std::io::Error::other("the export broke off")), (sics, None)));
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
