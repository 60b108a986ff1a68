//! What a request asks for: its family, which is refused together (E9), and its kind, whatever device it is about.

use super::budget::{BudgetLane, RequestFamily};
use crate::refusal::ResourceFamily;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GraphResource {
    pub family: ResourceFamily,
    /// The path without ids: `v1.0/deviceManagement/managedDevices/*/detectedApps`.
    pub kind: String,
}

/// A batch carries reads of devices.
const BATCH: &str = "$batch";

impl GraphResource {
    /// What is asked for the sake of an action is a family of its own: whatever others are refused, it is not closed.
    pub(crate) fn from_url(lane: BudgetLane, url: &str) -> GraphResource {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = path.split_once('/').map_or("", |(_, path)| path);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let kind: Vec<&str> = path
            .split('/')
            .map(|part| if is_kind_segment(part) { part } else { "*" })
            .collect();
        let has = |word: &str| kind.iter().any(|part| part.eq_ignore_ascii_case(word));
        let family = match lane {
            BudgetLane::Action => ResourceFamily::Actions,
            BudgetLane::Order => order_family(RequestFamily::from_segments(&kind)),
            _ if has("managedDeviceOverview") => ResourceFamily::Count,
            _ if has("managedDevices") || has(BATCH) => ResourceFamily::Devices,
            _ if has("reports") => ResourceFamily::Reports,
            _ => ResourceFamily::Other,
        };
        GraphResource {
            family,
            kind: kind.join("/"),
        }
    }
}

/// What is asked for the sake of an order closes nothing that others ask for, and each of its families by itself.
fn order_family(family: RequestFamily) -> ResourceFamily {
    match family {
        RequestFamily::Applications => ResourceFamily::Applications,
        RequestFamily::Directory => ResourceFamily::Directory,
        RequestFamily::Reports => ResourceFamily::InstallReports,
        RequestFamily::Devices => ResourceFamily::Orders,
    }
}

impl RequestFamily {
    /// By what a request counts in Microsoft's published limits. Only orders ask for anything but devices so often that it
    /// matters; everybody else counts as reading devices.
    pub(super) fn from_url(lane: BudgetLane, url: &str) -> RequestFamily {
        if lane != BudgetLane::Order {
            return RequestFamily::Devices;
        }
        let kind = GraphResource::from_url(lane, url).kind;
        RequestFamily::from_segments(&kind.split('/').collect::<Vec<_>>())
    }

    fn from_segments(segments: &[&str]) -> RequestFamily {
        let has = |word: &str| segments.iter().any(|part| part.eq_ignore_ascii_case(word));
        if has("deviceAppManagement") {
            RequestFamily::Applications
        } else if has("reports") {
            RequestFamily::Reports
        } else if has("deviceManagement") || has("managedDevices") {
            RequestFamily::Devices
        } else {
            RequestFamily::Directory
        }
    }
}

/// Part of an address that names a kind, not one of it.
fn is_kind_segment(part: &str) -> bool {
    let known = ["v1.0", BATCH, "$ref"];
    known.contains(&part) || part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lane: BudgetLane, path: &str) -> (ResourceFamily, String) {
        let resource = GraphResource::from_url(lane, &format!("https://graph.example{path}"));
        (resource.family, resource.kind)
    }

    #[test]
    fn e9_a_request_belongs_to_a_family_whatever_device_it_is_about() {
        let id = "0d0d0d0d-0000-4000-8000-000000000001";
        let devices = [
            "/v1.0/deviceManagement/managedDevices?$top=1000".to_owned(),
            format!("/v1.0/deviceManagement/managedDevices/{id}?$select=id"),
            format!("/beta/deviceManagement/managedDevices/{id}/detectedApps"),
            "/v1.0/users/a@example.com/managedDevices".to_owned(),
            "/v1.0/$batch".to_owned(),
        ];
        for path in &devices {
            assert_eq!(of(BudgetLane::Scan, path).0, ResourceFamily::Devices, "{path}");
            assert_eq!(of(BudgetLane::Decision, path).0, ResourceFamily::Devices, "{path}");
            assert_eq!(of(BudgetLane::Action, path).0, ResourceFamily::Actions, "{path}");
        }
        assert_eq!(
            of(BudgetLane::Scan, "/v1.0/deviceManagement/managedDeviceOverview").0,
            ResourceFamily::Count
        );
        assert_eq!(
            of(BudgetLane::Scan, "/beta/deviceManagement/reports/exportJobs").0,
            ResourceFamily::Reports
        );
        assert_eq!(
            of(BudgetLane::Scan, "/v1.0/deviceManagement/auditEvents").0,
            ResourceFamily::Other
        );
        assert_eq!(
            of(BudgetLane::Scan, &devices[2]).1,
            "beta/deviceManagement/managedDevices/*/detectedApps"
        );
        assert_eq!(of(BudgetLane::Scan, ""), (ResourceFamily::Other, String::new()));
    }

    #[test]
    fn e9_what_is_asked_for_an_order_closes_nothing_but_its_own_family() {
        let id = "0d0d0d0d-0000-4000-8000-000000000001";
        for (path, family, counted) in [
            (
                format!("/beta/deviceAppManagement/mobileApps/{id}/assignments"),
                ResourceFamily::Applications,
                RequestFamily::Applications,
            ),
            (
                format!("/v1.0/groups/{id}/members/{id}/$ref"),
                ResourceFamily::Directory,
                RequestFamily::Directory,
            ),
            (
                format!("/v1.0/directoryObjects/{id}/checkMemberGroups"),
                ResourceFamily::Directory,
                RequestFamily::Directory,
            ),
            (
                "/v1.0/deviceManagement/reports/retrieveDeviceAppInstallationStatusReport".to_owned(),
                ResourceFamily::InstallReports,
                RequestFamily::Reports,
            ),
            (
                format!("/v1.0/deviceManagement/managedDevices/{id}/syncDevice"),
                ResourceFamily::Orders,
                RequestFamily::Devices,
            ),
        ] {
            let url = format!("https://graph.example{path}");
            assert_eq!(of(BudgetLane::Order, &path).0, family, "{path}");
            assert_eq!(RequestFamily::from_url(BudgetLane::Order, &url), counted, "{path}");
            assert_eq!(
                RequestFamily::from_url(BudgetLane::Scan, &url),
                RequestFamily::Devices,
                "{path}"
            );
        }
        assert_eq!(
            of(BudgetLane::Order, &format!("/v1.0/groups/{id}/members/{id}/$ref")).1,
            "v1.0/groups/*/members/*/$ref"
        );
    }
}
