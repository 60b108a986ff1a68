//! Approving and rejecting. Who decides is who is signed in, or the person that `--approver` names; an approval takes
//! their password, because a connection that was left open agrees to nothing.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use sics_client::{ClientAuth, ClientError, SicsClient};

use crate::cli::code_prompt::{ask_for_code, begin_session, end_session, is_code_missing};
use crate::cli::connection::BusConnection;
use crate::cli::failure::CommandFailure;
use crate::cli::secret_input;
use crate::contract::{OrderDecisionBody, OrderView};

/// What the bus answers where only the password of the caller is missing.
const PASSWORD_NEEDED: [&str; 2] = ["passwordNeeded", "sessionNotConfirmed"];

#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// Id of the order
    #[arg(value_name = "ORDER")]
    order: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Name of the person who decides; default: whoever is signed in
    #[arg(long, value_name = "NAME")]
    approver: Option<String>,
    /// File with their password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    approver_password_file: Option<PathBuf>,
}

pub(super) async fn approve_order(bus: &BusConnection, args: &DecisionArgs) -> Result<OrderView, CommandFailure> {
    let send = async |client: &SicsClient, body: &OrderDecisionBody| client.approve_order(&args.order, body).await;
    decide(bus, args, send).await
}

pub(super) async fn reject_order(bus: &BusConnection, args: &DecisionArgs) -> Result<OrderView, CommandFailure> {
    let send = async |client: &SicsClient, body: &OrderDecisionBody| client.reject_order(&args.order, body).await;
    decide(bus, args, send).await
}

async fn decide(
    bus: &BusConnection,
    args: &DecisionArgs,
    send: impl AsyncFn(&SicsClient, &OrderDecisionBody) -> Result<OrderView, ClientError>,
) -> Result<OrderView, CommandFailure> {
    match &args.approver {
        Some(name) => {
            // Whoever decides may see other instances than whoever is connected.
            if bus.sees_everything() {
                require_order(&bus.client, &args.order).await?;
            }
            decide_as_person(&bus.client, args, name, send).await
        }
        None => decide_as_caller(&bus.client, args, send).await,
    }
}

/// Whoever is named signs in for this request, with a code where they have a second factor.
async fn decide_as_person(
    client: &SicsClient,
    args: &DecisionArgs,
    name: &str,
    send: impl AsyncFn(&SicsClient, &OrderDecisionBody) -> Result<OrderView, ClientError>,
) -> Result<OrderView, CommandFailure> {
    let password = read_password(args, &format!("Password of {name}"))?;
    let own = client.with_auth(ClientAuth::Basic {
        user: name.to_owned(),
        password: password.clone(),
    });
    match send(&own, &decision_body(args, Some(&password), None)).await {
        Err(error) if is_code_missing(&error) => {
            let session = begin_session(client, name, password).await?;
            let decided = send(&session, &decision_body(args, None, None)).await;
            end_session(&session).await;
            Ok(decided?)
        }
        decided => Ok(decided?),
    }
}

/// Nobody types a password for an order that does not exist.
async fn require_order(client: &SicsClient, order: &str) -> Result<(), CommandFailure> {
    match client.show_order(order).await {
        Err(error) if error.status == Some(404) => Err(error.into()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Password and code are asked for where the bus misses them, once each.
async fn decide_as_caller(
    client: &SicsClient,
    args: &DecisionArgs,
    send: impl AsyncFn(&SicsClient, &OrderDecisionBody) -> Result<OrderView, ClientError>,
) -> Result<OrderView, CommandFailure> {
    let ask = || read_password(args, "Your own password");
    let mut password = args.approver_password_file.is_some().then(ask).transpose()?;
    let mut code = None;
    loop {
        let error = match send(client, &decision_body(args, password.as_ref(), code.clone())).await {
            Ok(order) => return Ok(order),
            Err(error) => error,
        };
        if password.is_none() && PASSWORD_NEEDED.iter().any(|needed| error.has_code(needed)) {
            password = Some(ask()?);
        } else if code.is_none() && is_code_missing(&error) {
            code = Some(ask_for_code("your account")?);
        } else {
            return Err(error.into());
        }
    }
}

fn read_password(args: &DecisionArgs, prompt: &str) -> Result<SecretString, CommandFailure> {
    let file = args.approver_password_file.as_deref();
    secret_input::read_password(file, "--approver-password-file", prompt)
}

fn decision_body(args: &DecisionArgs, password: Option<&SecretString>, code: Option<String>) -> OrderDecisionBody {
    OrderDecisionBody {
        reason: args.reason.clone(),
        password: password.cloned(),
        code,
    }
}
