//! `targets question` and `targets consent`: what waits, and agreeing to exactly that.

use std::path::{Path, PathBuf};

use clap::Args;
use sics_client::SicsClient;

use super::words::{describe_changes, describe_class, describe_question, describe_standing};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::cli::received_file::{require_new_file, write_text_file};
use crate::contract::{QuestionItemView, QuestionItemsQuery, QuestionView, TargetConsentBody, WrittenView};
use crate::export::{CsvSeparator, CsvStyle};

/// Planned writes in one request of `--all`.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(super) struct QuestionArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// List all planned writes; without it, the first 100
    #[arg(long)]
    all: bool,
    /// Write all planned writes into this new file instead
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    csv: Option<PathBuf>,
    /// Cell separator of the file; use semicolon for a spreadsheet in German or French
    #[arg(long, value_name = "WORD", default_value = "comma", requires = "csv")]
    csv_separator: CsvSeparator,
}

pub(super) async fn show_question(
    client: &SicsClient,
    args: &QuestionArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let target = args.target.as_str();
    if let Some(file) = &args.csv {
        require_new_file(file)?;
    }
    let mut question = client.show_target_question(target).await?;
    if args.all || args.csv.is_some() {
        question.items = list_all_items(client, target, &question.digest).await?;
    }
    if let Some(file) = &args.csv {
        return write_items(&question.items, file, args.csv_separator);
    }
    output::print_answer(&question, as_json, || print_question(target, &question))?;
    if !as_json {
        if !args.all && question.total > question.items.len() as u64 {
            output::eprint_line(format!("to list all: intune-connector targets question {target} --all"));
        }
        output::eprint_line(format!(
            "to agree: intune-connector targets consent {target} {}",
            output::to_one_line(&question.digest)
        ));
    }
    Ok(())
}

/// All planned writes of this question; another one that waits meanwhile is told.
async fn list_all_items(
    client: &SicsClient,
    target: &str,
    digest: &str,
) -> Result<Vec<QuestionItemView>, CommandFailure> {
    let mut query = QuestionItemsQuery {
        limit: Some(PAGE),
        after: None,
    };
    let mut items = Vec::new();
    loop {
        let page = client.list_question_items(target, &query).await?;
        if page.digest != digest {
            return Err(CommandFailure::new(
                ExitReason::Conflict,
                format!("what {target} asks for has changed while it was read"),
                format!("read it again: intune-connector targets question {target} --all"),
            ));
        }
        items.extend(page.items);
        if page.next.is_none() {
            return Ok(items);
        }
        query.after = page.next;
    }
}

fn write_items(items: &[QuestionItemView], file: &Path, separator: CsvSeparator) -> Result<(), CommandFailure> {
    write_text_file(&build_csv(items, separator), file)?;
    output::print_line(format!("written to {}", file.display()))
}

/// Under the names of the API; names of devices are strangers' text.
fn build_csv(items: &[QuestionItemView], separator: CsvSeparator) -> String {
    let style = CsvStyle { separator, raw: false };
    let mut text = String::new();
    push_row(
        &mut text,
        &["instance", "deviceId", "deviceName", "class", "record"],
        style,
    );
    for item in items {
        let device = item.device_id.to_string();
        let cells = [
            item.instance.as_str(),
            device.as_str(),
            item.device_name.as_deref().unwrap_or_default(),
            item.class.name(),
            item.record.as_deref().unwrap_or_default(),
        ];
        push_row(&mut text, &cells, style);
    }
    text
}

fn push_row(text: &mut String, cells: &[&str; 5], style: CsvStyle) {
    let separator = char::from(style.separator.to_byte());
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(separator);
        }
        let harmless = style.escape_cell(cell);
        if harmless.contains(['"', '\n', '\r', separator]) {
            text.push('"');
            text.push_str(&harmless.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&harmless);
        }
    }
    text.push_str("\r\n");
}

fn print_question(target: &str, question: &QuestionView) -> Result<(), CommandFailure> {
    output::print_line(output::to_one_line(&describe_question(target, question)))?;
    output::print_record(&[
        ("  asked", format_value(&question.asked_at)),
        ("  digest", format_value(&question.digest)),
    ])?;
    let written: [TableColumn<WrittenView>; 4] = [
        ("WRITTEN", |write| format_name(&write.device_name)),
        ("WRITE", |write| describe_class(write.class).to_owned()),
        ("RECORD", |write| format_value(&write.record)),
        ("DETAILS", |write| describe_changes(&write.changes)),
    ];
    output::print_section(&written, &question.written)?;
    let planned: [TableColumn<QuestionItemView>; 4] = [
        ("PLANNED", |item| format_name(&item.device_name)),
        ("WRITE", |item| describe_class(item.class).to_owned()),
        ("RECORD", |item| format_value(&item.record)),
        ("DEVICE ID", |item| format_value(&item.device_id)),
    ];
    output::print_section(&planned, &question.items)?;
    let shown = question.items.len() as u64;
    if question.total > shown {
        output::print_line(format!("and {} more", question.total - shown))?;
    }
    Ok(())
}

pub(super) async fn consent_question(
    client: &SicsClient,
    target: &str,
    digest: &str,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let body = TargetConsentBody {
        digest: digest.trim().to_owned(),
    };
    let agreed = client.consent_target(target, &body).await?;
    output::print_answer(&agreed, as_json, || {
        output::print_line(format!("target {}: {}", agreed.name, describe_standing(&agreed)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::WriteClass;
    use crate::model::DeviceId;

    #[test]
    fn st_11_a_name_of_a_stranger_is_no_formula_and_one_cell() {
        let item = |name: &str, record: Option<&str>| QuestionItemView {
            instance: "IntuneConnector_1".parse().unwrap(),
            device_id: DeviceId(uuid::Uuid::from_u128(7)),
            device_name: Some(name.to_owned()),
            class: WriteClass::Create,
            record: record.map(str::to_owned),
        };
        let items = [item("=1+1", None), item("a \"b\", c", Some("12"))];
        let id = uuid::Uuid::from_u128(7);
        let lines = [
            "instance,deviceId,deviceName,class,record".to_owned(),
            format!("IntuneConnector_1,{id},'=1+1,create,"),
            format!("IntuneConnector_1,{id},\"a \"\"b\"\", c\",create,12"),
        ];
        assert_eq!(build_csv(&items, CsvSeparator::Comma), lines.join("\r\n") + "\r\n");
    }
}
