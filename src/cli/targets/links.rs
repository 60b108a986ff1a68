//! `targets links`, `forget` and `resend`: which record belongs to which device, and looking again.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use sics_client::{ClientError, SicsClient, operation};

use super::DeviceArgs;
use super::words::describe_standing;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::filter_text::check_filter_text;
use crate::cli::instance_choice::choose_instance_knowing;
use crate::cli::orders::parse_wire_word;
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::cli::received_file::{receive_file, require_new_file};
use crate::cli::terminal_question::ask_line;
use crate::contract::{
    ConfirmQuery, ForgetLinksBody, LinkOrigin, LinkPhase, LinksForgotten, ListSeparator, ResendTargetBody,
    TargetLinkView, TargetLinksExportQuery, TargetLinksQuery,
};
use crate::export::CsvSeparator;
use crate::model::{DeviceId, EffectConfirmation, InstanceName, format_count};

/// Links in one request of `--all`.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(super) struct LinksArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// Only devices of this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Only links whose device id, name, serial number, record or user contains this text
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    search: Option<String>,
    /// Only links in this phase: intended, active, gone or released
    #[arg(long, value_name = "PHASE", value_parser = parse_phase)]
    phase: Option<LinkPhase>,
    /// Only records that were created or adopted
    #[arg(long, value_name = "ORIGIN", value_parser = parse_origin)]
    origin: Option<LinkOrigin>,
    /// Only links whose last write failed
    #[arg(long)]
    failing: bool,
    /// Maximum number of links
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// List all links
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Write all links of the target into this new file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["search", "phase", "origin", "failing", "limit", "all"])]
    csv: Option<PathBuf>,
    /// Cell separator of the file; use semicolon for a spreadsheet in German or French
    #[arg(long, value_name = "WORD", default_value = "comma", requires = "csv")]
    csv_separator: CsvSeparator,
}

impl LinksArgs {
    /// The first page.
    fn build_query(&self) -> TargetLinksQuery {
        TargetLinksQuery {
            instance: self.instance.clone(),
            search: self.search.clone(),
            phase: self.phase,
            origin: self.origin,
            failing: self.failing.then_some(true),
            limit: Some(if self.all { PAGE } else { self.limit }),
            after: None,
        }
    }

    fn build_export_query(&self) -> TargetLinksExportQuery {
        let separator = match self.csv_separator {
            CsvSeparator::Comma => ListSeparator::Comma,
            CsvSeparator::Semicolon => ListSeparator::Semicolon,
            CsvSeparator::Tab => ListSeparator::Tab,
        };
        TargetLinksExportQuery {
            instance: self.instance.clone(),
            separator: Some(separator),
        }
    }
}

fn parse_phase(text: &str) -> Result<LinkPhase, String> {
    parse_wire_word(text, "intended, active, gone or released")
}

fn parse_origin(text: &str) -> Result<LinkOrigin, String> {
    parse_wire_word(text, "created or adopted")
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("forgotten").required(true).args(["device", "all"])))]
pub(super) struct ForgetArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// Only the link of this device
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    device: Option<DeviceId>,
    /// The links of all devices
    #[arg(long)]
    all: bool,
    /// Only of this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run_links(client: &SicsClient, args: &LinksArgs, as_json: bool) -> Result<(), CommandFailure> {
    if let Some(file) = &args.csv {
        require_new_file(file)?;
        let answer = client
            .download(
                &operation::export_target_links(),
                std::slice::from_ref(&args.target),
                "text/csv",
                &args.build_export_query(),
            )
            .await?;
        receive_file(answer, file).await?;
        return output::print_line(format!("written to {}", file.display()));
    }
    let mut query = args.build_query();
    let mut found = client.list_target_links(&args.target, &query).await?;
    while args.all && found.next.is_some() {
        query.after = found.next.take();
        let page = client.list_target_links(&args.target, &query).await?;
        found.links.extend(page.links);
        found.next = page.next;
    }
    output::print_answer(&found, as_json, || print_links(&found.links))?;
    if found.next.is_some() && !as_json {
        output::eprint_line(format!(
            "{} of {} links: use --all to list the others",
            found.links.len(),
            found.total
        ));
    }
    Ok(())
}

