//! The command: what is followed and where it goes, and the loop.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::csv_cell::{CsvSeparator, CsvStyle};
use super::csv_table::{COLUMNS, CsvTable};
use super::feed_client::{FeedClient, FeedClientError};
use super::journal::ViewJournal;
use super::sink::{AppliedChange, ChangeSink};
use super::view::FleetReplica;
use crate::cli::connection::{BusConnection, ConnectArgs, with_bus};
use crate::cli::failure::CommandFailure;
use crate::cli::signals::wait_for_stop_signal;
use crate::cli::{output, saved_connections};
use crate::contract::ChangesView;
use crate::inventory::field_reference::check_field_name;
use crate::model::{FeedChange, ServerId};

/// Between two looks at whether the server is accepted.
const LOOK: Duration = Duration::from_secs(3);
/// First and longest pause before changes are handed again to a sink that failed.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Act as a management server: read changes, pass them on, acknowledge them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector follow --server acmp --data DIR
  intune-connector follow --server acmp --ndjson changes.ndjson
  intune-connector follow --server acmp --csv fleet.csv
  intune-connector follow --server acmp --csv fleet.csv --csv-separator semicolon
  intune-connector follow --server acmp --exec 'my-import --stdin'

The command of --exec gets the changes on standard input, one JSON object per line; exit code 0 acknowledges them.
After a crash, changes may be passed on twice, but are never lost.")]
pub struct FollowArgs {
    /// Server id; the server announces itself and must be accepted once
    #[arg(long, value_name = "ID")]
    server: ServerId,
    /// Display name; default: the server id
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Append every change to this file, one JSON object per line
    #[arg(long, value_name = "FILE", group = "sink")]
    ndjson: Option<PathBuf>,
    /// Keep a table of all devices in this file
    #[arg(long, value_name = "FILE", group = "sink")]
    csv: Option<PathBuf>,
    /// Fields of the table
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',', default_value = COLUMNS, requires = "csv", hide_default_value = true)]
    columns: Vec<String>,
    /// Cell separator of the table; use semicolon for a spreadsheet in German or French
    #[arg(long, value_name = "WORD", default_value = "comma", requires = "csv")]
    csv_separator: CsvSeparator,
    /// Write text unchanged, for programs; otherwise a ' precedes what a spreadsheet could take for a formula
    #[arg(long, requires = "csv")]
    csv_raw: bool,
    /// Run this command with every batch of changes
    #[arg(long, value_name = "CMD", group = "sink")]
    exec: Option<String>,
    /// Print changes as JSON, one per line
    #[arg(long, group = "sink")]
    json: bool,
    /// Stop when there is nothing more to read
    #[arg(long)]
    once: bool,
    /// File that records which devices are held; default: beside the output file, or in your settings folder
    #[arg(long, value_name = "FILE")]
    view: Option<PathBuf>,
    /// Maximum number of changes in a batch
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    limit: u32,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub async fn run(args: FollowArgs) -> Result<(), CommandFailure> {
    args.columns.iter().try_for_each(|column| check_column(column))?;
    with_bus(&args.connect, async |bus| follow_feed(&args, bus).await).await
}

/// A column that no device ever fills is a typing error.
pub(crate) fn check_column(column: &str) -> Result<(), CommandFailure> {
    let Err(nearest) = check_field_name(column) else {
        return Ok(());
    };
    let advice = match nearest {
        Some(name) => format!("did you mean {name}? list all fields: intune-connector devices fields"),
        None => "list all fields: intune-connector devices fields".to_owned(),
    };
    let given: String = column.chars().take(80).collect();
    Err(CommandFailure::usage_error(
        format!("devices have no field called {given:?}"),
        advice,
    ))
}

async fn follow_feed(args: &FollowArgs, bus: &BusConnection) -> Result<(), CommandFailure> {
    let (journal, view) = ViewJournal::open::<()>(&view_path(args, bus)?)?;
    let sink = open_sink(args, !view.is_empty())?;
    let reader = FeedClient::new(bus.client.clone(), args.server.clone(), args.limit as usize).from(journal.cursor());
    let mut server = FollowSession {
        reader,
        view,
        journal,
        sink,
        undelivered: Vec::new(),
        once: args.once,
    };
    announce_server(args, &server.reader).await?;
    tokio::select! {
        done = server.run_session() => done,
        () = wait_for_stop_signal() => Ok(()),
    }
}

/// Where the view lies: beside what it belongs to.
fn view_path(args: &FollowArgs, bus: &BusConnection) -> Result<PathBuf, CommandFailure> {
    let sibling_path = |file: &Path| {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".view");
        file.with_file_name(name)
    };
    if let Some(view) = &args.view {
        return Ok(view.clone());
    }
    if let Some(file) = args.ndjson.as_deref().or(args.csv.as_deref()) {
        return Ok(sibling_path(file));
    }
    let base = bus.client.base_url();
    let host = base.host_str().unwrap_or("bus").replace([':', '[', ']'], "_");
    let name = format!(
        "{}@{host}_{}.view",
        args.server,
        base.port_or_known_default().unwrap_or(0)
    );
    Ok(saved_connections::user_config_folder()?.join("follow").join(name))
}

