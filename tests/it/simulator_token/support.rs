//! A started simulator with clients that trust it, and assertions signed by hand.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::X509;
use serde_json::{Value, json};
use simulated_tenant::directory::{App, Certificate};
use simulated_tenant::{Directory, Options, Running, SimClock, Tls, start};

pub const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/certs/cert.pem");
pub const KEY: &[u8] = include_bytes!("../../fixtures/certs/key.pem");
pub const EXPIRED_CERTIFICATE: &[u8] = include_bytes!("../../fixtures/certs/expired-cert.pem");
pub const OTHER_KEY: &[u8] = include_bytes!("../../fixtures/certs/next-key.pem");
pub const ISSUER_KEY: &[u8] = include_bytes!("../../fixtures/certs/issuer-key.pem");
pub const ISSUER_PUBLIC: &[u8] = include_bytes!("../../fixtures/certs/issuer-public.pem");

pub const TENANT: &str = "11111111-2222-4333-8444-555555555555";
pub const APP: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
pub const ROLE: &str = "DeviceManagementManagedDevices.Read.All";
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The moment at which every test of this room stands still.
pub fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub struct Bench {
    pub running: Running,
    pub clock: SimClock,
    pub directory: Directory,
    pub http: reqwest::Client,
}

pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> u64 {
        self.body["error_codes"][0].as_u64().unwrap_or_default()
    }

    pub fn token(&self) -> &str {
        self.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token: {} {}", self.status, self.body))
    }

    #[track_caller]
    pub fn is_refused(&self, status: u16, code: u64) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }
}

impl Bench {
    /// One tenant with one app: a secret, the fixture's certificate, one role.
    pub async fn new() -> Bench {
        Bench::with(Options::quick(0, 7)).await
    }

    pub async fn with(mut options: Options) -> Bench {
        let clock = SimClock::manual(noon());
        let directory = Directory::new().unwrap();
        directory.add_tenant(TENANT, &["fixture.onmicrosoft.com"]);
        directory.add_app(TENANT, app());
        options.tls = Tls::Temporary;
        options.clock = clock.clone();
        options.directory = Some(directory.clone());
        let running = start(options).await.unwrap();
        let http = trusting(running.ca.as_deref()).build().unwrap();
        Bench {
            running,
            clock,
            directory,
            http,
        }
    }

    pub fn token_url(&self) -> String {
        format!("{}/{TENANT}/oauth2/v2.0/token", self.running.base)
    }

    pub async fn ask(&self, form: &[(&str, &str)]) -> Answer {
        self.ask_at(&self.token_url(), form).await
    }

    pub async fn ask_at(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        read(self.http.post(url).form(form).send().await.unwrap()).await
    }

    pub async fn with_assertion(&self, assertion: &str) -> Answer {
        self.with_assertion_for("https://graph.microsoft.com/.default", assertion)
            .await
    }

    pub async fn with_assertion_for(&self, scope: &str, assertion: &str) -> Answer {
        self.ask(&[
            ("grant_type", "client_credentials"),
            ("client_id", APP),
            ("scope", scope),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ])
        .await
    }

    pub async fn with_secret(&self, secret: &str) -> Answer {
        self.ask(&secret_form(secret)).await
    }
}

pub fn secret_form(secret: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_secret", secret),
    ]
}

pub fn app() -> App {
    App::new(APP)
        .with_roles(&[ROLE])
        .with_secret("s3cret~value", None)
        .with_certificate(Certificate::read(CERTIFICATE).unwrap())
}

pub async fn read(answer: reqwest::Response) -> Answer {
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let body = answer.bytes().await.unwrap();
    Answer {
        status,
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    }
}

/// A client that trusts this CA and nothing about the environment's proxies.
pub fn trusting(ca: Option<&std::path::Path>) -> reqwest::ClientBuilder {
    let pem = std::fs::read(ca.unwrap()).unwrap();
    let ca = reqwest::Certificate::from_pem(&pem).unwrap();
    reqwest::Client::builder().no_proxy().add_root_certificate(ca)
}

/// The claims of an access token.
pub fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// An assertion in the making: right in every way until a test spoils it.
pub struct Draft {
    pub header: Value,
    pub claims: Value,
    key: PKey<Private>,
}

impl Draft {
    /// PS256 with `x5t#S256`: what Entra's documentation asks for.
    pub fn ps256(audience: &str) -> Draft {
        Draft::new(
            "PS256",
            "x5t#S256",
            &URL_SAFE_NO_PAD.encode(thumbprint(MessageDigest::sha256())),
            audience,
        )
    }

    /// RS256 with `x5t`: what most libraries send.
    pub fn rs256(audience: &str) -> Draft {
        Draft::new(
            "RS256",
            "x5t",
            &URL_SAFE_NO_PAD.encode(thumbprint(MessageDigest::sha1())),
            audience,
        )
    }

    fn new(algorithm: &str, name: &str, thumbprint: &str, audience: &str) -> Draft {
        let now_s = noon().timestamp();
        Draft {
            header: json!({"typ": "JWT", "alg": algorithm, name: thumbprint}),
            claims: json!({
                "iss": APP, "sub": APP, "aud": audience, "jti": uuid::Uuid::new_v4().to_string(),
                "nbf": now_s, "exp": now_s + 300,
            }),
            key: PKey::private_key_from_pem(KEY).unwrap(),
        }
    }

    /// What a foreign identity provider issues to a workload.
    pub fn federated(issuer: &str, subject: &str, audience: &str) -> Draft {
        let now_s = noon().timestamp();
        Draft {
            header: json!({"typ": "JWT", "alg": "RS256", "kid": "k1"}),
            claims: json!({"iss": issuer, "sub": subject, "aud": [audience], "iat": now_s, "exp": now_s + 3600}),
            key: PKey::private_key_from_pem(ISSUER_KEY).unwrap(),
        }
    }

    pub fn header(mut self, name: &str, value: Value) -> Draft {
        self.header[name] = value;
        self
    }

    pub fn claim(mut self, name: &str, value: Value) -> Draft {
        self.claims[name] = value;
        self
    }

    pub fn key(mut self, pem: &[u8]) -> Draft {
        self.key = PKey::private_key_from_pem(pem).unwrap();
        self
    }

    pub fn signed(&self) -> String {
        self.signed_with(&URL_SAFE_NO_PAD)
    }

    /// Each part with its `=`.
    pub fn signed_and_padded(&self) -> String {
        self.signed_with(&URL_SAFE)
    }

    fn signed_with(&self, base64: &impl Engine) -> String {
        let part = |value: &Value| base64.encode(value.to_string());
        let text = format!("{}.{}", part(&self.header), part(&self.claims));
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        if self.header["alg"] == "PS256" {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_mgf1_md(MessageDigest::sha256()).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        }
        let signature = signer.sign_oneshot_to_vec(text.as_bytes()).unwrap();
        format!("{text}.{}", base64.encode(signature))
    }
}

pub fn thumbprint(digest: MessageDigest) -> Vec<u8> {
    X509::from_pem(CERTIFICATE).unwrap().digest(digest).unwrap().to_vec()
}

pub fn padded(bytes: &[u8]) -> String {
    URL_SAFE.encode(bytes)
}

pub fn standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
