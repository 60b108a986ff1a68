//! Each fault of Graph, once at each kind of request: every order has exactly one final status, its object is in the right
//! group and was never in both, and no group or assignment is made twice. Counted in the simulated tenant.

use serde_json::{Value, json};
use simulated_tenant::{DirectoryTuning, Tuning};

use crate::support::order_acts::for_device;
use crate::support::order_tenant::{
    add_app, app_named, enrol_laptop, find_breaches, foreign_things, own_assignments, own_groups,
};
use crate::support::orders::{ANNA, OrderScene};

/// A request of Graph: method and path, as the control API takes them.
type GraphRequest = (&'static str, &'static str);

const FIND_DEVICE: GraphRequest = ("GET", "/v1.0/deviceManagement/managedDevices*");
const FIND_DIRECTORY_DEVICE: GraphRequest = ("GET", "/v1.0/devices*");
const READ_MEMBERSHIP: GraphRequest = ("POST", "/v1.0/directoryObjects/*/checkMember*");
const ADD_MEMBER: GraphRequest = ("POST", "/v1.0/groups/*/members/$ref");
const REMOVE_MEMBER: GraphRequest = ("DELETE", "/v1.0/groups/*/members/*");
const READ_REPORT: GraphRequest = ("POST", "*/retrieveDeviceAppInstallationStatusReport");
const READ_APP: GraphRequest = ("GET", "/beta/deviceAppManagement/mobileApps/*");
const FIND_GROUPS: GraphRequest = ("GET", "/v1.0/groups");
const CREATE_GROUP: GraphRequest = ("POST", "/v1.0/groups");
const LIST_ASSIGNMENTS: GraphRequest = ("GET", "/v1.0/deviceAppManagement/mobileApps/*/assignments");
const CREATE_ASSIGNMENT: GraphRequest = ("POST", "/v1.0/deviceAppManagement/mobileApps/*/assignments");

/// Faults that may meet any request.
fn common_faults() -> Vec<Value> {
    vec![
        json!({"kind": "throttled", "retryAfter": {"seconds": 1}}),
        json!({"kind": "throttled"}),
        json!({"kind": "status", "status": 500}),
        json!({"kind": "status", "status": 503}),
        json!({"kind": "status", "status": 504, "effect": true}),
        json!({"kind": "reset", "when": "before", "effect": true}),
        json!({"kind": "reset", "when": "before"}),
    ]
}

/// Faults that say something about what is written: it is there, or it is not there yet.
fn write_faults() -> Vec<Value> {
    let exists = "One or more added object references already exist for the following modified properties: 'members'.";
    let refused = |status: u16, code: &str, message: &str, effect: bool| json!({"kind": "status", "status": status, "code": code, "message": message, "body": "plain", "effect": effect});
    vec![
        refused(400, "Request_BadRequest", exists, true),
        // The words lie: what was read decides.
        refused(400, "Request_BadRequest", exists, false),
        refused(404, "Request_ResourceNotFound", "Resource does not exist.", false),
        refused(404, "Request_ResourceNotFound", "Resource does not exist.", true),
    ]
}

fn rule((method, path): GraphRequest, fault: &Value) -> Value {
    json!({"method": method, "path": path, "fault": fault, "times": 1})
}

/// An application whose orders wait for approval, so that a fault can be armed between the look at the tenant with which
/// an order is taken and what carries it out.
async fn scene_with_application() -> OrderScene {
    let scene = OrderScene::new(json!({})).await;
    let asks = json!({"approval": "operator"});
    scene.link("app", &app_named(&scene.sim, "Notepad++ 8.8.1"), asks).await;
    scene
}

/// Places an order, and lets it go on with the fault armed; it ends well all the same.
async fn order_through(scene: &OrderScene, kind: &str, target: Value, request: GraphRequest, fault: &Value) {
    let order = scene.place("app", kind, target).await;
    scene.fault(rule(request, fault)).await;
    assert!(scene.approve(&order, ANNA).await.0.is_success());
    let ended = scene.follow(&order).await;
    let what = format!("{kind} with {fault} at {request:?}: {ended}");
    assert_eq!(
        (&ended["state"], &ended["status"]),
        (&json!("done"), &json!(1)),
        "{what}"
    );
    assert_eq!(scene.struck().await, 1, "the fault has struck: {what}");
    scene.heal().await;
}

async fn orders_survive(request: GraphRequest, faults: Vec<Value>) {
    let mut scene = scene_with_application().await;
    for fault in &faults {
        let laptop = enrol_laptop(&scene.sim);
        order_through(&scene, "install", for_device(&laptop), request, fault).await;
        let expected = (true, false);
        assert_eq!(
            scene.membership("app", laptop.object).await,
            expected,
            "{fault} at {request:?}"
        );
    }
    scene.stop().await;
}

#[tokio::test]
async fn a_device_is_found_through_every_fault() {
    orders_survive(FIND_DEVICE, common_faults()).await;
}

#[tokio::test]
async fn a_directory_device_is_found_through_every_fault() {
    orders_survive(FIND_DIRECTORY_DEVICE, common_faults()).await;
}

#[tokio::test]
async fn a_membership_is_read_through_every_fault() {
    orders_survive(READ_MEMBERSHIP, common_faults()).await;
}

