//! The report on installations of one app, as Graph streams it: a table with its columns named in front (PRODUCTS.md 3.6.1).
//!
//! Columns are found by name, so those that come or go do no harm. A device has a row for each of its users: the newest one
//! counts. Rows from before the order say nothing about it.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::model::{Timestamp, parse_time};
use crate::store::OrderDevice;

/// Rows of one page. Public tools ask for as many.
pub const PAGE_ROWS: u32 = 999;

/// What is asked for. `AppInstallState_loc` comes by itself and must not be asked for.
const COLUMNS: [&str; 11] = [
    "DeviceName",
    "DeviceId",
    "Platform",
    "UserPrincipalName",
    "UserName",
    "UserId",
    "InstallState",
    "AppInstallState",
    "ErrorCode",
    "HexErrorCode",
    "LastModifiedDateTime",
];
const NEWEST_FIRST: &str = "LastModifiedDateTime desc";

/// One row: the app for one user on one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallRow {
    /// Intune's id.
    pub device_id: Option<String>,
    pub device_name: Option<String>,
    pub user_id: Option<String>,
    pub user_name: Option<String>,
    /// `installed`, `failed`, `notInstalled`, `uninstallFailed`, `pendingInstall`, `notApplicable`, `unknown`, or what Intune
    /// called it.
    pub state: String,
    pub modified: Option<Timestamp>,
    pub error_code: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallReport {
    /// Rows of the whole report, where it says so.
    pub total: Option<u64>,
    pub rows: Vec<InstallRow>,
    /// Rows that could not be read.
    pub unreadable: u64,
}

/// The question for one page; `app` is a GUID.
pub fn report_question(app: &str, skip: u32, newest_first: bool) -> Value {
    let order: &[&str] = if newest_first { &[NEWEST_FIRST] } else { &[] };
    json!({
        "select": COLUMNS, "filter": format!("(ApplicationId eq '{app}')"), "orderBy": order,
        "skip": skip, "top": PAGE_ROWS, "search": "",
    })
}

/// `None`: that is no report.
pub fn parse_report(body: &[u8]) -> Option<InstallReport> {
    let table: Value = serde_json::from_slice(body).ok()?;
    let columns: HashMap<String, usize> = table["Schema"]
        .as_array()?
        .iter()
        .enumerate()
        .filter_map(|(at, column)| Some((column["Column"].as_str()?.to_ascii_lowercase(), at)))
        .collect();
    let values = table["Values"].as_array()?;
    let mut report = InstallReport {
        total: table["TotalRowCount"].as_u64(),
        ..InstallReport::default()
    };
    for row in values {
        match row.as_array().and_then(|cells| read_row(&columns, cells)) {
            Some(row) => report.rows.push(row),
            None => report.unreadable += 1,
        }
    }
    Some(report)
}

