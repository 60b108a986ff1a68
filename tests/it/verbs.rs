//! What became of a call, read back from the simulated tenant: to the end of every verb, by the audit where the device
//! tells nothing, and with its secrets apart.

use chrono::TimeDelta;
use intune_connector::actions::finding::{self, Baseline, ReadbackContext, SecretKind, TaskFinding};
use intune_connector::actions::specs::{ActionCall, ActionParameters, ActionSpec, CallMethod};
use intune_connector::actions::subject::Subject;
use intune_connector::model::{ActionKind, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulator_actions::WRITE;
use crate::simulator_graph::{DEVICES, Got, PRIVILEGED, READ, Tried, start_with};

/// Devices of every kind that the tenant knows, by name.
const KINDS: [&str; 15] = [
    "windows",
    "windowsPersonal",
    "mac",
    "macByHand",
    "iphone",
    "iphoneUnsupervised",
    "iphoneLost",
    "ipadShared",
    "cobo",
    "cope",
    "cosu",
    "aosp",
    "byod",
    "chrome",
    "linux",
];

fn properties(kind: &str) -> Value {
    let of = |system: &str, enrollment: &str, supervised: bool, owner: &str| {
        json!({
            "operatingSystem": system, "deviceEnrollmentType": enrollment, "isSupervised": supervised,
            "managedDeviceOwnerType": owner, "isEncrypted": true, "managementState": "managed",
            "azureADDeviceId": "5515d4ef-2551-456f-a975-e772ffefe6a0", "serialNumber": "ABC1234",
            "managementAgent": "mdm", "model": "iPad Air", "manufacturer": "Acme",
        })
    };
    let android = |enrollment: &str, owner: &str| {
        let mut device = of("Android", enrollment, false, owner);
        device["managementAgent"] = "googleCloudDevicePolicyController".into();
        device
    };
    match kind {
        "windows" => of("Windows", "windowsAutoEnrollment", false, "company"),
        "windowsPersonal" => of("Windows", "userEnrollment", false, "personal"),
        "mac" => of("macOS", "appleBulkWithUser", true, "company"),
        "macByHand" => of("macOS", "userEnrollment", true, "company"),
        "iphone" => of("iOS", "appleBulkWithUser", true, "company"),
        "iphoneUnsupervised" => of("iOS", "userEnrollment", false, "company"),
        "iphoneLost" => {
            let mut device = of("iOS", "appleBulkWithUser", true, "company");
            device["lostModeState"] = "enabled".into();
            device
        }
        "ipadShared" => of("iPadOS", "appleBulkWithoutUser", true, "company"),
        "cobo" => android("androidEnterpriseFullyManaged", "company"),
        "cope" => android("androidEnterpriseCorporateWorkProfile", "company"),
        "cosu" => android("androidEnterpriseDedicatedDevice", "company"),
        "aosp" => android("androidAOSPUserOwnedDeviceEnrollment", "company"),
        "byod" => android("userEnrollment", "personal"),
        "chrome" => of("ChromeOS", "unknown", false, "company"),
        _ => of("Linux", "unknown", false, "company"),
    }
}

fn parameters(verb: ActionKind) -> ActionParameters {
    let given = match verb {
        ActionKind::Notify => json!({"notificationTitle": "Hello", "notificationBody": "Please restart."}),
        ActionKind::EnableLostMode => json!({"message": "Lost. Please call."}),
        ActionKind::FreshStart => json!({"keepUserData": true}),
        ActionKind::Rename => json!({"deviceName": "LAP-0042"}),
        ActionKind::RemoveSharedUser => json!({"userPrincipalName": "a@example.org"}),
        ActionKind::RunRemediation => json!({"scriptPolicyId": "7809c88c-0000-4000-8000-000000000001"}),
        ActionKind::EditName => json!({"managedDeviceName": "Reception"}),
        ActionKind::EditNotes => json!({"notes": "in repair"}),
        ActionKind::EditOwner => json!({"managedDeviceOwnerType": "company"}),
        _ => json!({}),
    };
    let spec = ActionSpec::for_action(verb);
    ActionParameters::check(spec, given.as_object().unwrap(), spec.version).unwrap()
}

struct Aimed {
    id: String,
    subject: Subject,
    baseline: Baseline,
    now: Timestamp,
}

async fn tenant() -> Tried {
    start_with(0, &[READ, PRIVILEGED, WRITE]).await
}

/// A new device, and what the connector reads of it before a call.
async fn aim(tried: &Tried, kind: &str) -> Aimed {
    let id = Uuid::new_v4().to_string();
    let put = tried.request(reqwest::Method::PUT, &format!("/simulator/devices/{id}"));
    let put = tried.send(put.json(&json!({ "properties": properties(kind) }))).await;
    assert_eq!(put.status, 204, "{}", put.text);
    let device = read(tried, &id).await.expect("it is there");
    let now = tried.sim.clock().now();
    Aimed {
        subject: Subject::from_device(&device).expect("it has an id"),
        baseline: Baseline::from_device(&device, now),
        now,
        id,
    }
}

/// The GET of the connector; `None` where the device has gone.
async fn read(tried: &Tried, id: &str) -> Option<Value> {
    let got = tried.get(&format!("{DEVICES}/{id}?$select={}", Subject::SELECT)).await;
    match got.status {
        200 => Some(got.json()),
        404 => None,
        other => panic!("{other} {}", got.text),
    }
}

async fn send(tried: &Tried, call: &ActionCall) -> Got {
    let method = match call.method {
        CallMethod::Post => reqwest::Method::POST,
        CallMethod::Put => reqwest::Method::PUT,
        CallMethod::Patch => reqwest::Method::PATCH,
        CallMethod::Delete => reqwest::Method::DELETE,
    };
    let device = format!(
        "/{}/deviceManagement/managedDevices/{}",
        call.version.name(),
        call.device
    );
    let request = match call.step {
        "" => tried.request(method, &device),
        step => tried.request(method, &format!("{device}/{step}")),
    };
    let request = match call.body_for("https://graph.microsoft.com") {
        Some(body) => request.json(&body),
        None => request,
    };
    tried.send(request).await
}

fn call(verb: ActionKind, aimed: &Aimed) -> ActionCall {
    let spec = ActionSpec::for_action(verb);
    (spec.call)(aimed.subject.id, &parameters(verb), spec.version)
}

async fn look(tried: &Tried, verb: ActionKind, aimed: &Aimed, audits: &[Value]) -> TaskFinding {
    let device = read(tried, &aimed.id).await;
    let spec = ActionSpec::for_action(verb);
    finding::derive_finding(
        spec,
        &parameters(verb),
        &aimed.baseline,
        aimed.now,
        device.as_ref(),
        ReadbackContext {
            id: aimed.subject.id,
            audits: Some(audits),
            own_tasks: &[],
        },
    )
}

fn pass(tried: &Tried, seconds: i64) {
    tried.sim.clock().advance(TimeDelta::seconds(seconds));
}

/// All verbs but the category, which needs one.
fn verbs() -> impl Iterator<Item = ActionKind> {
    ActionKind::ALL
        .iter()
        .copied()
        .filter(|verb| *verb != ActionKind::EditCategory)
}

#[tokio::test]
async fn a6_every_verb_that_leaves_a_trace_is_followed_to_its_end() {
    let tried = tenant().await;
    let mut followed = 0;
    for verb in verbs().filter(|verb| *verb != ActionKind::Notify) {
        for kind in KINDS {
            let aimed = aim(&tried, kind).await;
            let spec = ActionSpec::for_action(verb);
            if (spec.fits)(&aimed.subject, &parameters(verb)).is_err() {
                continue;
            }
            let trace = (spec.trace)(&parameters(verb));
            if !trace.at_once {
                assert_eq!(
                    look(&tried, verb, &aimed, &[]).await,
                    TaskFinding::Nothing,
                    "{verb} on {kind} before"
                );
            }
            let got = send(&tried, &call(verb, &aimed)).await;
            pass(&tried, 60);
            if got.status == 400 {
                // A condition that v1.0 does not tell: lost mode, a kiosk.
                assert_eq!(
                    look(&tried, verb, &aimed, &[]).await,
                    TaskFinding::Nothing,
                    "{verb} on {kind} refused"
                );
                continue;
            }
            assert!(matches!(got.status, 200 | 204), "{verb} on {kind}: {}", got.text);
            let found = look(&tried, verb, &aimed, &[]).await;
            let is_good = match found {
                TaskFinding::Done { .. } => true,
                TaskFinding::Vanished { .. } => trace.vanishes,
                // The GET before a call does not ask for what only people read.
                TaskFinding::Nothing => matches!(verb, ActionKind::EditName | ActionKind::EditNotes),
                _ => false,
            };
            assert!(is_good, "{verb} on {kind}: {found:?}");
            followed += 1;
        }
    }
    assert!(followed > 130, "{followed}");
}

/// The entry may be missing; the audit outlives even the device.
#[tokio::test]
async fn a3_where_the_device_tells_nothing_the_audit_does() {
    let tried = tenant().await;
    let tuning = json!({ "actions": { "conduct": { "traceless": ["results", "state"] } } });
    let tuned = tried.request(reqwest::Method::PATCH, "/simulator/tuning").json(&tuning);
    assert_eq!(tried.send(tuned).await.status, 200);
    for (verb, kind) in [
        (ActionKind::Reboot, "windows"),
        (ActionKind::RemoteLock, "mac"),
        (ActionKind::DefenderScan, "windows"),
        (ActionKind::FreshStart, "windows"),
        (ActionKind::Rename, "mac"),
        (ActionKind::RotateBitLockerKeys, "windows"),
    ] {
        let aimed = aim(&tried, kind).await;
        assert_eq!(send(&tried, &call(verb, &aimed)).await.status, 204, "{verb}");
        pass(&tried, 60);
        assert_eq!(
            look(&tried, verb, &aimed, &[]).await,
            TaskFinding::Nothing,
            "{verb}: nothing shows"
        );
        let path = format!(
            "/beta/deviceManagement/remoteActionAudits?$filter=managedDeviceId eq '{}'",
            aimed.id
        );
        let audits = tried.get(&path).await.devices();
        let found = look(&tried, verb, &aimed, &audits).await;
        assert!(
            matches!(found, TaskFinding::Done { .. }),
            "{verb}: {found:?} of {audits:?}"
        );
    }
}

#[tokio::test]
async fn e1_what_a_lock_a_passcode_and_a_position_bring_comes_apart() {
    let tried = tenant().await;
    for (verb, kind, expected) in [
        (ActionKind::RemoteLock, "mac", SecretKind::UnlockPin),
        (ActionKind::ResetPasscode, "cobo", SecretKind::Passcode),
        (ActionKind::Locate, "cosu", SecretKind::Position),
    ] {
        let aimed = aim(&tried, kind).await;
        assert_eq!(send(&tried, &call(verb, &aimed)).await.status, 204, "{verb}");
        pass(&tried, 60);
        let device = read(&tried, &aimed.id).await.expect("it stays");
        let secrets = finding::extract_secrets(ActionSpec::for_action(verb), &aimed.baseline, &device);
        let [secret] = secrets.as_slice() else {
            panic!("{verb}: {device}")
        };
        assert_eq!(secret.kind, expected);
        let found = look(&tried, verb, &aimed, &[]).await;
        assert!(
            !format!("{found:?} {secret:?}").contains(secret.value.expose_secret()),
            "{verb}"
        );
    }
}

/// Microsoft's own trap: a second lock before the first one's PIN was used is reported as failed.
#[tokio::test]
async fn a_second_lock_of_a_mac_fails_and_its_meaning_is_told() {
    let tried = tenant().await;
    let first = aim(&tried, "mac").await;
    assert_eq!(send(&tried, &call(ActionKind::RemoteLock, &first)).await.status, 204);
    pass(&tried, 60);
    let device = read(&tried, &first.id).await.expect("it stays");
    let now = tried.sim.clock().now();
    let second = Aimed {
        baseline: Baseline::from_device(&device, now),
        now,
        ..first
    };
    assert_eq!(
        look(&tried, ActionKind::RemoteLock, &second, &[]).await,
        TaskFinding::Nothing
    );
    assert_eq!(send(&tried, &call(ActionKind::RemoteLock, &second)).await.status, 204);
    pass(&tried, 60);
    match look(&tried, ActionKind::RemoteLock, &second, &[]).await {
        TaskFinding::Failed { meaning, .. } => assert!(meaning.contains("PIN"), "{meaning}"),
        other => panic!("{other:?}"),
    }
}
