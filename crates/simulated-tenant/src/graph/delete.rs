//! `DELETE …/managedDevices/{id}`: not the deletion of a record. The row vanishes at once, and the device is retired,
//! or wiped, where it is an Android device of the company.

use axum::http::Method;

use super::device::id_of;
use super::{Answer, BOTH, Call, Class, Endpoint, WRITE, action};
use crate::remote::{DELETE, Params, delete_wipes};
use crate::state::read;

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::DELETE,
    path: DELETE.path,
    versions: BOTH,
    scopes: WRITE,
    class: Class::DeviceWrite,
    options: &[],
    handle: delete,
};

static VERB: crate::remote::Verb = DELETE;

fn delete(call: &Call) -> Answer {
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let wipes = read(&call.tenant.world).get(id).is_some_and(delete_wipes);
    let consequence = if wipes { "wipe" } else { "retire" };
    action::carry_out(call, &VERB, Params::new(), Some(consequence)).unwrap_or_else(|refusal| *refusal)
}
