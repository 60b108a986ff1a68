//! kill at every write of every shipped definition, then go on: it ends as without it. Also an error at each step, and
//! each step made twice.
//!
//! The engine dies in this process, between its writes to a real SQLite file, before and behind each: what it held in
//! memory is gone, calls that are under way are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::workflow::{Activity, ActivityCall, ActivityError, WorkflowFailpoints};
use serde_json::{Map, Value, json};

use super::lab::{Lab, Left, MANY, Way, bent};

/// One of the shipped definitions, with what it is started with and what it may do to a device.
struct Case {
    name: &'static str,
    parameters: Value,
    device: Option<String>,
    /// Jobs that a run makes.
    jobs: usize,
}

async fn case(lab: &Lab, name: &'static str) -> Case {
    let (device, parameters, jobs) = match name {
        "IntuneMobileDevices" => (None, json!({"kind": "full"}), 0),
        "StaleDevices" => (None, json!({"silentFor": "1h"}), 0),
        "IntuneActions" => {
            let (id, _) = lab.phone().await;
            let job = lab.shop.send("sync", &[&id], json!({})).await;
            (None, json!({"job": job}), 0)
        }
        "RetireWithNotice" => {
            let (id, filter) = lab.phone().await;
            (Some(id), json!({"filter": filter}), 2)
        }
        other => panic!("{other}"),
    };
    Case {
        name,
        parameters,
        device,
        jobs,
    }
}

async fn judge(lab: &Lab, case: &Case, run: i64, at: &str) {
    let jobs = lab.jobs(run).await;
    assert_eq!(jobs.len(), case.jobs, "{at}: {jobs:?}");
    if let Some(device) = &case.device {
        let effects = (
            lab.shop.effects(device, "sendCustomNotificationToCompanyPortal"),
            lab.shop.effects(device, "retire"),
        );
        assert_eq!(effects, (1, 1), "{at}");
    }
}

/// Dies at each point in turn, until a run ends before its fuse blows.
async fn dies_everywhere(name: &'static str, at_least: i64) {
    let lab = Lab::new().await;
    let plain = case(&lab, name).await;
    let run = lab.begin(name, plain.parameters.clone(), false).await;
    lab.run(run).await;
    judge(&lab, &plain, run, "without a crash").await;
    let expected = lab.came_to(run).await;
    let mut points = 0;
    for point in 1.. {
        let case = case(&lab, name).await;
        let run = lab.begin(name, case.parameters.clone(), false).await;
        let left = lab
            .carry(run, WorkflowFailpoints::failing_at(point), lab.registry())
            .await;
        if let Left::Ended(_) = left {
            break;
        }
        points = point;
        lab.run(run).await;
        let at = format!("{name}, killed at point {point}");
        assert_eq!(lab.came_to(run).await, expected, "{at}");
        judge(&lab, &case, run, &at).await;
    }
    assert!(points >= at_least, "{points} points");
}

#[tokio::test]
async fn the_scanner_killed_at_any_step_ends_as_without_it() {
    dies_everywhere("IntuneMobileDevices", 6).await;
}

#[tokio::test]
async fn a_job_taken_on_killed_at_any_step_ends_as_without_it() {
    dies_everywhere("IntuneActions", 6).await;
}

#[tokio::test]
async fn the_list_of_stale_devices_killed_at_any_step_ends_as_without_it() {
    dies_everywhere("StaleDevices", 12).await;
}

#[tokio::test]
async fn retire_with_notice_killed_at_any_step_retires_once_and_only_after_the_notice() {
    dies_everywhere("RetireWithNotice", 24).await;
}

/// Every call is made twice with the same key, as after a crash behind its effect.
struct Twice;

impl Way for Twice {
    fn call<'a>(
        &'a self,
        inner: &'a dyn Activity,
        call: ActivityCall,
    ) -> BoxFuture<'a, Result<Map<String, Value>, ActivityError>> {
        async move {
            let again = ActivityCall {
                key: call.key.clone(),
                attempt: call.attempt,
                principal: call.principal,
                inputs: call.inputs.clone(),
                dry_run: call.dry_run,
                cancelled: call.cancelled.clone(),
            };
            inner.call(call).await?;
            inner.call(again).await
        }
        .boxed()
    }
}

