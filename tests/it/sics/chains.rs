//! The certificate of the bus's own port, as people have it: chains in every order, and forms that are not PEM (ST-9).

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use intune_connector::sics::{TlsCertificate, TlsError};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use reqwest::Method;
use serde_json::json;

use super::bus::{Bus, status};
use super::ports::trusting;

struct Signed {
    certificate: X509,
    key: PKey<Private>,
}

/// One that `by` signed, or itself.
fn signed(name: &str, number: u32, by: Option<&Signed>, is_authority: bool) -> Signed {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(number).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    let issuer = by.map_or(&*subject, |by| by.certificate.subject_name());
    builder.set_issuer_name(issuer).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    if is_authority {
        let constraints = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(constraints).unwrap();
    } else {
        let context = builder.x509v3_context(None, None);
        let names = SubjectAlternativeName::new().ip("127.0.0.1").build(&context).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder
        .sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256())
        .unwrap();
    Signed {
        certificate: builder.build(),
        key,
    }
}

/// Root, the one between, and that of the port.
fn chain() -> [Signed; 3] {
    let root = signed("root", 1, None, true);
    let between = signed("between", 2, Some(&root), true);
    let own = signed("bus", 3, Some(&between), false);
    [root, between, own]
}

struct Files {
    _folder: tempfile::TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

fn files(certificate: &[u8], key: &PKey<Private>) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let files = Files {
        certificate: folder.path().join("bus.crt"),
        key: folder.path().join("bus.key"),
        _folder: folder,
    };
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    files
}

#[tokio::test]
async fn st_9_the_port_shows_its_own_certificate_and_the_chain_in_whatever_order_they_stand() {
    let [root, between, own] = chain();
    let pem = |one: &Signed| one.certificate.to_pem().unwrap();
    let all = [pem(&root), pem(&between), pem(&own)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let text = order.map(|at| all[at].clone()).concat();
        let files = files(&text, &own.key);
        let used = TlsCertificate::from_files(files.certificate.clone(), files.key.clone()).unwrap();
        let digest = own.certificate.digest(MessageDigest::sha256()).unwrap();
        assert_eq!(
            used.fingerprint().replace(':', ""),
            hex::encode_upper(digest),
            "{order:?}"
        );
        // Who trusts the root alone has to be shown the one between.
        let bus = Bus::https(|_| used.clone(), trusting(&all[0])).await;
        assert_eq!(
            status(bus.open_request(Method::GET, "/healthz"), 200).await,
            json!({"alive": true}),
            "{order:?}"
        );
        bus.stop().await;
    }
}

/// Length of the head of a DER value, and of what it holds.
fn head(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        long => {
            let bytes = usize::from(long & 0x7f);
            let length = der[2..2 + bytes]
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (2 + bytes, length)
        }
    }
}

/// The same file without what comes behind the version and the contents.
fn without_mac(pfx: &[u8]) -> Vec<u8> {
    const VERSION: usize = 3;
    let inner = &pfx[head(pfx).0..];
    let (begin, length) = head(&inner[VERSION..]);
    let kept = &inner[..VERSION + begin + length];
    let length = u16::try_from(kept.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82], length.as_slice(), kept].concat()
}

#[test]
fn st_9_what_is_no_pem_is_named_with_a_command_that_takes_it_apart() {
    let [_, _, own] = chain();
    let mut pfx = Pkcs12::builder();
    pfx.name("bus").pkey(&own.key).cert(&own.certificate);
    let with_mac = pfx.build2("password").unwrap().to_der().unwrap();
    let der = own.certificate.to_der().unwrap();
    let cases = [
        (
            with_mac.clone(),
            "it is a PFX file (PKCS#12)",
            "openssl pkcs12 -in FILE -nomacver",
        ),
        (
            without_mac(&with_mac),
            "it is a PFX file (PKCS#12)",
            "openssl pkcs12 -in FILE -nomacver",
        ),
        (
            STANDARD.encode(&with_mac).into_bytes(),
            "it is a PFX file (PKCS#12) as base64 text",
            "base64 -d FILE | openssl pkcs12 -nomacver",
        ),
        (
            STANDARD.encode(&der).into_bytes(),
            "it is base64 text without BEGIN and END lines",
            "base64 -d FILE | openssl x509 -inform der",
        ),
        (der.clone(), "it is in binary form (DER)", "openssl x509 -inform der"),
    ];
    for (bytes, what, cure) in cases {
        let files = files(&bytes, &own.key);
        let refused = TlsCertificate::from_files(files.certificate.clone(), files.key.clone());
        let error = refused.err().unwrap();
        assert!(matches!(error, TlsError::NoCertificate { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(what) && text.contains(cure), "{what}: {text}");
    }
}
