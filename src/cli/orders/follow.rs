//! `orders follow`: each change of an order as it happens. It keeps no place of its own: with `--json` each change has its
//! position, and `--after` leads on from there.

use clap::Args;
use sics_client::SicsClient;

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, format_value};
use crate::contract::{OrderChange, OrderChangesQuery};
use crate::model::Language;

/// Changes in one request.
const PAGE: u32 = 500;
/// Longest time that a request waits for a change, seconds.
const WAIT_S: u32 = 30;

#[derive(Debug, Args)]
pub(super) struct FollowOrdersArgs {
    /// Only changes behind this position, as --json prints it; default: from the beginning
    #[arg(long, value_name = "POSITION")]
    after: Option<String>,
    /// End once everything so far is printed
    #[arg(long)]
    once: bool,
    /// Language of the texts: en or de
    #[arg(long, value_name = "LANGUAGE", default_value_t = Language::En)]
    lang: Language,
}

pub(super) async fn follow_orders(
    client: &SicsClient,
    args: &FollowOrdersArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let mut after = args.after.clone();
    loop {
        let query = OrderChangesQuery {
            after: after.clone(),
            limit: Some(PAGE),
            wait_s: (!args.once).then_some(WAIT_S),
        };
        let page = client.list_order_changes(&query).await?;
        for change in &page.changes {
            print_change(change, args.lang, as_json)?;
        }
        if args.once && !page.more {
            return Ok(());
        }
        output::require_reader()?;
        after = Some(page.next);
    }
}

fn print_change(change: &OrderChange, language: Language, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json_line(change)
    } else {
        output::print_line(change_line(change, language))
    }
}

/// `2026-11-21T03:24:22Z  shop-4711  browser  The order was accepted.`
fn change_line(change: &OrderChange, language: Language) -> String {
    let text = change.texts.get(language.code()).unwrap_or(&change.event);
    let at = format_value(&change.at);
    output::to_one_line(&format!("{at}  {}  {}  {text}", change.order, change.application))
}
