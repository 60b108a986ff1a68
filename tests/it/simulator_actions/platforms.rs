//! Which device can do what: verb by platform, each yes and each no.

use super::*;

/// The platforms of the table's columns.
pub const PLATFORMS: [&str; 18] = [
    "windows",
    "windowsPersonal",
    "windowsHybrid",
    "mac",
    "iosSupervised",
    "iosUnsupervised",
    "ipadShared",
    "cobo",
    "cope",
    "cosu",
    "byod",
    "aosp",
    "androidAdministrator",
    "tv",
    "vision",
    "visionOld",
    "chrome",
    "linux",
];

pub async fn of_platform(tried: &Tried, platform: &str) -> String {
    let apple = |os: &str, supervised: bool, enrollment: &str| {
        json!({"operatingSystem": os, "isSupervised": supervised, "deviceEnrollmentType": enrollment,
               "managedDeviceOwnerType": "company", "isEncrypted": true})
    };
    let properties = match platform {
        "windows" => return laptop(tried).await,
        "windowsPersonal" => json!({"operatingSystem": "Windows", "managedDeviceOwnerType": "personal",
                                    "deviceEnrollmentType": "userEnrollment"}),
        "windowsHybrid" => json!({"operatingSystem": "Windows", "managedDeviceOwnerType": "company",
                                  "deviceEnrollmentType": "windowsCoManagement", "joinType": "hybridAzureADJoined",
                                  "azureADDeviceId": "5515d4ef-2551-456f-a975-e772ffefe6a1"}),
        "mac" => apple("macOS", true, "appleBulkWithUser"),
        "iosSupervised" => apple("iOS", true, "appleBulkWithUser"),
        "iosUnsupervised" => apple("iOS", false, "userEnrollment"),
        "ipadShared" => apple("iPadOS", true, "appleBulkWithoutUser"),
        "cobo" => return android(tried, "androidEnterpriseFullyManaged").await,
        "cope" => return android(tried, "androidEnterpriseCorporateWorkProfile").await,
        "cosu" => return android(tried, "androidEnterpriseDedicatedDevice").await,
        "byod" => return android(tried, "userEnrollment").await,
        "aosp" => return android(tried, "androidAOSPUserOwnedDeviceEnrollment").await,
        "androidAdministrator" => json!({"operatingSystem": "Android", "deviceEnrollmentType": "userEnrollment",
                                         "deviceType": "android", "managementAgent": "mdm"}),
        "tv" => json!({"operatingSystem": "tvOS", "osVersion": "18.5", "deviceType": "tvOS"}),
        "vision" => json!({"operatingSystem": "visionOS", "osVersion": "2.5", "deviceType": "visionOS"}),
        "visionOld" => json!({"operatingSystem": "visionOS", "osVersion": "1.3", "deviceType": "visionOS"}),
        "chrome" => json!({"operatingSystem": "ChromeOS"}),
        _ => json!({"operatingSystem": "Linux"}),
    };
    device(tried, properties).await
}

const ANDROID: &str = "cobo cope cosu byod aosp";
const IOS: &str = "iosSupervised iosUnsupervised ipadShared";
const SUPERVISED: &str = "iosSupervised ipadShared";
const WINDOWS: &str = "windows windowsPersonal windowsHybrid";

/// Verb, a body that is right, and the platforms that take it.
fn table() -> Vec<(&'static str, Value, String)> {
    let none = || json!({});
    vec![
        (
            "syncDevice",
            none(),
            format!("{ANDROID} androidAdministrator {IOS} mac {WINDOWS}"),
        ),
        (
            "rebootNow",
            none(),
            format!("{WINDOWS} mac {SUPERVISED} cosu cobo aosp tv chrome"),
        ),
        ("shutDown", none(), format!("{SUPERVISED} mac")),
        ("remoteLock", none(), format!("cosu cobo cope aosp {IOS} mac vision")),
        ("resetPasscode", none(), format!("{ANDROID} {IOS}")),
        ("locateDevice", none(), format!("cosu cobo cope {WINDOWS}")),
        ("disableLostMode", none(), SUPERVISED.to_owned()),
        ("enableLostMode", none(), SUPERVISED.to_owned()),
        ("playLostModeSound", none(), "cosu cobo cope".to_owned()),
        (
            "retire",
            none(),
            format!("byod androidAdministrator {IOS} mac {WINDOWS} tv vision visionOld"),
        ),
        (
            "wipe",
            none(),
            format!("cosu cobo cope aosp {IOS} mac {WINDOWS} tv vision visionOld chrome"),
        ),
        ("cleanWindowsDevice", json!({"keepUserData": true}), WINDOWS.to_owned()),
        ("windowsDefenderScan", json!({"quickScan": true}), WINDOWS.to_owned()),
        ("windowsDefenderUpdateSignatures", none(), WINDOWS.to_owned()),
        ("bypassActivationLock", none(), format!("{SUPERVISED} mac")),
        ("logoutSharedAppleDeviceActiveUser", none(), "ipadShared".to_owned()),
        (
            "deleteUserFromSharedAppleDevice",
            json!({"userPrincipalName": "a@example.org"}),
            "ipadShared".to_owned(),
        ),
        (
            "setDeviceName",
            json!({"deviceName": "NEW-1"}),
            format!("windows mac {SUPERVISED} cobo cosu cope"),
        ),
        ("rotateBitLockerKeys", none(), WINDOWS.to_owned()),
        ("rotateFileVaultKey", none(), "mac".to_owned()),
        (
            "rotateLocalAdminPassword",
            none(),
            "windows windowsHybrid mac".to_owned(),
        ),
        (
            "initiateOnDemandProactiveRemediation",
            json!({"scriptPolicyId": "5515d4ef-2551-456f-a975-e772ffefe6a0"}),
            WINDOWS.to_owned(),
        ),
        (
            "sendCustomNotificationToCompanyPortal",
            json!({"notificationTitle": "a", "notificationBody": "b"}),
            format!("{IOS} byod"),
        ),
    ]
}

#[tokio::test]
async fn every_verb_works_where_it_should_and_nowhere_else() {
    let tried = tenant().await;
    let tuned = tried
        .request(Method::PATCH, "/simulator/tuning")
        .json(&json!({"limits": {"enabled": false}}));
    assert_eq!(tried.send(tuned).await.status, 200);
    let table = table();
    assert_eq!(table.len(), simulated_tenant::remote::VERBS.len(), "a verb is missing");
    for (verb, body, takers) in table {
        for platform in PLATFORMS {
            let id = of_platform(&tried, platform).await;
            let got = act_beta(&tried, &id, verb, body.clone()).await;
            if takers.split(' ').any(|taker| taker == platform) {
                assert_eq!(got.status, 204, "{verb} on {platform}: {}", got.text);
                continue;
            }
            assert_eq!(got.status, 400, "{verb} on {platform}");
            assert_eq!(got.json()["error"]["code"], "BadRequest");
            assert!(
                got.intune_message().starts_with("An error has occurred - Operation ID"),
                "no reason is given"
            );
        }
    }
}
