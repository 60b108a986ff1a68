//! Whether an app can get to whom or what it is ordered for: told before the order is taken. Pure.

use super::app_type::platform_of_system;
use super::assignment_plan::possible_kinds;
use super::order_target::{FoundTarget, ManagedDeviceFacts};
use super::order_text::{BilingualText, OrderTrouble};
use crate::contract::{OrderKind, OrderTargetKind};
use crate::store::ApplicationRow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetJudgement {
    Fits,
    /// It can be ordered, and whoever orders should know this.
    Warn(Vec<BilingualText>),
    /// It could only fail.
    Refused(OrderTrouble),
}

/// What speaks against one device.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DeviceObjection {
    Platform(String),
    CoManaged,
    NotManaged(String),
}

pub fn judge_target(
    application: &ApplicationRow,
    kind: OrderKind,
    target_kind: OrderTargetKind,
    found: &FoundTarget,
) -> TargetJudgement {
    if !possible_kinds(&application.app_type).contains(&kind) {
        return TargetJudgement::Refused(not_removable(application));
    }
    let name = found.name.as_deref().unwrap_or(&found.object_id);
    let objections: Vec<(&ManagedDeviceFacts, DeviceObjection)> = found
        .managed
        .iter()
        .filter_map(|device| Some((device, object_to_device(application, device)?)))
        .collect();
    let refuses = |objection: &DeviceObjection| !matches!(objection, DeviceObjection::CoManaged);
    let refusing = objections.iter().filter(|(_, objection)| refuses(objection)).count();
    if let Some((_, objection)) = objections.iter().find(|(_, objection)| refuses(objection))
        && refusing == found.managed.len()
    {
        return TargetJudgement::Refused(refusal(application, name, objection, target_kind));
    }
    let mut warnings: Vec<BilingualText> = objections
        .iter()
        .map(|(device, objection)| warning(application, device, objection))
        .collect();
    if found.managed.is_empty() {
        warnings.push(BilingualText::new(
            format!("{name} has no device in Intune yet."),
            format!("{name} hat noch kein Gerät in Intune."),
        ));
    }
    if !found.is_enabled {
        warnings.push(BilingualText::new(
            format!("The account {name} is disabled."),
            format!("Das Konto {name} ist deaktiviert."),
        ));
    }
    if warnings.is_empty() {
        TargetJudgement::Fits
    } else {
        TargetJudgement::Warn(warnings)
    }
}

/// Intune knows no assignment by which it could be taken away.
pub(super) fn not_removable(application: &ApplicationRow) -> OrderTrouble {
    let (name, app_type) = (&application.description.display_name, &application.app_type);
    OrderTrouble::new(
        "notRemovable",
        BilingualText::new(
            format!("{name} cannot be removed by Intune: apps of type {app_type} have no uninstall assignment."),
            format!(
                "{name} kann von Intune nicht entfernt werden: Apps vom Typ {app_type} haben keine Deinstallation."
            ),
        ),
        BilingualText::new("Remove the app on the device.", "Bitte die App am Gerät entfernen."),
    )
}

fn object_to_device(application: &ApplicationRow, device: &ManagedDeviceFacts) -> Option<DeviceObjection> {
    let agent = device
        .management_agent
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_intune =
        agent.is_empty() || agent.contains("mdm") || agent.contains("intune") || agent.starts_with("google");
    if !is_intune && agent != "unknown" {
        return Some(DeviceObjection::NotManaged(
            device.management_agent.clone().unwrap_or_default(),
        ));
    }
    let system = device.operating_system.as_deref().unwrap_or_default();
    let is_other = match (&application.platform, platform_of_system(system)) {
        (Some(wanted), Some(platform)) => !wanted.eq_ignore_ascii_case(platform),
        (Some(_), None) => !system.is_empty(),
        (None, _) => false,
    };
    if is_other {
        return Some(DeviceObjection::Platform(system.to_owned()));
    }
    // The workload of apps may be with Configuration Manager: then Intune's assignments do nothing there.
    agent
        .starts_with("configurationmanagerclientmdm")
        .then_some(DeviceObjection::CoManaged)
}

fn refusal(
    application: &ApplicationRow,
    name: &str,
    objection: &DeviceObjection,
    target_kind: OrderTargetKind,
) -> OrderTrouble {
    let app = &application.description.display_name;
    let platform = application.platform.as_deref().unwrap_or_default();
    match (objection, target_kind) {
        (DeviceObjection::NotManaged(agent), _) => OrderTrouble::new(
            "deviceNotManaged",
            BilingualText::new(
                format!("Intune does not manage {name} (it is managed by {agent}), so no app gets there."),
                format!("Intune verwaltet {name} nicht (sondern {agent}), also kommt keine App dorthin."),
            ),
            BilingualText::new("Enrol the device in Intune.", "Bitte das Gerät in Intune registrieren."),
        ),
        (DeviceObjection::Platform(system), OrderTargetKind::Device) => OrderTrouble::new(
            "wrongPlatform",
            BilingualText::new(
                format!("{app} is for {platform}; {name} runs {system}."),
                format!("{app} ist für {platform}; auf {name} läuft {system}."),
            ),
            other_application(),
        ),
        _ => OrderTrouble::new(
            "wrongPlatform",
            BilingualText::new(
                format!("{app} is for {platform}; {name} has no device on which it could run."),
                format!("{app} ist für {platform}; {name} hat kein Gerät, auf dem es laufen könnte."),
            ),
            other_application(),
        ),
    }
}