#[tokio::test]
async fn each_step_made_twice_has_the_effects_of_one() {
    let lab = Lab::new().await;
    for name in [
        "IntuneMobileDevices",
        "IntuneActions",
        "StaleDevices",
        "RetireWithNotice",
    ] {
        let case = case(&lab, name).await;
        let run = lab.begin(name, case.parameters.clone(), false).await;
        let row = lab
            .carry(
                run,
                WorkflowFailpoints::default(),
                bent(&lab.registry(), Arc::new(Twice)),
            )
            .await
            .ended();
        assert_eq!(row.state.name(), "succeeded", "{name}: {:?}", row.message);
        judge(&lab, &case, run, name).await;
    }
}

/// The call of this number of a run fails, each time it is tried.
struct Fails {
    run: i64,
    number: usize,
    made: AtomicUsize,
    failed: std::sync::Mutex<Option<String>>,
    retry: bool,
}

impl Way for Fails {
    fn call<'a>(
        &'a self,
        inner: &'a dyn Activity,
        call: ActivityCall,
    ) -> BoxFuture<'a, Result<Map<String, Value>, ActivityError>> {
        let mut failed = self.failed.lock().unwrap();
        let is_it = match failed.as_deref() {
            _ if call.key.run != self.run => false,
            Some(path) => path == call.key.path,
            None => self.made.fetch_add(1, Ordering::SeqCst) + 1 == self.number,
        };
        if is_it {
            *failed = Some(call.key.path.clone());
            let error = if self.retry {
                ActivityError::new_retryable("bent", "it was bent")
            } else {
                ActivityError::new("bent", "it was bent")
            };
            return async { Err(error) }.boxed();
        }
        inner.call(call)
    }
}

#[tokio::test]
async fn an_error_at_any_step_ends_the_run_and_is_told() {
    let lab = Lab::new().await;
    for name in [
        "IntuneMobileDevices",
        "IntuneActions",
        "StaleDevices",
        "RetireWithNotice",
    ] {
        for retry in [false, true] {
            let mut seen = 0;
            for number in 1.. {
                let case = case(&lab, name).await;
                let run = lab.begin(name, case.parameters.clone(), false).await;
                let way = Arc::new(Fails {
                    run,
                    number,
                    made: AtomicUsize::new(0),
                    failed: std::sync::Mutex::default(),
                    retry,
                });
                let row = lab
                    .carry(run, WorkflowFailpoints::default(), bent(&lab.registry(), way.clone()))
                    .await
                    .ended();
                let Some(path) = way.failed.lock().unwrap().clone() else {
                    break;
                };
                seen += 1;
                told(&lab, run, &path, &row, name).await;
                if let Some(device) = &case.device {
                    let retired = lab.shop.effects(device, "retire");
                    let noticed = lab.shop.effects(device, "sendCustomNotificationToCompanyPortal");
                    assert!(retired <= noticed, "{name} {path}: nobody is retired without a notice");
                }
            }
            assert!(seen >= 1, "{name}");
        }
    }
}

/// Where it failed, and how often it was tried; an item of a loop fails alone, so the run may go on.
async fn told(lab: &Lab, run: i64, path: &str, row: &intune_connector::store::RunRow, name: &str) {
    let steps = lab.steps(run).await;
    let faults: Vec<_> = steps
        .iter()
        .filter(|step| step.path == path && step.fault.is_some())
        .collect();
    assert!(!faults.is_empty(), "{name} {path}");
    assert!(faults.iter().all(|step| step.fault.as_ref().unwrap()["code"] == "bent"));
    if !path.contains('.') {
        assert_eq!(
            (row.state.name(), row.outcome.as_deref()),
            ("failed", Some("bent")),
            "{name} {path}"
        );
    }
    let open = steps.iter().filter(|step| step.ended_at.is_none()).count();
    // A loop that failed with its run keeps its frame open; nothing else does.
    assert!(open == 0, "{name} {path}: {open} steps are open");
}

#[tokio::test]
async fn the_number_of_points_is_that_of_the_writes() {
    let lab = Lab::new().await;
    let case = case(&lab, "StaleDevices").await;
    let run = lab.begin(case.name, case.parameters, false).await;
    let fuse = WorkflowFailpoints::failing_at(MANY);
    lab.carry(run, fuse.clone(), lab.registry()).await.ended();
    // Two calls begun, two ends, a choice, the end of the run: before and behind each.
    assert_eq!(MANY - fuse.remaining_points(), 12);
}
