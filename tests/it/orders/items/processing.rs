//! SH-20 to SH-29: what the order processor does.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulated_tenant::objects::NewGroup;
use simulated_tenant::software::{Ending, Intent, OutcomeRule};

use super::with_editor;
use crate::support::order_acts::{for_device, for_user, order_body};
use crate::support::order_tenant::{enrol_laptop, enrol_second_laptop, set_absent, set_outcome, tenant};
use crate::support::orders::{ANNA, OrderScene, merge};

/// Writes of memberships of this object, in their order.
fn member_writes(scene: &OrderScene, object: uuid::Uuid) -> Vec<String> {
    let writes = tenant(&scene.sim).writes.list(0).into_iter();
    let object = json!(object);
    let own = writes.filter(|write| {
        write.detail["members"]
            .as_array()
            .is_some_and(|all| all.contains(&object))
    });
    own.map(|write| write.endpoint.split(' ').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn sh_20_installs_and_uninstalls_are_ordered_for_users_and_for_devices() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    for target in [for_user(&laptop.owner), for_device(&laptop)] {
        for kind in ["install", "uninstall"] {
            let order = scene.place("editor", kind, target.clone()).await;
            let ended = scene.follow(&order).await;
            assert_eq!((&ended["type"], &ended["status"]), (&json!(kind), &json!(1)), "{ended}");
        }
    }
    let both = merge(for_user(&laptop.owner), for_device(&laptop));
    for target in [both, json!({})] {
        let body = order_body("wrong", "editor", "install", target);
        assert_eq!(scene.refused(Method::POST, "/sics/v1/orders", body).await, "wrongOrder");
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_21_an_order_is_taken_only_once_it_is_approved() {
    let mut scene = with_editor(json!({}), json!({"approval": "operator"})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.round().await;
    scene.round().await;
    assert_eq!(scene.order(&order).await["state"], "waitingForApproval");
    assert_eq!(scene.membership("editor", laptop.object).await, (false, false));
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["status"], &ended["decidedBy"]),
        (&json!(1), &json!(ANNA)),
        "{ended}"
    );
    scene.stop().await;
}

#[tokio::test]
async fn sh_22_an_object_leaves_one_group_before_it_comes_into_the_other() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    for kind in ["install", "uninstall", "install"] {
        let order = scene.place("editor", kind, for_device(&laptop)).await;
        assert_eq!(scene.follow(&order).await["status"], 1);
    }
    let writes = member_writes(&scene, laptop.object);
    assert_eq!(writes, ["POST", "DELETE", "POST", "DELETE", "POST"]);
    scene.stop().await;
}

#[tokio::test]
async fn sh_23_the_devices_are_told_to_check_in_after_the_change() {
    let mut scene = with_editor(json!({"sync_after": true}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let other = enrol_second_laptop(&scene.sim, &laptop.owner);
    let order = scene.place("editor", "install", for_user(&laptop.owner)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    for device in [laptop.intune, other.intune] {
        assert_eq!(scene.sim.simulated.effects_of(device, "syncDevice"), 1, "{device}");
    }
    assert!(scene.events(&order).await.contains(&"syncSent".to_owned()));
    // What comes of it decides nothing.
    let refused = json!({"kind": "forbidden", "scopes": []});
    scene
        .fault(json!({"method": "POST", "path": "*/syncDevice", "fault": refused, "times": 0}))
        .await;
    let order = scene.place("editor", "uninstall", for_user(&laptop.owner)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    assert!(scene.events(&order).await.contains(&"syncFailed".to_owned()));
    scene.stop().await;
}

#[tokio::test]
async fn sh_24_each_mark_of_an_order_is_told_in_its_order() {
    let mut scene = with_editor(json!({}), json!({"approval": "operator"})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    scene.follow(&order).await;
    let events = scene.events(&order).await;
    let marks = [
        "placed",
        "approvalRequested",
        "approved",
        "resolved",
        "addedToGroup",
        "processed",
        "done",
    ];
    let places: Vec<Option<usize>> = marks
        .iter()
        .map(|mark| events.iter().position(|event| event == mark))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{events:?}");
    scene.stop().await;
}

#[tokio::test]
async fn sh_25_an_order_is_carried_out_once_also_over_restarts() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    for _ in 0..3 {
        scene.stop().await;
        scene.start().await;
    }
    // Sent again, it is the same order.
    let again = order_body(&order, "editor", "install", for_device(&laptop));
    let (status, _) = scene.ask(Method::POST, "/sics/v1/orders", again).await;
    assert_eq!(status, StatusCode::OK);
    let other = order_body(&order, "editor", "uninstall", for_device(&laptop));
    assert_eq!(
        scene.refused(Method::POST, "/sics/v1/orders", other).await,
        "orderConflict"
    );
    assert_eq!(scene.follow(&order).await["status"], 1);
    assert_eq!(member_writes(&scene, laptop.object), ["POST"]);
    let processed = scene.events(&order).await;
    assert_eq!(
        processed.iter().filter(|event| *event == "processed").count(),
        1,
        "{processed:?}"
    );
    scene.stop().await;
}

#[tokio::test]
async fn sh_26_what_passes_is_tried_again_and_what_stays_ends_the_order_with_a_reason() {
    let mut scene = with_editor(json!({}), json!({"approval": "operator"})).await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    let busy = json!({"kind": "status", "status": 503});
    scene
        .fault(json!({"method": "POST", "path": "*/members/$ref", "fault": busy, "times": 2}))
        .await;
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    let ended = scene.follow(&order).await;
    assert_eq!(ended["status"], 1, "{ended}");
    let delayed = scene.events(&order).await;
    assert!(
        delayed.iter().filter(|event| *event == "delayed").count() >= 2,
        "{delayed:?}"
    );
    let order = scene.place("editor", "uninstall", for_user(&laptop.owner)).await;
    set_absent(&scene.sim, laptop.owner.id, true);
    assert_eq!(scene.approve(&order, ANNA).await.0, StatusCode::OK);
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["state"], &ended["status"]),
        (&json!("failed"), &json!(0)),
        "{ended}"
    );
    for told in [
        &ended["message"],
        &ended["failure"]["code"],
        &ended["failure"]["advice"],
    ] {
        assert_ne!(told.as_str().unwrap_or_default(), "", "{ended}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn sh_27_names_and_ids_lead_to_the_object_of_the_directory() {
    let mut scene = with_editor(json!({}), json!({"reshoppable": true})).await;
    let laptop = enrol_laptop(&scene.sim);
    let ids = [
        laptop.name.clone(),
        laptop.serial.clone(),
        laptop.intune.to_string(),
        laptop.entra.to_string(),
        laptop.object.to_string(),
    ];
    for (number, id) in ids.iter().enumerate() {
        let kind = if number % 2 == 0 { "install" } else { "uninstall" };
        let order = scene.place("editor", kind, json!({"device": id})).await;
        assert_eq!(scene.follow(&order).await["status"], 1, "{id}");
        let expected = (kind == "install", kind == "uninstall");
        assert_eq!(scene.membership("editor", laptop.object).await, expected, "{id}");
    }
    // A user by the id of the object, and by an address that is no sign-in name.
    let owner = enrol_laptop(&scene.sim).owner;
    let by_id = json!({"user": owner.id.to_string()});
    let order = scene.place("editor", "install", by_id).await;
    assert_eq!(scene.processed(&order).await["targetName"], owner.name);
    assert_eq!(scene.membership("editor", owner.id).await, (true, false));
    let by_address = json!({"user": "sean.oneil@contoso.example"});
    let order = scene.place("editor", "install", by_address).await;
    assert_eq!(
        scene.processed(&order).await["targetName"],
        "sean.o'neil@contoso.example"
    );
    let nobody = json!({"device": "NOBODY-HAS-IT"});
    assert_eq!(scene.not_taken("editor", "install", nobody).await, "unknownDevice");
    scene.stop().await;
}

#[tokio::test]
async fn sh_28_already_a_member_and_not_a_member_are_no_failure() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let group: uuid::Uuid = scene.application("editor").await["installGroup"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = scene.sim.simulated.now();
    let by_hand = |is_in: bool| {
        let tenant = tenant(&scene.sim);
        let mut objects = tenant.objects.write().unwrap();
        let group = objects.group_mut(group).unwrap();
        if is_in {
            group.add_member(laptop.object, now);
        } else {
            group.remove_member(laptop.object, now);
        }
    };
    by_hand(true);
    // It was put in a moment before, and the device has its app from then on.
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.processed(&order).await;
    assert_eq!(member_writes(&scene, laptop.object), [""; 0]);
    by_hand(false);
    let order = scene.place("editor", "uninstall", for_device(&laptop)).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    assert_eq!(scene.membership("editor", laptop.object).await, (false, true));
    scene.stop().await;
}

#[tokio::test]
async fn sh_28_a_group_that_somebody_put_into_ours_is_named_as_what_stands_in_the_way() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let own: uuid::Uuid = scene.application("editor").await["installGroup"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = scene.sim.simulated.now();
    let nested = {
        let tenant = tenant(&scene.sim);
        let mut objects = tenant.objects.write().unwrap();
        let new = NewGroup {
            display_name: "All of sales".to_owned(),
            mail_nickname: "sales".to_owned(),
            ..NewGroup::default()
        };
        let nested = objects.create_group(new, now);
        objects.group_mut(nested).unwrap().add_member(laptop.object, now);
        objects.group_mut(own).unwrap().add_member(nested, now);
        nested
    };
    // The directory shows it everywhere by then.
    scene.round().await;
    let order = scene.place("editor", "uninstall", for_device(&laptop)).await;
    let mut seen = scene.order(&order).await;
    for _ in 0..5 {
        if seen["failure"] != Value::Null {
            break;
        }
        scene.round().await;
        seen = scene.order(&order).await;
    }
    assert_eq!(seen["failure"]["code"], "nestedGroup", "{seen}");
    let message = seen["failure"]["message"].as_str().unwrap();
    assert!(
        message.contains("All of sales") && message.contains(&nested.to_string()),
        "{message}"
    );
    {
        let tenant = tenant(&scene.sim);
        let mut objects = tenant.objects.write().unwrap();
        objects
            .group_mut(own)
            .unwrap()
            .remove_member(nested, scene.sim.simulated.now());
    }
    assert_eq!(scene.follow(&order).await["status"], 1);
    assert_eq!(scene.membership("editor", laptop.object).await, (false, true));
    scene.stop().await;
}

#[tokio::test]
async fn sh_29_a_new_uninstall_order_ends_the_install_that_is_pending() {
    let mut scene = with_editor(json!({}), json!({})).await;
    let never = OutcomeRule {
        ending: Ending::Never,
        intent: Some(Intent::Required),
        ..OutcomeRule::default()
    };
    set_outcome(&scene.sim, never);
    let laptop = enrol_laptop(&scene.sim);
    let install = scene.place("editor", "install", for_user(&laptop.owner)).await;
    scene.processed(&install).await;
    let uninstall = scene.place("editor", "uninstall", for_user(&laptop.owner)).await;
    assert_eq!(scene.follow(&uninstall).await["status"], 1);
    let earlier = scene.follow(&install).await;
    assert_eq!(
        (&earlier["state"], &earlier["status"]),
        (&json!("replaced"), &json!(0)),
        "{earlier}"
    );
    assert_ne!(earlier["endedAt"], Value::Null);
    scene.stop().await;
}
