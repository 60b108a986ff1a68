//! All applications, with their state and what is ordered of them.

use askama::Template;
use sics_client::contract::{ApplicationState, ApplicationsQuery};

use super::rows::{ApplicationRow, state_word};
use crate::failure::{PageFailure, PageResult};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::orders::words::{find_word, way_back};
use crate::render::show_page;

/// The product whose installations order apps.
const PRODUCT: &str = "intune-app-orders";

#[derive(Template)]
#[template(path = "pages/applications/list.html")]
struct ApplicationsPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    /// Wire names and words, for the filter.
    states: Vec<(&'static str, String)>,
    applications: Vec<ApplicationRow>,
    total: u64,
    is_first: bool,
    more: Option<String>,
    /// Whether the product still has to be installed, as far as the reader may know.
    is_product_missing: bool,
    product: &'static str,
    next_page: String,
}

impl ApplicationsPage<'_> {
    fn is_filtered(&self) -> bool {
        is_filtered(&self.list)
    }

    /// Of the forms, which another page answers.
    fn no_problem(&self) -> Option<&PageFailure> {
        None
    }
}

fn is_filtered(list: &ListState) -> bool {
    ["instance", "state", "q", "after"]
        .iter()
        .any(|name| !list.value(name).is_empty())
}

/// What the filters of the page ask the API for.
fn build_query(list: &ListState) -> ApplicationsQuery {
    ApplicationsQuery {
        instance: list.filter("instance"),
        state: find_word(list.value("state")),
        search: list.filter("q"),
        limit: u32::try_from(list.rows()).ok(),
        after: list.filter("after"),
    }
}

/// Whether no installation of the product is there.
pub(super) async fn is_product_missing(ctx: &PageContext) -> bool {
    if !ctx.may("Products_Read") {
        return false;
    }
    let read = ctx.client().list_products().await;
    let products = read.map(|view| view.products).unwrap_or_default();
    let product = products.iter().find(|product| product.id == PRODUCT);
    product.is_some_and(|product| product.installed.is_empty())
}

pub(super) async fn show_applications(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let view = ctx.client().list_applications(&build_query(&list)).await?;
    let is_empty = view.applications.is_empty() && !is_filtered(&list);
    let states = ApplicationState::ALL.iter();
    let states = states.map(|state| (state.name(), state_word(&ctx, *state)));
    let applications = view.applications.iter();
    show_page(&ApplicationsPage {
        ctx: &ctx,
        states: states.collect(),
        applications: applications.map(|view| ApplicationRow::new(&ctx, view)).collect(),
        total: view.total,
        is_first: list.value("after").is_empty(),
        more: view.next.as_ref().map(|next| list.link_with("after", next)),
        is_product_missing: is_empty && is_product_missing(&ctx).await,
        product: PRODUCT,
        next_page: way_back(&ctx),
        list,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_of_the_page_are_those_of_the_api() {
        let query = build_query(&ListState::new("/applications", "state=failed&q=vlc&rows=20&after=vlc"));
        assert_eq!(query.state, Some(ApplicationState::Failed));
        assert_eq!(
            (query.search.as_deref(), query.after.as_deref()),
            (Some("vlc"), Some("vlc"))
        );
        assert_eq!(query.limit, Some(20));
        let nonsense = build_query(&ListState::new("/applications", "state=x&q="));
        assert_eq!((nonsense.state, nonsense.search), (None, None));
    }

    #[test]
    fn every_state_has_words() {
        let texts = include_str!("../../../locale/en/applications.ftl");
        for state in ApplicationState::ALL {
            let key = format!("applications-state-{} = ", state.name().to_ascii_lowercase());
            assert!(texts.lines().any(|line| line.starts_with(&key)), "{key}");
        }
    }
}
