//! What bounds orders: licences, terms, time, and whether something can be ordered again.

use chrono::TimeDelta;
use serde_json::{Value, json};
use simulated_tenant::software::{Ending, Intent, OutcomeRule};

use crate::support::order_acts::{for_device, for_user};
use crate::support::order_tenant::{app_named, enrol_laptop, set_absent, set_outcome};
use crate::support::orders::OrderScene;

const EDITOR: &str = "Notepad++ 8.8.1";
const PLAYER: &str = "VLC media player";

#[tokio::test]
async fn an_order_beyond_the_licences_waits_for_one() {
    let mut scene = OrderScene::new(json!({})).await;
    let pool = json!({"licences": 1});
    scene.link("cad", &app_named(&scene.sim, EDITOR), pool).await;
    let (one, two) = (enrol_laptop(&scene.sim), enrol_laptop(&scene.sim));
    let first = scene.place("cad", "install", for_device(&one)).await;
    let second = scene.place("cad", "install", for_device(&two)).await;
    assert_eq!(scene.follow(&first).await["status"], 1);
    assert_eq!(scene.order(&second).await["state"], "waitingForLicence");
    assert_eq!(scene.membership("cad", two.object).await, (false, false));
    assert_eq!(scene.application("cad").await["licencesInUse"], 1);
    // The licence is free once the app is off the first device.
    let back = scene.place("cad", "uninstall", for_device(&one)).await;
    assert_eq!(scene.follow(&back).await["status"], 1);
    assert_eq!(scene.follow(&second).await["status"], 1);
    assert_eq!(scene.membership("cad", two.object).await, (true, false));
    assert_eq!(scene.application("cad").await["licencesInUse"], 1);
    scene.stop().await;
}

#[tokio::test]
async fn what_has_a_term_is_taken_back_after_a_reminder() {
    let mut scene = OrderScene::new(json!({})).await;
    let lent = json!({"termDays": 30, "reminderDays": 5, "licences": 1});
    scene.link("lent", &app_named(&scene.sim, EDITOR), lent).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("lent", "install", for_device(&laptop)).await;
    let ended = scene.follow(&order).await;
    assert_ne!(ended["expiresAt"], Value::Null, "{ended}");
    scene.round_after(TimeDelta::days(24)).await;
    assert!(!scene.events(&order).await.contains(&"reminderDue".to_owned()));
    scene.round_after(TimeDelta::days(2)).await;
    assert!(scene.events(&order).await.contains(&"reminderDue".to_owned()));
    assert_eq!(scene.membership("lent", laptop.object).await, (true, false));
    scene.round_after(TimeDelta::days(5)).await;
    scene.round().await;
    let events = scene.events(&order).await;
    assert_eq!(
        events.iter().filter(|event| *event == "reminderDue").count(),
        1,
        "{events:?}"
    );
    assert!(events.contains(&"termEnded".to_owned()), "{events:?}");
    assert_eq!(scene.membership("lent", laptop.object).await, (false, true));
    assert_eq!(scene.order(&order).await["status"], 1, "it was done, and stays so");
    scene.stop().await;
}

#[tokio::test]
async fn an_order_that_runs_out_of_time_fails_and_its_membership_stays_or_goes() {
    for (setting, stays) in [("keep", true), ("remove", false)] {
        let answers = json!({"time_limit_h": 2, "timeout_membership": setting});
        let mut scene = OrderScene::new(answers).await;
        scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
        let never = OutcomeRule {
            ending: Ending::Never,
            intent: Some(Intent::Required),
            ..OutcomeRule::default()
        };
        set_outcome(&scene.sim, never);
        let laptop = enrol_laptop(&scene.sim);
        let order = scene.place("editor", "install", for_device(&laptop)).await;
        scene.processed(&order).await;
        scene.round_after(TimeDelta::minutes(90)).await;
        assert_eq!(scene.order(&order).await["status"], Value::Null, "{setting}");
        scene.round_after(TimeDelta::minutes(40)).await;
        let ended = scene.follow(&order).await;
        assert_eq!(
            (&ended["state"], &ended["failure"]["code"]),
            (&json!("failed"), &json!("timeLimit")),
            "{ended}"
        );
        scene.round().await;
        assert_eq!(
            scene.membership("editor", laptop.object).await,
            (stays, false),
            "{setting}"
        );
        scene.stop().await;
    }
}

