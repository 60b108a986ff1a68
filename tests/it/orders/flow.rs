//! Orders from end to end: a whole bus over a simulated tenant. What is judged: where an order ends, in which group its
//! object is then, that it was never in both, and that what is other people's is as it was.

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::json;
use simulated_tenant::software::{Ending, Intent, OutcomeRule};

use crate::support::order_acts::{for_device, for_user};
use crate::support::order_tenant::{
    add_app, app_named, clear_outcomes, enrol_laptop, enrol_second_laptop, foreign_things, grant, own_assignments,
    own_groups, rename, set_absent, set_outcome,
};
use crate::support::orders::{ANNA, BEN, OrderScene};
use crate::support::wait::until;
use crate::support::webhook_receiver::{KEY, Reply, WebhookReceiver};

const EDITOR: &str = "Notepad++ 8.8.1";
const PLAYER: &str = "VLC media player";
/// Other people have assigned it, to a group and to an exclusion.
const READER: &str = "Adobe Acrobat Reader";

/// Installations that never end.
fn never() -> OutcomeRule {
    OutcomeRule {
        ending: Ending::Never,
        intent: Some(Intent::Required),
        ..OutcomeRule::default()
    }
}

#[tokio::test]
async fn every_kind_of_order_ends_as_it_should_with_the_right_membership() {
    let mut scene = OrderScene::new(json!({})).await;
    scene.link("free", &app_named(&scene.sim, EDITOR), json!({})).await;
    let asks = json!({"approval": "operator"});
    scene.link("asks", &app_named(&scene.sim, PLAYER), asks).await;
    for application in ["free", "asks"] {
        for is_for_user in [false, true] {
            let laptop = enrol_laptop(&scene.sim);
            let (target, object) = if is_for_user {
                (for_user(&laptop.owner), laptop.owner.id)
            } else {
                (for_device(&laptop), laptop.object)
            };
            for kind in ["install", "uninstall"] {
                let order = scene.place(application, kind, target.clone()).await;
                if application == "asks" {
                    scene.round().await;
                    assert_eq!(scene.order(&order).await["state"], "waitingForApproval");
                    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
                }
                let ended = scene.follow(&order).await;
                let what = format!("{application} {kind} {target}: {ended}");
                assert_eq!(
                    (&ended["state"], &ended["status"]),
                    (&json!("done"), &json!(1)),
                    "{what}"
                );
                let expected = (kind == "install", kind == "uninstall");
                assert_eq!(scene.membership(application, object).await, expected, "{what}");
            }
        }
    }
    scene.stop().await;
}

/// Of the permissions of the product, those that it requires, and the one for devices: not the privileged one.
const LEAST: [&str; 6] = [
    "DeviceManagementApps.ReadWrite.All",
    "Group.Create",
    "GroupMember.ReadWrite.All",
    "User.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "Device.ReadWrite.All",
];

#[tokio::test]
async fn orders_need_no_privileged_permission() {
    let mut scene = OrderScene::new(json!({})).await;
    grant(&scene.sim, &LEAST).await;
    // By then the token of before has lapsed.
    scene.round_after(TimeDelta::hours(2)).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    for target in [for_user(&laptop.owner), for_device(&laptop)] {
        for kind in ["install", "uninstall"] {
            let order = scene.place("editor", kind, target.clone()).await;
            let ended = scene.follow(&order).await;
            assert_eq!(ended["status"], 1, "{kind} {target}: {ended}");
        }
    }
    assert_eq!(scene.requests("POST", "/syncDevice"), 0);
    scene.stop().await;
}

#[tokio::test]
async fn a_rejected_order_changes_nothing_and_nobody_decides_alone_or_twice() {
    let mut scene = OrderScene::new(json!({})).await;
    let asks = json!({"approval": "operator", "approvers": [ANNA]});
    scene.link("asks", &app_named(&scene.sim, EDITOR), asks).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("asks", "install", for_device(&laptop)).await;
    let (status, told) = scene.approve(&order, BEN).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::FORBIDDEN, &json!("notAnApprover")),
        "{told}"
    );
    let reason = json!({"reason": "there is one in the office"});
    scene.post(&format!("/sics/v1/orders/{order}/reject"), reason).await;
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["state"], &ended["status"]),
        (&json!("rejected"), &json!(0)),
        "{ended}"
    );
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::CONFLICT);
    scene.round().await;
    assert_eq!(scene.membership("asks", laptop.object).await, (false, false));
    scene.stop().await;
}

