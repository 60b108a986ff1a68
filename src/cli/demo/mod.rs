//! `demo`: everything at once on this machine: a simulated tenant, the bus, and management servers that read from it
//! over HTTP, each as an operator of its own, exactly as others would. One of them sends jobs; then devices vanish from the
//! tenant, one and many. All of it lives in a temporary folder and goes with it.

mod demo_follower;
mod environment;
mod folded_text;
mod losses;
mod parts;
mod paste_commands;
mod sender;
mod show;
mod temporary_folder;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::failure::{CommandFailure, ExitReason};
use super::{output, signals};
use crate::model::{InstanceName, format_count};
use demo_follower::{DemoFollower, FollowerCounts};
use environment::{DemoEnvironment, find_first_scan};
use losses::LossHandle;
use parts::DemoParts;
use sender::{JobProgress, SenderHandle};

/// Longest time that `--until-delivered` waits.
const PATIENCE: Duration = Duration::from_secs(1_800);
/// Longest time that it waits for what becomes of the jobs.
const JOBS_PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at how far everything is.
const LOOK: Duration = Duration::from_millis(20);

/// Run a demonstration: a simulated tenant, the bus and management servers on this machine
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector demo
  intune-connector demo --devices 20000 --servers 5 --churn 20
  intune-connector demo --devices 2000 --until-delivered --json")]
pub struct DemoArgs {
    /// Number of devices in the simulated tenant
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    devices: u32,
    /// Number of management servers
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    servers: u32,
    /// Changes per second in the tenant; default: 2, or 0 with --until-delivered
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    churn: Option<f64>,
    /// Stop when every server has acknowledged every device
    #[arg(long)]
    until_delivered: bool,
    /// Print JSON, with --until-delivered
    #[arg(long, requires = "until_delivered")]
    json: bool,
}

pub(crate) async fn run(args: DemoArgs) -> Result<(), CommandFailure> {
    let churn = args.churn.unwrap_or(if args.until_delivered { 0.0 } else { 2.0 });
    if !(0.0..=simulated_tenant::MOST_CHURN).contains(&churn) {
        return Err(CommandFailure::usage_error(
            format!("--churn {churn} is not a valid number of changes per second"),
            format!("use 0 to {}, such as --churn 2", simulated_tenant::MOST_CHURN),
        ));
    }
    // From now on whatever is made goes again.
    let mut signals = signals::listen_for_signals()?;
    let environment = DemoEnvironment::build(args.devices as usize, churn).await?;
    let mut parts = DemoParts::default();
    let shown = tokio::select! {
        biased;
        _ = signals.next_signal() => None,
        shown = run_demo(&args, &environment, &mut parts) => Some(shown),
    };
    if shown.is_none() && !args.json {
        output::eprint_line("\nEnding the demonstration …");
    }
    let summary = show::summarise_parts(&parts);
    let (folder, commands) = (environment.folder.path().to_owned(), environment.commands.clone());
    drop(parts);
    environment.shut_down().await;
    match shown {
        Some(shown) => shown,
        None if args.until_delivered => Err(CommandFailure::new(
            ExitReason::Interrupted,
            "interrupted before every server had acknowledged every device",
            "",
        )),
        None => {
            show::print_end(&summary, &folder, &commands);
            Ok(())
        }
    }
}

async fn run_demo(args: &DemoArgs, environment: &DemoEnvironment, parts: &mut DemoParts) -> Result<(), CommandFailure> {
    for number in 1..=args.servers {
        parts.followers.push(DemoFollower::start(environment, number).await?);
    }
    if !args.json {
        show::print_header(environment, &parts.followers);
    }
    let started_at = Instant::now();
    let instance = environment.add_instance().await?;
    if args.until_delivered {
        return wait_until_delivered(args, environment, &instance, &mut parts.followers, started_at).await;
    }
    let sender = SenderHandle::start(environment, &instance, Some(environment.commands.clone())).await?;
    let servers = parts.followers.iter().map(DemoFollower::watch_counts).collect();
    parts.losses = Some(LossHandle::start(
        environment,
        &instance,
        servers,
        sender.job_states.clone(),
    ));
    parts.sender = Some(sender);
    show::show_live(parts).await
}

