//! The addresses that we make ourselves. Written so that no client library changes a byte of them.

use crate::model::{DeviceId, Timestamp, format_time};

pub(super) const DEVICES: &str = "/deviceManagement/managedDevices";
pub(crate) const OVERVIEW: &str = "/deviceManagement/managedDeviceOverview";
pub(super) const INSTALL_REPORT: &str = "/deviceManagement/reports/retrieveDeviceAppInstallationStatusReport";

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Names of properties, separated by commas; all of them without it.
    pub select: Option<String>,
    /// Only devices that checked in after this moment.
    pub filter_since: Option<Timestamp>,
    /// Devices in a page; Graph takes 1 to 1000.
    pub top: u32,
}

pub(crate) fn list_path(query: &ListQuery) -> String {
    let mut path = format!("{DEVICES}?$top={}", query.top.clamp(1, 1000));
    if let Some(select) = &query.select {
        path.push_str("&$select=");
        path.push_str(&percent_encode(select));
    }
    if let Some(since) = query.filter_since {
        path.push_str("&$filter=lastSyncDateTime%20gt%20");
        path.push_str(&format_time(since));
    }
    path
}

pub(crate) fn device_path(id: DeviceId, select: Option<&str>) -> String {
    match select {
        None => format!("{DEVICES}/{id}"),
        Some(select) => format!("{DEVICES}/{id}?$select={}", percent_encode(select)),
    }
}

/// What is done to a device; an empty `step` is the device itself.
pub(super) fn device_step_path(id: DeviceId, step: &str) -> String {
    if step.is_empty() {
        format!("{DEVICES}/{id}")
    } else {
        format!("{DEVICES}/{id}/{step}")
    }
}

/// In which of the groups that are asked for an object of the directory is.
pub(super) fn memberships_path(object: &str) -> String {
    format!("/directoryObjects/{}/checkMemberGroups", encode_segment(object))
}

/// The people a device is assigned to: its primary user, or nobody.
pub(crate) fn device_users_path(id: DeviceId) -> String {
    format!("{DEVICES}/{id}/users?$select=id,userPrincipalName,displayName,mail")
}

pub(crate) fn user_devices_path(user_principal_name: &str, select: &str) -> String {
    devices_by_path("userPrincipalName", user_principal_name, select)
}

pub(crate) fn devices_by_path(property: &str, value: &str, select: &str) -> String {
    format!(
        "{DEVICES}?$filter={property}%20eq%20{}&$select={}",
        encode_literal(value),
        percent_encode(select)
    )
}

/// A text as it stands in a filter, quotes included: a quote in it is doubled, as OData wants it.
pub fn encode_literal(value: &str) -> String {
    format!("%27{}%27", percent_encode(&value.replace('\'', "''")))
}

/// An id within an address; what Graph issues passes through unchanged.
pub fn encode_segment(id: &str) -> String {
    id.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => (byte as char).to_string(),
            _ => format!("%{byte:02x}"),
        })
        .collect()
}

/// A beta address.
pub(crate) fn remote_action_audits_path(device: DeviceId) -> String {
    format!("/deviceManagement/remoteActionAudits?$filter=managedDeviceId%20eq%20%27{device}%27")
}

/// Property names need no encoding; whatever else somebody put there gets one.
fn percent_encode(select: &str) -> String {
    let mut text = String::with_capacity(select.len());
    for byte in select.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b',' | b'_' | b'-' | b'.' | b'@' => text.push(byte as char),
            _ => text.push_str(&format!("%{byte:02x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;

    #[test]
    fn a_list_asks_for_what_was_chosen() {
        let query = ListQuery {
            select: Some("id,deviceName".into()),
            filter_since: parse_time("2026-11-19T23:17:06.789Z"),
            top: 5000,
        };
        assert_eq!(
            list_path(&query),
            "/deviceManagement/managedDevices?$top=1000&$select=id,deviceName&$filter=lastSyncDateTime%20gt%202026-11-19T23:17:06Z"
        );
        assert_eq!(
            list_path(&ListQuery::default()),
            "/deviceManagement/managedDevices?$top=1"
        );
    }

    #[test]
    fn a_users_name_stays_within_its_quotes() {
        assert_eq!(
            user_devices_path("o'hara+x@contoso.com' or 1 eq 1", "id"),
            "/deviceManagement/managedDevices?$filter=userPrincipalName%20eq%20%27o%27%27hara%2bx@contoso.com%27%27%20or%201%20eq%201%27&$select=id"
        );
    }

    #[test]
    fn the_users_of_a_device_are_asked_for_by_what_tells_who_they_are() {
        let id = "7809c88c-0000-4000-8000-000000000001".parse().unwrap();
        assert_eq!(
            device_users_path(id),
            format!("/deviceManagement/managedDevices/{id}/users?$select=id,userPrincipalName,displayName,mail")
        );
    }

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(encode_segment("a_1-0/../x"), "a_1-0%2f%2e%2e%2fx");
    }

    #[test]
    fn nothing_can_be_smuggled_in_by_a_field_name() {
        let id = "7809c88c-0000-4000-8000-000000000001".parse().unwrap();
        assert_eq!(
            device_path(id, Some("id&$filter=x#ü")),
            format!("/deviceManagement/managedDevices/{id}?$select=id%26%24filter%3dx%23%c3%bc")
        );
    }
}
