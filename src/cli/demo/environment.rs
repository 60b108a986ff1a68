//! What the demonstration plays on: folder, simulated tenant and bus.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use rand::RngExt;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::app::{self, RunningBus};
use crate::cli::client::{ApiClient, ClientAuth, encode_segment};
use crate::cli::connection::build_local_client;
use crate::cli::failure::{CommandFailure, error_chain};
use crate::cli::offline_bus::{keep_files_private, start_failure};
use crate::cli::plain_http::PlainHttp;
use crate::observe::Clock;
use simulated_tenant as simulator;

/// How long a device takes to hear of an action, and again to carry it out.
const AT_THE_DEVICE_MS: i64 = 1_500;
/// So that changes are seen soon.
const INCREMENTAL: &str = "*/5 * * * * *";

/// The temporary folder; removed however the demonstration ends.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct DemoEnvironment {
    pub folder: TemporaryFolder,
    pub url: String,
    pub simulator: simulator::Running,
    /// Somebody to sign in as.
    pub user: &'static str,
    pub password: String,
    /// With all rights.
    pub client: ApiClient,
    bus: RunningBus,
}

impl DemoEnvironment {
    pub(crate) async fn build(devices: usize, churn: f64) -> Result<DemoEnvironment, CommandFailure> {
        let mut options = simulator::Options {
            churn,
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
        let folder = TemporaryFolder(std::env::temp_dir().join(format!("intune-connector-demo-{}", random_text(8))));
        let listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let options = app::StartOptions {
            run_instances: true,
            listen,
            clock: Clock::system(),
            failpoints: Default::default(),
        };
        keep_files_private();
        let bus = app::start_bus(folder.path(), options)
            .await
            .map_err(|error| start_failure(&error))?;
        let client = build_local_client(&bus.local).await?;
        let (user, password) = ("demo", random_text(20));
        let person = json!({ "name": user, "kind": "person", "rights": ["*"], "password": password });
        client.post("/operators", &person).await?;
        Ok(DemoEnvironment {
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
    pub(crate) async fn create_server_operator(&self, id: &str, rights: &[&str]) -> Result<ApiClient, CommandFailure> {
        let operator = json!({ "name": id, "kind": "server", "rights": rights });
        self.client.post("/operators", &operator).await?;
        let path = format!("/operators/{}/tokens", encode_segment(id));
        let token = self.client.post(&path, &json!({ "name": "demo" })).await?;
        let token = SecretString::from(token["token"].as_str().unwrap_or_default());
        ApiClient::new(
            self.client.base_url(),
            ClientAuth::Token(token),
            None,
            PlainHttp::Refused,
        )
    }

    pub(crate) async fn accept_server(&self, id: &str) -> Result<(), CommandFailure> {
        self.client
            .post(&format!("/servers/{}/accept", encode_segment(id)), &json!({}))
            .await?;
        Ok(())
    }

    /// From here on the bus scans the simulated tenant; the name of the instance.
    pub(crate) async fn add_instance(&self) -> Result<String, CommandFailure> {
        let registration = &self.simulator.registration;
        let settings = json!({
            "tenant_id": registration.tenant_id,
            "client_id": registration.client_id,
            "secret": registration.client_secret,
            "login_url": self.simulator.base,
            "graph_url": self.simulator.base,
            "servers": "*",
            "incremental": INCREMENTAL,
            "jitter_s": 0,
            "enrich": "off",
            "verbs": "sync, notify, remoteLock, wipe",
        });
        let added = self.client.post("/instances", &settings).await?;
        let name = added.pointer("/status/name").and_then(Value::as_str);
        let name =
            name.ok_or_else(|| CommandFailure::general_error("the bus did not return the name of the instance", ""))?;
        Ok(name.to_owned())
    }

    /// Ends everything; the folder goes with it.
    pub(crate) async fn shut_down(self) {
        self.bus.stop().await;
        self.simulator.stop().await;
    }
}

/// How many devices the first full scan found, as soon as it has ended.
pub(crate) async fn find_first_scan(client: &ApiClient, instance: &str) -> Result<Option<u64>, CommandFailure> {
    let page = client.get("/scans", &[("instance", instance.to_owned())]).await?;
    let scans = page["scans"].as_array().cloned().unwrap_or_default();
    let full_scan = scans
        .iter()
        .map(|row| &row["scan"])
        .find(|scan| scan["kind"] == "full" && scan["state"] == "completed");
    Ok(full_scan.map(|scan| scan["new"].as_u64().unwrap_or(0)))
}

/// Letters and digits that nobody guesses.
fn random_text(length: usize) -> String {
    const FROM: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    (0..length)
        .map(|_| char::from(FROM[rng.random_range(0..FROM.len())]))
        .collect()
}
