//! Limits of what disrupts and destroys (A11), the pin, and the broken glass: M4, M9.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use intune_connector::actions::guard::{self, BusPolicy, IntakeRequest, policy_scope};
use intune_connector::actions::job::JobRequester;
use intune_connector::model::{
    AccountChange, AccountControl, ActionKind, ApprovalState, ControlKind, DeviceId, IdentityPin, InstallationState,
    InstanceId, MemberState, RelaxationState, RunState, ScanState, TaskState, WithheldReason, WordEnum,
};
use intune_connector::store::{
    AccountDecision, AddJobOutcome, IntentDecision, IntentOutcome, JobDecision, NewInstance, NewJob, NewTask,
    OperatorRow, POLICY_BUS, Store,
};
use serde_json::{Value, json};

use crate::sics::bus::{PASSWORD, problem, status};
use crate::sics::jobs::office::{JOBS, Office, refs};
use crate::support::shelf::{Shelf, id};
use crate::support::workshop::{everything, person};

async fn set_policy(store: &Store, set: impl FnOnce(&mut BusPolicy)) {
    let mut policy = BusPolicy::default();
    set(&mut policy);
    store.set_policy(POLICY_BUS, json!(policy).to_string()).await.unwrap();
}

#[tokio::test]
async fn sec_m9_a_sequence_number_that_was_never_handed_out_for_the_device_is_no_sighting() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let store = &office.shop.desk.store;
    let instance = office.shop.rig.shelf.instance.id;
    let row = store
        .find_device(instance, ids[0].parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let head = store.watch_head().borrow().0;
    for verb in ["wipe", "retire", "remoteLock", "rename"] {
        let parameters = if verb == "rename" {
            json!({"deviceName": "X-1"})
        } else {
            json!({})
        };
        for dry_run in [false, true] {
            for made_up in [1_000_000_000_000_000, head + 1, row.seq.0 + 1, i64::MAX] {
                let mut body = office.shop.body(verb, &[&ids[0]], parameters.clone()).await;
                (body["devices"][0]["seq"], body["dryRun"]) = (json!(made_up), json!(dry_run));
                let sent = office.post(&office.acmp, JOBS, body);
                assert_eq!(problem(sent, 409).await, "neverHandedOut", "{verb} {made_up}");
            }
        }
    }
    for old in [0, -1] {
        let mut body = office.shop.body("wipe", &[&ids[0]], json!({})).await;
        body["devices"][0]["seq"] = json!(old);
        assert_eq!(
            problem(office.post(&office.acmp, JOBS, body), 409).await,
            "seenTooOld",
            "{old}"
        );
    }
    let listed = status(office.get(&office.acmp, JOBS), 200).await;
    assert_eq!(listed["jobs"], json!([]), "nothing was kept");
    // What was handed out goes.
    office.job("wipe", &[&ids[0]], json!({})).await;
    office.settle().await;
    assert_eq!(office.shop.effects(&ids[0], "wipe"), 1);
}

