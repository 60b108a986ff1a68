//! The limits, the tripwire, the kill switch and who may loosen them, over a real store: whoever asks, however often,
//! by however many ways at once, never more than the limit goes out.

use std::sync::Arc;

use chrono::TimeDelta;
use intune_connector::actions::guard::{
    self, ApprovalSignIn, BusPolicy, GuardLimits, InstancePolicy, IntakeRequest, PlannedCall, PolicyCache, policy_scope,
};
use intune_connector::actions::job::{JobError, JobIntake, JobReceipt, JobRequester};
use intune_connector::actions::policy_changes::{self, PolicyChangeError};
use intune_connector::actions::specs::ActionParameters;
use intune_connector::actions::subject::Subject;
use intune_connector::model::{
    ActionKind, DeviceIdentity, IdentityPin, InstanceId, JobId, PolicyRelaxation, TaskState, Timestamp,
};
use intune_connector::store::{
    AddJobOutcome, InstanceRow, IntentDecision, IntentOutcome, JobAcceptance, JobDecision, NewInstance, NewJob,
    NewTask, OperatorRow, POLICY_BUS, Store, TaskRow, restore_backup,
};
use serde_json::json;

use crate::support::shelf::{Shelf, device, id};
use crate::support::workshop::{asker, everything, person};

/// A store with two instances on one tenant, four people, and devices.
struct House {
    shelf: Shelf,
    desk: JobIntake,
    other: InstanceRow,
    people: Vec<OperatorRow>,
    policies: Arc<PolicyCache>,
}

const DEVICES: u128 = 900;

impl House {
    async fn new() -> House {
        let shelf = Shelf::new().await;
        let store = shelf.store.clone();
        let new = NewInstance {
            prefix: "IntuneConnector".into(),
            tenant_id: "Tenant".into(),
            client_id: "other".into(),
            audience: None,
        };
        let other = store.add_instance(new).await.unwrap();
        let mut people = Vec::new();
        for name in ["alice", "bob", "carol", "dave"] {
            people.push(store.add_operator(person(name)).await.unwrap());
        }
        for instance in [shelf.instance.id, other.id] {
            let text = json!(everything()).to_string();
            store.set_policy(&policy_scope(instance), text).await.unwrap();
        }
        let desk = JobIntake {
            fresh_devices: None,
            store,
            folder: Arc::new(shelf.data_folder()),
            clock: shelf.clock.clone(),
        };
        House {
            shelf,
            desk,
            other,
            people,
            policies: Arc::default(),
        }
    }

    async fn with_devices(count: u128) -> House {
        let house = House::new().await;
        house.shelf.full((0..count).map(|n| device(n, "PC")).collect()).await;
        house
    }

    fn store(&self) -> &Store {
        &self.desk.store
    }

    /// Approvals out of the way, so that limits alone hold back what goes out.
    async fn unapproved(&self, limits: GuardLimits) {
        let mut policy = BusPolicy {
            limits,
            ..BusPolicy::default()
        };
        (policy.approval.above, policy.approval.per_hour, policy.approval.per_day) = (500, 500, 500);
        self.store()
            .set_policy(POLICY_BUS, json!(policy).to_string())
            .await
            .unwrap();
    }

    async fn wipe(
        &self,
        who: &OperatorRow,
        name: &str,
        ids: impl Iterator<Item = u128>,
    ) -> Result<JobReceipt, JobError> {
        let mut devices = Vec::new();
        for n in ids {
            let row = self.store().find_device(self.shelf.instance.id, id(n)).await.unwrap();
            devices.push(json!({"id": id(n).to_string(), "seq": row.map_or(0, |row| row.seq.0)}));
        }
        let body = json!({"instance": self.shelf.instance.name.to_string(), "action": "wipe", "confirm": "wipe",
            "expectDevices": devices.len(), "devices": devices});
        let requester = JobRequester {
            operator: who.clone(),
            server: None,
        };
        self.desk.submit_job(&requester, body, Some(name.to_owned())).await
    }

    /// A job that passes by the intake: what came in before a limit was lowered.
    async fn put(&self, who: &OperatorRow, instance: InstanceId, name: &str, device: u128) {
        let added = self.store().add_job(new_job(who, instance, name, device), |facts| {
            let _ = facts;
            Ok(JobAcceptance {
                needs_approval: false,
                approval_digest: [0; 32],
            })
        });
        assert!(matches!(added.await.unwrap(), AddJobOutcome::Accepted { .. }));
    }

