//! The route to the hosts: name, proxy, certificates. Sign-in and Graph are looked at apart, unless they are one host.

use std::time::{Duration, Instant};

use url::Url;

use super::{ConnectionCheck, StepBlocker, failed_step, passed_step, skipped_step};
use crate::contract::{VerifyStep, VerifyStepState};
use crate::entra::{Authority, probe};
use crate::net::ConnectionError;

/// What keeps this machine from reaching the two hosts.
#[derive(Debug, Default)]
pub(super) struct RouteBlockers {
    pub sign_in: Option<StepBlocker>,
    pub graph: Option<StepBlocker>,
}

/// One host, what it is for, and how long it may take in all.
struct HostRoute<'a> {
    url: &'a Url,
    label: &'static str,
    deadline: Instant,
}

impl HostRoute<'_> {
    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn describe(&self, found: &str) -> String {
        format!("{}; {found}", self.label)
    }

    fn failed(&self, step: &str, subject: &str, began: &Instant, error: &ConnectionError) -> VerifyStep {
        let detail = self.describe(&error.to_string());
        failed_step(step, subject, began, &detail, error.code(), error.advice())
    }
}

impl ConnectionCheck {
    /// The hosts of both, each at most once and at most for the time that one host is given.
    pub(super) async fn check_routes(&self) -> RouteBlockers {
        let authority = Authority::for_instance(&self.settings);
        let urls = (authority.login_url.parse::<Url>(), authority.graph_url.parse::<Url>());
        let (Ok(login), Ok(graph)) = urls else {
            return RouteBlockers::default();
        };
        if login.origin() == graph.origin() {
            let blocker = self.check_route(&login, "host of sign-in and Graph").await;
            return RouteBlockers {
                sign_in: blocker.clone(),
                graph: blocker,
            };
        }
        RouteBlockers {
            sign_in: self.check_route(&login, "sign-in host").await,
            graph: self.check_route(&graph, "Graph host").await,
        }
    }

    /// Name, proxy and certificates of one host; what follows from a step that failed is skipped.
    async fn check_route(&self, url: &Url, label: &'static str) -> Option<StepBlocker> {
        let began = Instant::now();
        let route = HostRoute {
            url,
            label,
            deadline: began + self.host_limit,
        };
        let network = &self.settings.network;
        let proxy = probe::proxy_name(network, url);
        let name = proxy.as_deref().unwrap_or(route.host());
        let blocker = match probe::resolve_host_within(network, url, route.time_left()).await {
            Ok(found) => {
                let count = match found.len() {
                    1 => "1 address".to_owned(),
                    many => format!("{many} addresses"),
                };
                self.send_step(passed_step("name", name, &began, &route.describe(&count)))
                    .await;
                None
            }
            Err(error) => Some(self.send_failed(route.failed("name", name, &began, &error)).await),
        };
        let step = match &proxy {
            None => skipped_step("proxy", route.host(), &began, &route.describe("no proxy for this host")),
            Some(proxy) => {
                let found = route.describe(&format!("connects through {proxy}"));
                passed_step("proxy", route.host(), &began, &found)
            }
        };
        self.send_step(step).await;
        match blocker {
            Some(blocker) => {
                let step = skipped_step("tls", route.host(), &Instant::now(), &blocker.explain_skip());
                self.send_step(step).await;
                Some(blocker)
            }
            None => self.check_connection(&route).await,
        }
    }

    async fn check_connection(&self, route: &HostRoute<'_>) -> Option<StepBlocker> {
        let began = Instant::now();
        let (network, host) = (&self.settings.network, route.host());
        if route.url.scheme() != "https" {
            let step = match probe::probe_connection(network, route.url, route.time_left()).await {
                Ok(()) => skipped_step("tls", host, &began, &route.describe("plain HTTP")),
                Err(error) => return Some(self.send_failed(route.failed("connect", host, &began, &error)).await),
            };
            self.send_step(step).await;
            return None;
        }
        let step = match probe::probe_tls_within(network, route.url, route.time_left()).await {
            Err(error) => return Some(self.send_failed(route.failed("tls", host, &began, &error)).await),
            Ok(tls_probe) => certificate_step(route, &began, &tls_probe),
        };
        match step.state {
            VerifyStepState::Failed => Some(self.send_failed(step).await),
            _ => {
                self.send_step(step).await;
                None
            }
        }
    }
}

fn certificate_step(route: &HostRoute<'_>, began: &Instant, tls_probe: &probe::TlsProbe) -> VerifyStep {
    let named = |name: &str| match name {
        "" => "a certificate without a name".to_owned(),
        name => name.to_owned(),
    };
    let subjects: Vec<String> = tls_probe.chain.iter().map(|one| named(&one.subject)).collect();
    let issuer = tls_probe.chain.last().map_or("unknown", |last| last.issuer.as_str());
    let mut detail = route.describe(&format!("{}, issued by {issuer}", subjects.join(" < ")));
    if tls_probe.inspected {
        detail.push_str("; trusted only because of `ca`: a proxy may be inspecting the connection");
    }
    match &tls_probe.distrust {
        None => passed_step("tls", route.host(), began, &detail),
        Some(error) => {
            let text = format!("{detail}: {error}");
            failed_step("tls", route.host(), began, &text, error.code(), error.advice())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m10_authorities_of_ones_own_may_be_those_of_a_proxy_or_not() {
        let url = Url::parse("https://login.example").unwrap();
        let route = HostRoute {
            url: &url,
            label: "sign-in host",
            deadline: Instant::now(),
        };
        let seen = probe::TlsProbe {
            chain: Vec::new(),
            distrust: None,
            inspected: true,
        };
        let step = certificate_step(&route, &Instant::now(), &seen);
        assert_eq!(step.state, VerifyStepState::Ok);
        assert!(step.detail.contains("a proxy may be inspecting"), "{}", step.detail);
    }
}
