//! What people decide about jobs. Approving asks for name and password of its own each time: a connection that was
//! left open agrees to nothing.

use std::io::{BufRead, IsTerminal, Write};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::look::{print, states, whole};
use super::{ApproveArgs, PersonArgs, ResolveArgs};
use crate::cli::action::typed;
use crate::cli::client::{Client, segment};
use crate::cli::failure::{Exit, Failure};
use crate::cli::{out, secret_input};

async fn post(client: &Client, job: &str, step: &str, body: &Value) -> Result<Value, Failure> {
    client.post(&format!("/jobs/{}/{step}", segment(job)), body).await
}

pub async fn cancel(client: &Client, job: &str, as_json: bool) -> Result<(), Failure> {
    let answer = post(client, job, "cancel", &json!({})).await?;
    match as_json {
        true => out::json(&answer),
        false => out::line(format!(
            "{} devices are cancelled; for {} it was too late",
            answer["cancelled"], answer["left"]
        )),
    }
}

pub async fn reject(client: &Client, job: &str, as_json: bool) -> Result<(), Failure> {
    let answer = post(client, job, "reject", &json!({})).await?;
    stands(&answer, as_json)
}

pub async fn resolve(client: &Client, args: &ResolveArgs, as_json: bool) -> Result<(), Failure> {
    let body = json!({ "task": args.task, "state": args.state, "note": args.note });
    let answer = post(client, &args.job.job, "resolve", &body).await?;
    stands(&answer, as_json)
}

fn stands(job: &Value, as_json: bool) -> Result<(), Failure> {
    match as_json {
        true => out::json(job),
        false => out::line(format!(
            "job {}: approval {}, {}",
            job["job"],
            job["approval"].as_str().unwrap_or("-"),
            states(job)
        )),
    }
}

pub async fn approve(client: &Client, args: &ApproveArgs, as_json: bool) -> Result<(), Failure> {
    let job = whole(client, &args.job.job).await?;
    if !as_json {
        print(&job)?;
    }
    let count = job["devices"].as_u64().unwrap_or(0);
    let said = match args.yes_i_mean {
        Some(said) => said,
        None if std::io::stdin().is_terminal() => typed(&format!("Type the number of devices ({count}) to agree: "))?,
        None => {
            return Err(Failure::new(
                Exit::Conflict,
                format!("{count} devices are concerned, and there is nobody to ask"),
                format!("if that is what you want, repeat it with --yes-i-mean {count}"),
            ));
        }
    };
    if said != count {
        return Err(Failure::new(
            Exit::Conflict,
            format!("{count} devices are concerned, not {said}; nothing was approved"),
            "look at the list again",
        ));
    }
    let (name, password) = person(&args.person)?;
    let body = json!({ "name": name, "password": password.expose_secret(), "digest": job["approvalDigest"] });
    let answer = post(client, &args.job.job, "approve", &body).await?;
    stands(&answer, as_json)
}

/// Who agrees, by name and password.
pub fn person(args: &PersonArgs) -> Result<(String, SecretString), Failure> {
    let name = match &args.approver {
        Some(name) => name.clone(),
        None if std::io::stdin().is_terminal() => asked("Your name: ", "--approver NAME")?,
        None => return Err(Failure::usage("it is not said who approves", "--approver NAME")),
    };
    let password = secret_input::read(args.approver_password_file.as_deref(), &format!("Password of {name}"))?;
    Ok((name, password))
}

/// A line from the terminal; `instead`: the option that takes it, too.
pub fn asked(question: &str, instead: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("failed to ask: {error}"), instead);
    let mut err = std::io::stderr().lock();
    write!(err, "{}", out::shown(question))
        .and_then(|()| err.flush())
        .map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}
