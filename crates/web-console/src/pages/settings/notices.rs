//! What people have to know or decide.

use askama::Template;

use super::{SettingsTab, TabLink, list_tabs};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{Markup, show_page};

struct NoticeRow {
    at: TimeText,
    until: TimeText,
    text: Markup,
}

struct UnprocessedRow {
    server: String,
    changes: u64,
    latest: TimeText,
}

#[derive(Template)]
#[template(path = "pages/settings/notices.html")]
struct NoticesPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    notices: Vec<NoticeRow>,
    waiting: usize,
    broken_glass: usize,
    needs_operator: usize,
    unprocessed: Vec<UnprocessedRow>,
}

pub(super) async fn show_notices(ctx: &PageContext) -> PageResult {
    let view = ctx.client().list_notices().await?;
    let notices = view.notices.iter().map(|notice| NoticeRow {
        at: ctx.time(&notice.at),
        until: ctx.time(&notice.until),
        text: ctx.said(&notice.text),
    });
    let unprocessed = view.unprocessed.iter().map(|row| UnprocessedRow {
        server: ctx.plain(&row.server),
        changes: row.changes,
        latest: ctx.time(&row.latest_at),
    });
    show_page(&NoticesPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Notices),
        notices: notices.collect(),
        waiting: view.waiting.len(),
        broken_glass: view.broken_glass.len(),
        needs_operator: view.needs_operator.len(),
        unprocessed: unprocessed.collect(),
    })
}
