//! The types of apps in Intune: on which platform each runs, whether it can be assigned to a group, whether it can be taken
//! away again, and what its assignment has to say (GRAPH.md E).
//!
//! Graph names more types from time to time. One that is not in the table can't be linked until somebody has looked at it.

use serde_json::{Value, json};

/// What an assignment of this type carries as `settings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AssignmentSettings {
    /// Null: Intune's defaults.
    Default,
    /// Win32 apps and those of the catalogue: when people are told, and how it is downloaded.
    Win32(&'static str),
    /// Volume licences: to the device, so that nobody needs an Apple account.
    DeviceLicence(&'static str),
}

/// One type of app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppType {
    /// Without `#microsoft.graph.`.
    pub name: &'static str,
    /// `windows`, `macOS`, `iOS`, `android`; `None`: any.
    pub platform: Option<&'static str>,
    pub assignable: bool,
    /// Intune takes it away from members of a group with the intent `uninstall`.
    pub removable: bool,
    /// Known to the beta version of Graph alone.
    pub beta: bool,
    settings: AssignmentSettings,
}

const WINDOWS: Option<&str> = Some("windows");
const MAC: Option<&str> = Some("macOS");
const IOS: Option<&str> = Some("iOS");
const ANDROID: Option<&str> = Some("android");

const fn app_type(name: &'static str, platform: Option<&'static str>) -> AppType {
    AppType {
        name,
        platform,
        assignable: true,
        removable: true,
        beta: false,
        settings: AssignmentSettings::Default,
    }
}

impl AppType {
    const fn beta(self) -> AppType {
        AppType { beta: true, ..self }
    }

    /// Intune can't take it away.
    const fn stays(self) -> AppType {
        AppType {
            removable: false,
            ..self
        }
    }

    /// Known only for policies of app protection; it can't be assigned.
    const fn unassignable(self) -> AppType {
        AppType {
            assignable: false,
            removable: false,
            ..self
        }
    }

    const fn with(self, settings: AssignmentSettings) -> AppType {
        AppType { settings, ..self }
    }
}

/// Every type that is known.
pub const TABLE: &[AppType] = &[
    app_type("win32LobApp", WINDOWS).with(AssignmentSettings::Win32("win32LobAppAssignmentSettings")),
    app_type("win32CatalogApp", WINDOWS)
        .beta()
        .with(AssignmentSettings::Win32("win32CatalogAppAssignmentSettings")),
    app_type("winGetApp", WINDOWS)
        .beta()
        .with(AssignmentSettings::Win32("winGetAppAssignmentSettings")),
    app_type("officeSuiteApp", WINDOWS).beta(),
    app_type("windowsMobileMSI", WINDOWS),
    app_type("windowsUniversalAppX", WINDOWS),
    app_type("windowsAppX", WINDOWS),
    app_type("windowsMicrosoftEdgeApp", WINDOWS),
    app_type("windowsWebApp", WINDOWS),
    app_type("windowsStoreApp", WINDOWS).beta(),
    app_type("microsoftStoreForBusinessApp", WINDOWS),
    app_type("webApp", None),
    app_type("macOSLobApp", MAC),
    app_type("macOSDmgApp", MAC),
    app_type("macOSPkgApp", MAC).beta(),
    app_type("macOsVppApp", MAC)
        .beta()
        .with(AssignmentSettings::DeviceLicence("macOsVppAppAssignmentSettings")),
    app_type("macOSWebClip", MAC).beta(),
    app_type("macOSMicrosoftDefenderApp", MAC).stays(),
    app_type("macOSMicrosoftEdgeApp", MAC).stays(),
    app_type("macOSOfficeSuiteApp", MAC).stays(),
    app_type("iosLobApp", IOS),
    app_type("iosStoreApp", IOS),
    app_type("iosVppApp", IOS).with(AssignmentSettings::DeviceLicence("iosVppAppAssignmentSettings")),
    app_type("iosiPadOSWebClip", IOS),
    app_type("androidLobApp", ANDROID),
    app_type("androidStoreApp", ANDROID),
    app_type("androidForWorkApp", ANDROID).beta(),
    app_type("androidManagedStoreApp", ANDROID).beta(),
    app_type("androidManagedStoreWebApp", ANDROID).beta(),
    app_type("managedAndroidLobApp", ANDROID).unassignable(),
    app_type("managedAndroidStoreApp", ANDROID).unassignable(),
    app_type("managedIOSLobApp", IOS).unassignable(),
    app_type("managedIOSStoreApp", IOS).unassignable(),
];