fn read_row(columns: &HashMap<String, usize>, cells: &[Value]) -> Option<InstallRow> {
    let cell = |name: &str| cells.get(*columns.get(&name.to_ascii_lowercase())?);
    let text = |name: &str| {
        let text = cell(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let row = InstallRow {
        device_id: text("DeviceId").map(|id| id.to_ascii_lowercase()),
        device_name: text("DeviceName"),
        user_id: text("UserId").map(|id| id.to_ascii_lowercase()),
        user_name: text("UserPrincipalName"),
        state: [
            cell("AppInstallState"),
            cell("InstallState"),
            cell("AppInstallState_loc"),
        ]
        .into_iter()
        .flatten()
        .find_map(read_state)?,
        modified: text("LastModifiedDateTime").and_then(|text| parse_report_time(&text)),
        error_code: cell("ErrorCode")
            .and_then(read_number)
            .or_else(|| cell("HexErrorCode").and_then(read_hex))
            .filter(|code| *code != 0),
    };
    (row.device_id.is_some() || row.device_name.is_some()).then_some(row)
}

/// A number by Graph's enum `resultantAppState`, or a word; blanks and capitals of a localised word make no difference.
fn read_state(cell: &Value) -> Option<String> {
    if let Some(number) = read_number(cell) {
        let known = match number {
            1 => "installed",
            2 => "failed",
            3 => "notInstalled",
            4 => "uninstallFailed",
            5 => "pendingInstall",
            99 => "unknown",
            -1 => "notApplicable",
            other => return Some(format!("state{other}")),
        };
        return Some(known.to_owned());
    }
    let text = cell.as_str()?.trim();
    let bare: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let known = match bare.as_str() {
        "" => return None,
        "installed" => "installed",
        "failed" => "failed",
        "notinstalled" => "notInstalled",
        "uninstallfailed" => "uninstallFailed",
        "pendinginstall" | "installpending" | "pending" => "pendingInstall",
        "notapplicable" => "notApplicable",
        "unknown" => "unknown",
        _ => text,
    };
    Some(known.to_owned())
}

fn read_number(cell: &Value) -> Option<i64> {
    cell.as_i64().or_else(|| cell.as_str()?.trim().parse().ok())
}

fn read_hex(cell: &Value) -> Option<i64> {
    let digits = cell.as_str()?.trim().trim_start_matches("0x").trim_start_matches("0X");
    u32::from_str_radix(digits, 16).ok().map(|code| i64::from(code as i32))
}

/// Reports leave out the zone: it is UTC.
fn parse_report_time(text: &str) -> Option<Timestamp> {
    parse_time(text)
        .or_else(|| parse_time(&format!("{text}Z")))
        .or_else(|| parse_time(&format!("{}Z", text.replacen(' ', "T", 1))))
}

/// Whether the rows come newest first, as asked: then what follows an old row is older still.
pub fn is_newest_first(rows: &[InstallRow]) -> bool {
    rows.iter().all(|row| row.modified.is_some()) && rows.is_sorted_by(|one, next| one.modified >= next.modified)
}

/// The newest row of each device, by its id, and by its name where the report has no id.
pub fn newest_rows(rows: Vec<InstallRow>) -> HashMap<String, InstallRow> {
    let mut newest: HashMap<String, InstallRow> = HashMap::new();
    for row in rows {
        let Some(key) = row
            .device_id
            .clone()
            .or_else(|| Some(name_key(row.device_name.as_ref()?)))
        else {
            continue;
        };
        match newest.get(&key) {
            Some(known) if known.modified >= row.modified => (),
            _ => {
                newest.insert(key, row);
            }
        }
    }
    newest
}

fn name_key(name: &str) -> String {
    format!("name {}", name.to_lowercase())
}

/// The devices of an order with what the report says of them from a time on; the second is whether that is anything new.
pub fn update_devices(
    devices: &[OrderDevice],
    newest: &HashMap<String, InstallRow>,
    from: Timestamp,
) -> (Vec<OrderDevice>, bool) {
    let mut changed = false;
    let updated = devices
        .iter()
        .map(|device| {
            let by_id = device
                .intune_id
                .as_ref()
                .and_then(|id| newest.get(&id.to_ascii_lowercase()));
            let found = by_id.or_else(|| newest.get(&name_key(device.name.as_ref()?)));
            let row = found.filter(|row| row.modified.is_some_and(|modified| modified >= from));
            // Reports tell whole seconds: what changed within one has the same time and another state.
            let is_news = |row: &&InstallRow| {
                let is_other = device.install_state.as_ref() != Some(&row.state) || device.error_code != row.error_code;
                device
                    .seen_at
                    .is_none_or(|seen| row.modified > Some(seen) || (row.modified == Some(seen) && is_other))
            };
            let Some(row) = row.filter(is_news) else {
                return device.clone();
            };
            changed = true;
            OrderDevice {
                install_state: Some(row.state.clone()),
                seen_at: row.modified,
                error_code: row.error_code,
                ..device.clone()
            }
        })
        .collect();
    (updated, changed)
}

/// Devices of a user who had none when they ordered: those on which the report shows them.
pub fn devices_of_user(
    newest: &HashMap<String, InstallRow>,
    user_id: &str,
    user_name: Option<&str>,
) -> Vec<OrderDevice> {
    let is_theirs = |row: &&InstallRow| match (&row.user_id, &row.user_name, user_name) {
        (Some(id), _, _) if id.eq_ignore_ascii_case(user_id) => true,
        (_, Some(name), Some(user)) => name.eq_ignore_ascii_case(user),
        _ => false,
    };
    let mut devices: Vec<OrderDevice> = newest
        .values()
        .filter(is_theirs)
        .map(|row| OrderDevice {
            intune_id: row.device_id.clone(),
            entra_id: None,
            object_id: None,
            name: row.device_name.clone(),
            install_state: None,
            seen_at: None,
            error_code: None,
        })
        .collect();
    devices.sort_by(|one, other| (&one.name, &one.intune_id).cmp(&(&other.name, &other.intune_id)));
    devices
}

#[cfg(test)]
#[path = "install_report_tests.rs"]
mod tests;
