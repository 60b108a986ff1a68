//! A whole report in a new file. It has its name only when it is complete.

use std::io::Write;
use std::path::Path;

use sics_client::{SicsClient, operation};

use crate::cli::backup::file_exists_failure;
use crate::cli::failure::{CommandFailure, error_chain};
use crate::cli::output;
use crate::contract::{ReportExportQuery, ReportFormat};
use crate::store::PartFile;

/// A file that exists is never replaced.
pub(super) async fn write_report(
    client: &SicsClient,
    name: &str,
    format: ReportFormat,
    query: &ReportExportQuery,
    file: &Path,
) -> Result<(), CommandFailure> {
    if file.symlink_metadata().is_ok() {
        return Err(file_exists_failure(file));
    }
    let write_failure = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => file_exists_failure(file),
        _ => CommandFailure::file_error("write", file, &error),
    };
    let part = PartFile::create_beside(file).map_err(write_failure)?;
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .open(part.path())
        .map_err(write_failure)?;
    let mut answer = client
        .download(
            &operation::export_report(),
            &[name.to_owned()],
            format.media_type(),
            query,
        )
        .await?;
    loop {
        let piece = answer.chunk().await.map_err(|error| {
            let why = error_chain(&error.without_url());
            CommandFailure::general_error(format!("the export was interrupted: {why}"), "try again")
        })?;
        let Some(piece) = piece else { break };
        out.write_all(&piece).map_err(write_failure)?;
    }
    part.persist_noclobber(file).map_err(write_failure)?;
    output::print_line(format!("written to {}", file.display()))
}
