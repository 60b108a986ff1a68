//! `restore`: replaces the store with a backup. The bus must not run; what servers read afterwards is a snapshot,
//! because the restored store begins a new epoch (F3).

use std::path::PathBuf;

use clap::Args;

use super::connection::missing_folder_failure;
use super::failure::{CommandFailure, ExitReason, error_chain};
use super::shell_words::format_command;
use super::{offline_bus, output};
use crate::files::shell_word;
use crate::store::{OpenError, RestoreError, check_backup, has_other_key, is_own_store};

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
    /// The secret.key of the backup is lost: use the one in the data folder, and give every secret again
    #[arg(long)]
    key_is_lost: bool,
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
        let key = shell_word(&args.data.join("secret.key"));
        let create = format!(
            "check the path; on a new machine, make the folder: mkdir -p -m 700 {}, put the secret.key of the bus of the backup \
             into it as {key}, and its bus.ini and instances/ where you have them; then restore",
            shell_word(&args.data)
        );
        return Err(missing_folder_failure(&args.data, &create));
    }
    if is_own_store(&args.data, &args.file) {
        return Err(CommandFailure::usage_error(
            format!("{} is the store itself, not a backup", args.file.display()),
            "name the file that `intune-connector backup FILE` wrote; nothing was changed",
        ));
    }
    // What is no backup changes nothing in the folder, which may be the wrong one as well.
    check_backup(&args.file).map_err(|error| restore_failure(&error))?;
    let folder = offline_bus::prepare_restore_folder(&args.data)?;
    let audit_key = folder.secret_key().derive_key("audit");
    if !args.key_is_lost && has_other_key(&args.file, &audit_key).map_err(|error| restore_failure(&error))? {
        return Err(other_key_failure(&args));
    }
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

/// With another key nothing that is sealed in the backup opens, and its audit trail counts as broken.
fn other_key_failure(args: &RestoreArgs) -> CommandFailure {
    let key = shell_word(&args.data.join("secret.key"));
    CommandFailure::usage_error(
        format!(
            "the backup {} was written with another secret.key than the one in {}",
            args.file.display(),
            args.data.display()
        ),
        format!(
            "put the key of that bus back as {key} first, and keep the one that is there elsewhere; if it is lost, and every \
             secret will be given again, repeat the command with --key-is-lost; {UNTOUCHED}"
        ),
    )
}

fn restore_failure(error: &RestoreError) -> CommandFailure {
    let (exit, advice) = match error {
        RestoreError::Open(OpenError::InUse { .. }) => (ExitReason::Busy, UNTOUCHED),
        RestoreError::NotABackup { .. } => (
            ExitReason::Failed,
            "restore another backup; the current store is unchanged",
        ),
        RestoreError::Unfinished { .. } => (
            ExitReason::Failed,
            "nothing is lost: the next start of the bus, or the next restore, completes it",
        ),
        _ => (ExitReason::Failed, UNTOUCHED),
    };
    CommandFailure::new(exit, format!("failed to restore: {}", error_chain(error)), advice)
}
