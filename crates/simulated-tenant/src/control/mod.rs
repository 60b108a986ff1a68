//! `/simulator`: the hand that moves the world. For tests, which put devices, move the clock and arm faults, and for
//! the curious. It asks for no sign-in: the simulator holds nothing but invented people, and listens on loopback.
//!
//! | route | what |
//! |---|---|
//! | `GET /simulator` | tenants, sizes, clock, churn, effects of actions |
//! | `GET POST DELETE /simulator/devices` | the truth, without paging or faults; more devices; none |
//! | `GET PUT PATCH DELETE /simulator/devices/{id}` | one device, by Graph's property names |
//! | `POST /simulator/devices/check-in` | devices check in, and do what was asked of them; nothing else moves |
//! | `POST /simulator/devices/{id}/unlock` | somebody used the Mac's unlock code |
//! | `GET PUT DELETE /simulator/devices/{id}/apps`, `…/policies` | what is found on it, how it stands to policies |
//! | `GET POST PUT /simulator/clock`, `/simulator/churn` | time passes; things happen |
//! | `GET DELETE /simulator/requests`, `GET /simulator/counters` | what was asked |
//! | `GET POST DELETE /simulator/faults`, `DELETE …/{id}`, `POST …/mix` | what goes wrong |
//! | `GET POST /simulator/holds`, `POST …/{id}` | requests that are held; lets them go |
//! | `GET DELETE /simulator/effects` | what was accepted, counted by device and verb |
//! | `GET /simulator/tasks` | what became of it, late traces or not |
//! | `GET POST /simulator/groups` | groups with their members, without any lag; one more |
//! | `GET /simulator/directory`, `PUT DELETE …/absent/{id}` | people and devices with their ids; what it does not have |
//! | `GET DELETE /simulator/writes` | what was written to groups and assignments, counted by endpoint |
//! | `GET POST /simulator/mobile-apps`, `DELETE …/{id}`, `POST …/{id}/assignments` | the catalogue of apps |
//! | `GET POST DELETE /simulator/installs` | what devices say of apps; how installations end |
//! | `PUT /simulator/devices/{id}/user` | its primary user |
//! | `GET /simulator/approvals`, `GET PUT …/policy`, `POST …/{code}` | the second administrator |
//! | `GET PATCH /simulator/tuning` | how it behaves where there is a choice |
//! | `GET PUT DELETE /simulator/apps…`, `PUT …/roles` | app registrations and their rights |
//! | `POST /simulator/apps/{tenant}`, `POST …/certificates`, `…/permissions`, `…/consent` | an administrator registers one, step by step |
//! | `PATCH /simulator/apps/{tenant}` | its cloud; whether assertions may be repeated |
//! | `PUT DELETE /simulator/accounts/{tenant}/{user}` | people who can sign in by password, and why they can't |
//! | `POST /simulator/tenants`, `/simulator/reset` | another tenant; all as at the start |
//!
//! Where several tenants live, `?tenant=` says which; without it, the first is meant.

mod approvals;
mod apps;
mod devices;
mod effects;
mod faults;
mod groups;
mod holds;
mod posture;
mod requests;
mod software;
mod tenants;
mod time;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{delete, get, post, put};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::state::{Simulated, Tenant};

/// Bodies of the control API.
const MAX_BODY_BYTES: usize = 64 << 20;

