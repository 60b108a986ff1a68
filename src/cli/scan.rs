//! `scan`: run one now, look at what one would find, list those that ran, release the brake, end open snapshots.

use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::instance_choice::choose_instance;
use super::output::{self, TableColumn, format_name, format_value};
use super::scan_text::{rejected_record_lines, scan_sentence};
use super::tenant_args::TenantArgs;
use super::{fleet_proof, preview};
use crate::contract::{ConfirmCompleteBody, ConfirmGoneBody, ScanBody, ScanView, ScansQuery, WithheldDeletionView};
use crate::model::{InstanceName, ScanId, ScanKind, ScanState, choose_form, format_count};

/// Between two looks at a scan that is waited for.
const LOOK: Duration = Duration::from_millis(300);

/// Run a scan now, preview one, list scans, confirm that devices are gone
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector scan --dry-run --tenant ID --client ID --secret-file F
  intune-connector scan --data DIR
  intune-connector scan --instance IntuneConnector_1 --data DIR
  intune-connector scan list --data DIR
  intune-connector scan confirm-gone --instance IntuneConnector_1
  intune-connector scan confirm-gone --instance IntuneConnector_1 --digest D --yes-i-mean 120
  intune-connector scan confirm-complete --instance IntuneConnector_1")]
pub struct ScanArgs {
    #[command(subcommand)]
    command: Option<ScanCommand>,
    /// Name of the instance; needed only if there are several
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
        /// Name of the instance; needed only if there are several
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
        /// Maximum number of scans
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Show the deletions that the brake holds back; with --digest and --yes-i-mean, confirm exactly these
    ConfirmGone {
        /// Name of the instance; needed only if there are several
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
        /// Digest of the devices shown
        #[arg(long, value_name = "D", requires = "yes_i_mean")]
        digest: Option<String>,
        /// Number of devices shown
        #[arg(long, value_name = "N", requires = "digest")]
        yes_i_mean: Option<u64>,
    },
    /// Show why snapshots are open; with --digest and --yes-i-mean, end them: servers keep the devices of the last list
    ConfirmComplete {
        /// Name of the instance; needed only if there are several
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
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
                let instance = choose_instance(&bus.client, instance.as_ref()).await?;
                list_scans(&bus.client, &instance, *limit, args.json).await
            })
            .await
        }
        Some(ScanCommand::ConfirmGone {
            instance,
            digest,
            yes_i_mean,
        }) => {
            with_bus(&args.connect, async |bus| {
                let instance = choose_instance(&bus.client, instance.as_ref()).await?;
                let (Some(digest), Some(count)) = (digest, yes_i_mean) else {
                    return print_withheld_deletions(&bus.client, &instance, args.json).await;
                };
                let confirmation = format!(
                    "confirmed: {}; each missing one is looked up by its id before it is reported as gone",
                    format_count(*count, "device")
                );
                let body = ConfirmGoneBody {
                    digest: digest.clone(),
                    count: *count,
                };
                let released = bus.client.confirm_gone(&instance, &body).await?;
                print_confirmation(&released, &confirmation, args.json)
            })
            .await
        }
        Some(ScanCommand::ConfirmComplete {
            instance,
            digest,
            yes_i_mean,
        }) => {
            with_bus(&args.connect, async |bus| {
                let instance = choose_instance(&bus.client, instance.as_ref()).await?;
                let (Some(digest), Some(count)) = (digest, yes_i_mean) else {
                    return fleet_proof::print_fleet_proof(&bus.client, &instance, args.json).await;
                };
                let confirmation = format!(
                    "confirmed: open snapshots of {instance} end with {}",
                    choose_form(*count, "this 1 device", &format!("these {count} devices"))
                );
                let body = ConfirmCompleteBody {
                    digest: digest.clone(),
                    count: *count,
                };
                let proof = bus.client.confirm_complete(&instance, &body).await?;
                print_confirmation(&proof, &confirmation, args.json)
            })
            .await
        }
        None if args.dry_run => preview::run(&args.connect, args.instance.as_ref(), &args.tenant, args.json).await,
        None if !args.tenant.is_empty() => Err(CommandFailure::usage_error(
            "tenant settings require --dry-run",
            "specify an instance with --instance NAME, or add --dry-run",
        )),
        None => start_scan(&args).await,
    }
}

