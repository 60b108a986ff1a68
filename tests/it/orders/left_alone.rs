//! What orders leave alone: a group of ours that was changed into another kind, or has lost its mark, and devices to which an
//! app does not get.

use serde_json::{Value, json};
use simulated_tenant::objects::{Group, GroupKind};
use uuid::Uuid;

use crate::support::order_acts::for_device;
use crate::support::order_tenant::{Machine, app_named, enrol_laptop, tenant};
use crate::support::orders::OrderScene;

const EDITOR: &str = "Notepad++ 8.8.1";
/// Where members are added.
const MEMBERS: &str = "/members/$ref";
/// Rounds until an application tells what is wrong.
const ROUNDS: usize = 5;

/// What somebody else makes of a group of ours.
type GroupChange = fn(&mut Group);

/// What somebody makes of the install group, and the code that tells of it.
const CHANGES: [(GroupChange, &str); 5] = [
    (|group| group.kind = GroupKind::RoleAssignable, "groupRoleAssignable"),
    (|group| group.kind = GroupKind::Dynamic, "groupDynamic"),
    (|group| group.kind = GroupKind::MailSecurity, "groupMailEnabled"),
    (|group| group.kind = GroupKind::Unified, "groupMailEnabled"),
    (|group| group.description = None, "groupNotOurs"),
];

fn change_group(scene: &OrderScene, id: Uuid, change: impl FnOnce(&mut Group)) {
    let tenant = tenant(&scene.sim);
    let mut objects = tenant.objects.write().unwrap();
    change(objects.group_mut(id).unwrap());
}

#[tokio::test]
async fn nobody_is_put_into_a_group_that_gives_roles_fills_itself_is_a_mailbox_or_is_not_ours() {
    let mut scene = OrderScene::new(json!({})).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
    let shown = scene.application("editor").await;
    let group: Uuid = shown["installGroup"].as_str().unwrap().parse().unwrap();
    let mut description = None;
    change_group(&scene, group, |group| description = group.description.clone());
    for (done, (change, code)) in CHANGES.into_iter().enumerate() {
        change_group(&scene, group, change);
        let laptop = enrol_laptop(&scene.sim);
        let order = scene.place("editor", "install", for_device(&laptop)).await;
        let mut told = Value::Null;
        for _ in 0..ROUNDS {
            scene.round().await;
            told = scene.application("editor").await;
            if told["failure"] != Value::Null {
                break;
            }
        }
        assert_eq!(told["failure"]["code"], code, "{told}");
        // Not even tried: the tenant would refuse some of it, and take the rest.
        assert_eq!(scene.requests("POST", MEMBERS), done, "{code}");
        assert_eq!(scene.order(&order).await["status"], Value::Null, "{code}");
        change_group(&scene, group, |group| {
            group.kind = GroupKind::Security;
            group.description = description.clone();
        });
        scene.until_linked("editor").await;
        assert_eq!(scene.follow(&order).await["status"], 1, "{code}");
        assert_eq!(scene.requests("POST", MEMBERS), done + 1, "{code}");
    }
    scene.stop().await;
}

/// A laptop that Intune says is managed so.
fn managed_by(scene: &OrderScene, agent: &str) -> Machine {
    let machine = enrol_laptop(&scene.sim);
    let tenant = tenant(&scene.sim);
    let mut world = tenant.world.write().unwrap();
    world.change(machine.intune, |device| {
        let set = device.set.get_or_insert_default();
        set.insert("managementAgent".to_owned(), json!(agent));
    });
    machine
}

#[tokio::test]
async fn devices_to_which_an_app_does_not_get_are_told_before_the_order_is_taken() {
    let mut scene = OrderScene::new(json!({})).await;
    scene.link("editor", &app_named(&scene.sim, EDITOR), json!({})).await;
    scene
        .link("mac", &app_named(&scene.sim, "Docker Desktop"), json!({}))
        .await;
    let laptop = enrol_laptop(&scene.sim);
    assert_eq!(
        scene.not_taken("mac", "install", for_device(&laptop)).await,
        "wrongPlatform"
    );
    let by_manager = managed_by(&scene, "configurationManagerClient");
    assert_eq!(
        scene.not_taken("editor", "install", for_device(&by_manager)).await,
        "deviceNotManaged"
    );
    // Where the workload is with Intune it gets there: it is taken, and told.
    let by_both = managed_by(&scene, "configurationManagerClientMdm");
    let order = scene.place("editor", "install", for_device(&by_both)).await;
    let placed = scene.order(&order).await;
    assert!(placed["warnings"].to_string().contains("co-managed"), "{placed}");
    scene.stop().await;
}
