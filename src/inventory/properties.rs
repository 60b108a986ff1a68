//! The one table of what a `managedDevice` has: how each property is called and typed, which answer is to be believed
//! about it, whether it moves by itself, whether it tells of a person, and which of its values mean "nothing".
//!
//! Everything that treats properties differently looks here, so a property that Microsoft adds is one row. The rows stand in
//! the order in which Graph's LIST writes them: a reader that expects the next row is nearly always right. The first part is
//! v1.0 (55 properties and `id`); the second what only beta knows, which is never asked for. Other keys are kept as they are.

/// What a value looks like, and thereby which normal form it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyKind {
    Text,
    /// RFC 3339; year 1 means never, year 9999 means no end: both are nothing.
    Date,
    Number,
    Boolean,
    /// Text from a list that Microsoft extends without notice: never checked against it.
    Enum,
    /// An object or a list.
    Complex,
}

/// Which answer a value is taken from (S4). LIST writes nulls and zeros into what only a single GET fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertySource {
    /// The list, and a GET as well.
    List,
    /// Only a GET of one device, for most of them only with the property in `$select`.
    Get,
    /// Neither: the relation `users` of the device, read by itself. Other properties may go on telling who enrolled it.
    Users,
    /// Neither read nor kept: secrets, and what another flow reads for itself.
    Never,
    /// Made by the connector.
    Own,
}

/// Values beside null and `""` that mean "nothing", and spellings that mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueRule {
    Plain,
    /// LIST says "Unknown" where GET says "".
    UnknownIsNothing,
    /// 0 means "not told".
    ZeroIsNothing,
    /// Letters in lower case; all zeros are nothing.
    Guid,
    /// Letters in upper case; all zeros are nothing.
    Mac,
    /// "False", "false", "True", "Unknown": the first letter upper, the others lower.
    Capitalised,
}

#[derive(Debug, Clone, Copy)]
pub struct DeviceProperty {
    pub name: &'static str,
    /// `"name":`, as it is written.
    pub key: &'static str,
    pub kind: PropertyKind,
    pub owner: PropertySource,
    pub rule: ValueRule,
    /// Moves without anybody doing anything to the device; no change by itself (S5).
    pub volatile: bool,
    /// Members of a complex value that move by themselves.
    pub moving: &'static [&'static str],
    /// Tells of a person; goes where personal devices are reduced (F8).
    pub personal: bool,
    /// Unknown to v1.0: not asked for, written only where it came.
    pub beta: bool,
    /// In the schema and in single GETs, but in a list only where `$select` names it: written only where it came.
    pub unlisted: bool,
}

impl DeviceProperty {
    const fn new(name: &'static str, key: &'static str, kind: PropertyKind) -> Self {
        DeviceProperty {
            name,
            key,
            kind,
            owner: PropertySource::List,
            rule: ValueRule::Plain,
            volatile: false,
            moving: &[],
            personal: false,
            beta: false,
            unlisted: false,
        }
    }

    const fn owner(mut self, owner: PropertySource) -> Self {
        self.owner = owner;
        self
    }

    const fn get(self) -> Self {
        self.owner(PropertySource::Get)
    }

    const fn never(self) -> Self {
        self.owner(PropertySource::Never)
    }

    const fn rule(mut self, rule: ValueRule) -> Self {
        self.rule = rule;
        self
    }

    const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    const fn moving(mut self, members: &'static [&'static str]) -> Self {
        self.moving = members;
        self
    }

    const fn personal(mut self) -> Self {
        self.personal = true;
        self
    }

    const fn beta(mut self) -> Self {
        self.beta = true;
        self
    }

    const fn unlisted(mut self) -> Self {
        self.unlisted = true;
        self
    }

    /// Whether a setting or a condition may name it.
    pub fn is_readable(&self) -> bool {
        self.owner != PropertySource::Never
    }

    /// Whether no list tells it: it is added to what a list tells, some time after it.
    pub fn is_enriched(&self) -> bool {
        matches!(self.owner, PropertySource::Get | PropertySource::Users)
    }
}

macro_rules! p {
    ($name:literal, $kind:ident) => {
        DeviceProperty::new($name, concat!("\"", $name, "\":"), PropertyKind::$kind)
    };
}

/// How many rows there are; below 128, so that a choice of properties is one number.
pub const COUNT: usize = TABLE.len();

