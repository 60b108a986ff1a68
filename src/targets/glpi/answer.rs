//! What an answer of GLPI means: pure, and the one place that knows it.
//!
//! The two ways in speak differently. An inventory is answered by `{"status":"ok"}`, or by an error with a `message`: 400 for
//! what does not fit the schema, 401 without a sign-in, 403 where inventories are switched off, 501 for what GLPI does not
//! know, and 500 for everything else, also where it fails at one device. The high-level API answers errors with `title` and
//! `detail`, an incomplete list with 206, and what is not there with 404.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::targets::TargetFault;

/// Longest part of an answer that is told, characters.
const TOLD_MAX: usize = 300;
/// No token is kept longer, whatever is said of its end.
const TOKEN_SECONDS_MAX: u64 = 86_400;

/// What a request does over there. It decides what it means that its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestEffect {
    Read,
    /// Sent twice it does no harm.
    Repeat,
    /// Sent twice it may make two.
    Create,
}

/// What came over the wire.
#[derive(Debug, Default)]
pub(super) struct GlpiAnswer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// Where a redirect leads, without its query.
    pub location: Option<String>,
    /// By the clock over there.
    pub sent_at: Option<SystemTime>,
    pub body: Vec<u8>,
    /// It was longer than what is read.
    pub is_cut: bool,
}

/// What became of an inventory that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InventoryEnd {
    Taken,
    /// Somebody between is still at it.
    Pending,
}

/// Why GLPI did not take an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InventoryTrouble {
    Fault(TargetFault),
    /// GLPI itself failed at it (HTTP 500, in its own words): at this device, or at all.
    Failed(String),
}

pub(super) fn judge_inventory(answer: &GlpiAnswer, effect: RequestEffect) -> Result<InventoryEnd, InventoryTrouble> {
    let json = read_json(answer);
    let status = json.as_ref().and_then(|json| json.get("status")?.as_str());
    match (answer.status, status) {
        (200..=299, Some("ok")) => Ok(InventoryEnd::Taken),
        (200..=299, Some("pending")) => Ok(InventoryEnd::Pending),
        (200..=299, _) => Err(InventoryTrouble::Fault(unreadable(answer, effect))),
        (400, _) => Err(InventoryTrouble::Fault(TargetFault::Refused {
            problem: format!("GLPI does not take the inventory (HTTP 400){}", said(json.as_ref())),
            field: None,
        })),
        (403, _) => Err(InventoryTrouble::Fault(TargetFault::Misconfigured {
            problem: format!("GLPI takes no inventories (HTTP 403){}", said(json.as_ref())),
            advice: "switch inventories on in GLPI (Administration, Inventory, Enable inventory)".to_owned(),
        })),
        (500, Some("error")) => Err(InventoryTrouble::Failed(format!("HTTP 500{}", said(json.as_ref())))),
        (501, _) => Err(InventoryTrouble::Fault(TargetFault::Misconfigured {
            problem: "GLPI does not know inventories in this form (HTTP 501)".to_owned(),
            advice: "upgrade GLPI to version 10 or 11".to_owned(),
        })),
        _ => Err(InventoryTrouble::Fault(judge_failure(answer, effect))),
    }
}

/// The JSON of a good answer of the high-level API; null where it has none, as for what was deleted.
pub(super) fn judge_api(answer: &GlpiAnswer, effect: RequestEffect, what: &str) -> Result<Value, TargetFault> {
    match answer.status {
        204 => Ok(Value::Null),
        200..=299 if answer.body.is_empty() && effect != RequestEffect::Read => Ok(Value::Null),
        200..=299 => read_json(answer).ok_or_else(|| unreadable(answer, effect)),
        400 | 409 | 422 => {
            let told = said(read_json(answer).as_ref());
            Err(TargetFault::Refused {
                problem: format!("GLPI refuses `{what}` (HTTP {}){told}", answer.status),
                field: None,
            })
        }
        403 => Err(explain_missing_right(what)),
        404 => Err(TargetFault::NotThere),
        _ => Err(judge_failure(answer, effect)),
    }
}