#[tokio::test]
async fn sec_m4_a_fleet_is_locked_by_one_request_only_with_a_second_person() {
    let office = Office::new().await;
    let ids = office.laptops(4).await;
    let store = &office.shop.desk.store;
    set_policy(store, |policy| policy.limits.disruptive_per_job = 3).await;
    let filter = json!({"action": "reboot", "filter": "true", "expectDevices": 4, "confirm": "reboot",
        "instance": office.shop.rig.shelf.instance.name.to_string(), "id": "all"});
    let named = office.shop.body("reboot", &refs(&ids), json!({})).await;
    for body in [filter, named] {
        let receipt = status(office.post(&office.acmp, JOBS, body), 202).await;
        assert_eq!(receipt["needsApproval"], true, "{receipt}");
        assert_eq!(receipt["states"], json!({"waitingApproval": 4}));
    }
    let run = JobRequester {
        operator: office.shop.alice.clone(),
        server: None,
    };
    let body = office.shop.body("reboot", &refs(&ids), json!({})).await;
    let receipt = office
        .shop
        .desk
        .submit_for_run(&run, body, ("of-a-run".into(), 1))
        .await
        .unwrap();
    assert!(receipt.needs_approval, "a workflow's job counts like any other");
    office.settle().await;
    for id in &ids {
        assert_eq!(office.shop.all_effects(id), 0);
    }
    // Three of them need nobody.
    let small = office.job("reboot", &refs(&ids[..3]), json!({})).await;
    assert_eq!(small["needsApproval"], false);
    office.settle().await;
    let done: u64 = ids.iter().map(|id| office.shop.effects(id, "rebootNow")).sum();
    assert_eq!(done, 3);
    // A second person agrees to what was shown, and it goes out.
    let path = format!("{JOBS}/all");
    let shown = status(office.get(&office.acmp, &path), 200).await;
    let body = json!({"name": "bob", "password": PASSWORD, "digest": shown["approvalDigest"]});
    let path = format!("/sics/v1/jobs/{}/approve", shown["job"]);
    status(office.post(&office.admin, &path, body), 200).await;
    office.settle().await;
    let done: u64 = ids.iter().map(|id| office.shop.effects(id, "rebootNow")).sum();
    assert_eq!(done, 7);
}

#[tokio::test]
async fn sec_m4_the_numbers_are_shown_loosened_by_two_and_tightened_at_once() {
    let office = Office::new().await;
    set_policy(&office.shop.desk.store, |_| ()).await;
    let carol = office
        .account(
            "carol",
            intune_connector::store::OperatorKind::Person,
            &["Limits_*", "Jobs_Approve"],
            true,
        )
        .await;
    let put = |body: Value| office.send(reqwest::Method::PUT, &carol, "/sics/v1/limits", body);
    let seen = status(office.get(&carol, "/sics/v1/limits"), 200).await;
    assert_eq!(
        (
            &seen["limits"]["disruptivePerJob"],
            &seen["limits"]["disruptivePerHour"],
            &seen["approval"]["perDay"],
            &seen["approval"]["brokenGlass"]
        ),
        (&json!(50), &json!(200), &json!(10), &json!(true))
    );
    let tighter = json!({"limits": {"disruptivePerJob": 5, "disruptivePerHour": 6},
        "approval": {"perDay": 7, "brokenGlass": false}});
    let seen = status(put(tighter), 200).await;
    assert_eq!(
        (&seen["limits"]["disruptivePerJob"], &seen["approval"]["brokenGlass"]),
        (&json!(5), &json!(false))
    );
    let looser = json!({"limits": {"disruptivePerJob": 500_000, "disruptivePerHour": 201},
        "approval": {"perDay": 8, "brokenGlass": true}});
    let seen = status(put(looser), 202).await;
    assert_eq!(seen["waiting"].as_array().unwrap().len(), 4, "{seen}");
    assert_eq!(
        (&seen["limits"]["disruptivePerHour"], &seen["approval"]["perDay"]),
        (&json!(6), &json!(7))
    );
    let beyond = put(json!({"limits": {"disruptivePerJob": 500_001}}));
    assert_eq!(problem(beyond, 422).await, "settings");
    let beyond = put(json!({"approval": {"perDay": 501}}));
    assert_eq!(problem(beyond, 422).await, "settings");
}