fn print_links(links: &[TargetLinkView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<TargetLinkView>; 5] = [
        ("DEVICE", |link| format_name(&link.device_name)),
        ("RECORD", |link| format_value(&link.record)),
        ("ORIGIN", |link| format_value(&link.origin)),
        ("STATUS", describe_link),
        ("DEVICE ID", |link| format_value(&link.device_id)),
    ];
    output::print_table(&columns, links, "no matching links")
}

/// `active: the other side refused the name`
fn describe_link(link: &TargetLinkView) -> String {
    let error = link
        .last_error
        .as_ref()
        .map(|error| format!(": {}", output::to_one_line(&error.message)))
        .unwrap_or_default();
    format!("{}{error}", format_value(&link.phase))
}

pub(super) async fn forget_links(client: &SicsClient, args: &ForgetArgs, as_json: bool) -> Result<(), CommandFailure> {
    let body = ForgetLinksBody {
        instance: args.instance.clone(),
        device_id: args.device,
    };
    let send = async |confirm: Option<EffectConfirmation>| {
        let query = ConfirmQuery { confirm };
        client.forget_target_links(&args.target, &query, &body).await
    };
    let forgotten: LinksForgotten = match send(None).await {
        Err(error) => match confirm_forgetting(&error, args.yes)? {
            Some(confirm) => send(Some(confirm)).await?,
            None => return Err(error.into()),
        },
        Ok(forgotten) => forgotten,
    };
    output::print_answer(&forgotten, as_json, || {
        output::print_line(format!("{} forgotten", format_count(forgotten.forgotten, "link")))
    })
}

/// What confirms it: what was shown where `--yes` is given, or the number that a person types. `None`: it is not what is
/// missing, or nobody can be asked.
fn confirm_forgetting(error: &ClientError, yes: bool) -> Result<Option<EffectConfirmation>, CommandFailure> {
    let Some(shown) = error.confirmation() else {
        return Ok(None);
    };
    if yes {
        return Ok(EffectConfirmation::try_from(shown.to_owned()).ok());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            error.message.clone(),
            "add --yes to forget them",
        ));
    }
    output::eprint_line(&error.message);
    let typed = ask_line("Type the number to continue: ", "use --yes")?;
    let count: u64 = typed.parse().map_err(|_| {
        CommandFailure::new(
            ExitReason::Conflict,
            "no number was typed; nothing was done",
            "type the number that is shown, or press Ctrl-C to stop",
        )
    })?;
    Ok(Some(EffectConfirmation::from_count(count)))
}

pub(super) async fn resend_device(client: &SicsClient, args: &DeviceArgs, as_json: bool) -> Result<(), CommandFailure> {
    let instance = match &args.instance {
        Some(name) => name.clone(),
        None => find_instance(client, &args.target, args.device).await?,
    };
    let body = ResendTargetBody {
        instance,
        device_id: args.device,
    };
    let target = client.resend_target_device(&args.target, &body).await?;
    output::print_answer(&target, as_json, || {
        output::print_line(format!(
            "the device {} is written again; target {}: {}",
            args.device,
            target.name,
            describe_standing(&target)
        ))
    })
}

/// The instance whose device has a link; without a link, the one that has the device.
async fn find_instance(client: &SicsClient, target: &str, device: DeviceId) -> Result<InstanceName, CommandFailure> {
    let query = TargetLinksQuery {
        search: Some(device.to_string()),
        limit: Some(PAGE),
        ..TargetLinksQuery::default()
    };
    let found = client.list_target_links(target, &query).await?;
    let mut linked = found.links.into_iter().filter(|link| link.device_id == device);
    match (linked.next(), linked.next()) {
        (Some(only), None) => Ok(only.instance),
        (Some(_), Some(_)) => Err(CommandFailure::usage_error(
            format!("several instances have the device {device}"),
            "name the one that is meant: --instance NAME",
        )),
        (None, _) => choose_instance_knowing(client, None, device).await,
    }
}
