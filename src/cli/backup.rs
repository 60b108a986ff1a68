//! `backup`: a copy of the store, taken while the bus runs and sent by it. The file lies on the machine of this command.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use openssl::sha::Sha256;
use reqwest::Response;
use serde_json::json;

use super::connection::{ConnectArgs, with_bus};
use super::failure::{Exit, Failure, chain};
use super::out;
use crate::sics::backup::{DIGEST, MEDIA_TYPE};
use crate::store::{PartFile, check_backup};

/// Take a backup of the store while the bus runs
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector backup /var/backups/bus-backup.db --data DIR

Keep secret.key and instances/ of the data folder as well: sealed secrets can't be opened without them.")]
pub struct BackupArgs {
    /// File to write; it must not exist yet
    file: PathBuf,
    /// JSON for machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub async fn run(args: BackupArgs) -> Result<(), Failure> {
    let file = std::path::absolute(&args.file).map_err(|error| Failure::file("find", &args.file, &error))?;
    if file.symlink_metadata().is_ok() {
        return Err(there(&file));
    }
    with_bus(&args.connect, async |bus| {
        let answer = bus.client.download("/backup", MEDIA_TYPE).await?;
        let bytes = receive(answer, &file).await?;
        match args.json {
            true => out::json(&json!({ "file": file, "bytes": bytes })),
            false => out::line(format!("the backup is written to {}", file.display())),
        }
    })
    .await
}

fn there(file: &Path) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("{} exists already", file.display()),
        "name a new file",
    )
}

/// Writes the answer beside its name, looks whether it is whole, and gives it its name then: what broke off never looks
/// like a backup.
async fn receive(mut answer: Response, file: &Path) -> Result<u64, Failure> {
    let wrong = |error: std::io::Error| Failure::file("write", file, &error);
    let promised = Promise::of(&answer)?;
    let part = PartFile::beside(file).map_err(wrong)?;
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .mode(0o600)
        .open(part.path())
        .map_err(wrong)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    loop {
        let chunk = answer
            .chunk()
            .await
            .map_err(|error| broke_off(&chain(&error.without_url())))?;
        let Some(chunk) = chunk else { break };
        bytes += chunk.len() as u64;
        hash.update(&chunk);
        out.write_all(&chunk).map_err(wrong)?;
    }
    out.sync_all().map_err(wrong)?;
    promised.keep(bytes, &hash.finish())?;
    check_backup(part.path()).map_err(|error| broke_off(&chain(&error)))?;
    part.give_name(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => there(file),
        _ => wrong(error),
    })?;
    Ok(bytes)
}

fn broke_off(why: &str) -> Failure {
    Failure::failed(
        format!("the backup is not whole, and was thrown away: {why}"),
        "try again",
    )
}

/// What the bus said of the backup before its first byte.
struct Promise {
    bytes: u64,
    digest: String,
}

impl Promise {
    fn of(answer: &Response) -> Result<Promise, Failure> {
        let digest = answer.headers().get(DIGEST).and_then(|text| text.to_str().ok());
        match (answer.content_length(), digest) {
            (Some(bytes), Some(digest)) => Ok(Promise {
                bytes,
                digest: digest.to_owned(),
            }),
            _ => Err(Failure::failed(
                "the answer does not say how long it is and what its SHA-256 is",
                "use the same version for commands and bus, and nothing between them that changes answers",
            )),
        }
    }

    fn keep(&self, bytes: u64, sha256: &[u8]) -> Result<(), Failure> {
        if bytes != self.bytes {
            return Err(broke_off(&format!("{bytes} of {} bytes came", self.bytes)));
        }
        match self.digest == format!("sha-256=:{}:", STANDARD.encode(sha256)) {
            true => Ok(()),
            false => Err(broke_off("its SHA-256 is another than the bus said")),
        }
    }
}
