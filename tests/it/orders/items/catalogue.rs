//! SH-01 to SH-14: applications, and what the assignment worker makes for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{EDITOR, with_editor};
use crate::support::order_acts::for_device;
use crate::support::order_tenant::{
    app_named, count_writes, enrol_laptop, foreign_things, own_assignments, own_groups, tenant,
};
use crate::support::orders::OrderScene;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nrest";

#[tokio::test]
async fn sh_01_an_application_is_linked_to_exactly_one_app() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let app = app_named(&scene.sim, EDITOR);
    assert_eq!(scene.application("editor").await["app"], app);
    let other = json!({"app": app_named(&scene.sim, "VLC media player")});
    let path = "/sics/v1/applications/editor";
    assert_eq!(scene.refused(Method::PUT, path, other).await, "linkFixed");
    let apps = scene.get("/sics/v1/apps?search=Notepad").await;
    assert_eq!(apps["apps"][0]["linkedBy"], "editor", "{apps}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_02_an_application_has_its_fields_and_its_icon() {
    let described = json!({
        "displayName": "Text editor", "comment": "For everybody", "cost": "12.50", "currency": "EUR", "mandatory": true,
        "costCentre": "4711",
    });
    let mut scene = with_editor(json!({}), described.clone()).await;
    let shown = scene.application("editor").await;
    for (field, value) in described.as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    assert_eq!(
        (&shown["reshoppable"], &shown["hasIcon"]),
        (&json!(false), &json!(false))
    );
    let path = "/sics/v1/applications/editor/icon";
    let icon = json!({"content": STANDARD.encode(PICTURE)});
    assert_eq!(scene.good(Method::PUT, path, icon).await["hasIcon"], true);
    let local = &scene.bus().local;
    let asked = scene.http.get(format!("{}{path}", local.url)).bearer_auth(&local.token);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.bytes().await.unwrap(), PICTURE);
    scene.stop().await;
}

