//! `devices export`: all devices that match, as a file of this machine. The name of the file says what it becomes.

use std::path::{Path, PathBuf};

use clap::Args;
use sics_client::{SicsClient, operation};

use super::filter_args::DeviceFilterArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::cli::received_file::{receive_file, require_new_file};
use crate::contract::{DevicesExportQuery, UNJUDGED_HEADER};
use crate::export::CsvSeparator;
use crate::model::{choose_form, format_count};

/// Endings of files, with what the bus is asked for.
const FORMATS: [(&str, &str); 3] = [
    ("csv", "text/csv"),
    ("json", "application/json"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
];

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// New file to write, ending in .csv, .json or .xlsx
    file: PathBuf,
    #[command(flatten)]
    filter: DeviceFilterArgs,
    /// Fields to write, and instance, deviceId, changedAt, readAt; `devices fields` lists the fields
    #[arg(long, value_name = "FIELD,FIELD")]
    columns: Option<String>,
    /// Cell separator of a .csv file; use semicolon for a spreadsheet in German or French
    #[arg(long, value_name = "WORD", default_value = "comma")]
    csv_separator: CsvSeparator,
}

impl ExportArgs {
    fn build_query(&self) -> DevicesExportQuery {
        let (separator, decimal) = match self.csv_separator {
            CsvSeparator::Comma => (",", "."),
            CsvSeparator::Semicolon => (";", ","),
            CsvSeparator::Tab => ("tab", "."),
        };
        DevicesExportQuery {
            columns: self.columns.clone(),
            separator: Some(separator.to_owned()),
            decimal: Some(decimal.to_owned()),
            ..self.filter.build_export_query()
        }
    }
}

/// A file that exists is never replaced.
pub(super) async fn export_devices(client: &SicsClient, args: &ExportArgs) -> Result<(), CommandFailure> {
    let media_type = find_media_type(&args.file)?;
    require_new_file(&args.file)?;
    let query = args.build_query();
    let answer = client
        .download(&operation::export_devices(), &[], media_type, &query)
        .await?;
    let left_out = answer.headers().get(UNJUDGED_HEADER);
    let left_out: Option<u64> = left_out.and_then(|count| count.to_str().ok()?.parse().ok());
    receive_file(answer, &args.file).await?;
    if let Some(count) = left_out {
        output::eprint_line(format!(
            "the filter could not evaluate {}, which {} not in the file",
            format_count(count, "device"),
            choose_form(count, "is", "are")
        ));
    }
    output::print_line(format!("written to {}", args.file.display()))
}

fn find_media_type(file: &Path) -> Result<&'static str, CommandFailure> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let known = FORMATS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
    known.map(|(_, media_type)| *media_type).ok_or_else(|| {
        CommandFailure::usage_error(
            format!("the name of {} does not say what it should become", file.display()),
            "end it in .csv, .json or .xlsx",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_what_it_becomes() {
        for (name, ending) in [("a.csv", "csv"), ("b/A.XLSX", "sheet"), ("c.d.json", "json")] {
            let media_type = find_media_type(Path::new(name)).expect(name);
            assert!(media_type.ends_with(ending), "{name}: {media_type}");
        }
        for name in ["devices", "devices.txt", ".csv", "-"] {
            assert!(find_media_type(Path::new(name)).is_err(), "{name}");
        }
    }
}
