//! Targets: who sees which, and what people decide. The other side is played by a stub, the store is real.

use intune_connector::contract::{TargetRunKind, WriteCounts};
use intune_connector::model::RightScope;
use intune_connector::store::NewTargetQuestion;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::bus::{confirmed, problem, status};
use super::target_scene::{PATH, RIGHTS, Scene, TARGET, written};
use super::target_stub::MAPPING;
use crate::support::shelf::id;

#[tokio::test]
async fn a_target_is_shown_with_its_counts_and_only_to_whom_it_concerns() {
    let scene = Scene::new().await;
    scene.link_both().await;
    let shown = scene.get(&scene.whole, "").await;
    assert_eq!(
        [&shown["kind"], &shown["profile"], &shown["phase"], &shown["running"]],
        [&json!("ocs"), &json!("Berlin"), &json!("canary"), &json!(true)]
    );
    assert_eq!(
        [
            &shown["linked"],
            &shown["created"],
            &shown["adopted"],
            &shown["setAside"]
        ],
        [&json!(2), &json!(2), &json!(0), &json!(0)]
    );
    assert_eq!(shown["behind"], 1, "the device of the first instance");
    assert_eq!(scene.get(&scene.part, "").await["behind"], 0, "it is not theirs");
    let elsewhere = RightScope {
        instances: None,
        servers: Some(vec!["cmdb".parse().unwrap()]),
    };
    let nobody = scene.bus.operator("elsewhere", RIGHTS, elsewhere).await;
    let listed = status(scene.bus.get(&nobody, "/sics/v1/targets"), 200).await;
    assert_eq!(listed["targets"], json!([]));
    assert_eq!(problem(scene.bus.get(&nobody, PATH), 404).await, "unknown");
    let reads = scene
        .bus
        .operator("reads", &["Targets_Read"], RightScope::default())
        .await;
    let refused = scene.refused(Method::POST, &reads, "/consent", json!({"digest": "d"}), 403);
    assert_eq!(refused.await, "missingRight");
}

#[tokio::test]
async fn names_of_devices_beyond_the_scope_are_not_shown() {
    let scene = Scene::new().await;
    scene.link_both().await;
    scene.ask(false).await;
    scene.set_aside(scene.first(), 1).await;
    let names = [scene.bus.shelf.instance.name.clone(), scene.second.1.parse().unwrap()];
    *scene.bus.engine.targets.previewed.lock().unwrap() = names.to_vec();
    for rest in ["/links", "/question", "/question/items", "/set-aside", "/preview"] {
        let all = scene.get(&scene.whole, rest).await.to_string();
        let first = scene.bus.shelf.instance.name.as_str();
        assert!(all.contains(first), "{rest}: {all}");
        let part = scene.get(&scene.part, rest).await.to_string();
        assert!(!part.contains("PC-ONE") && !part.contains(first), "{rest}: {part}");
    }
    let links = scene.get(&scene.part, "/links").await;
    assert_eq!(
        (&links["total"], &links["links"][0]["record"]),
        (&json!(1), &json!("record-2"))
    );
    let hidden = format!("/links?instance={}", scene.bus.shelf.instance.name);
    assert_eq!(
        scene.refused(Method::GET, &scene.part, &hidden, json!({}), 404).await,
        "unknown"
    );
    // A record that belongs to a device of the other instance.
    scene.set_aside(scene.second.0, 2).await;
    let aside = scene.get(&scene.part, "/set-aside").await;
    let records = &aside["devices"][0]["records"];
    assert_eq!(
        [&records[0]["name"], &records[0]["serialNumber"], &records[1]["name"]],
        [&Value::Null, &Value::Null, &json!("name of record-9")]
    );
}

