//! The one place that speaks to OCS: inventories by POST, questions to its REST API by GET. It keeps the pace, follows no
//! redirect, goes only to addresses that the rule allows, and bounds every answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::reply::{
    ANSWER_BYTES, OcsAnswer, ServerHealth, check_inventory_reply, judge_probe, judge_status, needs_probe,
};
use super::translate::{compress_text, probe_xml};
use crate::config::{OcsSettings, TargetSettings};
use crate::net::{ConnectionError, HttpTimeouts, find_refused_address};
use crate::refusal::parse_retry_after;
use crate::targets::TargetFault;
use crate::targets::request_pace::RequestPace;
use crate::targets::target_client::{build_raw_client, fault_of_address};

/// Of the REST API: one computer with all its rows.
const READ_BYTES: usize = 8 << 20;
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(15),
    request: Duration::from_secs(60),
};

pub(super) struct OcsClient {
    client: Client,
    url: Url,
    /// Without it nothing is read back.
    rest: Option<RestAddress>,
    sign_in: Option<(String, SecretString)>,
    pace: RequestPace,
    told_time: Mutex<Option<SystemTime>>,
}

/// An inventory that was not kept.
#[derive(Debug)]
pub(super) struct PostFailure {
    pub fault: TargetFault,
    /// Inventories of other computers may go on.
    pub spares_others: bool,
}

impl From<TargetFault> for PostFailure {
    fn from(fault: TargetFault) -> Self {
        PostFailure {
            spares_others: fault.concerns_record(),
            fault,
        }
    }
}

/// It may be another host, to which its own rule of addresses belongs.
struct RestAddress {
    client: Client,
    url: Url,
}

