//! SH-50 to SH-53: what a portal shows.

use reqwest::StatusCode;
use serde_json::{Value, json};
use simulated_tenant::software::{Ending, OutcomeRule};

use super::with_editor;
use crate::support::order_acts::for_device;
use crate::support::order_tenant::{enrol_laptop, set_outcome};
use crate::support::orders::ANNA;

fn phase_states(order: &Value) -> Vec<String> {
    let phases = order["phases"].as_array().unwrap().iter();
    phases
        .map(|phase| phase["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn sh_50_an_order_has_at_most_five_phases_with_what_happened_in_each() {
    let mut scene = with_editor(json!({}), json!({"approval": "operator"})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    let shown = scene.order(&order).await;
    assert_eq!(
        phase_states(&shown),
        ["done", "active", "waiting", "waiting", "waiting"],
        "{shown}"
    );
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    let ended = scene.follow(&order).await;
    assert_eq!(phase_states(&ended), ["done"; 5], "{ended}");
    let happened = |number: usize| ended["phases"][number - 1]["actions"].as_array().unwrap();
    for number in [1, 2, 3, 5] {
        assert!(!happened(number).is_empty(), "{number}: {ended}");
    }
    for action in (1..=5).flat_map(happened) {
        assert!(action["at"].is_string(), "{action}");
        assert_ne!(action["text"].as_str().unwrap_or_default(), "", "{action}");
    }
    let fails = OutcomeRule {
        ending: Ending::Fails,
        ..OutcomeRule::default()
    };
    set_outcome(&scene.sim, fails);
    let other = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&other)).await;
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    let ended = scene.follow(&order).await;
    assert_eq!(
        phase_states(&ended),
        ["done", "done", "done", "failed", "failed"],
        "{ended}"
    );
    let listed = scene.get("/sics/v1/orders?open=false").await;
    assert_eq!(
        (&listed["total"], &listed["orders"][0]["id"]),
        (&json!(2), &json!(order)),
        "{listed}"
    );
    scene.stop().await;
}

/// Mails are not sent by the bus: a shop makes them from these events and texts.
#[tokio::test]
async fn sh_51_each_change_is_an_event_with_texts_in_both_languages() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.follow(&order).await;
    let told = scene.get("/sics/v1/order-changes?limit=500").await;
    let changes = told["changes"].as_array().unwrap();
    assert!(changes.len() >= 4, "{told}");
    for change in changes {
        let [english, german] = ["en", "de"].map(|language| change["texts"][language].as_str().unwrap_or_default());
        assert!(
            !english.is_empty() && !german.is_empty() && english != german,
            "{change}"
        );
    }
    let last = changes.last().unwrap();
    assert_eq!((&last["event"], &last["status"]), (&json!("done"), &json!(1)), "{last}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_52_an_address_that_several_people_have_is_found_where_it_is_checked() {
    let desk = json!({"user": "front.desk@contoso.example"});
    let mut scene = with_editor(json!({"check_emails": true}), json!({})).await;
    assert_eq!(
        scene.not_taken("editor", "install", desk.clone()).await,
        "ambiguousUser"
    );
    scene.stop().await;
    let mut scene = with_editor(json!({}), json!({})).await;
    scene.place("editor", "install", desk).await;
    scene.stop().await;
}

#[tokio::test]
async fn sh_53_an_app_is_not_ordered_again_unless_it_may_be() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(
        scene.not_taken("editor", "install", for_device(&laptop)).await,
        "alreadyOrdered"
    );
    assert_eq!(scene.follow(&order).await["status"], 1);
    assert_eq!(
        scene.not_taken("editor", "install", for_device(&laptop)).await,
        "alreadyOrdered"
    );
    let app = scene.application("editor").await["app"].clone();
    let again = json!({"reshoppable": true});
    scene.link("editor", app.as_str().unwrap(), again).await;
    scene.place("editor", "install", for_device(&laptop)).await;
    scene.stop().await;
}
