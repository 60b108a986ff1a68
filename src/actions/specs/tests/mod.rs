mod calls;
mod fits;
mod parameters;
mod told;

use serde_json::{Map, Value, json};

use super::{ActionParameters, ActionSpec};
use crate::actions::subject::{Platform, Subject};
use crate::model::{ActionKind, DeviceId};

const ID: &str = "7809c88c-0000-4000-8000-000000000001";

fn id() -> DeviceId {
    ID.parse().expect("a GUID")
}

/// A company device with everything going for it.
fn device(platform: Platform) -> Value {
    let (system, enrollment) = match platform {
        Platform::Windows => ("Windows", "windowsAutoEnrollment"),
        Platform::IosIpados => ("iPadOS", "appleBulkWithUser"),
        Platform::MacOs => ("macOS", "appleBulkWithUser"),
        Platform::TvOs => ("tvOS", "appleBulkWithoutUser"),
        Platform::VisionOs => ("visionOS", "appleBulkWithUser"),
        Platform::AndroidAdministrator => ("Android", "userEnrollment"),
        Platform::AndroidByod => ("AndroidForWork", "userEnrollment"),
        Platform::AndroidCope => ("Android", "androidEnterpriseCorporateWorkProfile"),
        Platform::AndroidCobo => ("Android", "androidEnterpriseFullyManaged"),
        Platform::AndroidCosu => ("Android", "androidEnterpriseDedicatedDevice"),
        Platform::AndroidAosp => ("Android", "androidAOSPUserOwnedDeviceEnrollment"),
        Platform::ChromeOs => ("ChromeOS", "unknown"),
        Platform::Linux => ("Linux", "unknown"),
        Platform::Unknown => ("Android", "unknown"),
    };
    json!({
        "id": ID, "operatingSystem": system, "osVersion": "26.1", "deviceEnrollmentType": enrollment,
        "managementAgent": "mdm", "managedDeviceOwnerType": "company", "isSupervised": true, "model": "iPad Air",
        "manufacturer": "Acme",
    })
}

fn subject(device: &Value) -> Subject {
    Subject::from_device(device).expect("it has an id")
}

/// With some properties changed; null takes one away.
fn changed(platform: Platform, changes: &Value) -> Subject {
    let mut device = device(platform);
    for (key, value) in changes.as_object().expect("an object") {
        device[key] = value.clone();
    }
    subject(&device)
}

fn parameters(value: Value) -> ActionParameters {
    ActionParameters(object(value))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// Good parameters of every verb.
fn good(verb: ActionKind) -> ActionParameters {
    parameters(match verb {
        ActionKind::Notify => json!({"notificationTitle": "Hello", "notificationBody": "Please restart."}),
        ActionKind::EnableLostMode => json!({"message": "Lost. Please call."}),
        ActionKind::FreshStart => json!({"keepUserData": true}),
        ActionKind::Rename => json!({"deviceName": "LAP-0042"}),
        ActionKind::RemoveSharedUser => json!({"userPrincipalName": "a@example.org"}),
        ActionKind::RunRemediation => json!({"scriptPolicyId": ID}),
        ActionKind::EditName => json!({"managedDeviceName": "Reception"}),
        ActionKind::EditNotes => json!({"notes": "in repair"}),
        ActionKind::EditOwner => json!({"managedDeviceOwnerType": "company"}),
        ActionKind::EditCategory => json!({"categoryId": ID}),
        _ => json!({}),
    })
}

fn spec(verb: ActionKind) -> &'static ActionSpec {
    ActionSpec::for_action(verb)
}

#[test]
fn every_verb_has_its_one_row() {
    let rows: Vec<ActionKind> = super::TABLE.iter().map(|spec| spec.verb).collect();
    assert_eq!(rows, ActionKind::ALL);
}
