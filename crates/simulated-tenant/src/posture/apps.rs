//! Apps as Intune finds them. An app's id stands for name and version, not for the product: two versions of one
//! program are two apps.

use serde_json::Value;
use uuid::Uuid;

use super::told::ToldApp;
use crate::world::{Device, Dice, Tally};

/// Apps that a test may put on one device.
pub const MAX_APPS: usize = 20_000;

#[derive(Debug, Clone)]
pub struct DetectedApp {
    pub id: Uuid,
    pub display_name: Value,
    pub version: Option<String>,
    pub publisher: Option<String>,
    pub platform: &'static str,
    pub size_bytes: i64,
    pub device_count: i64,
}

/// Name, publisher, versions.
type Product = (&'static str, &'static str, &'static [&'static str]);

/// Names as they are found: with commas, brackets and quotes, in several scripts, twice in two versions.
const WINDOWS: &[Product] = &[
    ("7-Zip 24.09 (x64)", "Igor Pavlov", &["24.09"]),
    ("Adobe Acrobat (64-bit)", "Adobe", &["25.001.20432", "24.005.20399"]),
    ("Foxit PDF Editor, Business", "Foxit Software Inc.", &["13.1.6"]),
    ("Google Chrome", "Google LLC", &["142.0.7444.60", "141.0.7390.123"]),
    ("Microsoft Edge", "Microsoft Corporation", &["142.0.3595.53"]),
    (
        "Microsoft 365 Apps for enterprise - de-de",
        "Microsoft Corporation",
        &["16.0.19328.20190"],
    ),
    (
        "Microsoft Visual C++ 2022 X64 Minimum Runtime",
        "Microsoft Corporation",
        &["14.44.35211", "14.40.33816"],
    ),
    ("Mozilla Firefox (x64 de)", "Mozilla", &["144.0", "140.4.0"]),
    ("Notepad++ (64-bit x64)", "Notepad++ Team", &["8.8.1"]),
    ("TeamViewer", "TeamViewer", &["15.65.4"]),
    ("µTorrent", "BitTorrent Limited", &["3.6.0.47142"]),
    ("VLC media player", "VideoLAN", &["3.0.21"]),
    ("微信", "腾讯科技(深圳)有限公司", &["3.9.12.51"]),
];
const APPLE: &[Product] = &[
    ("Microsoft Outlook", "", &["5.2544.0", "4.2539.0"]),
    ("Microsoft Teams", "", &["7.19.2"]),
    ("Company Portal", "", &["5.2509.0"]),
    ("WhatsApp", "", &["25.32.75"]),
    ("Signal – Private Messenger", "", &["7.83"]),
    ("Zoom Workplace", "", &["6.6.5"]),
    ("微信", "", &["8.0.65"]),
];
const ANDROID: &[Product] = &[
    ("Microsoft Defender: Antivirus", "", &["1.0.8115.0102"]),
    ("Intune Company Portal", "", &["5.0.6704.0"]),
    ("Microsoft Outlook", "", &["4.2542.3"]),
    ("TikTok", "", &["42.4.3"]),
    ("Google Chrome", "", &["142.0.7444.48"]),
];

/// Of a hundred devices of its system, how many have an app.
const SHARE: usize = 60;

fn platform(device: &Device) -> (&'static str, &'static [Product]) {
    match device.kind.os {
        "Windows" => ("windows", WINDOWS),
        "iOS" | "iPadOS" => ("ios", APPLE),
        "macOS" => ("macOS", APPLE),
        "Android" => {
            let platform = match device.kind.tally {
                Tally::AndroidWorkProfile | Tally::AndroidCorporateWorkProfile => "androidWorkProfile",
                Tally::AndroidDedicated | Tally::AndroidFullyManaged => "androidDedicatedAndFullyManaged",
                _ => "androidDeviceAdministrator",
            };
            (platform, ANDROID)
        }
        _ => ("unknown", &[]),
    }
}

/// By the device's dice. Of personal devices only managed apps would be known, so they have few.
pub(super) fn found(device: &Device) -> Vec<DetectedApp> {
    let (platform, products) = platform(device);
    let mut dice = Dice::apart(device.hardware, 0xA995);
    let share = if device.company { SHARE } else { SHARE / 3 };
    let mut apps = Vec::new();
    for (name, publisher, versions) in products {
        let has = dice.below(100) < share;
        let version = *dice.pick(versions);
        let size_bytes = dice.between(1 << 20, 2 << 30);
        if has {
            apps.push(DetectedApp {
                id: id_of(name, version),
                display_name: Value::from(*name),
                version: Some(version.to_owned()),
                publisher: (!publisher.is_empty()).then(|| (*publisher).to_owned()),
                platform,
                // Only Windows and macOS tell a size.
                size_bytes: if matches!(platform, "windows" | "macOS") {
                    size_bytes
                } else {
                    0
                },
                device_count: 1 + (id_of(name, version).as_u128() % 400) as i64,
            });
        }
    }
    apps
}

/// As a test wants it.
pub(super) fn told(app: &ToldApp, device: &Device) -> DetectedApp {
    let version = app.version.as_deref().unwrap_or_default();
    DetectedApp {
        id: id_of(&app.display_name.to_string(), version),
        display_name: app.display_name.clone(),
        version: app.version.clone(),
        publisher: app.publisher.clone(),
        platform: platform(device).0,
        size_bytes: app.size_in_byte,
        device_count: 1,
    }
}

fn id_of(name: &str, version: &str) -> Uuid {
    let digest = openssl::sha::sha256(format!("{name}\n{version}").as_bytes());
    uuid::Builder::from_random_bytes(std::array::from_fn(|at| digest[at])).into_uuid()
}
