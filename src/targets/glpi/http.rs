//! How long a GLPI may take, what of an answer is read, and why there is none.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};

use super::answer::{GlpiAnswer, RequestEffect};
use crate::net::{ConnectionError, HttpTimeouts, find_refused_address};
use crate::refusal::parse_retry_after;
use crate::targets::TargetFault;
use crate::targets::target_client::{fault_of_address, misconfigured};

/// So much of an answer is read: 100 computers are some 200 KB.
const ANSWER_BYTES: usize = 8 << 20;
pub(super) const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(15),
    request: Duration::from_secs(90),
};

/// The bare answer, within bounds.
pub(super) async fn read_answer(mut answer: Response) -> Result<GlpiAnswer, reqwest::Error> {
    let headers = answer.headers();
    let mut raw = GlpiAnswer {
        status: answer.status().as_u16(),
        retry_after: read_retry_after(headers),
        location: read_location(headers),
        sent_at: read_date(headers),
        ..GlpiAnswer::default()
    };
    while let Some(chunk) = answer.chunk().await? {
        if raw.body.len() + chunk.len() > ANSWER_BYTES {
            raw.is_cut = true;
            break;
        }
        raw.body.extend_from_slice(&chunk);
    }
    Ok(raw)
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

/// Why there is no answer. What may have made a record is a lost answer, whatever broke.
pub(super) fn explain_failure(error: &reqwest::Error, host: &str, effect: RequestEffect) -> TargetFault {
    if let Some(refused) = find_refused_address(error) {
        return fault_of_address(refused);
    }
    let connection = ConnectionError::from_reqwest(error, host);
    let problem = connection.to_string();
    let was_sent = !error.is_connect() && !error.is_builder();
    if was_sent && effect == RequestEffect::Create {
        return TargetFault::LostAnswer { problem };
    }
    if connection.is_transient() {
        TargetFault::Unreachable { problem }
    } else {
        misconfigured(problem, connection.advice())
    }
}