#[tokio::test]
async fn sec_l4_the_kill_switch_goes_off_for_what_was_shown_and_nothing_more() {
    let office = Office::new().await;
    let ids = office.laptops(3).await;
    office.job("reboot", &[&ids[1]], json!({})).await;
    office.job("wipe", &[&ids[0]], json!({})).await;
    set_policy(&office.shop.desk.store, |policy| policy.approval.always = true).await;
    let asked = office.job("wipe", &[&ids[2]], json!({})).await;
    assert_eq!(asked["needsApproval"], true);
    let switch = "/sics/v1/killswitch";
    let put = |body: Value| office.send(reqwest::Method::PUT, &office.admin, switch, body);
    status(put(json!({"on": true, "reason": "look first"})), 200).await;
    office.shop.work().await;
    let seen = status(put(json!({"on": false})), 202).await;
    let waiting = &seen["waiting"][0];
    let tenant = office.shop.rig.shelf.instance.tenant_id.to_ascii_lowercase();
    let sentence = waiting["change"]["sentence"].as_str().unwrap();
    let told = format!("2 waiting actions would go out: 1 wipe in tenant {tenant}, 1 reboot in tenant {tenant}");
    assert!(sentence.ends_with(&told), "{sentence}");
    assert_eq!(
        waiting["goesOut"],
        json!([{"tenant": tenant, "action": "wipe", "danger": "destructive", "devices": 1},
            {"tenant": tenant, "action": "reboot", "danger": "disruptive", "devices": 1}])
    );
    let path = format!("/sics/v1/loosenings/{}/approve", waiting["id"]);
    let agree = |digest: Option<&Value>| {
        let mut body = json!({"name": "bob", "password": PASSWORD});
        if let Some(digest) = digest {
            body["digest"] = digest.clone();
        }
        office.post(&office.admin, &path, body)
    };
    assert_eq!(problem(agree(None), 400).await, "wrongBody", "it is said what was seen");
    assert_eq!(problem(agree(Some(&json!("00"))), 409).await, "digest");
    // Meanwhile somebody agrees to what waited for an approval: more would go out than was shown.
    let shown = status(
        office.get(&office.admin, &format!("/sics/v1/jobs/{}", asked["job"])),
        200,
    )
    .await;
    let body = json!({"name": "bob", "password": PASSWORD, "digest": shown["approvalDigest"]});
    let job = format!("/sics/v1/jobs/{}/approve", asked["job"]);
    status(office.post(&office.admin, &job, body), 200).await;
    assert_eq!(problem(agree(Some(&waiting["digest"])), 409).await, "digest");
    let again = status(office.get(&office.admin, switch), 200).await;
    let sentence = again["waiting"][0]["change"]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("3 waiting actions would go out: 2 wipe"),
        "{sentence}"
    );
    for id in &ids {
        assert_eq!(office.shop.all_effects(id), 0);
    }
    status(agree(Some(&again["waiting"][0]["digest"])), 200).await;
    office.settle().await;
    let done: u64 = ids.iter().map(|id| office.shop.all_effects(id)).sum();
    assert_eq!(done, 3);
    let trail = office.trail().await;
    assert!(
        trail
            .iter()
            .any(|line| line.contains("loosening.asked") && line.contains(&told)),
        "{trail:?}"
    );
}

/// A store with people and tenants; jobs are judged as the product judges them, and carried out without a tenant.
pub struct Ledger {
    pub shelf: Shelf,
    /// The second of another tenant.
    instances: [InstanceId; 2],
    people: Vec<OperatorRow>,
    next: std::cell::Cell<u128>,
}

impl Ledger {
    pub async fn new() -> Ledger {
        let shelf = Shelf::new().await;
        let new = NewInstance {
            prefix: "IntuneConnector".into(),
            tenant_id: "elsewhere".into(),
            client_id: "other".into(),
            audience: None,
        };
        let other = shelf.store.add_instance(new).await.unwrap();
        let mut people = Vec::new();
        for name in ["alice", "bob", "carol"] {
            people.push(shelf.store.add_operator(person(name)).await.unwrap());
        }
        let instances = [shelf.instance.id, other.id];
        for instance in instances {
            let text = json!(everything()).to_string();
            shelf.store.set_policy(&policy_scope(instance), text).await.unwrap();
        }
        Ledger {
            shelf,
            instances,
            people,
            next: 1.into(),
        }
    }

