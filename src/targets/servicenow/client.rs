//! The one place that speaks to ServiceNow: one request, one answer, within bounds. It decides nothing; what an answer means
//! is in [`super::answer`].
//!
//! Every request waits for its turn in the pace of the target, follows no redirect, goes only to addresses that the rule allows,
//! and reads no more than [`ANSWER_BYTES`]. What an answer says of the budget goes to the pace: there are limits an hour only
//! where somebody over there has set some, and of what is left nothing is told.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, DATE, HeaderMap, HeaderValue, LINK, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::answer::{CallEffect, CallTrouble, RawAnswer, judge_answer, wait_until_reset};
use super::list_position::{PageSigns, read_link};
use super::sign_in::{KeptToken, SignIn, read_token};
use crate::config::{ServiceNowSettings, TargetSettings};
use crate::net::{ConnectionError, HttpTimeouts, check_target_url, find_refused_address};
use crate::refusal::parse_retry_after;
use crate::targets::target_client::{build_target_client, fault_of_address, misconfigured};
use crate::targets::{RequestPace, TargetFault};

/// So much of an answer is read: 500 CIs with all their columns are some 10 MB.
const ANSWER_BYTES: usize = 32 << 20;
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(15),
    request: Duration::from_secs(120),
};
/// When the budget of the hour begins anew, in seconds since 1970.
const RESET: &str = "x-ratelimit-reset";
const TOTAL: &str = "x-total-count";

/// A part of a query: name and value.
pub(super) type QueryPart<'a> = (&'a str, &'a str);

/// One instance, in the name of one account.
pub(super) struct ServiceNowClient {
    client: Client,
    /// Of the instance, without `api`.
    base: Url,
    sign_in: SignIn,
    token: Mutex<Option<KeptToken>>,
    pace: RequestPace,
}

/// One call. `path`: below the address of the instance, in parts that are escaped here.
#[derive(Clone, Copy)]
pub(super) struct ApiCall<'a> {
    pub method: &'a Method,
    pub path: &'a [&'a str],
    pub query: &'a [QueryPart<'a>],
    pub body: Option<&'a Value>,
    pub effect: CallEffect,
}

/// Rows of a table, and what the page says of those behind it.
#[derive(Debug)]
pub(super) struct TableRows {
    pub rows: Vec<Value>,
    pub signs: PageSigns,
}

