//! How a command reaches its bus: an address given with the command, a connection that `login` saved, or the data
//! folder. Where no bus runs on that folder, the command opens it itself, under the same lock and through the same API.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;
use sics_client::{ClientAuth, PlainHttp, SicsClient, check_secret_transport};
use url::Url;

use super::certificate_pin::{self, CertificateFingerprint};
use super::failure::{CommandFailure, ExitReason};
use super::local_connection::{find_running_bus, parse_saved_url};
use super::pinned_client::build_client;
use super::saved_connections::{self, ConnectionsFile};
use super::{code_prompt, offline_bus, secret_input};
use crate::files::shell_word;
use crate::observe::Clock;
use crate::store::store_exists;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectArgs {
    /// A connection saved by `login`
    #[arg(long, value_name = "NAME", global = true, conflicts_with_all = ["url", "data"])]
    pub connection: Option<String>,
    /// Address of a bus, e.g. https://bus.example:3900; requires --user
    #[arg(long, value_name = "URL", global = true, requires = "user", conflicts_with = "data", value_parser = parse_address)]
    pub url: Option<Url>,
    /// Operator to sign in as, with --url
    #[arg(long, value_name = "NAME", global = true, requires = "url", conflicts_with_all = ["data", "connection"])]
    pub user: Option<String>,
    /// File with the operator's password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE", global = true, requires = "url", conflicts_with_all = ["data", "connection"])]
    pub password_file: Option<PathBuf>,
    /// SHA-256 of the bus's self-signed certificate, as `run` prints it
    #[arg(long, value_name = "HEX", global = true, requires = "url", conflicts_with_all = ["data", "connection"])]
    pub fingerprint: Option<CertificateFingerprint>,
    /// Allow an http:// address of another machine: name, password and token are sent unencrypted
    #[arg(long, global = true, conflicts_with = "data")]
    pub plain_http: bool,
    /// Data folder of a bus on this machine; if no bus runs there, the command opens the folder itself;
    /// default: INTUNE_CONNECTOR_DATA, if no other connection option is given
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

/// An address as people type it. One without a scheme is the commonest mistake, and the parser's words say nothing of it.
pub(crate) fn parse_address(text: &str) -> Result<Url, String> {
    if !text.contains("://") {
        // What may hold a password is not repeated.
        let host = if text.contains('@') { "HOST:PORT" } else { text };
        return Err(format!(
            "http:// or https:// is missing: write https://{host} or http://{host}"
        ));
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::InvalidPort => {
            "its port is no number from 0 to 65535: correct the number behind the last colon"
        }
        _ => "it is not an address; write it like https://host.example:3900",
    })?;
    // A bus may lie below a path of a reverse proxy, but never below its own API.
    if url.path().trim_end_matches('/').ends_with("/sics/v1") {
        return Err("the address of a bus ends before /sics/v1: remove that part".to_owned());
    }
    Ok(url)
}

/// A way to the bus; keeps a folder that the command opened itself open.
pub struct BusConnection {
    pub client: SicsClient,
    offline: Option<offline_bus::OfflineBus>,
    /// Name and password, where they sign in.
    person: Option<(String, SecretString)>,
    /// Whether the client signs in by a session that was begun for this command.
    has_session: bool,
    /// Whether it is the owner of the data folder, from whom nothing is hidden.
    is_owner: bool,
}

impl BusConnection {
    /// Whether the command works on the folder itself, because no bus runs.
    pub fn is_offline(&self) -> bool {
        self.offline.is_some()
    }

    /// The folder that the command opened itself, for what only its owner may do there.
    pub fn offline_bus(&self) -> Option<&offline_bus::OfflineBus> {
        self.offline.as_ref()
    }

    fn new(client: SicsClient) -> BusConnection {
        BusConnection {
            client,
            offline: None,
            person: None,
            has_session: false,
            is_owner: false,
        }
    }

    /// Whether what the client does not see does not exist: accounts see their instances only.
    pub fn sees_everything(&self) -> bool {
        self.is_owner
    }

