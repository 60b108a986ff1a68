//! Which device can do what, after Intune's page of each action. What a test has set on a device counts before what
//! its kind says, so that an unsupervised iPhone or a hybrid-joined laptop is one PATCH away.

use serde_json::Value;

use crate::world::Device;

/// How an Android device is enrolled, which decides what it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Android {
    /// The old way: device administrator.
    Admin,
    /// A work profile on a private device.
    Byod,
    /// Fully managed.
    Cobo,
    /// Corporate-owned with a work profile.
    Cope,
    /// Dedicated.
    Cosu,
    Aosp,
}

#[derive(Debug, Clone, Copy)]
pub struct Traits<'a> {
    pub device: &'a Device,
    pub os: &'a str,
    pub company: bool,
    pub supervised: bool,
    pub encrypted: bool,
    enrollment: &'a str,
    agent: &'a str,
    device_type: &'a str,
    os_version: &'a str,
}

impl<'a> Traits<'a> {
    pub fn of(device: &'a Device) -> Self {
        let set = |name: &str| device.set.as_ref().and_then(|set| set.get(name));
        let text = |name: &str| set(name).and_then(Value::as_str);
        let owner = text("managedDeviceOwnerType").or_else(|| text("ownerType"));
        Traits {
            device,
            os: text("operatingSystem").unwrap_or(device.kind.os),
            company: owner.map_or(device.company, |owner| owner == "company"),
            supervised: set("isSupervised")
                .and_then(Value::as_bool)
                .unwrap_or(device.kind.supervised),
            encrypted: set("isEncrypted").and_then(Value::as_bool).unwrap_or(device.encrypted),
            enrollment: text("deviceEnrollmentType").unwrap_or(device.kind.enrollment),
            agent: text("managementAgent").unwrap_or(device.kind.agent),
            device_type: text("deviceType").unwrap_or(device.kind.device_type),
            os_version: &device.os_version,
        }
    }

    pub fn android(&self) -> Option<Android> {
        if self.os != "Android" {
            return None;
        }
        Some(match self.enrollment {
            "androidEnterpriseDedicatedDevice" => Android::Cosu,
            "androidEnterpriseFullyManaged" => Android::Cobo,
            "androidEnterpriseCorporateWorkProfile" => Android::Cope,
            enrollment if enrollment.starts_with("androidAOSP") => Android::Aosp,
            _ if self.agent == "intuneAosp" => Android::Aosp,
            _ if self.device_type == "android" => Android::Admin,
            _ => Android::Byod,
        })
    }

    pub fn is_android(&self, kinds: &[Android]) -> bool {
        self.android().is_some_and(|android| kinds.contains(&android))
    }

    pub fn windows(&self) -> bool {
        self.os == "Windows"
    }

    pub fn mac(&self) -> bool {
        self.os == "macOS"
    }

    pub fn tv(&self) -> bool {
        self.os == "tvOS"
    }

    pub fn vision(&self) -> bool {
        self.os == "visionOS"
    }

    pub fn chrome(&self) -> bool {
        self.os.eq_ignore_ascii_case("ChromeOS")
    }

    /// Major and minor number of the system are at least these.
    pub fn at_least(&self, least: (u32, u32)) -> bool {
        let mut numbers = self
            .os_version
            .split('.')
            .map(|number| number.trim().parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= least
    }

    /// iPhone or iPad.
    pub fn ios(&self) -> bool {
        matches!(self.os, "iOS" | "iPadOS")
    }

    pub fn supervised_ios(&self) -> bool {
        self.ios() && self.supervised
    }

    /// Enrolled by Apple's automated device enrolment.
    pub fn automated(&self) -> bool {
        self.enrollment.starts_with("appleBulk")
    }

    pub fn shared_ipad(&self) -> bool {
        self.os == "iPadOS" && self.supervised && self.enrollment == "appleBulkWithoutUser"
    }

    pub fn hybrid_joined(&self) -> bool {
        let set = self.device.set.as_ref().and_then(|set| set.get("joinType"));
        set.and_then(Value::as_str) == Some("hybridAzureADJoined")
    }

    pub fn entra_joined(&self) -> bool {
        self.device.entra.is_some()
    }

    pub fn lost(&self) -> bool {
        let set = self.device.set.as_ref().and_then(|set| set.get("lostModeState"));
        set.and_then(Value::as_str) == Some("enabled")
    }
}

/// Deleting a company's Android device wipes it; everything else it retires.
pub fn delete_wipes(device: &Device) -> bool {
    Traits::of(device).is_android(&[Android::Cobo, Android::Cosu, Android::Cope, Android::Aosp])
}

/// Whether Intune would send this name to a PC: at most 63 letters, digits and hyphens, and not digits alone. Windows takes
/// fewer, which Intune does not look at.
pub(super) fn is_windows_name(name: &str) -> bool {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (1..=63).contains(&name.len()) && is_plain && !name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_takes_only_names_that_a_network_takes() {
        for good in ["LAP-0042", "a", "1a"] {
            assert!(is_windows_name(good), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", "42", "LAP 42", "Jürgen", "a_b", &long] {
            assert!(!is_windows_name(bad), "{bad}");
        }
    }
}
