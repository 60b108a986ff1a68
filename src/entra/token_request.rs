//! One request to the token endpoint: what is sent, and what the answer means. Tries once; who waits and tries again
//! is [`super::identity`].

use openssl::sha::Sha256;
use reqwest::header::{DATE, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use super::access_token::AccessToken;
use super::assertion;
use super::authority::Authority;
use super::credential::{CredentialProof, LoadedCredential, read_token_file};
use super::error::{EntraError, SignInRefusal};
use super::password_user::{self, PasswordUser};
use crate::config::NetworkSettings;
use crate::model::Timestamp;
use crate::net::secret_text::quote_without_secrets;
use crate::net::{ConnectionError, dial};
use crate::refusal::parse_retry_after;

/// A token answer has a few KiB.
const MAX_ANSWER_BYTES: usize = 256 << 10;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Deserialize)]
struct TokenResponse {
    #[serde(deserialize_with = "deserialize_secret")]
    access_token: SecretString,
    #[serde(default)]
    expires_in: LenientSeconds,
}

fn deserialize_secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// A number, or (by older authorities) a number in quotes.
#[derive(Default)]
struct LenientSeconds(u64);

impl<'de> Deserialize<'de> for LenientSeconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let number = value
            .as_u64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        Ok(LenientSeconds(number.unwrap_or_default()))
    }
}

#[derive(Deserialize)]
struct TokenErrorResponse {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// Asks for a token. Whatever comes back, no error repeats what was sent.
pub(crate) async fn request_token(
    http: &reqwest::Client,
    network: &NetworkSettings,
    authority: &Authority,
    loaded: &LoadedCredential,
    now: Timestamp,
) -> Result<AccessToken, EntraError> {
    let url = authority.token_url();
    let host = authority.login_host();
    let proof = build_proof(loaded, &url, now)?;
    let scope = match &loaded.password_user {
        None => authority.default_scope(),
        Some(_) => password_user::device_read_scope(authority),
    };
    let mut form = vec![("client_id", loaded.client_id.as_str()), ("scope", scope.as_str())];
    match &loaded.password_user {
        None => form.push(("grant_type", "client_credentials")),
        Some(password_user) => form.extend(password_user.form_fields()),
    }
    match &loaded.proof {
        CredentialProof::Secret(_) => form.push(("client_secret", proof.expose_secret())),
        CredentialProof::Certificate(_) | CredentialProof::TokenFile(_) => {
            form.push(("client_assertion_type", JWT_BEARER));
            form.push(("client_assertion", proof.expose_secret()));
        }
    }
    let id = Uuid::new_v4();
    let sent = http
        .post(&url)
        .header("client-request-id", id.to_string())
        .form(&form)
        .send()
        .await;
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => {
            return Err(
                dial::explain_failure(ConnectionError::from_reqwest(&error, &host), network, &url)
                    .await
                    .into(),
            );
        }
    };
    if answer.status().as_u16() == 407 {
        return Err(ConnectionError::from_status_407(&host, answer.headers()).into());
    }
    let status = answer.status().as_u16();
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok())
    };
    let date = header(DATE).and_then(|text| httpdate::parse_http_date(text).ok());
    let retry_after_s = parse_retry_after(header(RETRY_AFTER), date.unwrap_or_else(|| now.into()))
        .map(|wait| wait.as_secs_f64().ceil() as u64);
    let clock_ahead_s = date.map(|date| (now - Timestamp::from(date)).num_seconds());
    let body = read_body(answer, &host).await?;
    if status == 200 {
        return parse_token(&body, &host, now);
    }
    let mut secrets = vec![&proof];
    secrets.extend(loaded.password_user.iter().flat_map(PasswordUser::secret_texts));
    let certificate = match &loaded.proof {
        CredentialProof::Certificate(certified) => Some(certified.describe_use(now)),
        CredentialProof::Secret(_) | CredentialProof::TokenFile(_) => None,
    };
    let known = SignInRefusal {
        status,
        retry_after_s,
        clock_ahead_s,
        certificate,
        ..SignInRefusal::default()
    };
    Err(parse_refusal(&body, &host, known, &secrets))
}

