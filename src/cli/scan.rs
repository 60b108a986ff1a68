//! `scan`: run one now, look at what one would find, list those that ran, release the brake, end open snapshots.

use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::tenant_args::TenantArgs;
use super::{fleet_proof, output, preview};
use crate::model::InstanceName;

/// Between two looks at a scan that is waited for.
const LOOK: Duration = Duration::from_millis(300);

/// Run a scan now, preview one, list scans, confirm that devices are gone
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector scan --dry-run --tenant ID --client ID --secret-file F
  intune-connector scan --instance IntuneConnector_1 --data DIR
  intune-connector scan list --instance IntuneConnector_1
  intune-connector scan confirm-gone --instance IntuneConnector_1
  intune-connector scan confirm-gone --instance IntuneConnector_1 --digest D --yes-i-mean 120
  intune-connector scan confirm-complete --instance IntuneConnector_1")]
pub struct ScanArgs {
    #[command(subcommand)]
    command: Option<ScanCommand>,
    /// Name of the instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Only devices that checked in since the last scan
    #[arg(long)]
    incremental: bool,
    /// Do not wait for the scan to end
    #[arg(long)]
    no_wait: bool,
    /// Show what a scan would change, without saving anything
    #[arg(long, conflicts_with_all = ["incremental", "no_wait"])]
    dry_run: bool,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

#[derive(Debug, Subcommand)]
enum ScanCommand {
    /// List the last scans of an instance
    List {
        /// Name of the instance
        #[arg(long, value_name = "NAME")]
        instance: InstanceName,
        /// Maximum number of scans
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Show the deletions that the brake holds back; with --digest and --yes-i-mean, confirm exactly these
    ConfirmGone {
        /// Name of the instance
        #[arg(long, value_name = "NAME")]
        instance: InstanceName,
        /// Digest of the devices shown
        #[arg(long, value_name = "D", requires = "yes_i_mean")]
        digest: Option<String>,
        /// Number of devices shown
        #[arg(long, value_name = "N", requires = "digest")]
        yes_i_mean: Option<u64>,
    },
    /// Show why snapshots are open; with --digest and --yes-i-mean, end them: servers keep the devices of the last list
    ConfirmComplete {
        /// Name of the instance
        #[arg(long, value_name = "NAME")]
        instance: InstanceName,
        /// Digest of what was shown
        #[arg(long, value_name = "D", requires = "yes_i_mean")]
        digest: Option<String>,
        /// Number of devices in the list, as shown
        #[arg(long, value_name = "N", requires = "digest")]
        yes_i_mean: Option<u64>,
    },
}

pub(crate) async fn run(args: ScanArgs) -> Result<(), CommandFailure> {
    match &args.command {
        Some(ScanCommand::List { instance, limit }) => {
            with_bus(&args.connect, async |bus| {
                list_scans(&bus.client, instance, *limit, args.json).await
            })
            .await
        }
        Some(ScanCommand::ConfirmGone {
            instance,
            digest,
            yes_i_mean,
        }) => with_bus(&args.connect, async |bus| match (digest, yes_i_mean) {
            (Some(digest), Some(count)) => {
                let confirmation = format!(
                    "confirmed: {count} devices; each missing one is looked up by its id before it is reported as gone"
                );
                let confirmation = (!args.json).then_some(confirmation);
                post_confirmation(&bus.client, "confirm-gone", instance, (digest, *count), confirmation).await
            }
            _ => print_withheld_deletions(&bus.client, instance, args.json).await,
        })
        .await,
        Some(ScanCommand::ConfirmComplete {
            instance,
            digest,
            yes_i_mean,
        }) => {
            with_bus(&args.connect, async |bus| match (digest, yes_i_mean) {
                (Some(digest), Some(count)) => {
                    let confirmation =
                        format!("confirmed: open snapshots of {instance} end with these {count} devices");
                    let confirmation = (!args.json).then_some(confirmation);
                    post_confirmation(
                        &bus.client,
                        "confirm-complete",
                        instance,
                        (digest, *count),
                        confirmation,
                    )
                    .await
                }
                _ => fleet_proof::print_fleet_proof(&bus.client, instance, args.json).await,
            })
            .await
        }
        None if args.dry_run => preview::run(&args.connect, args.instance.as_ref(), &args.tenant, args.json).await,
        None if !args.tenant.is_empty() => Err(CommandFailure::usage_error(
            "tenant settings require --dry-run",
            "specify an instance with --instance NAME, or add --dry-run",
        )),
        None => match &args.instance {
            Some(instance) => start_scan(&args, instance).await,
            None => Err(CommandFailure::usage_error(
                "no instance specified",
                "use --instance NAME, or --dry-run with a tenant; see --help",
            )),
        },
    }
}

async fn start_scan(args: &ScanArgs, instance: &InstanceName) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        if bus.is_offline() {
            return Err(CommandFailure::new(
                ExitReason::Unreachable,
                "no bus runs on this folder; a scan needs a running bus",
                "start it: intune-connector run --data DIR",
            ));
        }
        let before = fetch_last_scan(&bus.client, instance).await?;
        let newest = before.as_ref().and_then(|scan| scan["id"].as_i64()).unwrap_or(0);
        let running = before.is_some_and(|scan| scan["state"] == "running");
        let kind = if args.incremental { "incremental" } else { "full" };
        let started = bus
            .client
            .post("/scans", &json!({ "instance": instance, "kind": kind }))
            .await?;
        let already_running = started["alreadyRunning"] == true;
        if already_running {
            output::eprint_line(format!(
                "a scan ({}) is already running; no second one is started",
                output::format_cell(started.get("kind"))
            ));
        }
        if args.no_wait {
            return if args.json {
                output::print_json(&started)
            } else {
                Ok(())
            };
        }
        let after = if running && already_running { newest - 1 } else { newest };
        let ended = wait_for_scan(&bus.client, instance, after).await?;
        if args.json {
            output::print_json(&ended)?
        } else {
            output::print_line(scan_sentence(&ended))?;
            rejected_record_lines(&ended).iter().try_for_each(output::print_line)?;
        }
        match ended["state"].as_str() {
            Some("completed") => Ok(()),
            _ => Err(CommandFailure::general_error(
                format!(
                    "the scan did not complete: {}",
                    output::to_printable(ended["cause"].as_str().unwrap_or("unknown cause"), 500)
                ),
                "committed changes are kept and no device was reported as gone; the scan is retried automatically",
            )),
        }
    })
    .await
}

