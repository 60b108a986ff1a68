//! The audit trail (E5): read, verified, exported. What it is filtered by changes nothing in it.

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;

use super::Sics;
use super::auth::Caller;
use super::extract::QueryParams;
use super::jobs::broken_glass::open_broken_glass;
use super::list_filters::{parse_period, parse_text, parse_words, require_named};
use super::problem::ApiProblem;
use crate::contract::{
    AUDIT_ACTIONS, AuditEntryView, AuditExportQuery, AuditQuery, AuditVerdictView, AuditVerifyQuery, AuditView,
    SortOrder,
};
use crate::model::replace_unprintable;
use crate::store::{AuditFilter, AuditWindow, parse_witness, read_log_witnesses};

/// What the trail calls the bus itself.
const BUS: &str = "bus";

pub(crate) async fn read_audit(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<AuditQuery>,
) -> Result<Json<AuditView>, ApiProblem> {
    let (newest, window) = (asked.newest.unwrap_or(false), parse_window(&sics, &asked)?);
    let filter = parse_filter(&sics, &asked).await?;
    let _permit = acquire_text_permit(&sics, &filter).await?;
    let (store, limit) = (sics.store(), window.limit);
    let total = if asked.count.unwrap_or(false) {
        Some(store.count_audit_entries(filter.clone()).await?)
    } else {
        None
    };
    let mut entries = store.list_matching_audit_entries(filter, window).await?;
    if newest {
        entries.reverse();
    }
    let full = !newest && entries.len() == limit as usize;
    let after = entries.last().filter(|_| full).map(|entry| entry.id);
    let broken_glass = open_broken_glass(&sics, &caller).await?;
    Ok(Json(AuditView {
        broken_glass,
        entries,
        after,
        total,
    }))
}

fn parse_window(sics: &Sics, asked: &AuditQuery) -> Result<AuditWindow, ApiProblem> {
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
    let newest = asked.newest.unwrap_or(false);
    if newest && asked.order.is_some() {
        return Err(ApiProblem::bad_request(
            "wrongQuery",
            "newest and order were given together",
            "Leave out newest: order=desc begins with the newest entry, order=asc with the oldest.",
        ));
    }
    let (after, before) = match asked.order {
        Some(SortOrder::Descending) => (None, asked.after),
        Some(SortOrder::Ascending) | None => (asked.after, None),
    };
    Ok(AuditWindow {
        after,
        before,
        newest_first: newest || asked.order == Some(SortOrder::Descending),
        limit,
    })
}

async fn parse_filter(sics: &Sics, asked: &AuditQuery) -> Result<AuditFilter, ApiProblem> {
    let text = |name, text: &Option<String>| parse_text(name, text.as_deref(), sics.limits().text_chars);
    let (from, until) = parse_period(asked.from.as_deref(), asked.until.as_deref())?;
    let actions = parse_words(text("action", &asked.action)?).unwrap_or_default();
    require_known_actions(sics, &actions).await?;
    let actor = text("operator", &asked.operator)?;
    require_known_actor(sics, actor.as_deref()).await?;
    Ok(AuditFilter {
        actions,
        actor,
        subject: text("subject", &asked.subject)?,
        from,
        until,
        text: text("text", &asked.text)?,
    })
}

/// Those of this version, and those of earlier ones that the trail has entries of.
async fn require_known_actions(sics: &Sics, actions: &[String]) -> Result<(), ApiProblem> {
    let is_ours = |action: &&String| AUDIT_ACTIONS.contains(&action.as_str());
    if actions.iter().all(|action| is_ours(&action)) {
        return Ok(());
    }
    let written = sics.store().list_audit_actions().await?;
    let Some(unknown) = actions
        .iter()
        .find(|action| !is_ours(action) && !written.contains(action))
    else {
        return Ok(());
    };
    let mut known: Vec<&str> = written
        .iter()
        .map(String::as_str)
        .chain(AUDIT_ACTIONS.iter().copied())
        .collect();
    known.sort_unstable();
    known.dedup();
    Err(ApiProblem::bad_request(
        "wrongAction",
        format!("no action is called {}", replace_unprintable(unknown)),
        format!("Possible values: {}.", known.join(", ")),
    ))
}

/// The bus, an account, or one that has gone and of which the trail has entries.
async fn require_known_actor(sics: &Sics, name: Option<&str>) -> Result<(), ApiProblem> {
    let Some(name) = name.filter(|name| !name.eq_ignore_ascii_case(BUS)) else {
        return Ok(());
    };
    let any = AuditFilter {
        actor: Some(name.to_owned()),
        ..AuditFilter::default()
    };
    let first = AuditWindow {
        limit: 1,
        ..AuditWindow::default()
    };
    let is_there = sics.store().find_operator_by_name(name).await?.is_some()
        || !sics.store().list_matching_audit_entries(any, first).await?.is_empty();
    require_named("operator", "operator", name, is_there)
}

/// A look at texts of the whole trail is a search like one of whole fleets.
async fn acquire_text_permit(sics: &Sics, filter: &AuditFilter) -> Result<Option<OwnedSemaphorePermit>, ApiProblem> {
    if filter.reads_texts() {
        return Ok(Some(sics.acquire_search_permit().await?));
    }
    Ok(None)
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

/// One entry a line (NDJSON), in the order that was asked for; oldest first, up to the export's own entry.
pub(crate) async fn export_audit(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<AuditExportQuery>,
) -> Result<Response, ApiProblem> {
    let window = AuditWindow {
        newest_first: asked.order == Some(SortOrder::Descending),
        limit: sics.limits().audit_max,
        ..AuditWindow::default()
    };
    let filter = parse_filter(&sics, &AuditQuery::from(&asked)).await?;
    let detail = serde_json::to_value(&asked).expect("a query has only plain fields");
    sics.audit_before(&caller, "audit.exported", "audit", detail).await?;
    let pages = stream::unfold((sics, filter, Some(window)), async |(sics, filter, window)| {
        let window = window?;
        let (newest_first, limit) = (window.newest_first, window.limit);
        let rows = match read_export_page(&sics, &filter, window).await {
            Ok(rows) => rows,
            Err(problem) => {
                tracing::error!(
                    problem = problem.detail(),
                    "the export of the audit trail was interrupted"
                );
                let interrupted = std::io::Error::other("the export was interrupted");
                return Some((Err(interrupted), (sics, filter, None)));
            }
        };
        let last = rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.id);
        let next = last.map(|last| AuditWindow {
            after: (!newest_first).then_some(last),
            before: newest_first.then_some(last),
            newest_first,
            limit,
        });
        let mut text = Vec::new();
        for row in &rows {
            serde_json::to_writer(&mut text, row).expect("an entry has only plain fields");
            text.push(b'\n');
        }
        Some((Ok(Bytes::from(text)), (sics, filter, next)))
    });
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
    Ok((kind, HttpBody::from_stream(pages)).into_response())
}

async fn read_export_page(
    sics: &Sics,
    filter: &AuditFilter,
    window: AuditWindow,
) -> Result<Vec<AuditEntryView>, ApiProblem> {
    let _permit = acquire_text_permit(sics, filter).await?;
    let store = sics.store();
    Ok(store.list_matching_audit_entries(filter.clone(), window).await?)
}