/// The control API's routes.
pub fn router(sim: Simulated) -> Router {
    Router::new()
        .route("/simulator", get(tenants::overview))
        .route("/simulator/tenants", post(tenants::add))
        .route("/simulator/reset", post(tenants::reset))
        .route("/simulator/tuning", get(tenants::tuning).patch(tenants::tune))
        .route(
            "/simulator/devices",
            get(devices::all).post(devices::generate).delete(devices::clear),
        )
        .route("/simulator/devices/check-in", post(devices::check_in))
        .route("/simulator/devices/{id}/unlock", post(devices::unlock))
        .route("/simulator/devices/{id}/user", put(software::set_user))
        .route(
            "/simulator/devices/{id}/apps",
            get(posture::apps).put(posture::put_apps).delete(posture::forget_apps),
        )
        .route(
            "/simulator/devices/{id}/policies",
            get(posture::policies)
                .put(posture::put_policies)
                .delete(posture::forget_policies),
        )
        .route(
            "/simulator/devices/{id}",
            get(devices::one)
                .put(devices::put)
                .patch(devices::patch)
                .delete(devices::remove),
        )
        .route("/simulator/clock", get(time::clock).put(time::set).post(time::advance))
        .route(
            "/simulator/churn",
            get(time::churn).put(time::set_churn).post(time::step),
        )
        .route("/simulator/requests", get(requests::list).delete(requests::clear))
        .route("/simulator/counters", get(requests::counters))
        .route(
            "/simulator/faults",
            get(faults::list).post(faults::arm).delete(faults::clear),
        )
        .route("/simulator/holds", get(holds::list).post(holds::release_all))
        .route("/simulator/holds/{id}", post(holds::release))
        .route("/simulator/effects", get(effects::list).delete(effects::clear))
        .route("/simulator/tasks", get(effects::tasks))
        .route("/simulator/groups", get(groups::list).post(groups::add))
        .route("/simulator/directory", get(groups::directory))
        .route(
            "/simulator/directory/absent/{id}",
            put(groups::hide).delete(groups::unhide),
        )
        .route("/simulator/writes", get(groups::writes).delete(groups::clear_writes))
        .route("/simulator/mobile-apps", get(software::list).post(software::add))
        .route("/simulator/mobile-apps/{id}", delete(software::remove))
        .route("/simulator/mobile-apps/{id}/assignments", post(software::assign))
        .route(
            "/simulator/installs",
            get(software::installs)
                .post(software::add_outcome)
                .delete(software::clear_outcomes),
        )
        .route("/simulator/approvals", get(approvals::list))
        .route(
            "/simulator/approvals/policy",
            get(approvals::policy).put(approvals::set_policy),
        )
        .route("/simulator/approvals/{code}", post(approvals::decide))
        .route("/simulator/faults/mix", post(faults::mix))
        .route("/simulator/faults/{id}", delete(faults::disarm))
        .route("/simulator/apps", get(apps::list))
        .route(
            "/simulator/apps/{tenant}",
            post(apps::register).patch(apps::change_tenant),
        )
        .route("/simulator/apps/{tenant}/{client}", put(apps::put).delete(apps::remove))
        .route("/simulator/apps/{tenant}/{client}/roles", put(apps::set_roles))
        .route(
            "/simulator/apps/{tenant}/{client}/certificates",
            post(apps::add_certificate),
        )
        .route(
            "/simulator/apps/{tenant}/{client}/permissions",
            post(apps::request_permission),
        )
        .route("/simulator/apps/{tenant}/{client}/consent", post(apps::consent))
        .route(
            "/simulator/accounts/{tenant}/{user}",
            put(apps::put_account).delete(apps::remove_account),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(sim)
}

/// A JSON body; what is wrong with one is told by its field.
struct ControlBody<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ControlBody<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(ControlBody(body)),
            Err(rejection) => Err(Refused(rejection.status(), describe_rejection(&rejection))),
        }
    }
}

fn describe_rejection(rejection: &JsonRejection) -> String {
    let text = rejection.body_text();
    match rejection {
        JsonRejection::JsonDataError(_) => describe_data_error(&text),
        JsonRejection::JsonSyntaxError(_) => "the body is not JSON".to_owned(),
        JsonRejection::MissingJsonContentType(_) => "send the header Content-Type: application/json".to_owned(),
        _ => text,
    }
}

/// Without the library's words around the path and what is wrong there.
fn describe_data_error(text: &str) -> String {
    let told = text.split_once("target type: ").map_or(text, |(_, told)| told);
    let told = told.split(" at line ").next().unwrap_or_default();
    match told.split_once(": UUID parsing failed") {
        Some((field, _)) => format!("{field} has to be an id (a GUID)"),
        None => told.to_owned(),
    }
}

/// A refusal with its reason.
#[derive(Debug)]
pub struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

fn refused(why: impl Into<String>) -> Refused {
    Refused(StatusCode::BAD_REQUEST, why.into())
}

fn missing(what: &str) -> Refused {
    Refused(StatusCode::NOT_FOUND, format!("there is no such {what}"))
}

/// `?tenant=`.
#[derive(Debug, Default, Deserialize)]
pub struct Of {
    tenant: Option<String>,
}

impl Of {
    fn tenant(&self, sim: &Simulated) -> Result<Arc<Tenant>, Refused> {
        let found = match &self.tenant {
            Some(id) => sim.tenant(id),
            None => sim.tenants().into_iter().next(),
        };
        let tenant = found.ok_or_else(|| missing("tenant"))?;
        tenant.settle(sim.now());
        Ok(tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::describe_data_error;

    #[test]
    fn wn_46_a_field_of_a_body_is_named_without_the_words_of_the_library() {
        let begin = "Failed to deserialize the JSON body into the target type: ";
        for (theirs, ours) in [
            (
                "app: UUID parsing failed: invalid character: found `z` at 2 at line 1 column 15",
                "app has to be an id (a GUID)",
            ),
            (
                "unknown field `x`, expected `app` at line 1 column 5",
                "unknown field `x`, expected `app`",
            ),
        ] {
            assert_eq!(describe_data_error(&format!("{begin}{theirs}")), ours);
        }
    }
}