impl ServiceNowClient {
    pub(super) fn build(
        settings: &TargetSettings,
        own: &ServiceNowSettings,
        pace: RequestPace,
    ) -> Result<ServiceNowClient, TargetFault> {
        let address = settings.url.as_ref().ok_or_else(|| {
            misconfigured(
                "no address of ServiceNow is set",
                "set `url`, such as https://example.service-now.com",
            )
        })?;
        check_target_url(address, settings.allow_private_addresses).map_err(|refused| fault_of_address(&refused))?;
        Ok(ServiceNowClient {
            client: build_target_client(settings, address, TIMEOUTS)?,
            base: find_base(address),
            sign_in: SignIn::from_settings(own)?,
            token: Mutex::new(None),
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

    /// Rows of a table. Older versions answer 404 where there is none.
    pub(super) async fn read_table(&self, table: &str, query: &[QueryPart<'_>]) -> Result<TableRows, CallTrouble> {
        let path = ["api", "now", "table", table];
        let call = ApiCall {
            method: &Method::GET,
            path: &path,
            query,
            body: None,
            effect: CallEffect::Repeat,
        };
        let raw = self.send_request(call).await?;
        let answer = match judge_answer(&raw, CallEffect::Repeat) {
            Err(CallTrouble::NotFound(told)) if told.contains("No Record found") => Value::Null,
            judged => judged?,
        };
        let rows = match answer {
            Value::Null => Vec::new(),
            Value::Object(mut parts) => match parts.remove("result") {
                Some(Value::Array(rows)) => rows,
                _ => {
                    return Err(TargetFault::Unreadable {
                        problem: no_rows(table),
                    }
                    .into());
                }
            },
            _ => {
                return Err(TargetFault::Unreadable {
                    problem: no_rows(table),
                }
                .into());
            }
        };
        let signs = PageSigns {
            rows: rows.len() as u64,
            ..raw.signs
        };
        Ok(TableRows { rows, signs })
    }

    /// The whole JSON of an answer that is good.
    pub(super) async fn call(&self, call: ApiCall<'_>) -> Result<Value, CallTrouble> {
        let raw = self.send_request(call).await?;
        judge_answer(&raw, call.effect)
    }

    /// The bare answer, as a check wants it. A token that is not taken any more is asked for anew, once.
    pub(super) async fn send_request(&self, call: ApiCall<'_>) -> Result<RawAnswer, TargetFault> {
        let (header, is_fresh) = self.sign_request().await?;
        let raw = self.send_signed(call, header).await?;
        if raw.status != 401 || is_fresh || matches!(self.sign_in, SignIn::Basic(_)) {
            return Ok(raw);
        }
        *self.token.lock().await = None;
        let (header, _) = self.sign_request().await?;
        self.send_signed(call, header).await
    }

    /// What stands in the header, and whether it was made just now.
    async fn sign_request(&self) -> Result<(HeaderValue, bool), TargetFault> {
        let client = match &self.sign_in {
            SignIn::Basic(header) => return Ok((header.clone(), false)),
            SignIn::OAuth(client) => client,
        };
        let mut token = self.token.lock().await;
        if let Some(kept) = token.as_ref().filter(|kept| kept.is_usable(Instant::now())) {
            return Ok((kept.header.clone(), false));
        }
        let asked_at = Instant::now();
        let request = self.client.post(self.url_of(&["oauth_token.do"], &[]));
        let form = client.token_form();
        let raw = self.send(request.form(&form), CallEffect::Repeat).await?;
        let answer = judge_answer(&raw, CallEffect::Repeat).map_err(|trouble| match trouble {
            CallTrouble::Fault(TargetFault::Misconfigured { problem, .. }) if raw.status == 400 => {
                refuse_client(problem)
            }
            CallTrouble::Forbidden => refuse_client("ServiceNow gives the OAuth client no token (HTTP 403)".to_owned()),
            other => other.into_fault("oauth_token.do"),
        })?;
        let kept = read_token(&answer, asked_at)?;
        let header = kept.header.clone();
        *token = Some(kept);
        Ok((header, true))
    }

    async fn send_signed(&self, call: ApiCall<'_>, header: HeaderValue) -> Result<RawAnswer, TargetFault> {
        let mut request = self
            .client
            .request(call.method.clone(), self.url_of(call.path, call.query))
            .header(AUTHORIZATION, header);
        if let Some(body) = call.body {
            request = request.json(body);
        }
        self.send(request, call.effect).await
    }

    async fn send(&self, request: RequestBuilder, effect: CallEffect) -> Result<RawAnswer, TargetFault> {
        self.pace.acquire().await;
        let host = self.base.host_str().unwrap_or_default();
        let explain = |error: reqwest::Error| explain_failure(&error, host, effect);
        let mut answer = request
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(explain)?;
        let mut raw = read_headers(answer.status().as_u16(), answer.headers());
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

    fn url_of(&self, path: &[&str], query: &[QueryPart<'_>]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

fn no_rows(table: &str) -> String {
    format!("the list of `{table}` of ServiceNow has no rows")
}

fn refuse_client(problem: String) -> TargetFault {
    TargetFault::SignIn {
        problem,
        advice:
            "check the OAuth client, and that ServiceNow allows its grant: without a user that is client credentials, \
                 with one the password of that user"
                .to_owned(),
    }
}

/// The address of the instance, also where somebody has given that of its API or of a page.
fn find_base(address: &Url) -> Url {
    let mut base = address.clone();
    base.set_query(None);
    base.set_fragment(None);
    let path = base.path().trim_end_matches('/').to_owned();
    for end in ["/api/now/v1", "/api/now/v2", "/api/now", "/nav_to.do"] {
        if let Some(plain) = path.strip_suffix(end) {
            base.set_path(plain);
            break;
        }
    }
    base
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn read_headers(status: u16, headers: &HeaderMap) -> RawAnswer {
    let now = SystemTime::now();
    let sent_at = header_text(headers, DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
    let asked = header_text(headers, RETRY_AFTER.as_str());
    let retry_after = parse_retry_after(asked, now).or_else(|| {
        let reset = header_text(headers, RESET).filter(|_| status == 429)?;
        wait_until_reset(reset, sent_at, now)
    });
    let total = header_text(headers, TOTAL).and_then(|total| total.trim().parse().ok());
    RawAnswer {
        status,
        retry_after,
        location: header_text(headers, LOCATION.as_str()).and_then(plain_location),
        sent_at,
        signs: PageSigns {
            link: header_text(headers, LINK.as_str()).map(read_link),
            total,
            rows: 0,
        },
        ..RawAnswer::default()
    }
}

/// Without what stands behind `?`: a sign-in page may be told secrets there.
fn plain_location(location: &str) -> Option<String> {
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
    fn the_instance_is_found_from_each_of_its_addresses() {
        for (address, base) in [
            ("https://x.service-now.com", "https://x.service-now.com/"),
            ("https://x.service-now.com/api/now/", "https://x.service-now.com/"),
            ("https://x.service-now.com/api/now/v2", "https://x.service-now.com/"),
            (
                "https://x.service-now.com/nav_to.do?uri=a#b",
                "https://x.service-now.com/",
            ),
            ("https://proxy.example/snow/api/now", "https://proxy.example/snow"),
        ] {
            assert_eq!(find_base(&Url::parse(address).unwrap()).as_str(), base, "{address}");
        }
    }

    #[test]
    fn an_answer_says_when_to_come_back_in_either_header() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs.iter().copied() {
                headers.insert(name, HeaderValue::from_static(value));
            }
            headers
        };
        let date = ("date", "Fri, 20 Nov 2026 10:00:00 GMT");
        // Ten minutes behind it.
        let reset = (RESET, "1795169400");
        let both = headers(&[date, reset, ("retry-after", "17")]);
        assert_eq!(read_headers(429, &both).retry_after, Some(Duration::from_secs(17)));
        let alone = headers(&[date, reset]);
        assert_eq!(read_headers(429, &alone).retry_after, Some(Duration::from_secs(600)));
        assert_eq!(
            read_headers(200, &alone).retry_after,
            None,
            "it says so on every answer"
        );
    }

    #[test]
    fn where_a_redirect_leads_is_told_without_its_query() {
        let told = plain_location("https://sso.example/login?token=canary#x");
        assert_eq!(told.as_deref(), Some("https://sso.example/login"));
    }
}
