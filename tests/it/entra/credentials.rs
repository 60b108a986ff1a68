//! Secret, PFX, PEM and token file: what is sent, and what is found out before anything is sent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use intune_connector::config::{Credential, CredentialKind, SigningAlgorithm};
use intune_connector::entra::{ExpiryLevel, credential_expiry};
use intune_connector::model::parse_time;
use intune_connector::observe::Clock;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::X509;
use secrecy::{SecretSlice, SecretString};
use serde_json::Value;

use super::{PFX_PASSWORD, ask, fixture, fixture_text, form, granting, noon, pem, source};

fn pfx(name: &str, password: &str) -> CredentialKind {
    CredentialKind::Pfx {
        bytes: SecretSlice::from(fixture(name)),
        password: SecretString::from(password),
    }
}

fn part(jwt: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

/// Whether the signature is that of the certificate.
fn is_signed(jwt: &str, pss: bool) -> bool {
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let key = X509::from_pem(&fixture("cert.pem")).unwrap().public_key().unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    if pss {
        verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
    }
    verifier
        .verify_oneshot(&URL_SAFE_NO_PAD.decode(signature).unwrap(), signed.as_bytes())
        .unwrap()
}

async fn assertion(algorithm: SigningAlgorithm) -> (String, String) {
    let server = granting().await;
    let mut settings = server.settings(&[]);
    settings.credential.kind = pem("cert.pem", "key.pem");
    settings.credential.algorithm = algorithm;
    source(&settings, &Clock::manual(noon())).obtain_token().await.unwrap();
    let heard = server.heard().remove(0);
    assert_eq!(form(&heard, "client_secret"), None);
    let kind = form(&heard, "client_assertion_type").unwrap();
    assert_eq!(kind, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let audience = format!("{}/{}/oauth2/v2.0/token", server.base(), settings.tenant_id);
    (form(&heard, "client_assertion").unwrap(), audience)
}

#[tokio::test]
async fn an_assertion_is_ps256_with_the_sha256_thumbprint() {
    let (jwt, audience) = assertion(SigningAlgorithm::Ps256).await;
    let header = part(&jwt, 0);
    assert_eq!(
        (header["alg"].as_str(), header["typ"].as_str()),
        (Some("PS256"), Some("JWT"))
    );
    let digest = X509::from_pem(&fixture("cert.pem"))
        .unwrap()
        .digest(MessageDigest::sha256())
        .unwrap();
    assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(digest));
    let claims = part(&jwt, 1);
    let client = "c11e0000-0000-4000-8000-000000000001";
    assert_eq!(
        (claims["iss"].as_str(), claims["sub"].as_str()),
        (Some(client), Some(client))
    );
    assert_eq!(claims["aud"], audience);
    assert_eq!(claims["nbf"], noon().timestamp());
    assert_eq!(claims["exp"], noon().timestamp() + 300);
    assert!(claims["jti"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
    assert!(is_signed(&jwt, true) && !is_signed(&jwt, false));
}

#[tokio::test]
async fn by_setting_it_is_rs256_with_the_sha1_thumbprint() {
    let (jwt, _) = assertion(SigningAlgorithm::Rs256).await;
    let header = part(&jwt, 0);
    assert_eq!(header["alg"], "RS256");
    assert!(header.get("x5t#S256").is_none());
    let digest = X509::from_pem(&fixture("cert.pem"))
        .unwrap()
        .digest(MessageDigest::sha1())
        .unwrap();
    assert_eq!(header["x5t"], URL_SAFE_NO_PAD.encode(digest));
    assert!(is_signed(&jwt, false) && !is_signed(&jwt, true));
}

#[tokio::test]
async fn no_assertion_is_used_twice() {
    let server = granting().await;
    let mut settings = server.settings(&[]);
    settings.credential.kind = pem("cert.pem", "key.pem");
    let source = source(&settings, &Clock::manual(noon()));
    source.prove_credential().await.unwrap();
    source.prove_credential().await.unwrap();
    let ids: Vec<Value> = server
        .heard()
        .iter()
        .map(|heard| part(&form(heard, "client_assertion").unwrap(), 1)["jti"].clone())
        .collect();
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn pfx_files_of_today_and_of_twenty_years_ago_open() {
    for (file, password) in [
        ("aes256.pfx", PFX_PASSWORD),
        ("tripledes.pfx", PFX_PASSWORD),
        ("rc2-40.pfx", PFX_PASSWORD),
        ("nopassword.pfx", ""),
    ] {
        let server = granting().await;
        ask(&server, pfx(file, password))
            .await
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(
            is_signed(&form(&server.heard()[0], "client_assertion").unwrap(), true),
            "{file}"
        );
    }
    // The legacy provider is loaded by now; everything else goes on working.
    let server = granting().await;
    ask(&server, pem("cert.pem", "key.pem")).await.unwrap();
}

#[tokio::test]
async fn a_credential_that_can_not_work_is_found_out_before_anything_is_sent() {
    let key = |text: String| SecretString::from(text);
    let ec = openssl::ec::EcKey::generate(
        &openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap(),
    );
    let ec = openssl::pkey::PKey::from_ec_key(ec.unwrap())
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    let missing = std::path::PathBuf::from("/nonexistent/token");
    let cases = [
        (CredentialKind::Secret(key(String::new())), "secretEmpty"),
        (pfx("aes256.pfx", "wrong"), "pfxPassword"),
        (pfx("tripledes.pfx", "wrong"), "pfxPassword"),
        (pfx("rc2-40.pfx", "wrong"), "pfxPassword"),
        (pfx("cert.pem", PFX_PASSWORD), "pfxUnreadable"),
        (pem("cert.pem", "next-key.pem"), "keyDoesNotFit"),
        (pem("key.pem", "key.pem"), "certificateUnreadable"),
        (pem("cert.pem", "cert.pem"), "keyUnreadable"),
        (
            CredentialKind::Pem {
                certificate: fixture_text("cert.pem"),
                key: key(String::from_utf8(ec).unwrap()),
            },
            "keyNotRsa",
        ),
        (CredentialKind::TokenFile(missing), "tokenFile"),
    ];
    let server = granting().await;
    for (kind, code) in cases {
        let error = ask(&server, kind).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.advice().len() > 10 && !error.is_transient());
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_token_file_is_read_anew_for_each_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let server = granting().await;
    let mut settings = server.settings(&[]);
    settings.credential.kind = CredentialKind::TokenFile(file.clone());
    let source = source(&settings, &Clock::manual(noon()));
    for text in ["first.of.all", "second.of.all"] {
        std::fs::write(&file, format!("{text}\n")).unwrap();
        source.prove_credential().await.unwrap();
        assert_eq!(
            form(server.heard().last().unwrap(), "client_assertion").as_deref(),
            Some(text)
        );
    }
    for strange in [String::new(), "x".repeat(100_000)] {
        std::fs::write(&file, strange).unwrap();
        assert_eq!(source.prove_credential().await.unwrap_err().code(), "tokenFile");
    }
}

#[test]
fn the_end_is_announced_30_7_and_1_days_ahead() {
    let server_less = crate::support::scripted::settings("http://127.0.0.1:1", &[]);
    let on = chrono::NaiveDate::from_ymd_opt(2026, 12, 31);
    let secret = Credential {
        expires_on: on,
        ..server_less.credential.clone()
    };
    let at = |text: &str| {
        credential_expiry(&secret, parse_time(text).unwrap()).map(|expiry| (expiry.days_left, expiry.level))
    };
    assert_eq!(at("2026-11-30T00:00:00Z"), Some((31, ExpiryLevel::Far)));
    assert_eq!(at("2026-12-01T23:00:00Z"), Some((30, ExpiryLevel::Month)));
    assert_eq!(at("2026-12-24T00:00:00Z"), Some((7, ExpiryLevel::Week)));
    assert_eq!(at("2026-12-30T12:00:00Z"), Some((1, ExpiryLevel::Day)));
    assert_eq!(at("2026-12-31T12:00:00Z"), Some((0, ExpiryLevel::Day)));
    assert_eq!(at("2027-01-01T00:00:00Z"), Some((-1, ExpiryLevel::Expired)));
    assert_eq!(
        credential_expiry(
            &Credential {
                expires_on: None,
                ..secret.clone()
            },
            noon()
        ),
        None
    );

    let certificate = Credential {
        kind: pem("cert.pem", "key.pem"),
        ..secret.clone()
    };
    let said = credential_expiry(&certificate, noon()).unwrap();
    assert!(
        said.days_left > 30_000 && said.level == ExpiryLevel::Far,
        "by the certificate, not by the settings: {said:?}"
    );
    let expired = Credential {
        kind: pem("expired-cert.pem", "key.pem"),
        ..secret
    };
    assert_eq!(credential_expiry(&expired, noon()).unwrap().level, ExpiryLevel::Expired);
}
