//! `POST …/syncDevice`: 204 at once, which says only that it was queued. The action shows in `deviceActionResults` of
//! a single GET as pending, and as done once the device checks in.

use axum::http::Method;

use super::device::id_of;
use super::{Answer, Call, Class, Endpoint, PRIVILEGED};
use crate::simulator::state::write;
use crate::simulator::world::{Action, Ticks};

pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/deviceManagement/managedDevices/{id}/syncDevice",
    scopes: PRIVILEGED,
    class: Class::DeviceWrite,
    handle: sync,
};

/// Results that Intune keeps of one device.
const MAX_RESULTS: usize = 20;

fn sync(call: &Call) -> Answer {
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let now = Ticks::from_utc(call.place.at);
    let queued = write(&call.tenant.world).change(id, |device| {
        // A newer one of the same name takes the older one's place.
        device.actions.retain(|action| action.name != "syncDevice");
        device.actions.truncate(MAX_RESULTS - 1);
        device.actions.push(Action {
            name: "syncDevice",
            state: "pending",
            started: now,
            updated: now,
        });
    });
    if !queued {
        return call.place.not_found();
    }
    call.tenant.count_effect("syncDevice");
    Answer::no_content()
}