    /// Tries to send all that is due, in both instances; answers what was committed.
    async fn send(&self) -> Vec<TaskRow> {
        let mut sent = Vec::new();
        for instance in [self.shelf.instance.id, self.other.id] {
            for (task, _) in self.store().list_due_tasks(instance, 2000).await.unwrap() {
                if commit(self.store(), &self.policies, &task).await == IntentOutcome::Committed {
                    sent.push(task);
                }
            }
        }
        sent
    }

    async fn open(&self) -> usize {
        let mut open = 0;
        for job in 1.. {
            let Ok(view) = self.store().load_job(JobId(job)).await else {
                return open;
            };
            open += view.tasks.iter().filter(|(task, _)| task.state.is_unissued()).count();
        }
        open
    }
}

fn new_job(who: &OperatorRow, instance: InstanceId, name: &str, device: u128) -> NewJob {
    let digest = openssl::sha::sha256(device.to_string().as_bytes());
    NewJob {
        source: format!("operator:{}", who.id),
        name: name.to_owned(),
        digest,
        instance,
        tenant: "tenant".into(),
        verb: ActionKind::Wipe,
        parameters: json!({}),
        operator: who.id,
        about: json!({}),
        urgent: false,
        expires_at: Timestamp::MAX_UTC,
        tasks: vec![NewTask {
            device: id(device),
            pin: Some(IdentityPin::new(Some(format!("SER{device:06}")), None, None)),
            shown: json!({}),
        }],
        workflow: None,
        broken_glass: None,
    }
}

fn judge(facts: &intune_connector::store::IntakeFacts) -> Result<JobAcceptance, intune_connector::store::JobRefusal> {
    let asked = IntakeRequest {
        verb: ActionKind::Wipe,
        instance: "IntuneConnector_1".parse().unwrap(),
        devices: 1,
        by_filter: false,
        urgent: false,
        oldest_read: None,
        would_wipe: false,
        approval_digest: [0; 32],
        unfit: None,
    };
    guard::check_intake(facts, &asked)
}

/// As the one who issues does it, with a device that has not changed since it was seen.
async fn commit(store: &Store, policies: &Arc<PolicyCache>, task: &TaskRow) -> IntentOutcome {
    let pin = task.pin.clone().unwrap_or_default();
    let body = json!({"id": task.device.to_string(), "operatingSystem": "Windows", "managedDeviceOwnerType": "company",
        "deviceEnrollmentType": "windowsAzureADJoin", "osVersion": "10.0.26100.1"});
    let aimed = PlannedCall {
        instance: "IntuneConnector_1".parse().unwrap(),
        subject: Subject::from_device(&body).unwrap(),
        identity: Some(DeviceIdentity {
            serial_number: pin.serial_number,
            enrolled_date_time: pin.enrolled_date_time,
            user_principal_name: pin.user_principal_name,
            ..DeviceIdentity::default()
        }),
        body: body.to_string(),
        parameters: ActionParameters::default(),
    };
    let policies = policies.clone();
    let decide = Arc::new(move |facts: &_| match guard::guard_call(facts, &aimed, &policies) {
        Ok(_) => IntentDecision::Go { baseline: json!({}) },
        Err(stop) => IntentDecision::Stop(stop),
    });
    store.commit_intent(task.id, decide).await.unwrap()
}

fn refused(answer: Result<JobReceipt, JobError>) -> (&'static str, bool) {
    match answer {
        Err(JobError::Refused { refused, suspended }) => (refused.rule, suspended),
        other => panic!("it was to be refused: {other:?}"),
    }
}

