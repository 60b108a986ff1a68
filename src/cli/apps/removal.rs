//! `apps unlink`: what ends with an application is shown first, and the number of it is typed before it happens.

use std::io::IsTerminal;

use clap::Args;
use sics_client::{ClientError, SicsClient};

use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::cli::terminal_question::ask_line;
use crate::contract::{ApplicationRemoval, ApplicationRemoved};
use crate::model::format_count;

#[derive(Debug, Args)]
pub(super) struct UnlinkArgs {
    /// Id of the application
    #[arg(value_name = "APPLICATION")]
    application: String,
    /// Also remove its groups and assignments in the tenant; without it they stay there
    #[arg(long)]
    clean_up: bool,
    /// Number that the command asks for, as reported without this option
    #[arg(long, value_name = "N")]
    yes_i_mean: Option<u64>,
}

pub(super) async fn unlink_application(
    client: &SicsClient,
    args: &UnlinkArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let send = async |confirm: Option<u64>| {
        let removal = ApplicationRemoval {
            clean_up: args.clean_up,
            confirm: confirm.map(|count| count.to_string()),
        };
        client.remove_application(&args.application, &removal).await
    };
    let removed = match send(args.yes_i_mean).await {
        Err(error) if can_ask_about(&error, args) => send(Some(ask_for_count(&error)?)).await?,
        answer => answer?,
    };
    output::print_answer(&removed, as_json, || {
        output::print_line(removal_sentence(&args.application, &removed))
    })
}

fn can_ask_about(error: &ClientError, args: &UnlinkArgs) -> bool {
    error.confirmation().is_some() && args.yes_i_mean.is_none() && std::io::stdin().is_terminal()
}

/// Typing the number takes a look at it; a "y" is typed by habit.
fn ask_for_count(error: &ClientError) -> Result<u64, CommandFailure> {
    output::eprint_line(&error.message);
    let typed = ask_line("Type the number to continue: ", "use --yes-i-mean N")?;
    typed.parse().map_err(|_| {
        CommandFailure::new(
            ExitReason::Conflict,
            "no number was typed; nothing was done",
            "type the number that is shown, or press Ctrl-C to stop",
        )
    })
}

fn removal_sentence(application: &str, removed: &ApplicationRemoved) -> String {
    let orders = format_count(removed.orders_ended, "open order");
    if removed.removed {
        let left = if removed.clean_up {
            ""
        } else {
            "; its groups stay in the tenant"
        };
        return format!("application {application} removed; {orders} cancelled{left}");
    }
    format!(
        "application {application} is being removed with its groups and assignments; {orders} cancelled; \
         see how far it is: intune-connector apps linked"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_says_whether_the_groups_stay() {
        let gone = ApplicationRemoved {
            removed: true,
            orders_ended: 1,
            clean_up: false,
        };
        assert_eq!(
            removal_sentence("cad", &gone),
            "application cad removed; 1 open order cancelled; its groups stay in the tenant"
        );
        let going = ApplicationRemoved {
            removed: false,
            orders_ended: 0,
            clean_up: true,
        };
        assert!(removal_sentence("cad", &going).contains("is being removed"));
    }
}
