//! `orders webhooks`: messages about orders to a shop or to a system that approves, and one that is sent again.

use clap::Args;
use sics_client::SicsClient;

use super::PAGE;
use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_value};
use crate::contract::{WebhookState, WebhookView, WebhooksQuery, WebhooksView};

#[derive(Debug, Args)]
pub(super) struct WebhooksArgs {
    /// Only messages of this orders instance
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Only messages that were given up
    #[arg(long)]
    dead: bool,
    /// Maximum number of messages
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// List all messages
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Send this message again now; one that is older than a day is tried once
    #[arg(long, value_name = "ID", conflicts_with_all = ["instance", "dead", "limit", "all"])]
    retry: Option<String>,
}

impl WebhooksArgs {
    /// The first page.
    fn build_query(&self) -> WebhooksQuery {
        WebhooksQuery {
            instance: self.instance.clone(),
            state: self.dead.then_some(WebhookState::Dead),
            limit: Some(if self.all { PAGE } else { self.limit }),
            after: None,
        }
    }
}

pub(super) async fn run_webhooks(
    client: &SicsClient,
    args: &WebhooksArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    match &args.retry {
        Some(id) => {
            let retried = client.retry_webhook(id).await?;
            output::print_answer(&retried, as_json, || output::print_line(webhook_sentence(&retried)))
        }
        None => list_webhooks(client, args, as_json).await,
    }
}

async fn list_webhooks(client: &SicsClient, args: &WebhooksArgs, as_json: bool) -> Result<(), CommandFailure> {
    let mut query = args.build_query();
    let mut found: WebhooksView = client.list_webhooks(&query).await?;
    while args.all && found.next.is_some() {
        query.after = found.next.take();
        let page = client.list_webhooks(&query).await?;
        found.webhooks.extend(page.webhooks);
        found.next = page.next;
    }
    output::print_answer(&found, as_json, || print_webhooks(&found.webhooks))?;
    if found.next.is_some() && !as_json {
        output::eprint_line(format!(
            "{} of {} messages: use --all to list the others",
            found.webhooks.len(),
            found.total
        ));
    }
    Ok(())
}

fn print_webhooks(webhooks: &[WebhookView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<WebhookView>; 5] = [
        ("ID", |webhook| format_value(&webhook.id)),
        ("ORDER", |webhook| format_value(&webhook.order)),
        ("PURPOSE", |webhook| format_value(&webhook.purpose)),
        ("ATTEMPTS", |webhook| format_value(&webhook.attempts)),
        ("STATUS", describe_status),
    ];
    output::print_table(&columns, webhooks, "no matching messages")
}

/// `waiting, next attempt 2026-11-30 09:00:00: HTTP 500`
fn describe_status(webhook: &WebhookView) -> String {
    let next = webhook
        .next_attempt_at
        .as_ref()
        .map(|at| format!(", next attempt {}", format_value(at)))
        .unwrap_or_default();
    let error = webhook
        .last_error
        .as_ref()
        .map(|error| format!(": {}", output::to_one_line(error)))
        .unwrap_or_default();
    format!("{}{next}{error}", format_value(&webhook.state))
}

/// `message msg_0d9c about order shop-4711: waiting, next attempt …`
fn webhook_sentence(webhook: &WebhookView) -> String {
    let (id, order) = (format_value(&webhook.id), format_value(&webhook.order));
    format!("message {id} about order {order}: {}", describe_status(webhook))
}
