//! Writing CIs by either door: one request a page, what is left out, users, what goes and comes back, and putting back.

use intune_connector::contract::RetireAction;
use intune_connector::targets::{FieldValues, PlannedWrite, UserChange};
use serde_json::{Value, json};

use super::rig::{DOORS, ServiceNowRig, TRIAL, WRITE, code, create, key, named, update};
use crate::support::servicenow::ServiceNowOptions;

#[tokio::test]
async fn a_page_is_one_trial_and_one_write_and_a_page_of_changes_one_write() {
    let mut rig = ServiceNowRig::new().await;
    let writes: Vec<PlannedWrite> = (1..=30).map(|number| create(number, named(number))).collect();
    let records: Vec<_> = rig.write_all(&writes).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        (rig.server.count(TRIAL), rig.server.count(WRITE), rig.server.count_all()),
        (1, 1, 2)
    );
    assert_eq!(rig.server.list_cis().len(), 30);
    let ci = rig.see(&records[6]);
    assert_eq!(ci.text("correlation_id"), key(7).device.to_string());
    assert_eq!(
        (ci.text("install_status"), ci.text("discovery_source")),
        ("1", "IntuneConnector")
    );
    rig.server.forget_counts();
    let change = |number: u128, name: &str| update(number, &records[number as usize - 1], json!({"name": name}));
    let changes = [change(1, "A"), change(2, "B"), change(3, "PC-3")];
    assert!(rig.write_all(&changes).await.iter().all(Result::is_ok));
    assert_eq!(rig.server.count_all(), 1, "one request for all of them");
    // A new process asks for their classes first.
    rig.server.forget_counts();
    rig.forget_all();
    assert!(
        rig.write_all(&[change(1, "C"), change(2, "D")])
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(
        (rig.server.count("GET table/cmdb_ci_hardware"), rig.server.count_all()),
        (1, 2)
    );
    assert_eq!(
        (rig.see(&records[0]).text("name"), rig.see(&records[1]).text("name")),
        ("C", "D")
    );
}

#[tokio::test]
async fn both_doors_write_the_same_and_one_bad_item_stops_no_other() {
    for door in DOORS {
        let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| own.door = door).await;
        let mut wrong = create(2, named(2));
        if let PlannedWrite::Create { class_name, .. } = &mut wrong {
            *class_name = "cmdb_ci_handheld_computing".to_owned();
        }
        rig.server
            .with_state(|state| state.add_ci("cmdb_ci_computer", json!({"name": "pc-2"})));
        let results = rig.write_all(&[create(1, named(1)), wrong, create(3, named(3))]).await;
        let codes: Vec<&str> = results.iter().map(code).collect();
        assert_eq!(codes, ["good", "refused", "good"], "{door:?}: {results:?}");
        assert_eq!(rig.server.list_cis().len(), 3, "{door:?}");
        let record = results[0].clone().unwrap();
        let renamed = rig.update(1, &record, json!({"name": "NEW", "os": "Windows"})).await;
        assert_eq!(renamed, Ok(record.clone()));
        assert_eq!(
            (rig.see(&record).text("name"), rig.see(&record).text("os")),
            ("NEW", "Windows")
        );
    }
}

#[tokio::test]
async fn references_are_looked_for_by_name_once_and_what_is_unknown_is_left_out() {
    let rig = ServiceNowRig::new().await;
    let values = |number: u128, model: &str| {
        let mut values = named(number);
        values["manufacturer"] = json!("lenovo");
        values["model_id"] = json!(model);
        values
    };
    let first = rig.create(1, values(1, "21HM0067GE")).await.unwrap();
    let second = rig.create(2, values(2, "Nobody's model")).await.unwrap();
    let shown = |column: &str, value: &str| rig.server.with_state(|state| state.shown(column, value));
    let ci = rig.see(&first);
    assert_eq!(shown("manufacturer", ci.text("manufacturer")), "LENOVO");
    assert_eq!(shown("model_id", ci.text("model_id")), "21HM0067GE");
    assert_eq!(rig.see(&second).text("model_id"), "");
    assert_eq!(rig.server.count("GET table/core_company"), 1);
    assert_eq!(rig.server.count("GET table/cmdb_model"), 2);
    let companies = rig
        .server
        .with_state(|state| state.rows.iter().filter(|row| row.table == "core_company").count());
    assert_eq!(companies, 1, "nothing is made");
}

#[tokio::test]
async fn a_user_is_assigned_changed_and_taken_off_and_department_and_cost_centre_stay() {
    let rig = ServiceNowRig::new().await;
    let anna = rig
        .server
        .with_state(|state| state.add_user("anna", "anna@example.com"));
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.with_state(|state| {
        let ci = state.ci_mut(&record.0).unwrap();
        ci.values.insert("department".to_owned(), "theirs".to_owned());
        ci.values.insert("cost_center".to_owned(), "theirs".to_owned());
    });
    for (change, assigned) in [
        (UserChange::Assign(anna.clone()), anna.as_str()),
        (UserChange::Clear, ""),
    ] {
        let mut write = update(1, &record, json!({}));
        if let PlannedWrite::Update { user, .. } = &mut write {
            *user = change;
        }
        rig.write(write).await.unwrap();
        let ci = rig.see(&record);
        assert_eq!(ci.text("assigned_to"), assigned);
        assert_eq!((ci.text("department"), ci.text("cost_center")), ("theirs", "theirs"));
    }
}

#[tokio::test]
async fn what_goes_is_marked_and_comes_back_as_the_same_ci() {
    for door in DOORS {
        let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| own.door = door).await;
        let record = rig.create(1, named(1)).await.unwrap();
        for (action, install, operational) in [(RetireAction::Retire, "7", "6"), (RetireAction::Stock, "6", "2")] {
            assert_eq!(rig.retire(&record, action).await, Ok(record.clone()));
            let ci = rig.see(&record);
            assert_eq!(
                (ci.text("install_status"), ci.text("operational_status")),
                (install, operational)
            );
        }
        let mut back = update(1, &record, named(1));
        if let PlannedWrite::Update { restore, .. } = &mut back {
            *restore = true;
        }
        assert_eq!(rig.write(back).await, Ok(record.clone()));
        let ci = rig.see(&record);
        assert_eq!((ci.text("install_status"), ci.text("operational_status")), ("1", "1"));
        assert_eq!(rig.server.list_cis().len(), 1);
    }
}

fn values_of(given: Value) -> FieldValues {
    given.as_object().cloned().unwrap().into_iter().collect()
}

#[tokio::test]
async fn what_is_put_back_is_read_again_and_a_reconciliation_rule_that_keeps_it_is_told() {
    let rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    rig.update(1, &record, json!({"name": "WRONG", "os": "wrong"}))
        .await
        .unwrap();
    let before = values_of(json!({"name": "PC-1", "os": null}));
    rig.adapter.put_back(&record, &before).await.unwrap();
    assert_eq!(
        (rig.see(&record).text("name"), rig.see(&record).text("os")),
        ("PC-1", "")
    );
    rig.update(1, &record, json!({"name": "WRONG"})).await.unwrap();
    rig.server
        .with_state(|state| state.options.kept_fields = vec!["name".to_owned()]);
    let refused = rig.adapter.put_back(&record, &before).await.unwrap_err();
    assert_eq!(refused.code(), "refused");
    assert!(refused.to_string().contains("name"), "{refused}");
    rig.server.with_state(|state| state.remove_ci(&record.0));
    assert_eq!(
        rig.adapter.put_back(&record, &before).await.unwrap_err().code(),
        "notThere"
    );
}
