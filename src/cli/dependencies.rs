//! Rights that are of no use without others: asked for in a terminal, refused without one, added by a switch.

use std::io::{IsTerminal, stdin};

use clap::Args;
use serde_json::{Value, json};

use super::client::Client;
use super::failure::Failure;
use super::out;

#[derive(Debug, Args)]
pub struct DependencyArgs {
    /// Add the rights without which others are of no use, and don't ask
    #[arg(long)]
    add_dependencies: bool,
}

/// The way a body is sent.
#[derive(Clone, Copy)]
pub enum By {
    Post,
    Patch,
}

/// Sends it; what the bus finds missing is added where that is wanted.
pub async fn sent(
    client: &Client,
    by: By,
    path: &str,
    mut body: Value,
    args: &DependencyArgs,
) -> Result<Value, Failure> {
    if args.add_dependencies {
        body["addDependencies"] = json!(true);
    }
    let failure = match send(client, by, path, &body).await {
        Err(failure) if failure.has_code("dependenciesMissing") && !args.add_dependencies => failure,
        answer => return answer,
    };
    if !stdin().is_terminal() || !agreed(&failure)? {
        return Err(failure);
    }
    body["addDependencies"] = json!(true);
    send(client, by, path, &body).await
}

async fn send(client: &Client, by: By, path: &str, body: &Value) -> Result<Value, Failure> {
    match by {
        By::Post => client.post(path, body).await,
        By::Patch => client.patch(path, &[], body).await,
    }
}

fn agreed(failure: &Failure) -> Result<bool, Failure> {
    out::say(&failure.what);
    out::say("Add them? [y/N] ");
    let mut answer = String::new();
    let read = stdin().read_line(&mut answer);
    read.map_err(|error| {
        Failure::failed(
            format!("failed to read the answer: {error}"),
            "--add-dependencies asks nothing",
        )
    })?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