#[tokio::test]
async fn what_was_ordered_is_ordered_again_only_where_it_may_be() {
    let mut scene = OrderScene::new(json!({})).await;
    scene.link("once", &app_named(&scene.sim, EDITOR), json!({})).await;
    let again = json!({"reshoppable": true});
    scene.link("often", &app_named(&scene.sim, PLAYER), again).await;
    let laptop = enrol_laptop(&scene.sim);
    for application in ["once", "often"] {
        let order = scene.place(application, "install", for_device(&laptop)).await;
        assert_eq!(scene.follow(&order).await["status"], 1);
    }
    assert_eq!(
        scene.not_taken("once", "install", for_device(&laptop)).await,
        "alreadyOrdered"
    );
    let second = scene.place("often", "install", for_device(&laptop)).await;
    scene.processed(&second).await;
    assert_eq!(scene.membership("often", laptop.object).await, (true, false));
    let back = scene.place("once", "uninstall", for_device(&laptop)).await;
    assert_eq!(scene.follow(&back).await["status"], 1);
    let anew = scene.place("once", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&anew).await["status"], 1);
    scene.stop().await;
}

#[tokio::test]
async fn the_licence_of_somebody_who_has_left_the_directory_is_freed_by_their_uninstall_order() {
    let mut scene = OrderScene::new(json!({})).await;
    let pool = json!({"licences": 1});
    scene.link("cad", &app_named(&scene.sim, EDITOR), pool).await;
    let (leaver, next) = (enrol_laptop(&scene.sim), enrol_laptop(&scene.sim));
    let install = scene.place("cad", "install", for_user(&leaver.owner)).await;
    assert_eq!(scene.follow(&install).await["status"], 1);
    let waits = scene.place("cad", "install", for_user(&next.owner)).await;
    assert_eq!(scene.order(&waits).await["state"], "waitingForLicence");
    set_absent(&scene.sim, leaver.owner.id, true);
    let back = scene.place("cad", "uninstall", for_user(&leaver.owner)).await;
    let placed = scene.order(&back).await;
    assert!(
        placed["warnings"].to_string().contains("no longer in the directory"),
        "{placed}"
    );
    let ended = scene.follow(&back).await;
    assert_eq!(
        (&ended["state"], &ended["status"]),
        (&json!("done"), &json!(1)),
        "{ended}"
    );
    assert_eq!(scene.follow(&waits).await["status"], 1);
    // Nothing was installed for them any more: there is nobody to remove it from.
    let again = scene.not_taken("cad", "uninstall", for_user(&leaver.owner)).await;
    assert_eq!(again, "unknownUser");
    scene.stop().await;
}

#[tokio::test]
async fn a8_while_the_kill_switch_is_on_no_order_is_carried_out_and_no_term_ends() {
    let mut scene = OrderScene::new(json!({})).await;
    let lent = json!({"termDays": 30});
    scene.link("lent", &app_named(&scene.sim, EDITOR), lent).await;
    let (laptop, other) = (enrol_laptop(&scene.sim), enrol_laptop(&scene.sim));
    let order = scene.place("lent", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    let store = scene.bus().store.clone();
    let engaged = store.engage_kill_switch("*".to_owned(), "ben".to_owned(), "look first".to_owned());
    engaged.await.unwrap();
    let held_up = scene.place("lent", "install", for_device(&other)).await;
    scene.round_after(TimeDelta::days(31)).await;
    scene.round().await;
    assert_eq!(scene.order(&held_up).await["state"], "accepted");
    assert_eq!(scene.membership("lent", other.object).await, (false, false));
    assert_eq!(scene.membership("lent", laptop.object).await, (true, false));
    assert!(!scene.events(&order).await.contains(&"termEnded".to_owned()));
    let board = scene.get("/sics/v1/attention").await;
    assert!(board.to_string().contains("ordersStopped"), "{board}");
    scene.stop().await;
}
