//! When a snapshot may end (F4): what an independent crash campaign found (V1), and that it ends in a normal life.

use chrono::TimeDelta;
use intune_connector::inventory::fleet_confirmation::{self, FleetConfirmError};
use intune_connector::inventory::scan_runner::{RunnerCommand, ScanRunner, ScanRunnerStatus};
use intune_connector::model::{FleetProof, ScanKind, ScanSummary};
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};

use crate::support::rig::{LIST, OVERVIEW, Rig};
use crate::support::view::View;
use crate::support::wait::until;

const FLEET: usize = 160;

/// A server that held the whole tenant before this store was made.
async fn held(rig: &Rig) -> View {
    let mut view = View::default();
    for (id, name) in rig.truth().await {
        let key = (rig.shelf.instance.name.to_string(), id);
        view.devices.insert(key, (name, 0));
    }
    view
}

/// A store of 130 devices was put back; the tenant and a server have these 30 more.
async fn restored() -> (Rig, View, Vec<String>) {
    let rig = Rig::new(FLEET - 30).await;
    rig.full().await;
    let (copy, before) = (rig.copy().await, rig.truth().await);
    rig.enrol(30).await;
    rig.full().await;
    let view = rig.view().await;
    assert_eq!(view.devices.len(), FLEET);
    let all = rig.truth().await.into_iter();
    let new = all
        .filter(|device| !before.contains(device))
        .map(|(id, _)| id)
        .collect();
    (rig.put_back(&copy), view, new)
}

async fn reasons(rig: &Rig) -> Vec<&'static str> {
    match rig
        .shelf
        .store
        .load_instance(rig.shelf.instance_id())
        .await
        .unwrap()
        .fleet
    {
        FleetProof::Proven => Vec::new(),
        FleetProof::Open(doubt) => doubt.unwrap().reasons.iter().map(|reason| reason.name()).collect(),
    }
}

/// After this scan nothing is taken from the server, and the snapshot is open; whole lists end it, and the server holds
/// what the tenant has.
async fn takes_nothing(rig: &Rig, view: &mut View, scan: &ScanSummary, because: &str) {
    rig.tell(view).await;
    assert_eq!(view.devices.len(), FLEET, "nothing is lost: {scan:?}");
    assert!(
        view.in_snapshot(rig.shelf.instance.name.as_str()) && !scan.proven,
        "{scan:?}"
    );
    let reasons = reasons(rig).await;
    assert!(reasons.contains(&because), "{because} in {reasons:?}");
}