    /// A job on devices that no other has, and what the guard is asked about it.
    pub fn job(&self, who: usize, tenant: usize, verb: ActionKind, devices: usize) -> (NewJob, IntakeRequest) {
        let asked = IntakeRequest {
            verb,
            instance: "IntuneConnector_1".parse().unwrap(),
            devices,
            by_filter: false,
            urgent: false,
            oldest_read: None,
            would_wipe: false,
            approval_digest: [0; 32],
            unfit: None,
        };
        let fresh = || {
            let n = self.next.get();
            self.next.set(n + 1);
            NewTask {
                device: id(n),
                pin: Some(IdentityPin::default()),
                shown: json!({}),
            }
        };
        let job = NewJob {
            source: format!("operator:{}", self.people[who].id),
            name: format!("job-{}", self.next.get()),
            digest: [0; 32],
            instance: self.instances[tenant],
            tenant: ["tenant", "elsewhere"][tenant].into(),
            verb,
            parameters: json!({}),
            operator: self.people[who].id,
            about: json!({}),
            urgent: false,
            expires_at: self.shelf.clock.now() + TimeDelta::days(6),
            tasks: (0..devices).map(|_| fresh()).collect(),
            workflow: None,
            broken_glass: None,
        };
        (job, asked)
    }

    /// Whether it needs somebody else's approval, or by which rule it is refused.
    async fn ask(&self, who: usize, tenant: usize, verb: ActionKind, devices: usize) -> Result<bool, &'static str> {
        let (job, asked) = self.job(who, tenant, verb, devices);
        let judged = self
            .shelf
            .store
            .add_job(job, move |facts| guard::check_intake(facts, &asked));
        match judged.await.unwrap() {
            AddJobOutcome::Accepted { needs_approval, .. } => Ok(needs_approval),
            AddJobOutcome::Refused { refused, .. } => Err(refused.rule),
            other => panic!("{other:?}"),
        }
    }

    /// Lets go out whatever needs nobody's word; answers how many tasks that were.
    async fn send(&self) -> u64 {
        let mut sent = 0;
        for instance in self.instances {
            for (task, job) in self.shelf.store.list_due_tasks(instance, 2_000).await.unwrap() {
                if !task.state.is_unissued() || job.approval == ApprovalState::Waiting {
                    continue;
                }
                let decide = std::sync::Arc::new(|_: &_| IntentDecision::Go { baseline: json!({}) });
                sent += u64::from(
                    self.shelf.store.commit_intent(task.id, decide).await.unwrap() == IntentOutcome::Committed,
                );
            }
        }
        sent
    }

    fn later(&self, by: TimeDelta) {
        self.shelf.clock.advance(by);
    }
}

#[tokio::test]
async fn a11_a_patient_person_wipes_no_more_than_ten_devices_a_day_alone() {
    let ledger = Ledger::new().await;
    let mut alone = 0;
    for hour in 0..24 {
        for _ in 0..3 {
            // Limits of a day hold in the end; until then it is an approval that is wanted.
            if let Ok(false) = ledger.ask(0, 0, ActionKind::Wipe, 1).await {
                alone += 1;
            }
        }
        ledger.send().await;
        assert!(alone <= 10, "{alone} after {hour} hours");
        ledger.later(TimeDelta::minutes(61));
    }
    assert_eq!(alone, 10);
    // What waits goes with its day; then a new one begins.
    assert_eq!(ledger.ask(1, 0, ActionKind::Wipe, 1).await, Ok(false));
}

