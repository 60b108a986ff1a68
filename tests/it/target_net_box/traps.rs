//! What a real NetBox was seen to do that nobody expects, and what the adapter makes of it.

use std::sync::Arc;

use intune_connector::targets::{RecordId, RecordSearch, TargetFault};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::rig::{NetBoxRig, VERSIONS, adapter_at, adapter_for, create, device, own_settings, update, values};
use crate::support::net_box::{NetBoxOptions, NetBoxServer, NetBoxVersion};

#[tokio::test]
async fn a_bad_token_is_a_403_and_told_apart_from_a_right_that_is_missing() {
    let rig = NetBoxRig::with(NetBoxOptions::of_version(NetBoxVersion::V46), |own| {
        own.token = own_settings("nbt_other.token").token;
    })
    .await;
    let fault = rig.find(1).await.unwrap_err();
    assert!(matches!(fault, TargetFault::SignIn { .. }), "{fault:?}");
    assert!(!format!("{fault:?}").contains("nbt_other"), "{fault:?}");

    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.denied = vec!["GET extras/custom-fields".to_owned()];
    let rig = NetBoxRig::with(options, |_| ()).await;
    let fault = rig.find(1).await.unwrap_err();
    assert!(matches!(fault, TargetFault::Misconfigured { .. }), "{fault:?}");
    assert!(fault.to_string().contains("GET extras/custom-fields"), "{fault}");
}

#[tokio::test]
async fn a_token_of_version_2_is_a_bearer_and_one_of_version_1_is_not() {
    let first = "0123456789abcdef0123456789abcdef01234567";
    for (version, token) in [
        (NetBoxVersion::V42, first),
        (NetBoxVersion::V46, first),
        (NetBoxVersion::V46, "nbt_AbCdEf012345.0123456789abcdef"),
    ] {
        let mut options = NetBoxOptions::of_version(version);
        options.token = token.to_owned();
        let rig = NetBoxRig::with(options, |_| ()).await;
        assert!(rig.find(1).await.unwrap().is_empty(), "{version:?} {token}");
    }
    // A version that does not know the second one refuses it.
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V42);
    options.token = "nbt_AbCdEf012345.0123456789abcdef".to_owned();
    let rig = NetBoxRig::with(options, |_| ()).await;
    assert_eq!(rig.find(1).await.unwrap_err().code(), "signIn");
}

#[tokio::test]
async fn a_page_is_cut_to_the_limit_over_there_without_a_word() {
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.max_page_size = 7;
    let rig = NetBoxRig::with(options, |_| ()).await;
    let made = rig.create_many(1..=30).await;
    let (mut seen, mut next) = (Vec::new(), None);
    loop {
        let page = rig.adapter.list_records(next).await.unwrap();
        assert!(page.records.len() <= 7);
        seen.extend(page.records.into_iter().map(|record| record.id));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen, made, "each of them once");
}

#[tokio::test]
async fn a_list_that_moves_while_it_is_read_is_read_anew() {
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.max_page_size = 5;
    let rig = NetBoxRig::with(options, |_| ()).await;
    let made = rig.create_many(1..=12).await;
    let first = rig.adapter.list_records(None).await.unwrap();
    let gone: u64 = made[0].0.parse().unwrap();
    rig.server.with_state(|state| drop(state.tables.devices.remove(&gone)));
    let fault = rig.adapter.list_records(first.next).await.unwrap_err();
    assert_eq!(fault.code(), "unavailable", "one device would be left out: {fault}");
}

#[tokio::test]
async fn a_serial_number_is_found_whatever_its_case_and_as_often_as_it_is_there() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let ids = rig.server.with_state(|state| {
        ["PF0test1", "pf0TEST1", "PF0TEST12"].map(|serial| state.tables.add_device(None, serial).to_string())
    });
    let found: Vec<String> = rig
        .find_serial("PF0TEST1")
        .await
        .into_iter()
        .map(|record| record.id.0)
        .collect();
    assert_eq!(found, ids[..2]);
    assert!(rig.find_serial("PF0").await.is_empty());
}

