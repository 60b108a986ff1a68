//! `POST …/managedDevices/{id}/{action}`: every remote action, a row of [`VERBS`] each. 204 says only that it was
//! queued; what became of it is read elsewhere.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::device::id_of;
use super::{Answer, Call, Class, Endpoint, Version, body};
use crate::remote::{Claim, Effect, Granted, Params, Refusal, Standing, VERBS, Verb, Verdict, Wish};
use crate::state::{read, write};
use crate::world::{Dice, Ticks};

pub(super) static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| VERBS.iter().map(endpoint).collect());

fn endpoint(verb: &Verb) -> Endpoint {
    Endpoint {
        method: Method::POST,
        path: verb.path,
        versions: verb.versions,
        scopes: verb.scopes,
        class: Class::DeviceWrite,
        options: &[],
        handle: post,
    }
}

fn post(call: &Call) -> Answer {
    let Some(verb) = VERBS.iter().find(|verb| verb.path == call.endpoint.path) else {
        return call.place.not_found();
    };
    match body::parameters(&call.asked.body, verb.params, call.asked.version) {
        Ok(parameters) => carry_out(call, verb, parameters, None).unwrap_or_else(|refusal| *refusal),
        Err(problem) => call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", &problem),
    }
}

/// The way of every action and of a delete: approved, possible, within the day's limits, then done and counted.
pub(super) fn carry_out(
    call: &Call,
    verb: &'static Verb,
    parameters: Params,
    consequence: Option<&'static str>,
) -> Result<Answer, Box<Answer>> {
    let id = id_of(call)?;
    let now = Ticks::from_utc(call.place.at);
    if read(&call.tenant.world).get(id).is_none() {
        return Err(Box::new(call.place.not_found()));
    }
    let code = approved(call, verb.name, id)?;
    let wish = Wish {
        device_id: id,
        verb,
        parameters: parameters.clone(),
        conduct: call.asked.conduct.clone().unwrap_or_default(),
        by: call.caller.client_id.clone(),
    };
    // Counted under the same lock, so that nobody sees the one without the other.
    let mut world = write(&call.tenant.world);
    let granted = world
        .ask(wish, &call.tuning.actions, now)
        .map_err(|refusal| Box::new(refused(call, refusal)))?;
    if granted == Granted::Effect {
        count(call, id, verb.name, consequence, Value::Object(parameters));
    }
    drop(world);
    spend(call, code);
    Ok(Answer::no_content())
}

/// Counts what this call has done to the device.
pub(super) fn count(call: &Call, id: Uuid, verb: &'static str, consequence: Option<&'static str>, parameters: Value) {
    call.tenant.effects.count(Effect {
        number: 0,
        device_id: id,
        verb,
        at: call.place.at,
        consequence,
        version: if call.asked.version == Version::Beta {
            "beta"
        } else {
            "v1.0"
        },
        client_id: call.caller.client_id.clone(),
        request_id: call.place.ids.request.clone(),
        client_request_id: call.place.ids.client.clone(),
        parameters,
    });
}

/// An approval is good for one request.
pub(super) fn spend(call: &Call, code: Option<Uuid>) {
    if let Some(code) = code {
        call.tenant
            .approvals
            .decide(code, Standing::Completed, "", call.place.at);
    }
}

/// Whether Multi Admin Approval lets it pass; the code that lets it, where one was needed.
pub(super) fn approved(call: &Call, verb: &str, id: Uuid) -> Result<Option<Uuid>, Box<Answer>> {
    let header = |name: &str| call.asked.headers.get(name).and_then(|value| value.to_str().ok());
    let body = String::from_utf8_lossy(&call.asked.body);
    let claim = Claim {
        verb,
        device_id: id,
        client_id: &call.caller.client_id,
        request: format!("{} {} {body}", call.asked.method, call.asked.path),
        justification: header("x-msft-approval-justification"),
        code: header("x-msft-approval-code"),
        at: call.place.at,
    };
    let approvals = &call.tenant.approvals;
    let status = StatusCode::from_u16(approvals.policy().status).unwrap_or(StatusCode::FORBIDDEN);
    let seed = Uuid::parse_str(&call.place.ids.request)
        .unwrap_or_default()
        .as_u64_pair()
        .0;
    let refuse = |code: &str, message: &str| call.place.graph(status, code, message);
    Err(Box::new(
        match approvals.judge(&claim, Dice::apart(seed, 0x3AA).uuid()) {
            Verdict::Free(code) => return Ok(code),
            Verdict::Required(code) => {
                let message = "This operation requires approval from another administrator.";
                let mut answer = refuse("ApprovalRequired", message);
                answer.header("x-msft-approval-code", &code.to_string());
                answer
            }
            Verdict::Unjustified => {
                let message = "The header x-msft-approval-justification is missing or is not base64.";
                refuse("BadRequest", message)
            }
            Verdict::Refused(why) => refuse("Forbidden", why),
        },
    ))
}

/// Intune says little about why.
fn refused(call: &Call, refusal: Refusal) -> Answer {
    let place = &call.place;
    match refusal {
        Refusal::NoDevice => place.not_found(),
        Refusal::NotSupported | Refusal::Pending => {
            place.intune(StatusCode::BAD_REQUEST, "BadRequest", "An error has occurred")
        }
        Refusal::TooMany => place.too_many(),
        Refusal::Capped => match call.tuning.actions.caps.status {
            400 => place.intune(StatusCode::BAD_REQUEST, "BadRequest", DAY_IS_FULL),
            403 => place.intune(StatusCode::FORBIDDEN, "Forbidden", DAY_IS_FULL),
            _ => {
                let error = json!({"code": "TooManyRequests", "message": DAY_IS_FULL, "details": []});
                Answer::json(StatusCode::TOO_MANY_REQUESTS, &json!({"error": error}))
            }
        },
    }
}

const DAY_IS_FULL: &str = "The daily limit of this action for the tenant has been reached";
