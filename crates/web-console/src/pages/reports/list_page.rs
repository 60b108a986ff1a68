//! All reports, those that are written by schedule, and saved views.

use askama::Template;
use sics_client::contract::{ReportDescription, ReportsView};

use super::saved_views::{PAGE, SavedViewRow, list_saved_views};
use super::schedules::ScheduleRow;
use super::{report_summary, report_title};
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{go_to, show_page};

struct ReportCard {
    path: String,
    title: String,
    summary: String,
}

#[derive(Template)]
#[template(path = "pages/reports/list.html")]
struct ReportsPage<'a> {
    ctx: &'a PageContext,
    reports: Vec<ReportCard>,
    schedules: Vec<ScheduleRow>,
    views: Vec<SavedViewRow>,
}

/// A saved view leads here with the name of its report (`?report=…`), and on from here.
pub(super) async fn show_reports(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let wanted = list.value("report");
    if is_name(wanted) {
        let rest = list.query().with_value("report", "").to_text();
        return go_to(&ctx, &format!("/reports/{wanted}{rest}"), "");
    }
    let (reports, views) = tokio::try_join!(ctx.client().list_reports(), ctx.client().list_views())?;
    show_page(&ReportsPage {
        ctx: &ctx,
        reports: show_cards(&ctx, &reports),
        schedules: ScheduleRow::list(&ctx, &reports, None),
        views: list_saved_views(&ctx, views, &reports),
    })
}

fn show_cards(ctx: &PageContext, reports: &ReportsView) -> Vec<ReportCard> {
    let show = |report: &ReportDescription| ReportCard {
        path: format!("/{PAGE}/{}", report.name),
        title: report_title(ctx, &report.name, &report.title),
        summary: report_summary(ctx, &report.name, &report.summary),
    };
    reports.reports.iter().map(show).collect()
}

/// Whether it can be the name of a report.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