#[tokio::test]
async fn a_filter_that_is_not_known_finds_everything_and_is_not_believed() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let made = rig.create_many(1..=3).await;
    assert_eq!(rig.find(2).await.unwrap()[0].id, made[1]);
    // Somebody takes the custom field away: the filter is left out in silence.
    rig.server.with_state(|state| state.tables.fields.clear());
    let fault = rig.find(2).await.unwrap_err();
    assert_eq!(fault.code(), "misconfigured", "{fault}");
    // Where it is known that there is no such field, nobody is asked.
    let fresh = adapter_for(
        &rig.server,
        own_settings(&rig.server.with_state(|state| state.options.token.clone())),
    );
    let wanted = device(2);
    let search = RecordSearch::Device(&wanted);
    assert!(fresh.find_records(search).await.unwrap().is_empty());
}

#[tokio::test]
async fn four_creates_at_once_double_a_unique_id_so_they_are_looked_for_and_shown_all() {
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.meeting = Some(Arc::new(Barrier::new(4)));
    let server = NetBoxServer::start(options.clone()).await;
    let (site, role, kind) = server.with_state(|state| {
        let tables = &mut state.tables;
        let maker = tables.add_name("dcim/manufacturers", "LENOVO", None);
        tables.add_field("intune_id", "text");
        tables.fields[0].is_unique = true;
        (
            tables.add_name("dcim/sites", "Intune", None),
            tables.add_name("dcim/device-roles", "Endpoint", None),
            tables.add_name("dcim/device-types", "21HM", Some(maker)),
        )
    });
    let id = device(7).key.device.to_string();
    let body = json!({"site": site, "role": role, "device_type": kind, "custom_fields": {"intune_id": id}});
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = || {
        let request = http.post(format!("{}/api/dcim/devices/", server.url())).json(&body);
        request
            .header("Authorization", format!("Bearer {}", options.token))
            .send()
    };
    let answers = futures_util::future::join_all([post(), post(), post(), post()]).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 201));
    // One after the other, it is unique.
    server.with_state(|state| state.options.meeting = None);
    assert_eq!(post().await.unwrap().status(), 400);
    let adapter = adapter_for(&server, own_settings(&options.token));
    let wanted = device(7);
    let search = RecordSearch::Device(&wanted);
    let found = adapter.find_records(search).await.unwrap();
    assert_eq!(found.len(), 4, "a person decides: {found:?}");
}

#[tokio::test]
async fn an_error_of_many_names_the_field_and_not_the_row_so_only_the_bad_row_is_refused() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    rig.adapter.make_fields(&["tier".to_owned()]).await.unwrap();
    rig.server.with_state(|state| {
        let mut fields = state.tables.fields.iter_mut();
        fields.find(|field| field.name == "tier").unwrap().validation_regex = "^[a-c]$".to_owned();
    });
    let tier = |number: u128| if number == 11 { "nope" } else { "a" };
    let writes: Vec<_> = (1..=20)
        .map(|number| create(number, json!({"name": format!("PC-{number}"), "tier": tier(number)})))
        .collect();
    rig.server.forget_counts();
    let results = rig.write_all(&writes).await;
    for (number, result) in (1..=20_u128).zip(&results) {
        let is_refused = matches!(result, Err(TargetFault::Refused { problem, .. }) if problem.contains("tier"));
        assert_eq!(is_refused, number == 11, "{number}: {result:?}");
    }
    assert_eq!(rig.server.list_devices().len(), 19);
    // Halves of halves, and not one by one.
    assert!(rig.server.count("POST dcim/devices") <= 11);
    // The same for changes.
    let changes: Vec<_> = (1..=20_u128)
        .zip(&results)
        .filter_map(|(number, made)| Some((number, made.as_ref().ok()?)))
        .map(|(number, record)| {
            let tier = if number == 3 { "nope" } else { "b" };
            update(number, record, json!({"tier": tier}))
        })
        .collect();
    let refused = rig.write_all(&changes).await;
    assert_eq!(
        refused.iter().filter(|result| result.is_err()).count(),
        1,
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_change_of_a_device_that_is_not_there_is_left_out_so_the_answer_is_counted() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let made = rig.create_many(1..=3).await;
    let gone: u64 = made[1].0.parse().unwrap();
    rig.server.with_state(|state| drop(state.tables.devices.remove(&gone)));
    let writes: Vec<_> = (1..=3_u128)
        .zip(&made)
        .map(|(number, record)| update(number, record, json!({"name": format!("NEW-{number}")})))
        .collect();
    rig.server.forget_counts();
    let results = rig.write_all(&writes).await;
    assert_eq!(
        results,
        [Ok(made[0].clone()), Err(TargetFault::NotThere), Ok(made[2].clone())]
    );
    assert_eq!(rig.server.count_all(), 1);
    assert_eq!(rig.see(&made[2]).name.as_deref(), Some("NEW-3"));
}

