//! What the demonstration plays on: folder, simulated tenant and bus.

use std::net::{Ipv4Addr, SocketAddr};

use rand::RngExt;
use secrecy::SecretString;
use serde_json::{Value, json};
use sics_client::{ClientAuth, PlainHttp, SicsClient};
use simulated_tenant as simulator;

use super::paste_commands::PasteCommands;
use super::temporary_folder::TemporaryFolder;
use crate::app::{self, RunningBus};
use crate::cli::failure::{CommandFailure, error_chain};
use crate::cli::local_connection::build_local_client;
use crate::cli::offline_bus::{keep_files_private, start_failure};
use crate::contract::{
    AccountReply, DraftSettings, InstanceCreation, NewOperatorBody, NewSignInLinkBody, NewTokenBody, ScansQuery,
};
use crate::model::{InstanceName, InvalidId, OperatorKind, Right, RightScope, ScanKind, ScanState};
use crate::observe::{Clock, start_memory_logging};

/// How long a device takes to hear of an action, and again to carry it out.
const AT_THE_DEVICE_MS: i64 = 1_500;
/// So that changes are seen soon.
const INCREMENTAL: &str = "*/5 * * * * *";

pub(crate) struct DemoEnvironment {
    pub folder: TemporaryFolder,
    pub commands: PasteCommands,
    pub url: String,
    /// Signs the person below in to the web console, once; `None`: there is no console.
    pub console_link: Option<String>,
    pub simulator: simulator::Running,
    /// Somebody to sign in as.
    pub user: &'static str,
    pub password: String,
    /// With all rights.
    pub client: SicsClient,
    bus: RunningBus,
}

impl DemoEnvironment {
    pub(crate) async fn build(devices: usize, churn: f64) -> Result<DemoEnvironment, CommandFailure> {
        let mut options = simulator::Options {
            churn,
            names: simulator::NameStyle::Plain,
            tuning: simulator::Tuning::lively(),
            ..simulator::Options::quick(devices, 1)
        };
        let conduct = &mut options.tuning.actions.conduct;
        conduct.pending_ms = Some(AT_THE_DEVICE_MS);
        conduct.active_ms = Some(AT_THE_DEVICE_MS);
        let tenant = simulator::start(options).await.map_err(|error| {
            CommandFailure::general_error(
                format!("failed to start the simulated tenant: {}", error_chain(&error)),
                "",
            )
        })?;
        let folder = TemporaryFolder::create()
            .map_err(|error| CommandFailure::file_error("make a folder in", &std::env::temp_dir(), &error))?;
        let listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let options = app::StartOptions {
            run_instances: true,
            listen,
            clock: Clock::system(),
            failpoints: Default::default(),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
        };
        keep_files_private();
        // A process has one log; where there is one already, its lines are kept anyway.
        let _ = start_memory_logging(tracing::Level::INFO);
        let bus = app::start_bus(folder.path(), options)
            .await
            .map_err(|error| start_failure(&error, folder.path()))?;
        let client = build_local_client(&bus.local).await?;
        let (user, password) = ("demo", random_text(20));
        let person = NewOperatorBody {
            password: Some(SecretString::from(password.as_str())),
            ..new_operator(user, OperatorKind::Person, &["*"])?
        };
        client.add_operator(&person).await?;
        let console_link = match &bus.local.console {
            Some(console) => {
                let link = NewSignInLinkBody {
                    operator: Some(user.to_owned()),
                };
                let link = client.make_sign_in_link(&link).await?;
                Some(app::sign_in_link_address(console, &link.token.0))
            }
            None => None,
        };
        Ok(DemoEnvironment {
            console_link,
            commands: PasteCommands::new(folder.path()),
            folder,
            url: bus.local.url.clone(),
            simulator: tenant,
            user,
            password,
            client,
            bus,
        })
    }

    /// A management server's own way in: an operator with these rights and no others.
    pub(crate) async fn create_server_operator(&self, id: &str, rights: &[&str]) -> Result<SicsClient, CommandFailure> {
        let operator = new_operator(id, OperatorKind::Server, rights)?;
        self.client.add_operator(&operator).await?;
        let token = NewTokenBody {
            name: "demo".to_owned(),
            ..NewTokenBody::default()
        };
        let token = match self.client.add_token(id, &token).await? {
            AccountReply::Made(token) => token.token,
            AccountReply::Waits(waits) => waits.token,
        };
        let token = token.ok_or_else(|| CommandFailure::general_error("the bus did not return the token", ""))?;
        let auth = ClientAuth::Token(SecretString::from(token.0));
        Ok(SicsClient::new(self.client.base_url(), auth, None, PlainHttp::Refused)?)
    }

    pub(crate) async fn accept_server(&self, id: &str) -> Result<(), CommandFailure> {
        self.client.accept_server(id).await?;
        Ok(())
    }

    /// From here on the bus scans the simulated tenant; the name of the instance.
    pub(crate) async fn add_instance(&self) -> Result<InstanceName, CommandFailure> {
        let registration = &self.simulator.registration;
        let settings = [
            ("tenant_id", json!(registration.tenant_id)),
            ("client_id", json!(registration.client_id)),
            ("secret", json!(registration.client_secret)),
            ("login_url", json!(self.simulator.base)),
            ("graph_url", json!(self.simulator.base)),
            ("servers", json!("*")),
            ("incremental", json!(INCREMENTAL)),
            ("jitter_s", json!(0)),
            ("enrich", json!("off")),
            ("primary_user", json!("off")),
            ("verbs", json!("sync, notify, remoteLock, wipe")),
        ];
        let settings = settings.map(|(key, value): (&str, Value)| (key.to_owned(), value));
        let settings = DraftSettings(settings.into_iter().collect());
        let added = self
            .client
            .add_instance(&InstanceCreation::default(), &settings)
            .await?;
        Ok(added.status.name)
    }

    /// Ends everything; the folder goes with it.
    pub(crate) async fn shut_down(self) {
        self.bus.stop().await;
        self.simulator.stop().await;
    }
}

fn new_operator(name: &str, kind: OperatorKind, rights: &[&str]) -> Result<NewOperatorBody, CommandFailure> {
    let rights: Result<Vec<Right>, InvalidId> = rights.iter().map(|right| right.parse()).collect();
    Ok(NewOperatorBody {
        name: name.to_owned(),
        kind,
        password: None,
        rights: rights.map_err(|error| CommandFailure::general_error(error.to_string(), ""))?,
        scope: RightScope::default(),
        add_dependencies: false,
    })
}

/// How many devices the first full scan found, as soon as it has ended.
pub(crate) async fn find_first_scan(
    client: &SicsClient,
    instance: &InstanceName,
) -> Result<Option<u64>, CommandFailure> {
    let query = ScansQuery {
        instance: Some(instance.clone()),
        limit: None,
    };
    let scans = client.list_scans(&query).await?.scans;
    let is_first = |kind, state| kind == ScanKind::Full && state == ScanState::Completed;
    let first = scans.into_iter().find(|row| is_first(row.scan.kind, row.scan.state));
    Ok(first.map(|row| row.scan.new))
}

/// Letters and digits that nobody guesses.
fn random_text(length: usize) -> String {
    const FROM: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    (0..length)
        .map(|_| char::from(FROM[rng.random_range(0..FROM.len())]))
        .collect()
}
