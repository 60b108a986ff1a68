//! The traps of the Identification and Reconciliation Engine, each by its name.

use intune_connector::config::{EmptyRule, LookRule, MatchRule, ReconcileDoor};
use intune_connector::contract::RetireAction;
use intune_connector::targets::{PlannedWrite, RecordId};
use serde_json::json;

use super::rig::{DOORS, ServiceNowRig, TRIAL, WRITE, adopt, code, create, key, named, update};
use crate::support::servicenow::ServiceNowOptions;

#[tokio::test]
async fn ire_takes_a_ci_of_the_same_name_for_a_new_device_and_that_is_seen_before_anything_is_written() {
    for door in DOORS {
        let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| own.door = door).await;
        let theirs = RecordId(rig.server.with_state(|state| {
            let values = json!({"name": "pc-1", "serial_number": "ANOTHER", "os": "theirs"});
            state.add_ci("cmdb_ci_computer", values)
        }));
        let before = rig.see(&theirs);
        let refused = rig.create(1, named(1)).await.unwrap_err();
        assert_eq!(refused.code(), "refused");
        assert!(
            refused.to_string().contains("name") && refused.to_string().contains(&theirs.0),
            "{refused}"
        );
        assert_eq!(rig.see(&theirs), before);
        assert_eq!((rig.server.list_cis().len(), rig.server.count(WRITE)), (1, 0));
    }
}

#[tokio::test]
async fn two_new_devices_of_one_name_in_a_page_are_not_made_one() {
    let rig = ServiceNowRig::new().await;
    let values = |serial: &str| json!({"name": "iPhone", "serial_number": serial});
    let page = [create(1, values("SN17A0001")), create(2, values("SN17A0002"))];
    let results = rig.write_all(&page).await;
    assert_eq!(
        (code(&results[0]), code(&results[1])),
        ("good", "refused"),
        "{results:?}"
    );
    let ci = rig.see(results[0].as_ref().unwrap());
    assert_eq!(
        (ci.text("serial_number"), rig.server.list_cis().len()),
        ("SN17A0001", 1)
    );
    // With the serial number in the name, each is itself.
    let unlike = json!({"name": "iPhone SN17A0002", "serial_number": "SN17A0002"});
    assert!(rig.create(2, unlike).await.is_ok());
}

#[tokio::test]
async fn of_several_cis_with_one_serial_number_ire_takes_the_oldest_and_we_take_none() {
    let rig = ServiceNowRig::new().await;
    for name in ["left", "right"] {
        let values = json!({"name": name, "serial_number": "SN17A0001"});
        rig.server.with_state(|state| state.add_ci("cmdb_ci_computer", values));
    }
    let before = rig.server.list_cis();
    assert_eq!(code(&rig.create(1, named(1)).await), "refused");
    let second = RecordId(before[1].sys_id.clone());
    // A person has chosen the second one: IRE would write into the first.
    let refused = rig.write(adopt(1, &second, named(1))).await.unwrap_err();
    assert!(refused.to_string().contains(&before[0].sys_id), "{refused}");
    assert_eq!(rig.server.list_cis(), before);
}