#[tokio::test]
async fn a_name_is_taken_in_its_site_whatever_its_case_and_gets_the_end_of_the_id() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let phone = |number: u128, name: &str| create(number, json!({"name": name}));
    // In one page, in a later one that knows of it, and by a process that does not.
    let first = rig.write_all(&[phone(0xa001, "iPhone"), phone(0xa002, "IPHONE")]).await;
    let third = rig.write(phone(0xa003, "iPhone")).await.unwrap();
    let token = rig.server.with_state(|state| state.options.token.clone());
    let fresh = adapter_for(&rig.server, own_settings(&token));
    let fourth = fresh.write_records(&[phone(0xa004, "iphone")]).await.remove(0).unwrap();
    let name = |record: &RecordId| rig.see(record).name.unwrap();
    assert_eq!(name(first[0].as_ref().unwrap()), "iPhone");
    assert_eq!(name(first[1].as_ref().unwrap()), "IPHONE (a002)");
    assert_eq!(name(&third), "iPhone (a003)");
    assert_eq!(name(&fourth.record), "iphone (a004)");
    // It reads as the mapping writes it, so nothing differs for ever.
    let read = rig.adapter.read_record(&third).await.unwrap().unwrap();
    assert_eq!(read.values["name"], json!("iPhone"));
    // A longer name is cut, its end is not.
    let long = "N".repeat(64);
    let results = rig.write_all(&[phone(0xa005, &long), phone(0xa006, &long)]).await;
    let second = name(results[1].as_ref().unwrap());
    assert!(second.len() == 64 && second.ends_with(" (a006)"), "{second}");
    // A change that meets a name that is taken gets it as well.
    let renamed = rig.write(update(0xa003, &third, json!({"name": long}))).await.unwrap();
    assert!(name(&renamed).ends_with(" (a003)"));
}

#[tokio::test]
async fn an_unknown_field_is_left_out_in_silence_so_it_is_told_before_anything_is_sent() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let made = rig.create_many(1..=1).await;
    let fault = rig
        .write(update(1, &made[0], json!({"cost_centre": "4711"})))
        .await
        .unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
    assert!(fault.to_string().contains("cost_centre"), "{fault}");
    assert_eq!(rig.server.count("PATCH dcim/devices"), 0);
}

#[tokio::test]
async fn a_custom_field_that_somebody_deletes_stops_all_and_refuses_nobody() {
    for version in VERSIONS {
        let rig = NetBoxRig::new(version).await;
        rig.adapter.make_fields(&["tier".to_owned()]).await.unwrap();
        let made = rig.create_many(1..=4).await;
        rig.server
            .with_state(|state| state.tables.fields.retain(|field| field.name != "tier"));
        let writes: Vec<_> = (1..=4_u128)
            .zip(&made)
            .map(|(number, record)| update(number, record, json!({"tier": "a"})))
            .collect();
        for result in rig.write_all(&writes).await {
            let fault = result.unwrap_err();
            assert_eq!(fault.code(), "misconfigured", "{version:?}: {fault}");
            assert!(fault.to_string().contains("tier"), "{version:?}: {fault}");
        }
    }
}

