//! The class of a device: computer, phone, tablet or other. The user's rules come first and may bring words of
//! their own; the built-in ones know what Intune says of a device.
//!
//! v1.0 tells only the operating system and the model; beta's `deviceType` and `chassisType` are used where they came.

use super::properties::{CHASSIS_TYPE, DEVICE_TYPE, MODEL, OPERATING_SYSTEM};
use super::record_slots::RecordSlots;

pub const COMPUTER: &str = "computer";
pub const PHONE: &str = "phone";
pub const TABLET: &str = "tablet";
pub const OTHER: &str = "other";

/// Letters, digits, `-` and `_`, 1 to 32: nothing that would have to be escaped anywhere.
pub fn is_class_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The class by the built-in rules.
pub fn built_in_class(slots: &RecordSlots<'_>) -> &'static str {
    let lower = |index| {
        slots
            .text_value(index)
            .map(|text| text.to_ascii_lowercase())
            .unwrap_or_default()
    };
    let model = || lower(MODEL);
    class_by_device_type(&lower(DEVICE_TYPE))
        .or_else(|| class_by_chassis(&lower(CHASSIS_TYPE)))
        .unwrap_or_else(|| class_by_system(&lower(OPERATING_SYSTEM), model))
}

/// beta `deviceType`. The Android kinds may be phone or tablet: the model tells.
fn class_by_device_type(device_type: &str) -> Option<&'static str> {
    Some(match device_type {
        "desktop" | "windowsrt" | "mac" | "macmdm" | "unix" | "linux" | "windows10x" | "cloudpc" | "chromeos" => {
            COMPUTER
        }
        "iphone" | "winmo6" | "nokia" | "windowsphone" | "blackberry" | "palm" => PHONE,
        "ipad" => TABLET,
        "ipod" | "wince" | "winembedded" | "isocconsumer" | "hololens" | "surfacehub" | "visionos" | "tvos" => OTHER,
        _ => return None,
    })
}

/// beta `chassisType`.
fn class_by_chassis(chassis: &str) -> Option<&'static str> {
    Some(match chassis {
        "desktop" | "laptop" | "worksworkstation" | "enterpriseserver" => COMPUTER,
        "phone" => PHONE,
        "tablet" => TABLET,
        _ => return None,
    })
}

fn class_by_system(system: &str, model: impl Fn() -> String) -> &'static str {
    match system {
        "" => OTHER,
        s if s.starts_with("windows phone") || s.starts_with("windows mobile") || s.starts_with("windowsphone") => {
            PHONE
        }
        s if s.contains("holographic") || s.contains("surfacehub") => OTHER,
        s if s.starts_with("windows") || s.starts_with("mac") || s.starts_with("os x") => COMPUTER,
        s if s.starts_with("chrome") || s.starts_with("linux") || s.starts_with("ubuntu") || s.starts_with("unix") => {
            COMPUTER
        }
        s if s.starts_with("ipados") => TABLET,
        s if s.starts_with("ios") => class_by_apple_model(&model()),
        s if s.starts_with("android") => class_by_android_model(&model()),
        _ => OTHER,
    }
}

fn class_by_apple_model(model: &str) -> &'static str {
    if model.contains("ipad") {
        TABLET
    } else if model.contains("ipod") || model.contains("tv") || model.contains("vision") {
        OTHER
    } else {
        PHONE
    }
}

/// Makers give their tablets telling names or number ranges; everything else that runs Android is carried as a phone.
fn class_by_android_model(model: &str) -> &'static str {
    const PARTS: [&str; 7] = [
        "tablet",
        "ipad",
        "mediapad",
        "matepad",
        "galaxy tab",
        "pixel tab",
        "galaxy book",
    ];
    const STARTS: [&str; 9] = ["sm-t", "sm-x", "gt-p", "gt-n8", "sm-p", "lenovo tb", "tb-", "tb3", "kf"];
    let word = |wanted: &str| {
        model
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| part == wanted)
    };
    let is_tablet = PARTS.iter().any(|part| model.contains(part))
        || STARTS.iter().any(|start| model.starts_with(start))
        || word("tab")
        || word("pad");
    if is_tablet { TABLET } else { PHONE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(system: &str, model: &str) -> &'static str {
        let record = serde_json::json!({ "operatingSystem": system, "model": model }).to_string();
        built_in_class(&RecordSlots::from_json(&record).unwrap())
    }

    #[test]
    fn every_platform_of_intune_has_its_class() {
        for (system, model, expected) in [
            ("Windows", "Latitude 7450", COMPUTER),
            ("Windows", "", COMPUTER),
            ("macOS", "MacBook Pro", COMPUTER),
            ("ChromeOS", "HP Chromebook", COMPUTER),
            ("Linux", "Virtual Machine", COMPUTER),
            ("Linux (ubuntu)", "", COMPUTER),
            ("iOS", "iPhone 15", PHONE),
            ("iOS", "iPad Air", TABLET),
            ("iOS", "", PHONE),
            ("iPadOS", "iPad Pro", TABLET),
            ("iOS", "iPod touch", OTHER),
            ("Android", "Pixel 8", PHONE),
            ("AndroidEnterprise", "SM-T575", TABLET),
            ("AndroidForWork", "SM-G991B", PHONE),
            ("Android", "Galaxy Tab Active3", TABLET),
            ("Android", "Lenovo TB-X606F", TABLET),
            ("Android", "Tabby 3", PHONE),
            ("tvOS", "Apple TV 4K", OTHER),
            ("Windows Phone", "Lumia", PHONE),
            ("WindowsHolographic", "HoloLens 2", OTHER),
            ("", "", OTHER),
            ("Fuchsia", "", OTHER),
        ] {
            assert_eq!(class(system, model), expected, "{system} {model}");
        }
    }

    #[test]
    fn what_beta_tells_goes_before_the_guess() {
        let of = |record: &str| built_in_class(&RecordSlots::from_json(record).unwrap());
        assert_eq!(
            of(r#"{"operatingSystem":"Android","model":"X","deviceType":"androidEnterprise","chassisType":"tablet"}"#),
            TABLET
        );
        assert_eq!(of(r#"{"operatingSystem":"Windows","deviceType":"surfaceHub"}"#), OTHER);
        assert_eq!(
            of(r#"{"operatingSystem":"iOS","deviceType":"unknown","model":"iPad"}"#),
            TABLET
        );
    }

    #[test]
    fn a_class_name_is_a_plain_word() {
        assert!(is_class_name("kiosk-2_b"));
        for bad in ["", "2nd", "a b", "a\"", &"x".repeat(33)] {
            assert!(!is_class_name(bad), "{bad}");
        }
    }
}
