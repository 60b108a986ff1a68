//! The way out: proxies, their passwords, exceptions, certificate authorities, and what goes wrong there.

use intune_connector::config::InstanceSettings;
use intune_connector::entra::{TokenPurpose, TokenSource, probe};
use intune_connector::net::build_http_client;
use intune_connector::observe::Clock;
use secrecy::SecretString;
use simulated_tenant::{Options, ProxyOptions, Running, Tls, start};
use url::Url;

use super::{granting, noon, quick, source};
use crate::support::canary::{PROXY_PASSWORD, assert_no_canary};
use crate::support::scripted::settings;

async fn code(settings: &InstanceSettings) -> String {
    match TokenSource::with_retry_policy(settings, TokenPurpose::Scan, Clock::system(), quick()) {
        Ok(source) => source
            .obtain_token()
            .await
            .map_or_else(|error| error.code(), |_| "ok".to_owned()),
        Err(error) => error.code(),
    }
}

async fn tls_tenant(proxy: Option<ProxyOptions>) -> (Running, InstanceSettings) {
    let running = start(Options {
        tls: Tls::Temporary,
        proxy,
        ..Options::quick(3, 5)
    })
    .await
    .unwrap();
    let registration = &running.registration;
    let mut settings = settings(
        &running.base,
        &[
            ("tenant_id", &registration.tenant_id),
            ("client_id", &registration.client_id),
            ("secret", &registration.client_secret),
        ],
    );
    settings.network.ca = running.ca.as_ref().map(|file| std::fs::read_to_string(file).unwrap());
    (running, settings)
}

fn by_proxy(running: &Running, settings: &mut InstanceSettings) {
    settings.network.proxy = Some(Url::parse(&format!("http://{}", running.proxy.unwrap())).unwrap());
}

#[tokio::test]
async fn nobody_there_and_no_such_name_are_told_apart() {
    let mut settings = settings("http://127.0.0.1:9", &[]);
    assert_eq!(code(&settings).await, "connectionRefused");
    settings.login_url = Some(Url::parse("http://no-such-host.invalid").unwrap());
    assert_eq!(code(&settings).await, "nameNotFound");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_named_with_its_issuer() {
    let (running, settings) = tls_tenant(None).await;
    assert_eq!(code(&settings).await, "ok");
    let mut without = settings.clone();
    without.network.ca = None;
    assert_eq!(code(&without).await, "tlsUntrusted");
    let url = Url::parse(&running.base).unwrap();
    let look = probe::probe_tls(&without.network, &url).await.unwrap();
    let distrust = look.distrust.unwrap();
    assert_eq!(distrust.code(), "tlsUntrusted");
    assert!(distrust.to_string().contains("issued by"), "{distrust}");
    assert!(
        !look.chain.is_empty()
            && look
                .chain
                .iter()
                .all(|one| one.not_after.is_some() && one.sha256.len() == 64)
    );
    let look = probe::probe_tls(&settings.network, &url).await.unwrap();
    assert!(
        look.distrust.is_none() && look.inspected,
        "trusted by the instance's own authorities alone"
    );
    running.stop().await;
}

#[tokio::test]
async fn plain_http_where_tls_is_expected_is_a_tls_failure() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let settings = settings(&format!("https://{address}"), &[]);
    assert_eq!(code(&settings).await, "tlsFailed");
    answering.abort();
}

#[tokio::test]
async fn a_proxy_leads_there_and_its_password_is_sent_to_it_alone() {
    let options = ProxyOptions {
        credentials: Some(simulated_tenant::ProxyCredentials {
            user: "u".into(),
            password: PROXY_PASSWORD.into(),
        }),
        listen: "127.0.0.1:0".parse().unwrap(),
        inspect: false,
    };
    let (running, mut settings) = tls_tenant(Some(options)).await;
    by_proxy(&running, &mut settings);
    // A name that only the proxy can reach.
    settings.login_url = Some(Url::parse("https://login.microsoftonline.com").unwrap());
    settings.graph_url = Some(Url::parse("https://graph.microsoft.com").unwrap());
    assert_eq!(code(&settings).await, "proxyWantsPassword");
    settings.network.proxy_user = Some("u".into());
    settings.network.proxy_password = Some(SecretString::from("wrong"));
    assert_eq!(code(&settings).await, "proxyWantsPassword");
    settings.network.proxy_password = Some(SecretString::from(PROXY_PASSWORD));
    assert_eq!(code(&settings).await, "ok");
    let look = probe::probe_tls(&settings.network, &Url::parse("https://graph.microsoft.com").unwrap())
        .await
        .unwrap();
    assert!(look.distrust.is_none() && look.inspected);
    running.stop().await;
}

#[tokio::test]
async fn an_exception_from_the_proxy_goes_directly() {
    let server = granting().await;
    let mut settings = server.settings(&[]);
    settings.network.proxy = Some(Url::parse("http://127.0.0.1:9").unwrap());
    assert_eq!(code(&settings).await, "proxyUnreachable");
    settings.network.no_proxy = vec!["127.0.0.1".into()];
    assert_eq!(code(&settings).await, "ok");
    assert_eq!(
        probe::proxy_name(&settings.network, settings.login_url.as_ref().unwrap()),
        None
    );
    let other = Url::parse("https://graph.microsoft.com").unwrap();
    assert_eq!(
        probe::proxy_name(&settings.network, &other).as_deref(),
        Some("127.0.0.1:9")
    );
}

#[tokio::test]
async fn a_plain_proxy_that_wants_a_password_says_407() {
    let proxy = super::entra(crate::support::scripted::answer(
        407,
        &[("Proxy-Authenticate", "Basic")],
        b"",
    ))
    .await;
    let mut settings = settings("http://127.0.0.1:9", &[]);
    settings.network.proxy = Some(Url::parse(&proxy.base()).unwrap());
    settings.network.proxy_user = Some("u".into());
    settings.network.proxy_password = Some(SecretString::from(PROXY_PASSWORD));
    let error = source(&settings, &Clock::manual(noon()))
        .obtain_token()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "proxyWantsPassword");
    assert_no_canary(&format!("{error} {error:?}"));
    assert!(proxy.heard()[0].header("proxy-authorization").is_some());
}

#[test]
fn authorities_that_are_none_are_refused() {
    let mut settings = settings("http://127.0.0.1:9", &[]);
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/certs");
    let read = |file: &str| std::fs::read_to_string(format!("{fixtures}/{file}")).unwrap();
    let half = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    for wrong in [read("key.pem"), String::new(), "no PEM".to_owned(), half] {
        settings.network.ca = Some(wrong);
        let error = build_http_client(&settings.network, Default::default()).unwrap_err();
        assert_eq!(error.code(), "authorities", "{error}");
        assert!(error.to_string().contains("`ca`"), "{error}");
    }
    settings.network.ca = Some(read("cert.pem"));
    build_http_client(&settings.network, Default::default()).unwrap();
}