fn open_sink(args: &FollowArgs, view_exists: bool) -> Result<ChangeSink, CommandFailure> {
    Ok(match args {
        FollowArgs { ndjson: Some(file), .. } => ChangeSink::open_ndjson(file)?,
        FollowArgs { csv: Some(file), .. } => {
            ChangeSink::Csv(CsvTable::open(file, &args.columns, csv_style(args), view_exists)?)
        }
        FollowArgs {
            exec: Some(command), ..
        } => ChangeSink::Exec {
            command: command.clone(),
            server: args.server.to_string(),
        },
        FollowArgs { json: true, .. } => ChangeSink::Json,
        _ => ChangeSink::Lines,
    })
}

fn csv_style(args: &FollowArgs) -> CsvStyle {
    CsvStyle {
        separator: args.csv_separator,
        raw: args.csv_raw,
    }
}

async fn announce_server(args: &FollowArgs, reader: &FeedClient) -> Result<(), CommandFailure> {
    let name = args.display_name.clone().unwrap_or_else(|| args.server.to_string());
    let accepts = json!({ "changes": true, "agent": concat!("intune-connector/", env!("CARGO_PKG_VERSION")) });
    if reader.announce_server(&name, accepts).await? {
        output::eprint_line(format!("server {} is accepted; reading", args.server))
    } else {
        print_accept_hint(&args.server)
    }
    Ok(())
}

fn print_accept_hint(server: &ServerId) {
    output::eprint_line(format!(
        "server {server} has announced itself and waits. An operator accepts it with:\n  intune-connector servers accept {server}"
    ));
}

/// A management server at work.
struct FollowSession {
    reader: FeedClient,
    view: FleetReplica,
    journal: ViewJournal,
    sink: ChangeSink,
    /// Applied, not yet handed over.
    undelivered: Vec<AppliedChange>,
    /// End when there is nothing more to read.
    once: bool,
}

impl FollowSession {
    async fn run_session(&mut self) -> Result<(), CommandFailure> {
        let mut accepted = true;
        loop {
            let read = if self.once {
                self.reader.next_batch_within(Duration::ZERO).await
            } else {
                self.reader.next().await
            };
            match read {
                Ok(batch) => {
                    if !std::mem::replace(&mut accepted, true) {
                        output::eprint_line("accepted; reading");
                    }
                    let last = !batch.more;
                    self.apply_batch(batch).await?;
                    if self.once && last {
                        return Ok(());
                    }
                }
                Err(FeedClientError::NotAccepted(failure)) if self.once => return Err(failure),
                Err(FeedClientError::NotAccepted(_)) => {
                    accepted = false;
                    tokio::time::sleep(LOOK).await;
                }
                Err(FeedClientError::Later(failure, pause)) => self.wait_or_fail(failure, pause).await?,
                Err(FeedClientError::Final(failure)) => return Err(failure),
            }
        }
    }

    /// Waits for what passes by itself; whoever wants one round only hears of it at once.
    async fn wait_or_fail(&self, failure: CommandFailure, pause: Duration) -> Result<(), CommandFailure> {
        if self.once && !pause.is_zero() {
            return Err(failure);
        }
        output::eprint_line(failure.to_string());
        tokio::time::sleep(pause).await;
        Ok(())
    }

    async fn apply_batch(&mut self, mut batch: ChangesView) -> Result<(), CommandFailure> {
        for change in batch.changes.drain(..) {
            let effects = self.view.apply_change(&change);
            self.undelivered.push(AppliedChange { change, effects });
        }
        if batch.more && self.sink.is_batching() {
            self.reader.advance_cursor(&batch);
            return Ok(());
        }
        if !self.undelivered.is_empty() {
            let mut pause = AGAIN.0;
            while let Err(failure) = self.sink.write_changes(&self.undelivered).await {
                output::eprint_line(failure.to_string());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(AGAIN.1);
            }
            let changes: Vec<FeedChange> = self.undelivered.drain(..).map(|applied| applied.change).collect();
            self.journal.append_changes(&changes, &batch.cursor, &self.view)?;
        }
        self.acknowledge_batch(&batch).await
    }

    /// Until the bus has it, or says that it tells everything again.
    async fn acknowledge_batch(&mut self, batch: &ChangesView) -> Result<(), CommandFailure> {
        loop {
            match self.reader.acknowledge_batch(batch).await {
                Ok(_) => return Ok(()),
                Err(FeedClientError::Later(failure, pause)) => self.wait_or_fail(failure, pause).await?,
                Err(FeedClientError::NotAccepted(_)) => return Ok(()),
                Err(FeedClientError::Final(failure)) => return Err(failure),
            }
        }
    }
}
