use serde_json::json;
use url::Url;

use super::*;
use crate::config::{KindSettings, NetworkSettings, TargetSettings};
use crate::targets::UserChange;
use crate::targets::request_pace::RequestPace;
use crate::targets::samples_for_tests::{device_key, device_with, field_values};

fn target(duplicate_level: u8) -> OcsTarget {
    let own = OcsSettings {
        user: None,
        password: None,
        rest_url: None,
        duplicate_level,
        tag: None,
    };
    let settings = TargetSettings {
        // Nobody listens there.
        url: Url::parse("http://127.0.0.1:1/ocsinventory").ok(),
        network: NetworkSettings::default(),
        client_identity: None,
        sign_in_expires_on: None,
        allow_private_addresses: true,
        instances: None,
        requests_per_minute: 0,
        write_window: None,
        zone: chrono_tz::UTC,
        assign_users: true,
        delete_allowed: false,
        own: KindSettings::Ocs(own.clone()),
    };
    let client = OcsClient::build(&settings, &own, RequestPace::default()).unwrap();
    OcsTarget::new(client, own)
}

fn update(number: u128) -> PlannedWrite {
    PlannedWrite::Update {
        key: device_key(1, number),
        device: Box::new(device_with(json!({}))),
        record: RecordId("INTUNE-x-2026-01-02-03-04-05".into()),
        values: FieldValues::new(),
        all: field_values(json!({"HARDWARE/NAME": "PC"})),
        restore: false,
        lacks_id: false,
        replaces: None,
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

fn refused() -> WriteResult {
    Err(TargetFault::Refused {
        problem: "HTTP 500".into(),
        field: None,
    })
}

fn kept() -> WriteResult {
    Ok(WriteDone {
        record: RecordId("x".into()),
    })
}

fn codes(results: &[WriteResult]) -> Vec<&'static str> {
    let code = |result: &WriteResult| result.as_ref().map_or_else(TargetFault::code, |_| "kept");
    results.iter().map(code).collect()
}

#[test]
fn where_ocs_keeps_another_inventory_a_refusal_is_believed() {
    let writes = [update(1), update(2)];
    let mut results = [refused(), kept()];
    target(7).doubt_refusals(&writes, &mut results);
    assert_eq!(codes(&results), ["refused", "kept"]);
}

#[test]
fn a_server_that_refuses_everything_is_not_available_and_one_inventory_is_refused_in_the_end() {
    let (target, writes) = (target(7), [update(1)]);
    for _ in 1..REFUSALS_MAX {
        let mut results = [refused()];
        target.doubt_refusals(&writes, &mut results);
        assert_eq!(codes(&results), ["unavailable"]);
    }
    let mut results = [refused()];
    target.doubt_refusals(&writes, &mut results);
    assert_eq!(codes(&results), ["refused"]);
    target.doubt_refusals(&writes, &mut [kept()]);
    let mut results = [refused()];
    target.doubt_refusals(&writes, &mut results);
    assert_eq!(codes(&results), ["unavailable"], "what was kept meanwhile counts anew");
}

#[tokio::test]
async fn what_stands_in_the_way_of_one_stops_the_rest_and_a_wrong_value_does_not() {
    let mut wrong = update(1);
    let PlannedWrite::Update { all, .. } = &mut wrong else {
        panic!()
    };
    all.insert("HARDWARE/MEMORY".into(), json!("many"));
    let results = target(7).write_all(&[wrong, update(2), update(3)]).await;
    assert_eq!(codes(&results), ["refused", "unreachable", "unreachable"]);
}

#[tokio::test]
async fn without_a_rest_api_nothing_is_found_and_nothing_is_read_back() {
    let target = target(7);
    let device = device_with(json!({"serialNumber": "PF0TEST1"}));
    for search in [RecordSearch::Device(&device), RecordSearch::Serial("PF0TEST1")] {
        assert_eq!(target.find_records(search).await, Ok(Vec::new()));
    }
    let id = RecordId("INTUNE-x-2026-01-02-03-04-05".into());
    assert!(target.read_record(&id).await.unwrap_err().is_lasting());
    assert!(
        target
            .put_back(&id, &FieldValues::new())
            .await
            .unwrap_err()
            .advice()
            .contains("`rest_url`")
    );
}

#[test]
fn a_level_that_asks_for_the_name_alone_sets_devices_aside() {
    let device = device_with(json!({}));
    assert!(target(1).merges_by_name(&device) && target(9).merges_by_name(&device));
    assert!(!target(7).merges_by_name(&device) && !target(0).merges_by_name(&device));
}

#[test]
fn a_new_computer_waits_for_what_may_still_be_at_work() {
    let began = Instant::now();
    let lost = began + Duration::from_secs(60);
    assert_eq!(quiet_from(began, None), began + STILL_AT_WORK);
    assert_eq!(quiet_from(began, Some(lost)), lost + STILL_AT_WORK);
}
