//! The check of app orders: sign-in, each right that is needed, a read of groups, apps and reports, and the addresses of
//! the shop. Nothing is written and nothing is sent to the shop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::lookup_host;
use tokio::sync::mpsc;
use url::{Host, Url};
use uuid::Uuid;

use super::credentials::UNREADABLE_RIGHTS;
use super::{ConnectionCheck, STEPS, StepBlocker, failed_step, passed_step, skipped_step};
use crate::config::OrderSettings;
use crate::contract::VerifyStep;
use crate::entra::permissions::InstanceFeature;
use crate::entra::{TokenSource, probe};
use crate::graph::GraphError;
use crate::model::format_count;
use crate::net::{AddressRefused, AddressRule, check_target_url};
use crate::observe::Clock;
use crate::orders::OrderGraph;

/// Finding the addresses of one name may take this long.
const LOOK_UP: Duration = Duration::from_secs(5);
const APPS: &str = "mobileApps";
const GROUPS: &str = "groups";
const REPORT: &str = "installReport";

/// Starts the check; the receiver ends after the last step. `features`: what the application is for.
pub(crate) fn start_order_check(
    settings: Arc<OrderSettings>,
    features: Vec<InstanceFeature>,
    clock: Clock,
) -> mpsc::Receiver<VerifyStep> {
    let (step_sender, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        let check = ConnectionCheck {
            settings: settings.tenant.clone(),
            clock,
            step_sender,
            host_limit: probe::HOST_LIMIT,
        };
        check.run_for_orders(&settings, &features).await;
    });
    steps
}

impl ConnectionCheck {
    async fn run_for_orders(&self, orders: &OrderSettings, features: &[InstanceFeature]) {
        let routes = self.check_routes().await;
        let signed_in = match &routes.sign_in {
            None => self.prove_order_sign_in().await,
            Some(blocker) => {
                self.skip_step("token", &self.settings.client_id, blocker).await;
                Err(blocker.clone())
            }
        };
        let blocker = match &signed_in {
            Ok((_, roles)) => {
                self.check_order_rights(features, roles.as_deref()).await;
                routes.graph
            }
            Err(blocker) => Some(blocker.clone()),
        };
        match blocker {
            None => self.check_order_reading(orders).await,
            Some(blocker) => {
                for subject in [APPS, REPORT, GROUPS] {
                    self.skip_step("read", subject, &blocker).await;
                }
            }
        }
        for (key, url) in [
            ("status_url", &orders.status_url),
            ("approval_url", &orders.approval_url),
        ] {
            if let Some(url) = url {
                let step = check_address(key, url, orders).await;
                self.send_step(step).await;
            }
        }
    }

    /// A new token, whatever is cached; with the rights in it, where it tells them.
    async fn prove_order_sign_in(&self) -> Result<(TokenSource, Option<Vec<String>>), StepBlocker> {
        let began = Instant::now();
        let (settings, client) = (&self.settings, self.settings.client_id.as_str());
        let tokens = match TokenSource::for_credential(settings, &settings.credential, self.clock.clone()) {
            Ok(tokens) => tokens,
            Err(error) => {
                let step = failed_step("token", "credential", &began, &error, error.code(), error.advice());
                return Err(self.send_failed(step).await);
            }
        };
        match tokens.prove_credential().await {
            Ok(token) => {
                self.send_step(passed_step("token", client, &began, "Entra has issued a token"))
                    .await;
                let roles = token.has_roles().then(|| token.roles().to_vec());
                Ok((tokens, roles))
            }
            Err(error) => {
                let advice = error.advice_for(&settings.credential.secret_place);
                let step = failed_step("token", client, &began, &error, error.code(), advice);
                Err(self.send_failed(step).await)
            }
        }
    }

    async fn check_order_rights(&self, features: &[InstanceFeature], roles: Option<&[String]>) {
        if roles.is_some() {
            self.check_each_right(features, roles).await;
            return;
        }
        let client = &self.settings.client_id;
        let step = skipped_step("right", client, &Instant::now(), UNREADABLE_RIGHTS);
        self.send_step(step).await;
    }

    /// Each kind of read once: what is granted and does not work shows here.
    async fn check_order_reading(&self, orders: &OrderSettings) {
        let began = Instant::now();
        let graph = match OrderGraph::new(orders, self.clock.clone()) {
            Ok(graph) => graph,
            Err(error) => {
                let step = failed_step("read", APPS, &began, &error, error.code(), error.advice());
                let blocker = self.send_failed(step).await;
                for subject in [REPORT, GROUPS] {
                    self.skip_step("read", subject, &blocker).await;
                }
                return;
            }
        };
        let apps = graph.list_tenant_apps(None).await;
        let first = apps.as_ref().ok().and_then(|list| list.apps.first().cloned());
        let found = apps.map(|list| {
            let assignable = list.apps.iter().filter(|app| app.assignable).count() as u64;
            format!(
                "{}, {assignable} can be linked",
                format_count(list.apps.len() as u64, "app")
            )
        });
        self.send_read(APPS, &began, found).await;
        let began = Instant::now();
        match first {
            Some(app) => {
                let report = graph.read_install_report(&app.id, 0).await;
                let found = report.map(|_| "the installation report of one app was read".to_owned());
                self.send_read(REPORT, &began, found).await;
            }
            None => {
                let step = skipped_step("read", REPORT, &began, "there is no app whose report could be read");
                self.send_step(step).await;
            }
        }
        let began = Instant::now();
        // No group has this id: that it is not there is what proves the read.
        let group = graph.read_group(&Uuid::new_v4().to_string()).await;
        let found = group.map(|_| "groups can be read".to_owned());
        self.send_read(GROUPS, &began, found).await;
    }

    async fn send_read(&self, subject: &str, began: &Instant, found: Result<String, GraphError>) {
        let step = match found {
            Ok(found) => passed_step("read", subject, began, &found),
            Err(error) => failed_step("read", subject, began, &error, error.code(), error.advice()),
        };
        self.send_step(step).await;
    }

    async fn skip_step(&self, step: &str, subject: &str, blocker: &StepBlocker) {
        let step = skipped_step(step, subject, &Instant::now(), &blocker.explain_skip());
        self.send_step(step).await;
    }
}

/// Where the name of an address leads; it is looked at again whenever something is sent. `key`: the setting with the
/// address.
async fn check_address(key: &str, url: &Url, orders: &OrderSettings) -> VerifyStep {
    let began = Instant::now();
    let allow_private = orders.allow_private_addresses;
    let refused = |error: &AddressRefused| failed_step("address", key, &began, error, "address", error.advice());
    if let Err(error) = check_target_url(url, allow_private) {
        return refused(&error);
    }
    let Some(Host::Domain(name)) = url.host() else {
        return passed_step("address", key, &began, "messages may be sent there");
    };
    if orders.tenant.network.proxy.is_some() {
        return skipped_step("address", key, &began, "the proxy looks its name up");
    }
    let port = url.port_or_known_default().unwrap_or(443);
    let found = match tokio::time::timeout(LOOK_UP, lookup_host((name, port))).await {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect::<Vec<_>>(),
        Ok(Err(_)) | Err(_) => {
            let problem = format!("no address was found for {name}");
            let advice = "check the name of the receiver, and whether this machine can look it up";
            return failed_step("address", key, &began, &problem, "nameNotFound", advice);
        }
    };
    let rule = AddressRule::for_url(url, allow_private);
    match found
        .iter()
        .find_map(|address| rule.check_address(name, *address).err())
    {
        Some(error) => refused(&error),
        None => passed_step("address", key, &began, "messages may be sent there"),
    }
}
