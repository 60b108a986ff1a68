//! The platform of a device, by the names that the list of actions uses. It only decides what a page offers; the API looks
//! at the same properties again when a job comes in. What can not be told is `unknown`.

use serde_json::Value;

/// `windows`, `iosIpados`, `androidCobo` …
pub(crate) fn tell_platform(device: &Value) -> &'static str {
    let lower = |key: &str| {
        let text = device.get(key).and_then(Value::as_str).unwrap_or_default();
        text.trim().to_ascii_lowercase()
    };
    let (system, device_type) = (lower("operatingSystem"), lower("deviceType"));
    let found = match system.as_str() {
        "" | "unknown" => tell_by_type(&device_type),
        _ => tell_by_system(&system, &device_type, &lower("model")),
    };
    found.unwrap_or_else(|| {
        let (enrollment, agent) = (lower("deviceEnrollmentType"), lower("managementAgent"));
        tell_android(&system, &device_type, &enrollment, &agent)
    })
}

/// `None`: one of the Androids.
fn tell_by_system(system: &str, device_type: &str, model: &str) -> Option<&'static str> {
    let begins = |names: &[&str]| names.iter().any(|name| system.starts_with(name));
    if begins(&["windows phone", "windowsphone", "windows mobile"]) {
        Some("unknown")
    } else if begins(&["windows"]) {
        Some("windows")
    } else if begins(&["macos", "mac os", "os x"]) {
        Some("macOs")
    } else if begins(&["tvos"]) {
        Some("tvOs")
    } else if begins(&["visionos"]) {
        Some("visionOs")
    } else if begins(&["ios", "ipados"]) {
        Some(tell_apple(device_type, model))
    } else if begins(&["chrome"]) {
        Some("chromeOs")
    } else if begins(&["linux", "ubuntu"]) {
        Some("linux")
    } else if begins(&["android"]) {
        None
    } else {
        Some("unknown")
    }
}

/// Apple's television boxes and glasses may be listed as "iOS".
fn tell_apple(device_type: &str, model: &str) -> &'static str {
    if device_type == "tvos" || model.starts_with("apple tv") || model.starts_with("appletv") {
        "tvOs"
    } else if device_type == "visionos" || model.contains("vision pro") {
        "visionOs"
    } else {
        "iosIpados"
    }
}

/// `None`: one of the Androids.
fn tell_by_type(device_type: &str) -> Option<&'static str> {
    match device_type {
        "desktop" | "windowsrt" | "windows10x" | "hololens" | "surfacehub" | "cloudpc" => Some("windows"),
        "iphone" | "ipad" | "ipod" => Some("iosIpados"),
        "mac" | "macmdm" => Some("macOs"),
        "tvos" => Some("tvOs"),
        "visionos" => Some("visionOs"),
        "chromeos" => Some("chromeOs"),
        "linux" => Some("linux"),
        kind if kind.starts_with("android") => None,
        _ => Some("unknown"),
    }
}

/// By the kind of enrolment, where that says enough.
fn tell_android(system: &str, device_type: &str, enrollment: &str, agent: &str) -> &'static str {
    match enrollment {
        "androidenterprisededicateddevice" => return "androidCosu",
        "androidenterprisefullymanaged" => return "androidCobo",
        "androidenterprisecorporateworkprofile" => return "androidCope",
        kind if kind.starts_with("androidaosp") => return "androidAosp",
        _ => {}
    }
    if agent == "intuneaosp" || device_type == "androidngms" || system == "androidaosp" {
        return "androidAosp";
    }
    if device_type == "androidforwork" || system == "androidforwork" {
        return "androidByod";
    }
    if device_type == "androidenterprise" || system == "androidenterprise" {
        return "unknown";
    }
    let is_plain = matches!(device_type, "" | "android");
    match (enrollment, agent) {
        ("userenrollment" | "deviceenrollmentmanager", "mdm" | "easmdm") if is_plain => "androidAdministrator",
        ("userenrollment" | "deviceenrollmentmanager", _) if device_type == "android" => "androidAdministrator",
        ("userenrollment" | "deviceenrollmentmanager", _) => "androidByod",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn platform(system: &str, enrollment: &str, agent: &str) -> &'static str {
        tell_platform(&json!({
            "operatingSystem": system, "deviceEnrollmentType": enrollment, "managementAgent": agent,
        }))
    }

    #[test]
    fn a_system_is_told_by_its_name() {
        for (system, expected) in [
            ("Windows", "windows"),
            ("Windows Phone", "unknown"),
            ("macOS", "macOs"),
            ("iPadOS", "iosIpados"),
            ("tvOS", "tvOs"),
            ("Linux (ubuntu)", "linux"),
            ("ChromeOS", "chromeOs"),
            ("Fuchsia", "unknown"),
        ] {
            assert_eq!(platform(system, "unknown", "mdm"), expected, "{system}");
        }
    }

    #[test]
    fn an_android_is_told_by_its_enrolment_or_not_at_all() {
        for (system, enrollment, agent, expected) in [
            ("Android", "androidEnterpriseFullyManaged", "", "androidCobo"),
            ("Android", "androidEnterpriseDedicatedDevice", "", "androidCosu"),
            ("Android", "androidEnterpriseCorporateWorkProfile", "", "androidCope"),
            ("Android", "androidAOSPUserlessDeviceEnrollment", "", "androidAosp"),
            (
                "AndroidForWork",
                "userEnrollment",
                "googleCloudDevicePolicyController",
                "androidByod",
            ),
            ("Android", "userEnrollment", "mdm", "androidAdministrator"),
            (
                "Android",
                "userEnrollment",
                "googleCloudDevicePolicyController",
                "androidByod",
            ),
            ("AndroidEnterprise", "userEnrollment", "mdm", "unknown"),
            ("Android", "unknown", "mdm", "unknown"),
        ] {
            assert_eq!(platform(system, enrollment, agent), expected, "{system} {enrollment}");
        }
    }

    #[test]
    fn without_a_system_the_type_of_device_tells() {
        let of = |device_type: &str| tell_platform(&json!({ "deviceType": device_type }));
        assert_eq!(
            (of("iPhone"), of("cloudPC"), of("")),
            ("iosIpados", "windows", "unknown")
        );
        assert_eq!(
            tell_platform(&json!({ "operatingSystem": "iOS", "model": "Apple TV 4K" })),
            "tvOs"
        );
    }
}
