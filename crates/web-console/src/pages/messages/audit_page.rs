//! The audit trail: who did what, newest first; whether it is whole; all of it as a file.

use askama::Template;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use http::{HeaderValue, header};
use sics_client::contract::{AuditEntryView, AuditVerdictView, AuditVerifyQuery, MissingEndView, WitnessKind};
use sics_client::operation;

use super::audit_reader::{AuditFilter, read_page};
use super::audit_text::list_details;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::{pass_file, show_page};

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
    rows: Vec<AuditRow>,
    older: Option<String>,
    newest: Option<String>,
    /// Whether a filter is set.
    filtered: bool,
    read: usize,
    broken_glass: usize,
    verdict: Option<Verdict>,
}

pub(super) async fn show_audit(ctx: &PageContext, list: ListState) -> PageResult {
    let filter = read_filter(&list);
    let before = list.value("before").parse().ok();
    let page = read_page(ctx.client(), &filter, before, |action| action_word(ctx, action));
    let verdict = verify_trail(ctx, &list);
    let glasses = count_glasses(ctx);
    let (page, verdict, broken_glass) = tokio::join!(page, verdict, glasses);
    let page = page?;
    show_page(&AuditPage {
        ctx,
        rows: page.entries.iter().map(|entry| show_entry(ctx, entry)).collect(),
        older: page.older.map(|before| list.link_with("before", &before.to_string())),
        newest: before.map(|_: i64| list.link_with("before", "")),
        filtered: filter.is_set(),
        read: page.read,
        broken_glass,
        verdict: verdict?,
        list,
    })
}

fn read_filter(list: &ListState) -> AuditFilter {
    let text = |name: &str| list.value(name).trim().to_lowercase();
    AuditFilter {
        actor: text("actor"),
        action: text("action"),
        subject: text("subject"),
        from: day_begin(list.value("from")),
        until: day_begin(list.value("until")).and_then(|day| day.checked_add_days(Days::new(1))),
    }
}

/// Days are those of UTC, as in the trail.
fn day_begin(day: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

fn action_word(ctx: &PageContext, action: &str) -> String {
    ctx.word("messages-action-", action)
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

/// The whole trail, one entry a line.
pub(super) async fn export_audit(ctx: PageContext) -> PageResult {
    let kind = "application/x-ndjson";
    let answer = ctx
        .client()
        .download(&operation::export_audit(), &[], kind, &())
        .await?;
    let mut response = pass_file(answer)?;
    let name = HeaderValue::from_static("attachment; filename=\"audit.ndjson\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_its_last_day_as_well() {
        let list = ListState::new("/messages", "from=2026-11-01&until=2026-11-30&actor=+Anna");
        let filter = read_filter(&list);
        assert_eq!(filter.from, Some("2026-11-01T00:00:00Z".parse().unwrap()));
        assert_eq!(filter.until, Some("2026-12-01T00:00:00Z".parse().unwrap()));
        assert_eq!(filter.actor, "anna");
        let nonsense = ListState::new("/messages", "from=yesterday&until=2026-13-01");
        assert!(!read_filter(&nonsense).is_set());
    }
}