    /// Shows the notices for a sign-in. It is the first request of the command: where a second factor is asked for, it goes
    /// on with a session.
    async fn begin_sign_in(&mut self) -> Result<(), CommandFailure> {
        let told = super::pending_relaxations::print_notices(&self.client).await;
        let is_code_missing = told.is_err_and(|error| code_prompt::is_code_missing(&error));
        if let (true, Some((name, password))) = (is_code_missing, self.person.take()) {
            self.client = code_prompt::begin_session(&self.client, &name, password).await?;
            self.has_session = true;
            let _ = super::pending_relaxations::print_notices(&self.client).await;
        }
        Ok(())
    }

    /// Closes a folder that the command opened, and a session that it began.
    pub async fn close(self) {
        if self.has_session {
            code_prompt::end_session(&self.client).await;
        }
        if let Some(open) = self.offline {
            open.close().await;
        }
    }
}

/// What a command does with a data folder in which there is no store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MissingStore {
    /// It looks at what is there, or changes it: nothing is made, and the path is told to be wrong.
    Refused,
    /// It may be what a data folder begins with.
    Made,
}

/// Opens the way, runs `operation`, closes the way. No command makes a data folder by it (B5).
pub async fn with_bus<T>(
    args: &ConnectArgs,
    operation: impl AsyncFnOnce(&BusConnection) -> Result<T, CommandFailure>,
) -> Result<T, CommandFailure> {
    run_with(args, MissingStore::Refused, operation).await
}

/// The same for the few commands that a data folder may begin with.
pub async fn with_new_bus<T>(
    args: &ConnectArgs,
    operation: impl AsyncFnOnce(&BusConnection) -> Result<T, CommandFailure>,
) -> Result<T, CommandFailure> {
    run_with(args, MissingStore::Made, operation).await
}

async fn run_with<T>(
    args: &ConnectArgs,
    missing: MissingStore,
    operation: impl AsyncFnOnce(&BusConnection) -> Result<T, CommandFailure>,
) -> Result<T, CommandFailure> {
    let mut bus = open_connection(args, missing).await?;
    // An operator who signs in sees what waits, and what was done without a second person.
    if args.url.is_some() || args.connection.is_some() || data_folder(args).is_none() {
        bus.begin_sign_in().await?;
    }
    let done = operation(&bus).await;
    bus.close().await;
    done
}

/// The data folder that is meant, where one is.
pub fn data_folder(args: &ConnectArgs) -> Option<PathBuf> {
    let from_environment = || std::env::var_os("INTUNE_CONNECTOR_DATA").filter(|folder| !folder.is_empty());
    args.data.clone().or_else(|| from_environment().map(PathBuf::from))
}

/// The data folder that the command works on; `None`: it goes to an address.
pub(crate) fn target_folder(args: &ConnectArgs) -> Option<PathBuf> {
    data_folder(args).filter(|_| args.url.is_none() && args.connection.is_none())
}

/// The options by which a command goes the same way, for one that can be pasted; begins with a blank.
pub(crate) fn repeat_options(args: &ConnectArgs) -> String {
    let user = args.user.as_deref().unwrap_or_default();
    match (&args.data, &args.url, &args.connection) {
        (Some(folder), ..) => format!(" --data {}", shell_word(folder)),
        (None, Some(url), _) => format!(" --url {url} --user {user}"),
        (None, None, Some(name)) => format!(" --connection {name}"),
        (None, None, None) => String::new(),
    }
}

/// Whether a bus was named; a saved connection that is the default is not counted.
pub(crate) fn is_bus_named(args: &ConnectArgs) -> bool {
    args.url.is_some() || args.connection.is_some() || data_folder(args).is_some()
}

/// Whether there is any way to a bus: one that was named, or the default of the saved ones.
pub(crate) fn has_any_bus(args: &ConnectArgs) -> bool {
    let has_default = || -> Result<bool, CommandFailure> {
        let saved = ConnectionsFile::load(&saved_connections::user_config_folder()?)?;
        Ok(saved.default.is_some())
    };
    // A file of connections that can't be read is told where it is needed.
    is_bus_named(args) || has_default().unwrap_or(true)
}