#[tokio::test]
async fn a_later_order_takes_the_place_of_an_earlier_opposite_one() {
    let mut scene = OrderScene::new(json!({})).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
    set_outcome(&scene.sim, never());
    let laptop = enrol_laptop(&scene.sim);
    let install = scene.place("editor", "install", for_device(&laptop)).await;
    scene.processed(&install).await;
    // The same device by another of its ids.
    let same = json!({"device": laptop.intune.to_string()});
    let uninstall = scene.place("editor", "uninstall", same).await;
    let ended = scene.follow(&uninstall).await;
    assert_eq!(ended["status"], 1, "{ended}");
    let earlier = scene.follow(&install).await;
    assert_eq!(
        (&earlier["state"], &earlier["status"]),
        (&json!("replaced"), &json!(0)),
        "{earlier}"
    );
    assert_eq!(scene.membership("editor", laptop.object).await, (false, true));
    clear_outcomes(&scene.sim);
    let again = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&again).await["status"], 1);
    assert_eq!(scene.membership("editor", laptop.object).await, (true, false));
    scene.stop().await;
}

#[tokio::test]
async fn a_cancelled_order_leaves_nobody_in_a_group() {
    let mut scene = OrderScene::new(json!({})).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
    set_outcome(&scene.sim, never());
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.processed(&order).await;
    assert_eq!(scene.membership("editor", laptop.object).await, (true, false));
    scene.post(&format!("/sics/v1/orders/{order}/cancel"), json!({})).await;
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["state"], &ended["status"]),
        (&json!("cancelled"), &json!(0)),
        "{ended}"
    );
    scene.round().await;
    assert_eq!(scene.membership("editor", laptop.object).await, (false, false));
    scene.stop().await;
}

#[tokio::test]
async fn unknown_and_ambiguous_targets_are_told_before_the_order_is_taken_and_after_it() {
    let mut scene = OrderScene::new(json!({})).await;
    let sim = &scene.sim;
    let asks = json!({"approval": "operator"});
    scene.link("asks", &app_named(sim, EDITOR), asks).await;
    let (one, two) = (enrol_laptop(sim), enrol_laptop(sim));
    rename(sim, &one, "TWIN");
    rename(sim, &two, "TWIN");
    for (target, code) in [
        (json!({"device": "TWIN"}), "ambiguousDevice"),
        (json!({"device": "NOBODY-HAS-IT"}), "unknownDevice"),
        (
            json!({"device": "7809c88c-0000-4000-8000-00000000dead"}),
            "unknownDevice",
        ),
        (json!({"user": "nobody@contoso.example"}), "unknownUser"),
        (json!({"user": "reception@contoso.example"}), "ambiguousUser"),
    ] {
        assert_eq!(
            scene.not_taken("asks", "install", target.clone()).await,
            code,
            "{target}"
        );
    }
    // By every one of its ids it is the one.
    for target in [
        one.intune.to_string(),
        one.entra.to_string(),
        one.object.to_string(),
        one.serial.clone(),
    ] {
        let order = scene.place("asks", "uninstall", json!({"device": target})).await;
        scene.post(&format!("/sics/v1/orders/{order}/cancel"), json!({})).await;
    }
    // What has gone when the order is carried out is its failure.
    let order = scene.place("asks", "install", for_user(&one.owner)).await;
    set_absent(&scene.sim, one.owner.id, true);
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["status"], &ended["failure"]["code"]),
        (&json!(0), &json!("unknownUser")),
        "{ended}"
    );
    assert_ne!(ended["failure"]["advice"], "");
    scene.stop().await;
}

