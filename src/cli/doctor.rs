//! `doctor`: checks a data folder without changing it, and reports problems.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::client::ApiClient;
use super::connection;
use super::doctor_store;
use super::failure::CommandFailure;
use super::output;
use super::scan::rejected_record_line;
use super::servers::unjudged;
use crate::config::doctor::{DoctorFinding, FindingLevel, examine_data_folder};
use crate::model::find_case_conflicts;

/// Check a data folder: settings, key, permissions, disk space, and whether a bus runs on it
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector doctor --data DIR

Nothing is changed. To check Entra and Graph, use `verify`.")]
pub struct DoctorArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: DoctorArgs) -> Result<(), CommandFailure> {
    let mut findings = examine_data_folder(&args.data);
    if args.data.is_dir() {
        findings.extend(examine_bus(&args.data).await);
        findings.extend(doctor_store::collect_store_findings(&args.data).await);
    }
    let failures = findings
        .iter()
        .filter(|finding| finding.level == FindingLevel::Failure)
        .count();
    if args.json {
        let rows: Vec<Value> = findings.iter().map(finding_row).collect();
        output::print_json(&json!({ "ok": failures == 0, "findings": rows }))?;
    } else {
        findings
            .iter()
            .try_for_each(|finding| output::print_line(format_finding(finding)))?;
    }
    match failures {
        0 => Ok(()),
        1 => Err(CommandFailure::general_error(
            "one problem found",
            "apply the fix shown below it",
        )),
        more => Err(CommandFailure::general_error(
            format!("{more} problems found"),
            "apply the fix shown below each of them",
        )),
    }
}

/// Whether a bus answers on this folder (none is no fault), and what it holds that people take for one.
async fn examine_bus(folder: &Path) -> Vec<DoctorFinding> {
    let subject = "bus".to_owned();
    let warning = |failure: CommandFailure| DoctorFinding {
        level: FindingLevel::Warning,
        subject: "bus".into(),
        text: failure.message,
        advice: failure.advice,
    };
    let info = |text: String| DoctorFinding {
        level: FindingLevel::Good,
        subject,
        text,
        advice: String::new(),
    };
    match connection::find_running_bus(folder).await {
        Ok(Some(client)) => {
            let mut findings = vec![info(format!("running at {}", client.base_url()))];
            match of_servers(&client).await {
                Ok(result) => findings.extend(result),
                Err(failure) => findings.push(warning(failure)),
            }
            match client.get("/instances", &[]).await {
                Ok(result) => findings.extend(
                    result["instances"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .flat_map(incomplete_findings),
                ),
                Err(failure) => findings.push(warning(failure)),
            }
            findings
        }
        Ok(None) => vec![info("not running".into())],
        Err(failure) => vec![warning(failure)],
    }
}

/// Management servers from before ids were compared without regard to case, and what filters of servers can't judge.
async fn of_servers(client: &ApiClient) -> Result<Vec<DoctorFinding>, CommandFailure> {
    let response = client.get("/servers", &[]).await?;
    let servers = response["servers"].as_array().map_or(&[][..], Vec::as_slice);
    let ids: Vec<&str> = servers.iter().filter_map(|server| server["id"].as_str()).collect();
    let case_conflicts = find_case_conflicts(ids.iter().copied()).into_iter();
    let finding = |(known, twin): (&str, &str)| DoctorFinding {
        level: FindingLevel::Warning,
        subject: format!("server {twin}"),
        text: format!("differs from the server {known} only in upper and lower case"),
        advice: format!(
            "announce it under another id; when that server has read everything: intune-connector servers remove {twin}"
        ),
    };
    let unjudged = servers.iter().flat_map(unjudged).map(|(server, text)| DoctorFinding {
        level: FindingLevel::Warning,
        subject: format!("server {server}"),
        text,
        advice: format!(
            "first test whether the field exists, as in model != null && …: intune-connector servers limit {server} --filter CEL"
        ),
    });
    Ok(case_conflicts.map(finding).chain(unjudged).collect())
}

/// What keeps the inventory of an instance from being complete (E10).
fn incomplete_findings(row: &Value) -> Vec<DoctorFinding> {
    let name = output::format_cell(row.get("name"));
    let warning = |text: String, advice: String| DoctorFinding {
        level: FindingLevel::Warning,
        subject: name.clone(),
        text,
        advice,
    };
    let reasons = row.pointer("/fleet/openBecause").and_then(Value::as_array);
    let open_findings = reasons.into_iter().flatten().map(|reasons| {
        warning(
            format!("snapshots are open: {}", output::format_cell(reasons.get("detail"))),
            format!("see what can be done: intune-connector scan confirm-complete --instance {name}"),
        )
    });
    let records = row.pointer("/unread/records").and_then(Value::as_array);
    let unread_findings = records.into_iter().flatten().map(|record| {
        warning(
            rejected_record_line(record).trim().to_owned(),
            "check the device in Intune; if it is correct there, report a bug".to_owned(),
        )
    });
    open_findings.chain(unread_findings).collect()
}

fn level_name(level: FindingLevel) -> &'static str {
    match level {
        FindingLevel::Good => "ok",
        FindingLevel::Warning => "warning",
        FindingLevel::Failure => "failed",
    }
}

fn finding_row(finding: &DoctorFinding) -> Value {
    json!({ "level": level_name(finding.level), "subject": finding.subject, "text": finding.text, "advice": finding.advice })
}

fn format_finding(finding: &DoctorFinding) -> String {
    let state = match finding.level {
        FindingLevel::Good => "ok     ",
        FindingLevel::Warning => "warning",
        FindingLevel::Failure => "FAILED ",
    };
    let cure = match finding.advice.as_str() {
        "" => String::new(),
        advice => format!("\n         fix     {advice}"),
    };
    format!("{state}  {}: {}{cure}", finding.subject, finding.text)
}