async fn heals(rig: &Rig, view: &mut View) {
    rig.heal().await;
    let scan = rig.full().await;
    assert!(scan.proven, "{scan:?}");
    rig.tell(view).await;
    assert!(!view.in_snapshot(rig.shelf.instance.name.as_str()));
    let mut ids: Vec<String> = view.devices.keys().map(|(_, id)| id.clone()).collect();
    ids.sort();
    assert_eq!(ids, rig.truth().await.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
}

/// Ten minutes later, and a little.
fn later(rig: &Rig) {
    rig.advance(TimeDelta::minutes(11));
}

#[tokio::test]
async fn cr_v1_fresh_empty() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    for _ in 0..3 {
        rig.omits(10 * FLEET).await;
        let scan = rig.full().await;
        assert_eq!((scan.seen, scan.expected), (0, Some(FLEET as u64)));
        takes_nothing(&rig, &mut view, &scan, "emptyList").await;
        later(&rig);
    }
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_fresh_early() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    for _ in 0..3 {
        rig.twist(json!("stopsEarly")).await;
        let scan = rig.full().await;
        assert_eq!(scan.seen, 20);
        takes_nothing(&rig, &mut view, &scan, "shortList").await;
        later(&rig);
    }
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_fresh_short_true() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    for _ in 0..3 {
        rig.omits(30).await;
        let scan = rig.full().await;
        assert_eq!(scan.seen, 130);
        takes_nothing(&rig, &mut view, &scan, "shortList").await;
        later(&rig);
    }
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_fresh_short_by_a_few_takes_nothing_by_the_first_list() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    rig.omits(5).await;
    let scan = rig.full().await;
    takes_nothing(&rig, &mut view, &scan, "secondScan").await;
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_fresh_unreadable() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    rig.spoils(5, json!("wrongTypes")).await;
    let scan = rig.full().await;
    assert_eq!((scan.seen, scan.strangers, scan.proven), (155, 5, true));
    rig.tell(&mut view).await;
    assert_eq!(
        view.devices.len(),
        FLEET,
        "the end mark names them, and servers keep them"
    );
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_restore_short_true() {
    let (rig, mut view, new) = restored().await;
    for id in &new {
        rig.remove(id).await;
    }
    rig.says(FLEET as u64).await;
    for _ in 0..3 {
        let scan = rig.full().await;
        assert_eq!((scan.seen, scan.missing), (130, 0));
        takes_nothing(&rig, &mut view, &scan, "shortList").await;
        later(&rig);
    }
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_restore_early() {
    let (rig, mut view, _) = restored().await;
    for because in ["missing", "unlisted", "unlisted"] {
        let early = json!({"kind": "list", "twist": "stopsEarly"});
        rig.fault(json!({"fault": early, "path": LIST, "fromPage": 15})).await;
        let scan = rig.full().await;
        assert_eq!(scan.seen, 150);
        takes_nothing(&rig, &mut view, &scan, because).await;
        later(&rig);
    }
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_restore_unreadable() {
    let (rig, mut view, _) = restored().await;
    rig.spoils(16, json!("wrongTypes")).await;
    let scan = rig.full().await;
    assert_eq!((scan.set_aside, scan.proven), (16, true));
    assert!(
        scan.strangers > 0,
        "some of them enrolled since the copy was made: {scan:?}"
    );
    rig.tell(&mut view).await;
    assert_eq!(view.devices.len(), FLEET);
    heals(&rig, &mut view).await;
}

#[tokio::test]
async fn cr_v1_fresh_unreadable_and_then_not_in_the_list_at_all() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    rig.spoils(3, json!("wrongTypes")).await;
    assert!(rig.full().await.proven);
    let (store, instance) = (&rig.shelf.store, rig.shelf.instance_id());
    let aside = store.list_rejected_devices(instance).await.unwrap();
    // One of the three has gone, and the next list lacks the others, and some more.
    rig.remove(&aside[0].to_string()).await;
    rig.fault(json!({"fault": {"kind": "list", "twist": "stopsEarly"}, "path": LIST}))
        .await;
    let scan = rig.full().await;
    rig.omits(30).await;
    let short = rig.full().await;
    let known = store.list_rejected_devices(instance).await.unwrap();
    assert!(!known.contains(&aside[0]), "404 is proof: {scan:?}, {short:?}");
    // A server that starts over loses none that nothing proves to have gone.
    rig.tell(&mut view).await;
    assert_eq!(view.devices.len(), FLEET - 1, "{scan:?}, {short:?}");
    heals(&rig, &mut view).await;
}

/// A doubt of the campaign, decided: list and number of devices agree, which is what S1 asks for.
#[tokio::test]
async fn cr_v1_restore_short_match() {
    let (rig, mut view, new) = restored().await;
    for id in &new {
        rig.remove(id).await;
    }
    let scan = rig.full().await;
    assert!(scan.proven && scan.expected == Some(130), "{scan:?}");
    heals(&rig, &mut view).await;
}

/// The first full scan proves nothing, a second one ten minutes later does; nobody needs a third.
async fn two_are_enough(rig: &Rig) {
    assert!(!rig.full().await.proven);
    assert!(rig.view().await.in_snapshot(rig.shelf.instance.name.as_str()));
    assert!(!rig.full().await.proven, "too early to be a second list");
    later(rig);
    let second = rig.full().await;
    assert!(second.proven, "{second:?}, {:?}", reasons(rig).await);
    assert!(!rig.view().await.in_snapshot(rig.shelf.instance.name.as_str()));
}

#[tokio::test]
async fn f4_numbers_that_differ_for_ever_by_a_few_hold_no_snapshot_open() {
    for says in [FLEET - 7, FLEET + 7] {
        let rig = Rig::new(FLEET).await;
        rig.says(says as u64).await;
        two_are_enough(&rig).await;
    }
}

#[tokio::test]
async fn f4_a_number_that_can_not_be_had_holds_no_snapshot_open() {
    let rig = Rig::new(FLEET).await;
    rig.fault(json!({"fault": {"kind": "status", "status": 403}, "path": OVERVIEW, "times": 0}))
        .await;
    two_are_enough(&rig).await;
}

#[tokio::test]
async fn f4_devices_that_come_and_go_meanwhile_hold_no_snapshot_open() {
    let (rig, mut view, _) = restored().await;
    rig.says(FLEET as u64 + 5).await;
    let truth = rig.truth().await;
    assert!(!rig.full().await.proven);
    later(&rig);
    for n in 1..=4 {
        let new = json!({"properties": {"enrolledDateTime": rig.sim_clock.now().to_rfc3339()}});
        rig.control("PUT", &format!("devices/00000000-0000-4000-8000-00000000000{n}"), new)
            .await;
    }
    for (id, _) in truth.iter().step_by(30) {
        rig.remove(id).await;
    }
    let second = rig.full().await;
    assert!(
        second.proven && second.gone == 6,
        "{second:?}, {:?}",
        reasons(&rig).await
    );
    rig.tell(&mut view).await;
    assert_eq!(view.devices.len(), FLEET + 4 - 6);
}

#[tokio::test]
async fn f4_personal_devices_that_are_left_out_hold_no_snapshot_open() {
    let rig = Rig::with(FLEET, &[("personal", "left_out")]).await;
    let scan = rig.full().await;
    assert!(scan.filtered > 10 && scan.proven, "{scan:?}");
    // And where the rule is new to a store that was put back, and the brake holds them.
    let mut rig = Rig::new(FLEET).await;
    rig.full().await;
    let copy = rig.copy().await;
    let mut rig = {
        rig.set(&[("personal", "left_out")]);
        rig.put_back(&copy)
    };
    rig.set(&[("personal", "left_out")]);
    let scan = rig.full().await;
    assert!(scan.braked && scan.proven, "{scan:?}");
}

#[tokio::test]
async fn f4_one_record_that_is_always_unreadable_holds_no_snapshot_open() {
    let rig = Rig::new(FLEET).await;
    rig.spoils(1, json!("wrongTypes")).await;
    let scan = rig.full().await;
    assert!(scan.proven && scan.set_aside == 1, "{scan:?}");
    let known = rig
        .shelf
        .store
        .list_rejected_records(rig.shelf.instance_id(), 10)
        .await
        .unwrap();
    assert_eq!(known.0, 1, "and it is told: {known:?}");
}

#[tokio::test]
async fn f4_a_record_without_a_readable_id_waits_for_an_operator() {
    let rig = Rig::new(FLEET).await;
    let mut view = held(&rig).await;
    for how in ["noId", "idNotGuid", "notAnObject"] {
        rig.spoils(1, json!(how)).await;
        let scan = rig.full().await;
        takes_nothing(&rig, &mut view, &scan, "recordsWithoutId").await;
        later(&rig);
    }
    let (store, instance) = (&rig.shelf.store, rig.shelf.instance_id());
    let shown = fleet_confirmation::view_snapshot(store, instance).await.unwrap();
    let digest = shown.digest.clone().unwrap();
    assert_eq!((shown.count, shown.problems.len()), (FLEET as u64, 1), "{shown:?}");
    // One more scan, and what was shown is not what stands.
    rig.spoils(1, json!("noId")).await;
    rig.full().await;
    let refused = fleet_confirmation::confirm_fleet(store, instance, &digest, shown.count).await;
    assert!(matches!(refused, Err(FleetConfirmError::Other)), "{refused:?}");
    let shown = fleet_confirmation::view_snapshot(store, instance).await.unwrap();
    let refused = fleet_confirmation::confirm_fleet(store, instance, &shown.digest.clone().unwrap(), 3).await;
    assert!(
        matches!(refused, Err(FleetConfirmError::OtherCount { .. })),
        "{refused:?}"
    );
    fleet_confirmation::confirm_fleet(store, instance, &shown.digest.unwrap(), shown.count)
        .await
        .unwrap();
    rig.tell(&mut view).await;
    assert!(!view.in_snapshot(rig.shelf.instance.name.as_str()));
    let again = fleet_confirmation::confirm_fleet(store, instance, &digest, FLEET as u64).await;
    assert!(matches!(again, Err(FleetConfirmError::NothingWaits)), "{again:?}");
}

#[tokio::test]
async fn f4_nobody_confirms_an_empty_list() {
    let rig = Rig::new(FLEET).await;
    rig.omits(10 * FLEET).await;
    rig.full().await;
    let (store, instance) = (&rig.shelf.store, rig.shelf.instance_id());
    let shown = fleet_confirmation::view_snapshot(store, instance).await.unwrap();
    assert_eq!(shown.digest, None);
    let refused = fleet_confirmation::confirm_fleet(store, instance, "0123456789abcdef", 0).await;
    assert!(matches!(refused, Err(FleetConfirmError::EmptyList)), "{refused:?}");
}

/// A running instance: it scans by itself what it has to.
struct Life {
    ticks: watch::Sender<u64>,
    status: watch::Receiver<ScanRunnerStatus>,
    commands: mpsc::Sender<RunnerCommand>,
}

async fn live(rig: &Rig) -> Life {
    let (status, seen) = watch::channel(ScanRunnerStatus::default());
    let (ticks, clock) = watch::channel(0);
    let (commands, orders) = mpsc::channel(8);
    let runner = ScanRunner::new(rig.scanner(), status).await.unwrap();
    tokio::spawn(runner.run(clock, orders));
    Life {
        ticks,
        status: seen,
        commands,
    }
}

impl Life {
    /// Ticks until so many full scans have ended; the loop makes no more by itself.
    async fn has_scanned(&self, rig: &Rig, scans: usize) {
        let full = async || {
            let all = rig.shelf.store.list_scans(rig.shelf.instance_id(), 100).await.unwrap();
            all.iter()
                .filter(|scan| scan.kind == ScanKind::Full && scan.ended_at.is_some())
                .count()
        };
        until("the instance has scanned by itself", async || {
            self.ticks.send_modify(|tick| *tick += 1);
            full().await >= scans && self.status.borrow().running.is_none()
        })
        .await;
        // Between the first and the second of these the loop asks itself whether it needs a full scan.
        for _ in 0..2 {
            let (tell, told) = oneshot::channel();
            self.commands
                .send(RunnerCommand::Run(ScanKind::Incremental, tell))
                .await
                .unwrap();
            told.await.unwrap().unwrap();
        }
        assert_eq!(full().await, scans);
    }
}

#[tokio::test]
async fn f4_the_second_scan_comes_by_itself_after_ten_minutes_also_behind_a_restart() {
    let rig = Rig::new(30).await;
    rig.says(32).await;
    let life = live(&rig).await;
    life.has_scanned(&rig, 1).await;
    rig.advance(TimeDelta::minutes(9));
    life.has_scanned(&rig, 1).await;
    drop(life);
    let life = live(&rig).await;
    life.has_scanned(&rig, 1).await;
    rig.advance(TimeDelta::minutes(2));
    life.has_scanned(&rig, 2).await;
    assert_eq!(reasons(&rig).await, Vec::<&str>::new());
    rig.advance(TimeDelta::hours(3));
    life.has_scanned(&rig, 2).await;
}

#[tokio::test]
async fn f4_a_list_that_stays_short_is_looked_at_ever_less_often() {
    let rig = Rig::new(30).await;
    rig.says(300).await;
    let life = live(&rig).await;
    life.has_scanned(&rig, 1).await;
    for (minutes, scans) in [(11, 2), (11, 2), (10, 3), (30, 3), (11, 4)] {
        rig.advance(TimeDelta::minutes(minutes));
        life.has_scanned(&rig, scans).await;
    }
}

#[tokio::test]
async fn f4_a_clock_that_steps_starts_no_scan_after_the_other() {
    let rig = Rig::new(30).await;
    rig.says(300).await;
    let life = live(&rig).await;
    life.has_scanned(&rig, 1).await;
    rig.shelf.clock.advance(TimeDelta::days(-400));
    life.has_scanned(&rig, 2).await;
    life.has_scanned(&rig, 2).await;
    rig.shelf.clock.advance(TimeDelta::days(800));
    life.has_scanned(&rig, 3).await;
    life.has_scanned(&rig, 3).await;
}
