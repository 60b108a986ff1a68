//! The routes of installing: forms, judged answers, checks that count, installations that are watched.

use intune_connector::model::RightScope;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

const PRODUCT: &str = "/sics/v1/products/intune-connector";
const GUID: &str = "00000000-1111-4222-8333-444444444444";

fn answers() -> Value {
    json!({"tenant_id": GUID, "client_id": GUID, "secret": "s3cret-s3cret", "servers": ["cmdb"]})
}

fn with(mut answers: Value, field: &str, value: Value) -> Value {
    answers[field] = value;
    answers
}

/// Waits for the end of an installation by its events.
async fn end(bus: &Bus, name: &str) -> Value {
    let path = format!("/sics/v1/installations/{name}");
    let request = bus.get(&bus.admin, &path).header("accept", "text/event-stream");
    let text = request.send().await.unwrap().text().await.unwrap();
    let last = text.lines().rev().find_map(|line| line.strip_prefix("data:")).unwrap();
    serde_json::from_str(last.trim()).unwrap()
}

#[tokio::test]
async fn b34_the_form_is_told_as_json_as_schema_and_as_the_document() {
    let bus = Bus::new().await;
    let model = status(bus.get(&bus.admin, &format!("{PRODUCT}/template?lang=de")), 200).await;
    assert_eq!(
        (&model["language"], &model["pages"][1]["title"]),
        (&json!("de"), &json!("Name des Profils"))
    );
    let schema = status(bus.get(&bus.admin, &format!("{PRODUCT}/schema")), 200).await;
    assert_eq!(schema["required"], json!(["tenant_id", "client_id"]));
    let request = bus
        .get(&bus.admin, &format!("{PRODUCT}/template"))
        .header("accept", "application/xml");
    let document = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(document, include_str!("../../../templates/intune-connector.xml"));
    let code = problem(bus.get(&bus.admin, "/sics/v1/products/nothing/template"), 404).await;
    assert_eq!(code, "unknown");
    assert_eq!(
        problem(bus.get(&bus.admin, &format!("{PRODUCT}/template?lang=fr")), 400).await,
        "wrongQuery"
    );
    bus.stop().await;
}

#[tokio::test]
async fn answers_are_judged_field_by_field_in_the_language_asked_for() {
    let bus = Bus::new().await;
    let wrong = json!({"tenant_id": "contoso", "client_id": GUID, "colour": "red", "secret": "abc… (40 characters)", "pfx": "%%"});
    let path = format!("{PRODUCT}/validate?lang=de");
    let told = status(bus.post(&bus.admin, &path, json!({"answers": wrong})), 200).await;
    assert_eq!((&told["ok"], &told["missing"]), (&json!(false), &json!(["verify"])));
    let pages = told["pages"].as_array().unwrap();
    let all: Vec<(&str, &str)> = pages
        .iter()
        .flat_map(|page| page["findings"].as_array().unwrap())
        .map(|finding| (finding["field"].as_str().unwrap(), finding["code"].as_str().unwrap()))
        .collect();
    for wanted in [
        ("tenant_id", "form"),
        ("colour", "unknownField"),
        ("secret", "shortened"),
        ("pfx", "form"),
    ] {
        assert!(all.contains(&wanted), "{wanted:?}: {all:?}");
    }
    let tenant = pages[3]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["field"] == "tenant_id")
        .unwrap();
    assert_eq!(tenant["problem"], "„contoso“ ist ungültig");
    let good = status(
        bus.post(
            &bus.admin,
            &format!("{PRODUCT}/validate"),
            json!({"answers": answers()}),
        ),
        200,
    )
    .await;
    assert_eq!(
        (&good["ok"], &good["pages"][7]["lockedBy"]),
        (&json!(true), &json!("verify"))
    );
    assert!(!good.to_string().contains("s3cret"));
    bus.stop().await;
}