#[tokio::test]
async fn a_member_is_added_once_through_every_fault() {
    orders_survive(ADD_MEMBER, [common_faults(), write_faults()].concat()).await;
}

#[tokio::test]
async fn a_report_is_read_through_every_fault() {
    orders_survive(READ_REPORT, common_faults()).await;
}

#[tokio::test]
async fn a_member_is_removed_before_it_is_added_elsewhere_through_every_fault() {
    let mut scene = scene_with_application().await;
    for fault in [common_faults(), write_faults()].concat() {
        let laptop = enrol_laptop(&scene.sim);
        let install = scene.place("app", "install", for_device(&laptop)).await;
        assert!(scene.approve(&install, ANNA).await.0.is_success());
        assert_eq!(scene.follow(&install).await["status"], 1);
        order_through(&scene, "uninstall", for_device(&laptop), REMOVE_MEMBER, &fault).await;
        assert_eq!(scene.membership("app", laptop.object).await, (false, true), "{fault}");
    }
    scene.stop().await;
}

/// Each fault meets the request while a new application is prepared: two groups and two assignments all the same.
async fn applications_survive(request: GraphRequest, faults: Vec<Value>) {
    let mut scene = OrderScene::new(json!({})).await;
    let foreign = foreign_things(&scene.sim);
    for (number, fault) in faults.iter().enumerate() {
        let what = format!("{fault} at {request:?}");
        let app = add_app(&scene.sim, &format!("App {number}"));
        let id = format!("app-{number}");
        let mut rule = rule(request, fault);
        // The first look at an app is that with which it is linked.
        rule["nth"] = json!(if request == READ_APP { 2 } else { 1 });
        scene.fault(rule).await;
        scene.begin_link(&id, &app, json!({})).await;
        scene.until_linked(&id).await;
        assert_eq!(scene.struck().await, 1, "the fault has struck: {what}");
        scene.heal().await;
        assert_eq!(own_groups(&scene.sim).len(), 2 * (number + 1), "{what}");
        let intents: Vec<String> = own_assignments(&scene.sim, &app)
            .into_iter()
            .map(|(intent, _)| intent)
            .collect();
        assert_eq!(intents, ["required", "uninstall"], "{what}");
        assert_eq!(find_breaches(&scene.sim), [""; 0], "{what}");
    }
    assert_eq!(foreign_things(&scene.sim), foreign);
    scene.stop().await;
}

#[tokio::test]
async fn a_group_is_made_once_through_every_fault() {
    applications_survive(CREATE_GROUP, common_faults()).await;
}

#[tokio::test]
async fn groups_are_looked_for_through_every_fault() {
    applications_survive(FIND_GROUPS, common_faults()).await;
}

#[tokio::test]
async fn an_assignment_is_made_once_through_every_fault() {
    applications_survive(CREATE_ASSIGNMENT, common_faults()).await;
}

#[tokio::test]
async fn assignments_are_read_through_every_fault() {
    applications_survive(LIST_ASSIGNMENTS, common_faults()).await;
}

#[tokio::test]
async fn an_app_is_read_through_every_fault() {
    applications_survive(READ_APP, common_faults()).await;
}

#[tokio::test]
async fn a_directory_that_shows_everything_late_makes_nothing_twice() {
    let tuning = Tuning {
        directory: DirectoryTuning {
            group_lag_ms: 150_000,
            member_lag_ms: 150_000,
            ..DirectoryTuning::default()
        },
        ..Tuning::default()
    };
    let mut scene = OrderScene::with_tuning(json!({}), tuning).await;
    scene
        .link("app", &app_named(&scene.sim, "Notepad++ 8.8.1"), json!({}))
        .await;
    assert_eq!(own_groups(&scene.sim).len(), 2);
    let laptop = enrol_laptop(&scene.sim);
    for kind in ["install", "uninstall", "install"] {
        let order = scene.place("app", kind, for_device(&laptop)).await;
        let ended = scene.follow(&order).await;
        assert_eq!(ended["status"], 1, "{ended}");
        let expected = (kind == "install", kind == "uninstall");
        assert_eq!(scene.membership("app", laptop.object).await, expected, "{kind}");
    }
    assert_eq!(find_breaches(&scene.sim), [""; 0]);
    scene.stop().await;
}

#[tokio::test]
async fn a_permission_that_is_missing_is_told_and_the_order_goes_on_once_it_is_there() {
    let mut scene = scene_with_application().await;
    let laptop = enrol_laptop(&scene.sim);
    let order = scene.place("app", "install", for_device(&laptop)).await;
    let refused = json!({"kind": "forbidden", "scopes": ["GroupMember.ReadWrite.All"]});
    let mut rule = rule(ADD_MEMBER, &refused);
    rule["times"] = json!(0);
    scene.fault(rule).await;
    assert!(scene.approve(&order, ANNA).await.0.is_success());
    scene.round().await;
    scene.round().await;
    let seen = scene.order(&order).await;
    assert_eq!(seen["status"], Value::Null, "a person can mend it: {seen}");
    assert_ne!(seen["failure"]["advice"].as_str().unwrap_or_default(), "", "{seen}");
    scene.heal().await;
    let ended = scene.follow(&order).await;
    assert_eq!(ended["status"], 1, "{ended}");
    assert_eq!(scene.membership("app", laptop.object).await, (true, false));
    scene.stop().await;
}
