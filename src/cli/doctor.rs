//! `doctor`: looks at a data folder without changing it, and says what stands in the way.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::connection;
use super::failure::Failure;
use super::out;
use crate::config::doctor::{Finding, Level, examine};

/// Check a data folder: settings, key, rights, room, and whether a bus runs on it
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector doctor --data DIR

Nothing is changed. What Entra and Graph say is asked by `verify`.")]
pub struct DoctorArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
    /// JSON for machines
    #[arg(long)]
    json: bool,
}

pub async fn run(args: DoctorArgs) -> Result<(), Failure> {
    let mut findings = examine(&args.data);
    if args.data.is_dir() {
        findings.push(bus(&args.data).await);
    }
    let failures = findings
        .iter()
        .filter(|finding| finding.level == Level::Failure)
        .count();
    if args.json {
        let rows: Vec<Value> = findings.iter().map(row).collect();
        out::json(&json!({ "ok": failures == 0, "findings": rows }))?;
    } else {
        findings.iter().try_for_each(|finding| out::line(text(finding)))?;
    }
    match failures {
        0 => Ok(()),
        1 => Err(Failure::failed(
            "one thing stands in the way",
            "its cure stands beside it",
        )),
        more => Err(Failure::failed(
            format!("{more} things stand in the way"),
            "each has its cure beside it",
        )),
    }
}

/// Whether a bus answers on this folder; none is no fault.
async fn bus(folder: &std::path::Path) -> Finding {
    let subject = "bus".to_owned();
    match connection::running(folder).await {
        Ok(Some(client)) => Finding {
            level: Level::Good,
            subject,
            text: format!("runs at {}", client.base()),
            advice: String::new(),
        },
        Ok(None) => Finding {
            level: Level::Good,
            subject,
            text: "does not run".into(),
            advice: String::new(),
        },
        Err(failure) => Finding {
            level: Level::Warning,
            subject,
            text: failure.what,
            advice: failure.advice,
        },
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Good => "ok",
        Level::Warning => "warning",
        Level::Failure => "failed",
    }
}

fn row(finding: &Finding) -> Value {
    json!({ "level": word(finding.level), "subject": finding.subject, "text": finding.text, "advice": finding.advice })
}

fn text(finding: &Finding) -> String {
    let state = match finding.level {
        Level::Good => "ok     ",
        Level::Warning => "warning",
        Level::Failure => "FAILED ",
    };
    let cure = match finding.advice.as_str() {
        "" => String::new(),
        advice => format!("\n         cure    {advice}"),
    };
    format!("{state}  {}: {}{cure}", finding.subject, finding.text)
}
