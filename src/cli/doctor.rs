//! `doctor`: checks a data folder without changing it, and reports problems.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use sics_client::SicsClient;

use super::failure::CommandFailure;
use super::scan_text::UnreadLine;
use super::server_tables::describe_unjudged;
use super::{doctor_store, local_connection, output};
use crate::app::judge_for_doctor;
use crate::config::doctor::{DoctorFinding, FindingLevel, examine_and_judge};
use crate::config::settings_reference;
use crate::contract::{InstanceStatus, ServerView};
use crate::files::is_data_folder;
use crate::model::find_case_conflicts;

/// Check a data folder: settings, key, permissions, disk space, and whether a bus runs on it
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector doctor --data DIR
  intune-connector doctor --keys

Nothing is changed. To check Entra and Graph, use `verify`.")]
pub struct DoctorArgs {
    /// The data folder
    #[arg(
        long,
        value_name = "DIR",
        env = "INTUNE_CONNECTOR_DATA",
        required_unless_present = "keys"
    )]
    data: Option<PathBuf>,
    /// List every key of the settings files, with type, default and meaning
    #[arg(long, conflicts_with = "json")]
    keys: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: DoctorArgs) -> Result<(), CommandFailure> {
    let Some(data) = args.data.filter(|_| !args.keys) else {
        return output::print_verbatim(settings_reference());
    };
    let mut findings = examine_and_judge(&data, &judge_for_doctor);
    if is_data_folder(&data) {
        findings.extend(examine_bus(&data).await);
        findings.extend(doctor_store::collect_store_findings(&data).await);
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
    match local_connection::find_running_bus(folder).await {
        Ok(Some(client)) => {
            let mut findings = vec![info(format!("running at {}", client.base_url()))];
            match of_servers(&client).await {
                Ok(result) => findings.extend(result),
                Err(failure) => findings.push(warning(failure)),
            }
            match client.list_instances().await {
                Ok(found) => findings.extend(found.instances.iter().flat_map(incomplete_findings)),
                Err(error) => findings.push(warning(error.into())),
            }
            findings
        }
        Ok(None) => vec![info("not running".into())],
        Err(failure) => vec![warning(failure)],
    }
}

/// Management servers from before ids were compared without regard to case, and what filters of servers can't judge.
async fn of_servers(client: &SicsClient) -> Result<Vec<DoctorFinding>, CommandFailure> {
    let servers = client.list_servers().await?.servers;
    let ids: Vec<&str> = servers.iter().map(|server| server.id.as_str()).collect();
    let case_conflicts = find_case_conflicts(ids.iter().copied()).into_iter();
    let finding = |(known, twin): (&str, &str)| DoctorFinding {
        level: FindingLevel::Warning,
        subject: format!("server {twin}"),
        text: format!("differs from the server {known} only in upper and lower case"),
        advice: format!(
            "announce it under another id; when that server has read everything: intune-connector servers remove {twin}"
        ),
    };
    let unjudged = |server: &ServerView| {
        let finding = |text: String| DoctorFinding {
            level: FindingLevel::Warning,
            subject: format!("server {}", server.id),
            text,
            advice: format!(
                "first test whether the field exists, as in model != null && …: intune-connector servers limit {} --filter CEL",
                server.id
            ),
        };
        describe_unjudged(server).into_iter().map(finding).collect::<Vec<_>>()
    };
    let unjudged = servers.iter().flat_map(unjudged);
    Ok(case_conflicts.map(finding).chain(unjudged).collect())
}

/// What keeps the inventory of an instance from being complete (E10).
fn incomplete_findings(status: &InstanceStatus) -> Vec<DoctorFinding> {
    let name = &status.name;
    let warning = |text: String, advice: String| DoctorFinding {
        level: FindingLevel::Warning,
        subject: name.to_string(),
        text,
        advice,
    };
    let open_findings = status.fleet.open_because.iter().map(|reason| {
        warning(
            format!("snapshots are open: {}", output::format_value(&reason.detail)),
            format!("see what can be done: intune-connector scan confirm-complete --instance {name}"),
        )
    });
    let unread_findings = status.unread.records.iter().map(|record| {
        warning(
            UnreadLine::from(record).format().trim().to_owned(),
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