fn other_application() -> BilingualText {
    BilingualText::new(
        "Order an application for the platform of the device.",
        "Bitte eine Anwendung für die Plattform des Geräts bestellen.",
    )
}

fn warning(application: &ApplicationRow, device: &ManagedDeviceFacts, objection: &DeviceObjection) -> BilingualText {
    let name = device.name.as_deref().unwrap_or(&device.intune_id);
    let app = &application.description.display_name;
    match objection {
        DeviceObjection::Platform(system) => BilingualText::new(
            format!("{app} does not run on {name} ({system})."),
            format!("{app} läuft nicht auf {name} ({system})."),
        ),
        DeviceObjection::NotManaged(agent) => BilingualText::new(
            format!("{app} does not get to {name}: it is managed by {agent}."),
            format!("{app} kommt nicht auf {name}: Es wird von {agent} verwaltet."),
        ),
        DeviceObjection::CoManaged => BilingualText::new(
            format!(
                "{name} is co-managed with Configuration Manager: {app} gets there only if the workload \"Client apps\" is \
                 switched to Intune."
            ),
            format!(
                "{name} wird zusammen mit Configuration Manager verwaltet: {app} kommt nur dorthin, wenn die Arbeitsauslastung \
                 „Client-Apps“ bei Intune liegt."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::assignment_plan::tests::application;
    use super::*;

    fn device(system: &str, agent: &str) -> ManagedDeviceFacts {
        ManagedDeviceFacts {
            intune_id: "a".into(),
            name: Some("PC-7".into()),
            entra_id: None,
            operating_system: Some(system.into()),
            management_agent: Some(agent.into()),
        }
    }

    fn judged(managed: Vec<ManagedDeviceFacts>) -> TargetJudgement {
        let found = FoundTarget {
            object_id: "o".into(),
            name: Some("ann@x".into()),
            devices: Vec::new(),
            managed,
            is_enabled: true,
        };
        judge_target(&application(), OrderKind::Install, OrderTargetKind::User, &found)
    }

    fn refusal_code(judgement: &TargetJudgement) -> Option<&str> {
        match judgement {
            TargetJudgement::Refused(trouble) => Some(&trouble.code),
            _ => None,
        }
    }

    #[test]
    fn a_platform_that_does_not_fit_is_refused_and_one_of_several_only_warned_of() {
        assert_eq!(judged(vec![device("Windows", "mdm")]), TargetJudgement::Fits);
        assert_eq!(
            refusal_code(&judged(vec![device("macOS", "mdm")])),
            Some("wrongPlatform")
        );
        assert_eq!(
            refusal_code(&judged(vec![device("Linux", "mdm")])),
            Some("wrongPlatform")
        );
        assert!(matches!(
            judged(vec![device("macOS", "mdm"), device("Windows", "mdm")]),
            TargetJudgement::Warn(warnings) if warnings.len() == 1
        ));
        assert!(matches!(judged(vec![]), TargetJudgement::Warn(_)));
    }

    #[test]
    fn co_managed_devices_are_told_and_those_that_intune_does_not_manage_are_refused() {
        let warned = judged(vec![device("Windows", "configurationManagerClientMdm")]);
        assert!(matches!(warned, TargetJudgement::Warn(warnings) if warnings[0].en.contains("co-managed")));
        for agent in ["configurationManagerClient", "jamf", "msSense", "eas"] {
            let judgement = judged(vec![device("Windows", agent)]);
            assert_eq!(refusal_code(&judgement), Some("deviceNotManaged"), "{agent}");
        }
        for agent in ["easMdm", "intuneClient", "unknown", "", "microsoft365ManagedMdm"] {
            assert_eq!(judged(vec![device("Windows", agent)]), TargetJudgement::Fits, "{agent}");
        }
    }

    #[test]
    fn what_intune_can_not_remove_is_not_taken_as_an_uninstall_order() {
        let mut application = application();
        application.app_type = "macOSOfficeSuiteApp".into();
        let found = FoundTarget {
            object_id: "o".into(),
            name: None,
            devices: Vec::new(),
            managed: Vec::new(),
            is_enabled: true,
        };
        let judgement = judge_target(&application, OrderKind::Uninstall, OrderTargetKind::Device, &found);
        assert_eq!(refusal_code(&judgement), Some("notRemovable"));
    }
}
