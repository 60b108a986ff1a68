//! Microsoft Graph, as far as Intune's devices go.
//!
//! One request runs through [`dispatch`]: who is asking, which endpoint, may he, has he budget left, then the
//! endpoint's own function, which is pure of HTTP: it gets a [`Call`] and hands back an [`Answer`]. So a batch can
//! send its inner requests the same way. [`TABLE`] lists the endpoints, one small file each; a new one is a file and
//! a row. Both roots, `/v1.0` and `/beta`, share them; [`Version`] tells the difference.
//!
//! | file | what |
//! |---|---|
//! | list, device, overview, users, sync, batch | an endpoint each |
//! | property, property_beta, complex, render | what a device looks like |
//! | query, filter, skip_token, page | what the list was asked for |
//! | errors, throttle, answer | how it is refused |

mod answer;
mod batch;
mod complex;
mod device;
mod errors;
mod filter;
mod list;
mod overview;
mod page;
mod property;
mod property_beta;
mod query;
mod render;
mod skip_token;
mod sync;
mod throttle;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::routing::any;
use bytes::Bytes;

pub use answer::Answer;
pub use errors::{Ids, Place};
pub use property::View;
pub use query::Query;
pub use render::{Shape, Style};
pub use throttle::{Class, Throttle};

use super::directory::Caller;
use super::fault::Twist;
use super::state::{Secure, Simulated, Tenant, Who};
use super::tuning::{RetryAfter, Tuning};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    V1,
    Beta,
}

/// One kind of request that Graph answers.
pub struct Endpoint {
    pub method: Method,
    /// Behind the version; `{id}` stands for a segment or for the key in OData's parentheses.
    pub path: &'static str,
    /// Any of these permissions will do; none means that none is needed.
    pub scopes: &'static [&'static str],
    pub class: Class,
    pub handle: fn(&Call) -> Answer,
}

const TABLE: &[Endpoint] = &[
    list::ENDPOINT,
    device::ENDPOINT,
    users::OF_DEVICE,
    users::ONE,
    overview::ENDPOINT,
    sync::ENDPOINT,
    batch::ENDPOINT,
];

pub const READ: &[&str] = &[
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
];
pub const PRIVILEGED: &[&str] = &["DeviceManagementManagedDevices.PrivilegedOperations.All"];

/// Request bodies above this are refused; Graph's own limit is 4 MB.
const MAX_BODY_BYTES: usize = 4 << 20;

/// A request, taken out of HTTP.
#[derive(Clone)]
pub struct Asked {
    pub method: Method,
    pub version: Version,
    /// Behind the version, with its slash.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `https://graph.microsoft.com`, by whichever name the client came.
    pub origin: String,
    pub ids: Ids,
    /// What a fault makes of the list.
    pub twist: Option<Twist>,
}

/// A request that may be answered.
pub struct Call {
    pub sim: Simulated,
    pub asked: Asked,
    pub caller: Caller,
    pub tenant: Arc<Tenant>,
    pub tuning: Arc<Tuning>,
    /// What stood for the `{id}`s of the path.
    pub keys: Vec<String>,
    pub query: Query,
    pub place: Place,
}

impl Call {
    /// The address of the version's root.
    pub fn root(&self) -> String {
        self.asked.root()
    }
}

impl Asked {
    fn root(&self) -> String {
        let version = if self.version == Version::Beta { "beta" } else { "v1.0" };
        format!("{}/{version}", self.origin)
    }
}

/// Graph's routes.
pub fn router(sim: Simulated) -> Router {
    Router::new()
        .route("/v1.0/{*path}", any(serve))
        .route("/beta/{*path}", any(serve))
        .with_state(sim)
}

async fn serve(State(sim): State<Simulated>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let ids = parts
        .extensions
        .get::<Ids>()
        .cloned()
        .unwrap_or_else(|| sim.new_ids(&parts.headers));
    let path = parts.uri.path();
    let version = if path.starts_with("/beta/") {
        Version::Beta
    } else {
        Version::V1
    };
    let rest = path.trim_start_matches("/beta").trim_start_matches("/v1.0").to_owned();
    let mut asked = Asked {
        method: parts.method.clone(),
        version,
        path: rest,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        origin: origin(&parts),
        twist: parts.extensions.get::<Twist>().cloned(),
        headers: parts.headers,
        body: Bytes::new(),
        ids,
    };
    match axum::body::to_bytes(body, MAX_BODY_BYTES).await {
        Ok(body) => asked.body = body,
        Err(_) => {
            let place = place(&sim, &asked);
            return place
                .graph(StatusCode::PAYLOAD_TOO_LARGE, "BadRequest", "Request body too large.")
                .into_response();
        }
    }
    let (answer, who) = dispatch(&sim, asked);
    let mut response = answer.into_response();
    if let Some(who) = who {
        response.extensions_mut().insert(who);
    }
    response
}

/// The name by which the client came, so that a next link leads there again, through a proxy as well.
fn origin(parts: &axum::http::request::Parts) -> String {
    let secure =
        parts.extensions.get::<Secure>().is_some_and(|secure| secure.0) || parts.uri.scheme_str() == Some("https");
    let named = parts.headers.get("host").and_then(|host| host.to_str().ok());
    let host = parts
        .uri
        .authority()
        .map(|authority| authority.as_str())
        .or(named)
        .unwrap_or("localhost");
    format!("{}://{host}", if secure { "https" } else { "http" })
}

fn place(sim: &Simulated, asked: &Asked) -> Place {
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
    let (endpoint, keys) = match find(&asked.method, &asked.path) {
        Found::Endpoint(endpoint, keys) => (endpoint, keys),
        Found::OtherMethod => {
            let message = "The OData request is not supported: no action for this method.";
            return place.intune(StatusCode::METHOD_NOT_ALLOWED, "Request_BadRequest", message);
        }
        Found::Nothing => return place.intune(StatusCode::BAD_REQUEST, "No method match route template", ""),
    };
    if !endpoint.scopes.is_empty()
        && !endpoint
            .scopes
            .iter()
            .any(|scope| caller.roles.iter().any(|role| role == scope))
    {
        return place.forbidden(endpoint.scopes);
    }
    let tuning = sim.tuning();
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
    let Some(query) = Query::parse(&asked.query) else {
        return place.graph(StatusCode::BAD_REQUEST, "BadRequest", "The query is not valid UTF-8.");
    };
    let call = Call {
        sim: sim.clone(),
        asked,
        caller,
        tenant,
        tuning,
        keys,
        query,
        place,
    };
    (endpoint.handle)(&call)
}

/// A 429 that says in the chosen way when to come back.
pub fn throttled(place: &Place, how: RetryAfter, wait_s: u64) -> Answer {
    let mut answer = place.too_many();
    match how {
        RetryAfter::Seconds => answer.header("retry-after", &wait_s.to_string()),
        RetryAfter::Fraction => answer.header("retry-after", &format!("{wait_s}.128")),
        RetryAfter::Date => {
            let at = place.at + chrono::TimeDelta::seconds(i64::try_from(wait_s).unwrap_or(i64::MAX / 1_000_000));
            answer.header("retry-after", &super::http_date(at));
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

fn find(method: &Method, path: &str) -> Found {
    let mut found = Found::Nothing;
    for endpoint in TABLE {
        if let Some(keys) = matched(endpoint.path, path) {
            if endpoint.method == method {
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
        let open: Vec<&str> = TABLE
            .iter()
            .filter(|row| row.scopes.is_empty())
            .map(|row| row.path)
            .collect();
        assert_eq!(open, ["/$batch"]);
    }
}