#[tokio::test]
async fn sh_03_apps_are_chosen_from_those_of_the_tenant_that_can_be_linked() {
    let mut scene = OrderScene::new(json!({})).await;
    let offered = scene.get("/sics/v1/apps").await;
    let offered = offered["apps"].as_array().unwrap();
    assert!(offered.iter().all(|app| app["assignable"] == true), "{offered:?}");
    let types = ["win32LobApp", "winGetApp", "windowsMobileMSI", "officeSuiteApp"];
    for app_type in types {
        assert!(
            offered.iter().any(|app| app["appType"] == app_type),
            "{app_type}: {offered:?}"
        );
    }
    let all = scene.get("/sics/v1/apps?all=true").await;
    let all = all["apps"].as_array().unwrap();
    let others: Vec<&Value> = all.iter().filter(|app| app["assignable"] == false).collect();
    assert_eq!(all.len(), offered.len() + others.len());
    assert!(others.iter().any(|app| app["name"] == "Never published"), "{others:?}");
    assert!(others.iter().all(|app| app["reason"].is_string()), "{others:?}");
    let searched = scene.get("/sics/v1/apps?search=notepad").await;
    assert_eq!(searched["apps"].as_array().unwrap().len(), 1, "{searched}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_04_the_state_of_an_application_is_told_with_its_reason_and_retried() {
    let mut scene = OrderScene::new(json!({})).await;
    let refused = json!({"kind": "forbidden", "scopes": ["Group.Create"]});
    let rule = json!({"method": "POST", "path": "/v1.0/groups", "fault": refused, "times": 0});
    scene.fault(rule).await;
    let begun = scene
        .begin_link("editor", &app_named(&scene.sim, EDITOR), json!({}))
        .await;
    assert_eq!(begun["state"], "pending");
    scene.round().await;
    let failed = scene.application("editor").await;
    assert_eq!(failed["state"], "failed", "{failed}");
    for told in ["code", "message", "advice"] {
        assert_ne!(failed["failure"][told].as_str().unwrap_or_default(), "", "{failed}");
    }
    scene.heal().await;
    scene.post("/sics/v1/applications/editor/retry", json!({})).await;
    let linked = scene.until_linked("editor").await;
    assert_eq!(
        (&linked["failure"], &linked["orderable"]),
        (&Value::Null, &json!(true)),
        "{linked}"
    );
    scene.stop().await;
}

#[tokio::test]
async fn sh_05_nothing_is_ordered_before_its_creation_has_succeeded() {
    let mut scene = OrderScene::new(json!({})).await;
    let refused = json!({"kind": "status", "status": 503});
    let rule = json!({"method": "POST", "path": "/v1.0/groups", "fault": refused, "times": 0});
    scene.fault(rule).await;
    let begun = scene
        .begin_link("editor", &app_named(&scene.sim, EDITOR), json!({}))
        .await;
    assert_eq!(begun["orderable"], false);
    let laptop = enrol_laptop(&scene.sim);
    assert_eq!(
        scene.not_taken("editor", "install", for_device(&laptop)).await,
        "notOrderable"
    );
    scene.heal().await;
    scene.until_linked("editor").await;
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    scene.stop().await;
}

#[tokio::test]
async fn sh_10_both_groups_and_then_both_assignments_are_made_in_the_background() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let shown = scene.application("editor").await;
    let [install, uninstall] = ["installGroup", "uninstallGroup"].map(|name| shown[name].as_str().unwrap().to_owned());
    let mut expected = vec![
        ("required".to_owned(), install.parse().unwrap()),
        ("uninstall".to_owned(), uninstall.parse().unwrap()),
    ];
    expected.sort();
    assert_eq!(own_assignments(&scene.sim, &app_named(&scene.sim, EDITOR)), expected);
    let writes = tenant(&scene.sim).writes.list(0);
    let kinds: Vec<bool> = writes.iter().map(|write| write.endpoint == "POST /groups").collect();
    assert_eq!(kinds, [true, true, false, false], "{writes:?}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_11_a_second_run_after_a_restart_makes_nothing_twice() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let before = tenant(&scene.sim).writes.list(0).len();
    for _ in 0..2 {
        scene.stop().await;
        scene.start().await;
        scene.round().await;
    }
    // Described anew, it is looked at anew.
    let again = json!({"app": app_named(&scene.sim, EDITOR), "comment": "another one"});
    scene.good(Method::PUT, "/sics/v1/applications/editor", again).await;
    scene.round().await;
    assert_eq!(tenant(&scene.sim).writes.list(0).len(), before);
    assert_eq!(
        (own_groups(&scene.sim).len(), count_writes(&scene.sim, "POST /groups")),
        (2, 2)
    );
    scene.stop().await;
}

#[tokio::test]
async fn sh_12_assignments_of_others_stay_as_they_are() {
    let mut scene = OrderScene::new(json!({})).await;
    let before = foreign_things(&scene.sim);
    let app = app_named(&scene.sim, "Adobe Acrobat Reader");
    scene.link("reader", &app, json!({})).await;
    assert_eq!(
        (foreign_things(&scene.sim), own_assignments(&scene.sim, &app).len()),
        (before, 2)
    );
    assert_eq!(scene.requests("POST", "/assign"), 0, "it would replace all of them");
    scene.stop().await;
}

#[tokio::test]
async fn sh_13_groups_have_the_name_of_the_setting_and_a_mark_of_their_own() {
    let named = json!({"group_name": "SW {app} ({application}, {intent})"});
    let mut scene = with_editor(named, json!({})).await;
    let marks: Vec<String> = own_groups(&scene.sim).into_keys().collect();
    assert!(
        marks[0].ends_with(":install") && marks[1].ends_with(":uninstall"),
        "{marks:?}"
    );
    let tenant = tenant(&scene.sim);
    let names: Vec<String> = {
        let objects = tenant.objects.read().unwrap();
        let ours = objects.groups().filter(|group| group.display_name.starts_with("SW "));
        ours.map(|group| group.display_name.clone()).collect()
    };
    for intent in ["install", "uninstall"] {
        assert!(names.contains(&format!("SW {EDITOR} (editor, {intent})")), "{names:?}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_14_a_removal_cleans_up_or_leaves_everything_by_choice() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let app = app_named(&scene.sim, EDITOR);
    let removed = scene.unlink("editor", false).await;
    assert_eq!(removed["removed"], true, "{removed}");
    scene.round().await;
    assert_eq!(
        (own_groups(&scene.sim).len(), own_assignments(&scene.sim, &app).len()),
        (2, 2)
    );
    // Linked anew it has groups of its own, and with those it goes.
    scene.link("editor", &app, json!({})).await;
    assert_eq!(own_groups(&scene.sim).len(), 4);
    scene.unlink("editor", true).await;
    scene.round().await;
    scene.round().await;
    let (status, _) = scene.ask(Method::GET, "/sics/v1/applications/editor", json!({})).await;
    assert_eq!((status, own_groups(&scene.sim).len()), (StatusCode::NOT_FOUND, 2));
    scene.stop().await;
}
