//! `restore`: replaces the store with a backup. The bus must not run; what servers read afterwards is a snapshot,
//! because the restored store begins a new epoch (F3).

use std::path::PathBuf;

use clap::Args;

use super::connection::missing_folder_failure;
use super::failure::{CommandFailure, ExitReason, error_chain};
use super::shell_words::format_command;
use super::{offline_bus, output};
use crate::store::{OpenError, RestoreError, check_backup};

/// Replace the store with a backup; the bus must not run
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector restore /var/backups/bus-backup.db --data DIR")]
pub struct RestoreArgs {
    /// Backup file
    file: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
}

const UNTOUCHED: &str = "the current store is unchanged";

#[expect(clippy::unused_async, reason = "as the other commands")]
pub(crate) async fn run(args: RestoreArgs) -> Result<(), CommandFailure> {
    if !args.file.is_file() {
        let problem = if args.file.exists() {
            "is not a file"
        } else {
            "not found"
        };
        return Err(CommandFailure::usage_error(
            format!("backup {} {problem}", args.file.display()),
            "check the path",
        ));
    }
    if !args.data.is_dir() {
        return Err(missing_folder_failure(&args.data, "check the path"));
    }
    // What is no backup changes nothing in the folder, which may be the wrong one as well.
    check_backup(&args.file).map_err(|error| restore_failure(&error))?;
    let folder = offline_bus::prepare_data_folder(&args.data)?;
    let audit_key = folder.secret_key().derive_key("audit");
    let mark_file = folder.mark_file()?;
    let restored = crate::store::restore_with_mark(folder.path(), mark_file.as_deref(), &args.file, &audit_key);
    let done = restored.map_err(|error| restore_failure(&error))?;
    output::print_line("restored; every management server gets a snapshot on its next read")?;
    let off = format_command(
        ["intune-connector", "killswitch", "off", "--data"],
        [args.data.display().to_string()],
    );
    output::eprint_line(format!(
        "the kill switch is on from now, so that no action is sent a second time: look at what was done since the backup, \
         then switch it off with {off} (a second person has to approve it)"
    ));
    if let Some(refused) = done.refused {
        output::eprint_line(format!(
            "warning: a file claimed to be a restored store but was not created by a restore here ({}); it is kept as {}",
            refused.reason,
            refused.path.display()
        ));
    }
    for removed in done.removed {
        output::eprint_line(format!(
            "removed {} of an earlier restore: only the newest three are kept",
            removed.display()
        ));
    }
    if let Some(kept) = done.old_store {
        output::eprint_line(format!("the previous store is kept as {}", kept.display()));
    }
    Ok(())
}

fn restore_failure(error: &RestoreError) -> CommandFailure {
    let (exit, advice) = match error {
        RestoreError::Open(OpenError::InUse { .. }) => (ExitReason::Busy, UNTOUCHED),
        RestoreError::Unfinished { .. } => (
            ExitReason::Failed,
            "nothing is lost: the next start of the bus, or the next restore, completes it",
        ),
        _ => (ExitReason::Failed, UNTOUCHED),
    };
    CommandFailure::new(exit, format!("failed to restore: {}", error_chain(error)), advice)
}
