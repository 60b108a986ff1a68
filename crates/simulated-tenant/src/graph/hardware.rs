//! `hardwareInformation`: an object of many fields, which only a single GET fills that selects it. Elsewhere it is there
//! all the same, with nothing in it: zeros that are no facts.

use serde_json::{Value, json};

use super::property::{Val, View};
use crate::world::Metal;

pub(super) fn blank() -> Value {
    json!({
        "serialNumber": null, "totalStorageSpace": 0, "freeStorageSpace": 0, "imei": null, "meid": null,
        "manufacturer": null, "model": null, "phoneNumber": null, "subscriberCarrier": null,
        "cellularTechnology": null, "wifiMac": null, "operatingSystemLanguage": null,
        "operatingSystemEdition": null, "operatingSystemProductType": 0, "osBuildNumber": null,
        "deviceFullQualifiedDomainName": null, "isSupervised": false, "isEncrypted": false,
        "isSharedDevice": false, "batterySerialNumber": null, "batteryHealthPercentage": 0,
        "batteryChargeCycles": 0, "batteryLevelPercentage": 0.0,
        "deviceGuardVirtualizationBasedSecurityHardwareRequirementState": "meetHardwareRequirements",
        "deviceGuardVirtualizationBasedSecurityState": "running",
        "deviceGuardLocalSystemAuthorityCredentialGuardState": "running",
        "deviceLicensingStatus": "unknown", "deviceLicensingLastErrorCode": 0,
        "deviceLicensingLastErrorDescription": null, "esimIdentifier": null, "ipAddressV4": null,
        "subnetAddress": null, "productName": null, "residentUsersCount": 0, "sharedDeviceCachedUsers": [],
        "systemManagementBIOSVersion": null, "tpmManufacturer": null, "tpmSpecificationVersion": null,
        "tpmVersion": null, "wiredIPv4Addresses": [],
    })
}

/// The fields a fleet's owner asks for most; the others stay blank, as they mostly are.
pub(super) fn shown(view: View<'_>) -> Val<'_> {
    let device = view.device;
    let mut hardware = blank();
    let mut fill = |name: &str, value: Value| hardware[name] = value;
    fill("serialNumber", json!(&*device.serial));
    fill("totalStorageSpace", json!(device.total_bytes()));
    fill("freeStorageSpace", json!(device.free_bytes));
    fill("imei", json!(device.of_metal(Metal::Imei)));
    fill("manufacturer", json!(device.kind.manufacturer));
    fill("model", json!(device.model));
    fill("wifiMac", json!(device.of_metal(Metal::WiFi)));
    fill("isSupervised", json!(device.kind.supervised));
    fill("isEncrypted", json!(device.encrypted));
    fill("isSharedDevice", json!(!device.kind.user));
    if device.kind.chassis == "phone" {
        fill("batteryLevelPercentage", json!(73.0));
    }
    if device.kind.os == "Windows" {
        fill("tpmVersion", json!("2.0, 0, 1.38"));
    }
    Val::Made(hardware)
}
