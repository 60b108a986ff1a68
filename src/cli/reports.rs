//! `reports`: tables about whole fleets, on the screen, as files, and by schedule.

mod export_file;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_name, format_value};
use crate::contract::{
    CountView, DecimalMark, ListSeparator, ReportColumn, ReportColumnKind, ReportDescription, ReportExportQuery,
    ReportFormat, ReportQuery, ReportScheduleBody, ReportScheduleQuery, ReportScheduleView, ReportView, ReportsView,
};
use crate::export::CsvSeparator;
use crate::model::{InstanceName, choose_form, format_count};

/// Rows in one request of `--all`.
const PAGE: usize = 1_000;

/// List, show and export reports, and have them written by schedule
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector reports --data DIR
  intune-connector reports show staleDevices --days 60
  intune-connector reports show duplicates --xlsx duplicates.xlsx
  intune-connector reports show compliance --csv compliance.csv --separator semicolon --decimal comma
  intune-connector reports schedule compliance --every 24h --format xlsx
  intune-connector reports schedule osVersions --cron '0 6 * * MON' --zone Europe/Berlin --instance IntuneConnector_1
  intune-connector reports unschedule compliance")]
pub struct ReportsArgs {
    #[command(subcommand)]
    command: Option<ReportsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum ReportsCommand {
    /// List reports, and which of them are written by schedule (default)
    List,
    /// Show a report, or write all of it into a file
    Show(ShowReportArgs),
    /// Have a report written into a file of the data folder by schedule, one for each report and instance
    Schedule(ScheduleReportArgs),
    /// Stop writing a report by schedule; its file stays
    Unschedule {
        /// Name of the report
        name: String,
        /// The instance that the schedule is about; default: all instances
        #[arg(long, value_name = "NAME")]
        instance: Option<InstanceName>,
    },
}

#[derive(Debug, Args)]
struct ShowReportArgs {
    /// Name of the report; `reports list` lists them
    name: String,
    /// Only this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// How long devices must not have checked in, or how far back the report goes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: Option<u32>,
    /// Maximum number of rows
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Show all rows
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Write all rows into a new CSV file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["xlsx", "limit", "all"])]
    csv: Option<PathBuf>,
    /// Write all rows into a new workbook (XLSX)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["limit", "all"])]
    xlsx: Option<PathBuf>,
    #[command(flatten)]
    style: CsvStyleArgs,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("moments").required(true).args(["every", "cron"])))]
struct ScheduleReportArgs {
    /// Name of the report; `reports list` lists them
    name: String,
    /// Interval, e.g. 24h or 7d; the first file is written at once
    #[arg(long, value_name = "TIME", conflicts_with = "cron")]
    every: Option<String>,
    /// Cron expression, e.g. '0 6 * * MON'
    #[arg(long, value_name = "CRON")]
    cron: Option<String>,
    /// Time zone of the cron expression, e.g. Europe/Berlin; default: UTC
    #[arg(long, value_name = "ZONE", requires = "cron")]
    zone: Option<String>,
    /// Kind of file
    #[arg(long, value_enum, default_value = "csv")]
    format: FormatWord,
    /// Only this instance; default: all instances, in one file
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// How long devices must not have checked in, or how far back the report goes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: Option<u32>,
    #[command(flatten)]
    style: CsvStyleArgs,
}

