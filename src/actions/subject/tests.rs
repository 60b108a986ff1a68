use serde_json::{Value, json};

use super::{Ownership, Platform, Subject};
use crate::config::{DeviceSettings, EnrichMode, FieldChoice, PersonalDeviceRule, PrimaryUserMode};
use crate::model::{DeviceIdentity, ReadSource};

const ID: &str = "7809c88c-0000-4000-8000-000000000001";

fn platform(device: Value) -> Platform {
    let mut device = device;
    device["id"] = ID.into();
    Subject::from_device(&device).expect("it has an id").platform
}

#[test]
fn the_platform_is_told_by_what_v1_tells() {
    use Platform::*;
    for (system, enrollment, agent, model, expected) in [
        ("Windows", "windowsAutoEnrollment", "mdm", "Latitude", Windows),
        (
            "windows",
            "windowsCoManagement",
            "configurationManagerClientMdm",
            "",
            Windows,
        ),
        ("WindowsHolographic", "userEnrollment", "mdm", "HoloLens 2", Windows),
        ("Windows Phone", "userEnrollment", "mdm", "Lumia", Unknown),
        ("iOS", "appleBulkWithUser", "mdm", "iPhone 15", IosIpados),
        ("iPadOS", "appleBulkWithoutUser", "mdm", "iPad Air", IosIpados),
        ("iOS", "appleBulkWithoutUser", "mdm", "Apple TV 4K", TvOs),
        ("iOS", "appleBulkWithUser", "mdm", "Apple Vision Pro", VisionOs),
        ("tvOS", "appleBulkWithoutUser", "mdm", "", TvOs),
        ("visionOS", "userEnrollment", "mdm", "", VisionOs),
        ("macOS", "appleBulkWithUser", "mdm", "MacBook Pro", MacOs),
        ("Mac OS X", "userEnrollment", "mdm", "", MacOs),
        ("ChromeOS", "unknown", "google", "", ChromeOs),
        ("Linux", "userEnrollment", "mdm", "", Linux),
        ("Linux (ubuntu)", "unknown", "mdm", "", Linux),
        (
            "Android",
            "androidEnterpriseDedicatedDevice",
            "googleCloudDevicePolicyController",
            "TC52",
            AndroidCosu,
        ),
        (
            "AndroidEnterprise",
            "androidEnterpriseFullyManaged",
            "",
            "",
            AndroidCobo,
        ),
        ("android", "ANDROIDENTERPRISECORPORATEWORKPROFILE", "", "", AndroidCope),
        (
            "Android",
            "androidAOSPUserOwnedDeviceEnrollment",
            "intuneAosp",
            "",
            AndroidAosp,
        ),
        ("Android", "androidAOSPUserlessDeviceEnrollment", "", "", AndroidAosp),
        ("Android", "unknown", "intuneAosp", "", AndroidAosp),
        ("AndroidForWork", "userEnrollment", "mdm", "", AndroidByod),
        (
            "Android",
            "userEnrollment",
            "googleCloudDevicePolicyController",
            "",
            AndroidByod,
        ),
        ("Android", "userEnrollment", "", "", AndroidByod),
        ("Android", "userEnrollment", "mdm", "", AndroidAdministrator),
        ("Android", "userEnrollment", "easMdm", "", AndroidAdministrator),
        (
            "AndroidEnterprise",
            "userEnrollment",
            "googleCloudDevicePolicyController",
            "",
            Unknown,
        ),
        ("Android", "unknown", "googleCloudDevicePolicyController", "", Unknown),
        ("Android", "somethingNew", "somethingNew", "", Unknown),
        ("Android", "", "", "", Unknown),
        ("", "", "", "", Unknown),
        ("Fuchsia", "userEnrollment", "mdm", "", Unknown),
    ] {
        let device = json!({"operatingSystem": system, "deviceEnrollmentType": enrollment,
            "managementAgent": agent, "model": model});
        assert_eq!(platform(device), expected, "{system} {enrollment} {agent} {model}");
    }
}

#[test]
fn betas_device_type_helps_where_it_came() {
    use Platform::*;
    for (system, kind, enrollment, expected) in [
        ("", "desktop", "", Windows),
        ("", "macMDM", "", MacOs),
        ("", "iPad", "", IosIpados),
        ("", "androidForWork", "", AndroidByod),
        ("Android", "androidForWork", "unknown", AndroidByod),
        ("Android", "android", "userEnrollment", AndroidAdministrator),
        ("Android", "androidnGMS", "unknown", AndroidAosp),
        ("Android", "androidEnterprise", "unknown", Unknown),
        (
            "Android",
            "androidEnterprise",
            "androidEnterpriseFullyManaged",
            AndroidCobo,
        ),
        ("iOS", "tvOS", "", TvOs),
        ("", "blackberry", "", Unknown),
    ] {
        let device = json!({"operatingSystem": system, "deviceType": kind, "deviceEnrollmentType": enrollment});
        assert_eq!(platform(device), expected, "{system} {kind} {enrollment}");
    }
}

