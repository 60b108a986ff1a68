//! A sign-in that asks the connector whether the device may be trusted: the sample journey of the node that this one
//! takes the place of. The full level of authentication for compliant devices, the lower one for all others, and neither
//! without a second factor.
//!
//! ```text
//! cargo run --example journey -- URL TOKEN_FILE 'CN=<Intune device id>' [NODE]
//! ```
//!
//! `URL` is the connector's (`http://127.0.0.1:3900`), the file holds the token of an operator with the right
//! `Compliance_Decide`. Questions are answered by y and n: where a real sign-in would ask for a code, this one asks you.

mod journey;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, bail};
use journey::{Known, Next, next};
use serde_json::{Value, json};

/// A decision has a limit of its own, 3 s unless set otherwise; this one is behind it.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a decision that could not be had counts as.
const NO_ANSWER: &str = "ERROR";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let (url, token, device, node) = match given.as_slice() {
        [url, token, device] => (url, token, device, None),
        [url, token, device, node] => (url, token, device, Some(node.clone())),
        _ => bail!("usage: journey URL TOKEN_FILE DEVICE [NODE]"),
    };
    let token = std::fs::read_to_string(token).with_context(|| format!("failed to read {token}"))?;
    let outcome = match ask_connector(url, token.trim(), device, node).await {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("the connector gave no decision: {error:#}");
            NO_ANSWER.to_owned()
        }
    };
    println!("outcome: {outcome}");
    let mut known = Known {
        outcome: Some(&outcome),
        ..Known::default()
    };
    loop {
        match next(known) {
            Next::AskConnector => bail!("the outcome is known"),
            Next::AskWhetherSecondFactor => known.wants_second_factor = Some(yes("Sign in with a second factor?")?),
            Next::AskSecondFactor => known.second_factor_is_right = Some(yes("Is the second factor right?")?),
            Next::Success { level } => {
                println!("signed in, level {level}");
                return Ok(());
            }
            Next::Failure => bail!("not signed in"),
        }
    }
}

/// The id of the outcome. The journey needs neither properties nor apps.
async fn ask_connector(url: &str, token: &str, device: &str, node: Option<String>) -> anyhow::Result<String> {
    let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let mut question = json!({"header": {"x-intune": device}, "options": {"properties": false, "apps": false}});
    if let Some(node) = node {
        question["node"] = json!(node);
    }
    let address = format!("{}/sics/v1/compliance/decisions", url.trim_end_matches('/'));
    let answer = http.post(address).bearer_auth(token).json(&question).send().await?;
    let status = answer.status();
    let body: Value = serde_json::from_slice(&answer.bytes().await?).context("the answer is not JSON")?;
    match body["outcome"].as_str() {
        Some(outcome) if status.is_success() => Ok(outcome.to_owned()),
        _ => bail!("HTTP {status}: {}", body["detail"].as_str().unwrap_or_default()),
    }
}

fn yes(question: &str) -> anyhow::Result<bool> {
    print!("{question} [y/n] ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().eq_ignore_ascii_case("y"))
}
