//! The one place that speaks to NetBox: one request, one answer, within bounds. It decides nothing; what an answer means is
//! in [`super::answer`].
//!
//! Every request waits for its turn in the pace of the target, follows no redirect, goes only to addresses that the rule
//! allows, and reads no more than [`ANSWER_BYTES`]. A 403 and a 404 say too little by themselves: `/api/status/` is asked
//! then, which anybody may read whose token is known.

use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, DATE, ETAG, HeaderMap, HeaderValue, IF_MATCH, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::answer::{
    NetBoxTrouble, SendEffect, WireAnswer, explain_missing_right, explain_no_api, explain_sign_in, judge_answer,
};
use super::list_rows::{id_of, read_list};
use crate::config::TargetSettings;
use crate::net::{ConnectionError, HttpTimeouts, check_target_url, find_refused_address};
use crate::refusal::parse_retry_after;
use crate::targets::target_client::{build_target_client, fault_of_address, misconfigured};
use crate::targets::{RequestPace, TargetFault};

/// So much of an answer is read: 1,000 devices with many custom fields are some 5 MB.
const ANSWER_BYTES: usize = 32 << 20;
/// Rows of one page that are asked for; NetBox gives as many as its own limit allows, without a word.
pub(super) const PAGE_ROWS: &str = "1000";
/// Pages of a list of names that are read.
const PAGES_MAX: usize = 1_000;
/// A page of 100 new devices takes NetBox some seconds; its web server gives up after two minutes.
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(15),
    request: Duration::from_secs(150),
};
/// What a token of version 2 begins with.
pub(super) const SECOND_VERSION: &str = "nbt_";

/// A part of a query: name and value.
pub(super) type QueryPair<'a> = (&'a str, &'a str);

/// One NetBox, in the name of one token.
pub(super) struct NetBoxClient {
    client: Client,
    /// Ends with `api`.
    base: Url,
    token: HeaderValue,
    /// Whether the token is one of version 2.
    pub has_second_version: bool,
    pace: RequestPace,
}

/// The parts of a call beside its path.
#[derive(Default)]
pub(super) struct SendParts<'a> {
    pub query: &'a [QueryPair<'a>],
    pub body: Option<&'a Value>,
    pub if_match: Option<&'a str>,
}

impl NetBoxClient {
    pub(super) fn build(
        settings: &TargetSettings,
        token: &SecretString,
        pace: RequestPace,
    ) -> Result<NetBoxClient, TargetFault> {
        let address = settings.url.as_ref().ok_or_else(|| {
            misconfigured(
                "no address of NetBox is set",
                "set `url`, such as https://netbox.example",
            )
        })?;
        check_target_url(address, settings.allow_private_addresses).map_err(|refused| fault_of_address(&refused))?;
        let bare = bare_token(token.expose_secret());
        let mut header = HeaderValue::from_str(&sign_in_header(bare)).map_err(|_| {
            misconfigured(
                "the token has characters that no token has",
                "copy the API token of NetBox again, in one line, and set it as `token`",
            )
        })?;
        header.set_sensitive(true);
        Ok(NetBoxClient {
            client: build_target_client(settings, address, TIMEOUTS)?,
            base: join_base(address),
            has_second_version: bare.starts_with(SECOND_VERSION),
            token: header,
            pace,
        })
    }

    /// Host and port of the other side.
    pub(super) fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Reads. `path`: below `/api`, in parts that are escaped here.
    pub(super) async fn read(&self, path: &[&str], query: &[QueryPair<'_>]) -> Result<Value, NetBoxTrouble> {
        let parts = SendParts {
            query,
            ..SendParts::default()
        };
        let raw = self.send_request(Method::GET, path, parts, SendEffect::Read).await?;
        judge_answer(&raw, SendEffect::Read)
    }

    /// Reads a single object, with what `If-Match` takes; NetBox before 4.6 gives none.
    pub(super) async fn read_tagged(&self, path: &[&str]) -> Result<(Value, Option<String>), NetBoxTrouble> {
        let raw = self
            .send_request(Method::GET, path, SendParts::default(), SendEffect::Read)
            .await?;
        let json = judge_answer(&raw, SendEffect::Read)?;
        Ok((json, raw.etag))
    }

    /// Writes. `body`: null for none.
    pub(super) async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
        effect: SendEffect,
    ) -> Result<Value, NetBoxTrouble> {
        let parts = SendParts {
            body: (!body.is_null()).then_some(body),
            ..SendParts::default()
        };
        let raw = self.send_request(method, path, parts, effect).await?;
        judge_answer(&raw, effect)
    }

