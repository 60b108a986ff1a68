//! The connection check, as steps that come one by one: each ok, failed or skipped, with cause and cure. It asks Entra
//! and Graph for as little as proves that the real thing will work, and writes nothing.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::instances::audience;
use crate::config::InstanceSettings;
use crate::entra::{self, EntraError, Purpose, TokenSource, permissions, probe};
use crate::graph::{Budget, Graph, ListQuery, Page};
use crate::model::{DeviceId, Timestamp, format_time};
use crate::observe::Clock;
use crate::sics::{StepState, VerifyStep};
use crate::store::{InstanceRow, ServerRow, Store};

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;

/// Starts the check; the receiver ends after the last step. `at`: the store whose servers are looked at.
pub fn start(
    settings: Arc<InstanceSettings>,
    at: Option<(Store, Option<InstanceRow>)>,
    clock: Clock,
) -> mpsc::Receiver<VerifyStep> {
    let (tell, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        let check = Check { settings, clock, tell };
        check.run(at).await;
    });
    steps
}

/// Days until the credential in use ends, where that is known.
pub fn days_left(settings: &InstanceSettings) -> Option<i64> {
    entra::expiry(&settings.credential, chrono::Utc::now()).map(|expiry| expiry.days_left)
}

pub(super) struct Check {
    pub(super) settings: Arc<InstanceSettings>,
    pub(super) clock: Clock,
    tell: mpsc::Sender<VerifyStep>,
}

impl Check {
    pub(super) async fn step(&self, step: VerifyStep) {
        let _ = self.tell.send(step).await;
    }

    async fn run(&self, at: Option<(Store, Option<InstanceRow>)>) {
        let authority = entra::Authority::for_instance(&self.settings);
        for url in [&authority.login_url, &authority.graph_url] {
            self.way(url).await;
        }
        match self.token().await {
            Some((tokens, roles)) => {
                self.rights(&roles).await;
                self.reads(tokens).await;
            }
            None => self.skip_what_needs_a_token().await,
        }
        if let Some((store, row)) = at {
            self.servers(&store, row).await;
        }
    }

    /// A new token whatever is cached, or a secret that was revoked within the hour would not show; with the rights
    /// that it holds.
    async fn token(&self) -> Option<(TokenSource, Vec<String>)> {
        let began = Instant::now();
        let not = |subject: &str, error: &EntraError| {
            let step = failed("token", subject, &began, error, error.code(), error.advice());
            self.step(step)
        };
        let tokens = match TokenSource::new(&self.settings, Purpose::Scan, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => {
                not("credential", &error).await;
                return None;
            }
        };
        let client = &self.settings.client_id;
        match tokens.prove().await {
            Ok(token) => {
                self.step(ok("token", client, &began, "Entra has issued a token")).await;
                let roles = token.roles().to_vec();
                Some((tokens, roles))
            }
            Err(error) => {
                not(client, &error).await;
                None
            }
        }
    }

    async fn skip_what_needs_a_token(&self) {
        for (step, subject) in [
            ("right", "inventory"),
            ("device", "managedDevices"),
            ("count", "managedDeviceOverview"),
        ] {
            self.step(skipped(step, subject, &Instant::now(), "there is no token"))
                .await;
        }
    }

    /// Name, proxy and certificates of one host.
    async fn way(&self, url: &str) {
        let Ok(url) = url.parse::<url::Url>() else { return };
        let host = url.host_str().unwrap_or_default();
        let network = &self.settings.network;
        let began = Instant::now();
        let proxy = probe::proxy_of(network, &url);
        let step = match probe::resolve(network, &url).await {
            Ok(found) => ok(
                "name",
                proxy.as_deref().unwrap_or(host),
                &began,
                &format!("{} addresses", found.len()),
            ),
            Err(error) => failed(
                "name",
                proxy.as_deref().unwrap_or(host),
                &began,
                &error,
                error.code(),
                error.advice(),
            ),
        };
        self.step(step).await;
        let step = match &proxy {
            None => skipped("proxy", host, &began, "none stands before this host"),
            Some(proxy) => ok("proxy", host, &began, &format!("goes through {proxy}")),
        };
        self.step(step).await;
        let began = Instant::now();
        if url.scheme() != "https" {
            self.step(skipped("tls", host, &began, "plain HTTP")).await;
            return;
        }
        let step = match probe::tls(network, &url).await {
            Err(error) => failed("tls", host, &began, &error, error.code(), error.advice()),
            Ok(look) => of_certificates(host, &began, &look),
        };
        self.step(step).await;
    }

    async fn rights(&self, roles: &[String]) {
        let began = Instant::now();
        let found = permissions::compare(roles, &[permissions::Feature::Scan]);
        for missing in &found.missing {
            self.step(VerifyStep {
                cure: Some(permissions::grant_with_az(&self.settings.client_id, missing.name)),
                cause: Some("missing".into()),
                state: StepState::Failed,
                ..ok("right", missing.name, &began, missing.reason)
            })
            .await;
        }
        for surplus in &found.surplus {
            let detail = "granted, but not needed for what is switched on";
            self.step(ok("right", surplus, &began, detail)).await;
        }
        if found.missing.is_empty() {
            self.step(ok(
                "right",
                "inventory",
                &began,
                "all rights that reading needs are granted",
            ))
            .await;
        }
    }

