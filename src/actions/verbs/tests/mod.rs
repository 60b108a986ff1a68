mod calls;
mod fits;
mod parameters;
mod told;

use serde_json::{Map, Value, json};

use super::{Parameters, VerbSpec};
use crate::actions::subject::{Platform, Subject};
use crate::model::{DeviceId, Verb};

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
    Subject::read(device).expect("it has an id")
}

/// With some properties changed; null takes one away.
fn changed(platform: Platform, changes: &Value) -> Subject {
    let mut device = device(platform);
    for (key, value) in changes.as_object().expect("an object") {
        device[key] = value.clone();
    }
    subject(&device)
}

fn parameters(value: Value) -> Parameters {
    Parameters(object(value))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// Good parameters of every verb.
fn good(verb: Verb) -> Parameters {
    parameters(match verb {
        Verb::Notify => json!({"notificationTitle": "Hello", "notificationBody": "Please restart."}),
        Verb::EnableLostMode => json!({"message": "Lost. Please call."}),
        Verb::FreshStart => json!({"keepUserData": true}),
        Verb::Rename => json!({"deviceName": "LAP-0042"}),
        Verb::RemoveSharedUser => json!({"userPrincipalName": "a@example.org"}),
        Verb::RunRemediation => json!({"scriptPolicyId": ID}),
        Verb::EditName => json!({"managedDeviceName": "Reception"}),
        Verb::EditNotes => json!({"notes": "in repair"}),
        Verb::EditOwner => json!({"managedDeviceOwnerType": "company"}),
        Verb::EditCategory => json!({"categoryId": ID}),
        _ => json!({}),
    })
}

fn spec(verb: Verb) -> &'static VerbSpec {
    VerbSpec::of(verb)
}

#[test]
fn every_verb_has_its_one_row() {
    let rows: Vec<Verb> = super::TABLE.iter().map(|spec| spec.verb).collect();
    assert_eq!(rows, Verb::ALL);
}
