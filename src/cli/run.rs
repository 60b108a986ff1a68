//! `run`: the bus.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::failure::{CommandFailure, error_chain};
use super::offline_bus::{prepare_data_folder, start_failure};
use super::{output, signals};
use crate::app::{self, StartOptions};
use crate::observe::{self, Clock, ConsoleOutput, metric};
use crate::sics::SETUP_FILE;

/// Run the bus on a data folder, until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector run --data DIR

An empty folder gets a bus.ini with the defaults. Commands on this machine reach the bus with --data DIR.")]
pub struct RunArgs {
    /// Data folder; created if missing
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
    /// Listen on this address instead of the one in bus.ini; port 0 selects a free port
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Write the log to files only
    #[arg(long)]
    quiet: bool,
}

pub(crate) async fn run(args: RunArgs) -> Result<(), CommandFailure> {
    let folder = prepare_data_folder(&args.data)?;
    let made = folder.write_default_bus_ini()?;
    let settings = folder.read_bus_settings()?;
    let clock = Clock::system();
    let console = if args.quiet {
        ConsoleOutput::Off
    } else {
        ConsoleOutput::On
    };
    let logging = observe::start_logging(&settings.log, &folder.log_folder(), console, clock.clone())
        .map_err(|error| CommandFailure::usage_error(format!("failed to {}", error_chain(&error)), ""))?;
    for permission_fix in folder.permission_fixes() {
        tracing::warn!(change = %permission_fix, "corrected the permissions of the data folder");
    }
    let options = StartOptions {
        failpoints: Default::default(),
        order_failpoints: Default::default(),
        run_instances: true,
        listen: args.listen,
        clock,
    };
    let running = app::start_bus(&args.data, options)
        .await
        .map_err(|error| start_failure(&error))?;
    // A program that reads the address may stop the bus at once.
    let mut signals = signals::listen_for_signals()?;
    if made {
        output::eprint_line(format!("created {} with the defaults", folder.bus_ini_path().display()));
    }
    output::print_line(format!("listening on {}", running.local.url))?;
    if let Some(fingerprint) = &running.fingerprint {
        output::print_line(format!("certificate SHA-256 {fingerprint}"))?;
    }
    if let Some(console) = &running.local.console {
        output::print_line(format!("web console on {console}"))?;
    }
    if running.setup_token.is_some() && running.local.console.is_some() {
        // The link has a token in it, and what is printed here may be a log.
        output::eprint_line(format!(
            "nobody can sign in yet: within an hour, open the link in {} in a browser",
            args.data.join(SETUP_FILE).display()
        ));
    }
    output::eprint_line(format!(
        "commands on this machine: intune-connector devices --data {}",
        args.data.display()
    ));
    let logging = Arc::new(logging);
    let log = Arc::downgrade(&logging);
    running.metrics.register_polled(&metric::LOG_LOST, move || {
        log.upgrade().map_or(0.0, |log| log.lost_lines() as f64)
    });
    running
        .run_until(async {
            signals.next_signal().await;
            output::eprint_line("stopping: what is under way is finished first");
        })
        .await;
    drop(logging);
    output::eprint_line("stopped");
    Ok(())
}
