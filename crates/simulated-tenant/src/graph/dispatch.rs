//! Who is asking, for what, and may he: the way of every request to its endpoint, also of one within a batch.

use axum::http::StatusCode;

use super::{Answer, Asked, Call, Endpoint, Place, admission, endpoints, query};
use crate::directory::Caller;
use crate::http_date;
use crate::state::{Simulated, Who};
use crate::token;
use crate::tuning::{RetryAfter, Tuning};
use crate::world::Ticks;

pub(super) fn place(sim: &Simulated, asked: &Asked) -> Place {
    Place {
        ids: asked.ids.clone(),
        at: sim.clock().now(),
        path: asked.path.clone(),
    }
}

/// Answers one request, also one from within a batch.
pub fn dispatch(sim: &Simulated, asked: Asked) -> (Answer, Option<Who>) {
    let place = place(sim, &asked);
    let bearer = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer
        .and_then(|value| value.split_once(' '))
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    let Some((_, bearer)) = bearer else {
        return (place.unauthorized("Access token is empty."), None);
    };
    let caller = match sim.directory().check(bearer.trim(), place.at) {
        Ok(caller) => caller,
        Err(problem) => return (place.unauthorized(&problem.to_string()), None),
    };
    let who = Who {
        tenant_id: caller.tenant_id.clone(),
        client_id: caller.client_id.clone(),
    };
    (admit(sim, asked, caller, place), Some(who))
}

fn admit(sim: &Simulated, asked: Asked, caller: Caller, place: Place) -> Answer {
    if !is_for_graph(sim, &caller, &asked) {
        return place.unauthorized("Access token validation failure. Invalid audience.");
    }
    let (endpoint, keys) = match find(&asked) {
        Found::Endpoint(endpoint, keys) => (endpoint, keys),
        Found::OtherMethod => {
            let message = "The OData request is not supported: no action for this method.";
            return place.intune(StatusCode::METHOD_NOT_ALLOWED, "Request_BadRequest", message);
        }
        Found::Nothing => return place.intune(StatusCode::BAD_REQUEST, "No method match route template", ""),
    };
    let tuning = sim.tuning();
    if !may(endpoint, &caller, &tuning) {
        // Entra says less than Intune.
        return if endpoint.class.is_entra() {
            place.insufficient_privileges()
        } else {
            place.forbidden(endpoint.scopes)
        };
    }
    if !holds_role(sim, &caller) {
        return place.forbidden_to_person();
    }
    let drawn = sim.throttle().draw(
        endpoint.class,
        &caller.tenant_id,
        &caller.client_id,
        &tuning.limits,
        place.at,
    );
    if let Err(wait_s) = drawn {
        return throttled(&place, tuning.retry_after, wait_s);
    }
    let Some(tenant) = sim.tenant(&caller.tenant_id) else {
        return place.graph(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Request not applicable to target tenant.",
        );
    };
    let query = match admission::read_query(&asked.query) {
        Ok(query) => query,
        Err(problem) => return place.graph(StatusCode::BAD_REQUEST, "BadRequest", &problem),
    };
    tenant.settle(Ticks::from_utc(place.at));
    let call = Call {
        sim: sim.clone(),
        asked,
        caller,
        tenant,
        tuning,
        endpoint,
        keys,
        query,
        place,
    };
    admission::refusal(&call).unwrap_or_else(|| (endpoint.handle)(&call))
}

/// Whether the token was handed out for the Graph that it is shown to.
fn is_for_graph(sim: &Simulated, caller: &Caller, asked: &Asked) -> bool {
    let tenant = sim.directory().tenant(&caller.tenant_id);
    tenant.is_some_and(|tenant| token::is_for_graph(&caller.audience, tenant.home(), &asked.origin))
}

fn may(endpoint: &Endpoint, caller: &Caller, tuning: &Tuning) -> bool {
    let has = |scope: &str| caller.roles.iter().any(|role| role == scope);
    let verb = endpoint.path.rsplit('/').next().unwrap_or_default();
    let also = tuning.actions.also_allowed.get(verb).map_or(&[][..], Vec::as_slice);
    endpoint.scopes.is_empty() || endpoint.scopes.iter().any(|scope| has(scope)) || also.iter().any(|scope| has(scope))
}

/// What is delegated is worth no more than the person's own role in Intune.
fn holds_role(sim: &Simulated, caller: &Caller) -> bool {
    let Some(user) = &caller.user else { return true };
    let account = sim.directory().account(&caller.tenant_id, user);
    account.is_some_and(|account| account.intune_role)
}

/// A 429 that says in the chosen way when to come back.
fn throttled(place: &Place, how: RetryAfter, wait_s: u64) -> Answer {
    let mut answer = place.too_many();
    match how {
        RetryAfter::Seconds => answer.header("retry-after", &wait_s.to_string()),
        RetryAfter::Fraction => answer.header("retry-after", &format!("{wait_s}.128")),
        RetryAfter::Date => {
            let at = place.at + chrono::TimeDelta::seconds(i64::try_from(wait_s).unwrap_or(i64::MAX / 1_000_000));
            answer.header("retry-after", &http_date(at));
        }
        RetryAfter::Missing => {}
    }
    answer
}

enum Found {
    Endpoint(&'static Endpoint, Vec<String>),
    OtherMethod,
    Nothing,
}

fn find(asked: &Asked) -> Found {
    let mut found = Found::Nothing;
    for endpoint in endpoints().filter(|endpoint| endpoint.versions.contains(&asked.version)) {
        if let Some(keys) = matched(endpoint.path, &asked.path) {
            if endpoint.method == asked.method {
                return Found::Endpoint(endpoint, keys);
            }
            found = Found::OtherMethod;
        }
    }
    found
}

/// What stands for the `{id}`s of `pattern`; both `/things/7` and `/things('7')` are `/things/{id}`.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let path = path
        .replace("%28", "(")
        .replace("%29", ")")
        .replace("%27", "'")
        .replace("%24", "$")
        .replace("('", "/")
        .replace("')", "");
    let mut keys = Vec::new();
    let mut given = path.trim_matches('/').split('/');
    for wanted in pattern.trim_matches('/').split('/') {
        let segment = given.next()?;
        if wanted == "{id}" {
            keys.push(query::decode(segment)?);
        } else if !wanted.eq_ignore_ascii_case(segment) {
            return None;
        }
    }
    given.next().is_none().then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_both_spellings() {
        let pattern = "/deviceManagement/managedDevices/{id}/users";
        for path in [
            "/deviceManagement/managedDevices/7/users",
            "/deviceManagement/managedDevices(%277%27)/users/",
        ] {
            assert_eq!(matched(pattern, path), Some(vec!["7".to_owned()]), "{path}");
        }
        assert_eq!(matched(pattern, "/deviceManagement/managedDevices/7"), None);
        assert_eq!(matched(pattern, "/deviceManagement/managedDevices/7/users/8"), None);
    }

    #[test]
    fn every_endpoint_that_needs_no_permission_is_known() {
        let open: Vec<&str> = endpoints()
            .filter(|row| row.scopes.is_empty())
            .map(|row| row.path)
            .collect();
        assert_eq!(open, ["/$batch"]);
    }
}