pub(super) fn explain_missing_right(what: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the user of the target lacks the right for `{what}` in GLPI"),
        advice: "give the profile of that user the right in GLPI (Administration, Profiles); then check it: intune-connector \
                 targets verify TARGET"
            .to_owned(),
    }
}

/// A token and how long it is good for.
pub(super) fn judge_token(answer: &GlpiAnswer) -> Result<(String, Duration), TargetFault> {
    let json = read_json(answer);
    match answer.status {
        200..=299 => {
            let token = json.as_ref().and_then(|json| json.get("access_token")?.as_str());
            let lasts = json.as_ref().and_then(|json| json.get("expires_in")?.as_u64());
            let token = token.ok_or_else(|| unreadable(answer, RequestEffect::Read))?;
            let lasts = lasts.unwrap_or(3_600).min(TOKEN_SECONDS_MAX);
            Ok((token.to_owned(), Duration::from_secs(lasts)))
        }
        400 | 401 | 403 => Err(TargetFault::SignIn {
            problem: format!("GLPI gives no token (HTTP {}){}", answer.status, said(json.as_ref())),
            advice:
                "check `client_id`, `client_secret`, `user` and `password`; the OAuth client of GLPI needs the grants \
                     password and client credentials, and the scopes api and inventory"
                    .to_owned(),
        }),
        _ => Err(judge_failure(answer, RequestEffect::Read)),
    }
}

/// What all parts of GLPI and whoever stands before it have in common.
pub(super) fn judge_failure(answer: &GlpiAnswer, effect: RequestEffect) -> TargetFault {
    let status = answer.status;
    // A server that fails may show its statement, with all values of the record in it.
    let told = if (500..=599).contains(&status) {
        String::new()
    } else {
        said(read_json(answer).as_ref())
    };
    let problem = format!("HTTP {status}{told}");
    match status {
        300..=399 => TargetFault::Misconfigured {
            problem: match &answer.location {
                Some(location) => format!("GLPI leads elsewhere, to {location} (HTTP {status})"),
                None => format!("GLPI leads elsewhere (HTTP {status})"),
            },
            advice: "set `url` to the address where GLPI itself answers, with https://".to_owned(),
        },
        401 => TargetFault::SignIn {
            problem: format!("GLPI does not accept the sign-in (HTTP 401){told}"),
            advice: "check `inventory_sign_in` with its user and password, and `client_id` with its secret".to_owned(),
        },
        404 | 405 | 410 => TargetFault::Misconfigured {
            problem: format!("there is no GLPI at this address (HTTP {status})"),
            advice: "set `url` to the address of GLPI as browsers use it".to_owned(),
        },
        413 => TargetFault::Refused {
            problem: "the record is too large (HTTP 413)".to_owned(),
            field: None,
        },
        429 => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        503 if answer.retry_after.is_some() => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        // Under maintenance; nothing was done.
        503 | 408 | 425 => TargetFault::Unavailable { problem },
        500..=599 if effect == RequestEffect::Create => TargetFault::LostAnswer { problem },
        500..=599 => TargetFault::Unavailable { problem },
        _ => TargetFault::Unreadable { problem },
    }
}

/// A write whose answer says nothing may have happened.
fn unreadable(answer: &GlpiAnswer, effect: RequestEffect) -> TargetFault {
    let problem = if answer.is_cut {
        "the answer is larger than what is read"
    } else {
        "the answer is not what GLPI says: does the address belong to it, or to a sign-in page before it?"
    };
    let problem = problem.to_owned();
    match effect {
        RequestEffect::Create => TargetFault::LostAnswer { problem },
        RequestEffect::Read | RequestEffect::Repeat => TargetFault::Unreadable { problem },
    }
}

