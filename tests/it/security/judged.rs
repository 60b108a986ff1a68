//! What was judged is what is applied (A10), wherever something is written for somebody who asked over the API; and what
//! loosens the guard is asked for by operations alone whose row says so (A7, A9).

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use intune_connector::actions::guard::{ApprovalSignIn, InstancePolicy};
use intune_connector::actions::policy_changes;
use intune_connector::model::{ActionKind, RelaxationRule};
use intune_connector::sics::describe_routes;
use intune_connector::store::{OperatorChange, ServerAnnouncement, StoreError};
use reqwest::Method;
use serde_json::json;

use crate::support::shelf::Shelf;
use crate::support::workshop::{asker, person};
use crate::whole::{INSTANCE, Whole, until};

/// What the API writes without a look at the accounts as they were judged, and why that is right.
const OTHERWISE: [(&str, &str); 14] = [
    ("record_audit_entry", "what was done is written down in any case"),
    ("engage_kill_switch", "what tightens is never refused"),
    ("record_server_seen", "it says when somebody came, and gives nothing"),
    ("probe_commit", "it keeps nothing"),
    ("acknowledge_changes", "judged by the cursor, in its transaction"),
    ("acknowledge_results", "judged by the position, in its transaction"),
    ("decide_job", "judged on accounts of its own transaction"),
    ("acknowledge_broken_glass", "judged on accounts of its own transaction"),
    ("change_accounts", "judged on accounts of its own transaction"),
    ("decide_relaxation", "judged on accounts of its own transaction"),
    ("add_job", "judged on accounts of its own transaction"),
    ("update_installation", "words for people"),
    ("clear_server_webhook_failure", "the bus notes how its own posts go"),
    (
        "resume_server_webhook",
        "the address took a message: what waits is posted by the rights of its account",
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found)
        } else {
            found.push(path)
        }
    }
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    sources(&root.join(folder), &mut paths);
    let text = |path: PathBuf| {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(text).collect()
}

/// Names of the store's operations that write.
fn writing() -> Vec<String> {
    let mut names = Vec::new();
    for (_, text) in texts("src/store") {
        for part in text.split("    pub async fn ").skip(1) {
            let body = part.split("\n    }\n").next().unwrap();
            if body.contains("self.write") {
                let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                names.push(name);
            }
        }
    }
    names
}

