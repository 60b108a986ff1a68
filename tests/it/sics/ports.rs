//! Listening: TLS, bounds of connections, the end.

use std::net::TcpListener;
use std::time::Duration;

use intune_connector::observe::metric;
use intune_connector::sics::{HttpListener, ServeError, SicsLimits, TlsCertificate, TlsError, serve_listeners};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::bus::{Bus, client, problem, status};
use crate::support::shelf::device;
use crate::support::wait::{until, within};

pub fn made(name: &str) -> (Vec<u8>, Vec<u8>) {
    let key = PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    let names = SubjectAlternativeName::new()
        .ip("127.0.0.1")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (
        builder.build().to_pem().unwrap(),
        key.private_key_to_pem_pkcs8().unwrap(),
    )
}

fn fingerprint(pem: &[u8]) -> String {
    let digest = X509::from_pem(pem).unwrap().digest(MessageDigest::sha256()).unwrap();
    digest
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(":")
}

/// The fingerprint of what the port shows to a new connection.
async fn shown(bus: &Bus) -> String {
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let ssl = connector
        .build()
        .configure()
        .unwrap()
        .verify_hostname(false)
        .into_ssl("x")
        .unwrap();
    let tcp = TcpStream::connect(bus.address).await.unwrap();
    let mut stream = tokio_openssl::SslStream::new(ssl, tcp).unwrap();
    std::pin::Pin::new(&mut stream).connect().await.unwrap();
    let pem = stream.ssl().peer_certificate().unwrap().to_pem().unwrap();
    fingerprint(&pem)
}

pub fn trusting(pem: &[u8]) -> reqwest::Client {
    let certificate = reqwest::Certificate::from_pem(pem).unwrap();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_self_made_certificate_is_kept_private_and_shows_its_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["bus.example.com".to_owned(), "192.0.2.1".to_owned()];
    let first = TlsCertificate::self_signed(folder.path(), &names).unwrap();
    let again = TlsCertificate::self_signed(folder.path(), &names).unwrap();
    assert_eq!(first.fingerprint(), again.fingerprint(), "it stays over restarts");
    let file = folder.path().join("tls.pem");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let bus = Bus::https(|_| first.clone(), trusting(&std::fs::read(&file).unwrap())).await;
    assert_eq!(shown(&bus).await, first.fingerprint());
    assert_eq!(
        status(bus.open_request(Method::GET, "/healthz"), 200).await,
        json!({"alive": true})
    );
    let stranger = client().get(bus.url("/healthz")).send().await;
    assert!(
        stranger.is_err(),
        "nobody who does not know the certificate is let believe it"
    );
}

#[tokio::test]
async fn the_users_certificate_is_read_anew_when_its_files_change() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("bus.crt"), folder.path().join("bus.key"));
    let write = |(pem, secret): &(Vec<u8>, Vec<u8>)| {
        std::fs::write(&certificate, pem).unwrap();
        std::fs::write(&key, secret).unwrap();
    };
    let (old, new) = (made("old"), made("new"));
    write(&old);
    let used = TlsCertificate::from_files(certificate.clone(), key.clone()).unwrap();
    let bus = Bus::https(|_| used.clone(), trusting(&old.0)).await;
    assert_eq!(shown(&bus).await, fingerprint(&old.0));
    assert!(!used.reload_if_changed().unwrap());

    std::fs::write(&certificate, &new.0).unwrap();
    assert!(
        matches!(used.reload_if_changed(), Err(TlsError::Mismatch { .. })),
        "the key is still the old one"
    );
    assert_eq!(shown(&bus).await, fingerprint(&old.0), "the one in use stays");
    write(&new);
    // The bus itself looks every few seconds; whoever comes first has read it anew.
    used.reload_if_changed().unwrap();
    assert_eq!(shown(&bus).await, fingerprint(&new.0));
    assert_eq!(used.fingerprint(), fingerprint(&new.0));
}

#[test]
fn certificates_that_can_not_be_used_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let ((one, one_key), (_, other_key)) = (made("one"), made("other"));
    let locked = PKey::private_key_from_pem(&one_key).unwrap();
    let locked = locked
        .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"pass")
        .unwrap();
    let good = path("one.crt", &one);
    let of = |certificate: &std::path::Path, key: &std::path::Path| {
        TlsCertificate::from_files(certificate.to_owned(), key.to_owned())
            .err()
            .unwrap()
    };
    assert!(matches!(
        of(&good, &path("other.key", &other_key)),
        TlsError::Mismatch { .. }
    ));
    assert!(matches!(
        of(&good, &path("locked.key", &locked)),
        TlsError::NoKey { .. }
    ));
    assert!(matches!(
        of(&path("no.crt", b"nothing"), &path("one.key", &one_key)),
        TlsError::NoCertificate { .. }
    ));
    assert!(matches!(
        of(&folder.path().join("missing"), &good),
        TlsError::Read { .. }
    ));
}

