//! `GET /deviceManagement/managedDeviceOverview`: the counts that a scan is checked against.

use axum::http::Method;
use serde_json::json;

use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ};
use crate::fault::Twist;
use crate::state::read;
use crate::world::Tally;

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDeviceOverview",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: SELECT,
    handle: overview,
};

fn overview(call: &Call) -> Answer {
    let world = read(&call.tenant.world);
    let count = match &call.asked.twist {
        Some(Twist::WrongCount { count }) => *count,
        _ => world.len(),
    };
    let of = |tally| world.tally(tally);
    let body = json!({
        "@odata.context": format!("{}/$metadata#deviceManagement/managedDeviceOverview/$entity", call.root()),
        "id": call.tenant.overview_id.to_string(),
        "enrolledDeviceCount": count,
        "mdmEnrolledCount": count,
        "dualEnrolledDeviceCount": 0,
        "deviceOperatingSystemSummary": {
            "androidCount": of(Tally::Android) + of(Tally::AndroidWorkProfile) + of(Tally::AndroidDedicated)
                + of(Tally::AndroidFullyManaged) + of(Tally::AndroidCorporateWorkProfile),
            "iosCount": of(Tally::Ios),
            "macOSCount": of(Tally::MacOs),
            "windowsMobileCount": 0,
            "windowsCount": of(Tally::Windows),
            "unknownCount": of(Tally::Unknown),
            "androidDedicatedCount": of(Tally::AndroidDedicated),
            "androidDeviceAdminCount": 0,
            "androidFullyManagedCount": of(Tally::AndroidFullyManaged),
            "androidWorkProfileCount": of(Tally::AndroidWorkProfile),
            "androidCorporateWorkProfileCount": of(Tally::AndroidCorporateWorkProfile),
            "configMgrDeviceCount": 0,
        },
        "deviceExchangeAccessStateSummary": {
            "allowedDeviceCount": 0, "blockedDeviceCount": 0, "quarantinedDeviceCount": 0,
            "unknownDeviceCount": 0, "unavailableDeviceCount": count,
        },
    });
    select::answer(call, &OVERVIEW, body)
}

const OVERVIEW: ResourceType = ResourceType {
    name: "microsoft.graph.managedDeviceOverview",
    fields: &[
        "id",
        "enrolledDeviceCount",
        "mdmEnrolledCount",
        "dualEnrolledDeviceCount",
        "deviceOperatingSystemSummary",
        "deviceExchangeAccessStateSummary",
    ],
    defaults: &[],
};
