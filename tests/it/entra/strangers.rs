//! What public bug reports tell of credentials and proxies: what stands in the file is right, and what goes wrong is
//! blamed on what caused it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use intune_connector::app;
use intune_connector::config::{CredentialKind, InstanceDraft};
use intune_connector::contract::{VerifyStep, VerifyStepState};
use intune_connector::entra::probe;
use intune_connector::observe::Clock;
use openssl::hash::MessageDigest;
use openssl::x509::X509;
use secrecy::{SecretSlice, SecretString};
use serde_json::{Value, json};
use simulated_tenant::{Options, ProxyCredentials, ProxyOptions, Tls, start};
use url::Url;

use super::{PFX_PASSWORD, ask, entra, fixture, fixture_text, form, granting, noon, pem, refusal, source};
use crate::support::scripted::{Scripted, answer, json as say_json, settings, token};

fn pfx(bytes: Vec<u8>) -> CredentialKind {
    CredentialKind::Pfx {
        bytes: SecretSlice::from(bytes),
        password: SecretString::from(PFX_PASSWORD),
    }
}

fn in_order(certificates: &[&str]) -> CredentialKind {
    CredentialKind::Pem {
        certificate: certificates.iter().map(|name| fixture_text(name)).collect(),
        key: SecretString::from(fixture_text("key.pem")),
    }
}

#[tokio::test]
async fn st_9_of_several_certificates_the_one_that_fits_the_key_signs() {
    let digest = X509::from_pem(&fixture("cert.pem"))
        .unwrap()
        .digest(MessageDigest::sha256())
        .unwrap();
    for order in [["cert.pem", "next-cert.pem"], ["next-cert.pem", "cert.pem"]] {
        let server = granting().await;
        ask(&server, in_order(&order)).await.unwrap();
        let jwt = form(&server.heard()[0], "client_assertion").unwrap();
        let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(digest), "{order:?}");
    }
    let server = granting().await;
    let error = ask(&server, in_order(&["next-cert.pem"])).await.unwrap_err();
    assert_eq!(error.code(), "keyDoesNotFit");
}