#[test]
fn a10_whatever_the_api_writes_it_writes_as_it_was_judged() {
    let writing = writing();
    assert!(writing.len() > 40, "{writing:?}");
    for (name, _) in OTHERWISE {
        assert!(
            writing.iter().any(|known| known == name),
            "{name} writes nothing any more"
        );
    }
    let mut wrong = Vec::new();
    for (file, text) in texts("src/sics") {
        let text: String = text.split_whitespace().collect();
        for name in &writing {
            let free = OTHERWISE.iter().any(|(other, _)| other == name);
            if !free && text.contains(&format!("store().{name}(")) {
                wrong.push(format!("{file}: {name}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "write these through store_for_caller(&caller): {wrong:?}"
    );
}

#[tokio::test]
async fn a10_a_server_is_neither_accepted_nor_removed_by_whoever_lost_the_right_meanwhile() {
    let shelf = Shelf::new().await;
    let store = &shelf.store;
    let alice = store.add_operator(person("alice")).await.unwrap();
    let announcement = ServerAnnouncement {
        display_name: "CMDB".into(),
        accepts: json!({}),
    };
    let id: intune_connector::model::ServerId = "cmdb".parse().unwrap();
    store
        .announce_server(id.clone(), announcement, alice.id, false)
        .await
        .unwrap();
    let seen = store.accounts_version().await.unwrap();
    let change = OperatorChange {
        rights: Some(vec!["Devices_Read".parse().unwrap()]),
        ..OperatorChange::default()
    };
    store.add_operator(person("bob")).await.unwrap();
    store.change_operator(alice.id, change).await.unwrap();
    let judged = store.with_accounts_version(seen);
    let accepted = judged.accept_server(id.clone()).await;
    assert!(
        matches!(accepted, Err(StoreError::ChangedMeanwhile { .. })),
        "{accepted:?}"
    );
    let removed = judged.remove_server(id.clone()).await;
    assert!(
        matches!(removed, Err(StoreError::ChangedMeanwhile { .. })),
        "{removed:?}"
    );
    let row = store.find_server(id.clone()).await.unwrap().unwrap();
    assert!(!row.accepted);
    let seen = store.accounts_version().await.unwrap();
    assert!(
        store
            .with_accounts_version(seen)
            .accept_server(id)
            .await
            .unwrap()
            .accepted
    );
}

#[test]
fn a9_what_can_loosen_the_guard_is_declared_by_its_row() {
    let declared = |wanted: RelaxationRule| {
        let mut found: Vec<_> = describe_routes()
            .into_iter()
            .filter(|route| route.relaxation_rule == Some(wanted))
            .map(|route| route.operation.name)
            .collect();
        found.sort_unstable();
        found
    };
    assert_eq!(
        declared(RelaxationRule::ByPower),
        [
            "add_operator",
            "add_token",
            "change_operator",
            "change_role",
            "give_role",
            "remove_operator",
            "remove_role",
            "reset_second_factor",
            "take_role"
        ]
    );
    assert_eq!(
        declared(RelaxationRule::ByContent),
        [
            "add_instance",
            "add_product",
            "change_installation",
            "change_instance",
            "change_limits",
            "enable_workflow",
            "install",
            "lift_suspension",
            "set_application",
            "set_kill_switch",
            "trust_key",
            "update_product"
        ]
    );
}

/// The process dies between the file and the store; who had asked for it does not agree to it himself at the next start.
#[tokio::test]
async fn a10_whose_wish_a_changed_file_is_is_known_behind_a_crash() {
    let shelf = Shelf::new().await;
    let (store, row) = (&shelf.store, &shelf.instance);
    let alice = store.add_operator(person("alice")).await.unwrap();
    let bob = store.add_operator(person("bob")).await.unwrap();
    let of = |verbs: &[ActionKind]| InstancePolicy {
        verbs: verbs.iter().copied().collect(),
        ..InstancePolicy::default()
    };
    policy_changes::apply_instance_settings(store, row, of(&[ActionKind::Sync]), Some(alice.id))
        .await
        .unwrap();
    policy_changes::record_asker(store, row.id, asker(&alice))
        .await
        .unwrap();
    // Here it died; the next start finds the file.
    let found = policy_changes::apply_instance_settings(store, row, of(&[ActionKind::Sync, ActionKind::Wipe]), None)
        .await
        .unwrap();
    assert_eq!(found.waiting.len(), 1);
    assert_eq!(found.waiting[0].asked_by, Some(alice.id));
    let id = found.waiting[0].id;
    let own = policy_changes::approve_relaxation(store, id, &alice, ApprovalSignIn::OwnPassword, None).await;
    assert!(
        matches!(own, Err(policy_changes::PolicyChangeError::NotApproved(refused)) if refused.code == "ownRequest")
    );
    shelf.clock.advance(TimeDelta::hours(1));
    policy_changes::approve_relaxation(store, id, &bob, ApprovalSignIn::OwnPassword, None)
        .await
        .unwrap();
    // What is edited by hand afterwards is nobody's.
    let by_hand = policy_changes::apply_instance_settings(
        store,
        row,
        of(&[ActionKind::Sync, ActionKind::Wipe, ActionKind::Retire]),
        None,
    )
    .await
    .unwrap();
    assert_eq!(by_hand.waiting[0].asked_by, None);
}

const RINGS: &str = "<workflow name=\"FollowAndRing\" version=\"1\">
  <onDemand/>
  <parameter name=\"job\" type=\"number\" required=\"yes\">number of the job</parameter>
  <steps>
    <call id=\"follow\" activity=\"followJob\"><in name=\"job\">${parameters.job}</in></call>
    <call id=\"found\" activity=\"listDevices\"><in name=\"filter\">true</in><in name=\"limit\">1</in></call>
    <forEach id=\"all\" of=\"found.devices\" as=\"device\" most=\"1\">
      <call id=\"ring\" activity=\"sync\"><in name=\"device\">${device}</in></call>
    </forEach>
  </steps>
</workflow>";

#[tokio::test]
async fn a10_a_job_by_a_definition_names_the_text_that_was_shown() {
    let mut whole = Whole::prepare(
        1,
        &[
            ("incremental", "off"),
            ("full", "0 3 1 1 *"),
            ("verbs", "editNotes, sync"),
        ],
    )
    .await;
    let folder = whole.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ring.xml"), RINGS).unwrap();
    whole.start().await;
    whole.completed("full", 1).await;
    whole.enable("FollowAndRing_1").await;
    let all = whole.control("GET", "devices", json!({})).await;
    let shown = whole.get("/sics/v1/workflows/FollowAndRing_1").await["hash"].clone();
    let job = |hash: serde_json::Value| {
        json!({
            "instance": INSTANCE, "action": "editNotes", "devices": [{"id": all["devices"][0]["id"]}],
            "definition": "FollowAndRing_1", "parameters": {"notes": "seen"}, "definitionHash": hash,
        })
    };
    for hash in [json!(null), json!("0".repeat(64))] {
        let (status, answer) = whole.ask(Method::POST, "/sics/v1/jobs", job(hash.clone())).await;
        assert_eq!(
            (status.as_u16(), answer["code"].as_str()),
            (400, Some("definitionHash")),
            "{hash}: {answer}"
        );
    }
    whole.post("/sics/v1/jobs", job(shown.clone())).await;
    until("the run has begun", async || {
        let told = whole.get("/sics/v1/runs?workflow=FollowAndRing_1").await;
        told["runs"].as_array().unwrap().len() == 1
    })
    .await;
}