fn read_json(answer: &GlpiAnswer) -> Option<Value> {
    if answer.is_cut {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

/// What an error says, after a colon; empty where it says nothing.
fn said(json: Option<&Value>) -> String {
    let text = |key: &str| json.and_then(|json| json.get(key)?.as_str()).unwrap_or_default();
    let told = ["message", "detail", "error_description", "title", "error"]
        .into_iter()
        .map(text)
        .find(|told| !told.trim().is_empty())
        .unwrap_or_default();
    let words: Vec<&str> = told.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(TOLD_MAX).collect();
    if short.is_empty() {
        return String::new();
    }
    format!(": {short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> GlpiAnswer {
        GlpiAnswer {
            status,
            body: body.as_bytes().to_vec(),
            ..GlpiAnswer::default()
        }
    }

    #[test]
    fn each_answer_to_an_inventory_has_its_meaning() {
        let judge = |status, body: &str, effect| judge_inventory(&answer(status, body), effect);
        let ok = r#"{"status":"ok","expiration":24}"#;
        assert_eq!(judge(200, ok, RequestEffect::Create), Ok(InventoryEnd::Taken));
        let pending = r#"{"status":"pending"}"#;
        assert_eq!(judge(202, pending, RequestEffect::Create), Ok(InventoryEnd::Pending));
        let error = r#"{"status":"error","message":"no"}"#;
        for (status, body, effect, code) in [
            (200, "<html>", RequestEffect::Create, "lostAnswer"),
            (200, "<html>", RequestEffect::Repeat, "unreadable"),
            (400, error, RequestEffect::Create, "refused"),
            (401, error, RequestEffect::Create, "signIn"),
            (403, error, RequestEffect::Create, "misconfigured"),
            (404, "", RequestEffect::Create, "misconfigured"),
            (302, "", RequestEffect::Create, "misconfigured"),
            (413, "", RequestEffect::Create, "refused"),
            (429, "", RequestEffect::Create, "throttled"),
            (500, "<html>", RequestEffect::Create, "lostAnswer"),
            (500, "<html>", RequestEffect::Repeat, "unavailable"),
            (501, error, RequestEffect::Create, "misconfigured"),
            (502, "", RequestEffect::Create, "lostAnswer"),
            (503, "", RequestEffect::Create, "unavailable"),
        ] {
            let Err(InventoryTrouble::Fault(fault)) = judge(status, body, effect) else {
                panic!("{status} {body}");
            };
            assert_eq!(fault.code(), code, "{status} {body}");
        }
        let failed = judge(500, error, RequestEffect::Create);
        assert_eq!(failed, Err(InventoryTrouble::Failed("HTTP 500: no".to_owned())));
    }

    #[test]
    fn each_answer_of_the_api_has_its_meaning() {
        let judge = |status, body: &str, effect| judge_api(&answer(status, body), effect, "GET Assets/Computer");
        assert!(judge(200, "[]", RequestEffect::Read).is_ok() && judge(206, "[]", RequestEffect::Read).is_ok());
        assert_eq!(judge(204, "", RequestEffect::Repeat), Ok(Value::Null));
        for (status, body, code) in [
            (200, "<html>", "unreadable"),
            (400, r#"{"title":"no","detail":"field"}"#, "refused"),
            (401, "", "signIn"),
            (403, "", "misconfigured"),
            (404, "", "notThere"),
            (500, "", "unavailable"),
            (429, "", "throttled"),
        ] {
            assert_eq!(
                judge(status, body, RequestEffect::Read).unwrap_err().code(),
                code,
                "{status}"
            );
        }
    }

    #[test]
    fn a_token_is_read_and_a_refusal_is_one_of_the_sign_in() {
        let good = answer(200, r#"{"token_type":"Bearer","expires_in":60,"access_token":"t"}"#);
        assert_eq!(judge_token(&good), Ok(("t".to_owned(), Duration::from_secs(60))));
        let endless = answer(200, r#"{"expires_in":18446744073709551615,"access_token":"t"}"#);
        assert_eq!(
            judge_token(&endless).map(|(_, lasts)| lasts),
            Ok(Duration::from_secs(86_400))
        );
        for status in [400, 401] {
            let refused = judge_token(&answer(status, r#"{"error":"invalid_client"}"#)).unwrap_err();
            assert_eq!(refused.code(), "signIn");
        }
        assert_eq!(judge_token(&answer(200, "{}")).unwrap_err().code(), "unreadable");
    }
}
