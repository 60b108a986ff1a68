//! What happens to a device in its life, and how servers are told: against the simulated tenant.

use intune_connector::model::{ChangeKind, DeviceBody, FeedChange, GoneReason};
use intune_connector::store::ServerRow;
use serde_json::{Value, json};

use crate::support::rig::Rig;

/// A server that has read everything so far, and reads on from there.
struct Reader {
    server: ServerRow,
    cursor: Option<String>,
}

impl Reader {
    async fn new(rig: &Rig) -> Reader {
        let mut reader = Reader {
            server: rig.shelf.server("reader").await,
            cursor: None,
        };
        reader.next(rig).await;
        reader
    }

    async fn next(&mut self, rig: &Rig) -> Vec<FeedChange<DeviceBody>> {
        let batch = rig.shelf.read(&self.server, self.cursor.as_deref(), 1_000).await;
        self.cursor = Some(batch.cursor.clone());
        batch.changes
    }
}

fn body(change: &FeedChange<DeviceBody>) -> Value {
    serde_json::from_str(&change.device.as_ref().unwrap().to_json()).unwrap()
}

async fn patch(rig: &Rig, id: &str, properties: Value) {
    rig.control("PATCH", &format!("devices/{id}"), json!({"properties": properties}))
        .await;
}

#[tokio::test]
async fn a_device_that_was_renamed_is_told_once_with_its_new_name() {
    let rig = Rig::new(15).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    let id = rig.truth().await[4].0.clone();
    patch(&rig, &id, json!({"deviceName": "Büro \"Süd\" 100%"})).await;
    rig.full().await;
    let told = reader.next(&rig).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, body(&told[0])["deviceName"].as_str()),
        (ChangeKind::Upsert, Some("Büro \"Süd\" 100%"))
    );
    rig.full().await;
    assert!(reader.next(&rig).await.is_empty());
}

#[tokio::test]
async fn a_user_that_changes_and_is_cleared_follows() {
    let rig = Rig::new(15).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    let id = rig.truth().await[4].0.clone();
    patch(
        &rig,
        &id,
        json!({"userPrincipalName": "new.user@example.org", "userDisplayName": "New User"}),
    )
    .await;
    rig.full().await;
    let told = reader.next(&rig).await;
    assert_eq!(body(&told[0])["userPrincipalName"], "new.user@example.org");
    patch(
        &rig,
        &id,
        json!({"userPrincipalName": "", "userDisplayName": "", "userId": ""}),
    )
    .await;
    rig.full().await;
    let told = reader.next(&rig).await;
    assert_eq!(told.len(), 1);
    assert_eq!(body(&told[0])["userPrincipalName"], Value::Null);
    assert_eq!(body(&told[0])["userDisplayName"], Value::Null);
}

