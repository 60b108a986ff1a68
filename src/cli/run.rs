//! `run`: the bus.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::failure::{Failure, chain};
use super::offline::{not_started, prepare};
use super::{out, stop};
use crate::app::{self, Options};
use crate::observe::{self, Clock, Console, metric};

/// Run the bus on a data folder, until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector run --data DIR

An empty folder gets a bus.ini with the defaults. Commands on this machine reach the bus with --data DIR.")]
pub struct RunArgs {
    /// The data folder; made when missing
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
    /// Listen here instead of where bus.ini says; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Write the log to the files only
    #[arg(long)]
    quiet: bool,
}

pub async fn run(args: RunArgs) -> Result<(), Failure> {
    let folder = prepare(&args.data)?;
    let made = folder.write_default_bus_ini()?;
    let settings = folder.bus_settings()?;
    let clock = Clock::system();
    let console = if args.quiet { Console::Off } else { Console::On };
    let logging = observe::start(&settings.log, &folder.logs(), console, clock.clone())
        .map_err(|error| Failure::usage(format!("failed to {}", chain(&error)), ""))?;
    for told in folder.told() {
        tracing::warn!(change = %told, "the data folder was put right");
    }
    let options = Options {
        seams: Default::default(),
        instances: true,
        listen: args.listen,
        clock,
    };
    let running = app::start(&args.data, options)
        .await
        .map_err(|error| not_started(&error))?;
    // Whoever reads where it listens may stop it at once.
    let mut signals = stop::listen()?;
    if made {
        out::say(format!("made {} with the defaults", folder.bus_ini().display()));
    }
    out::line(format!("listening on {}", running.local.url))?;
    if let Some(fingerprint) = &running.fingerprint {
        out::line(format!("certificate SHA-256 {fingerprint}"))?;
    }
    out::say(format!(
        "commands on this machine: intune-connector devices --data {}",
        args.data.display()
    ));
    let logging = Arc::new(logging);
    let log = Arc::downgrade(&logging);
    running.metrics.draw(&metric::LOG_LOST, move || {
        log.upgrade().map_or(0.0, |log| log.lost_lines() as f64)
    });
    running
        .run_until(async {
            signals.asked().await;
        })
        .await;
    drop(logging);
    Ok(())
}
