//! `targets mapping` and `targets fields`: which field of the other side gets what. A mapping is a file that goes from a
//! test system to the real one as it is.

use std::path::{Path, PathBuf};

use clap::Args;
use sics_client::SicsClient;

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::cli::received_file::{require_new_file, write_text_file};
use crate::contract::{TargetFieldView, TargetFieldsView, TargetMappingBody, TargetMappingView};
use crate::files::{FileReadError, TEXT_MAX, read_text};
use crate::model::format_count;

#[derive(Debug, Args)]
pub(super) struct MappingArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// Write the mapping into this new file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set", "default"])]
    export: Option<PathBuf>,
    /// Set the mapping that this file has
    #[arg(long, value_name = "FILE", conflicts_with = "default")]
    set: Option<PathBuf>,
    /// Set the default mapping of the kind
    #[arg(long)]
    default: bool,
}

impl MappingArgs {
    /// The mapping that is to be set; `None`: none.
    pub(super) fn read_new_text(&self) -> Result<Option<String>, CommandFailure> {
        self.set.as_deref().map(read_mapping).transpose()
    }
}

pub(super) fn read_mapping(file: &Path) -> Result<String, CommandFailure> {
    let text = read_text(file, TEXT_MAX).map_err(|error| match error {
        FileReadError::Io(error) => CommandFailure::file_error("read", file, &error),
        other => CommandFailure::usage_error(format!("{} {other}", file.display()), other.advice()),
    })?;
    Ok(text.as_str().to_owned())
}

/// `text`: what [`MappingArgs::read_new_text`] has read.
pub(super) async fn run_mapping(
    client: &SicsClient,
    args: &MappingArgs,
    text: Option<String>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    if text.is_some() || args.default {
        let body = TargetMappingBody { text };
        let mapping = client.set_target_mapping(&args.target, &body).await?;
        return output::print_answer(&mapping, as_json, || print_set(&args.target, &mapping));
    }
    let mapping = client.show_target_mapping(&args.target).await?;
    match &args.export {
        Some(file) => {
            require_new_file(file)?;
            write_text_file(&mapping.text, file)?;
            output::print_line(format!("written to {}", file.display()))
        }
        None => output::print_answer(&mapping, as_json, || output::print_verbatim(mapping.text.trim_end())),
    }
}

fn print_set(target: &str, mapping: &TargetMappingView) -> Result<(), CommandFailure> {
    output::print_line(format!("{target} works by the mapping {}", mapping.digest))?;
    for warning in &mapping.warnings {
        output::eprint_line(output::to_one_line(&format!("warning: {warning}")));
    }
    if !mapping.consented {
        output::print_line("the first records are written, and then it waits for a look at them:")?;
        output::print_line(format!("  intune-connector targets question {target}"))?;
    }
    Ok(())
}

pub(super) async fn run_fields(
    client: &SicsClient,
    target: &str,
    make: bool,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let fields = if make {
        client.make_target_fields(target).await?
    } else {
        client.list_target_fields(target).await?
    };
    output::print_answer(&fields, as_json, || print_fields(&fields))?;
    if !fields.missing.is_empty() && !as_json {
        output::eprint_line(output::to_one_line(&format!(
            "{} of the mapping missing over there: {}",
            format_count(fields.missing.len() as u64, "field"),
            fields.missing.join(", ")
        )));
        output::eprint_line(format!("to make them: intune-connector targets fields {target} --make"));
    }
    Ok(())
}

fn print_fields(fields: &TargetFieldsView) -> Result<(), CommandFailure> {
    let columns: [TableColumn<TargetFieldView>; 5] = [
        ("FIELD", |field| format_name(&field.name)),
        ("LABEL", |field| format_name(&field.label)),
        ("CUSTOM", |field| format_value(&field.custom)),
        ("WRITABLE", |field| format_value(&field.writable)),
        ("VALUE", |field| format_value(&field.known_values)),
    ];
    output::print_table(&columns, &fields.fields, "the other side has no fields")
}
