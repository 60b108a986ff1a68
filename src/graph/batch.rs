//! Several devices by one request (`$batch`). Saves round trips, not quota: each device counts. The outer
//! 200 says nothing about the inner answers, which come in any order and may be throttled one by one.
//!
//! Only reads go into a batch here, so all of it may be repeated; what has to be asked again is asked together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::backoff::{self, FailureKind, RetryAfter, RetryDecision};
use super::client::{GraphAnswer, GraphClient, PREFER, ReadRequest};
use super::error::{GraphError, GraphProblem, RequestIds, classify_failure};
use super::http_response::batch_item_problem;
use super::page::json_problem;
use super::query;
use super::read::{ObjectReading, check_object};
use crate::model::DeviceId;

/// The most that Graph takes.
pub const MAX_BATCH: usize = 20;

#[derive(Deserialize)]
struct BatchResponses<'a> {
    #[serde(borrow)]
    responses: Vec<BatchResponse<'a>>,
}

#[derive(Deserialize)]
struct BatchResponse<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, serde_json::Value>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// What each device of a batch was answered.
pub type BatchReadings = Vec<(DeviceId, Result<ObjectReading, GraphError>)>;

/// One device's part of a round.
type BatchPart = Result<ObjectReading, (GraphError, RetryAfter)>;

impl GraphClient {
    /// At most 20 devices by one request; the answers in the order of the question. An error as a whole means that
    /// nothing was learned.
    pub async fn read_devices_batch(
        &self,
        ids: &[DeviceId],
        select: Option<&str>,
    ) -> Result<BatchReadings, GraphError> {
        self.read_batch(ids, &|id| query::device_path(id, select)).await
    }

    /// The same for the users of these devices: each answer is a collection.
    pub async fn read_device_users_batch(&self, ids: &[DeviceId]) -> Result<BatchReadings, GraphError> {
        self.read_batch(ids, &query::device_users_path).await
    }

    /// `path`: what is asked for of a device, behind the version.
    async fn read_batch(
        &self,
        ids: &[DeviceId],
        path: &(dyn Fn(DeviceId) -> String + Sync),
    ) -> Result<BatchReadings, GraphError> {
        if ids.len() > MAX_BATCH {
            return Err(GraphProblem::BatchTooLarge {
                given: ids.len(),
                limit: MAX_BATCH,
            }
            .into());
        }
        let mut results: Vec<Option<Result<ObjectReading, GraphError>>> = ids.iter().map(|_| None).collect();
        let mut attempt = 1;
        loop {
            let open: Vec<usize> = (0..ids.len()).filter(|at| results[*at].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let parts = self.send_batch_round(ids, &open, path).await?;
            let mut wait = None;
            for (at, part) in open.into_iter().zip(parts) {
                let (error, retry_after) = match part {
                    Ok(reading) => {
                        results[at] = Some(Ok(reading));
                        continue;
                    }
                    Err(failed) => failed,
                };
                let kind = classify_failure(&error.problem);
                let decision = backoff::decide_retry(kind, attempt, retry_after, rand::random(), &self.limits().retry);
                if kind == FailureKind::Throttled {
                    let retry_after = match (decision, retry_after) {
                        (RetryDecision::Wait(longer), _) | (_, RetryAfter::After(longer)) => longer,
                        (RetryDecision::GiveUp, RetryAfter::None) => Duration::ZERO,
                    };
                    self.record_throttling(retry_after, &error);
                }
                match decision {
                    RetryDecision::GiveUp => results[at] = Some(Err(error)),
                    RetryDecision::Wait(longer) => wait = wait.max(Some(longer)),
                }
            }
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
            attempt += 1;
        }
        Ok(ids.iter().copied().zip(results.into_iter().flatten()).collect())
    }

    /// Asks for those devices whose places are `open`.
    async fn send_batch_round(
        &self,
        ids: &[DeviceId],
        open: &[usize],
        path: &(dyn Fn(DeviceId) -> String + Sync),
    ) -> Result<Vec<BatchPart>, GraphError> {
        let requests: Vec<_> = open
            .iter()
            .map(|at| {
                json!({"id": (at + 1).to_string(), "method": "GET", "url": path(ids[*at]),
                    "headers": {"Prefer": PREFER}})
            })
            .collect();
        let body = Bytes::from(json!({ "requests": requests }).to_string());
        let url = self.link_base().v1_url("/$batch");
        let request = ReadRequest {
            body: Some(body),
            weight: open.len() as u32,
            ..ReadRequest::get(&url)
        };
        self.read_with_retries(request, |answer| split_responses(answer, open))
            .await
    }
}

/// The inner answers in the order of `open`; what is missing among them was broken off.
fn split_responses(answer: &GraphAnswer, open: &[usize]) -> Result<Vec<BatchPart>, GraphProblem> {
    let BatchResponses { responses } =
        serde_json::from_slice(&answer.body).map_err(|error| json_problem(&error, answer.body.len()))?;
    let part = |at: &usize| {
        let id = (at + 1).to_string();
        match responses.iter().find(|response| response.id == id) {
            None => Err((
                batch_item_error(GraphProblem::BrokenOff { received_bytes: 0 }, answer, None),
                RetryAfter::None,
            )),
            Some(response) => parse_response(response, answer),
        }
    };
    Ok(open.iter().map(part).collect())
}

fn parse_response(response: &BatchResponse<'_>, answer: &GraphAnswer) -> BatchPart {
    let text = response.body.map_or("", RawValue::get);
    let header = |name: &str| {
        let found = response.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let own_id = header("request-id");
    if response.status != 200 {
        let retry_after = backoff::parse_retry_after(header("retry-after").as_deref(), answer.date.into());
        return Err((
            batch_item_error(
                batch_item_problem(response.status, retry_after, text.as_bytes()),
                answer,
                own_id,
            ),
            retry_after,
        ));
    }
    match check_object(text.as_bytes()) {
        Ok(()) => Ok(ObjectReading {
            body: answer.body.slice_ref(text.as_bytes()),
            date: answer.date,
        }),
        Err(wrong) => Err((batch_item_error(wrong, answer, own_id), RetryAfter::None)),
    }
}

fn batch_item_error(problem: GraphProblem, answer: &GraphAnswer, own_id: Option<String>) -> GraphError {
    let own_id = own_id.map(|id| crate::net::secret_text::quote_without_secrets(&id, &[]));
    let ids = RequestIds {
        request_id: own_id.or_else(|| answer.ids.request_id.clone()),
        ..answer.ids.clone()
    };
    GraphError { problem, ids }
}
