//! When what a target signs in with ends: a client certificate says it itself, and so does a token that is a JWT (the tokens
//! of Snipe-IT); of tokens of NetBox the other side says it; of the others it is known where somebody has typed the date. Pure.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveTime;
use openssl::sha::sha256;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::certificate_period::CertificatePeriod;
use super::pem;
use super::target_settings::{KindSettings, TargetSettings};
use crate::model::Timestamp;

/// Of the digest of a secret: enough to tell one from the next, and so little that it tells nothing of it.
const MARK_BYTES: usize = 4;

/// One of the things by which a target signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetProof {
    /// Password, secret or token.
    Secret,
    ClientCertificate,
}

impl TargetProof {
    /// As overviews name it.
    pub const fn name(self) -> &'static str {
        match self {
            TargetProof::Secret => "signIn",
            TargetProof::ClientCertificate => "clientCertificate",
        }
    }
}

impl TargetSettings {
    /// By which an answer about the end of the secret is known to be about this one. `None`: the other side is not asked for it.
    pub fn sign_in_mark(&self) -> Option<String> {
        let token = match &self.own {
            KindSettings::NetBox(own) => &own.token,
            KindSettings::Ocs(_)
            | KindSettings::SnipeIt(_)
            | KindSettings::PostgreSql(_)
            | KindSettings::File(_)
            | KindSettings::Glpi(_)
            | KindSettings::ServiceNow(_) => return None,
        };
        let digest = sha256(token.expose_secret().trim().as_bytes());
        Some(hex::encode(&digest[..MARK_BYTES]))
    }

    /// Of those of which it is known. `told`: what the other side says of the end of the secret.
    pub fn list_sign_in_ends(&self, told: Option<Timestamp>) -> Vec<(TargetProof, Timestamp)> {
        let certificate = self.client_identity.as_ref();
        let certificate_end = certificate.and_then(|(certificate, key)| find_certificate_end(certificate, key));
        let ends = [
            (TargetProof::Secret, self.find_secret_end(told)),
            (TargetProof::ClientCertificate, certificate_end),
        ];
        ends.into_iter()
            .filter_map(|(proof, end)| Some((proof, end?)))
            .collect()
    }

    /// What the token says of itself counts; else what the other side says; else the end of the day that somebody has typed.
    fn find_secret_end(&self, told: Option<Timestamp>) -> Option<Timestamp> {
        let token = match &self.own {
            KindSettings::SnipeIt(own) => Some(&own.token),
            KindSettings::Ocs(_)
            | KindSettings::PostgreSql(_)
            | KindSettings::File(_)
            | KindSettings::NetBox(_)
            | KindSettings::Glpi(_)
            | KindSettings::ServiceNow(_) => None,
        };
        let own = token.and_then(|token| read_token_end(token.expose_secret()));
        let typed = || {
            let last_second = NaiveTime::from_hms_opt(23, 59, 59)?;
            Some(self.sign_in_expires_on?.and_time(last_second).and_utc())
        };
        own.or(told).or_else(typed)
    }
}

/// Of the certificate that the key belongs to; its issuers are the business of whoever checks it.
fn find_certificate_end(certificate: &SecretString, key: &SecretString) -> Option<Timestamp> {
    let all = pem::read_certificates(certificate.expose_secret().as_bytes()).ok()?;
    let key = pem::read_private_key(key.expose_secret().as_bytes()).ok()?;
    let ordered = pem::order_by_key(all, &key)?;
    Some(CertificatePeriod::read(ordered.first()?)?.end)
}

/// What is read of a JWT; its signature is the business of the other side.
#[derive(Deserialize)]
struct TokenEndClaim {
    /// Seconds, with a fraction at some issuers.
    exp: f64,
}