async fn open_connection(args: &ConnectArgs, missing: MissingStore) -> Result<BusConnection, CommandFailure> {
    let plain = PlainHttp::from_flag(args.plain_http);
    if let (Some(url), Some(user)) = (&args.url, &args.user) {
        check_secret_transport(url, plain)?;
        let pinned = match args.fingerprint {
            Some(fingerprint) => Some(certificate_pin::fetch_pinned_certificate(url, fingerprint).await?),
            None => None,
        };
        let prompt = format!("Password of {user}");
        let password = secret_input::read_password(args.password_file.as_deref(), "--password-file", &prompt)?;
        let auth = ClientAuth::Basic {
            user: user.clone(),
            password: password.clone(),
        };
        let client = build_client(url, auth, pinned.as_deref(), plain)?;
        return Ok(BusConnection {
            person: Some((user.clone(), password)),
            ..BusConnection::new(client)
        });
    }
    match (&args.connection, data_folder(args)) {
        (None, Some(folder)) => open_folder_connection(&folder, missing).await,
        (name, _) => open_saved_connection(name.as_deref(), plain).await,
    }
}

async fn open_saved_connection(name: Option<&str>, plain: PlainHttp) -> Result<BusConnection, CommandFailure> {
    let saved = ConnectionsFile::load(&saved_connections::user_config_folder()?)?;
    let Some(name) = name.or(saved.default.as_deref()) else {
        return Err(CommandFailure::usage_error(
            "no bus specified",
            "use --data DIR for a bus on this machine, or sign in once: intune-connector login URL --user NAME",
        ));
    };
    let Some(connection) = saved.connections.get(name) else {
        let known: Vec<&str> = saved.connections.keys().map(String::as_str).collect();
        let known = if known.is_empty() {
            "no connections saved yet".to_owned()
        } else {
            format!("saved: {}", known.join(", "))
        };
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("connection {name} does not exist"),
            format!("sign in first: intune-connector login URL --user NAME; {known}"),
        ));
    };
    connection.require_valid(name, Clock::system().now())?;
    let url = parse_saved_url(&connection.url)?;
    let pinned = connection
        .certificate
        .as_deref()
        .and_then(|text| hex::decode(text).ok());
    let plain = if connection.plain_http {
        PlainHttp::Allowed
    } else {
        plain
    };
    let auth = ClientAuth::Token(SecretString::from(connection.token.as_str()));
    let client = build_client(&url, auth, pinned.as_deref(), plain)?;
    Ok(BusConnection::new(client))
}

/// The running bus of a folder, or the folder.
async fn open_folder_connection(folder: &Path, missing: MissingStore) -> Result<BusConnection, CommandFailure> {
    if !folder.is_dir() {
        let create = format!(
            "check the path, or create it: intune-connector run --data {}",
            shell_word(folder)
        );
        return Err(missing_folder_failure(folder, &create));
    }
    if let Some(client) = find_running_bus(folder).await? {
        return Ok(BusConnection {
            is_owner: true,
            ..BusConnection::new(client)
        });
    }
    if missing == MissingStore::Refused && !store_exists(folder) {
        return Err(missing_store_failure(folder));
    }
    let (open, client) = offline_bus::start_offline_bus(folder).await?;
    Ok(BusConnection {
        offline: Some(open),
        is_owner: true,
        ..BusConnection::new(client)
    })
}

/// There is nothing, or something else than a folder.
pub(super) fn missing_folder_failure(folder: &Path, create: &str) -> CommandFailure {
    let exit = ExitReason::Conflict;
    if folder.exists() {
        let advice = "--data takes the data folder of a bus: the one that `intune-connector run --data DIR` was given";
        return CommandFailure::new(exit, format!("{} is not a folder", folder.display()), advice);
    }
    CommandFailure::new(exit, format!("data folder {} does not exist", folder.display()), create)
}

/// A wrong path is not to become a data folder.
fn missing_store_failure(folder: &Path) -> CommandFailure {
    let word = shell_word(folder);
    CommandFailure::new(
        ExitReason::Conflict,
        format!(
            "there is no store in {}: it is no data folder, or no bus has run on it yet",
            folder.display()
        ),
        format!(
            "check the path; to begin here: intune-connector install --data {word}, or: intune-connector run --data {word}"
        ),
    )
}
