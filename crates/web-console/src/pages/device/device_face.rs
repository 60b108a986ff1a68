//! What people know a device by, on every page that shows one.

use serde_json::Value;
use sics_client::contract::DeviceView;

use super::shown_value::{compliance_class, name_word};
use crate::clock_text::TimeText;
use crate::page::PageContext;

/// A device at a glance.
pub(crate) struct DeviceFace {
    pub(crate) instance: String,
    pub(crate) id: String,
    pub(crate) seq: i64,
    /// Never empty.
    pub(crate) name: String,
    /// Empty: it has none.
    pub(crate) serial: String,
    pub(crate) user: String,
    /// Operating system and its version.
    pub(crate) system: String,
    pub(crate) model: String,
    /// As the list of actions names it.
    pub(crate) platform: String,
    pub(crate) platform_name: String,
    pub(crate) last_check_in: Option<TimeText>,
    pub(crate) owner: String,
    /// It belongs to a person, or nobody says to whom.
    pub(crate) is_personal: bool,
    pub(crate) compliance: String,
    pub(crate) compliance_class: &'static str,
    /// What is typed to confirm that this device is meant.
    pub(crate) proof: String,
    pub(crate) proof_kind: ProofKind,
}

/// What tells a device from all others: the best that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofKind {
    Serial,
    Name,
    Id,
}

impl DeviceFace {
    pub(crate) fn new(ctx: &PageContext, view: &DeviceView) -> DeviceFace {
        let device: Value = serde_json::from_str(view.device.get()).unwrap_or_default();
        let text = |key: &str| device.get(key).and_then(Value::as_str).unwrap_or_default();
        let plain = |key: &str| ctx.plain(text(key));
        let join = |one: &str, other: &str| {
            let both = format!("{} {}", plain(one), plain(other));
            both.trim().to_owned()
        };
        let id = view.device_id.to_string();
        let (proof_kind, proof) = choose_proof(text("serialNumber"), text("deviceName"), &id);
        let name = plain("deviceName");
        DeviceFace {
            seq: view.seq.0,
            name: if name.is_empty() { ctx.t("device-no-name") } else { name },
            serial: plain("serialNumber"),
            user: plain("userPrincipalName"),
            system: join("operatingSystem", "osVersion"),
            model: join("manufacturer", "model"),
            platform: view.platform.clone(),
            platform_name: ctx.word("platform-", &view.platform),
            last_check_in: text("lastSyncDateTime").parse().ok().map(|at| ctx.time(&at)),
            owner: name_word(ctx, "managedDeviceOwnerType", text("managedDeviceOwnerType")),
            is_personal: text("managedDeviceOwnerType") != "company",
            compliance: name_word(ctx, "complianceState", text("complianceState")),
            compliance_class: compliance_class(text("complianceState")),
            proof,
            proof_kind,
            instance: view.instance.clone(),
            id,
        }
    }

    /// Path of its page.
    pub(crate) fn path(&self) -> String {
        device_path(&self.instance, &self.id)
    }

    /// By what live facts name it.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.instance, self.id)
    }

    /// Key of the label of what is typed to confirm.
    pub(crate) fn proof_label(&self) -> &'static str {
        match self.proof_kind {
            ProofKind::Serial => "device-proof-serial",
            ProofKind::Name => "device-proof-name",
            ProofKind::Id => "device-proof-id",
        }
    }

    /// Fields that the button of a form needs: a script compares what has no blank in it, the server everything.
    pub(crate) fn needs(&self) -> String {
        if self
            .proof
            .contains(|letter: char| letter.is_whitespace() || letter == '=')
        {
            "agree number".to_owned()
        } else {
            format!("agree number={}", self.proof)
        }
    }

    /// Whether what somebody typed is what tells this device from all others.
    pub(crate) fn is_proven_by(&self, typed: &str) -> bool {
        let (typed, proof) = (typed.trim(), self.proof.trim());
        !proof.is_empty() && typed.to_lowercase() == proof.to_lowercase()
    }
}

/// Path of a device's page.
pub(crate) fn device_path(instance: &str, id: impl std::fmt::Display) -> String {
    format!("/devices/{instance}/{id}")
}

fn choose_proof(serial: &str, name: &str, id: &str) -> (ProofKind, String) {
    if !serial.trim().is_empty() {
        (ProofKind::Serial, serial.trim().to_owned())
    } else if !name.trim().is_empty() {
        (ProofKind::Name, name.trim().to_owned())
    } else {
        (ProofKind::Id, id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_confirmed_by_the_best_that_it_has() {
        assert_eq!(
            choose_proof(" C02X ", "mac", "7"),
            (ProofKind::Serial, "C02X".to_owned())
        );
        assert_eq!(choose_proof(" ", "mac", "7"), (ProofKind::Name, "mac".to_owned()));
        assert_eq!(choose_proof("", "", "7"), (ProofKind::Id, "7".to_owned()));
    }
}
