//! Every verb and every answer that Graph may give to its call: what the task becomes, and that a verb that must not
//! be repeated has one effect at most. One row is one device.

use std::sync::OnceLock;

use chrono::TimeDelta;
use intune_connector::actions::specs::{ActionParameters, ActionSpec, CallMethod};
use intune_connector::actions::subject::Subject;
use intune_connector::model::{ActionKind, DeviceId, JobId, TaskState};
use serde_json::{Value, json};

use crate::support::workshop::Workshop;

/// An answer, whether it comes with the effect, and what is known right after it: of a verb that must not be repeated,
/// and of one that may be.
struct Row {
    name: &'static str,
    fault: fn() -> Value,
    has_effect: bool,
    once: TaskState,
    repeatable: TaskState,
}

const fn row(
    name: &'static str,
    fault: fn() -> Value,
    has_effect: bool,
    once: TaskState,
    repeatable: TaskState,
) -> Row {
    Row {
        name,
        fault,
        has_effect,
        once,
        repeatable,
    }
}

fn status(code: u16, effect: bool) -> Value {
    json!({"kind": "status", "status": code, "effect": effect})
}

const ANSWERS: &[Row] = {
    use TaskState::{Accepted, DeviceGone, Failed, Unclear, WaitingBudget};
    &[
        row("400", || status(400, false), false, Failed, Failed),
        row("401", || status(401, false), false, Accepted, Accepted),
        row("403", || status(403, false), false, Failed, Failed),
        row("404", || status(404, false), false, DeviceGone, DeviceGone),
        row("405", || status(405, false), false, Failed, Failed),
        row("408", || status(408, false), false, Unclear, Accepted),
        row("409", || status(409, false), false, Unclear, Accepted),
        // A second, which whoever comes next waits for in earnest; without a time it would be ten.
        row(
            "429",
            || json!({"kind": "throttled", "retryAfter": {"seconds": 1}}),
            false,
            WaitingBudget,
            WaitingBudget,
        ),
        row("500 before", || status(500, false), false, Unclear, Accepted),
        row("500 after", || status(500, true), true, Unclear, Accepted),
        row("502 after", || status(502, true), true, Unclear, Accepted),
        row("503 before", || status(503, false), false, Unclear, Accepted),
        row("504 before", || status(504, false), false, Unclear, Accepted),
        row("504 after", || status(504, true), true, Unclear, Accepted),
        row(
            "reset before",
            || json!({"kind": "reset", "when": "before"}),
            false,
            Unclear,
            Accepted,
        ),
        row(
            "reset, with effect",
            || json!({"kind": "reset", "when": "before", "effect": true}),
            true,
            Unclear,
            Accepted,
        ),
    ]
};

/// One of the tenant's categories: their ids are its own.
static CATEGORY: OnceLock<String> = OnceLock::new();

/// Devices of every kind, as Graph tells them.
fn kinds() -> Vec<Value> {
    let apple = |system: &str, enrollment: &str| json!({"operatingSystem": system, "osVersion": "18.1", "deviceEnrollmentType": enrollment, "isSupervised": true, "isEncrypted": true});
    let android =
        |enrollment: &str| json!({"operatingSystem": "Android", "osVersion": "15", "deviceEnrollmentType": enrollment});
    vec![
        json!({"operatingSystem": "Windows", "osVersion": "10.0.26100.1", "deviceEnrollmentType": "windowsAzureADJoin", "isEncrypted": true}),
        apple("iOS", "appleBulkWithUser"),
        apple("macOS", "appleBulkWithUser"),
        apple("iPadOS", "appleBulkWithoutUser"),
        android("androidEnterpriseDedicatedDevice"),
        android("androidEnterpriseFullyManaged"),
        android("androidEnterpriseCorporateWorkProfile"),
    ]
}

fn parameters(verb: ActionKind) -> Value {
    match verb {
        ActionKind::Notify => json!({"notificationTitle": "Title", "notificationBody": "Text"}),
        ActionKind::EnableLostMode => json!({"message": "Lost", "phoneNumber": "+49 30 1234567", "footer": "IT"}),
        ActionKind::PlayLostModeSound => json!({"durationInMinutes": 5}),
        ActionKind::DefenderScan => json!({"quickScan": true}),
        ActionKind::FreshStart => json!({"keepUserData": true}),
        ActionKind::Rename => json!({"deviceName": "NEW-NAME-1"}),
        ActionKind::RemoveSharedUser => json!({"userPrincipalName": "user@example.org"}),
        ActionKind::RunRemediation => json!({"scriptPolicyId": "2a5f7a52-0f09-4b1a-9d5a-0a0c3a0d0001"}),
        ActionKind::EditName => json!({"managedDeviceName": "name"}),
        ActionKind::EditNotes => json!({"notes": "a note"}),
        ActionKind::EditOwner => json!({"managedDeviceOwnerType": "company"}),
        ActionKind::EditCategory => {
            json!({"categoryId": CATEGORY.get().cloned().unwrap_or_else(|| uuid::Uuid::nil().to_string())})
        }
        _ => json!({}),
    }
}

