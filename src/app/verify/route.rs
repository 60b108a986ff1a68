//! The route to one host: its name, its proxy, its certificates.

use std::time::Instant;

use super::{ConnectionCheck, failed_step, passed_step, skipped_step};
use crate::contract::VerifyStep;
use crate::entra::probe;

impl ConnectionCheck {
    /// Name, proxy and certificates of one host.
    pub(super) async fn check_route(&self, url: &str) {
        let Ok(url) = url.parse::<url::Url>() else { return };
        let host = url.host_str().unwrap_or_default();
        let network = &self.settings.network;
        let began = Instant::now();
        let proxy = probe::proxy_name(network, &url);
        let step = match probe::resolve_host(network, &url).await {
            Ok(found) => passed_step(
                "name",
                proxy.as_deref().unwrap_or(host),
                &began,
                &match found.len() {
                    1 => "1 address".to_owned(),
                    many => format!("{many} addresses"),
                },
            ),
            Err(error) => failed_step(
                "name",
                proxy.as_deref().unwrap_or(host),
                &began,
                &error,
                error.code(),
                error.advice(),
            ),
        };
        self.send_step(step).await;
        let step = match &proxy {
            None => skipped_step("proxy", host, &began, "no proxy for this host"),
            Some(proxy) => passed_step("proxy", host, &began, &format!("connects through {proxy}")),
        };
        self.send_step(step).await;
        let began = Instant::now();
        if url.scheme() != "https" {
            self.send_step(skipped_step("tls", host, &began, "plain HTTP")).await;
            return;
        }
        let step = match probe::probe_tls(network, &url).await {
            Err(error) => failed_step("tls", host, &began, &error, error.code(), error.advice()),
            Ok(tls_probe) => certificate_step(host, &began, &tls_probe),
        };
        self.send_step(step).await;
    }
}

fn certificate_step(host: &str, began: &Instant, tls_probe: &probe::TlsProbe) -> VerifyStep {
    let subjects: Vec<&str> = tls_probe.chain.iter().map(|one| one.subject.as_str()).collect();
    let issuer = tls_probe.chain.last().map_or("unknown", |last| last.issuer.as_str());
    let mut detail = format!("{}, issued by {issuer}", subjects.join(" < "));
    if tls_probe.inspected {
        detail.push_str("; trusted only by the instance's own authorities: a proxy inspects the connection");
    }
    match &tls_probe.distrust {
        None => passed_step("tls", host, began, &detail),
        Some(error) => failed_step(
            "tls",
            host,
            began,
            &format!("{detail}: {error}"),
            error.code(),
            error.advice(),
        ),
    }
}