    /// Changes a single object, if it is still what it was when it was read.
    pub(super) async fn change_unchanged(
        &self,
        path: &[&str],
        body: &Value,
        if_match: Option<&str>,
    ) -> Result<Value, NetBoxTrouble> {
        let parts = SendParts {
            query: &[],
            body: Some(body),
            if_match,
        };
        let raw = self
            .send_request(Method::PATCH, path, parts, SendEffect::Repeat)
            .await?;
        judge_answer(&raw, SendEffect::Repeat)
    }

    /// A list of names, whole. It is read page by page as the other side cuts it.
    pub(super) async fn read_all(&self, path: &[&str]) -> Result<Vec<Value>, TargetFault> {
        let mut rows: Vec<Value> = Vec::new();
        let mut offset = 0;
        for _ in 0..PAGES_MAX {
            let from = offset.to_string();
            let query = [("limit", PAGE_ROWS), ("offset", from.as_str()), ("ordering", "id")];
            let answer = match self.read(path, &query).await {
                Ok(answer) => answer,
                Err(trouble) => return Err(self.explain(trouble, &format!("GET {}", path.join("/"))).await),
            };
            let part = read_list(answer)?;
            offset += part.rows.len() as u64;
            let is_last = part.rows.is_empty() || offset >= part.total;
            for row in part.rows {
                if rows.iter().all(|known| id_of(known) != id_of(&row)) {
                    rows.push(row);
                }
            }
            if is_last {
                return Ok(rows);
            }
        }
        let list = path.join("/");
        Err(TargetFault::Unreadable {
            problem: format!("the list `{list}` of NetBox does not end"),
        })
    }

    /// What a trouble comes to where nothing more is known. `what`: what was asked for, such as `POST dcim/sites`.
    pub(super) async fn explain(&self, trouble: NetBoxTrouble, what: &str) -> TargetFault {
        match trouble {
            NetBoxTrouble::Fault(fault) | NetBoxTrouble::Crashed(fault) => fault,
            NetBoxTrouble::Said(complaint) => complaint.into_refusal(),
            NetBoxTrouble::Missing => explain_no_api(),
            NetBoxTrouble::Changed => TargetFault::Refused {
                problem: "somebody changed the device in NetBox at the same moment".to_owned(),
                field: None,
            },
            NetBoxTrouble::Forbidden => self.explain_forbidden(what).await,
        }
    }

    /// A token that is not known is refused everywhere; a right that is missing, here alone.
    async fn explain_forbidden(&self, what: &str) -> TargetFault {
        match self.read(&["status"], &[]).await {
            Ok(_) => explain_missing_right(what),
            Err(NetBoxTrouble::Forbidden) => explain_sign_in(),
            Err(NetBoxTrouble::Fault(fault) | NetBoxTrouble::Crashed(fault)) => fault,
            Err(NetBoxTrouble::Said(_) | NetBoxTrouble::Missing | NetBoxTrouble::Changed) => explain_no_api(),
        }
    }

    /// Of a device that is said to be missing: it is, if it was NetBox that said so.
    pub(super) async fn confirm_missing(&self) -> Result<(), TargetFault> {
        let status = self.read(&["status"], &[]).await;
        match status {
            Ok(status) if status.get("netbox-version").is_some() => Ok(()),
            Ok(_) => Err(explain_no_api()),
            Err(trouble) => Err(self.explain(trouble, "GET status").await),
        }
    }

