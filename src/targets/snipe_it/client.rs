//! The one place that speaks to Snipe-IT: one request, one answer, within bounds. It decides nothing; what an answer means
//! is in [`super::answer`].
//!
//! Every request waits for its turn in the pace of the target, says `Accept: application/json` (without it, Snipe-IT
//! answers some errors with a redirect to its sign-in page), follows no redirect, goes only to addresses that the rule
//! allows, and reads no more than [`ANSWER_BYTES`]. What the answer says of the budget goes to the pace.

use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::answer::{ApiTrouble, CallEffect, RawAnswer, judge_answer};
use super::list_rows::read_list;
use crate::config::TargetSettings;
use crate::net::{ConnectionError, HttpTimeouts, check_target_url, find_refused_address};
use crate::refusal::parse_retry_after;
use crate::targets::target_client::{build_target_client, fault_of_address, misconfigured};
use crate::targets::{RequestPace, TargetFault};

/// So much of an answer is read: 500 assets with many custom fields are some 5 MB.
const ANSWER_BYTES: usize = 32 << 20;
/// Rows of one page; Snipe-IT gives no more, and takes a larger number for this one.
pub(super) const PAGE_ROWS: u64 = 500;
/// Pages of a list of names that are read; more models or labels than 50,000 is a fault.
const PAGES_MAX: u64 = 100;
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(15),
    request: Duration::from_secs(90),
};
/// How much of the budget is left, beside the limit itself, on every answer.
const REMAINING: &str = "x-ratelimit-remaining";

/// A part of a query: name and value.
pub(super) type QueryPart<'a> = (&'a str, &'a str);

/// One Snipe-IT, in the name of one token.
pub(super) struct SnipeClient {
    client: Client,
    /// Ends with `api/v1`.
    base: Url,
    token: HeaderValue,
    pace: RequestPace,
}

/// The parts of a call beside its path.
#[derive(Default)]
pub(super) struct CallParts<'a> {
    pub query: &'a [QueryPart<'a>],
    pub body: Option<&'a Value>,
}

