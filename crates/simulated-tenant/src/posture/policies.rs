//! Compliance policies: for each system one of the tenant's own, and the built-in one that every device has. Which
//! settings fail follows from the device's compliance state, so that reasons and state never contradict each other.

use uuid::Uuid;

use super::told::{ToldPolicy, ToldSetting};
use crate::world::{Device, Dice};

/// How a device stands to one policy.
#[derive(Debug, Clone)]
pub struct PolicyState {
    pub id: Uuid,
    pub display_name: String,
    pub platform: &'static str,
    pub state: String,
    pub version: i64,
    pub settings: Vec<SettingState>,
}

#[derive(Debug, Clone)]
pub struct SettingState {
    pub setting: String,
    pub state: String,
    pub current_value: Option<String>,
    pub error_code: i64,
}

/// A policy as the tenant has it.
#[derive(Debug, Clone)]
pub struct TenantPolicy {
    pub id: Uuid,
    pub name: &'static str,
    /// Without `#microsoft.graph.`.
    pub type_name: &'static str,
}

/// All that are assigned to somebody; the built-in one is none of them.
pub fn tenant_policies() -> Vec<TenantPolicy> {
    let all = [
        (&WINDOWS, "windows10CompliancePolicy"),
        (&IOS, "iosCompliancePolicy"),
        (&MACOS, "macOSCompliancePolicy"),
        (&ANDROID, "androidWorkProfileCompliancePolicy"),
    ];
    let policies = all.iter().map(|(policy, type_name)| TenantPolicy {
        id: id_of(policy.name),
        name: policy.name,
        type_name,
    });
    policies.collect()
}

struct Policy {
    name: &'static str,
    platform: &'static str,
    settings: &'static [&'static str],
}

const WINDOWS: Policy = Policy {
    name: "Windows: Verschlüsselung & Firewall",
    platform: "windows10AndLater",
    settings: &[
        "Windows10CompliancePolicy.BitLockerEnabled",
        "Windows10CompliancePolicy.ActiveFirewallRequired",
        "Windows10CompliancePolicy.OsMinimumVersion",
        "Windows10CompliancePolicy.RtpEnabled",
    ],
};
const IOS: Policy = Policy {
    name: "iOS baseline",
    platform: "iOS",
    settings: &[
        "IosCompliancePolicy.PasscodeRequired",
        "IosCompliancePolicy.OsMinimumVersion",
        "IosCompliancePolicy.SecurityBlockJailbrokenDevices",
    ],
};
const MACOS: Policy = Policy {
    name: "macOS baseline",
    platform: "macOS",
    settings: &[
        "MacOSCompliancePolicy.StorageRequireEncryption",
        "MacOSCompliancePolicy.OsMinimumVersion",
        "MacOSCompliancePolicy.FirewallEnabled",
    ],
};
const ANDROID: Policy = Policy {
    name: "Android baseline",
    platform: "androidForWork",
    settings: &[
        "AndroidForWorkCompliancePolicy.PasswordRequired",
        "AndroidForWorkCompliancePolicy.OsMinimumVersion",
        "AndroidForWorkCompliancePolicy.SecurityRequireVerifyApps",
    ],
};
const BUILT_IN: Policy = Policy {
    name: "Default Device Compliance Policy",
    platform: "all",
    settings: &[
        "DefaultDeviceCompliancePolicy.RequireDeviceCompliancePolicyAssigned",
        "DefaultDeviceCompliancePolicy.RequireRemainContact",
        "DefaultDeviceCompliancePolicy.RequireUserExistence",
    ],
};

/// What Intune writes where a setting could not be evaluated.
const EVALUATION_FAILED: i64 = -2_016_281_112;

fn own(device: &Device) -> Option<&'static Policy> {
    match device.kind.os {
        "Windows" => Some(&WINDOWS),
        "iOS" | "iPadOS" => Some(&IOS),
        "macOS" => Some(&MACOS),
        "Android" => Some(&ANDROID),
        _ => None,
    }
}

/// The device's own policy explains its state; where its system has none, the built-in one does.
pub(super) fn assigned(device: &Device) -> Vec<PolicyState> {
    let verdict = verdict(&device.compliance);
    match own(device) {
        Some(policy) => vec![judged(policy, device, verdict), judged(&BUILT_IN, device, "compliant")],
        None => vec![judged(&BUILT_IN, device, verdict)],
    }
}

/// What a policy says when it alone made the device's state. Grace is the device's, not the policy's.
fn verdict(compliance: &str) -> &'static str {
    match compliance {
        "compliant" => "compliant",
        "noncompliant" | "inGracePeriod" => "nonCompliant",
        "conflict" => "conflict",
        "error" => "error",
        "configManager" => "notApplicable",
        _ => "unknown",
    }
}

fn judged(policy: &Policy, device: &Device, verdict: &'static str) -> PolicyState {
    let mut dice = Dice::apart(device.hardware, 0xC0117);
    let culprit = dice.below(policy.settings.len());
    let of_all = matches!(verdict, "compliant" | "unknown" | "notApplicable");
    let settings = policy.settings.iter().enumerate().map(|(index, setting)| {
        let fails = of_all || index == culprit;
        SettingState {
            setting: (*setting).to_owned(),
            state: if fails { verdict } else { "compliant" }.to_owned(),
            current_value: None,
            error_code: if verdict == "error" && index == culprit {
                EVALUATION_FAILED
            } else {
                0
            },
        }
    });
    PolicyState {
        id: id_of(policy.name),
        display_name: policy.name.to_owned(),
        platform: policy.platform,
        state: verdict.to_owned(),
        version: 3,
        settings: settings.collect(),
    }
}

/// As a test wants it.
pub(super) fn told(policy: &ToldPolicy, device: &Device) -> PolicyState {
    PolicyState {
        id: id_of(&policy.display_name),
        display_name: policy.display_name.clone(),
        platform: own(device).map_or("all", |own| own.platform),
        state: policy.state.clone(),
        version: 1,
        settings: policy.settings.iter().map(told_setting).collect(),
    }
}

fn told_setting(setting: &ToldSetting) -> SettingState {
    SettingState {
        setting: setting.setting.clone(),
        state: setting.state.clone(),
        current_value: setting.current_value.clone(),
        error_code: setting.error_code,
    }
}

fn id_of(name: &str) -> Uuid {
    let digest = openssl::sha::sha256(format!("policy {name}").as_bytes());
    uuid::Builder::from_random_bytes(std::array::from_fn(|at| digest[at])).into_uuid()
}