#[tokio::test]
async fn s7_a_device_that_re_enrolled_is_told_as_what_it_replaces() {
    let rig = Rig::new(25).await;
    let twin = rig.truth().await[4].0.clone();
    patch(&rig, &twin, json!({"serialNumber": "GOODSERIAL42"})).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    rig.remove(&twin).await;
    let new = "0f0f0f0f-0000-4000-8000-00000000abcd";
    let again = json!({"deviceName": "AGAIN", "serialNumber": "GOODSERIAL42"});
    rig.control("PUT", &format!("devices/{new}"), json!({"properties": again}))
        .await;
    rig.full().await;
    let told = reader.next(&rig).await;
    let gone: Vec<_> = told.iter().filter(|change| change.kind == ChangeKind::Gone).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(
        (gone[0].device_id.unwrap().to_string(), gone[0].reason),
        (twin.clone(), Some(GoneReason::Replaced))
    );
    let upsert = told.iter().rfind(|change| change.kind == ChangeKind::Upsert).unwrap();
    assert_eq!(upsert.device_id.unwrap().to_string(), new);
    assert_eq!(upsert.replaces.unwrap().to_string(), twin);
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn s7_junk_serials_never_make_two_devices_one() {
    let rig = Rig::new(25).await;
    let truth = rig.truth().await;
    for (n, serial) in ["0", "", "System Serial Number", "To be filled by O.E.M."]
        .iter()
        .enumerate()
    {
        for (id, _) in &truth[n * 3..n * 3 + 3] {
            patch(
                &rig,
                id,
                json!({"serialNumber": serial, "azureADDeviceId": "00000000-0000-0000-0000-000000000000"}),
            )
            .await;
        }
    }
    rig.full().await;
    let server = rig.shelf.server("reader").await;
    let told = rig.shelf.read(&server, None, 1_000).await.changes;
    let junk = |change: &&FeedChange<DeviceBody>| {
        truth[..12]
            .iter()
            .any(|(id, _)| change.device_id.is_some_and(|told| told.to_string() == *id))
    };
    assert_eq!(told.iter().filter(junk).count(), 12);
    assert!(
        told.iter()
            .filter(junk)
            .all(|change| change.same_as.is_none() && change.replaces.is_none())
    );
}

#[tokio::test]
async fn f8_a_filter_that_is_narrowed_and_widened_takes_and_gives_back() {
    let mut rig = Rig::new(30).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    let truth = rig.truth().await;
    for (id, _) in &truth[..5] {
        patch(&rig, id, json!({"notes": null, "model": "OUT"})).await;
    }
    rig.full().await;
    reader.next(&rig).await;
    rig.set(&[("filter", "model != 'OUT'")]);
    let scan = rig.full().await;
    assert_eq!((scan.braked, scan.gone), (false, 5));
    let told = reader.next(&rig).await;
    assert_eq!(told.len(), 5);
    assert!(told.iter().all(|change| change.reason == Some(GoneReason::Filtered)));
    rig.set(&[]);
    let scan = rig.full().await;
    assert_eq!(scan.new, 5);
    assert_eq!(
        reader
            .next(&rig)
            .await
            .iter()
            .filter(|change| change.kind == ChangeKind::Upsert)
            .count(),
        5
    );
    rig.assert_view_is_the_tenant().await;
}

#[tokio::test]
async fn f8_personal_devices_are_left_out_or_reduced_as_set() {
    let mut rig = Rig::with(40, &[("personal", "left_out")]).await;
    rig.full().await;
    let server = rig.shelf.server("reader").await;
    let upserts = |changes: Vec<FeedChange<DeviceBody>>| {
        changes
            .into_iter()
            .filter(|change| change.kind == ChangeKind::Upsert)
            .collect::<Vec<_>>()
    };
    let told = upserts(rig.shelf.read(&server, None, 1_000).await.changes);
    assert!(
        !told.is_empty()
            && told
                .iter()
                .all(|change| body(change)["managedDeviceOwnerType"] != "personal")
    );
    rig.set(&[("personal", "reduced")]);
    rig.full().await;
    let told = upserts(rig.shelf.read(&server, None, 1_000).await.changes);
    let personal: Vec<_> = told
        .iter()
        .map(body)
        .filter(|device| device["managedDeviceOwnerType"] == "personal")
        .collect();
    assert!(!personal.is_empty());
    for device in personal {
        for field in ["phoneNumber", "userPrincipalName", "userDisplayName", "emailAddress"] {
            assert_eq!(device.get(field).unwrap_or(&Value::Null), &Value::Null, "{field}");
        }
    }
}

#[tokio::test]
async fn s5_check_ins_are_told_at_most_once_a_day() {
    let rig = Rig::new(12).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    rig.advance(chrono::TimeDelta::hours(2));
    rig.control("POST", "devices/check-in", json!({})).await;
    let scan = rig.full().await;
    assert_eq!((scan.changed, scan.new), (0, 0));
    assert!(reader.next(&rig).await.is_empty());
    rig.advance(chrono::TimeDelta::hours(23));
    rig.control("POST", "devices/check-in", json!({})).await;
    rig.full().await;
    assert_eq!(reader.next(&rig).await.len(), 12);
}

#[tokio::test]
async fn s5_a_check_in_that_was_held_back_is_told_a_day_later_although_the_device_is_silent_since() {
    let rig = Rig::new(12).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    rig.advance(chrono::TimeDelta::hours(2));
    rig.control("POST", "devices/check-in", json!({})).await;
    rig.full().await;
    assert!(reader.next(&rig).await.is_empty());
    let checked_in = rig.sim_clock.now();
    rig.advance(chrono::TimeDelta::hours(23));
    rig.full().await;
    let told = reader.next(&rig).await;
    assert_eq!(told.len(), 12);
    for change in &told {
        let at: chrono::DateTime<chrono::Utc> = body(change)["lastSyncDateTime"].as_str().unwrap().parse().unwrap();
        assert!((checked_in - at).num_minutes().abs() < 10, "{at}, not {checked_in}");
    }
    rig.advance(chrono::TimeDelta::hours(25));
    rig.full().await;
    assert!(reader.next(&rig).await.is_empty(), "once is enough");
}

#[tokio::test]
async fn s4_what_a_single_get_learned_is_not_erased_by_a_list() {
    let rig = Rig::new(12).await;
    let id = rig.truth().await[3].0.clone();
    patch(
        &rig,
        &id,
        json!({"enrollmentProfileName": "Kiosk profile", "notes": "under the desk"}),
    )
    .await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    rig.enrich().await;
    let told = reader.next(&rig).await;
    let learned = told
        .iter()
        .find(|change| change.device_id.is_some_and(|told| told.to_string() == id))
        .unwrap();
    assert_eq!(body(learned)["enrollmentProfileName"], "Kiosk profile");
    patch(&rig, &id, json!({"deviceName": "RENAMED"})).await;
    rig.full().await;
    let told = reader.next(&rig).await;
    assert_eq!(
        body(&told[0])["enrollmentProfileName"],
        "Kiosk profile",
        "{}",
        body(&told[0])
    );
    assert_eq!(body(&told[0])["deviceName"], "RENAMED");
    rig.enrich().await;
    assert!(reader.next(&rig).await.is_empty(), "once per enrolment");
}

#[tokio::test]
async fn every_mix_of_faults_leaves_nothing_wrong_behind() {
    let list = "/v1.0/deviceManagement/managedDevices*";
    for seed in 0..4u64 {
        let rig = Rig::new(35).await;
        rig.full().await;
        let pick = |n: u64| (seed.wrapping_mul(0x9e37_79b9) >> n) % 3;
        let faults = [
            [
                json!({"kind": "status", "status": 503}),
                json!({"kind": "reset", "when": "during"}),
                json!({"kind": "truncated"}),
            ],
            [
                json!({"kind": "throttled", "retryAfter": {"seconds": 0}}),
                json!({"kind": "unauthorized"}),
                json!({"kind": "reset", "when": "after"}),
            ],
            [
                json!({"kind": "status", "status": 403}),
                json!({"kind": "contentType"}),
                json!({"kind": "status", "status": 504, "body": "twice"}),
            ],
        ];
        for (n, row) in faults.iter().enumerate() {
            let fault = row[usize::try_from(pick(n as u64 * 5)).unwrap()].clone();
            rig.fault(json!({"fault": fault, "path": list, "times": 0, "chance": 150}))
                .await;
        }
        for _ in 0..3 {
            rig.control("POST", "churn", json!({"steps": 3})).await;
            let _ = rig.try_scan(intune_connector::model::ScanKind::Full).await;
            let view = rig.view().await;
            for (id, _) in rig.truth().await {
                let was_told_gone = view.gone.iter().any(|(gone, _)| *gone == id);
                assert!(!was_told_gone, "seed {seed}: {id} exists and was told gone");
            }
        }
        rig.heal().await;
        rig.full().await;
        rig.full().await;
        rig.assert_view_is_the_tenant().await;
    }
}

#[tokio::test]
async fn s4_a_device_that_was_left_out_and_comes_back_is_asked_again_for_what_a_list_does_not_tell() {
    let mut rig = Rig::new(12).await;
    rig.set(&[("filter", "model != 'OUT'")]);
    let id = rig.truth().await[3].0.clone();
    patch(&rig, &id, json!({"notes": "under the desk", "model": "IN"})).await;
    rig.full().await;
    let mut reader = Reader::new(&rig).await;
    rig.enrich().await;
    for model in ["OUT", "IN"] {
        patch(&rig, &id, json!({"model": model})).await;
        rig.full().await;
    }
    rig.enrich().await;
    let told = reader.next(&rig).await;
    let last = told
        .iter()
        .rfind(|change| change.device_id.is_some_and(|told| told.to_string() == id));
    assert_eq!(body(last.unwrap())["notes"], "under the desk");
}
