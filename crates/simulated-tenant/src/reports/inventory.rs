//! Found software and devices as tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::table::{Column, Table};
use crate::posture::{DetectedApp, apps_of};
use crate::software::{InstallState, Software, Surroundings};
use crate::world::{Device, User, World};

const fn column(name: &'static str) -> Column {
    Column { name, kind: "String" }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: "Int32" }
}

/// A row for each device and app.
pub(super) fn raw(world: &World) -> Table {
    let mut rows = Vec::new();
    for (_, entry) in world.behind(None) {
        let device = &entry.device;
        let user = world.person(device.user);
        for app in apps_of(device, world.told(device.id)) {
            rows.push(raw_row(device, user, &app));
        }
    }
    Table {
        columns: vec![
            column("ApplicationKey"),
            column("ApplicationName"),
            column("ApplicationPublisher"),
            column("ApplicationShortVersion"),
            column("ApplicationVersion"),
            column("DeviceId"),
            column("DeviceName"),
            column("EmailAddress"),
            column("OSDescription"),
            column("OSVersion"),
            column("Platform"),
            column("UserId"),
            column("UserName"),
        ],
        rows,
    }
}

fn raw_row(device: &Device, user: Option<&User>, app: &DetectedApp) -> Vec<Value> {
    let address = user.map(|user| &*user.principal_name);
    vec![
        json!(app.id.to_string()),
        app.display_name.clone(),
        json!(app.publisher),
        json!(app.version),
        json!(app.version),
        json!(device.id.to_string()),
        json!(&*device.name),
        json!(address),
        json!(device.kind.os),
        json!(&*device.os_version),
        json!(app.platform),
        json!(user.map(|user| user.id.to_string())),
        json!(user.map(|user| &*user.display_name)),
    ]
}

/// A row for each app, with its devices counted.
pub(super) fn aggregate(world: &World) -> Table {
    let mut counted: BTreeMap<uuid::Uuid, (DetectedApp, i64)> = BTreeMap::new();
    for (_, entry) in world.behind(None) {
        for app in apps_of(&entry.device, world.told(entry.device.id)) {
            counted.entry(app.id).or_insert_with(|| (app, 0)).1 += 1;
        }
    }
    let rows = counted.into_iter().map(|(id, (app, count))| {
        vec![
            json!(id.to_string()),
            json!(id.to_string()),
            app.display_name,
            json!(app.publisher),
            json!(app.version),
            json!(count),
            json!(app.platform),
        ]
    });
    Table {
        columns: vec![
            column("ApplicationKey"),
            column("ApplicationId"),
            column("ApplicationName"),
            column("ApplicationPublisher"),
            column("ApplicationVersion"),
            number("DeviceCount"),
            column("Platform"),
        ],
        rows: rows.collect(),
    }
}

pub(super) fn devices(world: &World) -> Table {
    let rows = world.behind(None).map(|(_, entry)| {
        let device = &entry.device;
        let user = world.person(device.user);
        vec![
            json!(device.id.to_string()),
            json!(&*device.name),
            json!(device.kind.os),
            json!(&*device.os_version),
            json!(device.last_sync.text()),
            json!(device.enrolled.text()),
            json!(&*device.serial),
            json!(device.kind.manufacturer),
            json!(device.model),
            json!(if device.company { "1" } else { "2" }),
            json!(&*device.compliance),
            json!(device.kind.agent),
            json!(device.management_state),
            json!(device.entra.unwrap_or_default().to_string()),
            json!(user.map(|user| user.id.to_string())),
            json!(user.map(|user| &*user.display_name)),
            json!(user.map(|user| &*user.principal_name)),
            json!(user.map(|user| &*user.principal_name)),
        ]
    });
    let names = [
        "DeviceId",
        "DeviceName",
        "OS",
        "OSVersion",
        "LastContact",
        "CreatedDate",
        "SerialNumber",
        "Manufacturer",
        "Model",
        "OwnerType",
        "CompliantState",
        "ManagementAgents",
        "ManagementState",
        "ReferenceId",
        "UserId",
        "UserName",
        "UserEmail",
        "UPN",
    ];
    Table {
        columns: names.map(column).into(),
        rows: rows.collect(),
    }
}

/// A row for each app of the catalogue, with its installations counted.
pub(super) fn install_counts(software: &Software, around: Surroundings<'_>) -> Table {
    let rows = software.apps().iter().map(|app| {
        let said = software.rows(app.id, around);
        let count = |state: InstallState| said.values().filter(|row| row.state == state).count();
        vec![
            json!(app.id.to_string()),
            json!(app.name),
            json!(app.publisher),
            json!(app.version),
            json!(count(InstallState::Installed)),
            json!(count(InstallState::Failed)),
            json!(count(InstallState::PendingInstall)),
            json!(count(InstallState::NotInstalled)),
            json!(count(InstallState::NotApplicable)),
        ]
    });
    Table {
        columns: vec![
            column("ApplicationId"),
            column("DisplayName"),
            column("Publisher"),
            column("AppVersion"),
            number("InstalledDeviceCount"),
            number("FailedDeviceCount"),
            number("PendingInstallDeviceCount"),
            number("NotInstalledDeviceCount"),
            number("NotApplicableDeviceCount"),
        ],
        rows: rows.collect(),
    }
}
