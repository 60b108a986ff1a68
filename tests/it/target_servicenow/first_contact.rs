//! Finding CIs that are there: by our id, by a serial number, all of them; users, and what a check says.

use intune_connector::contract::CheckStepState;
use intune_connector::targets::{RecordId, RecordSearch, RecordState};
use serde_json::{Value, json};

use super::rig::{ServiceNowRig, TRIAL, WRITE, adopt, device, key, named};
use crate::support::servicenow::ServiceNowOptions;

async fn find_serial(rig: &ServiceNowRig, serial: &str) -> Vec<String> {
    let found = rig.adapter.find_records(RecordSearch::Serial(serial)).await.unwrap();
    found.into_iter().map(|record| record.id.0).collect()
}

#[tokio::test]
async fn a_ci_is_found_by_our_id_and_by_its_serial_number_with_the_columns_of_its_class() {
    let rig = ServiceNowRig::new().await;
    let id = key(1).device.to_string();
    let ours = rig.server.with_state(|state| {
        let maker = state.add_row("core_company", json!({"name": "Dell Inc."}));
        let values = json!({
            "name": "PC-1", "serial_number": "SN17A1", "correlation_id": id, "os": "Windows", "manufacturer": maker,
        });
        state.add_ci("cmdb_ci_computer", values)
    });
    let theirs = rig.server.with_state(|state| {
        let values = json!({"name": "PHONE", "serial_number": "sn17a2", "install_status": "7"});
        state.add_ci("cmdb_ci_handheld_computing", values)
    });
    let found = rig
        .adapter
        .find_records(RecordSearch::Device(&device(1)))
        .await
        .unwrap();
    let [record] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((&record.id.0, record.device), (&ours, Some(key(1).device)));
    for (field, value) in [
        ("os", "Windows"),
        ("manufacturer", "Dell Inc."),
        ("intune_id", id.as_str()),
    ] {
        assert_eq!(record.values.get(field), Some(&json!(value)), "{field}");
    }
    let found = find_serial(&rig, "SN17A2").await;
    assert_eq!(found, std::slice::from_ref(&theirs), "in whatever case");
    let record = rig.adapter.read_record(&RecordId(theirs)).await.unwrap().unwrap();
    assert_eq!((record.state, record.device), (RecordState::Retired, None));
    assert_eq!(find_serial(&rig, "SN17A").await, [""; 0], "no part of a number");
    for nobody in ["5137153cc611227c000bbd1bd8cd2007", "../sys_user", ""] {
        assert_eq!(
            rig.adapter.read_record(&RecordId(nobody.to_owned())).await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn signs_of_the_query_language_in_a_serial_number_ask_for_nothing_else() {
    let rig = ServiceNowRig::new().await;
    let odd = rig.server.with_state(|state| {
        state.add_ci(
            "cmdb_ci_computer",
            json!({"name": "one", "serial_number": "AB^ORname=two"}),
        );
        state.add_ci("cmdb_ci_computer", json!({"name": "two", "serial_number": "PLAIN"}))
    });
    let odd_found = find_serial(&rig, "AB^ORname=two").await;
    assert!(odd_found.len() == 1 && odd_found[0] != odd, "{odd_found:?}");
    assert_eq!(find_serial(&rig, "X^ORname=two").await, [""; 0]);
    assert_eq!(find_serial(&rig, "javascript:gs.sleep(1000)").await, [""; 0]);
    assert_eq!(rig.server.with_state(|state| state.scripts), 0, "a script was run");
}

#[tokio::test]
async fn a_column_that_is_not_there_is_passed_over_in_a_query_and_shows_itself() {
    let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| {
        own.id_field = "u_intune_id".to_owned()
    })
    .await;
    assert_eq!(
        rig.adapter
            .find_records(RecordSearch::Device(&device(1)))
            .await
            .unwrap(),
        Vec::new(),
        "with no CI, nobody knows"
    );
    rig.server
        .with_state(|state| state.add_ci("cmdb_ci_computer", json!({"name": "somebody's"})));
    let fault = rig
        .adapter
        .find_records(RecordSearch::Device(&device(1)))
        .await
        .unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
    assert!(fault.to_string().contains("u_intune_id"), "{fault}");
    assert_eq!(
        rig.adapter.list_records(None).await.unwrap_err().code(),
        "misconfigured"
    );
}

/// Ids of all pages, and how many pages there were.
async fn list_all(rig: &ServiceNowRig) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut next) = (Vec::new(), 0, None);
    loop {
        let page = rig.adapter.list_records(next).await.unwrap();
        ids.extend(page.records.into_iter().map(|record| record.id.0));
        pages += 1;
        next = page.next;
        if next.is_none() {
            return (ids, pages);
        }
    }
}

