//! Rights that are of no use without others: asked for in a terminal, refused without one, added by a switch.

use std::io::{IsTerminal, stdin};

use clap::Args;
use serde_json::{Value, json};

use super::client::ApiClient;
use super::failure::CommandFailure;
use super::output;

#[derive(Debug, Args)]
pub(crate) struct DependencyArgs {
    /// Add the rights that others depend on, without asking
    #[arg(long)]
    add_dependencies: bool,
}

/// The way a body is sent.
#[derive(Clone, Copy)]
pub(crate) enum BodyMethod {
    Post,
    Patch,
}

/// Sends it; what the bus finds missing is added where that is wanted.
pub(crate) async fn send_with_dependencies(
    client: &ApiClient,
    by: BodyMethod,
    path: &str,
    mut body: Value,
    args: &DependencyArgs,
) -> Result<Value, CommandFailure> {
    if args.add_dependencies {
        body["addDependencies"] = json!(true);
    }
    let failure = match send_body(client, by, path, &body).await {
        Err(failure) if failure.has_code("dependenciesMissing") && !args.add_dependencies => failure,
        answer => return answer,
    };
    if !stdin().is_terminal() || !ask_to_add_dependencies(&failure)? {
        return Err(failure);
    }
    body["addDependencies"] = json!(true);
    send_body(client, by, path, &body).await
}

async fn send_body(client: &ApiClient, by: BodyMethod, path: &str, body: &Value) -> Result<Value, CommandFailure> {
    match by {
        BodyMethod::Post => client.post(path, body).await,
        BodyMethod::Patch => client.patch(path, &[], body).await,
    }
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
