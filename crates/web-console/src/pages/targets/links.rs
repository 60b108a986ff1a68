//! Which record over there belongs to which device: found, filtered, exported; and what can be done with one.

use askama::Template;
use axum::extract::Path;
use connector_core::model::InstanceName;
use sics_client::contract::{
    LinkOrigin, LinkPhase, ListSeparator, TargetLinkView, TargetLinksExportQuery, TargetLinksQuery,
};
use sics_client::operation;

use super::device_cell::DeviceCell;
use super::head::{TargetHead, TargetTab};
use super::words::{fault_failure, unmet};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::link_query::LinkQuery;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::orders::words::{find_word, way_back};
use crate::render::{pass_file, show_page};
use crate::texts::Language;

#[derive(Template)]
#[template(path = "pages/targets/links.html")]
struct LinksPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    list: ListState,
    /// Wire names and words, for the filters.
    phases: Vec<(&'static str, String)>,
    origins: Vec<(&'static str, String)>,
    links: Vec<LinkRow>,
    total: u64,
    is_first: bool,
    more: Option<String>,
    export_link: String,
    next_page: String,
}

impl LinksPage<'_> {
    fn is_filtered(&self) -> bool {
        ["q", "phase", "origin", "failing", "instance", "after"]
            .iter()
            .any(|name| !self.list.value(name).is_empty())
    }

    /// Of the forms, which another page answers.
    fn no_problem(&self) -> Option<&PageFailure> {
        None
    }
}

struct LinkRow {
    device: DeviceCell,
    serial: String,
    /// Empty: it is being made.
    record: String,
    origin: String,
    phase: String,
    light: &'static str,
    user: String,
    written: Option<TimeText>,
    failure: Option<(PageFailure, TimeText)>,
    /// Where its link is forgotten.
    forget_path: String,
}

impl LinkRow {
    fn new(ctx: &PageContext, target: &str, view: &TargetLinkView) -> LinkRow {
        let text = |value: &Option<String>| ctx.plain(value.as_deref().unwrap_or_default());
        let device = DeviceCell::new(ctx, view.device_name.as_deref(), &view.instance, view.device_id);
        let query = LinkQuery::default()
            .with_value("instance", &device.instance)
            .with_value("device", &device.id);
        let failure = view.last_error.as_ref().map(|error| {
            let failure = fault_failure(ctx, &error.code, &error.message, &error.advice);
            (failure, ctx.time(&error.at))
        });
        LinkRow {
            serial: text(&view.serial_number),
            record: text(&view.record),
            origin: ctx.word("targets-origin-", view.origin.name()),
            phase: ctx.word("targets-link-phase-", view.phase.name()),
            light: match (view.phase, &failure) {
                (_, Some(_)) => "bad",
                (LinkPhase::Active, None) => "good",
                (LinkPhase::Intended, None) => "warning",
                (LinkPhase::Gone | LinkPhase::Released, None) => "",
            },
            user: text(&view.user),
            written: view.written_at.as_ref().map(|at| ctx.time(at)),
            failure,
            forget_path: format!("/targets/{target}/links/forget{}", query.to_text()),
            device,
        }
    }
}

/// The instance that the address names.
pub(super) fn read_instance(list: &ListState) -> Result<Option<InstanceName>, PageFailure> {
    let named = list.filter("instance").map(|name| name.parse::<InstanceName>());
    named.transpose().map_err(|_| unmet("targets-no-instance"))
}

/// What the filters of the page ask the API for.
fn build_query(list: &ListState) -> Result<TargetLinksQuery, PageFailure> {
    Ok(TargetLinksQuery {
        instance: read_instance(list)?,
        search: list.filter("q"),
        phase: find_word::<LinkPhase>(list.value("phase")),
        origin: find_word::<LinkOrigin>(list.value("origin")),
        failing: (list.value("failing") == "1").then_some(true),
        limit: u32::try_from(list.rows()).ok(),
        after: list.filter("after"),
    })
}

pub(super) async fn show_links(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let list = ctx.list();
    let query = build_query(&list)?;
    let (target, view) = tokio::try_join!(
        ctx.client().show_target(&name),
        ctx.client().list_target_links(&name, &query)
    )?;
    let own_name = target.name.to_string();
    let phases = LinkPhase::ALL.iter();
    let origins = LinkOrigin::ALL.iter();
    let instance = LinkQuery::default().with_value("instance", list.value("instance"));
    show_page(&LinksPage {
        ctx: &ctx,
        head: TargetHead::new(&ctx, &target, TargetTab::Links),
        phases: phases
            .map(|phase| (phase.name(), ctx.word("targets-link-phase-", phase.name())))
            .collect(),
        origins: origins
            .map(|origin| (origin.name(), ctx.word("targets-origin-", origin.name())))
            .collect(),
        links: view
            .links
            .iter()
            .map(|link| LinkRow::new(&ctx, &own_name, link))
            .collect(),
        total: view.total,
        is_first: list.value("after").is_empty(),
        more: view.next.as_ref().map(|next| list.link_with("after", next)),
        export_link: ctx.link(&format!("/targets/{own_name}/links/export{}", instance.to_text())),
        next_page: way_back(&ctx),
        list,
    })
}

/// As spreadsheets of this language expect CSV.
fn choose_separator(language: Language) -> ListSeparator {
    match language {
        Language::English => ListSeparator::Comma,
        Language::German => ListSeparator::Semicolon,
    }
}

/// All links as a file.
pub(super) async fn export_links(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let query = TargetLinksExportQuery {
        instance: read_instance(&ctx.list())?,
        separator: Some(choose_separator(ctx.language())),
    };
    let file = ctx
        .client()
        .download(&operation::export_target_links(), &[name], "text/csv", &query)
        .await?;
    pass_file(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_of_the_page_are_those_of_the_api() {
        let list = ListState::new(
            "/targets/x/links",
            "q=lap&phase=gone&origin=adopted&failing=1&rows=20&after=p7&instance=IntuneConnector_1",
        );
        let query = build_query(&list).unwrap();
        assert_eq!(
            (query.phase, query.origin, query.failing, query.limit),
            (Some(LinkPhase::Gone), Some(LinkOrigin::Adopted), Some(true), Some(20))
        );
        assert_eq!(
            (query.search.as_deref(), query.after.as_deref()),
            (Some("lap"), Some("p7"))
        );
        assert_eq!(
            query.instance.map(|name| name.to_string()).as_deref(),
            Some("IntuneConnector_1")
        );
        let nonsense = build_query(&ListState::new("/targets/x/links", "phase=x&failing=0&q=")).unwrap();
        assert_eq!((nonsense.phase, nonsense.failing, nonsense.search), (None, None, None));
        assert!(build_query(&ListState::new("/targets/x/links", "instance=a%20b")).is_err());
    }
}