    async fn reads(&self, tokens: TokenSource) {
        let began = Instant::now();
        let settings = &self.settings;
        let budget = Budget::shared(&settings.tenant_id, &settings.client_id, settings.budget_percent);
        let graph = match Graph::new(settings, tokens, budget, self.clock.clone()) {
            Ok(graph) => graph,
            Err(error) => {
                self.step(failed("device", "Graph", &began, &error, error.code(), error.advice()))
                    .await;
                return;
            }
        };
        let query = ListQuery {
            select: Some("id".into()),
            filter_since: None,
            top: 1,
        };
        let first = graph.list(query).next().await;
        let device = first.as_ref().ok().and_then(|page| first_of(page.as_ref()?));
        let step = match first {
            Ok(Some(_)) => ok("device", "managedDevices", &began, "one device was read"),
            Ok(None) => ok(
                "device",
                "managedDevices",
                &began,
                "the tenant answers, and has no devices",
            ),
            Err(error) => failed("device", "managedDevices", &began, &error, error.code(), error.advice()),
        };
        self.step(step).await;
        let began = Instant::now();
        let step = match graph.enrolled_device_count().await {
            Ok(count) => ok(
                "count",
                "managedDeviceOverview",
                &began,
                &format!("{count} devices are enrolled"),
            ),
            Err(error) => failed(
                "count",
                "managedDeviceOverview",
                &began,
                &error,
                error.code(),
                error.advice(),
            ),
        };
        self.step(step).await;
        self.nodes(device).await;
    }

    async fn servers(&self, store: &Store, row: Option<InstanceRow>) {
        let began = Instant::now();
        let wanted = audience(&self.settings);
        let Ok(servers) = store.servers().await else { return };
        for id in wanted
            .iter()
            .flatten()
            .filter(|id| !servers.iter().any(|server| server.id == **id))
        {
            let cure = format!("let it announce itself: intune-connector follow --server {id}");
            self.step(VerifyStep {
                cure: Some(cure),
                cause: Some("notAnnounced".into()),
                state: StepState::Failed,
                ..ok(
                    "server",
                    id.as_str(),
                    &began,
                    "it is named in the audience and has not announced itself",
                )
            })
            .await;
        }
        let meant = |id| wanted.as_ref().is_none_or(|ids| ids.contains(id));
        for server in servers.iter().filter(|server| meant(&server.id)) {
            if !server.accepted {
                self.step(VerifyStep {
                    cure: Some(format!("intune-connector servers accept {}", server.id)),
                    cause: Some("notAccepted".into()),
                    state: StepState::Failed,
                    ..ok("server", server.id.as_str(), &began, "it waits for acceptance")
                })
                .await;
                continue;
            }
            let detail = match &row {
                Some(row) => lag(store, server, row).await,
                None => "accepted".into(),
            };
            self.step(ok("server", server.id.as_str(), &began, &detail)).await;
        }
    }
}

fn first_of(page: &Page) -> Option<DeviceId> {
    let record = page.records().next()?;
    let record: serde_json::Value = serde_json::from_slice(record).ok()?;
    record["id"].as_str()?.parse().ok()
}

/// How far an accepted server has come with an instance, and when it was here.
async fn lag(store: &Store, server: &ServerRow, row: &InstanceRow) -> String {
    let place = server.positions.get(&row.id).copied();
    let behind = match store.behind(row.id, place).await {
        Ok(0) => "nothing is left to tell it".to_owned(),
        Ok(1) => "1 change behind".to_owned(),
        Ok(behind) => format!("{behind} changes behind"),
        Err(error) => format!("how far behind can't be told: {error}"),
    };
    let at = |what: &str, at: Option<Timestamp>| match at {
        Some(at) => format!("{what} {}", format_time(at)),
        None => format!("never {what}"),
    };
    let (seen, acknowledged) = (
        at("seen", server.last_seen_at),
        at("acknowledged", server.acknowledged_at),
    );
    format!("accepted, {behind}; {seen}, {acknowledged}")
}

pub(super) fn ok(step: &str, subject: &str, began: &Instant, detail: &str) -> VerifyStep {
    VerifyStep {
        step: step.to_owned(),
        subject: subject.to_owned(),
        state: StepState::Ok,
        detail: detail.to_owned(),
        cause: None,
        cure: None,
        took_ms: began.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    }
}

fn skipped(step: &str, subject: &str, began: &Instant, detail: &str) -> VerifyStep {
    VerifyStep {
        state: StepState::Skipped,
        ..ok(step, subject, began, detail)
    }
}

fn of_certificates(host: &str, began: &Instant, look: &probe::TlsLook) -> VerifyStep {
    let subjects: Vec<&str> = look.chain.iter().map(|one| one.subject.as_str()).collect();
    let issuer = look.chain.last().map_or("nobody", |last| last.issuer.as_str());
    let mut detail = format!("{}, issued by {issuer}", subjects.join(" < "));
    if look.inspected {
        detail.push_str("; trusted by ca_file only: a proxy looks into the connection");
    }
    match &look.distrust {
        None => ok("tls", host, began, &detail),
        Some(error) => failed(
            "tls",
            host,
            began,
            &format!("{detail}: {error}"),
            error.code(),
            error.advice(),
        ),
    }
}

pub(super) fn failed(
    step: &str,
    subject: &str,
    began: &Instant,
    error: &dyn std::fmt::Display,
    code: impl Into<String>,
    advice: impl Into<String>,
) -> VerifyStep {
    VerifyStep {
        state: StepState::Failed,
        cause: Some(code.into()),
        cure: Some(advice.into()),
        ..ok(step, subject, began, &error.to_string())
    }
}
