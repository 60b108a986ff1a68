//! The command: what is followed and where it goes.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::csv_table::CsvTable;
use super::cures::{accept_advice, repeat_command};
use super::feed_client::FeedClient;
use super::journal::{ViewJournal, ViewStart};
use super::own_files::check_no_bus_file;
use super::reading_place::{has_read, new_file_failure};
use super::session::FollowSession;
use super::sink::ChangeSink;
use super::view::FleetReplica;
use super::write_report::WriteReport;
use crate::cli::connection::{BusConnection, ConnectArgs, target_folder, with_bus};
use crate::cli::failure::CommandFailure;
use crate::cli::signals::wait_for_stop_signal;
use crate::cli::{output, saved_connections};
use crate::contract::ServerView;
use crate::export::{CsvSeparator, CsvStyle};
use crate::files::{create_data_folder, create_private_folder, shell_word};
use crate::inventory::field_reference::{USUAL_COLUMNS, check_field_name, write_with_commas};
use crate::model::ServerId;

/// Act as a management server: read changes, pass them on, acknowledge them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector follow --server acmp --data DIR
  intune-connector follow --server acmp --ndjson changes.ndjson
  intune-connector follow --server acmp --csv fleet.csv
  intune-connector follow --server acmp --csv fleet.csv --csv-separator semicolon
  intune-connector follow --server acmp --csv other.csv --resync
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
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',', default_value = USUAL_COLUMNS, requires = "csv", hide_default_value = true)]
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
    /// Stop when there is nothing more to read; fails where the sink fails
    #[arg(long)]
    once: bool,
    /// Have all devices sent again, as a snapshot; for a new file of a server that has read before
    #[arg(long)]
    resync: bool,
    /// File that records which devices are held; default: beside the output file; without one, in the data folder of
    /// --data, or in your settings folder
    #[arg(long, value_name = "FILE")]
    view: Option<PathBuf>,
    /// Maximum number of changes in a batch
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    limit: u32,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub async fn run(args: FollowArgs) -> Result<(), CommandFailure> {
    check_columns(&args.columns)?;
    for file in args.output_file().into_iter().chain(args.view.as_deref()) {
        check_folder(file)?;
        check_no_bus_file(file)?;
    }
    with_bus(&args.connect, async |bus| follow_feed(&args, bus).await).await
}

/// A folder that is not there is a typing error, too.
fn check_folder(file: &Path) -> Result<(), CommandFailure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(missing) = folder.filter(|folder| !folder.is_dir()) else {
        return Ok(());
    };
    Err(CommandFailure::usage_error(
        format!("the folder {} does not exist", missing.display()),
        format!("check the path, or create it: mkdir -p {}", shell_word(missing)),
    ))
}

/// A column that no device ever fills is a typing error, and so is one that is there twice.
pub(crate) fn check_columns(columns: &[String]) -> Result<(), CommandFailure> {
    for (place, column) in columns.iter().enumerate() {
        check_column(column)?;
        if columns[..place].contains(column) {
            return Err(CommandFailure::duplicate_error(&format!("the column {column}")));
        }
    }
    Ok(())
}

fn check_column(column: &str) -> Result<(), CommandFailure> {
    let Err(nearest) = check_field_name(column) else {
        return Ok(());
    };
    let given: String = column.chars().take(80).collect();
    let advice = match (write_with_commas(&given), nearest) {
        (Some(written), _) => format!("a comma separates columns: --columns {written}"),
        (None, Some(name)) => format!("did you mean {name}? list all fields: intune-connector devices fields"),
        (None, None) => "list all fields: intune-connector devices fields".to_owned(),
    };
    Err(CommandFailure::usage_error(
        format!("devices have no field called {given:?}"),
        advice,
    ))
}

async fn follow_feed(args: &FollowArgs, bus: &BusConnection) -> Result<(), CommandFailure> {
    let reader = FeedClient::new(bus.client.clone(), args.server.clone(), args.limit as usize);
    let (mut journal, mut view) = ViewJournal::open::<()>(&view_path(args, bus)?, &args.server, args.view_start())?;
    let (known, sink) = match prepare_sink(args, &reader, &journal, &view).await {
        Ok(prepared) => prepared,
        Err(failure) => {
            journal.discard_if_made();
            return Err(failure);
        }
    };
    if let ChangeSink::Csv(table) = &sink
        && journal.is_new()
    {
        // A table whose view is lost: what is in no snapshot has gone.
        table.to_changes().for_each(|change| _ = view.apply_change(&change));
    }
    if args.resync {
        journal.forget_cursor();
    }
    announce_server(args, &reader, known, bus).await?;
    let mut session = FollowSession {
        reader: reader.from(journal.cursor()),
        view,
        journal,
        sink,
        undelivered: Vec::new(),
        once: args.once,
        report: WriteReport::default(),
        accept_advice: accept_advice(&args.server, &args.connect, bus.client.base_url().as_str()),
    };
    let done = tokio::select! {
        done = session.run_session() => done,
        () = wait_for_stop_signal() => Ok(()),
    };
    session.tell_end();
    done
}

