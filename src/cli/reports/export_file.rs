//! A whole report in a new file. It has its name only when it is complete.

use std::path::Path;

use sics_client::{SicsClient, operation};

use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::cli::received_file::{receive_file, require_new_file};
use crate::contract::{ReportExportQuery, ReportFormat};

/// A file that exists is never replaced.
pub(super) async fn write_report(
    client: &SicsClient,
    name: &str,
    format: ReportFormat,
    query: &ReportExportQuery,
    file: &Path,
) -> Result<(), CommandFailure> {
    require_new_file(file)?;
    let answer = client
        .download(
            &operation::export_report(),
            &[name.to_owned()],
            format.media_type(),
            query,
        )
        .await?;
    receive_file(answer, file).await?;
    output::print_line(format!("written to {}", file.display()))
}