/// All rows. `deviceClass` stands last: it is the connector's own.
pub const TABLE: &[DeviceProperty] = &[
    p!("id", Text).rule(ValueRule::Guid),
    p!("userId", Text).rule(ValueRule::Guid).personal(),
    p!("deviceName", Text),
    p!("managedDeviceOwnerType", Enum),
    p!("enrolledDateTime", Date),
    p!("lastSyncDateTime", Date).volatile(),
    p!("operatingSystem", Text),
    p!("osVersion", Text),
    p!("complianceState", Enum),
    p!("jailBroken", Text).rule(ValueRule::Capitalised),
    p!("managementAgent", Enum),
    p!("easActivated", Boolean),
    p!("easDeviceId", Text),
    p!("easActivationDateTime", Date),
    p!("azureADRegistered", Boolean),
    p!("deviceEnrollmentType", Enum),
    // A code that opens the device: never read (E1).
    p!("activationLockBypassCode", Text).never(),
    p!("emailAddress", Text).personal(),
    p!("azureADDeviceId", Text).rule(ValueRule::Guid),
    p!("deviceRegistrationState", Enum),
    p!("deviceCategoryDisplayName", Text).rule(ValueRule::UnknownIsNothing),
    p!("isSupervised", Boolean),
    p!("exchangeLastSuccessfulSyncDateTime", Date).volatile(),
    p!("exchangeAccessState", Enum),
    p!("exchangeAccessStateReason", Enum),
    // A link into somebody's screen: never read (E1).
    p!("remoteAssistanceSessionUrl", Text).never(),
    p!("remoteAssistanceSessionErrorDetails", Text),
    p!("isEncrypted", Boolean),
    p!("userPrincipalName", Text).personal(),
    p!("model", Text),
    p!("manufacturer", Text),
    p!("imei", Text).personal(),
    p!("complianceGracePeriodExpirationDateTime", Date),
    p!("serialNumber", Text),
    p!("phoneNumber", Text).personal(),
    p!("androidSecurityPatchLevel", Text),
    p!("userDisplayName", Text).personal(),
    p!("configurationManagerClientEnabledFeatures", Complex),
    p!("wiFiMacAddress", Text).rule(ValueRule::Mac).personal(),
    p!("deviceHealthAttestationState", Complex).moving(&[
        "lastUpdateDateTime",
        "issuedDateTime",
        "resetCount",
        "restartCount",
    ]),
    p!("subscriberCarrier", Text).personal(),
    p!("meid", Text).personal(),
    p!("totalStorageSpaceInBytes", Number).rule(ValueRule::ZeroIsNothing),
    p!("freeStorageSpaceInBytes", Number).volatile(),
    // Made of the user's name by default.
    p!("managedDeviceName", Text).personal(),
    p!("partnerReportedThreatState", Enum),
    p!("requireUserEnrollmentApproval", Boolean),
    p!("managementCertificateExpirationDate", Date),
    p!("iccid", Text).get().personal(),
    p!("udid", Text).get().personal(),
    p!("notes", Text).get().personal(),
    p!("ethernetMacAddress", Text).get().rule(ValueRule::Mac).personal(),
    p!("physicalMemoryInBytes", Number).get().rule(ValueRule::ZeroIsNothing),
    p!("enrollmentProfileName", Text).get(),
    // Always empty in LIST; the flow of actions reads it for itself.
    p!("deviceActionResults", Complex).never(),
    // Absent from captured lists.
    p!("managementState", Enum).unlisted(),
    // ---- beta ----
    p!("aadRegistered", Boolean).beta(),
    p!("autopilotEnrolled", Boolean).beta(),
    p!("azureActiveDirectoryDeviceId", Text).rule(ValueRule::Guid).beta(),
    p!("bootstrapTokenEscrowed", Boolean).get().beta(),
    p!("chassisType", Enum).beta(),
    p!("chromeOSDeviceInfo", Complex).get().beta(),
    p!("cloudPcRemoteActionResults", Complex).never().beta(),
    p!("configurationManagerClientHealthState", Complex).volatile().beta(),
    p!("configurationManagerClientInformation", Complex).beta(),
    p!("deviceFirmwareConfigurationInterfaceManaged", Boolean).beta(),
    p!("deviceType", Enum).beta(),
    p!("enrolledByUserPrincipalName", Text).personal().beta(),
    p!("hardwareInformation", Complex).get().volatile().personal().beta(),
    p!("joinType", Enum).beta(),
    p!("lostModeState", Enum).beta(),
    p!("managementFeatures", Enum).beta(),
    p!("ownerType", Enum).beta(),
    p!("preferMdmOverGroupPolicyAppliedDateTime", Date).beta(),
    p!("processorArchitecture", Enum).beta(),
    p!("retireAfterDateTime", Date).beta(),
    p!("roleScopeTagIds", Complex).get().beta(),
    p!("securityPatchLevel", Text).beta(),
    p!("skuFamily", Text).beta(),
    p!("skuNumber", Number).beta(),
    p!("specificationVersion", Text).beta(),
    p!("usersLoggedOn", Complex).volatile().personal().beta(),
    p!("windowsActiveMalwareCount", Number).get().beta(),
    p!("windowsRemediatedMalwareCount", Number).get().beta(),
    // ---- ours ----
    p!("primaryUser", Complex).owner(PropertySource::Users).personal(),
    p!("deviceClass", Text).owner(PropertySource::Own),
];

/// A choice of properties: one bit a row.
pub type PropertyMask = u128;

pub const fn property_bit(index: usize) -> PropertyMask {
    1 << index
}

/// All rows for which the test holds.
pub fn mask_where(holds: impl Fn(&DeviceProperty) -> bool) -> PropertyMask {
    TABLE
        .iter()
        .enumerate()
        .filter(|(_, property)| holds(property))
        .fold(0, |mask, (index, _)| mask | property_bit(index))
}