impl OcsClient {
    pub(super) fn build(
        settings: &TargetSettings,
        own: &OcsSettings,
        pace: RequestPace,
    ) -> Result<OcsClient, TargetFault> {
        let Some(url) = settings.url.clone() else {
            return Err(TargetFault::Misconfigured {
                problem: "no address of OCS is set".to_owned(),
                advice: "set `url`, such as https://ocs.example/ocsinventory".to_owned(),
            });
        };
        let rest = own
            .rest_url
            .clone()
            .map(|rest_url| -> Result<RestAddress, TargetFault> {
                Ok(RestAddress {
                    client: build_raw_client(settings, &rest_url, TIMEOUTS)?,
                    url: rest_url,
                })
            });
        Ok(OcsClient {
            client: build_raw_client(settings, &url, TIMEOUTS)?,
            url,
            rest: rest.transpose()?,
            sign_in: own.user.clone().zip(own.password.clone()),
            pace,
            told_time: Mutex::new(None),
        })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn rest_url(&self) -> Option<&Url> {
        self.rest.as_ref().map(|rest| &rest.url)
    }

    /// Sends an inventory. What OCS confirms is kept.
    pub(super) async fn post_inventory(&self, xml: &str) -> Result<(), PostFailure> {
        let answer = self.post_text(xml).await?;
        if answer.status == 200 {
            return Ok(check_inventory_reply(&answer.body)?);
        }
        let health = if needs_probe(answer.status) {
            self.probe_server()
                .await
                .map_or_else(ServerHealth::Bad, |()| ServerHealth::Good)
        } else {
            ServerHealth::Good
        };
        // It answers the probe and not this: only this computer is concerned, which may be locked.
        let is_alone = needs_probe(answer.status) && health == ServerHealth::Good;
        let fault = judge_status(&answer, &health);
        Err(PostFailure {
            spares_others: is_alone || fault.concerns_record(),
            fault,
        })
    }

    /// What the clock of the server said last.
    pub(super) fn server_time(&self) -> Option<SystemTime> {
        *self.lock_time()
    }

    fn lock_time(&self) -> MutexGuard<'_, Option<SystemTime>> {
        self.told_time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether OCS and its database work.
    pub(super) async fn probe_server(&self) -> Result<(), TargetFault> {
        let answer = self.post_text(&probe_xml()).await.map_err(forget_write)?;
        judge_probe(&answer)
    }

    async fn post_text(&self, xml: &str) -> Result<OcsAnswer, TargetFault> {
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/x-compress")
            .body(compress_text(xml));
        let host = self.url.host_str().unwrap_or_default();
        self.send_request(request, host, ANSWER_BYTES).await
    }

    /// Asks the REST API; `None`: there is none. `path`: below its address.
    pub(super) async fn read_json(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Option<Value>, TargetFault> {
        let Some(rest) = &self.rest else { return Ok(None) };
        let mut url = rest.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let host = rest.url.host_str().unwrap_or_default();
        let request = rest.client.get(url);
        let answer = self
            .send_request(request, host, READ_BYTES)
            .await
            .map_err(forget_write)?;
        if answer.status != 200 {
            return Err(judge_read(&answer));
        }
        let unreadable = || TargetFault::Unreadable {
            problem: "the REST API of OCS has not answered with JSON".to_owned(),
        };
        let value: Value = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        match value {
            // Some versions write their JSON into a text once more.
            Value::String(text) => serde_json::from_str(&text).map(Some).map_err(|_| unreadable()),
            other => Ok(Some(other)),
        }
    }

    /// One request, one answer.
    async fn send_request(
        &self,
        request: RequestBuilder,
        host: &str,
        most_bytes: usize,
    ) -> Result<OcsAnswer, TargetFault> {
        self.pace.acquire().await;
        let request = match &self.sign_in {
            Some((user, password)) => request.basic_auth(user, Some(password.expose_secret())),
            None => request,
        };
        let explain = |error: reqwest::Error| explain_error(&error, host);
        let mut answer = request.send().await.map_err(explain)?;
        let (status, location) = (answer.status().as_u16(), read_location(&answer));
        let retry_after = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|header| header.to_str().ok());
        let retry_after = parse_retry_after(retry_after, SystemTime::now());
        if let (429 | 503, Some(wait)) = (status, retry_after) {
            self.pace.note_retry_after(wait);
        }
        let date = answer.headers().get(DATE).and_then(|header| header.to_str().ok());
        if let Some(told) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            *self.lock_time() = Some(told);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(explain)? {
            if body.len() + chunk.len() > most_bytes {
                return Err(TargetFault::Unreadable {
                    problem: format!("it is longer than {most_bytes} bytes"),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(OcsAnswer {
            status,
            retry_after,
            location,
            body,
        })
    }
}

/// Whether anything was sent decides whether it may have been kept.
fn explain_error(error: &reqwest::Error, host: &str) -> TargetFault {
    if let Some(refused) = find_refused_address(error) {
        return fault_of_address(refused);
    }
    let problem = ConnectionError::from_reqwest(error, host).to_string();
    if error.is_connect() || error.is_builder() {
        TargetFault::Unreachable { problem }
    } else {
        TargetFault::LostAnswer { problem }
    }
}

/// A question that got no answer has lost nothing.
fn forget_write(fault: TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unreachable { problem },
        other => other,
    }
}

/// Of the REST API.
fn judge_read(answer: &OcsAnswer) -> TargetFault {
    match answer.status {
        400 | 404 => TargetFault::Misconfigured {
            problem: format!("there is no REST API of OCS at this address (HTTP {})", answer.status),
            advice: "set `rest_url`, such as https://ocs.example/ocsapi/v1, or leave it out".to_owned(),
        },
        500 => TargetFault::Unavailable {
            problem: "the REST API of OCS does not work: see the error log of its web server (HTTP 500)".to_owned(),
        },
        _ => forget_write(judge_status(answer, &ServerHealth::Bad(TargetFault::NotThere))),
    }
}

/// The host alone: an address may hold a token.
fn read_location(answer: &Response) -> Option<String> {
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    let target = answer.url().join(location).ok()?;
    target.host_str().map(str::to_owned)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
