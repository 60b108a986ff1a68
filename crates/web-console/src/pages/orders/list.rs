//! All orders, the newest first; above them those that wait for somebody's approval.

use askama::Template;
use sics_client::contract::{ApplicationsQuery, OrderState, OrderView, OrdersQuery};

use super::rows::OrderRow;
use super::words::{find_word, state_word, way_back};
use crate::failure::{PageFailure, PageResult};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::approvals::person::PersonFields;
use crate::render::show_page;

/// Waiting orders that are shown above the list; the filter by state shows all.
const WAITING_SHOWN: u32 = 20;
/// Applications that the filter offers.
const APPLICATIONS_SHOWN: u32 = 200;

#[derive(Template)]
#[template(path = "pages/orders/list.html")]
struct OrdersPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    /// Ids and names, for the filter.
    applications: Vec<(String, String)>,
    /// Wire names and words, for the filter.
    states: Vec<(&'static str, String)>,
    orders: Vec<OrderRow>,
    total: u64,
    /// Whether the page shows the newest orders.
    is_first: bool,
    older: Option<String>,
    waiting: Vec<OrderRow>,
    more_waiting: bool,
    person: PersonFields,
    /// Where to come back to after an act.
    next_page: String,
}

impl OrdersPage<'_> {
    fn is_filtered(&self) -> bool {
        is_filtered(&self.list)
    }

    /// Of the forms, which another page answers.
    fn no_problem(&self) -> Option<&PageFailure> {
        None
    }
}

fn is_filtered(list: &ListState) -> bool {
    ["instance", "application", "state", "user", "device", "q", "after"]
        .iter()
        .any(|name| !list.value(name).is_empty())
}

/// What the filters of the page ask the API for.
fn build_query(list: &ListState) -> OrdersQuery {
    let state = list.value("state");
    OrdersQuery {
        instance: list.filter("instance"),
        application: list.filter("application"),
        state: find_word(state),
        open: (state == "open").then_some(true),
        user: list.filter("user"),
        device: list.filter("device"),
        search: list.filter("q"),
        limit: u32::try_from(list.rows()).ok(),
        after: list.filter("after"),
    }
}

/// Those that wait for approval, the newest of them.
fn build_waiting_query() -> OrdersQuery {
    OrdersQuery {
        state: Some(OrderState::WaitingForApproval),
        limit: Some(WAITING_SHOWN),
        ..OrdersQuery::default()
    }
}

/// Ids and names of applications; none where the reader may not see them.
async fn read_applications(ctx: &PageContext) -> Vec<(String, String)> {
    if !ctx.may("Applications_Read") {
        return Vec::new();
    }
    let query = ApplicationsQuery {
        limit: Some(APPLICATIONS_SHOWN),
        ..ApplicationsQuery::default()
    };
    let read = ctx.client().list_applications(&query).await;
    let applications = read.map(|view| view.applications).unwrap_or_default();
    applications
        .into_iter()
        .map(|application| (application.id, ctx.plain(&application.display_name)))
        .collect()
}

pub(super) async fn show_orders(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let (query, waiting_query) = (build_query(&list), build_waiting_query());
    let (view, waiting, applications) = tokio::join!(
        ctx.client().list_orders(&query),
        ctx.client().list_orders(&waiting_query),
        read_applications(&ctx),
    );
    let (view, mut waiting) = (view?, waiting?);
    if is_filtered(&list) {
        waiting.orders.clear();
    }
    let rows =
        |orders: &[OrderView]| -> Vec<OrderRow> { orders.iter().map(|order| OrderRow::new(&ctx, order)).collect() };
    let states = OrderState::ALL.iter();
    show_page(&OrdersPage {
        ctx: &ctx,
        applications,
        states: states.map(|state| (state.name(), state_word(&ctx, *state))).collect(),
        orders: rows(&view.orders),
        total: view.total,
        is_first: list.value("after").is_empty(),
        older: view.next.map(|next| list.link_with("after", &next)),
        more_waiting: waiting.total > waiting.orders.len() as u64 && !waiting.orders.is_empty(),
        waiting: rows(&waiting.orders),
        person: PersonFields::signed_in(&ctx),
        next_page: way_back(&ctx),
        list,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_of_the_page_are_those_of_the_api() {
        let list = ListState::new("/orders", "state=open&application=vlc&user=anna&q=x&rows=20&after=p7");
        let query = build_query(&list);
        assert_eq!((query.state, query.open, query.limit), (None, Some(true), Some(20)));
        assert_eq!(query.application.as_deref(), Some("vlc"));
        assert_eq!(
            (query.user.as_deref(), query.search.as_deref(), query.after.as_deref()),
            (Some("anna"), Some("x"), Some("p7"))
        );
        let failed = build_query(&ListState::new("/orders", "state=failed"));
        assert_eq!((failed.state, failed.open), (Some(OrderState::Failed), None));
        let nonsense = build_query(&ListState::new("/orders", "state=x&user="));
        assert_eq!((nonsense.state, nonsense.open, nonsense.user), (None, None, None));
        assert!(!is_filtered(&ListState::new("/orders", "rows=20&done=x")));
    }
}
