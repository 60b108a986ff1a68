//! How a command reaches its bus: an address given with the command, a connection that `login` saved, or the data
//! folder. Where no bus runs on that folder, the command opens it itself, under the same lock and through the same API.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;
use url::Url;

use super::client::{Auth, Client};
use super::failure::{Exit, Failure};

use super::pin::{self, Fingerprint};
use super::plain::{PlainHttp, may_carry_secrets};
use super::saved::{self, Connections};
use super::{offline, secret_input};
use crate::app::{LocalConnection, local_connection_path};
use crate::files::{open_to_others, read_file};

/// Longest file in which a bus says how it is reached, bytes.
const LOCAL_CONNECTION_MAX: u64 = 64 << 10;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which bus")]
pub struct ConnectArgs {
    /// A connection saved by `login`
    #[arg(long, value_name = "NAME", global = true, conflicts_with_all = ["url", "data"])]
    pub connection: Option<String>,
    /// Address of a bus, e.g. https://bus.example:3900; with --user
    #[arg(long, value_name = "URL", global = true, requires = "user", conflicts_with = "data")]
    pub url: Option<Url>,
    /// Operator to sign in as, with --url
    #[arg(long, value_name = "NAME", global = true, requires = "url")]
    pub user: Option<String>,
    /// File with the operator's password; - reads standard input; without it you are asked
    #[arg(long, value_name = "FILE", global = true, requires = "url")]
    pub password_file: Option<PathBuf>,
    /// SHA-256 of the bus's self-made certificate, as `run` prints it
    #[arg(long, value_name = "HEX", global = true, requires = "url")]
    pub fingerprint: Option<Fingerprint>,
    /// Send name, password and token readable over the network, to an http:// address of another machine
    #[arg(long, global = true, conflicts_with = "data")]
    pub plain_http: bool,
    /// Data folder of a bus on this machine; where none runs, the folder itself is opened;
    /// INTUNE_CONNECTOR_DATA may name it, where nothing else says which bus
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

/// A way to the bus; keeps a folder that the command opened itself open.
pub struct Bus {
    pub client: Client,
    offline: Option<offline::Open>,
}

impl Bus {
    /// Whether the command works on the folder itself, because no bus runs.
    pub fn is_offline(&self) -> bool {
        self.offline.is_some()
    }

    /// The folder that the command opened itself, for what only its owner may do there.
    pub fn opened(&self) -> Option<&offline::Open> {
        self.offline.as_ref()
    }