#[tokio::test]
async fn plain_http_beyond_loopback_is_refused_unless_switched_on() {
    let bus = Bus::new().await;
    let door = || HttpListener::for_api(TcpListener::bind("0.0.0.0:0").unwrap(), None);
    let refused = serve_listeners(vec![door()], &bus.sics, std::future::ready(())).await;
    assert!(
        matches!(refused, Err(ServeError::PlainBeyondLoopback(_))),
        "{refused:?}"
    );
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sics = bus.sics.clone();
    let serving = tokio::spawn(async move {
        let doors = vec![HttpListener::for_api(listener, None).allow_plain_http(true)];
        serve_listeners(doors, &sics, async { _ = stopped.await }).await
    });
    let alive = client()
        .get(format!("http://127.0.0.1:{port}/healthz"))
        .send()
        .await
        .unwrap();
    assert_eq!(alive.status(), 200);
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn metrics_may_have_an_address_of_their_own_where_nothing_else_is() {
    let bus = Bus::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let sics = bus.sics.clone();
    let serving = tokio::spawn(async move {
        serve_listeners(vec![HttpListener::for_metrics(listener)], &sics, std::future::pending()).await
    });
    let metrics = client().get(format!("{base}/metrics")).send().await.unwrap();
    assert_eq!(metrics.status(), 200);
    let other = client()
        .get(format!("{base}/sics/v1/openapi.json"))
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 404);
    serving.abort();
}

#[tokio::test]
async fn e2_connections_are_bounded_and_their_places_given_back() {
    let limits = SicsLimits {
        connections: 4,
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let open = || bus.metrics.get(&metric::CONNECTIONS, &[]).unwrap_or_default();
    let (mut first, second) = (
        TcpStream::connect(bus.address).await.unwrap(),
        TcpStream::connect(bus.address).await.unwrap(),
    );
    until("two connections", || async { open() == 2.0 }).await;
    let third = TcpStream::connect(bus.address).await.unwrap();
    // Half of the places are for strangers: the oldest of them is closed without an answer.
    let mut byte = [0];
    assert!(matches!(first.read(&mut byte).await, Ok(0) | Err(_)));
    until("two connections", || async { open() == 2.0 }).await;
    drop((second, third));
    until("no connection", || async { open() == 0.0 }).await;
    status(bus.open_request(Method::GET, "/healthz"), 200).await;
}

#[tokio::test]
async fn a_caller_that_never_ends_its_head_is_cut_off() {
    let limits = SicsLimits {
        header_timeout: Duration::from_millis(50),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let mut slow = TcpStream::connect(bus.address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = within("it is cut off", slow.read_to_end(&mut rest)).await;
}

#[tokio::test]
async fn e2_a_reader_that_takes_nothing_is_cut_off() {
    let limits = SicsLimits {
        stall_timeout: Duration::from_millis(100),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    bus.server("cmdb").await;
    let long = "x".repeat(40_000);
    bus.shelf
        .full((0..600).map(|n| device(n, &format!("{n}{long}"))).collect())
        .await;
    let open = || bus.metrics.get(&metric::CONNECTIONS, &[]).unwrap_or_default();
    let before = open();
    let mut lazy = TcpStream::connect(bus.address).await.unwrap();
    let head = format!(
        "GET /sics/v1/servers/cmdb/changes?limit=5000 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        bus.acmp
    );
    lazy.write_all(head.as_bytes()).await.unwrap();
    let delivered = || bus.metrics.get(&metric::DELIVERED, &["cmdb"]).unwrap_or_default();
    until("the answer began", || async { delivered() > 0.0 }).await;
    until("it was cut off", || async { open() <= before }).await;
    assert_eq!(
        bus.changes("cmdb", "?limit=1").await["changes"][0]["kind"],
        "snapshotBegin",
        "others are served"
    );
    drop(lazy);
}

#[tokio::test]
async fn nothing_is_listened_to_after_the_end() {
    let bus = Bus::new().await;
    let url = bus.url("/healthz");
    status(bus.open_request(Method::GET, "/healthz"), 200).await;
    assert_eq!(
        problem(bus.open_request(Method::GET, "/sics/v1"), 401).await,
        "notSignedIn"
    );
    bus.stop().await;
    assert!(client().get(url).send().await.is_err());
}
