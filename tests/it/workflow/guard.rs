//! In whose name runs act, and who has to agree (A7).

use intune_connector::actions::guard::ApprovalSignIn;
use intune_connector::actions::policy_changes;
use intune_connector::store::{OperatorChange, StoreError};
use intune_connector::workflow::WorkflowFailpoints;
use serde_json::json;

use super::lab::{Lab, Left};
use crate::support::folder::TestFolder;
use crate::support::workshop::{asker, person};

async fn fault(lab: &Lab, run: i64, path: &str) -> String {
    let steps = lab.steps(run).await;
    let step = steps
        .iter()
        .find(|step| step.path == path)
        .unwrap_or_else(|| panic!("{path}: {steps:?}"));
    step.fault.as_ref().unwrap_or_else(|| panic!("{path} did not fail"))["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn rights(lab: &Lab, rights: &[&str]) {
    let change = OperatorChange {
        rights: Some(rights.iter().map(|right| right.parse().unwrap()).collect()),
        ..OperatorChange::default()
    };
    // The last administrator can't be made less.
    lab.store().add_operator(person("root")).await.unwrap();
    lab.store().change_operator(lab.shop.alice.id, change).await.unwrap();
}

#[tokio::test]
async fn a_run_acts_with_the_rights_of_whoever_started_it_at_each_step() {
    let lab = Lab::new().await;
    let (id, filter) = lab.phone().await;
    let run = lab.begin("RetireWithNotice", json!({"filter": filter}), false).await;
    // As far as the notice; then she loses the right to retire.
    let mut point = 1;
    while !lab.steps(run).await.iter().any(|step| step.path.ends_with(".notice")) {
        let left = lab
            .carry(run, WorkflowFailpoints::failing_at(point), lab.registry())
            .await;
        assert!(matches!(left, Left::Died), "{left:?}");
        point += 1;
    }
    rights(&lab, &["Devices_Read", "Jobs_Send", "Actions_Notify"]).await;
    lab.run(run).await;
    assert_eq!(fault(&lab, run, "devices.0.retire").await, "missingRight");
    assert_eq!(lab.shop.effects(&id, "retire"), 0);
}

#[tokio::test]
async fn without_the_right_of_a_step_it_is_not_even_called() {
    let lab = Lab::new().await;
    let (_, filter) = lab.phone().await;
    rights(&lab, &["Jobs_Send", "Actions_*"]).await;
    let run = lab.begin("RetireWithNotice", json!({"filter": filter}), false).await;
    let row = lab.run(run).await;
    assert_eq!(row.outcome.as_deref(), Some("missingRight"));
    assert_eq!(fault(&lab, run, "found").await, "missingRight");
}

#[tokio::test]
async fn an_account_that_was_disabled_stops_its_runs() {
    let lab = Lab::new().await;
    let change = OperatorChange {
        disabled: Some(true),
        ..OperatorChange::default()
    };
    lab.store().add_operator(person("root")).await.unwrap();
    lab.store().change_operator(lab.shop.alice.id, change).await.unwrap();
    let run = lab.begin("StaleDevices", json!({}), false).await;
    assert_eq!(lab.run(run).await.outcome.as_deref(), Some("operator"));
}

#[tokio::test]
async fn the_same_guard_stands_before_a_verb_that_a_run_asks_for() {
    let lab = Lab::new().await;
    let (id, filter) = lab.phone().await;
    lab.shop.bus_policy(0, 500).await;
    let run = lab.begin("RetireWithNotice", json!({"filter": filter}), false).await;
    lab.run(run).await;
    assert_eq!(fault(&lab, run, "devices.0.retire").await, "limitPerJob");
    assert_eq!(lab.shop.effects(&id, "retire"), 0);
}

#[tokio::test]
async fn a_definition_changed_under_an_open_run_does_not_change_the_run() {
    let lab = Lab::new().await;
    let run = lab.begin("StaleDevices", json!({"silentFor": "1h"}), false).await;
    let before = lab.store().run(run).await.unwrap().unwrap();
    let folder = lab.shop.desk.folder.path().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    let other = "<workflow name=\"StaleDevices\" version=\"2\"><onDemand/><steps><call id=\"other\" activity=\"log\"><in name=\"text\">x</in></call></steps></workflow>";
    std::fs::write(folder.join("stale.xml"), other).unwrap();
    lab.install().await;
    let row = lab.run(run).await;
    assert_eq!((row.version.as_str(), &row.hash), ("1", &before.hash));
    assert!(lab.steps(run).await.iter().any(|step| step.path == "found"));
    let next = lab.begin("StaleDevices", json!({}), false).await;
    assert_eq!(lab.run(next).await.version, "2");
    assert!(lab.steps(next).await.iter().any(|step| step.path == "other"));
}

/// The shipped text of the workflow, with another version, in a file of the data folder.
async fn changed(lab: &Lab, name: &str) {
    let store = lab.store();
    let row = store
        .find_workflow_by_name(&format!("{name}_1"))
        .await
        .unwrap()
        .unwrap();
    let text = store.find_definition_text(&row.hash).await.unwrap().unwrap();
    let folder = lab.shop.desk.folder.path().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    let text = text.replace("version=\"1\">", "version=\"1.1\">");
    std::fs::write(folder.join(format!("{name}.xml")), text).unwrap();
    // Found at each start; told once.
    for _ in 0..2 {
        lab.install().await;
    }
}

#[tokio::test]
async fn a7_a10_a_changed_definition_that_can_destroy_runs_for_nobody_until_two_agree_to_its_text() {
    let lab = Lab::new().await;
    let store = lab.store();
    let row = store
        .find_workflow_by_name("RetireWithNotice_1")
        .await
        .unwrap()
        .unwrap();
    assert!(!row.enabled, "it can destroy: nobody has enabled it");
    // Enabled as after an agreement.
    let enabled = store.enable_workflow(row.id, row.hash.clone(), lab.shop.alice.id);
    enabled.await.unwrap();
    changed(&lab, "RetireWithNotice").await;
    let still = store
        .find_workflow_by_name("RetireWithNotice_1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (still.version.as_str(), &still.hash, still.enabled_by),
        ("1", &row.hash, Some(lab.shop.alice.id)),
        "the old one goes on"
    );
    let offered = still.offered.clone().unwrap();
    assert_eq!((offered.version.as_str(), offered.by), ("1.1", None));
    assert_eq!(
        store.list_relaxations(true).await.unwrap(),
        [],
        "a file asks for nothing"
    );
    let sentence = "it may run".to_owned();
    let asked = policy_changes::request_workflow_change(store, &still, &offered.hash, sentence, asker(&lab.shop.alice))
        .await
        .unwrap();
    let bob = store.add_operator(person("bob")).await.unwrap();
    let agreed = policy_changes::approve_relaxation(store, asked.id, &bob, ApprovalSignIn::OwnPassword, None)
        .await
        .unwrap();
    let now = store
        .find_workflow_by_name("RetireWithNotice_1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((now.version.as_str(), &now.offered), ("1.1", &None));
    assert_eq!(agreed.relaxation.to_public_json()["hash"], now.hash.as_str());
    assert!(
        now.enabled && now.enabled_by == Some(lab.shop.alice.id),
        "it acts in the name of who asked"
    );
    let trail = store.list_audit_entries(0, 1_000).await.unwrap();
    for action in ["workflow.offered", "loosening.asked", "loosening.approved"] {
        let told = trail
            .iter()
            .filter(|row| row.action == action && row.detail.to_string().contains(&now.hash))
            .count();
        assert_eq!(told, 1, "{action}");
    }
}

#[tokio::test]
async fn sec_c2_what_a_second_person_was_shown_is_not_enabled_once_the_text_is_another() {
    let lab = Lab::new().await;
    let store = lab.store();
    let row = store
        .find_workflow_by_name("RetireWithNotice_1")
        .await
        .unwrap()
        .unwrap();
    let sentence = "it may run".to_owned();
    let asked = policy_changes::request_workflow_change(store, &row, &row.hash, sentence, asker(&lab.shop.alice))
        .await
        .unwrap();
    changed(&lab, "RetireWithNotice").await;
    let bob = store.add_operator(person("bob")).await.unwrap();
    let agreed = policy_changes::approve_relaxation(store, asked.id, &bob, ApprovalSignIn::OwnPassword, None).await;
    assert!(agreed.is_err(), "{agreed:?}");
    let now = store
        .find_workflow_by_name("RetireWithNotice_1")
        .await
        .unwrap()
        .unwrap();
    assert!(!now.enabled && now.version == "1.1", "{now:?}");
    let stale = store.enable_workflow(row.id, row.hash.clone(), lab.shop.alice.id).await;
    assert!(matches!(stale, Err(StoreError::ChangedMeanwhile { .. })), "{stale:?}");
}

#[tokio::test]
async fn a7_whoever_asks_for_a_workflow_can_not_agree_to_it_himself_at_once() {
    let lab = Lab::new().await;
    let store = lab.store();
    store.add_operator(person("bob")).await.unwrap();
    let row = store
        .find_workflow_by_name("RetireWithNotice_1")
        .await
        .unwrap()
        .unwrap();
    let asked =
        policy_changes::request_workflow_change(store, &row, &row.hash, "it may run".into(), asker(&lab.shop.alice))
            .await
            .unwrap();
    let own =
        policy_changes::approve_relaxation(store, asked.id, &lab.shop.alice, ApprovalSignIn::OwnPassword, None).await;
    assert!(own.is_err());
    assert!(
        !store
            .find_workflow_by_name("RetireWithNotice_1")
            .await
            .unwrap()
            .unwrap()
            .enabled
    );
}

#[tokio::test]
async fn a_run_that_is_cancelled_starts_nothing_more() {
    let lab = Lab::new().await;
    let (id, filter) = lab.phone().await;
    let run = lab.begin("RetireWithNotice", json!({"filter": filter}), false).await;
    let mut point = 1;
    while !lab.steps(run).await.iter().any(|step| step.path.ends_with(".notice")) {
        lab.carry(run, WorkflowFailpoints::failing_at(point), lab.registry())
            .await;
        point += 1;
    }
    assert!(lab.store().cancel_run(run, "alice".into()).await.unwrap());
    let row = lab.run(run).await;
    assert_eq!(
        (row.state.name(), row.cancelled_by.as_deref()),
        ("cancelled", Some("alice"))
    );
    assert_eq!(lab.shop.effects(&id, "retire"), 0);
    assert!(
        !lab.store().cancel_run(run, "bob".into()).await.unwrap(),
        "it has ended"
    );
}

#[tokio::test]
async fn a8_after_a_restore_no_run_goes_on() {
    let lab = Lab::new().await;
    let (_, filter) = lab.phone().await;
    let run = lab.begin("RetireWithNotice", json!({"filter": filter}), false).await;
    let backup = lab.shop.rig.shelf.folder.path().join("backup");
    lab.store().write_backup(&backup).await.unwrap();
    let elsewhere = TestFolder::new();
    intune_connector::store::restore_backup(elsewhere.path(), &backup, &[7; 32]).unwrap();
    let clock = lab.shop.rig.shelf.clock.clone();
    let restored = intune_connector::store::Store::open(elsewhere.path(), clock, [7; 32]).unwrap();
    let row = restored.run(run).await.unwrap().unwrap();
    assert_eq!(
        (row.state.name(), row.outcome.as_deref()),
        ("cancelled", Some("restored"))
    );
}
