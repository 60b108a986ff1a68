//! A folder on which no bus runs, opened by the command itself: the same bus without scans, on a loopback port of its
//! own, under the same lock. Two commands, or a command and a bus, never work on one folder at the same time.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::failure::{CommandFailure, ExitReason, error_chain};
use super::local_connection::build_local_client;
use super::output;
use crate::app::{self, RunningBus, StartError, StartOptions};
use crate::config::{DataFolder, SettingsError, mark_file};
use crate::files::shell_word;
use crate::observe::Clock;
use crate::sics::TlsError;
use crate::store::OpenError;
use sics_client::SicsClient;

/// The certificate that a bus has made itself.
const OWN_CERTIFICATE: &str = "tls.pem";

pub struct OfflineBus {
    running: RunningBus,
    folder: PathBuf,
}

impl OfflineBus {
    pub async fn close(self) {
        self.running.stop().await;
    }

    /// The option by which other commands work on this folder.
    pub(crate) fn data_option(&self) -> String {
        format!("--data {}", shell_word(&self.folder))
    }

    /// The command that starts the bus of this folder.
    pub(crate) fn start_command(&self) -> String {
        format!("intune-connector run {}", self.data_option())
    }
}

/// Opens a data folder for a command that works on it: from here on this process makes files for its owner alone,
/// whatever its umask, and what others could enter is closed and told.
pub(crate) fn prepare_data_folder(folder: &Path) -> Result<DataFolder, CommandFailure> {
    // Settings by which nothing starts are told before anything is made beside them.
    if folder.join("bus.ini").is_file() {
        mark_file(folder)?;
    }
    prepare_folder(|| DataFolder::open(folder))
}

/// The same for the command that puts a backup back.
pub(crate) fn prepare_restore_folder(folder: &Path) -> Result<DataFolder, CommandFailure> {
    prepare_folder(|| DataFolder::open_for_backup(folder))
}

fn prepare_folder(open: impl FnOnce() -> Result<DataFolder, SettingsError>) -> Result<DataFolder, CommandFailure> {
    keep_files_private();
    let folder = open()?;
    for told in folder.permission_fixes() {
        output::eprint_line(format!("warning: {told}"));
    }
    Ok(folder)
}

pub(crate) fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

impl OfflineBus {
    /// The bus without scans that this process is, for what no request may ask (E6).
    pub fn running_bus(&self) -> &RunningBus {
        &self.running
    }
}

pub(crate) async fn start_offline_bus(folder: &Path) -> Result<(OfflineBus, SicsClient), CommandFailure> {
    prepare_data_folder(folder)?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = StartOptions {
        run_instances: false,
        listen: Some(listen),
        clock: Clock::system(),
        failpoints: Default::default(),
        order_failpoints: Default::default(),
        target_failpoints: Default::default(),
    };
    let running = app::start_bus(folder, options)
        .await
        .map_err(|error| start_failure(&error, folder))?;
    match build_local_client(&running.local).await {
        Ok(client) => {
            let folder = folder.to_owned();
            Ok((OfflineBus { running, folder }, client))
        }
        Err(failure) => {
            running.stop().await;
            Err(failure)
        }
    }
}

/// Where `doctor` looks for what is wrong with this folder.
pub(crate) fn doctor_advice(folder: &Path) -> String {
    format!("find the cause: intune-connector doctor --data {}", shell_word(folder))
}

/// The bus makes its own certificate anew where it is gone; the one of `bus.ini` is its owner's.
fn certificate_advice(error: &TlsError, folder: &Path) -> String {
    let file = match error {
        TlsError::Read { file, .. }
        | TlsError::Write { file, .. }
        | TlsError::NoCertificate { file, .. }
        | TlsError::NoKey { file, .. } => Some(file),
        TlsError::Mismatch { .. } | TlsError::OpenSsl(_) | TlsError::Refused(_) => None,
    };
    let own = std::path::absolute(folder.join(OWN_CERTIFICATE)).ok();
    match file.filter(|file| own.as_ref() == Some(*file)) {
        Some(file) => format!(
            "move it away, and the bus makes a new one, with another fingerprint: mv {0} {0}.old",
            shell_word(file)
        ),
        None => format!(
            "correct certificate_file and key_file in bus.ini, or remove both lines: the bus then makes its own; {}",
            doctor_advice(folder)
        ),
    }
}

/// Why the bus did not start on this folder, for whoever started it.
pub(crate) fn start_failure(error: &StartError, folder: &Path) -> CommandFailure {
    match error {
        StartError::Settings(error) => error.clone().into(),
        StartError::Open(OpenError::InUse { folder: used }) => CommandFailure::new(
            ExitReason::Busy,
            format!("another process uses {}", used.display()),
            "run the command while the bus runs, or stop the other process",
        ),
        StartError::Listen { address, source } if source.kind() == std::io::ErrorKind::AddrNotAvailable => {
            CommandFailure::general_error(
                format!(
                    "failed to listen on {address}: this machine has no address {}",
                    address.ip()
                ),
                "see its addresses (ip address), and give one of them, or 0.0.0.0 for all: with --listen, or in bus.ini \
                 with `listen`, `console_listen` or `metrics_listen`",
            )
        }
        StartError::Listen { address, source } => CommandFailure::general_error(
            format!("failed to listen on {address}: {source}"),
            "see what listens there (ss -ltnp), or choose another address: with --listen, or in bus.ini with \
             `listen`, `console_listen` or `metrics_listen`",
        ),
        StartError::Open(OpenError::Mark { file, source }) if source.kind() == std::io::ErrorKind::InvalidData => {
            CommandFailure::general_error(
                format!("cannot write the high-water mark {}: {source}", file.display()),
                format!(
                    "choose another path for mark_file in bus.ini, or remove the line; {}",
                    doctor_advice(folder)
                ),
            )
        }
        StartError::Open(OpenError::Mark { file, source }) if source.kind() == std::io::ErrorKind::NotFound => {
            CommandFailure::general_error(
                format!(
                    "cannot write the high-water mark {}: its folder does not exist",
                    file.display()
                ),
                format!(
                    "create the folder, or mount the disk that it is on, and give it to the account of the bus; or choose \
                     another path for mark_file in bus.ini; {}",
                    doctor_advice(folder)
                ),
            )
        }
        StartError::Tls(error) => CommandFailure::usage_error(
            format!("failed to start the bus: {}", error_chain(error)),
            certificate_advice(error, folder),
        ),
        other => CommandFailure::general_error(
            format!("failed to start the bus: {}", error_chain(other)),
            doctor_advice(folder),
        ),
    }
}