#[tokio::test]
async fn what_concerns_the_whole_target_is_not_for_whoever_has_a_part_of_it() {
    let scene = Scene::new().await;
    scene.link_both().await;
    let digest = scene.ask(false).await;
    let run = scene
        .bus
        .shelf
        .store
        .begin_target_run(TARGET, TargetRunKind::Normal, String::new(), None);
    let revert = format!("/runs/{}/revert", run.await.unwrap());
    for (method, rest, body) in [
        (Method::PUT, "/mapping", json!({})),
        (Method::POST, "/fields", json!({})),
        (Method::POST, "/consent", json!({"digest": digest})),
        (Method::POST, "/links/forget", json!({})),
        (Method::POST, revert.as_str(), json!({})),
    ] {
        let refused = scene.refused(method, &scene.part, rest, body, 403).await;
        assert_eq!(refused, "outOfScope", "{rest}");
    }
}

#[tokio::test]
async fn consent_is_to_exactly_what_was_shown() {
    let scene = Scene::new().await;
    assert_eq!(
        scene
            .refused(Method::GET, &scene.whole, "/question", json!({}), 404)
            .await,
        "noQuestion"
    );
    let digest = scene.ask(false).await;
    let shown = scene.get(&scene.whole, "/question").await;
    assert_eq!(
        (&shown["digest"], &shown["total"], &shown["counts"]["create"]),
        (&json!(digest), &json!(2), &json!(2))
    );
    assert_eq!(shown["items"][0]["deviceName"], "PC-ONE");
    assert_eq!(scene.get(&scene.whole, "").await["question"]["total"], 2);
    let other = scene.refused(Method::POST, &scene.whole, "/consent", json!({"digest": "x"}), 409);
    assert_eq!(other.await, "questionChanged");
    let consent = scene
        .bus
        .post(&scene.whole, &format!("{PATH}/consent"), json!({"digest": digest}));
    let agreed = status(consent, 200).await;
    assert_eq!((&agreed["phase"], &agreed["question"]), (&json!("open"), &Value::Null));
    assert_eq!(*scene.bus.engine.targets.woken.lock().unwrap(), [TARGET]);
    let trail = scene.bus.trail().await;
    assert!(
        trail.contains(&"whole target.consented IntuneTargetOcs_3".to_owned()),
        "{trail:?}"
    );
}

#[tokio::test]
async fn a_mapping_is_tried_before_it_is_set_by_whoever_may_set_it() {
    let scene = Scene::new().await;
    let path = format!("{PATH}/preview?limit=5");
    let other = MAPPING.replace("deviceName", "serialNumber");
    let asked = scene.bus.post(&scene.whole, &path, json!({"text": other}));
    assert_eq!(status(asked, 200).await["complete"], true);
    let offered = scene.bus.engine.targets.offered.lock().unwrap().take().unwrap();
    assert!(offered.to_text().contains("serialNumber"));
    let set = scene.get(&scene.whole, "/mapping").await;
    assert_eq!(set["isDefault"], true, "nothing is set");
    let unable = other.replace("leave", "stock");
    for (text, code) in [("[]", "mappingFile"), (unable.as_str(), "mappingAction")] {
        let refused = scene.refused(Method::POST, &scene.whole, "/preview", json!({"text": text}), 422);
        assert_eq!(refused.await, code);
    }
    let refused = scene.refused(Method::POST, &scene.part, "/preview", json!({"text": other}), 403);
    assert_eq!(refused.await, "outOfScope");
    let reads = scene
        .bus
        .operator("reads", &["Targets_Read"], RightScope::default())
        .await;
    let refused = scene.refused(Method::POST, &reads, "/preview", json!({"text": other}), 403);
    assert_eq!(refused.await, "missingRight");
}