/// `None`: a type that nobody has looked at yet.
pub fn find_app_type(name: &str) -> Option<&'static AppType> {
    TABLE.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The type as people and the store know it, from Graph's `@odata.type`.
pub fn short_type_name(odata_type: &str) -> &str {
    odata_type.strip_prefix("#microsoft.graph.").unwrap_or(odata_type)
}

/// Why no application can be linked to an app of this type; `None`: one can.
pub fn unassignable_reason(name: &str) -> Option<String> {
    match find_app_type(name) {
        Some(known) if known.assignable => None,
        Some(_) => Some(format!(
            "apps of type {name} serve app protection policies only and cannot be assigned to a group"
        )),
        None => Some(format!("the app type {name} is not supported")),
    }
}

/// The platform for which Intune offers the app, in one word that two texts of Intune have in common.
pub(super) fn platform_of_system(operating_system: &str) -> Option<&'static str> {
    let system = operating_system.to_ascii_lowercase();
    let starts = |names: &[&str]| names.iter().any(|name| system.starts_with(name));
    if starts(&["windows"]) {
        WINDOWS
    } else if starts(&["macos", "mac os", "os x", "macmdm"]) {
        MAC
    } else if starts(&["ios", "ipados"]) {
        IOS
    } else if starts(&["android"]) {
        ANDROID
    } else {
        None
    }
}

impl AppType {
    /// `settings` of a new assignment of this type.
    pub(super) fn assignment_settings(&self) -> Value {
        match self.settings {
            AssignmentSettings::Default => Value::Null,
            AssignmentSettings::Win32(name) => json!({
                "@odata.type": format!("#microsoft.graph.{name}"), "notifications": "showAll",
                "installTimeSettings": null, "restartSettings": null,
            }),
            AssignmentSettings::DeviceLicence(name) => json!({
                "@odata.type": format!("#microsoft.graph.{name}"), "useDeviceLicensing": true,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sh_03_what_can_be_assigned_is_offered_and_the_rest_says_why_not() {
        assert_eq!(unassignable_reason("win32LobApp"), None);
        assert_eq!(unassignable_reason("winGetApp"), None);
        assert!(unassignable_reason("managedIOSStoreApp").is_some_and(|reason| reason.contains("protection")));
        assert!(unassignable_reason("appOfTomorrow").is_some_and(|reason| reason.contains("not supported")));
        assert_eq!(short_type_name("#microsoft.graph.win32LobApp"), "win32LobApp");
    }

    #[test]
    fn the_settings_of_an_assignment_fit_the_type() {
        for known in TABLE.iter().filter(|known| known.assignable) {
            let settings = known.assignment_settings();
            let named = settings["@odata.type"].as_str();
            assert!(
                named.is_none_or(|named| named == format!("#microsoft.graph.{}AssignmentSettings", known.name)),
                "{}",
                known.name
            );
        }
        let names: std::collections::BTreeSet<&str> = TABLE.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn a_system_of_a_device_has_the_platform_of_its_apps() {
        for (system, platform) in [
            ("Windows", WINDOWS),
            ("macOS", MAC),
            ("iPadOS", IOS),
            ("AndroidEnterprise", ANDROID),
            ("Linux (ubuntu)", None),
        ] {
            assert_eq!(platform_of_system(system), platform, "{system}");
        }
    }
}
