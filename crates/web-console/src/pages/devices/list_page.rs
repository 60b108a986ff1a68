//! The list of devices.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::StatusCode;
use sics_client::contract::{DevicesView, UnjudgedView};

use super::bar::{ActionBar, keep_enabled};
use super::export::usual_marks;
use super::filter_choices::FilterChoices;
use super::question::{FILTERS, ask_page, is_day, is_filtered, read_columns, read_list};
use super::saved::{ViewLink, list_view_links};
use super::table::{ColumnChoice, ColumnHead, DeviceRow, KnownColumns};
use crate::failure::{PageFailure, PageResult};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::device::{ShownValue, list_compliance_words, list_own_actions, read_guard};
use crate::render::{go_to, show_page_as};

/// What a form brings along beside the list: what is wrong, and what was ticked and typed.
#[derive(Default)]
pub(super) struct ListExtra {
    pub(super) problem: Option<PageFailure>,
    /// `INSTANCE/ID` of the ticked rows.
    pub(super) ticked: BTreeSet<String>,
    pub(super) view_problem: Option<PageFailure>,
    pub(super) view_name: String,
    pub(super) view_shared: bool,
}

#[derive(Template)]
#[template(path = "pages/devices.html")]
struct DevicesPage<'a> {
    ctx: &'a PageContext,
    list: &'a ListState,
    heads: Vec<ColumnHead>,
    rows: Vec<DeviceRow>,
    matching: u64,
    total: u64,
    unjudged: Option<UnjudgedView>,
    /// The columns that are shown, with commas between them.
    columns: String,
    column_choices: Vec<ColumnChoice>,
    filters: FilterChoices,
    filtered: bool,
    views: Vec<ViewLink>,
    bar: ActionBar,
    /// What a script needs to translate live facts: states, words, classes.
    compliance_words: Vec<(&'static str, String, &'static str)>,
    /// The reader sees an instance.
    has_instance: bool,
    separator: &'static str,
    decimal: &'static str,
    extra: &'a ListExtra,
    problem: Option<&'a PageFailure>,
    /// The condition is what is wrong.
    wrong_filter: bool,
}

impl DevicesPage<'_> {
    /// Type of the field of a check-in: a whole time does not fit into the field of a day.
    fn moment_type(&self, name: &str) -> &'static str {
        let given = self.list.value(name);
        if given.is_empty() || is_day(given) {
            "date"
        } else {
            "text"
        }
    }

    /// Whether the fields by column are opened.
    fn has_column_filter(&self) -> bool {
        ["name", "serial", "user", "checkedInBefore", "checkedInAfter"]
            .iter()
            .any(|name| !self.list.value(name).is_empty())
    }

    /// Names and values that the form of the filters has to carry along.
    fn carry_besides_filters(&self) -> Vec<(&str, &str)> {
        self.list.carry_besides(&FILTERS)
    }

    /// The same of the form of the columns.
    fn carry_besides_columns(&self) -> Vec<(&str, &str)> {
        self.list.carry_besides(&["columns"])
    }

    /// The same of the form of the export.
    fn carry_besides_export(&self) -> Vec<(&str, &str)> {
        self.list
            .carry_besides(&["columns", "format", "separator", "decimal", "rows"])
    }

    /// The address without any filter.
    fn open_link(&self) -> String {
        let filters = FILTERS.iter();
        let query = filters.fold(self.list.query().with_value("page", ""), |query, name| {
            query.with_value(name, "")
        });
        format!("{}{}", self.list.path(), query.to_text())
    }
}

/// GET /devices
pub(super) async fn show_list(ctx: PageContext) -> PageResult {
    render_list(&ctx, &read_list(&ctx, ctx.query()), ListExtra::default()).await
}

/// GET /devices/act: where somebody comes back to the address of a form.
pub(super) async fn return_to_list(ctx: PageContext) -> PageResult {
    go_to(
        &ctx,
        &format!("/devices{}", read_list(&ctx, ctx.query()).query_text()),
        "",
    )
}

pub(super) async fn render_list(ctx: &PageContext, list: &ListState, extra: ListExtra) -> PageResult {
    let client = ctx.client();
    let asked = ask_page(list);
    let (devices, fields, actions, views, guard) = tokio::join!(
        client.list_devices(&asked),
        client.list_fields(),
        client.list_actions(),
        client.list_views(),
        read_guard(ctx),
    );
    let (fields, actions) = (fields?.fields, actions?.actions);
    let (view, wrong) = keep_wrong_question(devices)?;
    let known = KnownColumns::new(&fields);
    let columns = known.keep_known(read_columns(list));
    let rows: Vec<DeviceRow> = view
        .devices
        .iter()
        .map(|device| known.make_row(ctx, device, &columns, &extra.ticked))
        .collect();
    let (matching, total) = (view.matching.unwrap_or_default(), view.total.unwrap_or_default());
    let problem = wrong.as_ref().or(extra.problem.as_ref());
    let shown: BTreeSet<&str> = rows.iter().map(|row| row.platform.as_str()).collect();
    let has_more = matching > rows.len() as u64;
    let actions = keep_enabled(list_own_actions(ctx, actions), guard.as_ref());
    let (separator, decimal) = usual_marks(ctx.language());
    let status = [problem, extra.view_problem.as_ref()].into_iter().flatten().next();
    let status = status.map_or(StatusCode::OK, |failure| failure.status);
    let page = DevicesPage {
        ctx,
        list,
        heads: known.list_heads(ctx, list, &columns),
        bar: ActionBar::new(ctx, &actions, &shown, has_more),
        rows,
        matching,
        total,
        unjudged: view.unjudged,
        column_choices: known.list_choices(ctx, &columns),
        columns: columns.join(","),
        filters: FilterChoices::new(ctx, list),
        filtered: is_filtered(list),
        // Without views the list is still a list.
        views: views
            .map(|views| list_view_links(ctx, list, &views))
            .unwrap_or_default(),
        compliance_words: list_compliance_words(ctx),
        has_instance: ctx.account().is_some_and(|account| !account.instances.is_empty()),
        separator,
        decimal,
        problem,
        wrong_filter: wrong.as_ref().is_some_and(|wrong| wrong.code == "wrongFilter"),
        extra: &extra,
    };
    show_page_as(status, &page)
}

/// A question that the API can not answer is shown with the list that it does not have; everything else is a page of its
/// own.
fn keep_wrong_question(
    devices: Result<DevicesView, sics_client::ClientError>,
) -> Result<(DevicesView, Option<PageFailure>), PageFailure> {
    match devices {
        Ok(view) => Ok((view, None)),
        Err(error) if error.status == Some(StatusCode::BAD_REQUEST.as_u16()) => {
            let mut failure = PageFailure::from(error);
            failure.status = StatusCode::UNPROCESSABLE_ENTITY;
            let nothing = DevicesView {
                devices: Vec::new(),
                after: None,
                matching: None,
                total: None,
                unjudged: None,
            };
            Ok((nothing, Some(failure)))
        }
        Err(error) => Err(error.into()),
    }
}
