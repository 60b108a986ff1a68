//! OCS Inventory 2.11: what it makes of inventories, and what it answers.

use std::sync::Arc;

use intune_connector::config::{KindSettings, OcsSettings};
use intune_connector::targets::ocs::build_adapter;
use intune_connector::targets::{
    RecordId, RecordSearch, RequestPace, TargetAdapter, TargetFault, UserChange, is_same_value,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::samples::{
    check_steps, codes, create, device, device_id, failed_steps, fields, records, replace, settings, update,
};
use crate::support::ocs_server::OcsServer;
use crate::support::wait;

const LEFT_OUT: &str = "what OCS makes of inventories";

pub fn own_settings(server: &OcsServer, sign_in: Option<(&str, &str)>) -> OcsSettings {
    OcsSettings {
        user: sign_in.map(|(user, _)| user.to_owned()),
        password: sign_in.map(|(_, password)| SecretString::from(password)),
        rest_url: Some(server.rest_url().parse().unwrap()),
        duplicate_level: 7,
        tag: Some("Berlin".to_owned()),
    }
}

pub fn adapter(server: &OcsServer, own: OcsSettings) -> Arc<dyn TargetAdapter> {
    let settings = settings(Some(&server.url()), KindSettings::Ocs(own));
    build_adapter(&settings, RequestPace::default()).unwrap()
}

fn computer(number: u32) -> Value {
    json!({
        "HARDWARE/NAME": format!("PC-{number}"), "HARDWARE/OSNAME": "Windows", "HARDWARE/OSVERSION": "10.0.26100",
        "HARDWARE/USERID": "anna@example.com", "HARDWARE/MEMORY": 16384, "BIOS/SSN": format!("PF0TEST{number}"),
        "BIOS/SMANUFACTURER": "LENOVO", "BIOS/SMODEL": "21HD", "BIOS/TYPE": "computer",
        "NETWORKS/WIFI": format!("00AABBCCD{number:03}"), "STORAGES/DISKSIZE": 512_000, "SIM/DEVICEID": "356938035643809",
    })
}

/// What stands in SQL.
fn seen(server: &OcsServer, record: &RecordId) -> Value {
    let mut all = server.list_computers();
    all.retain(|computer| computer["deviceId"] == record.0.as_str());
    assert_eq!(all.len(), 1, "{all:?}");
    all.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_is_made_once_changed_in_place_and_keeps_what_people_wrote() {
    let Some(server) = OcsServer::start(LEFT_OUT) else {
        return;
    };
    let adapter = adapter(&server, own_settings(&server, None));
    let written = adapter
        .write_records(&[
            create(1, computer(1), UserChange::Keep),
            create(2, computer(2), UserChange::Keep),
        ])
        .await;
    let made = records(&written);
    let first = seen(&server, &made[0]);
    assert_eq!(first["name"], "PC-1");
    assert_eq!(
        (&first["serial"], &first["tag"]),
        (&json!("PF0TEST1"), &json!("Berlin"))
    );
    assert_eq!(first["memory"], 16384);
    assert_eq!(first["networks"], json!([{"mac": "00:AA:BB:CC:D0:01", "type": "Wifi"}]));
    assert_eq!(first["storages"], json!([512_000]));
    assert_eq!(first["sims"][0]["imei"], "356938035643809");

    // What is read back is what was written, in the form in which a mapping compares it.
    let found = adapter
        .find_records(RecordSearch::Device(&device(1, json!({}))))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, found[0].device), (&made[0], Some(device_id(1))));
    for (field, value) in fields(computer(1)) {
        let read = found[0].values.get(&field);
        assert!(is_same_value(Some(&value), read), "{field}: {read:?}");
    }
    let nobody = adapter
        .find_records(RecordSearch::Device(&device(9, json!({}))))
        .await
        .unwrap();
    assert!(nobody.is_empty());

    // Renamed, its serial number gone, its adapter gone; the same row, and the tag that somebody gave it.
    server.run_sql("UPDATE accountinfo SET TAG = 'Munich'");
    let mut after = computer(1);
    after["HARDWARE/NAME"] = "PC-1-new".into();
    let changed = json!({"HARDWARE/NAME": "PC-1-new", "BIOS/SSN": null, "NETWORKS/WIFI": null});
    after
        .as_object_mut()
        .unwrap()
        .extend(changed.as_object().unwrap().clone());
    let again = adapter.write_records(&[update(1, &made[0], changed, after)]).await;
    assert_eq!(records(&again), [made[0].clone()]);
    let changed = seen(&server, &made[0]);
    assert_eq!((&changed["row"], &changed["name"]), (&first["row"], &json!("PC-1-new")));
    assert_eq!((&changed["serial"], &changed["tag"]), (&json!(""), &json!("Munich")));
    assert_eq!(
        changed["networks"],
        json!([{"mac": "00:00:00:00:00:00", "type": "Wifi"}])
    );

    // One value put back leaves the others.
    adapter
        .put_back(&made[1], &fields(json!({"HARDWARE/OSNAME": "Windows 11"})))
        .await
        .unwrap();
    let back = seen(&server, &made[1]);
    assert_eq!(
        (&back["osName"], &back["name"], &back["memory"]),
        (&json!("Windows 11"), &json!("PC-2"), &json!(16384))
    );
    assert_eq!(
        (&back["serial"], &back["storages"]),
        (&json!("PF0TEST2"), &json!([512_000]))
    );
    assert_eq!(server.list_computers().len(), 2);

    // A new enrolment of the second one.
    let moved = adapter.write_records(&[replace(3, 2, &made[1], computer(2))]).await;
    let moved = records(&moved);
    let computers = server.list_computers();
    assert_eq!(computers.len(), 2, "{computers:?}");
    assert_eq!(
        seen(&server, &moved[0])["tag"],
        "Munich",
        "it is the same computer for those who keep it"
    );
    let repeated = adapter.write_records(&[replace(3, 2, &made[1], computer(2))]).await;
    assert_eq!((records(&repeated), server.list_computers().len()), (moved, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_and_a_locked_computer_harm_no_other() {
    let Some(server) = OcsServer::start(LEFT_OUT) else {
        return;
    };
    let adapter = adapter(&server, own_settings(&server, None));
    let hostile = json!({
        "HARDWARE/NAME": "a=(b)</NAME>&\u{1f600}", "HARDWARE/OSNAME": "x".repeat(20_000), "HARDWARE/USERID": "o'neil\\",
        "BIOS/SSN": "To be filled by O.E.M.", "NETWORKS/WIFI": "000000000000",
    });
    let wrong = json!({"HARDWARE/MEMORY": "1, NAME='stolen'"});
    let written = adapter
        .write_records(&[
            create(1, hostile, UserChange::Keep),
            create(2, wrong, UserChange::Keep),
            create(3, computer(3), UserChange::Keep),
        ])
        .await;
    assert_eq!(codes(&written), ["written", "refused", "written"]);
    let made = [written[0].clone().unwrap().record, written[2].clone().unwrap().record];
    let strange = seen(&server, &made[0]);
    assert_eq!(
        (&strange["name"], &strange["userId"]),
        (&json!("a=[b]</NAME>&?"), &json!("o'neil\\"))
    );
    assert_eq!(strange["osName"].as_str().unwrap().len(), 255);
    assert_eq!((&strange["serial"], &strange["networks"]), (&json!(""), &Value::Null));
    assert_eq!(server.list_computers().len(), 2, "what was refused was not sent");

    // What an inventory that was cut off leaves behind.
    let row = seen(&server, &made[0])["row"].clone();
    server.run_sql(&format!(
        "INSERT INTO locks (HARDWARE_ID, ID, SINCE) VALUES ({row}, 1, NOW())"
    ));
    let rename = |name: &str| json!({"HARDWARE/NAME": name});
    let both = [
        update(1, &made[0], rename("one"), rename("one")),
        update(3, &made[1], rename("three"), rename("three")),
    ];
    let written = adapter.write_records(&both).await;
    assert_eq!(codes(&written), ["unavailable", "written"], "{written:?}");
    wait::until("OCS forgets the lock", || async {
        codes(&adapter.write_records(&both[..1]).await) == ["written"]
    })
    .await;
    assert_eq!(seen(&server, &made[0])["name"], "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_is_wrong_with_the_way_the_sign_in_and_the_server() {
    let Some(mut server) = OcsServer::start_with(Some(("writer", "canary")), LEFT_OUT) else {
        return;
    };
    let good = adapter(&server, own_settings(&server, Some(("writer", "canary"))));
    let steps = check_steps(&*good).await;
    assert_eq!(failed_steps(&steps), [], "{steps:?}");
    assert!(server.list_computers().is_empty(), "a check writes nothing");
    assert_eq!(
        codes(&good.write_records(&[create(1, computer(1), UserChange::Keep)]).await),
        ["written"]
    );

    let stranger = adapter(&server, own_settings(&server, Some(("writer", "wrong"))));
    let steps = check_steps(&*stranger).await;
    let failed = failed_steps(&steps);
    assert_eq!((failed[0].0, failed[0].1), ("reach", "signIn"), "{steps:?}");
    let fault = stranger
        .write_records(&[create(2, computer(2), UserChange::Keep)])
        .await;
    assert_eq!(codes(&fault), ["signIn"]);
    assert!(!format!("{steps:?}{fault:?}").contains("canary"));

    // Not OCS: its own web server, elsewhere.
    let elsewhere = settings(
        Some(&server.url().replace("ocsinventory", "inventory")),
        KindSettings::Ocs(own_settings(&server, None)),
    );
    let elsewhere = build_adapter(&elsewhere, RequestPace::default()).unwrap();
    assert_eq!(failed_steps(&check_steps(&*elsewhere).await)[0].1, "misconfigured");

    // Its database is gone; then all of it.
    server.kill_database();
    let steps = check_steps(&*good).await;
    assert_eq!(failed_steps(&steps)[0].1, "unavailable", "{steps:?}");
    let fault = good
        .write_records(&[update(1, &RecordId(record_of(1)), computer(1), computer(1))])
        .await;
    assert_eq!(codes(&fault), ["unavailable"]);
    server.kill_web();
    let fault = good.write_records(&[create(1, computer(1), UserChange::Keep)]).await;
    assert_eq!(codes(&fault), ["unreachable"]);
    server.start_again();
    wait::until("OCS takes inventories again", || async {
        codes(&good.write_records(&[create(1, computer(1), UserChange::Keep)]).await) == ["written"]
    })
    .await;
    assert_eq!(server.list_computers().len(), 1);
}

pub fn record_of(number: u128) -> String {
    format!("INTUNE-{}-2026-01-02-03-04-05", device_id(number))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rows_of_one_device_are_told_as_two_records() {
    let Some(server) = OcsServer::start(LEFT_OUT) else {
        return;
    };
    let adapter = adapter(&server, own_settings(&server, None));
    let id = record_of(1);
    server.run_sql(&format!("INSERT INTO hardware (DEVICEID) VALUES ('{id}'), ('{id}')"));
    let found = adapter
        .find_records(RecordSearch::Device(&device(1, json!({}))))
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].id, found[1].id);
    let second = adapter.read_record(&found[1].id).await.unwrap();
    assert_eq!(second.map(|record| record.id), Some(found[1].id.clone()));
    assert_eq!(adapter.read_record(&RecordId(record_of(2))).await, Ok(None::<_>));
    let fault = adapter.put_back(&RecordId(record_of(2)), &fields(json!({}))).await;
    assert_eq!(fault, Err(TargetFault::NotThere));
}
