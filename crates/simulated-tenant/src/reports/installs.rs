//! What devices say of an app, as `DeviceInstallStatusByApp` and the report that answers at once show it. There is a row
//! for each device and user, so some devices have several: an older one of the system's account, and a stale one of
//! somebody who used the device before. Only the newest tells what is so.

use serde_json::{Value, json};
use uuid::Uuid;

use super::table::{Column, Table};
use crate::software::{InstallRow, InstallState, MobileApp, Software, Surroundings};
use crate::world::{Device, Ticks};

const STALE_S: i64 = 9 * 86_400;
/// What the last user's failure was.
const STALE_CODE: i32 = 0x87D3_00C9_u32 as i32;

/// A row before it is written.
struct Line<'a> {
    app: &'a MobileApp,
    device: &'a Device,
    user_id: String,
    user_name: String,
    principal_name: String,
    state: InstallState,
    error_code: i32,
    at: Ticks,
    without_zone: bool,
}

type Getter = fn(&Line<'_>) -> Value;

const COLUMNS: &[(&str, &str, Getter)] = &[
    ("DeviceName", "String", |line| json!(&*line.device.name)),
    ("UserPrincipalName", "String", |line| json!(line.principal_name)),
    ("Platform", "String", |line| json!(line.device.kind.os)),
    ("AppVersion", "String", |line| json!(line.app.version)),
    ("InstallState", "Int32", |line| json!(line.state.number())),
    ("InstallStateDetail", "Int32", |line| json!(detail(line.state))),
    ("AssignmentFilterIdsExist", "Boolean", |_| json!(false)),
    ("LastModifiedDateTime", "DateTime", |line| json!(line.moment())),
    ("DeviceId", "String", |line| json!(line.device.id.to_string())),
    ("ErrorCode", "Int32", |line| json!(line.error_code)),
    ("UserName", "String", |line| json!(line.user_name)),
    ("UserId", "String", |line| json!(line.user_id)),
    ("ApplicationId", "String", |line| json!(line.app.id.to_string())),
    ("AssignmentFilterIdsList", "String", |_| json!("")),
    ("AppInstallState", "String", |line| json!(line.state.name())),
    ("AppInstallState_loc", "String", |line| json!(line.state.label())),
    ("AppInstallStateDetails", "String", |line| {
        json!(detail_name(line.state))
    }),
    ("AppInstallStateDetails_loc", "String", |line| {
        json!(detail_label(line.state))
    }),
    ("HexErrorCode", "String", |line| {
        json!(format!("0x{:08X}", line.error_code as u32))
    }),
];

/// `resultantAppStateDetail`.
fn detail(state: InstallState) -> i64 {
    match state {
        InstallState::Failed => 2000,
        InstallState::UninstallFailed => 4000,
        InstallState::NotApplicable => -1006,
        _ => 0,
    }
}

fn detail_name(state: InstallState) -> &'static str {
    match state {
        InstallState::Failed => "seeInstallErrorCode",
        InstallState::UninstallFailed => "seeUninstallErrorCode",
        InstallState::NotApplicable => "platformNotApplicable",
        _ => "noAdditionalDetails",
    }
}

fn detail_label(state: InstallState) -> &'static str {
    match state {
        InstallState::Failed => "See install error code",
        InstallState::UninstallFailed => "See uninstall error code",
        InstallState::NotApplicable => "Platform not applicable",
        _ => "",
    }
}

impl Line<'_> {
    fn moment(&self) -> String {
        let mut text = self.at.text();
        if self.without_zone {
            text.pop();
        }
        text
    }
}

/// Every row of one app, ordered by device and user.
pub fn install_table(software: &Software, app: Uuid, around: Surroundings<'_>) -> Table {
    let columns = COLUMNS.iter().map(|(name, kind, _)| Column { name, kind }).collect();
    let Some(app) = software.app(app) else {
        return Table {
            columns,
            rows: Vec::new(),
        };
    };
    let said = software.rows(app.id, around);
    let devices = said.iter().filter_map(|(id, row)| Some((around.world.get(*id)?, row)));
    let rows = devices.flat_map(|(device, row)| lines(app, device, *row, around));
    let rows = rows.map(|line| COLUMNS.iter().map(|(_, _, get)| get(&line)).collect());
    Table {
        columns,
        rows: rows.collect(),
    }
}

fn lines<'a>(app: &'a MobileApp, device: &'a Device, row: InstallRow, around: Surroundings<'a>) -> Vec<Line<'a>> {
    let user = around.world.person(device.user);
    let line = |state, error_code, at| Line {
        app,
        device,
        user_id: String::new(),
        user_name: String::new(),
        principal_name: String::new(),
        state,
        error_code,
        at,
        without_zone: around.tuning.report_dates_without_zone,
    };
    let main = Line {
        user_id: user.map(|user| user.id.to_string()).unwrap_or_default(),
        user_name: user.map(|user| user.display_name.to_string()).unwrap_or_default(),
        principal_name: user.map(|user| user.principal_name.to_string()).unwrap_or_default(),
        ..line(row.state, row.error_code, row.at)
    };
    let mut lines = Vec::with_capacity(3);
    if around.tuning.further_rows && device.hardware.is_multiple_of(3) && row.state.is_final() && user.is_some() {
        lines.push(line(InstallState::PendingInstall, 0, row.at.plus_seconds(-1)));
    }
    lines.push(main);
    if around.tuning.further_rows && device.hardware % 5 == 1 {
        lines.push(Line {
            user_name: "Former Colleague".to_owned(),
            principal_name: "former.colleague@contoso.example".to_owned(),
            ..line(InstallState::Failed, STALE_CODE, row.at.plus_seconds(-STALE_S))
        });
    }
    lines
}
