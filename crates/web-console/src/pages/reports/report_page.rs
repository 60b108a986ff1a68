//! One report: its table, what it comes to, its files, its schedules.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ReportColumn, ReportColumnKind, ReportDescription, ReportQuery, ReportView, ReportsView};

use super::cells::{ShownCell, is_shown, show_rows, show_totals};
use super::schedules::{ScheduleForm, ScheduleRow};
use super::{own_or_english, read_days, report_summary, report_title};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::link_query::LinkQuery;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::show_page_as;

struct ShownColumn {
    title: String,
    is_number: bool,
}

/// What is wrong in the forms of the page.
#[derive(Default)]
pub(super) struct ReportProblems<'a> {
    pub(super) of_schedule: Option<&'a PageFailure>,
    pub(super) of_view: Option<&'a PageFailure>,
    /// The name that was typed for a view.
    pub(super) view_name: String,
}

#[derive(Template)]
#[template(path = "pages/reports/report.html")]
struct ReportPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    name: String,
    title: String,
    summary: String,
    /// The days that the report goes by; `None`: it takes none.
    days: Option<String>,
    instances: Vec<String>,
    made: TimeText,
    columns: Vec<ShownColumn>,
    /// Files have the ids of devices, too.
    has_device_id: bool,
    rows: Vec<Vec<ShownCell>>,
    totals: Vec<(String, String)>,
    matching: u64,
    total: u64,
    unreadable: u64,
    csv_path: String,
    xlsx_path: String,
    schedules: Vec<ScheduleRow>,
    form: ScheduleForm,
    problem: Option<&'a PageFailure>,
    view_problem: Option<&'a PageFailure>,
    view_name: String,
}

pub(super) async fn show_report(ctx: PageContext, Path(report): Path<String>) -> PageResult {
    let form = ScheduleForm::new(&ctx);
    render_report(&ctx, &report, ctx.list(), form, ReportProblems::default()).await
}

pub(super) async fn render_report(
    ctx: &PageContext,
    report: &str,
    list: ListState,
    form: ScheduleForm,
    problems: ReportProblems<'_>,
) -> PageResult {
    let query = ReportQuery {
        instance: list.filter("instance"),
        days: read_days(&list),
        limit: Some(list.rows()),
        offset: Some(list.offset()),
    };
    let client = ctx.client();
    let (view, reports) = tokio::try_join!(client.show_report(report, &query), client.list_reports())?;
    let failure = problems.of_schedule.or(problems.of_view);
    let status = failure.map_or(StatusCode::OK, |failure| failure.status);
    show_page_as(status, &build_page(ctx, list, &view, &reports, form, problems))
}

fn build_page<'a>(
    ctx: &'a PageContext,
    list: ListState,
    view: &ReportView,
    reports: &ReportsView,
    form: ScheduleForm,
    problems: ReportProblems<'a>,
) -> ReportPage<'a> {
    let described = reports.reports.iter().find(|report| report.name == view.name);
    let summary = described.map_or("", |report| report.summary.as_str());
    let account = ctx.account();
    ReportPage {
        ctx,
        name: view.name.clone(),
        title: report_title(ctx, &view.name, &view.title),
        summary: report_summary(ctx, &view.name, summary),
        days: shown_days(&list, described),
        instances: account.map(|account| account.instances.clone()).unwrap_or_default(),
        made: ctx.time(&view.made_at),
        columns: show_columns(ctx, view),
        has_device_id: view.columns.iter().any(|column| !is_shown(&view.columns, &column.key)),
        rows: show_rows(ctx, view),
        totals: show_totals(ctx, &view.name, &view.totals),
        matching: view.total,
        total: view.total,
        unreadable: view.unreadable,
        csv_path: export_path(&list, &view.name, "csv"),
        xlsx_path: export_path(&list, &view.name, "xlsx"),
        schedules: ScheduleRow::list(ctx, reports, Some(&view.name)),
        form,
        problem: problems.of_schedule,
        view_problem: problems.of_view,
        view_name: problems.view_name,
        list,
    }
}

fn show_columns(ctx: &PageContext, view: &ReportView) -> Vec<ShownColumn> {
    let show = |column: &ReportColumn| {
        let key = format!("report-column-{}", column.key.to_ascii_lowercase());
        ShownColumn {
            title: own_or_english(ctx, &key, &column.title),
            is_number: column.kind == ReportColumnKind::Number && column.key != "job",
        }
    };
    let shown = view
        .columns
        .iter()
        .filter(|column| is_shown(&view.columns, &column.key));
    shown.map(show).collect()
}

/// The days of the address, else those that the report takes by itself.
fn shown_days(list: &ListState, described: Option<&ReportDescription>) -> Option<String> {
    let usual = described?.days?;
    Some(read_days(list).unwrap_or(usual).to_string())
}

/// A file is about what the page shows, with all rows.
fn export_path(list: &ListState, report: &str, format: &str) -> String {
    let query = list.query();
    let kept = |name: &str| query.find_value(name).unwrap_or_default();
    let of_file = LinkQuery::default()
        .with_value("format", format)
        .with_value("instance", kept("instance"))
        .with_value("days", kept("days"));
    format!("/reports/{report}/export{}", of_file.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_about_what_the_page_shows() {
        let list = ListState::new("/reports/staleDevices", "days=90&page=3&instance=A_1&done=x");
        assert_eq!(
            export_path(&list, "staleDevices", "xlsx"),
            "/reports/staleDevices/export?format=xlsx&instance=A_1&days=90"
        );
    }

    #[test]
    fn days_are_shown_only_where_the_report_takes_them() {
        let described = |days| ReportDescription {
            name: String::new(),
            title: String::new(),
            summary: String::new(),
            days,
        };
        let list = ListState::new("/", "days=90");
        assert_eq!(shown_days(&list, Some(&described(Some(30)))).as_deref(), Some("90"));
        assert_eq!(shown_days(&list, Some(&described(None))), None);
        let plain = ListState::new("/", "days=soon");
        assert_eq!(shown_days(&plain, Some(&described(Some(30)))).as_deref(), Some("30"));
    }
}