#[tokio::test]
async fn if_match_keeps_a_revert_from_what_somebody_changes_at_that_moment() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let made = rig.create_many(1..=1).await;
    let id: u64 = made[0].0.parse().unwrap();
    let before = values(json!({"name": "BEFORE"}));
    rig.adapter.read_record(&made[0]).await.unwrap();
    // Between the look and the write.
    rig.server.with_state(|state| {
        let device = state.tables.devices.get_mut(&id).unwrap();
        device.name = Some("BY HAND".to_owned());
        device.updated += 1;
    });
    let fault = rig.adapter.put_back(&made[0], &before).await.unwrap_err();
    assert_eq!(fault.code(), "refused", "{fault}");
    assert_eq!(rig.see(&made[0]).name.as_deref(), Some("BY HAND"));
    // Looked at again, it is put back. Versions without tags are believed.
    rig.adapter.read_record(&made[0]).await.unwrap();
    rig.adapter.put_back(&made[0], &before).await.unwrap();
    assert_eq!(rig.see(&made[0]).name.as_deref(), Some("BEFORE"));
    let older = NetBoxRig::new(NetBoxVersion::V42).await;
    let made = older.create_many(1..=1).await;
    older.adapter.read_record(&made[0]).await.unwrap();
    older.adapter.put_back(&made[0], &before).await.unwrap();
    assert_eq!(older.see(&made[0]).name.as_deref(), Some("BEFORE"));
}

#[tokio::test]
async fn a_404_of_something_else_is_no_device_that_is_gone() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let nobody = RecordId("4711".to_owned());
    assert_eq!(rig.adapter.read_record(&nobody).await.unwrap(), None);
    // An address at which NetBox is not.
    let token = rig.server.with_state(|state| state.options.token.clone());
    let url = format!("{}/api/dcim", rig.server.url());
    let elsewhere = adapter_at(&url, own_settings(&token));
    let fault = elsewhere.read_record(&nobody).await.unwrap_err();
    assert_eq!(fault.code(), "misconfigured", "{fault}");
}

#[tokio::test]
async fn tags_of_a_device_would_be_replaced_so_those_of_adopted_ones_stay() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let (theirs, tag) = rig.server.with_state(|state| {
        let tag = state.tables.add_name("extras/tags", "of the board", None);
        let id = state.tables.add_device(Some("by hand"), "PF0TEST1");
        state.tables.devices.get_mut(&id).unwrap().tags = vec![tag];
        (RecordId(id.to_string()), tag)
    });
    rig.write(update(1, &theirs, json!({"name": "PC-1"}))).await.unwrap();
    let seen = rig.see(&theirs);
    assert_eq!(seen.tags, [tag]);
    assert_eq!(seen.customs["intune_id"], json!(device(1).key.device.to_string()));
    let made = rig.create_many(2..=2).await;
    let tags = rig.see(&made[0]).tags;
    let is_ours = rig.server.with_state(|state| {
        tags.iter()
            .all(|tag| state.tables.name_of("extras/tags", *tag) == "Intune")
    });
    assert!(tags.len() == 1 && is_ours);
}

#[tokio::test]
async fn junk_serial_numbers_are_left_empty_because_netbox_takes_any_number_twice() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let junk = json!({"serial": "To be filled by O.E.M.", "name": null});
    let made = rig.write(create(1, junk)).await.unwrap();
    let seen = rig.see(&made);
    assert_eq!((seen.serial.as_str(), seen.name), ("", None));
    let read = rig.adapter.read_record(&made).await.unwrap().unwrap();
    assert_eq!((read.serial, &read.values["serial"]), (None, &Value::Null));
}

#[test]
fn every_trap_has_a_row() {
    let table = include_str!("../../../docs/ITEMS-TARGETS.md");
    let lines = include_str!("traps.rs").lines();
    let names: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("async fn ")?.split('(').next())
        .collect();
    let missing: Vec<&&str> = names
        .iter()
        .filter(|name| !table.contains(&format!("`{name}`")))
        .collect();
    assert!(names.len() > 10 && missing.is_empty(), "{missing:?}");
}