#[tokio::test]
async fn eight_hundred_wipes_in_one_job_are_refused_whole_and_trip_the_wire() {
    let house = House::with_devices(DEVICES).await;
    let alice = &house.people[0];
    house.wipe(alice, "small", 0..2).await.unwrap();
    assert_eq!(refused(house.wipe(alice, "all", 10..810).await), ("limitPerJob", true));
    assert_eq!(
        house.send().await.len(),
        0,
        "what he had asked for before is stopped as well"
    );
    let small = house.store().load_job(JobId(1)).await.unwrap();
    for (task, _) in &small.tasks {
        assert_eq!(
            (task.state, task.cause.as_deref()),
            (TaskState::Cancelled, Some("suspended"))
        );
    }
    assert_eq!(refused(house.wipe(alice, "one", 5..6).await), ("suspended", false));
    let suspensions = house.store().list_suspensions().await.unwrap();
    assert_eq!((suspensions.len(), suspensions[0].name.as_str()), (1, "alice"));
    assert!(suspensions[0].reason.contains("800"), "{}", suspensions[0].reason);
    // Nobody else pays for it.
    assert!(house.wipe(&house.people[1], "bobs", 5..6).await.is_ok());
    assert_eq!(house.send().await.len(), 1);
}

#[tokio::test]
async fn eight_hundred_jobs_of_one_wipe_never_make_more_than_the_limit() {
    let house = House::with_devices(DEVICES).await;
    house.unapproved(GuardLimits::default()).await;
    let (mut accepted, mut sent, mut suspended) = (0, 0, 0);
    for n in 0..800 {
        match house.wipe(&house.people[0], &format!("job-{n}"), n..n + 1).await {
            Ok(_) => accepted += 1,
            Err(JobError::Refused {
                refused,
                suspended: now,
            }) => {
                assert!(matches!(refused.rule, "limitPerHour" | "suspended"), "{refused:?}");
                suspended += usize::from(now);
            }
            Err(error) => panic!("{error}"),
        }
        if n < 20 && n % 7 == 0 {
            sent += house.send().await.len();
        }
    }
    sent += house.send().await.len();
    assert_eq!(
        (accepted, sent, suspended),
        (20, 15, 1),
        "the third refusal stops what was still open"
    );
    assert_eq!(house.open().await, 0);
}

#[tokio::test]
async fn from_four_operators_and_through_two_instances_the_tenant_has_one_limit() {
    let house = House::new().await;
    house.unapproved(GuardLimits::default()).await;
    let mut accepted = 0;
    let mut sent = 0;
    for n in 0..800_u128 {
        let who = &house.people[n as usize % 4];
        let instance = [house.shelf.instance.id, house.other.id][n as usize % 2];
        let new = new_job(who, instance, &format!("job-{n}"), n);
        match house.store().add_job(new, judge).await.unwrap() {
            AddJobOutcome::Accepted { .. } => accepted += 1,
            AddJobOutcome::Refused { .. } => (),
            other => panic!("{other:?}"),
        }
        if n == 9 {
            sent += house.send().await.len();
        }
        if n % 20 == 0 {
            assert!(sent + house.open().await <= 20, "after {n} jobs");
        }
    }
    sent += house.send().await.len();
    assert!(accepted >= 20, "a job that the wire stopped leaves its place to others");
    assert_eq!(house.store().list_suspensions().await.unwrap().len(), 4);
    assert_eq!(
        (sent, house.open().await),
        (10, 0),
        "the wire stopped all that was not sent"
    );
}

/// The most that any window of this length held.
fn most(sent: &[Timestamp], span: TimeDelta) -> usize {
    let held = |start: &Timestamp| sent.iter().filter(|at| **at >= *start && **at - *start < span).count();
    sent.iter().map(held).max().unwrap_or(0)
}

#[tokio::test]
async fn over_two_days_no_hour_and_no_day_holds_more_than_the_limit_and_nothing_is_forgotten() {
    let house = House::new().await;
    let limits = GuardLimits {
        per_job: 10,
        per_hour: 4,
        per_day: 25,
        operator_per_hour: 3,
        operator_per_day: 9,
        ..GuardLimits::default()
    };
    house.unapproved(limits).await;
    for n in 0..60_u128 {
        let instance = [house.shelf.instance.id, house.other.id][n as usize % 2];
        let who = &house.people[if n < 30 { 0 } else { n as usize % 4 }];
        house.put(who, instance, &format!("job-{n}"), n).await;
    }
    let mut sent: Vec<(Timestamp, TaskRow)> = Vec::new();
    for _ in 0..(48 * 6) {
        let now = house.shelf.clock.now();
        sent.extend(house.send().await.into_iter().map(|task| (now, task)));
        house.shelf.clock.advance(TimeDelta::minutes(10));
    }
    let times: Vec<Timestamp> = sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(most(&times, TimeDelta::hours(1)), 4, "used, and never passed");
    assert_eq!(most(&times, TimeDelta::hours(24)), 25, "used, and never passed");
    for person in &house.people {
        let own: Vec<Timestamp> = sent
            .iter()
            .filter(|(_, task)| task.operator == person.id)
            .map(|(at, _)| *at)
            .collect();
        assert!(
            most(&own, TimeDelta::hours(1)) <= 3 && most(&own, TimeDelta::hours(24)) <= 9,
            "{}",
            person.name
        );
    }
    assert_eq!(sent.len() + house.open().await, 60);
}