/// What proves who we are in this one request.
fn build_proof(loaded: &LoadedCredential, audience: &str, now: Timestamp) -> Result<SecretString, EntraError> {
    Ok(match &loaded.proof {
        CredentialProof::Secret(secret) => secret.clone(),
        CredentialProof::Certificate(certified) => assertion::sign_assertion(
            certified,
            loaded.algorithm,
            &loaded.client_id,
            audience,
            now,
            Uuid::new_v4(),
        )?,
        CredentialProof::TokenFile(file) => read_token_file(file)?,
    })
}

async fn read_body(mut answer: reqwest::Response, host: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, EntraError> {
    let status = answer.status().as_u16();
    let mut body = zeroize::Zeroizing::new(Vec::with_capacity(8 << 10));
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| ConnectionError::from_reqwest(&error, host))?
    {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            let what = "the response is too large".to_owned();
            return Err(EntraError::NotATokenEndpoint {
                host: host.to_owned(),
                status,
                what,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse_token(body: &[u8], host: &str, now: Timestamp) -> Result<AccessToken, EntraError> {
    let strange = |what: &str| EntraError::NotATokenEndpoint {
        host: host.to_owned(),
        status: 200,
        what: what.to_owned(),
    };
    let granted: TokenResponse = serde_json::from_slice(body).map_err(|_| strange("a response without a token"))?;
    // What goes into a header must be visible ASCII; anything else is no token.
    let text = granted.access_token.expose_secret();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(strange("an invalid token"));
    }
    if granted.expires_in.0 == 0 {
        return Err(strange("a token that has already expired"));
    }
    Ok(AccessToken::new(granted.access_token, granted.expires_in.0, now))
}

/// `known`: what the head of the answer and the request tell.
fn parse_refusal(body: &[u8], host: &str, known: SignInRefusal, secrets: &[&SecretString]) -> EntraError {
    let host = host.to_owned();
    let safe = |text: &str| quote_without_secrets(text, secrets);
    let refusal = match serde_json::from_slice::<TokenErrorResponse>(body) {
        Ok(said) => SignInRefusal {
            error: safe(&said.error),
            codes: said.error_codes,
            description: safe(&said.error_description),
            trace_id: said.trace_id.as_deref().map(safe),
            correlation_id: said.correlation_id.as_deref().map(safe),
            ..known
        },
        Err(_) if known.status == 429 || known.status >= 500 => SignInRefusal {
            error: "the response is not JSON".to_owned(),
            ..known
        },
        Err(_) => {
            let what = format!("{} bytes that are not the expected JSON", body.len());
            let status = known.status;
            return EntraError::NotATokenEndpoint { host, status, what };
        }
    };
    let refusal = Box::new(refusal);
    EntraError::Refused { host, refusal }
}

/// Names an identity without telling anything about its secret. The way out belongs to it: settings with another proxy
/// must not be answered out of the cache of those before.
pub(crate) fn identity_key(authority: &Authority, loaded: &LoadedCredential, network: &NetworkSettings) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |text: &[u8]| {
        hash.update(&text.len().to_le_bytes());
        hash.update(text);
    };
    for text in [&authority.token_url(), &authority.default_scope(), &loaded.client_id] {
        add(text.as_bytes());
    }
    add(&loaded.digest);
    add(format!("{:?}", loaded.algorithm).as_bytes());
    add(network.proxy.as_ref().map_or("", |proxy| proxy.as_str()).as_bytes());
    add(network.proxy_user.as_deref().unwrap_or_default().as_bytes());
    add(network
        .proxy_password
        .as_ref()
        .map_or("", |password| password.expose_secret())
        .as_bytes());
    add(network.no_proxy.join(",").as_bytes());
    add(network.ca.as_deref().unwrap_or_default().as_bytes());
    hash.finish()
}