/// The server as the bus knows it, and the sink, where what comes next goes on from what it holds (B1). Has everything
/// sent again where that is wanted.
async fn prepare_sink(
    args: &FollowArgs,
    reader: &FeedClient,
    journal: &ViewJournal,
    view: &FleetReplica,
) -> Result<(Option<ServerView>, ChangeSink), CommandFailure> {
    let known = reader.find_server().await?;
    if let Some(server) = known.as_ref().filter(|server| has_read(server))
        && journal.is_new()
        && !args.resync
    {
        return Err(new_file_failure(server, args.output_file().unwrap_or(journal.path())));
    }
    if let Some(file) = args.ndjson.as_deref().filter(|file| !file.exists())
        && !view.is_empty()
        && !args.resync
    {
        // Whoever takes such files away wants just that.
        output::eprint_line(format!(
            "{} is made anew and gets only what changes from now on; to have all devices sent again: {}",
            file.display(),
            repeat_command("--resync")
        ));
    }
    let sink = open_sink(args, !view.is_empty())?;
    if args.resync && known.as_ref().is_some_and(|server| server.accepted) {
        reader.resync_server().await?;
    }
    Ok((known, sink))
}

impl FollowArgs {
    /// The file that the changes go into.
    fn output_file(&self) -> Option<&Path> {
        self.ndjson.as_deref().or(self.csv.as_deref())
    }

    /// Where changes go without a file. Each has a view of its own: what was shown was passed to no command (B1).
    fn sink_word(&self) -> &'static str {
        match self {
            FollowArgs { exec: Some(_), .. } => "exec",
            FollowArgs { json: true, .. } => "json",
            _ => "lines",
        }
    }

    /// A table that is gone takes what was known of it along, where everything is sent again.
    fn view_start(&self) -> ViewStart {
        if self.resync && self.csv.as_deref().is_some_and(|table| !table.exists()) {
            ViewStart::Anew
        } else {
            ViewStart::Kept
        }
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
    // Beside a device or a pipe nothing is to be made.
    let is_plain = |file: &&Path| std::fs::metadata(file).is_err() || file.is_file();
    if let Some(file) = args.output_file().filter(is_plain) {
        return Ok(sibling_path(file));
    }
    // A bus of this machine may get another port at each start, and its view goes with its data folder.
    let (folder, name, made) = match target_folder(&args.connect) {
        Some(data) => {
            let folder = data.join("follow");
            let made = create_data_folder(&folder);
            (folder, format!("{}.{}", args.server, args.sink_word()), made)
        }
        None => {
            let folder = saved_connections::user_config_folder()?.join("follow");
            let made = create_private_folder(&folder);
            let name = format!("{}@{}.{}", args.server, bus_name(bus), args.sink_word());
            (folder, name, made)
        }
    };
    made.map_err(|error| CommandFailure::file_error("make", &folder, &error))?;
    Ok(folder.join(format!("{name}.view")))
}

/// By which the views of several buses are told apart.
fn bus_name(bus: &BusConnection) -> String {
    let base = bus.client.base_url();
    let host = base.host_str().unwrap_or("bus").replace([':', '[', ']'], "_");
    format!("{host}_{}", base.port_or_known_default().unwrap_or(0))
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

async fn announce_server(
    args: &FollowArgs,
    reader: &FeedClient,
    known: Option<ServerView>,
    bus: &BusConnection,
) -> Result<(), CommandFailure> {
    let known_name = known.map(|server| server.display_name);
    let name = args.display_name.clone().or(known_name);
    let name = name.unwrap_or_else(|| args.server.to_string());
    let agent = concat!("intune-connector/", env!("CARGO_PKG_VERSION"));
    let accepts = json!({ "changes": true, "agent": agent });
    if reader.announce_server(&name, accepts).await? {
        output::eprint_line(format!("server {} is accepted; reading", args.server))
    } else if !args.once {
        let advice = accept_advice(&args.server, &args.connect, bus.client.base_url().as_str());
        output::eprint_line(format!(
            "server {} has announced itself and waits until it is accepted\n  {advice}",
            args.server
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b2_a_column_that_no_device_fills_is_refused_with_the_one_that_is_meant() {
        let refused = check_column("serialnumber").expect_err("no such field");
        assert!(refused.advice.contains("did you mean serialNumber?"), "{refused}");
        let head = check_column("deviceId").expect_err("the head of the table");
        assert!(head.advice.contains("did you mean id?"), "{head}");
        for nothing in ["", " ", "nosuch"] {
            assert!(check_column(nothing).is_err(), "{nothing:?}");
        }
        for field in USUAL_COLUMNS.split(',') {
            assert!(check_column(field).is_ok(), "{field}");
        }
    }

    #[test]
    fn wi_30_a_column_is_named_once() {
        let columns = |names: &str| names.split(',').map(str::to_owned).collect::<Vec<String>>();
        let refused = check_columns(&columns("deviceName,model,deviceName")).expect_err("twice");
        assert!(refused.message.contains("deviceName is given twice"), "{refused}");
        // The file has these before all others.
        for key in ["instance", "deviceId"] {
            assert!(check_columns(&columns(&format!("{key},model"))).is_err(), "{key}");
        }
        assert!(check_columns(&columns(USUAL_COLUMNS)).is_ok());
    }

    #[test]
    fn a_folder_that_is_not_there_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(check_folder(&folder.path().join("fleet.csv")).is_ok());
        assert!(check_folder(Path::new("fleet.csv")).is_ok());
        let refused = check_folder(&folder.path().join("no such/fleet.csv")).expect_err("no such folder");
        assert!(refused.advice.contains("mkdir -p '"), "{refused}");
    }
}