#[tokio::test]
async fn all_writes_of_a_question_are_listed_page_by_page_and_those_of_two_are_not_mixed() {
    let scene = Scene::new().await;
    let empty = scene.refused(Method::GET, &scene.whole, "/question/items", json!({}), 404);
    assert_eq!(empty.await, "noQuestion");
    let digest = scene.ask(false).await;
    let first = scene.get(&scene.whole, "/question/items?limit=1").await;
    assert_eq!((&first["digest"], &first["total"]), (&json!(digest), &json!(2)));
    assert_eq!(first["items"][0]["deviceName"], "PC-ONE");
    let next = first["next"].as_str().unwrap().to_owned();
    let second = scene
        .get(&scene.whole, &format!("/question/items?limit=1&after={next}"))
        .await;
    assert_eq!(
        (second["items"].as_array().unwrap().len(), &second["next"]),
        (1, &Value::Null)
    );
    assert_ne!(second["items"][0], first["items"][0]);
    let part = scene.get(&scene.part, "/question/items").await;
    assert_eq!(
        (part["items"].as_array().unwrap().len(), &part["total"]),
        (1, &json!(2))
    );
    // Another question waits by now.
    let other = NewTargetQuestion {
        target: TARGET,
        mapping_digest: "m".repeat(64),
        digest: "e".repeat(64),
        canary: false,
        counts: WriteCounts::default(),
        items: Vec::new(),
    };
    scene.bus.shelf.store.ask_target_question(other).await.unwrap();
    let after = format!("/question/items?after={next}");
    let changed = scene.refused(Method::GET, &scene.whole, &after, json!({}), 409);
    assert_eq!(changed.await, "questionChanged");
}

#[tokio::test]
async fn the_first_records_of_a_mapping_are_shown_with_its_question() {
    let scene = Scene::new().await;
    let begin = scene
        .bus
        .shelf
        .store
        .begin_target_run(TARGET, TargetRunKind::Canary, "m".repeat(64), None);
    let run = begin.await.unwrap();
    scene
        .write(Some(run), vec![written(scene.first(), id(1), "PC-ONE")])
        .await;
    scene.ask(true).await;
    let shown = scene.get(&scene.whole, "/question").await;
    assert_eq!(
        shown["written"][0]["changes"],
        json!([{"field": "NAME", "before": null, "after": "PC-ONE"}])
    );
    assert_eq!(scene.get(&scene.part, "/question").await["written"], json!([]));
    let runs = scene.get(&scene.whole, "/runs").await;
    assert_eq!(
        (&runs["runs"][0]["kind"], &runs["runs"][0]["counts"]["create"]),
        (&json!("canary"), &json!(1))
    );
}

#[tokio::test]
async fn a_person_decides_which_record_a_device_has() {
    let scene = Scene::new().await;
    scene.set_aside(scene.second.0, 2).await;
    let rest = format!("/set-aside/{}/{}", scene.second.1, id(2));
    let adopt = |record: Value| json!({"decision": "adopt", "record": record});
    for wrong in [adopt(json!("record-77")), adopt(Value::Null)] {
        let refused = scene
            .refused(Method::POST, &scene.part, &rest, wrong.clone(), 400)
            .await;
        assert_eq!(refused, "wrongRecord", "{wrong}");
    }
    let decide = scene
        .bus
        .post(&scene.part, &format!("{PATH}{rest}"), adopt(json!("record-9")));
    let decided = status(decide, 200).await;
    assert_eq!(
        (&decided["decision"], &decided["decidedRecord"], &decided["decidedBy"]),
        (&json!("adopt"), &json!("record-9"), &json!("part"))
    );
    let ignore = json!({"decision": "ignore"});
    let other = format!("/set-aside/{}/{}", scene.second.1, id(5));
    assert_eq!(
        scene
            .refused(Method::POST, &scene.part, &other, ignore.clone(), 409)
            .await,
        "notSetAside"
    );
    let hidden = format!("/set-aside/{}/{}", scene.bus.shelf.instance.name, id(1));
    assert_eq!(
        scene.refused(Method::POST, &scene.part, &hidden, ignore, 403).await,
        "outOfScope"
    );
}

