//! The command: what is followed and where it goes, and the loop.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::cell::{Separator, Style};
use super::journal::Journal;
use super::reading::{Batch, Reader, ReaderError};
use super::sink::{Sink, Told};
use super::table::{COLUMNS, Table};
use super::view::ManagementServer;
use crate::cli::connection::{Bus, ConnectArgs, with_bus};
use crate::cli::failure::Failure;
use crate::cli::stop::asked_to_stop;
use crate::cli::{out, saved};
use crate::inventory::reference::check_field;
use crate::model::{Change, ServerId};

/// Between two looks at whether the server is accepted.
const LOOK: Duration = Duration::from_secs(3);
/// First and longest pause before changes are handed again to a sink that failed.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Be a management server: read changes, hand them on, acknowledge
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector follow --server acmp --data DIR
  intune-connector follow --server acmp --ndjson changes.ndjson
  intune-connector follow --server acmp --csv fleet.csv
  intune-connector follow --server acmp --csv fleet.csv --csv-separator semicolon
  intune-connector follow --server acmp --exec 'my-import --stdin'

The command of --exec gets the changes on standard input, one JSON a line; exit code 0 acknowledges them.
Changes may be handed over twice after a crash, never lost.")]
pub struct FollowArgs {
    /// Server id; it announces itself and has to be accepted once
    #[arg(long, value_name = "ID")]
    server: ServerId,
    /// How people call it; the server id without this
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Append every change to this file, one JSON a line
    #[arg(long, value_name = "FILE", group = "sink")]
    ndjson: Option<PathBuf>,
    /// Keep this file the table of all devices
    #[arg(long, value_name = "FILE", group = "sink")]
    csv: Option<PathBuf>,
    /// Fields of the table
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',', default_value = COLUMNS, requires = "csv", hide_default_value = true)]
    columns: Vec<String>,
    /// What stands between two cells of the table: semicolon for a spreadsheet in German or French
    #[arg(long, value_name = "WORD", default_value = "comma", requires = "csv")]
    csv_separator: Separator,
    /// Text as it is, for programs; without it a ' goes before what a spreadsheet would take for a formula
    #[arg(long, requires = "csv")]
    csv_raw: bool,
    /// Run this command with every batch of changes
    #[arg(long, value_name = "CMD", group = "sink")]
    exec: Option<String>,
    /// Print changes as JSON, one a line
    #[arg(long, group = "sink")]
    json: bool,
    /// End as soon as there is nothing more to read
    #[arg(long)]
    once: bool,
    /// Where it is kept which devices are held; beside the file, or in your settings' folder, without this
    #[arg(long, value_name = "FILE")]
    view: Option<PathBuf>,
    /// Changes in one batch at most
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    limit: u32,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub async fn run(args: FollowArgs) -> Result<(), Failure> {
    args.columns.iter().try_for_each(|column| known(column))?;
    with_bus(&args.connect, async |bus| follow(&args, bus).await).await
}

/// A column that no device ever fills is a slip of the pen.
fn known(column: &str) -> Result<(), Failure> {
    let Err(nearest) = check_field(column) else {
        return Ok(());
    };
    let advice = match nearest {
        Some(name) => format!("{name} is one; intune-connector devices fields lists them all"),
        None => "intune-connector devices fields lists them all".to_owned(),
    };
    let given: String = column.chars().take(80).collect();
    Err(Failure::usage(
        format!("devices have no field called {given:?}"),
        advice,
    ))
}

async fn follow(args: &FollowArgs, bus: &Bus) -> Result<(), Failure> {
    let (journal, view) = Journal::open::<()>(&view_path(args, bus)?)?;
    let sink = sink(args, !view.is_empty())?;
    let reader = Reader::new(bus.client.clone(), args.server.clone(), args.limit as usize).from(journal.cursor());
    let mut server = Server {
        reader,
        view,
        journal,
        sink,
        held: Vec::new(),
        once: args.once,
    };
    announce(args, &server.reader).await?;
    tokio::select! {
        done = server.work() => done,
        () = asked_to_stop() => Ok(()),
    }
}

/// Where the view lies: beside what it belongs to.
fn view_path(args: &FollowArgs, bus: &Bus) -> Result<PathBuf, Failure> {
    let beside = |file: &Path| {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".view");
        file.with_file_name(name)
    };
    if let Some(view) = &args.view {
        return Ok(view.clone());
    }
    if let Some(file) = args.ndjson.as_deref().or(args.csv.as_deref()) {
        return Ok(beside(file));
    }
    let base = bus.client.base();
    let host = base.host_str().unwrap_or("bus").replace([':', '[', ']'], "_");
    let name = format!(
        "{}@{host}_{}.view",
        args.server,
        base.port_or_known_default().unwrap_or(0)
    );
    Ok(saved::folder()?.join("follow").join(name))
}