#[tokio::test]
async fn a11_a_person_has_one_threshold_over_all_tenants() {
    let ledger = Ledger::new().await;
    assert_eq!(ledger.ask(0, 0, ActionKind::Wipe, 3).await, Ok(false));
    ledger.send().await;
    assert_eq!(
        ledger.ask(0, 1, ActionKind::Wipe, 1).await,
        Ok(true),
        "the fourth within an hour"
    );
    assert_eq!(
        ledger.ask(1, 1, ActionKind::Wipe, 3).await,
        Ok(false),
        "nobody else pays for it"
    );
    set_policy(&ledger.shelf.store, |policy| policy.limits.disruptive_per_hour = 5).await;
    assert_eq!(ledger.ask(0, 0, ActionKind::RemoteLock, 5).await, Ok(false));
    ledger.send().await;
    assert_eq!(ledger.ask(0, 1, ActionKind::Reboot, 1).await, Ok(true));
    assert_eq!(
        ledger.ask(1, 0, ActionKind::Rename, 1).await,
        Ok(true),
        "the tenant has had its five"
    );
    assert_eq!(ledger.ask(2, 1, ActionKind::Rename, 5).await, Ok(false));
    assert_eq!(ledger.send().await, 5);
    ledger.later(TimeDelta::minutes(61));
    assert_eq!(
        ledger.ask(0, 1, ActionKind::Reboot, 4).await,
        Ok(false),
        "one of them still waits for an approval"
    );
}

#[tokio::test]
async fn a11_accounts_that_are_tied_have_one_threshold_together() {
    let ledger = Ledger::new().await;
    let (alice, bob) = (ledger.people[0].id, ledger.people[1].clone());
    let change = AccountChange::Change {
        operator: bob.id,
        name: bob.name.clone(),
        password: None,
        given: false,
        rights: None,
        scope: None,
        disabled: Some(false),
    };
    let control = AccountControl::new(alice, bob.id, ControlKind::Enabled, ledger.shelf.clock.now());
    let made = ledger.shelf.store.change_accounts(change, alice, move |_| {
        Ok::<_, ()>(AccountDecision::Made {
            controls: vec![control],
            told: None,
        })
    });
    made.await.unwrap().unwrap();
    assert_eq!(ledger.ask(0, 0, ActionKind::Wipe, 3).await, Ok(false));
    ledger.send().await;
    assert_eq!(
        ledger.ask(1, 1, ActionKind::Wipe, 1).await,
        Ok(true),
        "one person by another account"
    );
    assert_eq!(ledger.ask(2, 1, ActionKind::Wipe, 3).await, Ok(false), "somebody else");
    ledger.send().await;
    // Ties end, and so does what they share.
    ledger.later(TimeDelta::days(8));
    assert_eq!(ledger.ask(0, 0, ActionKind::Wipe, 3).await, Ok(false));
    ledger.send().await;
    assert_eq!(ledger.ask(1, 1, ActionKind::Retire, 2).await, Ok(false));
}

#[tokio::test]
async fn a11_what_was_taken_and_not_sent_counts_as_if_it_were() {
    let ledger = Ledger::new().await;
    set_policy(&ledger.shelf.store, |policy| policy.limits.disruptive_per_hour = 5).await;
    for _ in 0..5 {
        assert_eq!(ledger.ask(0, 0, ActionKind::RemoteLock, 1).await, Ok(false));
        ledger.later(TimeDelta::hours(2));
    }
    assert_eq!(
        ledger.ask(1, 0, ActionKind::RemoteLock, 1).await,
        Ok(true),
        "five may still go out at once"
    );
    assert_eq!(ledger.send().await, 5);
    ledger.later(TimeDelta::minutes(61));
    assert_eq!(ledger.ask(2, 0, ActionKind::RemoteLock, 5).await, Ok(false));
}