async fn fetch_last_scan(client: &ApiClient, instance: &InstanceName) -> Result<Option<Value>, CommandFailure> {
    let query = [("instance", instance.to_string()), ("limit", "1".to_owned())];
    let page = client.get("/scans", &query).await?;
    Ok(page.pointer("/scans/0/scan").cloned())
}

/// Waits for the end of the first scan behind `after`, with a bar where people watch.
async fn wait_for_scan(client: &ApiClient, instance: &InstanceName, after: i64) -> Result<Value, CommandFailure> {
    let bar = create_progress_bar();
    loop {
        if let Some(scan) = fetch_last_scan(client, instance)
            .await?
            .filter(|scan| scan["id"].as_i64() > Some(after))
        {
            if scan["state"] != "running" {
                bar.finish_and_clear();
                return Ok(scan);
            }
            update_progress_bar(&bar, scan["seen"].as_u64().unwrap_or(0), scan["expected"].as_u64());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A bar with rate and remaining time on a terminal; nothing elsewhere.
pub(crate) fn create_progress_bar() -> ProgressBar {
    if output::is_stderr_terminal() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    }
}

pub(crate) fn update_progress_bar(bar: &ProgressBar, seen: u64, expected: Option<u64>) {
    const LOOKS: &str = "{bar:30} {human_pos}/{human_len} devices  {per_sec}  {eta} left";
    if bar.length() != expected
        && let (Some(expected), Ok(style)) = (expected, ProgressStyle::with_template(LOOKS))
    {
        bar.set_style(style);
        bar.set_length(expected.max(1));
    }
    bar.set_position(seen);
}

/// A scan in one sentence.
pub(crate) fn scan_sentence(scan: &Value) -> String {
    let n = |key: &str| scan[key].as_u64().unwrap_or(0);
    let mut text = format!(
        "{} scan {}: {} seen, {} new, {} changed, {} unchanged, {} gone",
        output::format_cell(scan.get("kind")),
        output::format_cell(scan.get("state")),
        n("seen"),
        n("new"),
        n("changed"),
        n("unchanged"),
        n("gone"),
    );
    for (key, what) in [
        ("filtered", "left out"),
        ("setAside", "could not be read"),
        ("leftOutProperties", "properties could not be read and were left out"),
        ("missing", "missing, not proven gone"),
        ("unlisted", "present, but not in the list"),
    ] {
        if n(key) > 0 {
            text.push_str(&format!(", {} {what}", n(key)));
        }
    }
    text.push_str(&format!("; {} requests", n("requests")));
    if scan["braked"] == true {
        text.push_str("; the brake holds deletions back: scan confirm-gone shows the devices");
    }
    if scan["kind"] == "full" && scan["state"] == "completed" && scan["proven"] == false {
        text.push_str("; the fleet is not proven complete: scan confirm-complete shows why");
    }
    text
}

/// Which records, and properties of records, could not be read, and why: a line each.
pub(crate) fn rejected_record_lines(scan: &Value) -> Vec<String> {
    let records = scan["unread"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<String> = records.iter().map(rejected_record_line).collect();
    let count = scan["setAside"].as_u64().unwrap_or(0) + scan["leftOutProperties"].as_u64().unwrap_or(0);
    let more = count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("  … and {more} more: intune-connector instances show NAME"));
    }
    lines
}

/// One record, or one property of one, that could not be read.
pub(crate) fn rejected_record_line(record: &Value) -> String {
    let id = record["deviceId"].as_str().unwrap_or("a record without a readable id");
    let what = match record["property"].as_str() {
        Some(property) => format!("{property} was left out"),
        None => "was set aside".to_owned(),
    };
    let text = format!(
        "  ! {id}  {what}: {} ({})",
        output::format_cell(record.get("problem")),
        output::format_cell(record.get("reason"))
    );
    output::to_printable(&text, 400)
}

async fn list_scans(
    client: &ApiClient,
    instance: &InstanceName,
    limit: u32,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let query = [("instance", instance.to_string()), ("limit", limit.to_string())];
    let page = client.get("/scans", &query).await?;
    if as_json {
        return output::print_json(&page);
    }
    let columns = [
        ("SCAN", "/scan/id"),
        ("KIND", "/scan/kind"),
        ("STATE", "/scan/state"),
        ("STARTED", "/scan/startedAt"),
        ("SEEN", "/scan/seen"),
        ("NEW", "/scan/new"),
        ("CHANGED", "/scan/changed"),
        ("GONE", "/scan/gone"),
        ("SET ASIDE", "/scan/setAside"),
        ("PROVEN", "/scan/proven"),
        ("REQUESTS", "/scan/requests"),
        ("CAUSE", "/scan/cause"),
    ];
    let scans = page["scans"].as_array().map_or(&[][..], Vec::as_slice);
    output::print_table(&columns, scans, "no scans yet")?;
    // Of the newest one that has any: the same records come again with each scan.
    let rejected = scans.iter().map(|row| {
        (
            output::format_cell(row.pointer("/scan/id")),
            rejected_record_lines(&row["scan"]),
        )
    });
    if let Some((scan, lines)) = rejected.into_iter().find(|(_, lines)| !lines.is_empty()) {
        output::print_line(format!("could not be read by scan {scan}:"))?;
        lines.iter().try_for_each(output::print_line)?;
    }
    Ok(())
}

async fn print_withheld_deletions(
    client: &ApiClient,
    instance: &InstanceName,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let withheld = client
        .get(&format!("/instances/{}/brake", encode_segment(instance.as_str())), &[])
        .await?;
    if as_json {
        return output::print_json(&withheld);
    }
    let count = withheld["count"].as_u64().unwrap_or(0);
    let columns = [
        ("DEVICE ID", "/id"),
        ("NAME", "/deviceName"),
        ("SERIAL NUMBER", "/serialNumber"),
        ("USER", "/userPrincipalName"),
        ("REASON", "/reason"),
    ];
    output::print_table(
        &columns,
        withheld["devices"].as_array().map_or(&[], Vec::as_slice),
        "the brake holds no deletions back",
    )?;
    if let Some(digest) = withheld["digest"].as_str().filter(|_| count > 0) {
        output::eprint_line(format!(
            "\n{count} deletions are waiting. If these devices are really gone:\n  intune-connector scan confirm-gone --instance {instance} --digest {digest} --yes-i-mean {count}"
        ));
    }
    Ok(())
}

/// Confirms exactly what was shown, by the route `way`; `confirmation` is for people.
async fn post_confirmation(
    client: &ApiClient,
    way: &str,
    instance: &InstanceName,
    (digest, count): (&str, u64),
    confirmation: Option<String>,
) -> Result<(), CommandFailure> {
    let path = format!("/instances/{}/{way}", encode_segment(instance.as_str()));
    let answer = client.post(&path, &json!({ "digest": digest, "count": count })).await?;
    match confirmation {
        None => output::print_json(&answer),
        Some(confirmation) => output::print_line(confirmation),
    }
}
