//! Which platform a device is on, as far as actions care: what a fully managed Android can do, a work profile can't.
//!
//! v1.0 tells the operating system, the kind of enrolment and who manages the device; beta's `deviceType` is used where
//! it came. *What can't be told stays unknown*, because a wrong guess decides between "its work profile is removed" and
//! "the phone is reset".

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    Windows,
    IosIpados,
    MacOs,
    TvOs,
    VisionOs,
    /// Device administrator (old).
    AndroidAdministrator,
    /// Work profile on a personal device.
    AndroidByod,
    /// Corporate, with a work profile.
    AndroidCope,
    /// Fully managed.
    AndroidCobo,
    /// Dedicated.
    AndroidCosu,
    AndroidAosp,
    ChromeOs,
    Linux,
    Unknown,
}

impl Platform {
    pub const ALL: &'static [Platform] = &[
        Platform::Windows,
        Platform::IosIpados,
        Platform::MacOs,
        Platform::TvOs,
        Platform::VisionOs,
        Platform::AndroidAdministrator,
        Platform::AndroidByod,
        Platform::AndroidCope,
        Platform::AndroidCobo,
        Platform::AndroidCosu,
        Platform::AndroidAosp,
        Platform::ChromeOs,
        Platform::Linux,
        Platform::Unknown,
    ];

    /// On the wire.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Windows => "windows",
            Platform::IosIpados => "iosIpados",
            Platform::MacOs => "macOs",
            Platform::TvOs => "tvOs",
            Platform::VisionOs => "visionOs",
            Platform::AndroidAdministrator => "androidAdministrator",
            Platform::AndroidByod => "androidByod",
            Platform::AndroidCope => "androidCope",
            Platform::AndroidCobo => "androidCobo",
            Platform::AndroidCosu => "androidCosu",
            Platform::AndroidAosp => "androidAosp",
            Platform::ChromeOs => "chromeOs",
            Platform::Linux => "linux",
            Platform::Unknown => "unknown",
        }
    }

    /// Of a device as its JSON stands in the store, without a look at all of it; what can't be read tells nothing.
    pub fn from_json(device: &str) -> Platform {
        let facts: PlatformFacts = serde_json::from_str(device).unwrap_or_default();
        Platform::from_device(&serde_json::to_value(facts).unwrap_or_default())
    }

    /// The properties of v1.0 that it is told by.
    pub(super) fn from_device(device: &Value) -> Platform {
        let lower = |key: &str| device[key].as_str().unwrap_or_default().trim().to_ascii_lowercase();
        let system = lower("operatingSystem");
        let device_type = lower("deviceType");
        let by_system = match system.as_str() {
            "" | "unknown" => family_by_device_type(&device_type),
            system => family_by_system(system, &device_type, &lower("model")),
        };
        match by_system {
            PlatformFamily::Is(platform) => platform,
            PlatformFamily::Android => android_platform(
                &system,
                &device_type,
                &lower("deviceEnrollmentType"),
                &lower("managementAgent"),
            ),
        }
    }
}

/// What [`Platform::from_device`] looks at.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct PlatformFacts {
    operating_system: Value,
    device_type: Value,
    model: Value,
    device_enrollment_type: Value,
    management_agent: Value,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Platform::Windows => "Windows",
            Platform::IosIpados => "iOS or iPadOS",
            Platform::MacOs => "macOS",
            Platform::TvOs => "tvOS",
            Platform::VisionOs => "visionOS",
            Platform::AndroidAdministrator => "Android (device administrator)",
            Platform::AndroidByod => "Android (personal, with a work profile)",
            Platform::AndroidCope => "Android (corporate, with a work profile)",
            Platform::AndroidCobo => "Android (fully managed)",
            Platform::AndroidCosu => "Android (dedicated)",
            Platform::AndroidAosp => "Android (AOSP)",
            Platform::ChromeOs => "ChromeOS",
            Platform::Linux => "Linux",
            Platform::Unknown => "a platform that is not known",
        })
    }
}

enum PlatformFamily {
    Is(Platform),
    Android,
}

fn family_by_system(system: &str, device_type: &str, model: &str) -> PlatformFamily {
    let starts = |names: &[&str]| names.iter().any(|name| system.starts_with(name));
    PlatformFamily::Is(if starts(&["windows phone", "windowsphone", "windows mobile"]) {
        Platform::Unknown
    } else if starts(&["windows"]) {
        Platform::Windows
    } else if starts(&["macos", "mac os", "os x"]) {
        Platform::MacOs
    } else if starts(&["tvos"]) {
        Platform::TvOs
    } else if starts(&["visionos"]) {
        Platform::VisionOs
    } else if starts(&["ios", "ipados"]) {
        apple_platform(device_type, model)
    } else if starts(&["chrome"]) {
        Platform::ChromeOs
    } else if starts(&["linux", "ubuntu"]) {
        Platform::Linux
    } else if starts(&["android"]) {
        return PlatformFamily::Android;
    } else {
        Platform::Unknown
    })
}

/// Apple's television boxes and glasses have come as "iOS".
fn apple_platform(device_type: &str, model: &str) -> Platform {
    if device_type == "tvos" || model.starts_with("apple tv") || model.starts_with("appletv") {
        Platform::TvOs
    } else if device_type == "visionos" || model.contains("vision pro") {
        Platform::VisionOs
    } else {
        Platform::IosIpados
    }
}

/// beta's `deviceType`, where no operating system is told.
fn family_by_device_type(device_type: &str) -> PlatformFamily {
    PlatformFamily::Is(match device_type {
        "desktop" | "windowsrt" | "windows10x" | "hololens" | "surfacehub" | "cloudpc" => Platform::Windows,
        "iphone" | "ipad" | "ipod" => Platform::IosIpados,
        "mac" | "macmdm" => Platform::MacOs,
        "tvos" => Platform::TvOs,
        "visionos" => Platform::VisionOs,
        "chromeos" => Platform::ChromeOs,
        "linux" => Platform::Linux,
        kind if kind.starts_with("android") => return PlatformFamily::Android,
        _ => Platform::Unknown,
    })
}

/// The kind of enrolment decides; v1.0 sends these names although its schema does not list them. Company devices have
/// kinds of their own, so "userEnrollment" is a work profile or a device administrator; of these two only the old one
/// is not managed through Google and is called plain "Android". Everything else stays unknown: "AndroidEnterprise"
/// alone may be any of three kinds of company device.
fn android_platform(system: &str, device_type: &str, enrollment: &str, agent: &str) -> Platform {
    match enrollment {
        "androidenterprisededicateddevice" => Platform::AndroidCosu,
        "androidenterprisefullymanaged" => Platform::AndroidCobo,
        "androidenterprisecorporateworkprofile" => Platform::AndroidCope,
        kind if kind.starts_with("androidaosp") => Platform::AndroidAosp,
        _ if agent == "intuneaosp" || device_type == "androidngms" || system == "androidaosp" => Platform::AndroidAosp,
        _ if device_type == "androidforwork" || system == "androidforwork" => Platform::AndroidByod,
        _ if device_type == "androidenterprise" || system == "androidenterprise" => Platform::Unknown,
        "userenrollment" | "deviceenrollmentmanager" => match agent {
            "mdm" | "easmdm" if device_type.is_empty() || device_type == "android" => Platform::AndroidAdministrator,
            _ if device_type == "android" => Platform::AndroidAdministrator,
            _ => Platform::AndroidByod,
        },
        _ => Platform::Unknown,
    }
}
