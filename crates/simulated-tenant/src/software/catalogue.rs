//! The apps of a tenant: one of each type and more, some of one name, some not published yet. Several are assigned by
//! other people, which nobody who orders may touch.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::app_type::{AppType, find_type};
use super::assignment::{Assignment, Intent, NewAssignment, Target};
use crate::objects::Objects;
use crate::world::{Dice, Ticks};

const PURPOSE: u64 = 0xA99;
const DAY_S: i64 = 86_400;

/// `mobileAppPublishingState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Publishing {
    NotPublished,
    Processing,
    Published,
}

impl Publishing {
    pub fn name(self) -> &'static str {
        match self {
            Publishing::NotPublished => "notPublished",
            Publishing::Processing => "processing",
            Publishing::Published => "published",
        }
    }
}

#[derive(Debug, Clone)]
pub struct MobileApp {
    pub id: Uuid,
    pub kind: &'static AppType,
    pub name: String,
    pub publisher: String,
    pub version: String,
    pub publishing: Publishing,
    pub created: Ticks,
    pub modified: Ticks,
    pub has_icon: bool,
    /// Its place among the categories, if it has one.
    pub category: Option<usize>,
}

/// Type, name, publisher, version.
const APPS: &[(&str, &str, &str, &str)] = &[
    ("win32LobApp", "7-Zip 24.09 (x64)", "Igor Pavlov", "24.09"),
    ("win32LobApp", "Notepad++ 8.8.1", "Notepad++ Team", "8.8.1"),
    ("win32LobApp", "VLC media player", "VideoLAN", "3.0.21"),
    ("win32LobApp", "Adobe Acrobat Reader", "Adobe", "25.001.20432"),
    (
        "win32LobApp",
        "Foxit PDF Editor, Business",
        "Foxit Software Inc.",
        "13.1.6",
    ),
    ("win32LobApp", "SAP GUI 8.00 \"Finance\"", "SAP SE", "8.00"),
    ("win32LobApp", "Wörterbuch – Größe L", "Contoso IT", "3"),
    ("win32LobApp", "微信", "腾讯科技(深圳)有限公司", "3.9.12.51"),
    ("win32LobApp", "7-Zip 24.09 (x64)", "Contoso IT", "24.09"),
    ("win32LobApp", "Still being uploaded", "Contoso IT", "1.0"),
    ("win32LobApp", "Never published", "Contoso IT", "0.1"),
    ("winGetApp", "Company Portal", "Microsoft Corporation", ""),
    ("winGetApp", "WhatsApp", "WhatsApp Inc.", ""),
    ("winGetApp", "Microsoft PowerToys", "Microsoft Corporation", ""),
    ("win32CatalogApp", "Zoom Workplace (x64)", "Zoom", "6.6.5"),
    ("win32CatalogApp", "Google Chrome (x64)", "Google LLC", "142.0.7444.60"),
    (
        "officeSuiteApp",
        "Microsoft 365 Apps for Windows 10 and later",
        "Microsoft",
        "",
    ),
    ("windowsMobileMSI", "PuTTY release 0.83", "Simon Tatham", "0.83"),
    ("windowsAppX", "Delivery viewer", "Contoso IT", "2.1.0.0"),
    ("windowsUniversalAppX", "Warehouse scanner", "Contoso IT", "4.0.2.0"),
    (
        "microsoftStoreForBusinessApp",
        "Sticky Notes",
        "Microsoft Corporation",
        "",
    ),
    ("windowsMicrosoftEdgeApp", "Microsoft Edge", "Microsoft", ""),
    ("windowsWebApp", "Intranet", "Contoso IT", ""),
    ("webApp", "Timesheet", "Contoso HR", ""),
    ("iosVppApp", "Microsoft Outlook", "Microsoft Corporation", "5.2544.0"),
    ("iosStoreApp", "Microsoft Teams", "Microsoft Corporation", ""),
    ("iosLobApp", "Field service", "Contoso IT", "1.4"),
    ("iosiPadOSWebClip", "Canteen", "Contoso IT", ""),
    ("managedIOSStoreApp", "Microsoft Word", "Microsoft Corporation", ""),
    ("managedIOSLobApp", "Price list", "Contoso IT", "9"),
    (
        "androidManagedStoreApp",
        "Intune Company Portal",
        "Microsoft Corporation",
        "",
    ),
    (
        "androidManagedStoreApp",
        "Google Chrome: Fast & Secure",
        "Google LLC",
        "",
    ),
    ("androidStoreApp", "SAP Fiori Client", "SAP SE", ""),
    ("androidLobApp", "Delivery note", "Contoso IT", "77"),
    ("managedAndroidStoreApp", "Microsoft Excel", "Microsoft Corporation", ""),
    ("managedAndroidLobApp", "Price list", "Contoso IT", "9"),
    ("macOSLobApp", "VPN client", "Contoso IT", "5.1"),
    ("macOSDmgApp", "Firefox", "Mozilla", "144.0"),
    ("macOSPkgApp", "Docker Desktop", "Docker Inc.", "4.49.0"),
    ("macOsVppApp", "Xcode", "Apple", ""),
    ("macOSOfficeSuiteApp", "Microsoft 365 Apps for macOS", "Microsoft", ""),
    ("macOSMicrosoftEdgeApp", "Microsoft Edge for macOS", "Microsoft", ""),
    (
        "macOSMicrosoftDefenderApp",
        "Microsoft Defender for Endpoint (macOS)",
        "Microsoft",
        "",
    ),
];