#[tokio::test]
async fn st_16_a_pfx_is_taken_as_base64_text_too() {
    let text = STANDARD.encode(fixture("aes256.pfx"));
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    for form in [
        text.clone(),
        format!("{}\r\n", lines.join("\r\n")),
        format!("\u{feff}{text}\n"),
    ] {
        let server = granting().await;
        ask(&server, pfx(form.into_bytes())).await.unwrap();
    }
    let server = granting().await;
    let error = ask(&server, pfx(b"this is no base64 at all!".to_vec()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "pfxUnreadable");
    assert!(error.advice().contains("base64"), "{}", error.advice());
}

#[tokio::test]
async fn st_18_the_thumbprint_of_the_certificate_used_is_told() {
    let server = entra(refusal(401, "invalid_client", 700_027)).await;
    let error = ask(&server, pem("cert.pem", "key.pem")).await.unwrap_err();
    let digest = X509::from_pem(&fixture("cert.pem"))
        .unwrap()
        .digest(MessageDigest::sha1())
        .unwrap();
    assert!(
        error.advice().contains(&hex::encode_upper(digest)),
        "{}",
        error.advice()
    );
}

#[tokio::test]
async fn st_22_codes_of_reports_have_a_cause_and_a_cure() {
    for (code, cure) in [
        (7_000_229, "admin-consent"),
        (5_000_225, "TenantBlockedByInactivity"),
        (7_000_213, "secret_file"),
    ] {
        let server = entra(refusal(401, "invalid_client", code)).await;
        let error = source(&server.settings(&[]), &Clock::manual(noon()))
            .obtain_token()
            .await
            .unwrap_err();
        assert_eq!(error.code(), format!("AADSTS{code}"));
        assert!(error.advice().contains(cure), "{}", error.advice());
    }
}

const DEVICE: &str = "0d0d0d0d-0000-4000-8000-000000000001";

async fn steps(server: &Scripted) -> Vec<VerifyStep> {
    let settings = std::sync::Arc::new(server.settings(&[]));
    let mut coming = app::verify::start_check(settings, None, Clock::system());
    let mut steps = Vec::new();
    while let Some(step) = coming.recv().await {
        steps.push(step);
    }
    steps
}

/// A tenant of one device, whose tokens read like this.
async fn tenant(text: &'static str) -> Scripted {
    Scripted::start(move |_, heard| match heard.target() {
        target if target.ends_with("/token") => token(text, 3599),
        target if target.contains("Overview") => say_json(200, &json!({"enrolledDeviceCount": 1})),
        target if target.contains("/managedDevices/") => {
            say_json(200, &json!({"id": DEVICE, "complianceState": "compliant"}))
        }
        _ => say_json(200, &json!({"value": [{"id": DEVICE}]})),
    })
    .await
}

#[tokio::test]
async fn st_7_rights_that_the_token_does_not_tell_are_unknown_and_the_device_step_judges() {
    let server = tenant("EwB4A8l6BAAU-no-jwt").await;
    let steps = steps(&server).await;
    assert!(
        steps.iter().all(|step| step.state != VerifyStepState::Failed),
        "{steps:?}"
    );
    let right = steps.iter().find(|step| step.step == "right").unwrap();
    assert_eq!(right.state, VerifyStepState::Skipped);
    assert!(right.detail.contains("unknown"), "{right:?}");
    assert_eq!(
        steps.iter().find(|step| step.step == "device").unwrap().state,
        VerifyStepState::Ok
    );
}

#[tokio::test]
async fn st_6_user_and_password_of_a_proxy_are_sent_as_they_are_written() {
    let (user, password) = ("CORP\\a%42", "p%41:100%25%zz");
    let options = ProxyOptions {
        credentials: Some(ProxyCredentials {
            user: user.into(),
            password: password.into(),
        }),
        listen: "127.0.0.1:0".parse().unwrap(),
        inspect: false,
    };
    let running = start(Options {
        tls: Tls::Temporary,
        proxy: Some(options),
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
    let network = &mut settings.network;
    network.ca = running.ca.as_ref().map(|file| std::fs::read_to_string(file).unwrap());
    network.proxy = Some(Url::parse(&format!("http://{}", running.proxy.unwrap())).unwrap());
    network.proxy_user = Some(user.into());
    network.proxy_password = Some(SecretString::from(password));
    settings.login_url = Some(Url::parse("https://login.microsoftonline.com").unwrap());
    settings.graph_url = Some(Url::parse("https://graph.microsoft.com").unwrap());
    source(&settings, &Clock::system()).obtain_token().await.unwrap();
    running.stop().await;

    let plain = granting().await;
    let mut settings = plain.settings(&[("login_url", "http://127.0.0.1:9"), ("graph_url", "http://127.0.0.1:9")]);
    settings.network.proxy = Some(Url::parse(&plain.base()).unwrap());
    settings.network.proxy_user = Some(user.into());
    settings.network.proxy_password = Some(SecretString::from(password));
    source(&settings, &Clock::manual(noon())).obtain_token().await.unwrap();
    let sent = plain.heard()[0].header("proxy-authorization").unwrap().to_owned();
    assert_eq!(sent, format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
}

#[tokio::test]
async fn st_13_a_proxy_that_takes_no_password_is_told_so_by_both_ways() {
    let only = [("Proxy-Authenticate", "Negotiate"), ("Proxy-Authenticate", "NTLM")];
    let both = [
        ("Proxy-Authenticate", "NTLM"),
        ("Proxy-Authenticate", "Basic realm=\"x\""),
    ];
    for base in ["http://127.0.0.1:9", "https://login.microsoftonline.com"] {
        for (offers, code) in [(&only, "proxyWantsOther"), (&both, "proxyWantsPassword")] {
            let proxy = entra(answer(407, offers.as_slice(), b"")).await;
            let mut settings = settings(base, &[]);
            settings.network.proxy = Some(Url::parse(&proxy.base()).unwrap());
            settings.network.proxy_user = Some("CORP\\svc".into());
            settings.network.proxy_password = Some(SecretString::from("p"));
            let error = source(&settings, &Clock::manual(noon()))
                .obtain_token()
                .await
                .unwrap_err();
            assert_eq!(error.code(), code, "{base}: {error}");
            if code == "proxyWantsOther" {
                assert!(error.to_string().contains("Negotiate, NTLM"), "{error}");
                assert!(error.advice().contains("Basic"), "{}", error.advice());
            }
            if base.starts_with("https") {
                let look = probe::probe_tls(&settings.network, &Url::parse(base).unwrap()).await;
                assert_eq!(look.unwrap_err().code(), code);
            }
        }
    }
}

#[tokio::test]
async fn st_14_a_proxy_that_is_down_or_unknown_is_to_blame() {
    for base in ["http://127.0.0.1:9", "https://login.microsoftonline.com"] {
        for proxy in ["http://127.0.0.1:9", "http://no-such-proxy.invalid:8080"] {
            let mut settings = settings(base, &[]);
            settings.network.proxy = Some(Url::parse(proxy).unwrap());
            let error = source(&settings, &Clock::manual(noon()))
                .obtain_token()
                .await
                .unwrap_err();
            let name = proxy.strip_prefix("http://").unwrap();
            assert_eq!(error.code(), "proxyUnreachable", "{error}");
            assert!(
                error
                    .to_string()
                    .contains(&format!("no connection to the proxy {name}")),
                "{error}"
            );
            assert!(error.advice().contains("`proxy`"), "{}", error.advice());
            let url = Url::parse(base).unwrap();
            if base.starts_with("https") {
                assert_eq!(
                    probe::probe_tls(&settings.network, &url).await.unwrap_err().code(),
                    "proxyUnreachable"
                );
            }
            if proxy.contains("no-such") {
                assert_eq!(
                    probe::resolve_host(&settings.network, &url).await.unwrap_err().code(),
                    "proxyUnreachable"
                );
            }
        }
    }
}

#[test]
fn st_21_exceptions_match_or_are_refused() {
    let of = |exceptions: &str| {
        let pairs = [
            ("tenant_id", "7e0a0000-0000-4000-8000-000000000001"),
            ("client_id", "c11e0000-0000-4000-8000-000000000001"),
            ("secret", "present~1"),
            ("servers", "*"),
            ("proxy", "http://proxy.example:8080"),
            ("no_proxy", exceptions),
        ];
        let object = pairs.into_iter().map(|(key, value)| (key.to_owned(), json!(value)));
        InstanceDraft::from_json(&Value::Object(object.collect()))
            .unwrap()
            .build_settings()
    };
    let direct = |exceptions: &str, host: &str| {
        let url = Url::parse(&format!("https://{host}/")).unwrap();
        probe::proxy_name(&of(exceptions).unwrap().network, &url).is_none()
    };
    assert!(direct("*.example.com", "graph.example.com") && !direct("*.example.com", "example.org"));
    assert!(direct("*", "10.1.2.3") && direct("*", "[::1]") && direct("*", "graph.microsoft.com"));
    assert!(direct(".example.com, 10.0.0.0/8", "10.9.9.9"));
    for wrong in ["graph.microsoft.com:443", "https://graph.microsoft.com", "graph.*.com"] {
        let error = of(wrong).unwrap_err();
        assert_eq!(error.key, "no_proxy");
        assert!(error.problem.contains("would never match"), "{error}");
    }
}
