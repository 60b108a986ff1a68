//! `run`: the bus.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::failure::{CommandFailure, ExitReason, error_chain};
use super::offline_bus::{prepare_data_folder, start_failure};
use super::{output, signals};
use crate::app::{self, StartError, StartOptions};
use crate::config::{check_listen_option, misnamed_instance_files};
use crate::observe::{self, Clock, ConsoleOutput, metric};
use crate::sics::SETUP_FILE;
use crate::store::OpenError;

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

/// A bus that runs here already does not wait for a second one.
fn run_failure(error: &StartError, folder: &Path) -> CommandFailure {
    let StartError::Open(OpenError::InUse { folder: used }) = error else {
        return start_failure(error, folder);
    };
    let holder = find_lock_holder(used).map_or(String::new(), |process| format!(" (process {process})"));
    CommandFailure::new(
        ExitReason::Busy,
        format!("a bus or a command uses {} already{holder}", used.display()),
        "leave that one running, or stop it first; a second bus needs a folder of its own (--data DIR)",
    )
}

/// The process that has locked the folder, as Linux tells it.
fn find_lock_holder(folder: &Path) -> Option<u32> {
    let inode = std::fs::metadata(folder).ok()?.ino().to_string();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| lock_holder(line, &inode))
}

/// `1: FLOCK ADVISORY WRITE 4242 fd:01:131 0 EOF`, of a lock that is held: `->` stands before one that is waited for.
fn lock_holder(line: &str, inode: &str) -> Option<u32> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [_, "FLOCK", _, _, process, file, ..] if file.rsplit(':').next() == Some(inode) => {
            process.parse().ok().filter(|process| *process > 0)
        }
        _ => None,
    }
}

pub(crate) async fn run(args: RunArgs) -> Result<(), CommandFailure> {
    if let Some(listen) = args.listen {
        check_listen_option(&args.data, listen)?;
    }
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
    for path in misnamed_instance_files(folder.path()) {
        tracing::warn!(path = %path.display(), "a file of settings is not read: its name is not that of an instance, such as IntuneConnector_1.ini");
    }
    for missing in settings.missing_target_folders() {
        tracing::warn!(folder = %missing.path.display(), name = %missing.name, "a folder that target_folders lists does not exist, or is not a folder");
    }
    let options = StartOptions {
        failpoints: Default::default(),
        order_failpoints: Default::default(),
        target_failpoints: Default::default(),
        run_instances: true,
        listen: args.listen,
        clock,
    };
    let running = app::start_bus(&args.data, options)
        .await
        .map_err(|error| run_failure(&error, &args.data))?;
    // A program that reads the address may stop the bus at once.
    let mut signals = signals::listen_for_signals()?;
    if made {
        output::eprint_line(format!("created {} with the defaults", folder.bus_ini_path().display()));
    }
    output::print_line(format!("listening on {}", running.local.url))?;
    if let Some(fingerprint) = &running.fingerprint {
        output::print_line(format!("certificate SHA-256 {fingerprint}"))?;
    }
    if let Some(trouble) = &running.certificate_trouble {
        output::eprint_line(format!("warning: {trouble}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_44_the_holder_of_a_lock_is_read_from_the_list_of_the_kernel() {
        let line = "12: FLOCK  ADVISORY  WRITE 4242 fd:01:131 0 EOF";
        assert_eq!(lock_holder(line, "131"), Some(4242));
        assert_eq!(lock_holder(line, "31"), None);
        assert_eq!(
            lock_holder("12: -> FLOCK  ADVISORY  WRITE 4243 fd:01:131 0 EOF", "131"),
            None
        );
        assert_eq!(lock_holder("1: POSIX  ADVISORY  WRITE 7 fd:01:131 0 EOF", "131"), None);
        assert_eq!(lock_holder("1: FLOCK  ADVISORY  WRITE 0 fd:01:131 0 EOF", "131"), None);
    }
}