#[tokio::test]
async fn a_page_that_is_cut_before_rights_may_be_empty_and_is_not_the_last() {
    for (has_links, is_first_version) in [(true, false), (false, false), (true, true)] {
        let options = ServiceNowOptions {
            has_links,
            is_first_version,
            ..ServiceNowOptions::default()
        };
        let rig = ServiceNowRig::with(options, |_| ()).await;
        let mut expected = rig.server.with_state(|state| {
            for number in 0..1_200 {
                state.add_ci("cmdb_ci_computer", json!({"name": format!("PC-{number}")}));
            }
            let mut ids: Vec<String> = state.cis.iter().map(|ci| ci.sys_id.clone()).collect();
            ids.sort();
            // The first page is hidden whole. A 404 for no rows has no link to go on by.
            let hidden = if is_first_version { 499 } else { 500 };
            state.options.hidden = ids[..hidden].to_vec();
            ids.split_off(hidden)
        });
        let (mut listed, pages) = list_all(&rig).await;
        expected.sort();
        listed.sort();
        assert_eq!((listed, pages), (expected, 3), "{has_links} {is_first_version}");
    }
}

#[tokio::test]
async fn a_user_is_found_by_address_or_name_and_who_is_not_active_is_nobody() {
    let rig = ServiceNowRig::new().await;
    let (anna, _) = rig.server.with_state(|state| {
        let gone = json!({"user_name": "gone", "email": "gone@example.com", "active": "false"});
        (
            state.add_user("anna", "anna@example.com"),
            state.add_row("sys_user", gone),
        )
    });
    for name in ["Anna@example.com", "ANNA"] {
        assert_eq!(rig.adapter.find_user(name).await.unwrap(), Some(anna.clone()), "{name}");
    }
    for nobody in ["gone@example.com", "ann", "^ORactive=true"] {
        rig.server.forget_counts();
        assert_eq!(rig.adapter.find_user(nobody).await.unwrap(), None, "{nobody}");
        assert_eq!(rig.server.count_all(), 1, "{nobody}");
    }
}

#[tokio::test]
async fn a_ci_whose_class_is_known_is_read_by_one_request_and_is_found_in_another_class_all_the_same() {
    let mut rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    for (is_new_process, requests) in [(false, 1), (true, 2), (false, 1)] {
        if is_new_process {
            rig.forget_all();
        }
        rig.server.forget_counts();
        let values = rig.adapter.read_values(&record).await.unwrap().unwrap();
        assert_eq!(
            (values["name"].as_str(), rig.server.count_all()),
            (Some("PC-1"), requests)
        );
    }
    // Somebody moves it to another class.
    rig.server.with_state(|state| {
        let ci = state.ci_mut(&record.0).unwrap();
        ci.class = "cmdb_ci_handheld_computing".to_owned();
        ci.values.insert("u_imei".to_owned(), "49".to_owned());
    });
    for _ in 0..2 {
        let values = rig.adapter.read_values(&record).await.unwrap().unwrap();
        assert_eq!(values["u_imei"].as_str(), Some("49"));
    }
    rig.server.with_state(|state| state.remove_ci(&record.0));
    assert_eq!(rig.adapter.read_values(&record).await.unwrap(), None);
}