#[tokio::test]
async fn a_mapping_is_set_once_it_can_be_used() {
    let scene = Scene::new().await;
    let shown = scene.get(&scene.whole, "/mapping").await;
    assert_eq!(
        (&shown["isDefault"], &shown["consented"], &shown["changedBy"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    let set = |text: Value| {
        scene.bus.send(
            Method::PUT,
            &scene.whole,
            &format!("{PATH}/mapping"),
            json!({"text": text}),
        )
    };
    for wrong in [
        "not JSON".to_owned(),
        MAPPING.replace("deviceName", "devicename"),
        MAPPING.replace("\"wiped\": \"leave\"", "\"wiped\": \"stock\""),
    ] {
        let refused = status(set(json!(wrong)), 422).await;
        assert!(!refused["where"].as_str().unwrap().is_empty(), "{refused}");
        assert!(!refused["advice"].as_str().unwrap().is_empty(), "{refused}");
    }
    let other = MAPPING.replace("\"own\"", "\"fill\"");
    let changed = status(set(json!(other)), 200).await;
    assert_eq!(
        (&changed["isDefault"], &changed["changedBy"]),
        (&json!(false), &json!("whole"))
    );
    assert_ne!(changed["digest"], shown["digest"]);
    assert_eq!(
        scene.get(&scene.whole, "").await["mappingDigest"],
        changed["digest"],
        "it works by it"
    );
    let back = status(set(Value::Null), 200).await;
    assert_eq!((&back["isDefault"], &back["digest"]), (&json!(true), &shown["digest"]));
}

#[tokio::test]
async fn more_than_one_link_is_forgotten_only_when_that_is_confirmed() {
    let scene = Scene::new().await;
    scene.link_both().await;
    let path = format!("{PATH}/links/forget");
    let one = json!({"instance": scene.second.1, "deviceId": id(2)});
    let forgotten = status(scene.bus.post(&scene.part, &path, one), 200).await;
    assert_eq!(forgotten, json!({"forgotten": 1}));
    scene.link_both().await;
    let ask = |query: &str| scene.bus.post(&scene.whole, &format!("{path}{query}"), json!({}));
    assert_eq!(confirmed(ask, 200).await, json!({"forgotten": 2}));
    assert_eq!(scene.get(&scene.whole, "/links").await["total"], 0);
}

#[tokio::test]
async fn links_are_exported_as_csv_that_is_no_formula() {
    let scene = Scene::new().await;
    scene.link_both().await;
    let export = |token: &str| scene.bus.get(token, &format!("{PATH}/links/export")).send();
    let answer = export(&scene.whole).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/csv");
    let text = answer.text().await.unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("PC-ONE") && text.contains(",'=PC-TWO,"), "{text}");
    let part = export(&scene.part).await.unwrap().text().await.unwrap();
    assert!(!part.contains("PC-ONE") && part.contains("PC-TWO"), "{part}");
}

#[tokio::test]
async fn a_device_is_written_again_and_a_run_is_put_back() {
    let scene = Scene::new().await;
    let resend = |number: u128| {
        let body = json!({"instance": scene.bus.shelf.instance.name, "deviceId": id(number)});
        scene.bus.post(&scene.whole, &format!("{PATH}/resend"), body)
    };
    status(resend(1), 202).await;
    assert_eq!(*scene.bus.engine.targets.resent.lock().unwrap(), [id(1)]);
    assert_eq!(problem(resend(77), 404).await, "unknown");
    let begin = scene
        .bus
        .shelf
        .store
        .begin_target_run(TARGET, TargetRunKind::Normal, String::new(), None);
    let run = begin.await.unwrap();
    let revert = |run: i64| {
        scene
            .bus
            .post(&scene.whole, &format!("{PATH}/runs/{run}/revert"), json!({}))
    };
    assert_eq!(status(revert(run), 200).await["putBack"], 2);
    assert_eq!(*scene.bus.engine.targets.reverted.lock().unwrap(), [run]);
    assert_eq!(problem(revert(run + 1), 404).await, "unknown");
    let checked = status(scene.bus.post(&scene.whole, &format!("{PATH}/verify"), json!({})), 200).await;
    assert_eq!(
        (&checked["complete"], &checked["steps"][0]["step"]),
        (&json!(true), &json!("name"))
    );
}