impl SnipeClient {
    pub(super) fn build(
        settings: &TargetSettings,
        token: &SecretString,
        pace: RequestPace,
    ) -> Result<SnipeClient, TargetFault> {
        let address = settings.url.as_ref().ok_or_else(|| {
            misconfigured(
                "no address of Snipe-IT is set",
                "set `url`, such as https://assets.example",
            )
        })?;
        check_target_url(address, settings.allow_private_addresses).map_err(|refused| fault_of_address(&refused))?;
        let mut token = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim())).map_err(|_| {
            misconfigured(
                "the token has characters that no token has",
                "copy the API token of Snipe-IT again, in one line, and set it as `token`",
            )
        })?;
        token.set_sensitive(true);
        Ok(SnipeClient {
            client: build_target_client(settings, address, TIMEOUTS)?,
            base: join_base(address),
            token,
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

    /// Reads. `path`: below `/api/v1`, in parts that are escaped here.
    pub(super) async fn read(&self, path: &[&str], query: &[QueryPart<'_>]) -> Result<Value, ApiTrouble> {
        let parts = CallParts { query, body: None };
        self.call(Method::GET, path, parts, CallEffect::Read).await
    }

    /// Writes; the whole envelope is answered. `body`: null for none.
    pub(super) async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
        effect: CallEffect,
    ) -> Result<Value, ApiTrouble> {
        let parts = CallParts {
            query: &[],
            body: (!body.is_null()).then_some(body),
        };
        self.call(method, path, parts, effect).await
    }

    /// A list of names, whole. It is read page by page as the other side cuts it.
    pub(super) async fn read_all(&self, list: &str) -> Result<Vec<Value>, TargetFault> {
        let limit = PAGE_ROWS.to_string();
        let mut rows = Vec::new();
        for _ in 0..PAGES_MAX {
            let offset = rows.len().to_string();
            let query = [
                ("limit", limit.as_str()),
                ("offset", offset.as_str()),
                ("sort", "id"),
                ("order", "asc"),
            ];
            let answer = self
                .read(&[list], &query)
                .await
                .map_err(|trouble| trouble.into_fault(&format!("GET {list}")))?;
            let part = read_list(answer)?;
            let is_last = part.rows.is_empty();
            rows.extend(part.rows);
            // A list that knows no pages comes whole each time.
            if is_last || rows.len() as u64 >= part.total {
                return Ok(rows);
            }
        }
        Err(TargetFault::Unreadable {
            problem: format!("the list `{list}` of Snipe-IT does not end"),
        })
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        parts: CallParts<'_>,
        effect: CallEffect,
    ) -> Result<Value, ApiTrouble> {
        let raw = self.send_request(method, path, parts, effect).await?;
        judge_answer(&raw, effect)
    }

    /// The bare answer, as a check wants it.
    pub(super) async fn send_request(
        &self,
        method: Method,
        path: &[&str],
        parts: CallParts<'_>,
        effect: CallEffect,
    ) -> Result<RawAnswer, TargetFault> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
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
        if let Some(body) = parts.body {
            request = request.json(body);
        }
        let host = self.base.host_str().unwrap_or_default();
        let explain = |error: reqwest::Error| explain_failure(&error, host, effect);
        let mut answer = request.send().await.map_err(explain)?;
        self.note_budget(&answer);
        let mut raw = RawAnswer {
            status: answer.status().as_u16(),
            retry_after: read_retry_after(answer.headers()),
            location: read_location(answer.headers()),
            sent_at: read_date(answer.headers()),
            ..RawAnswer::default()
        };
        while let Some(chunk) = answer.chunk().await.map_err(explain)? {
            if raw.body.len() + chunk.len() > ANSWER_BYTES {
                raw.is_cut = true;
                break;
            }
            raw.body.extend_from_slice(&chunk);
        }
        Ok(raw)
    }

    fn note_budget(&self, answer: &Response) {
        let headers = answer.headers();
        let left = headers.get(REMAINING).and_then(|value| value.to_str().ok());
        if let Some(left) = left.and_then(|text| text.trim().parse::<u64>().ok()) {
            self.pace.note_remaining(left);
        }
        if let Some(wait) = read_retry_after(headers) {
            self.pace.note_retry_after(wait);
        }
    }
}

/// `/api/v1` below the address of the settings, unless it stands there already.
fn join_base(address: &Url) -> Url {
    let mut base = address.clone();
    base.set_query(None);
    base.set_fragment(None);
    let is_there = base.path().trim_end_matches('/').ends_with("/api/v1");
    if let Ok(mut segments) = base.path_segments_mut() {
        segments.pop_if_empty();
        if !is_there {
            segments.extend(["api", "v1"]);
        }
    }
    base
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
fn explain_failure(error: &reqwest::Error, host: &str, effect: CallEffect) -> TargetFault {
    if let Some(refused) = find_refused_address(error) {
        return fault_of_address(refused);
    }
    let connection = ConnectionError::from_reqwest(error, host);
    let problem = connection.to_string();
    let was_sent = !error.is_connect() && !error.is_builder();
    if was_sent && effect == CallEffect::Create {
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
    fn the_api_stands_below_the_address_that_browsers_use() {
        for (address, base) in [
            ("https://assets.example", "https://assets.example/api/v1"),
            ("https://assets.example/", "https://assets.example/api/v1"),
            ("https://example.com/snipe/", "https://example.com/snipe/api/v1"),
            ("https://assets.example/api/v1", "https://assets.example/api/v1"),
            ("https://assets.example/api/v1/", "https://assets.example/api/v1"),
            ("https://assets.example/?a=b#c", "https://assets.example/api/v1"),
        ] {
            assert_eq!(join_base(&Url::parse(address).unwrap()).as_str(), base, "{address}");
        }
    }

    #[test]
    fn where_a_redirect_leads_is_told_without_its_query() {
        let mut headers = HeaderMap::new();
        assert_eq!(read_location(&headers), None);
        headers.insert(
            LOCATION,
            HeaderValue::from_static("https://sso.example/login?token=canary#x"),
        );
        assert_eq!(read_location(&headers).as_deref(), Some("https://sso.example/login"));
    }
}
