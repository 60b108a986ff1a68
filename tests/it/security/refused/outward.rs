//! What leaves the bus, and what it is encrypted by.

use std::pin::Pin;

use intune_connector::sics::TlsCertificate;
use intune_connector::store::AuditEntry;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode, SslVersion};
use tokio::net::TcpStream;

use crate::sics::bus::{Bus, client};
use crate::sics::ports::made;
use crate::support::shelf::Shelf;

/// Whether a handshake with these habits is agreed to; the version and cipher that were.
async fn agreed(bus: &Bus, habits: impl FnOnce(&mut SslConnectorBuilder)) -> Option<(String, String)> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    // The library itself would refuse most of it.
    builder.set_security_level(0);
    habits(&mut builder);
    let ssl = builder
        .build()
        .configure()
        .unwrap()
        .verify_hostname(false)
        .into_ssl("x")
        .unwrap();
    let tcp = TcpStream::connect(bus.address).await.unwrap();
    let mut stream = tokio_openssl::SslStream::new(ssl, tcp).unwrap();
    Pin::new(&mut stream).connect().await.ok()?;
    let cipher = stream.ssl().current_cipher().unwrap().name().to_owned();
    Some((stream.ssl().version_str().to_owned(), cipher))
}

#[tokio::test]
async fn no_old_version_and_no_weak_cipher_of_tls_is_agreed_to() {
    // Of both kinds: a self-made one has a key on a curve, others often one of RSA.
    let own = |shelf: &Shelf| TlsCertificate::self_signed(shelf.folder.path(), &[]).unwrap();
    refuses_what_is_weak(&Bus::https(own, client()).await).await;
    let rsa = |shelf: &Shelf| {
        let (certificate, key) = made("bus");
        let (first, second) = (shelf.folder.path().join("bus.crt"), shelf.folder.path().join("bus.key"));
        std::fs::write(&first, certificate).unwrap();
        std::fs::write(&second, key).unwrap();
        TlsCertificate::from_files(first, second).unwrap()
    };
    refuses_what_is_weak(&Bus::https(rsa, client()).await).await;
}

async fn refuses_what_is_weak(bus: &Bus) {
    for version in [SslVersion::SSL3, SslVersion::TLS1, SslVersion::TLS1_1] {
        let found = agreed(bus, |builder| {
            let _ = builder.set_min_proto_version(None);
            let _ = builder.set_max_proto_version(Some(version));
            let _ = builder.set_cipher_list("ALL:COMPLEMENTOFALL:@SECLEVEL=0");
        });
        assert_eq!(found.await, None, "{version:?}");
    }
    for weak in [
        "NULL",
        "aNULL",
        "eNULL",
        "AES128-SHA",
        "AES256-SHA",
        "AES128-SHA256",
        "ECDHE-RSA-AES128-SHA",
        "CAMELLIA128-SHA",
        "PSK",
        "kRSA",
    ] {
        let mut known = true;
        let found = agreed(bus, |builder| {
            let _ = builder.set_max_proto_version(Some(SslVersion::TLS1_2));
            known = builder.set_cipher_list(&format!("{weak}:@SECLEVEL=0")).is_ok();
        });
        let found = found.await;
        assert!(found.is_none() || !known, "{weak}: {found:?}");
    }
    for (version, name) in [(SslVersion::TLS1_2, "TLSv1.2"), (SslVersion::TLS1_3, "TLSv1.3")] {
        let found = agreed(bus, |builder| {
            let _ = builder.set_max_proto_version(Some(version));
        });
        let (agreed, cipher) = found.await.unwrap();
        assert_eq!(agreed, name);
        assert!(cipher.contains("GCM") || cipher.contains("CHACHA20"), "{cipher}");
    }
}

/// Beside the entry that was changed and the one that was dropped (`e5_…`): at the start, in another order, the last.
#[tokio::test]
async fn a_trail_that_was_cut_at_its_start_swapped_or_changed_at_its_end_is_found() {
    let shelf = Shelf::new().await;
    for n in 0..5 {
        let entry = AuditEntry {
            actor: "alice".into(),
            action: "server.accepted",
            subject: format!("server-{n}"),
            detail: serde_json::json!({"n": n}),
        };
        shelf.store.record_audit_entry(entry).await.unwrap();
    }
    let raw = rusqlite::Connection::open(shelf.folder.path().join("bus.db")).unwrap();
    let broken = async |change: &str| {
        raw.execute_batch("CREATE TABLE kept AS SELECT * FROM audit").unwrap();
        raw.execute_batch(change).unwrap();
        let found = shelf.store.verify_audit_trail(Vec::new()).await.unwrap().broken_at;
        raw.execute_batch("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept")
            .unwrap();
        assert_eq!(
            shelf.store.verify_audit_trail(Vec::new()).await.unwrap().broken_at,
            None,
            "as it was: {change}"
        );
        found
    };
    for change in [
        "DELETE FROM audit WHERE id = 1",
        "UPDATE audit SET detail = '{}' WHERE id = 5",
        "UPDATE audit SET actor = 'mallory' WHERE id = 5",
        "UPDATE audit SET at = at + 1 WHERE id = 3",
        "UPDATE audit SET id = 99 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 99",
    ] {
        assert!(broken(change).await.is_some(), "{change}");
    }
}