async fn start_scan(args: &ScanArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        if let Some(offline) = bus.offline_bus() {
            return Err(CommandFailure::new(
                ExitReason::Unreachable,
                "no bus runs on this folder; a scan needs a running bus",
                format!("start it: {}", offline.start_command()),
            ));
        }
        let instance = &choose_instance(&bus.client, args.instance.as_ref()).await?;
        let before = fetch_last_scan(&bus.client, instance).await?.map(|row| row.scan);
        let newest = before.as_ref().map_or(ScanId::default(), |scan| scan.id);
        let running = before.is_some_and(|scan| scan.state == ScanState::Running);
        let body = ScanBody {
            instance: instance.clone(),
            kind: if args.incremental {
                ScanKind::Incremental
            } else {
                ScanKind::Full
            },
        };
        let started = bus.client.start_scan(&body).await?;
        if started.already_running {
            output::eprint_line(format!(
                "a scan ({}) is already running; no second one is started",
                format_value(&started.kind)
            ));
        }
        if args.no_wait {
            return if args.json {
                output::print_json(&started)
            } else {
                Ok(())
            };
        }
        let after = if running && started.already_running {
            ScanId(newest.0 - 1)
        } else {
            newest
        };
        let ScanView {
            profile, scan: ended, ..
        } = wait_for_scan(&bus.client, instance, after).await?;
        if let Some(profile) = profile.filter(|_| !args.json) {
            output::eprint_line(format!("{instance} ({profile})"));
        }
        if args.json {
            output::print_json(&ended)?
        } else {
            output::print_line(scan_sentence(&ended))?;
            rejected_record_lines(&ended).iter().try_for_each(output::print_line)?;
        }
        match ended.state {
            ScanState::Completed => Ok(()),
            ScanState::Running | ScanState::Failed => Err(CommandFailure::general_error(
                format!(
                    "the scan did not complete: {}",
                    output::to_one_line(ended.cause.as_deref().unwrap_or("unknown cause"))
                ),
                "committed changes are kept and no device was reported as gone; the scan is retried automatically",
            )),
        }
    })
    .await
}

async fn fetch_last_scan(client: &SicsClient, instance: &InstanceName) -> Result<Option<ScanView>, CommandFailure> {
    let query = ScansQuery {
        instance: Some(instance.clone()),
        limit: Some(1),
    };
    let page = client.list_scans(&query).await?;
    Ok(page.scans.into_iter().next())
}

/// Waits for the end of the first scan behind `after`, with a bar where people watch.
async fn wait_for_scan(
    client: &SicsClient,
    instance: &InstanceName,
    after: ScanId,
) -> Result<ScanView, CommandFailure> {
    let bar = create_progress_bar();
    loop {
        let last = fetch_last_scan(client, instance).await?;
        if let Some(row) = last.filter(|row| row.scan.id > after) {
            if row.scan.state != ScanState::Running {
                bar.finish_and_clear();
                return Ok(row);
            }
            update_progress_bar(&bar, row.scan.seen, row.scan.expected);
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

async fn list_scans(
    client: &SicsClient,
    instance: &InstanceName,
    limit: u32,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let query = ScansQuery {
        instance: Some(instance.clone()),
        limit: Some(limit),
    };
    let page = client.list_scans(&query).await?;
    if as_json {
        return output::print_json(&page);
    }
    let columns: [TableColumn<ScanView>; 14] = [
        ("PROFILE", |row| format_value(&row.profile)),
        ("SCAN", |row| format_value(&row.scan.id)),
        ("KIND", |row| format_value(&row.scan.kind)),
        ("REASON", |row| format_value(&row.scan.reason)),
        ("STATE", |row| format_value(&row.scan.state)),
        ("STARTED", |row| format_value(&row.scan.started_at)),
        ("SEEN", |row| format_value(&row.scan.seen)),
        ("NEW", |row| format_value(&row.scan.new)),
        ("CHANGED", |row| format_value(&row.scan.changed)),
        ("GONE", |row| format_value(&row.scan.gone)),
        ("SET ASIDE", |row| format_value(&row.scan.set_aside)),
        ("PROVEN", |row| format_value(&row.scan.proven)),
        ("REQUESTS", |row| format_value(&row.scan.requests)),
        ("CAUSE", |row| format_value(&row.scan.cause)),
    ];
    output::print_table(&columns, &page.scans, "no scans yet")?;
    // Of the newest one that has any: the same records come again with each scan.
    let mut rejected = page
        .scans
        .iter()
        .map(|row| (row.scan.id, rejected_record_lines(&row.scan)));
    if let Some((scan, lines)) = rejected.find(|(_, lines)| !lines.is_empty()) {
        output::print_line(format!("could not be read by scan {scan}:"))?;
        lines.iter().try_for_each(output::print_line)?;
    }
    Ok(())
}

async fn print_withheld_deletions(
    client: &SicsClient,
    instance: &InstanceName,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let withheld = client.show_brake(instance).await?;
    if as_json {
        return output::print_json(&withheld);
    }
    output::eprint_line(&withheld.title);
    let columns: [TableColumn<WithheldDeletionView>; 5] = [
        ("DEVICE ID", |device| format_value(&device.id)),
        ("NAME", |device| format_name(&device.device_name)),
        ("SERIAL NUMBER", |device| format_value(&device.serial_number)),
        ("USER", |device| format_value(&device.user_principal_name)),
        ("REASON", |device| format_value(&device.reason)),
    ];
    output::print_table(&columns, &withheld.devices, "the brake holds no deletions back")?;
    let (count, digest) = (withheld.count, withheld.digest);
    if count > 0 {
        output::eprint_line(format!(
            "\n{} {} waiting. If {} really gone:\n  intune-connector scan confirm-gone --instance {instance} --digest {digest} --yes-i-mean {count}",
            format_count(count, "deletion"),
            choose_form(count, "is", "are"),
            choose_form(count, "this device is", "these devices are")
        ));
    }
    Ok(())
}

/// `sentence` is for people.
fn print_confirmation(answer: &impl Serialize, sentence: &str, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json(answer)
    } else {
        output::print_line(sentence)
    }
}
