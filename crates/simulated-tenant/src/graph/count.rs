//! `GET /deviceManagement/managedDevices/$count`: how many devices the list would show, as plain text. The address is
//! known of Graph's own clients; what Intune answers is not, so this is OData's rule: the filter counts, paging does not.

use axum::http::{Method, StatusCode};

use super::filter::Filter;
use super::property::View;
use super::{Answer, BOTH, Call, Class, Endpoint, READ};
use crate::state::read;

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices/$count",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: &["$filter"],
    handle: count,
};

fn count(call: &Call) -> Answer {
    let refuse = |message: &str| call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", message);
    let filter = match call
        .query
        .get("$filter")
        .map(|text| Filter::parse(text, call.tuning.filter_and))
    {
        None => None,
        Some(Ok(filter)) => Some(filter),
        Some(Err(error)) => return refuse(&error.to_string()),
    };
    let world = read(&call.tenant.world);
    let fits = |view| filter.as_ref().is_none_or(|filter| filter.matches(view));
    let devices = world.behind(None).filter(|(_, entry)| {
        fits(View {
            device: &entry.device,
            user: world.person(entry.device.user),
        })
    });
    Answer::new(StatusCode::OK, "text/plain", devices.count().to_string())
}
