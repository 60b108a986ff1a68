//! What stands on the desks: one row per kind of device, with the share it has in the fleet and the words Intune uses
//! for it. Everything that follows from the kind is looked up here and not stored with each device.

/// How the kind's serial numbers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serial {
    Dell,
    Hp,
    Lenovo,
    Surface,
    Apple,
    Samsung,
    /// Virtual machines: long, with blanks.
    Virtual,
    /// Work profiles since Android 12 may not tell it.
    Hidden,
    Chrome,
}

/// How the kind's devices are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By a template of the company, `LAP-0042`.
    Template(&'static str),
    /// By whoever unpacked it, `Jürgen's iPhone`.
    Owner(&'static str),
    /// By Windows setup, `DESKTOP-7Q2K9XB`.
    Setup,
    /// By Intune: user, platform, date and time.
    Intune(&'static str),
}

/// The line of `deviceOperatingSystemSummary` in which it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tally {
    Windows,
    Ios,
    MacOs,
    AndroidWorkProfile,
    AndroidDedicated,
    AndroidFullyManaged,
    AndroidCorporateWorkProfile,
    Android,
    Unknown,
}

#[derive(Debug)]
pub struct Kind {
    pub weight: u32,
    pub os: &'static str,
    pub versions: &'static [&'static str],
    pub manufacturer: &'static str,
    pub models: &'static [&'static str],
    pub serial: Serial,
    pub naming: Naming,
    pub company: bool,
    pub enrollment: &'static str,
    pub agent: &'static str,
    /// Has a primary user.
    pub user: bool,
    pub supervised: bool,
    pub profile: Option<&'static str>,
    pub cellular: bool,
    pub ethernet: bool,
    pub tally: Tally,
    /// beta only.
    pub chassis: &'static str,
    pub device_type: &'static str,
}

const WINDOWS: &[&str] = &[
    "10.0.26100.4061",
    "10.0.26100.3775",
    "10.0.22631.5189",
    "10.0.22631.4890",
    "10.0.19045.5737",
];
const IOS: &[&str] = &["18.5", "18.4.1", "17.7.2", "16.7.10", "26.0.1"];
const MACOS: &[&str] = &["15.5 (24F74)", "15.4.1 (24E263)", "14.7.5 (23H527)", "13.7.5 (22H527)"];
const ANDROID: &[&str] = &["15.0", "14.0", "13.0", "12.0", "16"];

const WINDOWS_PC: Kind = Kind {
    weight: 0,
    os: "Windows",
    versions: WINDOWS,
    manufacturer: "",
    models: &[],
    serial: Serial::Dell,
    naming: Naming::Template("LAP-"),
    company: true,
    enrollment: "windowsAutoEnrollment",
    agent: "mdm",
    user: true,
    supervised: false,
    profile: None,
    cellular: false,
    ethernet: true,
    tally: Tally::Windows,
    chassis: "laptop",
    device_type: "windowsRT",
};

const APPLE_PHONE: Kind = Kind {
    weight: 0,
    os: "iOS",
    versions: IOS,
    manufacturer: "Apple",
    models: &[
        "iPhone 13",
        "iPhone 14",
        "iPhone 15 Pro",
        "iPhone SE (3rd generation)",
        "iPhone 16e",
    ],
    serial: Serial::Apple,
    naming: Naming::Owner("iPhone"),
    company: true,
    enrollment: "appleBulkWithUser",
    agent: "mdm",
    user: true,
    supervised: true,
    profile: Some("iPhones, ADE"),
    cellular: true,
    ethernet: false,
    tally: Tally::Ios,
    chassis: "phone",
    device_type: "iPhone",
};

const ANDROID_PHONE: Kind = Kind {
    weight: 0,
    os: "Android",
    versions: ANDROID,
    manufacturer: "samsung",
    models: &["SM-A546B", "SM-S921B", "SM-G556B", "SM-T575"],
    serial: Serial::Samsung,
    naming: Naming::Intune("AndroidEnterprise"),
    company: true,
    enrollment: "androidEnterpriseFullyManaged",
    agent: "googleCloudDevicePolicyController",
    user: true,
    supervised: true,
    profile: Some("Android, company owned"),
    cellular: true,
    ethernet: false,
    tally: Tally::AndroidFullyManaged,
    chassis: "phone",
    device_type: "androidEnterprise",
};

