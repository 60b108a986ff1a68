//! `attention`: everything that waits for a person, with advice.

use clap::Args;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_value};
use crate::contract::{AttentionItemView, AttentionItemsView, AttentionSeverity};

/// Show what needs you: everything that waits for a person, with advice
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector attention --data DIR
  intune-connector attention --act --data DIR
  intune-connector attention --json --data DIR")]
pub struct AttentionArgs {
    /// Only what somebody has to do; without what passes by itself or is meant
    #[arg(long)]
    act: bool,
    /// Print JSON, including a light for each instance and each management server
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(args: AttentionArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let mut found = bus.client.list_attention().await?;
        if args.act {
            found.items.retain(|item| item.severity == AttentionSeverity::Act);
        }
        output::print_answer(&found, args.json, || print_items(&found))
    })
    .await
}

fn print_items(found: &AttentionItemsView) -> Result<(), CommandFailure> {
    let columns: [TableColumn<AttentionItemView>; 5] = [
        ("SEVERITY", |item| format_value(&item.severity)),
        ("SUBJECT", |item| format_value(&item.subject)),
        ("SINCE", |item| format_value(&item.since)),
        ("MESSAGE", |item| output::to_one_line(&item.message)),
        ("ADVICE", |item| output::to_one_line(&item.advice)),
    ];
    output::print_table(&columns, &found.items, "nothing needs you")
}