#[tokio::test]
async fn a_junk_serial_number_merges_no_devices() {
    let rig = ServiceNowRig::new().await;
    for number in 1..=2 {
        let values = json!({"name": format!("PC-{number}"), "serial_number": "To be filled by O.E.M."});
        rig.create(number, values).await.unwrap();
    }
    let cis = rig.server.list_cis();
    assert!(
        cis.len() == 2 && cis.iter().all(|ci| ci.text("serial_number").is_empty()),
        "{cis:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_identified_is_kept_nowhere_to_be_merged_later() {
    let rig = ServiceNowRig::new().await;
    rig.server.with_state(|state| {
        state.options.no_insert_classes = vec!["cmdb_ci_computer".to_owned()];
    });
    let fault = rig.create(1, named(1)).await.unwrap_err();
    assert_eq!(
        fault.code(),
        "misconfigured",
        "no device of the class can be made: {fault}"
    );
    let (partial, incomplete) = rig
        .server
        .with_state(|state| (state.partial.len(), state.incomplete.len()));
    assert_eq!((partial, incomplete, rig.server.list_cis().len()), (0, 0, 0));
}

#[tokio::test]
async fn a_data_source_that_is_no_choice_concerns_every_device() {
    for door in DOORS {
        let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| {
            own.door = door;
            own.data_source = "Nobody & Sons".to_owned();
        })
        .await;
        let results = rig.write_all(&[create(1, named(1)), create(2, named(2))]).await;
        assert!(
            results.iter().all(|result| code(result) == "misconfigured"),
            "{door:?}: {results:?}"
        );
        assert_eq!(rig.server.list_cis().len(), 0);
    }
}

#[tokio::test]
async fn a_payload_changes_no_class_and_no_column_of_the_class_is_passed_over() {
    let rig = ServiceNowRig::new().await;
    let phone = RecordId(rig.server.with_state(|state| {
        let values = json!({"name": "PHONE", "serial_number": "SN17A0001"});
        state.add_ci("cmdb_ci_handheld_computing", values)
    }));
    rig.write(adopt(1, &phone, named(1))).await.unwrap();
    rig.update(1, &phone, json!({"u_imei": "490154203237518", "os_version": "17"}))
        .await
        .unwrap();
    let ci = rig.see(&phone);
    assert_eq!(
        (ci.class.as_str(), ci.text("u_imei")),
        ("cmdb_ci_handheld_computing", "490154203237518")
    );
    assert_eq!(ci.text("os_version"), "17");
    assert_eq!(rig.server.with_state(|state| state.reclassified), 0);
}

#[tokio::test]
async fn a_ci_that_somebody_deleted_is_not_there_and_is_not_made_by_a_change() {
    for door in DOORS {
        let mut rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| own.door = door).await;
        let record = rig.create(1, named(1)).await.unwrap();
        rig.server.with_state(|state| state.remove_ci(&record.0));
        rig.forget_all();
        assert_eq!(code(&rig.update(1, &record, json!({"os": "x"})).await), "notThere");
        assert_eq!(code(&rig.retire(&record, RetireAction::Retire).await), "notThere");
        assert_eq!(rig.server.list_cis().len(), 0, "{door:?}");
    }
    // Deleted while the class is known: IRE finds nothing by the key, and has nothing else to make it of.
    let rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.with_state(|state| state.remove_ci(&record.0));
    assert_eq!(code(&rig.retire(&record, RetireAction::Retire).await), "notThere");
    // With a name it makes one: the device meets it anew, by the id that it bears.
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.with_state(|state| state.remove_ci(&record.0));
    assert_eq!(code(&rig.update(1, &record, json!({"name": "PC-9"})).await), "notThere");
    let cis = rig.server.list_cis();
    assert!(
        cis.len() == 1 && cis[0].text("correlation_id") == key(1).device.to_string(),
        "{cis:?}"
    );
}

