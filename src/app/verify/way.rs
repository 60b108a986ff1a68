//! The way to one host: its name, the proxy before it, its certificates.

use std::time::Instant;

use super::{Check, failed, ok, skipped};
use crate::entra::probe;
use crate::sics::VerifyStep;

impl Check {
    /// Name, proxy and certificates of one host.
    pub(super) async fn way(&self, url: &str) {
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
                &match found.len() {
                    1 => "1 address".to_owned(),
                    many => format!("{many} addresses"),
                },
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
}

fn of_certificates(host: &str, began: &Instant, look: &probe::TlsLook) -> VerifyStep {
    let subjects: Vec<&str> = look.chain.iter().map(|one| one.subject.as_str()).collect();
    let issuer = look.chain.last().map_or("nobody", |last| last.issuer.as_str());
    let mut detail = format!("{}, issued by {issuer}", subjects.join(" < "));
    if look.inspected {
        detail.push_str("; trusted by the instance's own authorities only: a proxy looks into the connection");
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