async fn wait_until_delivered(
    args: &DemoArgs,
    environment: &DemoEnvironment,
    instance: &InstanceName,
    followers: &mut [DemoFollower],
    started_at: Instant,
) -> Result<(), CommandFailure> {
    let mut scan: Option<(u64, u128)> = None;
    loop {
        if scan.is_none() {
            let ended = find_first_scan(&environment.client, instance).await?;
            scan = ended.map(|devices| (devices, started_at.elapsed().as_millis()));
        }
        for follower in followers.iter_mut() {
            follower.check_running().await?;
        }
        if let Some((devices, scan_ms)) = scan {
            let has_everything = |counts: &FollowerCounts| counts.complete && counts.acknowledged >= devices;
            if followers.iter().all(|follower| has_everything(&follower.counts())) {
                let deliver_ms = started_at.elapsed().as_millis();
                let delivered = followers
                    .iter()
                    .map(|follower| (follower.id.clone(), follower.counts()));
                let delivered: Vec<_> = delivered.collect();
                let jobs = wait_for_jobs(args, environment, instance).await?;
                return print_report(args, devices, &delivered, (scan_ms, deliver_ms), &jobs);
            }
        }
        if started_at.elapsed() > PATIENCE {
            return Err(CommandFailure::general_error(
                "the devices have not arrived within half an hour",
                "try fewer devices",
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What the help desk sends, and what becomes of it: as soon as all is at its end but for what waits for somebody.
async fn wait_for_jobs(
    args: &DemoArgs,
    environment: &DemoEnvironment,
    instance: &InstanceName,
) -> Result<Vec<JobProgress>, CommandFailure> {
    let started_at = Instant::now();
    let mut sender = SenderHandle::start(environment, instance, None).await?;
    loop {
        let settled = sender.is_settled();
        for line in sender.drain_lines() {
            if !args.json {
                output::print_line(line)?;
            }
        }
        if settled || started_at.elapsed() > JOBS_PATIENCE {
            return Ok(sender.job_states.borrow().clone());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct DemoReport<'a> {
    devices: u64,
    servers: Vec<DeliveredCounts<'a>>,
    scan_ms: u64,
    deliver_ms: u64,
    /// Where each job stands.
    jobs: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct DeliveredCounts<'a> {
    id: &'a str,
    received: u64,
    acknowledged: u64,
}

fn print_report(
    args: &DemoArgs,
    devices: u64,
    delivered: &[(String, FollowerCounts)],
    (scan_ms, deliver_ms): (u128, u128),
    jobs: &[JobProgress],
) -> Result<(), CommandFailure> {
    if args.json {
        let milliseconds = |time: u128| u64::try_from(time).unwrap_or(u64::MAX);
        let report = DemoReport {
            devices,
            servers: delivered
                .iter()
                .map(|(id, counts)| DeliveredCounts {
                    id,
                    received: counts.received,
                    acknowledged: counts.acknowledged,
                })
                .collect(),
            scan_ms: milliseconds(scan_ms),
            deliver_ms: milliseconds(deliver_ms),
            jobs: jobs
                .iter()
                .map(|job| (job.name.as_str(), job.status.as_str()))
                .collect(),
        };
        return output::print_verbatim(serde_json::json!(report).to_string());
    }
    for (id, counts) in delivered {
        output::print_line(format!(
            "{id}: {} received, {} acknowledged",
            counts.received, counts.acknowledged
        ))?;
    }
    output::print_line(format!(
        "{} scanned in {scan_ms} ms, at every server after {deliver_ms} ms",
        format_count(devices, "device")
    ))
}