    /// Closes a folder that the command opened.
    pub async fn close(self) {
        if let Some(open) = self.offline {
            open.close().await;
        }
    }
}

/// Opens the way, runs `work`, closes the way.
pub async fn with_bus<T>(args: &ConnectArgs, work: impl AsyncFnOnce(&Bus) -> Result<T, Failure>) -> Result<T, Failure> {
    let bus = open(args).await?;
    // Whoever signs in as somebody is told what waits, and what was done without a second person.
    if args.url.is_some() || args.connection.is_some() || folder(args).is_none() {
        super::waiting::tell(&bus.client).await;
    }
    let done = work(&bus).await;
    bus.close().await;
    done
}

/// The data folder that is meant, where one is.
pub fn folder(args: &ConnectArgs) -> Option<PathBuf> {
    let surroundings = || std::env::var_os("INTUNE_CONNECTOR_DATA").filter(|folder| !folder.is_empty());
    args.data.clone().or_else(|| surroundings().map(PathBuf::from))
}

pub async fn open(args: &ConnectArgs) -> Result<Bus, Failure> {
    let plain = PlainHttp::of(args.plain_http);
    if let (Some(url), Some(user)) = (&args.url, &args.user) {
        may_carry_secrets(url, plain)?;
        let pinned = match args.fingerprint {
            Some(fingerprint) => Some(pin::fetch(url, fingerprint).await?),
            None => None,
        };
        let password = secret_input::read(args.password_file.as_deref(), &format!("Password of {user}"))?;
        let client = Client::new(
            url,
            Auth::Basic {
                user: user.clone(),
                password,
            },
            pinned.as_deref(),
            plain,
        )?;
        return Ok(Bus { client, offline: None });
    }
    match (&args.connection, folder(args)) {
        (None, Some(folder)) => by_folder(&folder).await,
        (name, _) => by_name(name.as_deref(), plain).await,
    }
}

async fn by_name(name: Option<&str>, plain: PlainHttp) -> Result<Bus, Failure> {
    let saved = Connections::load(&saved::folder()?)?;
    let Some(name) = name.or(saved.default.as_deref()) else {
        return Err(Failure::usage(
            "it is not said which bus is meant",
            "give --data DIR for a bus on this machine, or sign in once: intune-connector login URL --user NAME",
        ));
    };
    let Some(connection) = saved.connections.get(name) else {
        let known: Vec<&str> = saved.connections.keys().map(String::as_str).collect();
        let known = if known.is_empty() {
            "there are none yet".to_owned()
        } else {
            format!("known: {}", known.join(", "))
        };
        return Err(Failure::new(
            Exit::Conflict,
            format!("connection {name} does not exist"),
            format!("login first; {known}"),
        ));
    };
    let url = parse(&connection.url)?;
    let pinned = connection
        .certificate
        .as_deref()
        .and_then(|text| hex::decode(text).ok());
    let client = Client::new(
        &url,
        Auth::Token(SecretString::from(connection.token.as_str())),
        pinned.as_deref(),
        match connection.plain_http {
            true => PlainHttp::Allowed,
            false => plain,
        },
    )?;
    Ok(Bus { client, offline: None })
}

/// The running bus of a folder, or the folder.
async fn by_folder(folder: &Path) -> Result<Bus, Failure> {
    if !folder.is_dir() {
        return Err(Failure::new(
            Exit::Conflict,
            format!("data folder {} does not exist", folder.display()),
            format!("intune-connector run --data {} makes it", folder.display()),
        ));
    }
    if let Some(client) = running(folder).await? {
        return Ok(Bus { client, offline: None });
    }
    let (open, client) = offline::open(folder).await?;
    Ok(Bus {
        client,
        offline: Some(open),
    })
}

/// The bus that left its token in the folder, if it still answers.
pub async fn running(folder: &Path) -> Result<Option<Client>, Failure> {
    let path = local_connection_path(folder);
    let bytes = match read_file(&path, LOCAL_CONNECTION_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(Failure::file("read", &path, &error.into())),
    };
    // Secrets go where it says: it counts only where nobody but its owner could have written it.
    if let Ok(Some(mode)) = open_to_others(&path) {
        return Err(Failure::failed(
            format!("{} is open to other users (mode {mode:o})", path.display()),
            "restart the bus, which writes it anew",
        ));
    }
    let Ok(local) = serde_json::from_slice::<LocalConnection>(&bytes) else {
        return Err(Failure::failed(
            format!("{} is not what a bus of this version leaves there", path.display()),
            "restart the bus; use the same version for commands and bus",
        ));
    };
    let client = local_client(&local).await;
    let alive = match client {
        Ok(client) => client.get("", &[]).await.map(|_| client),
        Err(failure) => Err(failure),
    };
    match alive {
        Ok(client) => Ok(Some(client)),
        // It was left by a bus that is no longer there, or its port is another's now: the lock decides.
        Err(failure) if matches!(failure.exit, Exit::Unreachable | Exit::Refused) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The client for what a bus left in its folder.
pub async fn local_client(local: &LocalConnection) -> Result<Client, Failure> {
    let url = parse(&local.url)?;
    let pinned = match &local.fingerprint {
        Some(text) => {
            let fingerprint = text
                .parse()
                .map_err(|error: String| Failure::failed(error, "restart the bus"))?;
            Some(pin::fetch(&url, fingerprint).await?)
        }
        None => None,
    };
    Client::new(
        &url,
        Auth::Token(SecretString::from(local.token.as_str())),
        pinned.as_deref(),
        // An address of this machine, whichever of them it listens on.
        PlainHttp::Allowed,
    )
}

fn parse(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| {
        Failure::failed(
            format!("the saved address {text} can't be read: {error}"),
            "login again",
        )
    })
}