/// Row of a name that is known to be in the table; a wrong one does not compile.
const fn property_row(name: &str) -> usize {
    let mut index = 0;
    while index < COUNT {
        if compare_names(name.as_bytes(), TABLE[index].name.as_bytes()) == 0 {
            return index;
        }
        index += 1;
    }
    panic!("no such property")
}

pub const ID: usize = property_row("id");
pub const DEVICE_NAME: usize = property_row("deviceName");
pub const OWNER_TYPE: usize = property_row("managedDeviceOwnerType");
pub const BETA_OWNER_TYPE: usize = property_row("ownerType");
pub const ENROLLED: usize = property_row("enrolledDateTime");
pub const LAST_SYNC: usize = property_row("lastSyncDateTime");
pub const OPERATING_SYSTEM: usize = property_row("operatingSystem");
pub const OS_VERSION: usize = property_row("osVersion");
pub const COMPLIANCE_STATE: usize = property_row("complianceState");
pub const EMAIL_ADDRESS: usize = property_row("emailAddress");
pub const CATEGORY: usize = property_row("deviceCategoryDisplayName");
pub const MODEL: usize = property_row("model");
pub const MANUFACTURER: usize = property_row("manufacturer");
pub const IMEI: usize = property_row("imei");
pub const PHONE_NUMBER: usize = property_row("phoneNumber");
pub const USER_DISPLAY_NAME: usize = property_row("userDisplayName");
pub const WIFI_MAC: usize = property_row("wiFiMacAddress");
pub const ETHERNET_MAC: usize = property_row("ethernetMacAddress");
pub const ENTRA_DEVICE_ID: usize = property_row("azureADDeviceId");
pub const USER_PRINCIPAL_NAME: usize = property_row("userPrincipalName");
pub const SERIAL_NUMBER: usize = property_row("serialNumber");
pub const TOTAL_STORAGE: usize = property_row("totalStorageSpaceInBytes");
pub const FREE_STORAGE: usize = property_row("freeStorageSpaceInBytes");
pub const DEVICE_TYPE: usize = property_row("deviceType");
pub const CHASSIS_TYPE: usize = property_row("chassisType");
pub const PRIMARY_USER: usize = property_row("primaryUser");
pub const DEVICE_CLASS: usize = property_row("deviceClass");

/// Shorter first, then by bytes: -1, 0, 1.
const fn compare_names(a: &[u8], b: &[u8]) -> i8 {
    if a.len() != b.len() {
        return if a.len() < b.len() { -1 } else { 1 };
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return if a[at] < b[at] { -1 } else { 1 };
        }
        at += 1;
    }
    0
}

/// Rows by length of name, then by name; made by the compiler.
const SORTED: [u8; COUNT] = {
    let mut rows = [0u8; COUNT];
    let mut filled = 0;
    while filled < COUNT {
        let mut at = filled;
        while at > 0
            && compare_names(
                TABLE[filled].name.as_bytes(),
                TABLE[rows[at - 1] as usize].name.as_bytes(),
            ) < 0
        {
            rows[at] = rows[at - 1];
            at -= 1;
        }
        rows[at] = filled as u8;
        filled += 1;
    }
    rows
};

/// Row of a key. `expected` is the row that is likely; it is tried first.
pub fn find_property(name: &str, expected: usize) -> Option<usize> {
    if let Some(property) = TABLE.get(expected)
        && property.name == name
    {
        return Some(expected);
    }
    SORTED
        .binary_search_by(|row| {
            let known = TABLE[usize::from(*row)].name;
            known
                .len()
                .cmp(&name.len())
                .then_with(|| known.as_bytes().cmp(name.as_bytes()))
        })
        .ok()
        .map(|at| usize::from(SORTED[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_55_properties_of_v1_and_the_28_of_beta() {
        let v1 = TABLE
            .iter()
            .filter(|p| !p.beta && !matches!(p.owner, PropertySource::Own | PropertySource::Users))
            .count();
        assert_eq!(v1, 55 + 1);
        assert_eq!(TABLE.iter().filter(|p| p.beta).count(), 28);
        const { assert!(COUNT < 128) };
    }

    #[test]
    fn every_row_is_found_by_its_name_whatever_was_expected() {
        for (index, property) in TABLE.iter().enumerate() {
            for expected in [index, 0, COUNT] {
                assert_eq!(find_property(property.name, expected), Some(index), "{}", property.name);
            }
            assert_eq!(find_property(&property.name.to_uppercase(), index), None);
        }
        assert_eq!(find_property("", 0), None);
        assert_eq!(find_property("noSuchProperty", 3), None);
    }

    #[test]
    fn e1_codes_and_links_that_open_a_device_are_never_read() {
        for name in ["activationLockBypassCode", "remoteAssistanceSessionUrl"] {
            let index = find_property(name, 0).expect("in the table");
            assert_eq!(TABLE[index].owner, PropertySource::Never);
            assert!(!TABLE[index].is_readable());
        }
    }
}