    /// The bare answer, as a check wants it.
    pub(super) async fn send_request(
        &self,
        method: Method,
        path: &[&str],
        parts: SendParts<'_>,
        effect: SendEffect,
    ) -> Result<WireAnswer, TargetFault> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            // Every path ends with a slash: without it, a write is answered with a redirect or an error.
            segments.extend(path).push("");
        }
        if !parts.query.is_empty() {
            url.query_pairs_mut().extend_pairs(parts.query);
        }
        self.pace.acquire().await;
        let mut request = self
            .client
            .request(method, url)
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT, "application/json");
        if let Some(tag) = parts.if_match.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            request = request.header(IF_MATCH, tag);
        }
        if let Some(body) = parts.body {
            request = request.json(body);
        }
        let host = self.base.host_str().unwrap_or_default();
        let explain = |error: reqwest::Error| explain_failure(&error, host, effect);
        let mut answer = request.send().await.map_err(explain)?;
        let headers = answer.headers();
        let mut raw = WireAnswer {
            status: answer.status().as_u16(),
            retry_after: read_retry_after(headers),
            location: read_location(headers),
            sent_at: read_date(headers),
            etag: read_text(headers, &ETAG),
            ..WireAnswer::default()
        };
        if let Some(wait) = raw.retry_after {
            self.pace.note_retry_after(wait);
        }
        while let Some(chunk) = answer.chunk().await.map_err(explain)? {
            if raw.body.len() + chunk.len() > ANSWER_BYTES {
                raw.is_cut = true;
                break;
            }
            raw.body.extend_from_slice(&chunk);
        }
        Ok(raw)
    }
}

/// Without the word that stands before it in a header, should somebody have copied that as well.
pub(super) fn bare_token(token: &str) -> &str {
    let token = token.trim();
    let words = ["Bearer ", "Token "];
    let bare = words.into_iter().find_map(|word| token.strip_prefix(word));
    bare.unwrap_or(token).trim()
}

fn sign_in_header(token: &str) -> String {
    let scheme = if token.starts_with(SECOND_VERSION) {
        "Bearer"
    } else {
        "Token"
    };
    format!("{scheme} {token}")
}

/// `/api` below the address of the settings, unless it stands there already.
fn join_base(address: &Url) -> Url {
    let mut base = address.clone();
    base.set_query(None);
    base.set_fragment(None);
    let is_there = base.path().trim_end_matches('/').ends_with("/api");
    if let Ok(mut segments) = base.path_segments_mut() {
        segments.pop_if_empty();
        if !is_there {
            segments.push("api");
        }
    }
    base
}

fn read_text(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn read_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = headers.get(RETRY_AFTER)?.to_str().ok();
    parse_retry_after(header, SystemTime::now())
}

fn read_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// Without what stands behind `?`: a sign-in page may be told secrets there.
fn read_location(headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let plain = location.split(['?', '#']).next()?;
    Some(plain.chars().take(200).collect())
}

/// Why there is no answer. A create that may have gone out is a lost answer, whatever broke.
fn explain_failure(error: &reqwest::Error, host: &str, effect: SendEffect) -> TargetFault {
    if let Some(refused) = find_refused_address(error) {
        return fault_of_address(refused);
    }
    let connection = ConnectionError::from_reqwest(error, host);
    let problem = connection.to_string();
    let was_sent = !error.is_connect() && !error.is_builder();
    if was_sent && effect == SendEffect::Create {
        return TargetFault::LostAnswer { problem };
    }
    if connection.is_transient() {
        TargetFault::Unreachable { problem }
    } else {
        misconfigured(problem, connection.advice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_each_version_is_sent_by_its_own_word() {
        for (given, sent) in [
            ("0123456789abcdef", "Token 0123456789abcdef"),
            (" nbt_KEY.SECRET\n", "Bearer nbt_KEY.SECRET"),
            ("Bearer nbt_KEY.SECRET", "Bearer nbt_KEY.SECRET"),
            ("Token 0123456789abcdef", "Token 0123456789abcdef"),
        ] {
            assert_eq!(sign_in_header(bare_token(given)), sent, "{given}");
        }
    }

    #[test]
    fn the_api_stands_below_the_address_that_browsers_use() {
        for (address, base) in [
            ("https://netbox.example", "https://netbox.example/api"),
            ("https://netbox.example/", "https://netbox.example/api"),
            ("https://example.com/netbox/", "https://example.com/netbox/api"),
            ("https://netbox.example/api/", "https://netbox.example/api"),
            ("https://netbox.example/?a=b#c", "https://netbox.example/api"),
        ] {
            assert_eq!(join_base(&Url::parse(address).unwrap()).as_str(), base, "{address}");
        }
    }
}
