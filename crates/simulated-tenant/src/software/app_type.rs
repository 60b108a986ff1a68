//! The types of apps, by Microsoft's schemas (`graph-v1.0-intune.csdl.xml` and the one of beta).

/// A type derived from `mobileApp`.
#[derive(Debug, PartialEq, Eq)]
pub struct AppType {
    /// Without `#microsoft.graph.`.
    pub name: &'static str,
    /// Operating systems as devices write them; all where there is none.
    pub systems: &'static [&'static str],
    /// v1.0 does not have it.
    pub beta: bool,
    /// The type of an assignment's settings; none: only null is taken.
    pub settings: Option<&'static str>,
    /// It can be assigned to groups. Apps that are only managed by a protection policy can't.
    pub assignable: bool,
    /// It can be removed by an assignment.
    pub uninstalls: bool,
}

const WINDOWS: &[&str] = &["Windows"];
const APPLE_MOBILE: &[&str] = &["iOS", "iPadOS"];
const MAC: &[&str] = &["macOS"];
const ANDROID: &[&str] = &["Android"];

const fn kind(name: &'static str, systems: &'static [&'static str]) -> AppType {
    AppType {
        name,
        systems,
        beta: false,
        settings: None,
        assignable: true,
        uninstalls: true,
    }
}

const fn with(settings: &'static str, kind: AppType) -> AppType {
    AppType {
        settings: Some(settings),
        ..kind
    }
}

const fn beta(kind: AppType) -> AppType {
    AppType { beta: true, ..kind }
}

const fn stays(kind: AppType) -> AppType {
    AppType {
        uninstalls: false,
        ..kind
    }
}

const fn policy_only(kind: AppType) -> AppType {
    AppType {
        assignable: false,
        uninstalls: false,
        ..kind
    }
}

pub const APP_TYPES: &[AppType] = &[
    with("win32LobAppAssignmentSettings", kind("win32LobApp", WINDOWS)),
    beta(with("winGetAppAssignmentSettings", kind("winGetApp", WINDOWS))),
    beta(with(
        "win32CatalogAppAssignmentSettings",
        kind("win32CatalogApp", WINDOWS),
    )),
    beta(kind("officeSuiteApp", WINDOWS)),
    kind("windowsMobileMSI", WINDOWS),
    with("windowsAppXAppAssignmentSettings", kind("windowsAppX", WINDOWS)),
    with(
        "windowsUniversalAppXAppAssignmentSettings",
        kind("windowsUniversalAppX", WINDOWS),
    ),
    with(
        "microsoftStoreForBusinessAppAssignmentSettings",
        kind("microsoftStoreForBusinessApp", WINDOWS),
    ),
    kind("windowsMicrosoftEdgeApp", WINDOWS),
    stays(kind("windowsWebApp", WINDOWS)),
    stays(kind("webApp", &[])),
    with("iosVppAppAssignmentSettings", kind("iosVppApp", APPLE_MOBILE)),
    with("iosStoreAppAssignmentSettings", kind("iosStoreApp", APPLE_MOBILE)),
    with("iosLobAppAssignmentSettings", kind("iosLobApp", APPLE_MOBILE)),
    kind("iosiPadOSWebClip", APPLE_MOBILE),
    policy_only(kind("managedIOSStoreApp", APPLE_MOBILE)),
    policy_only(kind("managedIOSLobApp", APPLE_MOBILE)),
    beta(with(
        "androidManagedStoreAppAssignmentSettings",
        kind("androidManagedStoreApp", ANDROID),
    )),
    kind("androidStoreApp", ANDROID),
    kind("androidLobApp", ANDROID),
    policy_only(kind("managedAndroidStoreApp", ANDROID)),
    policy_only(kind("managedAndroidLobApp", ANDROID)),
    with("macOsLobAppAssignmentSettings", kind("macOSLobApp", MAC)),
    kind("macOSDmgApp", MAC),
    beta(kind("macOSPkgApp", MAC)),
    beta(with("macOsVppAppAssignmentSettings", kind("macOsVppApp", MAC))),
    stays(kind("macOSOfficeSuiteApp", MAC)),
    stays(kind("macOSMicrosoftEdgeApp", MAC)),
    stays(kind("macOSMicrosoftDefenderApp", MAC)),
];

/// By name, without `#microsoft.graph.`.
pub fn find_type(name: &str) -> Option<&'static AppType> {
    APP_TYPES.iter().find(|kind| kind.name == name)
}

impl AppType {
    /// Whether devices of this operating system can have it.
    pub fn fits(&self, system: &str) -> bool {
        self.systems.is_empty() || self.systems.contains(&system)
    }
}
