//! Rights that are of no use without others: asked for in a terminal, refused without one, added by a switch.

use std::io::{IsTerminal, stdin};

use clap::Args;
use sics_client::ClientError;

use super::failure::CommandFailure;
use super::output;

#[derive(Debug, Args)]
pub(crate) struct DependencyArgs {
    /// Add the rights that others depend on, without asking
    #[arg(long)]
    add_dependencies: bool,
}

/// Sends a request; what the bus finds missing is added where that is wanted. `send` is told whether to add it
/// (`add_dependencies` of the body).
pub(crate) async fn send_with_dependencies<A>(
    args: &DependencyArgs,
    send: impl AsyncFn(bool) -> Result<A, ClientError>,
) -> Result<A, CommandFailure> {
    let failure = match send(args.add_dependencies).await {
        Err(error) if error.has_code("dependenciesMissing") && !args.add_dependencies => CommandFailure::from(error),
        answer => return Ok(answer?),
    };
    if !stdin().is_terminal() || !ask_to_add_dependencies(&failure)? {
        return Err(failure);
    }
    Ok(send(true).await?)
}

fn ask_to_add_dependencies(failure: &CommandFailure) -> Result<bool, CommandFailure> {
    output::eprint_line(&failure.message);
    output::eprint_line("Add them? [y/N] ");
    let mut answer = String::new();
    let read = stdin().read_line(&mut answer);
    read.map_err(|error| {
        CommandFailure::general_error(
            format!("failed to read the answer: {error}"),
            "use --add-dependencies to skip the question",
        )
    })?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
