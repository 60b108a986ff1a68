//! One message to one webhook, once, as the webhooks of orders are sent: to addresses that the rule allows, without
//! following redirects, signed where there is a key. Also the ping of the heartbeat, which is the same by GET.

use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::channel_settings::{ChannelSecrets, PostSettings};
use crate::config::NetworkSettings;
use crate::model::Timestamp;
use crate::net::{
    AddressRefused, CheckedResolver, ConnectionError, HttpError, HttpTimeouts, check_given_url, check_target_url,
    find_refused_address, prepare_http_client,
};
use crate::refusal::parse_retry_after;
use crate::webhooks::{SendOutcome, WebhookKey, WebhookKeyError, sign_message};

const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(5),
    request: Duration::from_secs(15),
};

/// Why a text is no address of a webhook. It does not quote the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostAddressError {
    #[error("the address is no URL")]
    NoUrl,
    #[error(transparent)]
    Refused(#[from] AddressRefused),
}

impl PostAddressError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            PostAddressError::NoUrl => "write it as https://host/path",
            PostAddressError::Refused(refused) => refused.advice(),
        }
    }

    /// Whether it might be taken where private addresses are allowed.
    pub fn is_about_private(&self) -> bool {
        matches!(
            self,
            PostAddressError::Refused(AddressRefused::Private { .. } | AddressRefused::Scheme)
        )
    }
}

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("the channel has no address; give it again")]
    NoAddress,
    #[error(transparent)]
    Address(#[from] PostAddressError),
    #[error("the key of the channel cannot be used: {0}; give it again")]
    Key(#[from] WebhookKeyError),
    #[error("the text of the header Authorization cannot be sent; give it again")]
    Authorization,
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// An address that messages may be sent to, as far as can be said without a connection.
fn parse_post_address(text: &str, allow_private: bool) -> Result<Url, PostAddressError> {
    let url = Url::parse(text.trim()).map_err(|_| PostAddressError::NoUrl)?;
    check_target_url(&url, allow_private)?;
    Ok(url)
}

/// The same for one that is given now.
pub fn parse_given_address(text: &str, allow_private: bool) -> Result<Url, PostAddressError> {
    let url = parse_post_address(text, allow_private)?;
    check_given_url(&url, allow_private)?;
    Ok(url)
}

/// A client for one address.
struct PostClient {
    client: Client,
    url: Url,
}

fn build_client(
    address: &SecretString,
    allow_private: bool,
    authorities: Option<&String>,
) -> Result<PostClient, PostError> {
    let url = parse_post_address(address.expose_secret(), allow_private)?;
    let network = NetworkSettings {
        ca: authorities.cloned(),
        ..NetworkSettings::default()
    };
    let resolver = CheckedResolver::for_url(&url, allow_private, &network);
    let client = prepare_http_client(&network, TIMEOUTS, None)?
        .dns_resolver(resolver)
        .no_gzip()
        .build()
        .map_err(|error| HttpError::Build(error.without_url().to_string()))?;
    Ok(PostClient { client, url })
}

/// `id`: of the message; the receiver knows it again by it.
pub(super) async fn post_message(
    settings: &PostSettings,
    secrets: &ChannelSecrets,
    id: &str,
    body: String,
    now: Timestamp,
) -> SendOutcome {
    match build_request(settings, secrets, id, body, now) {
        Ok((request, url)) => send_request(request, &url, now).await,
        Err(error) => failed(error.to_string()),
    }
}

fn build_request(
    settings: &PostSettings,
    secrets: &ChannelSecrets,
    id: &str,
    body: String,
    now: Timestamp,
) -> Result<(RequestBuilder, Url), PostError> {
    let address = secrets.url.as_ref().ok_or(PostError::NoAddress)?;
    let PostClient { client, url } = build_client(&address.0, settings.allow_private, settings.authorities.as_ref())?;
    let mut request = client
        .post(url.clone())
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", now.timestamp());
    if let Some(key) = &secrets.key {
        let keys = [WebhookKey::parse(key.0.expose_secret())?];
        request = request.header("webhook-signature", sign_message(&keys, id, now.timestamp(), &body));
    }
    if let Some(authorization) = &secrets.authorization {
        let mut value = HeaderValue::from_str(authorization.0.expose_secret()).map_err(|_| PostError::Authorization)?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    Ok((request.body(body), url))
}

/// Why the ping did not arrive; `None`: it did.
pub(super) async fn ping_address(
    address: &SecretString,
    allow_private: bool,
    authorities: Option<&String>,
    now: Timestamp,
) -> Option<String> {
    let outcome = match build_client(address, allow_private, authorities) {
        Ok(PostClient { client, url }) => send_request(client.get(url.clone()), &url, now).await,
        Err(error) => failed(error.to_string()),
    };
    match outcome {
        SendOutcome::Accepted => None,
        SendOutcome::Gone => Some("HTTP 410".to_owned()),
        SendOutcome::Failed { error, .. } => Some(error),
    }
}

async fn send_request(request: RequestBuilder, url: &Url, now: Timestamp) -> SendOutcome {
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return failed(explain_error(&error, url.host_str().unwrap_or_default())),
    };
    let header = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = parse_retry_after(header, SystemTime::from(now));
    let error = match answer.status().as_u16() {
        200..=299 => return SendOutcome::Accepted,
        410 => return SendOutcome::Gone,
        code @ 300..=399 => format!("HTTP {code}: redirects are not followed; set the address that answers by itself"),
        code => format!("HTTP {code}"),
    };
    SendOutcome::Failed { error, retry_after }
}

fn failed(error: String) -> SendOutcome {
    SendOutcome::Failed {
        error,
        retry_after: None,
    }
}

fn explain_error(error: &reqwest::Error, host: &str) -> String {
    match find_refused_address(error) {
        Some(refused) => refused.to_string(),
        None => ConnectionError::from_reqwest(error, host).to_string(),
    }
}