/// `None`: it is no JWT, or has no end.
fn read_token_end(token: &str) -> Option<Timestamp> {
    let mut parts = token.trim().split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: TokenEndClaim = serde_json::from_slice(&claims).ok()?;
    // What no calendar has is no end.
    let is_time = claims.exp.is_finite() && claims.exp > 0.0;
    is_time
        .then_some(claims.exp as i64)
        .and_then(|seconds| Timestamp::from_timestamp(seconds, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TargetDraft;
    use crate::contract::TargetKind;
    use crate::model::{format_time, parse_time};

    fn jwt(claims: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", part(r#"{"typ":"JWT","alg":"RS256"}"#), part(claims))
    }

    fn settings(kind: TargetKind, pairs: &[(&str, &str)]) -> TargetSettings {
        let draft = TargetDraft::from_pairs(kind, pairs.iter().copied()).unwrap();
        draft.build_settings().unwrap()
    }

    fn secret_end(settings: &TargetSettings) -> Option<String> {
        let ends = settings.list_sign_in_ends(None);
        let secret = ends.iter().find(|(proof, _)| *proof == TargetProof::Secret);
        secret.map(|(_, end)| format_time(*end))
    }

    fn fixture(name: &str) -> String {
        let path = format!("{}/tests/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_token_says_its_end_itself_and_of_others_the_typed_day_counts_to_its_end() {
        let url = ("url", "https://assets.example");
        let typed = ("sign_in_expires_on", "2027-03-31");
        let whole = jwt(r#"{"exp":1798761600}"#);
        let fraction = jwt(r#"{"aud":"1","exp":1798761600.123456,"sub":"7"}"#);
        for token in [whole.as_str(), fraction.as_str()] {
            let told = settings(TargetKind::SnipeIt, &[url, ("token", token), typed]);
            assert_eq!(secret_end(&told).as_deref(), Some("2027-01-01T00:00:00Z"), "{token}");
        }
        let endless = jwt(r#"{"aud":"1"}"#);
        let absurd = jwt(r#"{"exp":1e300}"#);
        for token in [endless.as_str(), absurd.as_str(), "plain", "a.b.c"] {
            let silent = settings(TargetKind::SnipeIt, &[url, ("token", token)]);
            assert_eq!(secret_end(&silent), None, "{token}");
            let dated = settings(TargetKind::SnipeIt, &[url, ("token", token), typed]);
            assert_eq!(secret_end(&dated).as_deref(), Some("2027-03-31T23:59:59Z"), "{token}");
        }
    }

    #[test]
    fn every_kind_that_signs_in_takes_a_day() {
        let url = ("url", "https://inventory.example");
        let typed = ("sign_in_expires_on", "2027-03-31");
        let user = [("user", "intune"), ("password", "canary")];
        let pairs = |kind: TargetKind| -> Option<Vec<(&str, &str)>> {
            Some(match kind {
                TargetKind::Ocs | TargetKind::ServiceNow => vec![url, user[0], user[1]],
                TargetKind::SnipeIt | TargetKind::NetBox => vec![url, ("token", "canary")],
                TargetKind::PostgreSql => vec![("host", "db.example"), ("database", "assets"), user[0], user[1]],
                TargetKind::Glpi => vec![url],
                TargetKind::File => return None,
            })
        };
        for kind in TargetKind::ALL.iter().copied() {
            let Some(mut pairs) = pairs(kind) else { continue };
            assert_eq!(secret_end(&settings(kind, &pairs)), None, "{kind:?}");
            pairs.push(typed);
            let told = secret_end(&settings(kind, &pairs));
            assert_eq!(told.as_deref(), Some("2027-03-31T23:59:59Z"), "{kind:?}");
        }
    }

    #[test]
    fn what_the_other_side_says_of_a_token_goes_before_the_typed_day_and_is_of_that_token_alone() {
        let url = ("url", "https://netbox.example");
        let typed = ("sign_in_expires_on", "2027-03-31");
        let told = parse_time("2027-01-01T00:00:00Z");
        let dated = settings(TargetKind::NetBox, &[url, ("token", "canary"), typed]);
        assert_eq!(dated.list_sign_in_ends(told), [(TargetProof::Secret, told.unwrap())]);
        assert_eq!(secret_end(&dated).as_deref(), Some("2027-03-31T23:59:59Z"));
        let mark = |token: &str| settings(TargetKind::NetBox, &[url, ("token", token)]).sign_in_mark();
        let own = mark("canary").unwrap();
        assert_eq!((own.len(), mark("canary")), (8, Some(own.clone())));
        assert_ne!(mark("other"), Some(own));
        let snipe = settings(TargetKind::SnipeIt, &[url, ("token", "canary")]);
        assert_eq!(snipe.sign_in_mark(), None, "nobody there is asked");
    }

    #[test]
    fn a_client_certificate_says_its_end_itself() {
        let (certificate, key) = (fixture("cert.pem"), fixture("key.pem"));
        let pairs = [
            ("url", "https://netbox.example"),
            ("token", "canary"),
            ("client_cert", certificate.as_str()),
            ("client_key", key.as_str()),
        ];
        let ends = settings(TargetKind::NetBox, &pairs).list_sign_in_ends(None);
        let [(TargetProof::ClientCertificate, end)] = ends[..] else {
            panic!("{ends:?}")
        };
        let read = pem::read_certificates(certificate.as_bytes()).unwrap();
        let period = CertificatePeriod::read(&read[0]).unwrap();
        assert_eq!(end, period.end);
        assert!(end > parse_time("2026-01-01T00:00:00Z").unwrap(), "{end}");
    }
}