#[tokio::test]
async fn an_order_of_a_user_is_done_on_any_of_their_devices_or_on_all() {
    for (setting, state) in [("any", "done"), ("all", "failed")] {
        let mut scene = OrderScene::new(json!({"installed_on": setting})).await;
        let app = app_named(&scene.sim, EDITOR);
        scene.link("editor", &app, json!({})).await;
        let laptop = enrol_laptop(&scene.sim);
        let other = enrol_second_laptop(&scene.sim, &laptop.owner);
        let fails = OutcomeRule {
            device: Some(other.intune),
            ending: Ending::Fails,
            error_code: Some(0x87D1_041C),
            ..OutcomeRule::default()
        };
        set_outcome(&scene.sim, fails);
        let order = scene.place("editor", "install", for_user(&laptop.owner)).await;
        let processed = scene.processed(&order).await;
        // The devices are those of that moment.
        enrol_second_laptop(&scene.sim, &laptop.owner);
        assert_eq!(processed["devices"].as_array().unwrap().len(), 2, "{processed}");
        let ended = scene.follow(&order).await;
        assert_eq!(
            (&ended["state"], ended["devices"].as_array().unwrap().len()),
            (&json!(state), 2),
            "{ended}"
        );
        scene.stop().await;
    }
}

#[tokio::test]
async fn the_shop_is_told_the_status_once_and_signed() {
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let answers = json!({
        "webhooks": ["status"], "status_url": receiver.url("127.0.0.1", "/orders").to_string(), "status_key": KEY,
        "allow_private_addresses": true,
    });
    let mut scene = OrderScene::new(answers).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    let ends_of = |order: &str| {
        let all = receiver.received().into_iter();
        let data = all.map(|message| (message.is_signed_by(KEY), message.json()["data"].clone()));
        let own = data.filter(|(_, data)| data["order"] == order && data["status"] == 1);
        own.collect::<Vec<_>>()
    };
    until("the shop is told", async || !ends_of(&order).is_empty()).await;
    // By the time that another end is told, a second message about this one would have come.
    let other = scene.place("editor", "uninstall", for_device(&laptop)).await;
    assert_eq!(scene.follow(&other).await["status"], 1);
    until("the shop is told of the other one", async || {
        !ends_of(&other).is_empty()
    })
    .await;
    let told = ends_of(&order);
    let [(is_signed, data)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert!(is_signed, "{data}");
    assert_eq!(data["application"], "editor", "{data}");
    scene.stop().await;
}

#[tokio::test]
async fn two_applications_of_one_app_are_refused() {
    let mut scene = OrderScene::new(json!({})).await;
    let app = app_named(&scene.sim, EDITOR);
    scene.link("one", &app, json!({})).await;
    let path = "/sics/v1/applications/two";
    assert_eq!(scene.refused(Method::PUT, path, json!({"app": app})).await, "appTaken");
    assert_eq!(own_groups(&scene.sim).len(), 2);
    scene.stop().await;
}

#[tokio::test]
async fn what_other_people_assigned_stays_from_the_link_to_the_clean_up() {
    let mut scene = OrderScene::new(json!({})).await;
    let before = foreign_things(&scene.sim);
    let app = app_named(&scene.sim, READER);
    scene.link("reader", &app, json!({})).await;
    assert_eq!(own_assignments(&scene.sim, &app).len(), 2);
    assert_eq!(foreign_things(&scene.sim), before);
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("reader", "install", for_device(&laptop)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    scene.unlink("reader", true).await;
    scene.round().await;
    scene.round().await;
    let (status, _) = scene.ask(Method::GET, "/sics/v1/applications/reader", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(own_groups(&scene.sim).is_empty());
    assert_eq!(foreign_things(&scene.sim), before);
    scene.stop().await;
}

#[tokio::test]
async fn a_hundred_orders_of_ten_applications_come_to_their_ends_together() {
    let mut scene = OrderScene::new(json!({})).await;
    for number in 0..10 {
        let app = add_app(&scene.sim, &format!("App {number}"));
        scene.begin_link(&format!("app-{number}"), &app, json!({})).await;
    }
    for number in 0..10 {
        scene.until_linked(&format!("app-{number}")).await;
    }
    let mut orders = Vec::new();
    for _ in 0..10 {
        let laptop = enrol_laptop(&scene.sim);
        for number in 0..10 {
            let id = scene
                .place(&format!("app-{number}"), "install", for_device(&laptop))
                .await;
            orders.push((id, number, laptop.object));
        }
    }
    for (order, number, object) in orders {
        assert_eq!(scene.follow(&order).await["status"], 1);
        assert_eq!(scene.membership(&format!("app-{number}"), object).await, (true, false));
    }
    scene.stop().await;
}