/// A kind of device that can do it.
fn fitting(verb: ActionKind) -> Option<Value> {
    let spec = ActionSpec::for_action(verb);
    let checked = ActionParameters(parameters(verb).as_object().unwrap().clone());
    // An Apple device plays a sound only while it is lost, which nothing of v1.0 tells beforehand.
    let no_apple = verb == ActionKind::PlayLostModeSound;
    kinds()
        .into_iter()
        .filter(|kind| !(no_apple && kind["isSupervised"] == true))
        .find(|kind| {
            let mut device = kind.clone();
            device["id"] = uuid::Uuid::nil().to_string().into();
            device["managedDeviceOwnerType"] = "company".into();
            (spec.fits)(&Subject::from_device(&device).unwrap(), &checked).is_ok()
        })
}

fn method(verb: ActionKind) -> &'static str {
    let checked = ActionParameters(parameters(verb).as_object().unwrap().clone());
    match (ActionSpec::for_action(verb).call)(
        DeviceId(uuid::Uuid::nil()),
        &checked,
        ActionSpec::for_action(verb).version,
    )
    .method
    {
        CallMethod::Post => "POST",
        CallMethod::Put => "PUT",
        CallMethod::Patch => "PATCH",
        CallMethod::Delete => "DELETE",
    }
}

#[tokio::test]
async fn a3_each_answer_to_each_verb_has_its_meaning_and_none_brings_a_second_effect() {
    let shop = Workshop::new().await;
    let categories = shop
        .actor()
        .graph
        .read_object("/deviceManagement/deviceCategories")
        .await
        .unwrap();
    let categories: Value = serde_json::from_slice(&categories.body).unwrap();
    CATEGORY.get_or_init(|| categories["value"][0]["id"].as_str().unwrap().to_owned());
    let mut rows = Vec::new();
    for verb in ActionKind::ALL.iter().copied() {
        let kind = fitting(verb).unwrap_or_else(|| panic!("no device can do {verb}"));
        for answer in ANSWERS {
            rows.push((verb, answer, shop.put(kind.clone()).await));
        }
    }
    shop.rig.full().await;
    for (verb, answer, id) in &rows {
        let rule = json!({"fault": (answer.fault)(), "path": format!("*{id}*"), "method": method(*verb)});
        shop.rig.fault(rule).await;
    }
    let mut jobs: Vec<JobId> = Vec::new();
    // As many at a time as one round takes up: one call each, and no look yet.
    for part in rows.chunks(300) {
        let from = jobs.len();
        for (verb, _, id) in part {
            jobs.push(shop.send(verb.name(), &[id], parameters(*verb)).await);
        }
        shop.round().await;
        for ((verb, answer, id), job) in part.iter().zip(&jobs[from..]) {
            after_the_call(&shop, *verb, answer, id, *job).await;
        }
        shop.work().await;
    }
    // Then time passes: what may be sent again is, what had its effect is found, the rest goes to an operator.
    shop.settle(TimeDelta::minutes(10), 12).await;
    for ((verb, answer, id), job) in rows.iter().zip(&jobs) {
        let task = shop.task(*job).await;
        let effects = shop.all_effects(id);
        if !ActionSpec::for_action(*verb).repeatable {
            assert!(effects <= 1, "{verb}, {}: {effects} effects", answer.name);
        }
        let is_told = task.state.is_end() || task.state.is_under_way();
        assert!(
            is_told && task.state.published_state() == task.state,
            "{verb}, {}: {:?} {:?}",
            answer.name,
            task.state,
            task.cause
        );
        if task.state == TaskState::Done {
            assert!(effects >= 1, "{verb}, {}: done without an effect", answer.name);
        }
    }
}

/// What is known right after the answer.
async fn after_the_call(shop: &Workshop, verb: ActionKind, answer: &Row, id: &str, job: JobId) {
    let task = shop.task(job).await;
    let wanted = match (ActionSpec::for_action(verb).repeatable, answer.once) {
        (true, _) => answer.repeatable,
        // Nothing will ever tell: an operator is asked at once.
        (false, TaskState::Unclear) if verb == ActionKind::Notify => TaskState::NeedsOperator,
        (false, once) => once,
    };
    assert_eq!(
        task.state, wanted,
        "{verb}, {}: {:?} {:?}",
        answer.name, task.cause, task.detail
    );
    assert_eq!(
        shop.all_effects(id),
        u64::from(answer.has_effect),
        "{verb}, {}",
        answer.name
    );
}