#[test]
fn an_owner_that_is_not_told_is_unknown_and_of_two_the_careful_one_counts() {
    for (device, expected) in [
        (json!({"managedDeviceOwnerType": "company"}), Ownership::Company),
        (json!({"managedDeviceOwnerType": "Personal"}), Ownership::Personal),
        (json!({"managedDeviceOwnerType": "unknown"}), Ownership::Unknown),
        (json!({"managedDeviceOwnerType": null}), Ownership::Unknown),
        (json!({"managedDeviceOwnerType": 7}), Ownership::Unknown),
        (json!({}), Ownership::Unknown),
        (json!({"ownerType": "company"}), Ownership::Company),
        (
            json!({"ownerType": "personal", "managedDeviceOwnerType": "company"}),
            Ownership::Personal,
        ),
    ] {
        let mut device = device;
        device["id"] = ID.into();
        assert_eq!(
            Subject::from_device(&device).expect("an id").ownership,
            expected,
            "{device}"
        );
    }
}

/// The stored body and the answer of a single GET of the same device: 7 digits against none, `""` against null.
#[test]
fn a2_the_pin_compares_like_with_like() {
    let fresh = json!({"id": ID, "serialNumber": " abc1234 ", "azureADDeviceId": "E266C39A-0000-4000-8000-00000000000A",
        "enrolledDateTime": "2025-04-22T12:59:11.1997623Z", "userPrincipalName": "a@example.org",
        "operatingSystem": "Windows", "lastSyncDateTime": "0001-01-01T00:00:00Z"});
    let settings = DeviceSettings {
        fields: FieldChoice::All,
        filter: None,
        personal: PersonalDeviceRule::Full,
        classes: Vec::new(),
        volatile_hours: 24,
        enrich: EnrichMode::New,
        primary_user: PrimaryUserMode::Off,
        tombstone_days: 90,
        history_days: 90,
    };
    let shape = crate::inventory::DeviceProjection::compile(&settings, Subject::NEEDED).expect("all of them are known");
    let incoming = shape
        .read_record(fresh.to_string().as_bytes(), ReadSource::Get)
        .expect("a good record");
    let stored: Value = serde_json::from_str(&incoming.body.to_json()).expect("a body is JSON");
    let (fresh, stored) = (
        Subject::from_device(&fresh).expect("an id"),
        Subject::from_device(&stored).expect("an id"),
    );
    assert_eq!(fresh.identity(), incoming.identity);
    assert_eq!(stored.identity(), incoming.identity);
    assert_eq!(fresh.identity().serial_number.as_deref(), Some("ABC1234"));
    assert_eq!(
        fresh.identity().enrolled_date_time.as_deref(),
        Some("2025-04-22T12:59:11Z")
    );
    assert_eq!((fresh.last_sync, stored.last_sync), (None, None));
}

#[test]
fn a2_junk_and_absence_are_nothing_in_the_pin() {
    for device in [
        json!({"id": ID, "serialNumber": "0", "enrolledDateTime": "0001-01-01T00:00:00Z", "userPrincipalName": "",
            "azureADDeviceId": "00000000-0000-0000-0000-000000000000"}),
        json!({"id": ID, "serialNumber": null}),
        json!({"id": ID}),
    ] {
        assert_eq!(
            Subject::from_device(&device).expect("an id").identity(),
            DeviceIdentity::default()
        );
    }
}

#[test]
fn the_single_get_asks_only_for_what_v1_has() {
    let facts: Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/graph-facts.json")).expect("facts are JSON");
    let known = &facts["v1.0"]["types"]["managedDevice"];
    for name in Subject::SELECT.split(',') {
        assert!(name == "id" || known[name].is_object(), "{name} is not in v1.0");
    }
    assert!(!Subject::SELECT.contains("activationLockBypassCode"));
}

#[test]
fn a_device_without_a_readable_id_is_none() {
    for device in [json!({}), json!({"id": "x"}), json!({"id": 7}), json!(null)] {
        assert!(Subject::from_device(&device).is_none());
    }
}

#[test]
fn the_json_of_a_device_tells_the_same_platform_as_the_device() {
    for device in [
        json!({"operatingSystem": "Windows", "model": "Latitude", "serialNumber": "1"}),
        json!({"operatingSystem": "Android", "deviceEnrollmentType": "androidEnterpriseFullyManaged"}),
        json!({"operatingSystem": "AndroidForWork", "deviceEnrollmentType": "userEnrollment", "managementAgent": "mdm"}),
        json!({"operatingSystem": null, "deviceType": "iPad"}),
        json!({"operatingSystem": "iOS", "model": "Apple TV 4K", "deviceType": 7}),
        json!({}),
    ] {
        assert_eq!(Platform::from_json(&device.to_string()), platform(device));
    }
    assert_eq!(Platform::from_json("no JSON"), Platform::Unknown);
}
