//! What a request asks for: its family, which is refused together (E9), and its kind, whatever device it is about.

use super::budget::BudgetLane;
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

/// Part of an address that names a kind, not one of it.
fn is_kind_segment(part: &str) -> bool {
    let known = ["v1.0", BATCH];
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
}