#[derive(Debug, Args)]
struct CsvStyleArgs {
    /// Cell separator of CSV; use semicolon for a spreadsheet in German or French
    #[arg(long, value_name = "WORD", value_enum, default_value = "comma")]
    separator: CsvSeparator,
    /// Decimal mark of CSV
    #[arg(long, value_name = "WORD", value_enum, default_value = "point")]
    decimal: DecimalWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatWord {
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DecimalWord {
    Point,
    Comma,
}

impl From<FormatWord> for ReportFormat {
    fn from(word: FormatWord) -> ReportFormat {
        match word {
            FormatWord::Csv => ReportFormat::Csv,
            FormatWord::Xlsx => ReportFormat::Xlsx,
        }
    }
}

impl CsvStyleArgs {
    fn list_separator(&self) -> ListSeparator {
        match self.separator {
            CsvSeparator::Comma => ListSeparator::Comma,
            CsvSeparator::Semicolon => ListSeparator::Semicolon,
            CsvSeparator::Tab => ListSeparator::Tab,
        }
    }

    fn decimal_mark(&self) -> DecimalMark {
        match self.decimal {
            DecimalWord::Point => DecimalMark::Point,
            DecimalWord::Comma => DecimalMark::Comma,
        }
    }
}

pub(crate) async fn run(args: ReportsArgs) -> Result<(), CommandFailure> {
    // A mistake is found before a bus is looked for.
    match &args.command {
        Some(ReportsCommand::Show(show)) => show.check_endings()?,
        Some(ReportsCommand::Schedule(schedule)) => schedule.check_zone()?,
        Some(ReportsCommand::List | ReportsCommand::Unschedule { .. }) | None => (),
    }
    with_bus(&args.connect, async |bus| match &args.command {
        None | Some(ReportsCommand::List) => {
            let all = bus.client.list_reports().await?;
            output::print_answer(&all, args.json, || print_reports(&all))
        }
        Some(ReportsCommand::Show(show)) => show_report(&bus.client, show, args.json).await,
        Some(ReportsCommand::Schedule(schedule)) => schedule_report(&bus.client, schedule, args.json).await,
        Some(ReportsCommand::Unschedule { name, instance }) => {
            let query = ReportScheduleQuery {
                instance: instance.clone(),
            };
            bus.client.remove_report_schedule(name, &query).await?;
            output::print_line(format!("the report {name} is no longer written by schedule"))
        }
    })
    .await
}

fn print_reports(all: &ReportsView) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ReportDescription>; 3] = [
        ("REPORT", |report| format_value(&report.name)),
        ("DAYS", |report| format_value(&report.days)),
        ("DESCRIPTION", |report| format_value(&report.summary)),
    ];
    output::print_table(&columns, &all.reports, "no reports")?;
    output::print_section(&SCHEDULE_COLUMNS, &all.schedules)
}

const SCHEDULE_COLUMNS: [TableColumn<ReportScheduleView>; 7] = [
    ("REPORT", |row| format_value(&row.report)),
    ("INSTANCE", |row| format_value(&row.instance)),
    ("SCHEDULE", describe_schedule),
    ("FILE", |row| format_value(&row.file)),
    ("WRITTEN", |row| format_value(&row.written_at)),
    ("NEXT", |row| format_value(&row.next_at)),
    ("MESSAGE", |row| format_value(&row.failure)),
];

/// The zone only where it matters.
fn describe_schedule(row: &ReportScheduleView) -> String {
    if row.schedule.starts_with("every ") {
        format_value(&row.schedule)
    } else {
        format_value(&format!("{} ({})", row.schedule, row.zone))
    }
}

async fn show_report(client: &SicsClient, args: &ShowReportArgs, as_json: bool) -> Result<(), CommandFailure> {
    let target = match (&args.csv, &args.xlsx) {
        (Some(file), _) => Some((file, ReportFormat::Csv)),
        (None, Some(file)) => Some((file, ReportFormat::Xlsx)),
        (None, None) => None,
    };
    if let Some((file, format)) = target {
        if as_json {
            return Err(CommandFailure::usage_error(
                "--json is for a report on the screen, not for a file",
                "omit --json, or omit --csv and --xlsx",
            ));
        }
        return export_file::write_report(client, &args.name, format, &args.export_query(), file).await;
    }
    let view = read_report(client, args).await?;
    output::print_answer(&view, as_json, || print_report(&view))?;
    if (view.rows.len() as u64) < view.total && !as_json {
        let rest = format_count(view.total, "row");
        output::eprint_line(format!(
            "the report has {rest}: use --all to show them, or --csv FILE or --xlsx FILE"
        ));
    }
    if view.unreadable > 0 {
        output::eprint_line(format!(
            "{} could not be read and {} left out",
            format_count(view.unreadable, "stored record"),
            choose_form(view.unreadable, "is", "are")
        ));
    }
    Ok(())
}