/// The fleet's kinds; weights are shares in a thousand.
pub const KINDS: &[Kind] = &[
    Kind {
        weight: 210,
        manufacturer: "Dell Inc.",
        models: &["Latitude 7450", "Latitude 5540", "Precision 5690", "OptiPlex 7020"],
        profile: Some("Autopilot, user driven"),
        ..WINDOWS_PC
    },
    Kind {
        weight: 120,
        manufacturer: "HP",
        models: &[
            "HP EliteBook 840 14 inch G11 Notebook PC",
            "HP ProDesk 400 G9 \"Mini\"",
            "HP ZBook Firefly 14",
        ],
        serial: Serial::Hp,
        naming: Naming::Template("HP-"),
        enrollment: "windowsAzureADJoin",
        ..WINDOWS_PC
    },
    Kind {
        weight: 90,
        manufacturer: "LENOVO",
        models: &["21KC004UGE", "20XW00JVMZ", "21HM002EUS"],
        serial: Serial::Lenovo,
        naming: Naming::Template("L-"),
        enrollment: "windowsCoManagement",
        agent: "configurationManagerClientMdm",
        ..WINDOWS_PC
    },
    Kind {
        weight: 30,
        manufacturer: "Microsoft Corporation",
        models: &["Surface Laptop 6 for Business", "Surface Pro 10 for Business"],
        serial: Serial::Surface,
        ..WINDOWS_PC
    },
    Kind {
        weight: 40,
        manufacturer: "Microsoft Corporation",
        models: &["Virtual Machine", "Cloud PC Enterprise 4vCPU/16GB/256GB"],
        serial: Serial::Virtual,
        naming: Naming::Template("CPC-"),
        enrollment: "windowsBulkAzureDomainJoin",
        chassis: "unknown",
        device_type: "cloudPC",
        ..WINDOWS_PC
    },
    Kind {
        weight: 30,
        manufacturer: "ASUSTeK COMPUTER INC.",
        models: &["ZenBook UX425EA_UX425EA", "System Product Name"],
        serial: Serial::Hidden,
        naming: Naming::Setup,
        company: false,
        enrollment: "userEnrollment",
        ..WINDOWS_PC
    },
    Kind {
        weight: 120,
        ..APPLE_PHONE
    },
    Kind {
        weight: 60,
        company: false,
        enrollment: "userEnrollment",
        supervised: false,
        profile: None,
        ..APPLE_PHONE
    },
    Kind {
        weight: 40,
        os: "iPadOS",
        models: &[
            "iPad Air 11-inch (M2)",
            "iPad (10th generation)",
            "iPad Pro (12.9-inch)",
        ],
        naming: Naming::Owner("iPad"),
        cellular: false,
        chassis: "tablet",
        device_type: "iPad",
        ..APPLE_PHONE
    },
    Kind {
        weight: 20,
        os: "iPadOS",
        models: &["iPad (9th generation)"],
        naming: Naming::Template("iPad-Kasse-"),
        enrollment: "appleBulkWithoutUser",
        user: false,
        cellular: false,
        profile: Some("Shared iPads, no user"),
        chassis: "tablet",
        device_type: "iPad",
        ..APPLE_PHONE
    },
    Kind {
        weight: 70,
        os: "macOS",
        versions: MACOS,
        models: &["MacBook Pro", "MacBook Air", "Mac mini", "MacBookPro18,3"],
        naming: Naming::Owner("MacBook Pro"),
        profile: Some("Macs, ADE"),
        cellular: false,
        ethernet: true,
        tally: Tally::MacOs,
        chassis: "laptop",
        device_type: "macMDM",
        ..APPLE_PHONE
    },
    Kind {
        weight: 80,
        serial: Serial::Hidden,
        naming: Naming::Intune("AndroidForWork"),
        company: false,
        enrollment: "userEnrollment",
        supervised: false,
        profile: None,
        tally: Tally::AndroidWorkProfile,
        device_type: "androidForWork",
        ..ANDROID_PHONE
    },
    Kind {
        weight: 30,
        ..ANDROID_PHONE
    },
    Kind {
        weight: 20,
        enrollment: "androidEnterpriseCorporateWorkProfile",
        tally: Tally::AndroidCorporateWorkProfile,
        ..ANDROID_PHONE
    },
    Kind {
        weight: 25,
        manufacturer: "Zebra Technologies",
        models: &["TC52", "TC21", "ET40"],
        naming: Naming::Template("Scanner "),
        enrollment: "androidEnterpriseDedicatedDevice",
        user: false,
        profile: Some("Lager & Versand 100 %"),
        tally: Tally::AndroidDedicated,
        ..ANDROID_PHONE
    },
    Kind {
        weight: 3,
        manufacturer: "RealWear",
        models: &["Navigator 500"],
        enrollment: "androidAOSPUserOwnedDeviceEnrollment",
        agent: "intuneAosp",
        cellular: false,
        tally: Tally::Android,
        chassis: "mobileOther",
        device_type: "androidnGMS",
        ..ANDROID_PHONE
    },
    Kind {
        weight: 7,
        os: "ChromeOS",
        versions: &["137.0.7151.68", "136.0.7103.149"],
        manufacturer: "Acer",
        models: &["Acer Chromebook Spin 714"],
        serial: Serial::Chrome,
        naming: Naming::Template("CB-"),
        enrollment: "unknown",
        agent: "google",
        ethernet: false,
        tally: Tally::Unknown,
        device_type: "chromeOS",
        ..WINDOWS_PC
    },
    Kind {
        weight: 5,
        os: "Linux",
        versions: &["24.04", "22.04", "9.4"],
        manufacturer: "LENOVO",
        models: &["21HM002EUS", "P16"],
        serial: Serial::Lenovo,
        naming: Naming::Template("ubuntu-"),
        enrollment: "userEnrollment",
        profile: None,
        tally: Tally::Unknown,
        device_type: "linux",
        ..WINDOWS_PC
    },
];
