//! `backup`: a copy of the store, taken while the bus runs and sent by it. The file is written on the machine of this
//! command.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use openssl::sha::Sha256;
use reqwest::Response;
use serde_json::json;
use sics_client::operation;

use super::connection::{ConnectArgs, target_folder, with_bus};
use super::failure::{CommandFailure, ExitReason, error_chain};
use super::output;
use crate::files::shell_word;
use crate::sics::backup::{DIGEST, MEDIA_TYPE};
use crate::store::{PartFile, RestoreError, check_backup};

/// Back up the store while the bus runs
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector backup /var/backups/bus-backup.db --data DIR

Also keep secret.key and instances/ from the data folder: without them, sealed secrets cannot be opened.")]
pub struct BackupArgs {
    /// File to write; it must not exist yet
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(args: BackupArgs) -> Result<(), CommandFailure> {
    let file =
        std::path::absolute(&args.file).map_err(|error| CommandFailure::file_error("find", &args.file, &error))?;
    if file.symlink_metadata().is_ok() {
        return Err(file_exists_failure(&file));
    }
    require_folder(&file)?;
    with_bus(&args.connect, async |bus| {
        let answer = bus.client.download(&operation::backup(), &[], MEDIA_TYPE, &()).await?;
        let data = target_folder(&args.connect).map_or("DIR".to_owned(), |folder| shell_word(&folder));
        let bytes = receive_backup(answer, &file, &data).await?;
        if args.json {
            output::print_json(&json!({ "file": file, "bytes": bytes }))
        } else {
            output::print_line(format!("backup written to {}", file.display()))?;
            if let Some(folder) = target_folder(&args.connect) {
                warn_beside(&file, &folder);
            }
            Ok(())
        }
    })
    .await
}

/// Found before the bus makes a copy.
fn require_folder(file: &Path) -> Result<(), CommandFailure> {
    match file.parent().filter(|folder| !folder.is_dir()) {
        None => Ok(()),
        Some(folder) => Err(CommandFailure::new(
            ExitReason::Usage,
            format!("folder {} does not exist on this machine", folder.display()),
            "create it, or choose another file: the backup is written on the machine of this command",
        )),
    }
}

/// Told and not refused: a copy beside the store is what upgrades make, too.
fn warn_beside(file: &Path, data: &Path) {
    let beside = file.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
    let is_within = match (beside, std::fs::canonicalize(data)) {
        (Some(folder), Ok(data)) => folder.starts_with(data),
        _ => false,
    };
    if is_within {
        output::eprint_line(format!(
            "warning: {} is in the data folder: whoever loses the folder loses the backup with it; copy it to another disk",
            file.display()
        ));
    }
}

pub(super) fn file_exists_failure(file: &Path) -> CommandFailure {
    CommandFailure::new(
        ExitReason::Usage,
        format!("{} already exists", file.display()),
        "choose a new file name",
    )
}

/// Writes the answer beside its name, checks that it is complete, and renames it then: a partial file never looks
/// like a backup. `data`: the data folder of the bus, for commands.
async fn receive_backup(mut answer: Response, file: &Path, data: &str) -> Result<u64, CommandFailure> {
    let write_failure = |error: std::io::Error| CommandFailure::file_error("write", file, &error);
    let expected = ExpectedBackup::from_response(&answer)?;
    let part = PartFile::create_beside(file).map_err(write_failure)?;
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .mode(0o600)
        .open(part.path())
        .map_err(write_failure)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    loop {
        let chunk = answer
            .chunk()
            .await
            .map_err(|error| broken_backup_failure(&error_chain(&error.without_url())))?;
        let Some(chunk) = chunk else { break };
        bytes += chunk.len() as u64;
        hash.update(&chunk);
        out.write_all(&chunk).map_err(write_failure)?;
    }
    out.sync_all().map_err(write_failure)?;
    expected.check_received(bytes, &hash.finish())?;
    check_backup(part.path()).map_err(|error| unusable_backup_failure(&error, data))?;
    part.persist_noclobber(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => file_exists_failure(file),
        _ => write_failure(error),
    })?;
    Ok(bytes)
}

/// It came as it was sent: what is wrong with it is wrong with the store.
fn unusable_backup_failure(error: &RestoreError, data: &str) -> CommandFailure {
    match error {
        RestoreError::NotABackup { problem, .. } => CommandFailure::general_error(
            format!("the store is damaged, so its backup was discarded: {problem}"),
            format!("stop the bus and restore an older backup: intune-connector restore FILE --data {data}"),
        ),
        other => broken_backup_failure(&error_chain(other)),
    }
}

fn broken_backup_failure(why: &str) -> CommandFailure {
    CommandFailure::general_error(format!("the backup is damaged and was discarded: {why}"), "try again")
}

/// What the bus said of the backup before its first byte.
struct ExpectedBackup {
    bytes: u64,
    digest: String,
}

impl ExpectedBackup {
    fn from_response(answer: &Response) -> Result<ExpectedBackup, CommandFailure> {
        let digest = answer.headers().get(DIGEST).and_then(|text| text.to_str().ok());
        match (answer.content_length(), digest) {
            (Some(bytes), Some(digest)) => Ok(ExpectedBackup {
                bytes,
                digest: digest.to_owned(),
            }),
            _ => Err(CommandFailure::general_error(
                "the response lacks its length or its SHA-256",
                "use the same version of command and bus, and no proxy that changes responses",
            )),
        }
    }

    fn check_received(&self, bytes: u64, sha256: &[u8]) -> Result<(), CommandFailure> {
        if bytes != self.bytes {
            return Err(broken_backup_failure(&format!(
                "{bytes} of {} bytes received",
                self.bytes
            )));
        }
        if self.digest == format!("sha-256=:{}:", STANDARD.encode(sha256)) {
            Ok(())
        } else {
            Err(broken_backup_failure(
                "its SHA-256 differs from the one that the bus sent",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wi_14_a_backup_that_is_damaged_as_it_was_sent_is_that_of_a_damaged_store() {
        let folder = tempfile::tempdir().expect("a folder");
        let torn = folder.path().join("bus.db.part");
        std::fs::write(&torn, "SQLite format 3\0and nothing behind").expect("written");
        let error = check_backup(&torn).expect_err("it is torn");
        let failure = unusable_backup_failure(&error, "'my bus'");
        assert!(failure.message.contains("the store is damaged"), "{failure}");
        assert!(
            failure
                .advice
                .ends_with("intune-connector restore FILE --data 'my bus'"),
            "{failure}"
        );
        assert!(
            !failure.to_string().contains(".part") && !failure.to_string().contains("try again"),
            "{failure}"
        );
    }
}
