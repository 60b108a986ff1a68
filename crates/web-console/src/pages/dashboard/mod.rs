//! The dashboard: whether all is well, what needs somebody and how to mend it, how each instance and each server is, what
//! runs, and the fleets in numbers.

mod attention_text;
mod board;
mod fleet;
mod waiting;
mod work;

use askama::Template;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{AttentionItemsView, SummaryView};

pub(crate) use attention_text::{describe_item, find_cause};
pub(crate) use board::LightRow;

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;
use crate::routes::PageRoute;
use board::Board;
use fleet::FleetPart;
use waiting::{WaitingTile, list_waiting};
use work::{BudgetRow, CredentialRow, WorkRow, list_budgets, list_credentials, list_work};

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/", show_dashboard)]
}

#[derive(Template)]
#[template(path = "pages/dashboard.html")]
struct DashboardPage<'a> {
    ctx: &'a PageContext,
    board: Board,
    waiting: Vec<WaitingTile>,
    steps: FirstSteps,
    /// `None`: the account may not see numbers.
    fleet: Option<FleetPart>,
    running: Vec<WorkRow>,
    credentials: Vec<CredentialRow>,
    budgets: Vec<BudgetRow>,
}

/// What a bus that is new still lacks, as far as this account can see and do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FirstSteps {
    product: bool,
    server: bool,
}

impl FirstSteps {
    fn is_any(self) -> bool {
        self.product || self.server
    }
}

/// Whoever sees no instance or no server although there may be some is not told to make one.
fn find_first_steps(view: &AttentionItemsView, may: impl Fn(&str) -> bool) -> FirstSteps {
    FirstSteps {
        product: view.instances.is_empty() && may("Instances_Manage"),
        server: view.servers.is_empty() && may("Servers_Read"),
    }
}

async fn show_dashboard(ctx: PageContext) -> PageResult {
    let (attention, summary) = tokio::join!(ctx.client().list_attention(), ctx.client().show_summary());
    let attention = attention?;
    let summary = may_be_hidden(summary)?;
    let summary = summary.as_ref();
    show_page(&DashboardPage {
        ctx: &ctx,
        board: Board::new(&ctx, &attention),
        waiting: list_waiting(&ctx, &attention.items),
        steps: find_first_steps(&attention, |right| ctx.may(right)),
        fleet: summary.map(|summary| FleetPart::new(&ctx, summary)),
        running: summary.map_or_else(Vec::new, |summary| list_work(&ctx, &summary.running)),
        credentials: summary.map_or_else(Vec::new, |summary| list_credentials(&ctx, &summary.credentials)),
        budgets: summary.map_or_else(Vec::new, |summary| list_budgets(&ctx, &summary.budgets)),
    })
}

/// The numbers, where the account may see any.
fn may_be_hidden(summary: Result<SummaryView, ClientError>) -> Result<Option<SummaryView>, ClientError> {
    match summary {
        Ok(summary) => Ok(Some(summary)),
        Err(error) if error.status == Some(StatusCode::FORBIDDEN.as_u16()) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use sics_client::contract::{Light, LightView};

    use super::*;

    #[test]
    fn first_steps_are_those_that_nobody_has_taken_and_this_account_can() {
        let light = LightView {
            name: "any".to_owned(),
            light: Light::Good,
            cause: None,
            since: None,
        };
        let view = |instances: bool, servers: bool| AttentionItemsView {
            items: Vec::new(),
            instances: instances.then(|| light.clone()).into_iter().collect(),
            servers: servers.then(|| light.clone()).into_iter().collect(),
        };
        let steps = |view: &AttentionItemsView, may: bool| {
            let found = find_first_steps(view, |_| may);
            (found.product, found.server)
        };
        assert_eq!(steps(&view(false, false), true), (true, true));
        assert_eq!(steps(&view(true, false), true), (false, true));
        assert_eq!(steps(&view(true, true), true), (false, false));
        assert_eq!(steps(&view(false, false), false), (false, false));
    }
}