#[tokio::test]
async fn the_next_runs_are_told_in_local_time() {
    let bus = Bus::new().await;
    let path = format!("{PRODUCT}/next-runs");
    let body = json!({"trigger": "0 3 * * *", "zone": "Europe/Berlin"});
    let told = status(bus.post(&bus.admin, &path, body), 200).await;
    let runs = told["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 5);
    for run in runs {
        let run = run.as_str().unwrap();
        assert!(run.contains("T03:00:00+0"), "{run}");
    }
    assert_eq!(
        problem(bus.post(&bus.admin, &path, json!({"trigger": "soon"})), 400).await,
        "trigger"
    );
    let nowhere = json!({"trigger": "every 5m", "zone": "Mars/Olympus"});
    assert_eq!(problem(bus.post(&bus.admin, &path, nowhere), 400).await, "zone");
    bus.stop().await;
}

#[tokio::test]
async fn b37_a_check_counts_for_who_saw_it_pass_over_the_same_answers_and_for_nobody_else() {
    let bus = Bus::new().await;
    let other = bus.operator("other", &["*"], RightScope::default()).await;
    let install = format!("{PRODUCT}/installations");
    let ask = |token: &str, answers: Value| bus.post(token, &install, json!({"answers": answers}));
    assert_eq!(problem(ask(&bus.admin, answers()), 409).await, "notPassed");
    let verify = format!("{PRODUCT}/actions/verify");
    let ran = status(bus.post(&bus.admin, &verify, json!({"answers": answers()})), 200).await;
    assert_eq!(ran["ok"], true);
    assert_eq!(problem(ask(&other, answers()), 409).await, "notPassed");
    let another = with(answers(), "secret", json!("another-secret"));
    assert_eq!(problem(ask(&bus.admin, another), 409).await, "notPassed");
    bus.shelf.clock.advance(chrono::TimeDelta::minutes(61));
    assert_eq!(problem(ask(&bus.admin, answers()), 409).await, "notPassed");
    status(bus.post(&bus.admin, &verify, json!({"answers": answers()})), 200).await;
    // What comes behind the check may change, and actions may be switched on now; their rights are checked first (MI-2).
    let acting = with(answers(), "verbs", json!(["sync", "wipe"]));
    assert_eq!(problem(ask(&bus.admin, acting.clone()), 409).await, "notPassed");
    let rights = format!("{PRODUCT}/actions/rights");
    status(bus.post(&bus.admin, &rights, json!({"answers": acting})), 200).await;
    let planned = status(ask(&bus.admin, acting), 202).await;
    let name = planned["name"].as_str().unwrap();
    let ended = end(&bus, name).await;
    assert_eq!((&ended["state"], &ended["anyway"]), (&json!("installed"), &json!([])));
    assert_eq!(ended["members"].as_array().unwrap().len(), 6);
    let trail = bus.trail().await;
    assert!(
        trail.contains(&format!("admin installation.planned {name}")),
        "{trail:?}"
    );
    bus.stop().await;
}

#[tokio::test]
async fn e1_neither_answers_nor_refusals_nor_the_trail_repeat_a_secret() {
    let bus = Bus::new().await;
    let install = format!("{PRODUCT}/installations");
    let body = json!({"answers": with(answers(), "secret", json!("a\u{7}s3cret"))});
    let refused = bus
        .post(&bus.admin, &install, body)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        refused.contains("controlCharacters") && !refused.contains("s3cret"),
        "{refused}"
    );
    let body = json!({"answers": answers(), "anyway": ["verify"]});
    let planned = status(bus.post(&bus.admin, &install, body), 202).await;
    let name = planned["name"].as_str().unwrap().to_owned();
    assert_eq!(end(&bus, &name).await["anyway"], json!(["verify"]));
    let answers = status(
        bus.get(&bus.admin, &format!("/sics/v1/installations/{name}/answers")),
        200,
    )
    .await;
    let list = status(bus.get(&bus.admin, "/sics/v1/installations"), 200).await;
    let rows = bus.shelf.store.list_audit_entries(0, 1_000).await.unwrap();
    assert!(!format!("{answers} {list} {rows:?}").contains("s3cret"));
    bus.stop().await;
}

#[tokio::test]
async fn an_installation_is_seen_changed_and_removed_only_within_ones_scope() {
    let bus = Bus::new().await;
    let body = json!({"answers": answers(), "anyway": ["verify"]});
    let planned = status(bus.post(&bus.admin, &format!("{PRODUCT}/installations"), body), 202).await;
    let name = planned["name"].as_str().unwrap().to_owned();
    end(&bus, &name).await;
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_99".parse().unwrap()]),
        servers: None,
    };
    let limited = bus.operator("limited", &["*"], elsewhere).await;
    let list = status(bus.get(&limited, "/sics/v1/installations"), 200).await;
    assert_eq!(list["installations"], json!([]));
    let path = format!("/sics/v1/installations/{name}");
    assert_eq!(problem(bus.get(&limited, &path), 403).await, "outOfScope");
    let reader = bus.operator("reader", &["Instances_Read"], RightScope::default()).await;
    let delete = |token: &str| bus.send(reqwest::Method::DELETE, token, &path, json!({}));
    assert_eq!(problem(delete(&reader), 403).await, "missingRight");
    let removed = status(delete(&bus.admin), 200).await;
    assert_eq!(removed["state"], "removed");
    assert_eq!(problem(delete(&bus.admin), 409).await, "notInstalled");
    let manager = bus
        .operator("manager", &["Instances_Manage"], RightScope::default())
        .await;
    let verify = bus.post(
        &manager,
        &format!("{PRODUCT}/actions/verify"),
        json!({"answers": answers()}),
    );
    assert_eq!(
        problem(verify, 403).await,
        "missingRight",
        "checks speak to hosts of one's choice"
    );
    let unknown = bus.post(
        &bus.admin,
        &format!("{PRODUCT}/actions/fly"),
        json!({"answers": answers()}),
    );
    assert_eq!(problem(unknown, 404).await, "unknown");
    bus.stop().await;
}
