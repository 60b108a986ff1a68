//! `orders`: wishes to have an application installed or uninstalled, what became of them, and what people decide about
//! them.

mod decisions;
mod follow;
mod placing;
mod tables;
mod webhooks;

use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::filter_text::check_filter_text;
use super::output;
use crate::contract::{OrderReasonBody, OrderState, OrderView, OrdersQuery, OrdersView};

use decisions::DecisionArgs;
use follow::FollowOrdersArgs;
use placing::PlaceArgs;
use webhooks::WebhooksArgs;

/// Orders in one request of `--all`.
const PAGE: u32 = 500;

/// Place, list, approve, cancel and follow orders of applications
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector orders place browser --for-user anna@example.org --data DIR
  intune-connector orders place browser --uninstall --for-device LAP-0042 --id shop-4711
  intune-connector orders
  intune-connector orders list --state waitingForApproval
  intune-connector orders show shop-4711
  intune-connector orders approve shop-4711 --approver anna --reason 'as discussed'
  intune-connector orders reject shop-4711 --reason 'there is one on the shared machine'
  intune-connector orders cancel shop-4711
  intune-connector orders follow --json
  intune-connector orders webhooks --dead
  intune-connector orders webhooks --retry ID")]
pub struct OrdersArgs {
    #[command(subcommand)]
    command: Option<OrdersCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum OrdersCommand {
    /// List orders, newest first (default)
    List(ListOrdersArgs),
    /// Place an order
    Place(PlaceArgs),
    /// Show an order: its phases, and what happened in each
    Show(OrderIdArgs),
    /// Approve a waiting order, with your own name and password
    Approve(DecisionArgs),
    /// Reject a waiting order
    Reject(DecisionArgs),
    /// Cancel an order; what it did to a group is taken back
    Cancel {
        #[command(flatten)]
        order: OrderIdArgs,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Try a failed order again, or one that waits for its next attempt at once
    Retry(OrderIdArgs),
    /// Print each change of an order as it happens, one line each
    Follow(FollowOrdersArgs),
    /// List the messages about orders to a shop, newest first, or send one again
    Webhooks(WebhooksArgs),
}

#[derive(Debug, Args)]
struct OrderIdArgs {
    /// Id of the order
    #[arg(value_name = "ORDER")]
    order: String,
}

#[derive(Debug, Args)]
struct ListOrdersArgs {
    /// Only orders of this orders instance
    #[arg(long, value_name = "NAME", value_parser = check_filter_text)]
    instance: Option<String>,
    /// Only orders of this application
    #[arg(long, value_name = "APPLICATION", value_parser = check_filter_text)]
    application: Option<String>,
    /// Only orders in this state, such as waitingForApproval, processed, done or failed
    #[arg(long, value_name = "STATE", value_parser = parse_order_state)]
    state: Option<OrderState>,
    /// Only orders that have not ended
    #[arg(long)]
    open: bool,
    /// Only orders for this user, as they were given
    #[arg(long, value_name = "USER", value_parser = check_filter_text)]
    for_user: Option<String>,
    /// Only orders for this device, as it was given
    #[arg(long, value_name = "DEVICE", value_parser = check_filter_text)]
    for_device: Option<String>,
    /// Only orders whose id, application or target contains this text
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    search: Option<String>,
    /// Maximum number of orders
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// List all orders
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl ListOrdersArgs {
    /// Without any condition.
    fn newest() -> ListOrdersArgs {
        ListOrdersArgs {
            instance: None,
            application: None,
            state: None,
            open: false,
            for_user: None,
            for_device: None,
            search: None,
            limit: 50,
            all: false,
        }
    }

    /// The first page.
    fn build_query(&self) -> OrdersQuery {
        OrdersQuery {
            instance: self.instance.clone(),
            application: self.application.clone(),
            state: self.state,
            open: self.open.then_some(true),
            user: self.for_user.clone(),
            device: self.for_device.clone(),
            search: self.search.clone(),
            limit: Some(if self.all { PAGE } else { self.limit }),
            after: None,
        }
    }
}

/// A word as the API writes it; `known`: those that there are, for whoever wrote another one.
pub(crate) fn parse_wire_word<T: DeserializeOwned>(text: &str, known: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| format!("use {known}"))
}

fn parse_order_state(text: &str) -> Result<OrderState, String> {
    let known: Vec<String> = OrderState::ALL.iter().map(output::format_value).collect();
    parse_wire_word(text, &known.join(", "))
}

pub(crate) async fn run(args: OrdersArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let (client, as_json) = (&bus.client, args.json);
        match &args.command {
            None => list_orders(client, &ListOrdersArgs::newest(), as_json).await,
            Some(OrdersCommand::List(list)) => list_orders(client, list, as_json).await,
            Some(OrdersCommand::Place(place)) => print_state(&client.place_order(&place.order_body()).await?, as_json),
            Some(OrdersCommand::Show(one)) => {
                let order = client.show_order(&one.order).await?;
                output::print_answer(&order, as_json, || tables::print_order(&order))
            }
            Some(OrdersCommand::Approve(decision)) => {
                print_state(&decisions::approve_order(bus, decision).await?, as_json)
            }
            Some(OrdersCommand::Reject(decision)) => {
                print_state(&decisions::reject_order(bus, decision).await?, as_json)
            }
            Some(OrdersCommand::Cancel { order, reason }) => {
                let body = OrderReasonBody { reason: reason.clone() };
                print_state(&client.cancel_order(&order.order, &body).await?, as_json)
            }
            Some(OrdersCommand::Retry(one)) => print_state(&client.retry_order(&one.order).await?, as_json),
            Some(OrdersCommand::Follow(follow)) => follow::follow_orders(client, follow, as_json).await,
            Some(OrdersCommand::Webhooks(webhooks)) => webhooks::run_webhooks(client, webhooks, as_json).await,
        }
    })
    .await
}

fn print_state(order: &OrderView, as_json: bool) -> Result<(), CommandFailure> {
    output::print_answer(order, as_json, || {
        output::print_line(tables::state_sentence(order))?;
        order.warnings.iter().for_each(|warning| {
            output::eprint_line(output::to_one_line(&format!("warning: {warning}")));
        });
        Ok(())
    })
}

async fn list_orders(client: &SicsClient, args: &ListOrdersArgs, as_json: bool) -> Result<(), CommandFailure> {
    let mut query = args.build_query();
    let mut found: OrdersView = client.list_orders(&query).await?;
    while args.all && found.next.is_some() {
        query.after = found.next.take();
        let page = client.list_orders(&query).await?;
        found.orders.extend(page.orders);
        found.next = page.next;
    }
    output::print_answer(&found, as_json, || tables::print_orders(&found.orders))?;
    if found.next.is_some() && !as_json {
        output::eprint_line(format!(
            "{} of {} orders: use --all to list the others",
            found.orders.len(),
            found.total
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_written_as_on_the_wire_and_another_word_is_told_which_there_are() {
        assert_eq!(
            parse_order_state("waitingForApproval"),
            Ok(OrderState::WaitingForApproval)
        );
        let told = parse_order_state("waiting").unwrap_err();
        assert!(
            told.starts_with("use waitingForApproval, ") && told.ends_with("replaced"),
            "{told}"
        );
    }
}