impl ScheduleReportArgs {
    /// The parser does not miss an option that excludes one that is there.
    fn check_zone(&self) -> Result<(), CommandFailure> {
        match (&self.zone, &self.cron) {
            (Some(_), None) => Err(CommandFailure::usage_error(
                "--zone needs --cron: an interval is the same in every time zone",
                "leave --zone out, or write when as --cron '0 6 * * MON'",
            )),
            _ => Ok(()),
        }
    }
}

impl ShowReportArgs {
    /// A workbook called `.csv` opens in no program, and the other way round.
    fn check_endings(&self) -> Result<(), CommandFailure> {
        let ends_in =
            |file: &PathBuf, ending: &str| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
        let (option, file, ending) = match (&self.csv, &self.xlsx) {
            (Some(file), _) if ends_in(file, "xlsx") => ("--csv", file, "xlsx"),
            (_, Some(file)) if ends_in(file, "csv") => ("--xlsx", file, "csv"),
            _ => return Ok(()),
        };
        Err(CommandFailure::usage_error(
            format!("{option}: {} is the name of another kind of file", file.display()),
            format!("give it another ending, or use --{ending}"),
        ))
    }

    /// The first page.
    fn page_query(&self) -> ReportQuery {
        ReportQuery {
            instance: self.instance.as_ref().map(ToString::to_string),
            days: self.days,
            limit: Some(if self.all { PAGE } else { self.limit as usize }),
            offset: None,
        }
    }

    fn export_query(&self) -> ReportExportQuery {
        ReportExportQuery {
            instance: self.instance.as_ref().map(ToString::to_string),
            days: self.days,
            separator: Some(self.style.list_separator()),
            decimal: Some(self.style.decimal_mark()),
        }
    }
}

async fn read_report(client: &SicsClient, args: &ShowReportArgs) -> Result<ReportView, CommandFailure> {
    let mut query = args.page_query();
    let mut view = client.show_report(&args.name, &query).await?;
    while args.all && (view.rows.len() as u64) < view.total {
        query.offset = Some(view.rows.len());
        let page = client.show_report(&args.name, &query).await?;
        if page.rows.is_empty() {
            break;
        }
        view.rows.extend(page.rows);
    }
    Ok(view)
}

fn print_report(view: &ReportView) -> Result<(), CommandFailure> {
    let titles: Vec<String> = view.columns.iter().map(|column| column.title.to_uppercase()).collect();
    let heads: Vec<&str> = titles.iter().map(String::as_str).collect();
    let cells = |row: &Vec<Value>| -> Vec<String> {
        let cells = view.columns.iter().zip(row);
        cells.map(|(column, cell)| format_cell(column, cell)).collect()
    };
    let rows: Vec<Vec<String>> = view.rows.iter().map(cells).collect();
    output::print_cells(&heads, &rows, "the report has no rows")?;
    let totals: [TableColumn<CountView>; 2] = [
        ("TOTAL", |row| format_value(&row.name)),
        ("COUNT", |row| format_value(&row.count)),
    ];
    output::print_section(&totals, &view.totals)
}

/// Text may be a stranger's, of any length.
fn format_cell(column: &ReportColumn, cell: &Value) -> String {
    match column.kind {
        ReportColumnKind::Text => format_name(cell),
        ReportColumnKind::Number | ReportColumnKind::Time | ReportColumnKind::Flag => format_value(cell),
    }
}

async fn schedule_report(client: &SicsClient, args: &ScheduleReportArgs, as_json: bool) -> Result<(), CommandFailure> {
    let schedule = match (&args.every, &args.cron) {
        (Some(every), _) => format!("every {}", every.trim_start_matches("every ")),
        (None, cron) => cron.clone().unwrap_or_default(),
    };
    let body = ReportScheduleBody {
        schedule,
        zone: args.zone.clone(),
        format: args.format.into(),
        instance: args.instance.clone(),
        days: args.days,
        separator: args.style.list_separator(),
        decimal: args.style.decimal_mark(),
    };
    let set = client.set_report_schedule(&args.name, &body).await?;
    output::print_answer(&set, as_json, || {
        output::print_table(&SCHEDULE_COLUMNS, std::slice::from_ref(&set), "")
    })
}