#[tokio::test]
async fn a9_requests_that_wait_for_an_approval_take_nobody_elses_place() {
    let ledger = Ledger::new().await;
    // Two people fill an hour of the tenant with requests that nobody has agreed to.
    assert_eq!(ledger.ask(1, 0, ActionKind::Wipe, 10).await, Ok(true));
    assert_eq!(ledger.ask(2, 0, ActionKind::Wipe, 10).await, Ok(true));
    assert_eq!(
        ledger.ask(0, 0, ActionKind::Wipe, 3).await,
        Ok(false),
        "neither refused nor held back"
    );
    assert_eq!(ledger.send().await, 3);
    // They count for those who asked.
    assert_eq!(ledger.ask(1, 0, ActionKind::Wipe, 11).await, Err("limitPerJob"));
    assert_eq!(ledger.ask(1, 0, ActionKind::Wipe, 10).await, Ok(true));
    assert_eq!(ledger.ask(1, 0, ActionKind::Wipe, 1).await, Err("limitPerHour"));
    // Agreed to, they are judged anew before each call.
    let store = &ledger.shelf.store;
    for job in store.list_jobs(query()).await.unwrap() {
        if job.0.approval == ApprovalState::Waiting {
            let decision = JobDecision {
                by: ledger.people[0].id,
                approve: true,
                text: "approved".to_owned(),
            };
            let agree = store.decide_job::<()>(job.0.id, decision, |_| Ok(()));
            agree.await.unwrap().unwrap();
        }
    }
    let (mut went, mut held) = (0, 0);
    for (task, _) in store.list_due_tasks(ledger.instances[0], 2_000).await.unwrap() {
        if !task.state.is_unissued() {
            continue;
        }
        let decide = std::sync::Arc::new(|facts: &intune_connector::store::IntentFacts| {
            let aimed = aimed(facts.task.device);
            match guard::guard_call(facts, &aimed, &guard::PolicyCache::default()) {
                Ok(_) => IntentDecision::Go { baseline: json!({}) },
                Err(stop) => IntentDecision::Stop(stop),
            }
        });
        match store.commit_intent(task.id, decide).await.unwrap() {
            IntentOutcome::Committed => went += 1,
            IntentOutcome::Stopped(TaskState::WaitingBudget) => held += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((went, held), (17, 13), "20 within an hour, of which 3 had gone before");
}

fn query() -> intune_connector::store::JobQuery {
    intune_connector::store::JobQuery {
        limit: 100,
        ..Default::default()
    }
}

pub fn aimed(device: DeviceId) -> guard::PlannedCall {
    let body = json!({"id": device.to_string(), "operatingSystem": "Windows", "managedDeviceOwnerType": "company",
        "deviceEnrollmentType": "windowsAzureADJoin", "osVersion": "10.0.26100.1"});
    guard::PlannedCall {
        instance: "IntuneConnector_1".parse().unwrap(),
        subject: intune_connector::actions::subject::Subject::from_device(&body).unwrap(),
        identity: Some(Default::default()),
        body: body.to_string(),
        parameters: Default::default(),
    }
}

fn words<W: WordEnum>() -> Vec<&'static str> {
    W::ALL.iter().map(|word| word.name()).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The tables as they were made are history, and stay as they are.
        match path.is_dir() {
            true if path.ends_with("schema") => (),
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// `'word'` in this line, if it is one of these.
fn quoted(line: &str, known: &[&str]) -> Option<String> {
    let parts: Vec<&str> = line.split('\'').collect();
    let inner = parts.iter().skip(1).step_by(2).chain(parts.iter().skip(2).step_by(2));
    inner
        .filter(|word| known.contains(word))
        .map(|word| (*word).to_owned())
        .next()
}

#[test]
fn a11_no_list_of_states_or_verbs_is_written_down_a_second_time() {
    let known = [
        words::<TaskState>(),
        words::<RunState>(),
        words::<ScanState>(),
        words::<ApprovalState>(),
        words::<ActionKind>(),
        words::<WithheldReason>(),
        words::<InstallationState>(),
        words::<MemberState>(),
        words::<RelaxationState>(),
        words::<intune_connector::model::GoneReason>(),
    ]
    .concat();
    assert_eq!(
        quoted("WHERE state IN ('accepted', 'x')", &known).as_deref(),
        Some("accepted")
    );
    assert_eq!(quoted("AND state = 'running'", &known).as_deref(), Some("running"));
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"), &mut files);
    assert!(files.len() > 40, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        // The list of words has its own test, which says what comes out.
        if file.ends_with("sql_words.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            if let Some(word) = quoted(line, &known) {
                wrong.push(format!("{}:{}: '{word}'", file.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "make these from the enum:\n{}", wrong.join("\n"));
}
