//! `log`: the log of the bus, and new lines as they are written.

use std::time::Duration;

use clap::{Args, ValueEnum};
use sics_client::{EventStream, SicsClient, operation};

use super::connection::{BusConnection, ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::filter_text::check_filter_text;
use super::output;
use crate::contract::{LogLevel, LogLineView, LogQuery};
use crate::observe::format_field;

/// Lines of one request.
const PAGE: u32 = 1_000;
/// Before a stream that has ended is opened again.
const PAUSE: Duration = Duration::from_secs(1);

/// Show the log of the bus, and follow it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector log --data DIR
  intune-connector log --level warn --text IntuneConnector_1
  intune-connector log --follow --level error")]
pub struct LogArgs {
    /// Show new lines as they are written, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Only lines of this level and of more important ones; default: all that the bus writes
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<LevelChoice>,
    /// Only lines that contain this text, in the message or in a field (name=value)
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    text: Option<String>,
    /// Number of lines, the newest; with --follow, those shown first
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print JSON, one line of the log per line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LevelChoice {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LevelChoice {
    fn to_level(self) -> LogLevel {
        match self {
            LevelChoice::Error => LogLevel::Error,
            LevelChoice::Warn => LogLevel::Warn,
            LevelChoice::Info => LogLevel::Info,
            LevelChoice::Debug => LogLevel::Debug,
            LevelChoice::Trace => LogLevel::Trace,
        }
    }
}

pub(crate) async fn run(args: LogArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        if args.follow {
            follow_log(bus, &args).await
        } else {
            print_lines(&bus.client, &args).await
        }
    })
    .await
}

impl LogArgs {
    fn build_query(&self, limit: u32) -> LogQuery {
        LogQuery {
            level: self.level.map(LevelChoice::to_level),
            text: self.text.clone(),
            limit: Some(limit.min(PAGE)),
            ..LogQuery::default()
        }
    }
}

/// The newest lines, oldest first.
async fn print_lines(client: &SicsClient, args: &LogArgs) -> Result<(), CommandFailure> {
    let most = args.limit as usize;
    let mut query = args.build_query(args.limit);
    let mut lines: Vec<LogLineView> = Vec::new();
    loop {
        let page = client.read_log(&query).await?;
        lines.extend(page.lines);
        query.before = page.before;
        if lines.len() >= most || query.before.is_none() {
            break;
        }
    }
    let has_more = lines.len() > most || query.before.is_some();
    lines.truncate(most);
    if lines.is_empty() {
        output::eprint_line("no lines");
    }
    lines
        .iter()
        .rev()
        .try_for_each(|line| print_log_line(line, args.json))?;
    if has_more && !args.json {
        output::eprint_line(format!(
            "older lines are not shown: use --limit to show more than {most}"
        ));
    }
    Ok(())
}

/// Lines as they come. A stream that the bus ends is opened again where it ended.
async fn follow_log(bus: &BusConnection, args: &LogArgs) -> Result<(), CommandFailure> {
    if let Some(offline) = bus.offline_bus() {
        return Err(CommandFailure::new(
            ExitReason::Unreachable,
            "no bus runs on this folder, so no line will come",
            format!(
                "start it: {}; what it wrote before: intune-connector log {}",
                offline.start_command(),
                offline.data_option()
            ),
        ));
    }
    let mut query = args.build_query(args.limit);
    loop {
        let mut events: EventStream<LogLineView> = bus
            .client
            .stream_events(&operation::read_log(), &[], &query, None::<&()>)
            .await?;
        while let Some(event) = events.next_event().await? {
            query.after = event.id.and_then(|id| id.parse().ok()).or(query.after);
            print_log_line(&event.data, args.json)?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn print_log_line(line: &LogLineView, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        return output::print_json_line(line);
    }
    output::print_verbatim(output::to_one_line(&format_log_line(line)))
}

/// `TIME LEVEL message name=value …`
fn format_log_line(line: &LogLineView) -> String {
    let at = line.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let mut text = format!("{at} {:<5} {}", line.level.name().to_ascii_uppercase(), line.message);
    for (name, value) in &line.fields {
        text.push(' ');
        text.push_str(&format_field(name, value));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_shown_with_its_fields_behind_it() {
        let line: LogLineView = serde_json::from_value(json!({
            "at": "2026-11-28T10:00:00.123456Z", "level": "warn", "target": "intune_connector::app", "message": "scan ended",
            "fields": {"instance": "IntuneConnector_1", "pages": 3},
        }))
        .unwrap();
        assert_eq!(
            format_log_line(&line),
            "2026-11-28T10:00:00.123Z WARN  scan ended instance=IntuneConnector_1 pages=3"
        );
    }
}