fn sink(args: &FollowArgs, known: bool) -> Result<Sink, Failure> {
    Ok(match args {
        FollowArgs { ndjson: Some(file), .. } => Sink::ndjson(file)?,
        FollowArgs { csv: Some(file), .. } => Sink::Csv(Table::open(file, &args.columns, style(args), known)?),
        FollowArgs {
            exec: Some(command), ..
        } => Sink::Exec {
            command: command.clone(),
            server: args.server.to_string(),
        },
        FollowArgs { json: true, .. } => Sink::Json,
        _ => Sink::Lines,
    })
}

fn style(args: &FollowArgs) -> Style {
    Style {
        separator: args.csv_separator,
        raw: args.csv_raw,
    }
}

async fn announce(args: &FollowArgs, reader: &Reader) -> Result<(), Failure> {
    let name = args.display_name.clone().unwrap_or_else(|| args.server.to_string());
    let accepts = json!({ "changes": true, "agent": concat!("intune-connector/", env!("CARGO_PKG_VERSION")) });
    match reader.announce(&name, accepts).await? {
        true => out::say(format!("server {} is accepted; reading", args.server)),
        false => say_how_to_accept(&args.server),
    }
    Ok(())
}

fn say_how_to_accept(server: &ServerId) {
    out::say(format!(
        "server {server} has announced itself and waits. An operator accepts it with:\n  intune-connector servers accept {server}"
    ));
}

/// A management server at work.
struct Server {
    reader: Reader,
    view: ManagementServer,
    journal: Journal,
    sink: Sink,
    /// Applied, not yet handed over.
    held: Vec<Told>,
    /// End when there is nothing more to read.
    once: bool,
}

impl Server {
    async fn work(&mut self) -> Result<(), Failure> {
        let mut accepted = true;
        loop {
            let read = match self.once {
                true => self.reader.next_within(Duration::ZERO).await,
                false => self.reader.next().await,
            };
            match read {
                Ok(batch) => {
                    if !std::mem::replace(&mut accepted, true) {
                        out::say("accepted; reading");
                    }
                    let last = !batch.more;
                    self.take(batch).await?;
                    if self.once && last {
                        return Ok(());
                    }
                }
                Err(ReaderError::NotAccepted(failure)) if self.once => return Err(failure),
                Err(ReaderError::NotAccepted(_)) => {
                    accepted = false;
                    tokio::time::sleep(LOOK).await;
                }
                Err(ReaderError::Later(failure, pause)) => self.later(failure, pause).await?,
                Err(ReaderError::Final(failure)) => return Err(failure),
            }
        }
    }

    /// Waits for what passes by itself; whoever wants one round only hears of it at once.
    async fn later(&self, failure: Failure, pause: Duration) -> Result<(), Failure> {
        if self.once && !pause.is_zero() {
            return Err(failure);
        }
        out::say(failure.to_string());
        tokio::time::sleep(pause).await;
        Ok(())
    }

    async fn take(&mut self, mut batch: Batch) -> Result<(), Failure> {
        for change in batch.changes.drain(..) {
            let effects = self.view.apply(&change);
            self.held.push(Told { change, effects });
        }
        if batch.more && self.sink.gathers() {
            self.reader.go_on(&batch);
            return Ok(());
        }
        if !self.held.is_empty() {
            let mut pause = AGAIN.0;
            while let Err(failure) = self.sink.take(&self.held).await {
                out::say(failure.to_string());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(AGAIN.1);
            }
            let changes: Vec<Change> = self.held.drain(..).map(|told| told.change).collect();
            self.journal.add(&changes, &batch.cursor, &self.view)?;
        }
        self.acknowledge(&batch).await
    }

    /// Until the bus has it, or says that it tells everything again.
    async fn acknowledge(&mut self, batch: &Batch) -> Result<(), Failure> {
        loop {
            match self.reader.acknowledge(batch).await {
                Ok(_) => return Ok(()),
                Err(ReaderError::Later(failure, pause)) => self.later(failure, pause).await?,
                Err(ReaderError::NotAccepted(_)) => return Ok(()),
                Err(ReaderError::Final(failure)) => return Err(failure),
            }
        }
    }
}