/// So many workers at once, each trying every task of both instances in an order of its own.
async fn race(house: &House, workers: usize) -> usize {
    let mut tasks = Vec::new();
    for instance in [house.shelf.instance.id, house.other.id] {
        let due = house.store().list_due_tasks(instance, 2000).await.unwrap();
        tasks.extend(due.into_iter().map(|(task, _)| task));
    }
    let mut running = Vec::new();
    for worker in 0..workers {
        let (store, policies, mut tasks) = (house.store().clone(), house.policies.clone(), tasks.clone());
        let middle = worker * tasks.len() / workers;
        tasks.rotate_left(middle);
        running.push(tokio::spawn(async move {
            let mut committed = 0;
            for task in &tasks {
                committed += usize::from(commit(&store, &policies, task).await == IntentOutcome::Committed);
            }
            committed
        }));
    }
    let mut committed = 0;
    for worker in running {
        committed += worker.await.unwrap();
    }
    committed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_that_race_at_a_limit_never_pass_it_together() {
    let wide = GuardLimits {
        per_job: 500,
        per_hour: 500,
        per_day: 500,
        operator_per_hour: 500,
        operator_per_day: 500,
        ..GuardLimits::default()
    };
    let rows = [
        ("hour", GuardLimits { per_hour: 5, ..wide }, 5),
        ("day", GuardLimits { per_day: 7, ..wide }, 7),
        (
            "operator's hour",
            GuardLimits {
                operator_per_hour: 2,
                ..wide
            },
            8,
        ),
        (
            "operator's day",
            GuardLimits {
                operator_per_day: 1,
                ..wide
            },
            4,
        ),
        ("none", wide, 24),
    ];
    for workers in [2, 16] {
        for (what, limits, expected) in rows {
            let house = House::new().await;
            house.unapproved(limits).await;
            for n in 0..24_u128 {
                let instance = [house.shelf.instance.id, house.other.id][n as usize % 2];
                house
                    .put(&house.people[n as usize % 4], instance, &format!("job-{n}"), n)
                    .await;
            }
            assert_eq!(race(&house, workers).await, expected, "{what}, {workers} workers");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_that_come_in_at_once_never_pass_a_limit_together() {
    let house = House::new().await;
    house.unapproved(GuardLimits::default()).await;
    let mut running = Vec::new();
    for worker in 0..32_u128 {
        // Each by somebody else, so that the wire stays out of it.
        let who = house
            .store()
            .add_operator(person(&format!("person-{worker}")))
            .await
            .unwrap();
        let instance = [house.shelf.instance.id, house.other.id][worker as usize % 2];
        let store = house.store().clone();
        running.push(tokio::spawn(async move {
            let added = store
                .add_job(new_job(&who, instance, "job", worker), judge)
                .await
                .unwrap();
            usize::from(matches!(added, AddJobOutcome::Accepted { .. }))
        }));
    }
    let mut accepted = 0;
    for worker in running {
        accepted += worker.await.unwrap();
    }
    assert_eq!((accepted, house.open().await), (20, 20));
}

#[tokio::test]
async fn one_device_has_one_destructive_task_at_a_time() {
    let house = House::new().await;
    house.unapproved(GuardLimits::default()).await;
    for (n, person) in house.people.iter().enumerate() {
        let instance = [house.shelf.instance.id, house.other.id][n % 2];
        house.put(person, instance, "the same device", 7).await;
    }
    assert_eq!(race(&house, 8).await, 1);
    assert_eq!(
        house.open().await,
        0,
        "the others are refused, they do not wait for a second wipe"
    );
}

#[tokio::test]
async fn a_job_that_waits_for_approval_sends_nothing_until_somebody_else_agrees() {
    let house = House::with_devices(10).await;
    let (alice, bob) = (&house.people[0], &house.people[1]);
    let receipt = house.wipe(alice, "four", 0..4).await.unwrap();
    assert!(receipt.needs_approval);
    assert_eq!(house.send().await.len(), 0);
    let job = receipt.job.unwrap();
    let digest = house.store().load_job(job).await.unwrap().job.approval_digest.unwrap();
    let approve = |by: &OperatorRow, digest: Vec<u8>| {
        let decision = JobDecision {
            by: by.id,
            approve: true,
            text: "approved".to_owned(),
        };
        house.store().decide_job(job, decision, move |facts| {
            guard::check_approval(facts, ApprovalSignIn::OwnPassword, &digest)
        })
    };
    assert_eq!(
        approve(alice, digest.clone()).await.unwrap().unwrap_err().code,
        "ownRequest"
    );
    assert_eq!(approve(bob, vec![1; 32]).await.unwrap().unwrap_err().code, "digest");
    assert_eq!(house.send().await.len(), 0);
    approve(bob, digest).await.unwrap().unwrap();
    assert_eq!(house.send().await.len(), 4);
}

#[tokio::test]
async fn a1_the_same_job_is_one_job_for_ever_and_other_content_is_a_conflict() {
    let mut house = House::with_devices(10).await;
    let alice = house.people[0].clone();
    let first = house.wipe(&alice, "mine", 0..1).await.unwrap();
    for round in 0..2 {
        let again = house.wipe(&alice, "mine", 0..1).await.unwrap();
        assert_eq!((again.job, again.already_accepted), (first.job, true));
        let conflict = house.wipe(&alice, "mine", 1..2).await.unwrap_err();
        assert_eq!(conflict.code(), "idTaken");
        // Another requester's ids are his own.
        if round == 0 {
            let other = house.wipe(&house.people[1], "mine", 1..2).await.unwrap();
            assert_ne!(other.job, first.job);
            house = house.reopened();
        }
    }
    assert_eq!(house.send().await.len(), 2);
}

impl House {
    /// The process ends and another one begins.
    fn reopened(self) -> House {
        let House {
            shelf,
            desk,
            other,
            people,
            ..
        } = self;
        let settings = desk.folder.clone();
        drop(desk);
        let shelf = shelf.reopened(|_| ());
        House {
            desk: JobIntake {
                fresh_devices: None,
                store: shelf.store.clone(),
                folder: settings,
                clock: shelf.clock.clone(),
            },
            shelf,
            other,
            people,
            policies: Arc::default(),
        }
    }

    /// As it stands now, with what would go out.
    async fn approve(&self, change: i64, by: &OperatorRow) -> Result<(), &'static str> {
        let rows = self.store().list_relaxations(false).await.unwrap();
        let row = rows.into_iter().find(|row| row.id == change).unwrap();
        let held = match &row.relaxation {
            PolicyRelaxation::KillSwitchOff { tenant, .. } => {
                Some(self.store().find_blocked_actions(tenant.clone()).await.unwrap())
            }
            _ => None,
        };
        let shown = Some(guard::blocked_actions::release_digest(&row.digest(), held.as_ref()));
        match policy_changes::approve_relaxation(self.store(), change, by, ApprovalSignIn::OwnPassword, shown).await {
            Ok(_) => Ok(()),
            Err(PolicyChangeError::NotApproved(refused)) => Err(refused.code),
            Err(PolicyChangeError::Store(error)) => panic!("{error}"),
        }
    }

    async fn switch_on(&self, tenant: &str) {
        let done = self
            .store()
            .engage_kill_switch(tenant.into(), "alice".into(), "fire".into());
        done.await.unwrap();
    }
}

#[tokio::test]
async fn the_kill_switch_stops_everything_survives_and_goes_off_only_when_two_agree() {
    for tenant in ["*", "tenant"] {
        let mut house = House::with_devices(10).await;
        let (alice, bob) = (house.people[0].clone(), house.people[1].clone());
        house.wipe(&alice, "before", 0..2).await.unwrap();
        house.switch_on(tenant).await;
        assert_eq!(house.send().await.len(), 0);
        assert_eq!(refused(house.wipe(&bob, "after", 3..4).await), ("killSwitch", false));
        house = house.reopened();
        house.shelf.clock.advance(TimeDelta::hours(1));
        assert_eq!(house.send().await.len(), 0, "{tenant}: on as before");

        let asked = policy_changes::request_kill_switch_off(house.store(), tenant, asker(&alice))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(house.approve(asked.id, &alice).await, Err("ownRequest"));
        let by_token = policy_changes::approve_relaxation(house.store(), asked.id, &bob, ApprovalSignIn::Other, None)
            .await
            .unwrap_err();
        assert!(matches!(by_token, PolicyChangeError::NotApproved(refused) if refused.code == "personally"));
        house.shelf.clock.advance(TimeDelta::minutes(5));
        assert_eq!(house.send().await.len(), 0);
        // Somebody sees a new reason meanwhile: who wants it off has to ask again.
        house.switch_on(tenant).await;
        assert_eq!(house.approve(asked.id, &bob).await, Err("notWaiting"));
        let asked = policy_changes::request_kill_switch_off(house.store(), tenant, asker(&alice))
            .await
            .unwrap()
            .unwrap();
        house.approve(asked.id, &bob).await.unwrap();
        house.shelf.clock.advance(TimeDelta::minutes(5));
        assert_eq!(house.send().await.len(), 2, "{tenant}");
        assert_eq!(house.approve(asked.id, &bob).await, Err("notWaiting"));
        assert_eq!(
            policy_changes::request_kill_switch_off(house.store(), tenant, asker(&alice))
                .await
                .unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn the_kill_switch_of_another_tenant_stops_nothing_here() {
    let house = House::with_devices(3).await;
    house.switch_on("elsewhere").await;
    house.wipe(&house.people[0], "job", 0..2).await.unwrap();
    assert_eq!(house.send().await.len(), 2);
}

#[tokio::test]
async fn a7_the_only_operator_waits_a_day() {
    let house = House::new().await;
    for operator in &house.people[1..] {
        house.store().remove_operator(operator.id).await.unwrap();
    }
    let alice = &house.people[0];
    house.switch_on("*").await;
    let asked = policy_changes::request_kill_switch_off(house.store(), "*", asker(alice))
        .await
        .unwrap()
        .unwrap();
    for _ in 0..24 {
        assert_eq!(house.approve(asked.id, alice).await, Err("tooEarly"));
        house.shelf.clock.advance(TimeDelta::hours(1));
    }
    house.approve(asked.id, alice).await.unwrap();
    assert!(house.store().list_kill_switches().await.unwrap().is_empty());
}

#[tokio::test]
async fn a7_a_suspension_is_lifted_by_others_only() {
    let house = House::with_devices(DEVICES).await;
    let [alice, bob, carol, _] = &house.people[..] else {
        panic!()
    };
    assert_eq!(refused(house.wipe(alice, "all", 0..800).await), ("limitPerJob", true));
    assert_eq!(
        policy_changes::request_suspension_lift(house.store(), bob.id, asker(alice))
            .await
            .unwrap(),
        None
    );
    let own = policy_changes::request_suspension_lift(house.store(), alice.id, asker(alice))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(house.approve(own.id, alice).await, Err("ownRequest"));
    // Nor has he any say over what others ask for.
    house.switch_on("*").await;
    let off = policy_changes::request_kill_switch_off(house.store(), "*", asker(bob))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(house.approve(off.id, alice).await, Err("suspended"));
    house.approve(off.id, carol).await.unwrap();
    house.approve(own.id, carol).await.unwrap();
    assert!(house.store().list_suspensions().await.unwrap().is_empty());
    assert!(house.wipe(alice, "one", 0..1).await.is_ok());
}

#[tokio::test]
async fn a7_what_tightens_holds_at_once_and_what_loosens_waits() {
    let house = House::new().await;
    let (alice, bob) = (&house.people[0], &house.people[1]);
    let mut wished = BusPolicy::default();
    (wished.limits.per_hour, wished.limits.per_job) = (40, 5);
    let adopted = policy_changes::change_bus_policy(house.store(), move |_| wished, asker(alice))
        .await
        .unwrap();
    assert_eq!((adopted.at_once.len(), adopted.waiting.len()), (1, 1));
    let holds =
        || async { BusPolicy::from_json(house.store().find_policy(POLICY_BUS).await.unwrap().as_deref()).limits };
    assert_eq!((holds().await.per_hour, holds().await.per_job), (20, 5));
    let change = adopted.waiting[0].id;
    assert_eq!(house.approve(change, alice).await, Err("ownRequest"));
    house.approve(change, bob).await.unwrap();
    assert_eq!((holds().await.per_hour, holds().await.per_job), (40, 5));
    // What was tightened meanwhile is not what the second person saw.
    (wished.limits.per_hour, wished.limits.per_job) = (60, 5);
    let waiting = policy_changes::change_bus_policy(house.store(), move |_| wished, asker(alice))
        .await
        .unwrap()
        .waiting;
    let mut tight = BusPolicy::default();
    tight.limits.per_hour = 1;
    house
        .store()
        .set_policy(POLICY_BUS, json!(tight).to_string())
        .await
        .unwrap();
    assert_eq!(house.approve(waiting[0].id, bob).await, Err("stale"));
    policy_changes::reject_relaxation(house.store(), waiting[0].id, bob, ApprovalSignIn::OwnPassword)
        .await
        .unwrap();
    assert_eq!(house.approve(waiting[0].id, bob).await, Err("notWaiting"));
    assert_eq!(holds().await.per_hour, 1);
}

#[tokio::test]
async fn a7_a_file_that_was_edited_while_the_bus_was_down_falls_under_the_same() {
    let house = House::new().await;
    let bob = &house.people[1];
    let store = house.store();
    let holds = || async {
        BusPolicy::from_json(store.find_policy(POLICY_BUS).await.unwrap().as_deref())
            .limits
            .per_hour
    };
    let mut file = BusPolicy::default();
    assert_eq!(
        policy_changes::apply_bus_settings(store, file).await.unwrap(),
        policy_changes::AppliedPolicy::default()
    );
    file.limits.per_hour = 30;
    let waiting = policy_changes::apply_bus_settings(store, file).await.unwrap().waiting;
    assert_eq!((waiting.len(), holds().await), (1, 20));
    assert!(
        policy_changes::apply_bus_settings(store, file)
            .await
            .unwrap()
            .waiting
            .is_empty(),
        "not asked for at each start"
    );
    assert_eq!(store.list_relaxations(true).await.unwrap().len(), 1);
    // The line is taken back before anybody agreed.
    file.limits.per_hour = 20;
    policy_changes::apply_bus_settings(store, file).await.unwrap();
    assert_eq!(house.approve(waiting[0].id, bob).await, Err("notWaiting"));
    file.limits.per_hour = 30;
    let waiting = policy_changes::apply_bus_settings(store, file).await.unwrap().waiting;
    // Another line changes nothing about this one.
    file.limits.per_job = 4;
    policy_changes::apply_bus_settings(store, file).await.unwrap();
    house.approve(waiting[0].id, bob).await.unwrap();
    assert_eq!(holds().await, 30);
    // What holds by agreement is not undone by a file that stands still.
    policy_changes::apply_bus_settings(store, file).await.unwrap();
    assert_eq!(holds().await, 30);
    file.limits.per_hour = 10;
    policy_changes::apply_bus_settings(store, file).await.unwrap();
    assert_eq!(holds().await, 10);
}

#[tokio::test]
async fn a7_verbs_are_on_at_once_for_a_new_tenant_and_by_agreement_afterwards() {
    let shelf = Shelf::new().await;
    let alice = shelf.store.add_operator(person("alice")).await.unwrap();
    let bob = shelf.store.add_operator(person("bob")).await.unwrap();
    let of = |verbs: &[ActionKind]| InstancePolicy {
        verbs: verbs.iter().copied().collect(),
        ..InstancePolicy::default()
    };
    let on = |row: &InstanceRow| {
        let (store, scope) = (shelf.store.clone(), policy_scope(row.id));
        async move {
            InstancePolicy::from_json(store.find_policy(&scope).await.unwrap().as_deref())
                .verbs
                .into_iter()
                .collect::<Vec<_>>()
        }
    };
    let first = &shelf.instance;
    let adopted = policy_changes::apply_instance_settings(
        &shelf.store,
        first,
        of(&[ActionKind::Sync, ActionKind::Wipe]),
        Some(alice.id),
    )
    .await
    .unwrap();
    assert_eq!((adopted.at_once.len(), adopted.waiting.len()), (2, 0));
    assert_eq!(on(first).await, [ActionKind::Sync, ActionKind::Wipe]);

    let more = policy_changes::apply_instance_settings(
        &shelf.store,
        first,
        of(&[ActionKind::Retire, ActionKind::Wipe]),
        Some(alice.id),
    )
    .await
    .unwrap();
    assert_eq!(on(first).await, [ActionKind::Wipe], "off at once, on later");
    let own = policy_changes::approve_relaxation(
        &shelf.store,
        more.waiting[0].id,
        &alice,
        ApprovalSignIn::OwnPassword,
        None,
    )
    .await;
    assert!(matches!(own, Err(PolicyChangeError::NotApproved(refused)) if refused.code == "ownRequest"));
    policy_changes::approve_relaxation(
        &shelf.store,
        more.waiting[0].id,
        &bob,
        ApprovalSignIn::OwnPassword,
        None,
    )
    .await
    .unwrap();
    assert_eq!(on(first).await, [ActionKind::Retire, ActionKind::Wipe]);

    let new = NewInstance {
        prefix: "IntuneConnector".into(),
        tenant_id: "TENANT".into(),
        client_id: "another".into(),
        audience: None,
    };
    let second = shelf.store.add_instance(new).await.unwrap();
    let adopted =
        policy_changes::apply_instance_settings(&shelf.store, &second, of(&[ActionKind::Sync]), Some(alice.id))
            .await
            .unwrap();
    assert_eq!(
        (adopted.waiting.len(), on(&second).await),
        (1, vec![]),
        "the tenant is known already"
    );
    assert_eq!(
        shelf
            .store
            .list_audit_entries(0, 100)
            .await
            .unwrap()
            .iter()
            .filter(|row| row.action == "loosening.asked")
            .count(),
        2
    );
}

#[tokio::test]
async fn a8_after_a_restore_nothing_goes_out_until_somebody_has_looked() {
    let house = House::with_devices(10).await;
    let alice = house.people[0].clone();
    house.wipe(&alice, "sent", 0..1).await.unwrap();
    assert_eq!(house.send().await.len(), 1);
    house.wipe(&alice, "waits", 1..2).await.unwrap();
    house.wipe(&alice, "four", 2..6).await.unwrap();
    house.switch_on("*").await;
    let asked = policy_changes::request_kill_switch_off(house.store(), "*", asker(&alice))
        .await
        .unwrap()
        .unwrap();
    let file = house.shelf.folder.path().join("backup.db");
    house.store().write_backup(&file).await.unwrap();
    house.approve(asked.id, &house.people[1]).await.unwrap();

    let (other, people, policies) = (house.other.clone(), house.people.clone(), house.policies.clone());
    let House { shelf, desk, .. } = house;
    let (
        settings,
        Shelf {
            folder,
            clock,
            store,
            instance,
        },
    ) = (desk.folder.clone(), shelf);
    drop((desk, store));
    restore_backup(folder.path(), &file, &[7; 32]).unwrap();
    let store = Store::open(folder.path(), clock.clone(), [7; 32]).unwrap();
    let desk = JobIntake {
        fresh_devices: None,
        store: store.clone(),
        folder: settings,
        clock: clock.clone(),
    };
    let house = House {
        shelf: Shelf {
            folder,
            clock,
            store,
            instance,
        },
        desk,
        other,
        people,
        policies,
    };

    assert_eq!(house.store().list_kill_switches().await.unwrap().len(), 1);
    for job in 1..=3 {
        for (task, _) in house.store().load_job(JobId(job)).await.unwrap().tasks {
            assert_eq!(
                (task.state, task.cause.as_deref()),
                (TaskState::NeedsOperator, Some("restored"))
            );
        }
    }
    let old = house.approve(asked.id, &house.people[1]).await;
    assert_eq!(
        old,
        Err("notWaiting"),
        "who asked had not seen what the restore made of it"
    );
    house.shelf.clock.advance(TimeDelta::hours(2));
    assert_eq!(house.send().await.len(), 0);
    let asked = policy_changes::request_kill_switch_off(house.store(), "*", asker(&alice))
        .await
        .unwrap()
        .unwrap();
    house.approve(asked.id, &house.people[1]).await.unwrap();
    house.shelf.clock.advance(TimeDelta::hours(2));
    assert_eq!(house.send().await.len(), 0, "what nobody has resolved is never sent");
    assert_eq!(
        house.store().load_job(JobId(2)).await.unwrap().tasks[0].0.state,
        TaskState::NeedsOperator
    );
}
