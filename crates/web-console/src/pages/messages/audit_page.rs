//! The audit trail: who did what, filtered, newest or oldest first; whether it is whole; what is shown, or all, as a file.

use askama::Template;
use http::{HeaderValue, StatusCode, header};
use sics_client::contract::{
    AuditEntryView, AuditVerdictView, AuditVerifyQuery, AuditView, MissingEndView, SortOrder, WitnessKind,
};
use sics_client::{ClientError, operation};

use super::audit_question::{
    action_word, build_export_query, build_query, export_path, is_filtered, list_actions, read_order, turned_link,
};
use super::audit_text::list_details;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult, is_wrong_filter};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::{pass_file, show_page_as};

struct AuditRow {
    id: i64,
    at: TimeText,
    actor: String,
    action: String,
    /// Its name in the trail.
    code: String,
    subject: String,
    details: Vec<(String, String)>,
    /// Too long for a line of the table.
    is_long: bool,
}

/// What a look at the whole trail has found.
struct Verdict {
    light: &'static str,
    sentence: String,
    head: String,
    compared: String,
    before_restore: Option<String>,
    missing: Vec<String>,
    restores: Vec<(i64, TimeText)>,
}

#[derive(Template)]
#[template(path = "pages/messages/audit.html")]
struct AuditPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    /// What is wrong with a filter.
    problem: Option<&'a PageFailure>,
    /// Wire names and words, for the filter.
    actions: Vec<(&'static str, String)>,
    rows: Vec<AuditRow>,
    /// How many match, on all pages.
    total: u64,
    is_newest_first: bool,
    /// Address of the same in the other order.
    turned: String,
    next: Option<String>,
    first: Option<String>,
    /// Whether a filter is set.
    filtered: bool,
    /// Address of the file of all that match.
    export: String,
    broken_glass: usize,
    verdict: Option<Verdict>,
}

pub(super) async fn show_audit(ctx: &PageContext, list: ListState) -> PageResult {
    let query = build_query(&list);
    let page = ctx.client().read_audit(&query);
    let verdict = verify_trail(ctx, &list);
    let glasses = count_glasses(ctx);
    let (page, verdict, broken_glass) = tokio::join!(page, verdict, glasses);
    let (view, problem) = keep_wrong_filter(page)?;
    let status = problem.as_ref().map_or(StatusCode::OK, |failure| failure.status);
    let page = AuditPage {
        ctx,
        problem: problem.as_ref(),
        actions: list_actions(ctx),
        rows: view.entries.iter().map(|entry| show_entry(ctx, entry)).collect(),
        total: view.total.unwrap_or_default(),
        is_newest_first: read_order(&list) == SortOrder::Descending,
        turned: turned_link(&list),
        next: view.after.map(|after| list.link_with("before", &after.to_string())),
        first: query.after.map(|_| list.link_with("before", "")),
        filtered: is_filtered(&list),
        export: ctx.link(&export_path(&list)),
        broken_glass,
        verdict: verdict?,
        list,
    };
    show_page_as(status, &page)
}

/// A wrong filter is told beside it, and what was typed stays.
fn keep_wrong_filter(entries: Result<AuditView, ClientError>) -> Result<(AuditView, Option<PageFailure>), PageFailure> {
    match entries {
        Ok(view) => Ok((view, None)),
        Err(error) if is_wrong_filter(&error) => {
            let mut failure = PageFailure::from(error);
            failure.status = StatusCode::UNPROCESSABLE_ENTITY;
            let nothing = AuditView {
                broken_glass: Vec::new(),
                entries: Vec::new(),
                after: None,
                total: None,
            };
            Ok((nothing, Some(failure)))
        }
        Err(error) => Err(error.into()),
    }
}

fn show_entry(ctx: &PageContext, entry: &AuditEntryView) -> AuditRow {
    let details: Vec<(String, String)> = list_details(&entry.detail)
        .into_iter()
        .map(|(name, value)| (ctx.plain(name), ctx.plain(value)))
        .collect();
    let letters: usize = details.iter().map(|(name, value)| name.len() + value.len()).sum();
    AuditRow {
        id: entry.id,
        at: ctx.time(&entry.at),
        actor: match entry.actor.as_str() {
            "bus" => ctx.t("messages-actor-bus"),
            name => ctx.plain(name),
        },
        action: action_word(ctx, &entry.action),
        code: entry.action.clone(),
        subject: ctx.plain(&entry.subject),
        details,
        is_long: letters > 300,
    }
}

/// Emergency actions that nobody has reviewed; whoever may not see them sees none.
async fn count_glasses(ctx: &PageContext) -> usize {
    let glasses = ctx.client().list_broken_glass().await;
    glasses.map_or(0, |view| {
        view.broken_glass.iter().filter(|glass| glass.seen_at.is_none()).count()
    })
}

/// Only when asked for: it reads the whole trail, and the daily logs.
async fn verify_trail(ctx: &PageContext, list: &ListState) -> Result<Option<Verdict>, PageFailure> {
    if list.value("verify").is_empty() {
        return Ok(None);
    }
    let query = AuditVerifyQuery {
        head: list.filter("head"),
    };
    let view = ctx.client().verify_audit(&query).await?;
    Ok(Some(show_verdict(ctx, &view)))
}

fn show_verdict(ctx: &PageContext, view: &AuditVerdictView) -> Verdict {
    let (light, sentence) = match (view.broken_at, view.missing.is_empty()) {
        (Some(entry), _) => ("bad", ctx.t1("messages-trail-broken", "entry", entry.to_string())),
        (None, false) => ("bad", ctx.count("messages-trail-cut", view.entries)),
        (None, true) => ("good", ctx.count("messages-trail-whole", view.entries)),
    };
    Verdict {
        light,
        sentence,
        head: view.head.clone(),
        compared: ctx.count("messages-trail-compared", view.compared),
        before_restore: (view.before_restore > 0)
            .then(|| ctx.count("messages-trail-before-restore", view.before_restore)),
        missing: view.missing.iter().map(|end| describe_end(ctx, end)).collect(),
        restores: view
            .restores
            .iter()
            .map(|restore| (restore.entry, ctx.time(&restore.at)))
            .collect(),
    }
}

/// One end that is missing, and who remembers it.
fn describe_end(ctx: &PageContext, end: &MissingEndView) -> String {
    let entry = end.entry.map_or_else(|| ctx.t("unknown"), |entry| entry.to_string());
    match end.by {
        WitnessKind::Sequence => ctx.t1("messages-missing-sequence", "entry", entry),
        WitnessKind::Log => ctx.t_with(
            "messages-missing-log",
            [
                ("entry", entry),
                ("head", end.head.clone()),
                ("file", ctx.plain(&end.source)),
            ],
        ),
        WitnessKind::Given => ctx.t2("messages-missing-given", "entry", entry, "head", end.head.clone()),
    }
}

/// The entries that match, or the whole trail, one entry a line.
pub(super) async fn export_audit(ctx: PageContext) -> PageResult {
    let (kind, query) = ("application/x-ndjson", build_export_query(&ctx.list())?);
    let answer = ctx
        .client()
        .download(&operation::export_audit(), &[], kind, &query)
        .await?;
    let mut response = pass_file(answer)?;
    let name = HeaderValue::from_static("attachment; filename=\"audit.ndjson\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