#[tokio::test]
async fn where_ire_does_not_match_by_the_native_key_each_write_is_tried_or_names_the_sys_id() {
    let options = ServiceNowOptions {
        skips_source_matching: true,
        ..ServiceNowOptions::default()
    };
    let rig = ServiceNowRig::with(options.clone(), |own| own.first_look = LookRule::Always).await;
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.forget_counts();
    // A renamed device whose serial number is not in the change would be made anew.
    let refused = rig.update(1, &record, json!({"name": "RENAMED"})).await;
    assert_eq!(
        (code(&refused), rig.server.count(TRIAL), rig.server.count(WRITE)),
        ("notThere", 1, 0)
    );
    assert_eq!(rig.server.list_cis().len(), 1);
    // With what the target keeps of it, it is found by its serial number.
    let mut renamed = update(1, &record, json!({"name": "RENAMED"}));
    if let PlannedWrite::Update { all, .. } = &mut renamed {
        all.insert("serial_number".to_owned(), json!("SN17A0001"));
    }
    assert_eq!(rig.write(renamed).await, Ok(record));
    let rig = ServiceNowRig::with(options, |own| own.match_by = MatchRule::SysId).await;
    let record = rig.create(1, named(1)).await.unwrap();
    assert_eq!(
        rig.update(1, &record, json!({"name": "RENAMED"})).await,
        Ok(record.clone())
    );
    assert_eq!(rig.retire(&record, RetireAction::Retire).await, Ok(record.clone()));
    assert_eq!(rig.see(&record).text("name"), "RENAMED");
    rig.server.with_state(|state| state.remove_ci(&record.0));
    assert_eq!(code(&rig.update(1, &record, json!({"name": "X"})).await), "notThere");
    assert_eq!(rig.server.list_cis().len(), 0);
}

#[tokio::test]
async fn an_empty_value_that_ire_passes_over_is_emptied_by_the_table_api_where_a_setting_says_so() {
    for (empty_by, stays) in [(EmptyRule::Reconcile, "Windows"), (EmptyRule::Table, "")] {
        let options = ServiceNowOptions {
            skips_empty_values: true,
            ..ServiceNowOptions::default()
        };
        let rig = ServiceNowRig::with(options, |own| own.empty_by = empty_by).await;
        let mut values = named(1);
        values["os"] = json!("Windows");
        let record = rig.create(1, values).await.unwrap();
        rig.update(1, &record, json!({"os": null, "name": "NEW"}))
            .await
            .unwrap();
        let ci = rig.see(&record);
        assert_eq!((ci.text("os"), ci.text("name")), (stays, "NEW"));
        assert_eq!(
            rig.server.count("PATCH table/cmdb_ci_computer/{id}"),
            usize::from(stays.is_empty())
        );
    }
}

#[tokio::test]
async fn requests_of_a_batch_that_were_not_served_are_sent_again() {
    let options = ServiceNowOptions {
        batch_served: 4,
        ..ServiceNowOptions::default()
    };
    let rig = ServiceNowRig::with(options, |own| own.door = ReconcileDoor::Batch).await;
    let writes: Vec<PlannedWrite> = (1..=10).map(|number| create(number, named(number))).collect();
    let results = rig.write_all(&writes).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(rig.server.list_cis().len(), 10);
    assert_eq!(rig.server.count("POST batch"), 6, "three of trials, three of writes");
    rig.server.with_state(|state| state.options.batch_served = 0);
    let stuck = rig.create(11, named(11)).await;
    assert_eq!(code(&stuck), "unavailable");
}

#[tokio::test]
async fn two_devices_with_one_serial_number_in_a_payload_are_not_joined() {
    let rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    let other = rig.create(2, named(2)).await.unwrap();
    let same = json!({"serial_number": "SN17A0009"});
    let results = rig
        .write_all(&[update(1, &record, same.clone()), update(2, &other, same)])
        .await;
    assert_eq!(results, [Ok(record.clone()), Ok(other.clone())]);
    assert_eq!(rig.see(&other).text("serial_number"), "SN17A0009");
}

#[tokio::test]
async fn where_the_enhanced_api_is_missing_that_is_said_with_the_way_out() {
    let options = ServiceNowOptions {
        has_enhanced: false,
        ..ServiceNowOptions::default()
    };
    let rig = ServiceNowRig::with(options.clone(), |_| ()).await;
    let fault = rig.create(1, named(1)).await.unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
    assert!(fault.advice().contains("`door` to batch"), "{}", fault.advice());
    let rig = ServiceNowRig::with(options, |own| own.door = ReconcileDoor::Batch).await;
    assert_eq!(code(&rig.create(1, named(1)).await), "good");
}