#[tokio::test]
async fn fields_are_those_that_are_known_and_those_that_a_ci_shows() {
    let rig = ServiceNowRig::new().await;
    rig.server
        .with_state(|state| state.add_ci("cmdb_ci_computer", json!({"name": "somebody's"})));
    let fields = rig.adapter.list_fields().await.unwrap();
    let find = |name: &str| fields.iter().find(|field| field.name == name);
    assert!(find("u_cost_centre").is_some_and(|field| field.custom) && find("os").is_some());
    assert!(find("correlation_id").is_none() && find("assigned_to").is_none() && find("sys_id").is_none());
    let names = ["name".to_owned(), "u_nothing".to_owned()];
    assert_eq!(
        rig.adapter.make_fields(&names).await.unwrap(),
        ["u_nothing"],
        "its owner makes it"
    );
    let record = rig.create(1, named(1)).await.unwrap();
    assert!(rig.update(1, &record, json!({"u_cost_centre": "4711"})).await.is_ok());
    let fault = rig.update(1, &record, json!({"u_nothing": "x"})).await.unwrap_err();
    assert_eq!(fault.code(), "misconfigured");
    assert!(fault.to_string().contains("u_nothing"), "{fault}");
}

#[tokio::test]
async fn a_check_finds_each_missing_right_and_an_unknown_data_source_and_writes_nothing() {
    let find = |steps: &[intune_connector::contract::CheckStep], step: &str, subject: &str| {
        let found = steps.iter().find(|seen| seen.step == step && seen.subject == subject);
        found.map(|seen| (seen.state, seen.field.clone()))
    };
    let rig = ServiceNowRig::new().await;
    rig.server
        .with_state(|state| state.add_ci("cmdb_ci_computer", json!({"name": "somebody's"})));
    let steps = rig.verify().await;
    assert!(steps.iter().all(|step| step.state == CheckStepState::Ok), "{steps:#?}");
    assert_eq!((rig.server.count(TRIAL), rig.server.count(WRITE)), (1, 0));
    assert_eq!(rig.server.list_cis().len(), 1);
    assert!(
        rig.server
            .with_state(|state| state.incomplete.is_empty() && state.partial.is_empty())
    );
    for (denied, state) in [
        ("cmdb_ci_hardware", CheckStepState::Failed),
        ("sys_user", CheckStepState::Failed),
        ("cmdb_model", CheckStepState::Note),
        ("identifyreconcile", CheckStepState::Failed),
    ] {
        rig.server
            .with_state(|state| state.options.denied = vec![denied.to_owned()]);
        let steps = rig.verify().await;
        assert_eq!(
            find(&steps, "right", denied).map(|(state, _)| state),
            Some(state),
            "{steps:#?}"
        );
    }
    rig.server.with_state(|state| {
        state.options.denied.clear();
        state.options.sources.clear();
    });
    let steps = rig.verify().await;
    let expected = Some((CheckStepState::Failed, Some("data_source".to_owned())));
    assert_eq!(find(&steps, "dataSource", "IntuneConnector"), expected, "{steps:#?}");
    assert!(
        steps
            .iter()
            .all(|step| step.state != CheckStepState::Failed || step.cure.is_some())
    );
}

#[tokio::test]
async fn a_ci_of_another_connector_is_told_and_one_that_was_found_is_taken_over_as_it_is() {
    let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| {
        own.other_sources = vec!["SG-Intune".to_owned()];
    })
    .await;
    let add = |serial: &str, source: &str| {
        let values: Value =
            json!({"name": "kept", "serial_number": serial, "discovery_source": source, "os": "theirs"});
        rig.server.with_state(|state| state.add_ci("cmdb_ci_computer", values))
    };
    add("SN17A1", "SG-Intune");
    let free = RecordId(add("SN17A2", "ServiceNow"));
    let synced = async |serial: &str| {
        let found = rig.adapter.find_records(RecordSearch::Serial(serial)).await.unwrap();
        found[0].synced_by_others
    };
    assert!(synced("SN17A1").await && !synced("SN17A2").await);
    let taken = rig
        .write(adopt(2, &free, json!({"serial_number": "SN17A2", "name": "kept"})))
        .await;
    assert_eq!(taken, Ok(free.clone()));
    let ci = rig.see(&free);
    assert_eq!(
        (ci.text("correlation_id"), ci.text("os")),
        (key(2).device.to_string().as_str(), "theirs")
    );
    assert_eq!(rig.server.list_cis().len(), 2);
}
