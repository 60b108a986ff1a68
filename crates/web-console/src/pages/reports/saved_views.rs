//! Saved views of reports: which report, about which instance and how many days, under a name. What a view keeps is the
//! query of `/reports`, with the name of the report in it.

use axum::extract::Path;
use sics_client::contract::{ReportsView, SavedViewBody, SavedViewQuery, SavedViewView, SavedViewsView};

use super::report_page::{ReportProblems, render_report};
use super::report_title;
use super::schedules::ScheduleForm;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::link_query::LinkQuery;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::go_to;

/// The page that the views are of.
pub(super) const PAGE: &str = "reports";

pub(super) struct SavedViewRow {
    pub(super) name: String,
    /// As the API has it, to remove it by.
    pub(super) key: String,
    pub(super) path: String,
    pub(super) report: String,
    pub(super) report_title: String,
    pub(super) shared: bool,
    /// Empty: the reader's own.
    pub(super) owner: String,
}

/// Views of this page; those of reports that there are no more lead to the list.
pub(super) fn list_saved_views(ctx: &PageContext, views: SavedViewsView, reports: &ReportsView) -> Vec<SavedViewRow> {
    let of_reports = views.views.into_iter().filter(|view| view.page == PAGE);
    of_reports.map(|view| show_view(ctx, view, reports)).collect()
}

fn show_view(ctx: &PageContext, view: SavedViewView, reports: &ReportsView) -> SavedViewRow {
    let query = LinkQuery::parse(&view.query);
    let report = query.find_value("report").unwrap_or_default();
    let known = reports.reports.iter().find(|known| known.name == report);
    SavedViewRow {
        name: ctx.plain(&view.name),
        path: format!("/reports{}", query.to_text()),
        report: known.map_or_else(|| PAGE.to_owned(), |known| known.name.clone()),
        report_title: known
            .map(|known| report_title(ctx, &known.name, &known.title))
            .unwrap_or_default(),
        shared: view.shared,
        owner: if view.owner == ctx.operator() {
            String::new()
        } else {
            ctx.plain(&view.owner)
        },
        key: view.name,
    }
}

/// What a view of this report keeps.
fn view_query(report: &str, form: &FormFields) -> String {
    let query = LinkQuery::default()
        .with_value("report", report)
        .with_value("instance", form.text("instance"))
        .with_value("days", form.text("days"));
    query.to_text().trim_start_matches('?').to_owned()
}

pub(super) async fn save_view(ctx: PageContext, Path(report): Path<String>, form: FormFields) -> PageResult {
    let query = view_query(&report, &form);
    let body = SavedViewBody {
        page: PAGE.to_owned(),
        query: query.clone(),
        shared: form.is_ticked("shared"),
        owner: None,
    };
    match ctx.client().save_view(form.text("view"), &body).await {
        Ok(_) => go_to(&ctx, &format!("/reports?{query}"), "report-view-saved"),
        Err(error) => {
            let failure = PageFailure::from(error);
            let list = ListState::new(ctx.link(&format!("/reports/{report}")), &query);
            let problems = ReportProblems {
                of_view: Some(&failure),
                view_name: form.text("view").to_owned(),
                ..ReportProblems::default()
            };
            render_report(&ctx, &report, list, ScheduleForm::new(&ctx), problems).await
        }
    }
}

pub(super) async fn remove_view(ctx: PageContext, Path(_): Path<String>, form: FormFields) -> PageResult {
    let query = SavedViewQuery {
        page: Some(PAGE.to_owned()),
        owner: None,
    };
    ctx.client().remove_view(form.raw("view"), &query).await?;
    go_to(&ctx, "/reports", "report-view-removed")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use http::header;

    use super::*;

    #[tokio::test]
    async fn a_view_keeps_the_report_and_what_was_chosen() {
        let request = Request::builder()
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("view=Old&instance=IntuneConnector_1&days="))
            .unwrap();
        let form = FormFields::from_request(request, &()).await.unwrap();
        assert_eq!(
            view_query("staleDevices", &form),
            "report=staleDevices&instance=IntuneConnector_1"
        );
    }
}