/// Names of the app, of the group (none: all devices or all users) and what is assigned.
const FOREIGN: &[(&str, Whom, Intent)] = &[
    ("Company Portal", Whom::AllDevices, Intent::Required),
    ("Microsoft Outlook", Whom::AllUsers, Intent::Required),
    ("Microsoft Edge", Whom::AllUsers, Intent::Available),
    ("7-Zip 24.09 (x64)", Whom::Group("Helpdesk"), Intent::Available),
    ("Adobe Acrobat Reader", Whom::Group("Pilot devices"), Intent::Required),
    ("Adobe Acrobat Reader", Whom::NotGroup("IT (all)"), Intent::Required),
    (
        "Microsoft 365 Apps for Windows 10 and later",
        Whom::Group("All Windows devices"),
        Intent::Required,
    ),
];

#[derive(Clone, Copy)]
enum Whom {
    AllDevices,
    AllUsers,
    Group(&'static str),
    NotGroup(&'static str),
}

pub(super) fn of_seed(seed: u64, now: Ticks) -> Vec<MobileApp> {
    let rows = APPS.iter().enumerate().filter_map(|(place, row)| {
        let (kind, name, publisher, version) = *row;
        let mut dice = Dice::apart(seed, PURPOSE + place as u64);
        let id = dice.uuid();
        let age_s = dice.between(30 * DAY_S, 900 * DAY_S);
        Some(MobileApp {
            id,
            kind: find_type(kind)?,
            name: name.to_owned(),
            publisher: publisher.to_owned(),
            version: version.to_owned(),
            publishing: match name {
                "Still being uploaded" => Publishing::Processing,
                "Never published" => Publishing::NotPublished,
                _ => Publishing::Published,
            },
            created: now.plus_seconds(-age_s),
            modified: now.plus_seconds(-age_s / 2),
            has_icon: dice.per_mille(700),
            category: dice.per_mille(500).then(|| dice.below(3)),
        })
    });
    rows.collect()
}

/// What other people assigned.
pub(super) fn assignments(apps: &[MobileApp], objects: &Objects, now: Ticks) -> HashMap<Uuid, Vec<Assignment>> {
    let mut made: HashMap<Uuid, Vec<Assignment>> = HashMap::new();
    for (name, whom, intent) in FOREIGN {
        let group = |name: &str| {
            objects
                .groups()
                .find(|group| group.display_name == name)
                .map(|group| group.id)
        };
        let target = match whom {
            Whom::AllDevices => Some(Target::AllDevices),
            Whom::AllUsers => Some(Target::AllUsers),
            Whom::Group(name) => group(name).map(Target::Group),
            Whom::NotGroup(name) => group(name).map(Target::ExcludedGroup),
        };
        let app = apps.iter().find(|app| app.name == *name);
        if let (Some(app), Some(target)) = (app, target) {
            let new = NewAssignment {
                intent: *intent,
                target,
                settings: Value::Null,
            };
            let assignment = Assignment::new(new, None, now.plus_seconds(-20 * DAY_S));
            made.entry(app.id).or_default().push(assignment);
        }
    }
    made
}
