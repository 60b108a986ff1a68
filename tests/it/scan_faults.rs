//! Every fault of the simulator's catalogue, alone and in random mixes: while it lasts nothing is wrongly gone and the
//! cause is told; once it ends, a full scan brings what it would have brought without.

use std::collections::BTreeSet;

use intune_connector::model::ScanKind;
use serde_json::json;
use simulated_tenant::fault::catalogue::{Named, every};
use simulated_tenant::fault::{Fault, Rule};

use crate::support::rig::{LIST, Rig};

const DEVICES: usize = 35;

/// Where the fault strikes: a torn list on the second page, a bad answer in mid-scan, the others at once.
fn in_mid_scan(named: &Named) -> Rule {
    let rule = named.rule.clone();
    if matches!(rule.fault, Fault::List { .. }) && rule.path.ends_with("/managedDevices") {
        return Rule {
            from_page: Some(2),
            ..rule
        };
    }
    let nth = if rule.path.ends_with("managedDevices*") { 2 } else { 1 };
    Rule { nth, ..rule }
}

/// Something of each kind happens in the tenant.
async fn live(rig: &Rig) {
    for kind in [
        "change",
        "rename",
        "appear",
        "vanish",
        "checkIn",
        "userChanged",
        "reenrol",
    ] {
        rig.control("POST", "churn", json!({"steps": 1, "kind": kind})).await;
    }
}

async fn held(rig: &Rig) -> BTreeSet<String> {
    let view = rig.view().await;
    view.devices.keys().map(|(_, id)| id.clone()).collect()
}

/// One scan under the fault, and one after it.
async fn endure(rig: &Rig, what: &str, kind: ScanKind) {
    let before = held(rig).await;
    live(rig).await;
    let outcome = rig.try_scan(kind).await;
    let truth: BTreeSet<String> = rig.truth().await.into_iter().map(|(id, _)| id).collect();
    let after = held(rig).await;
    let wrongly: Vec<&String> = before.intersection(&truth).filter(|id| !after.contains(*id)).collect();
    assert!(
        wrongly.is_empty(),
        "{what}: {wrongly:?} are wrongly gone after {outcome:?}"
    );
    if outcome.is_err() {
        let told = &rig.shelf.store.list_scans(rig.shelf.instance_id(), 1).await.unwrap()[0];
        assert!(told.cause.is_some(), "{what}: the cause is told");
    }
    rig.heal().await;
    let healed = rig.full().await;
    assert_eq!(
        (healed.missing, healed.set_aside, healed.braked),
        (0, 0, false),
        "{what}"
    );
    rig.assert_view_is_the_tenant().await;
}

async fn each_alone(faults: Vec<Named>) {
    let rig = Rig::with(DEVICES, &[("request_timeout_s", "5")]).await;
    rig.full().await;
    for named in faults {
        // A new token is asked for by each scanner, so faults of the token endpoint strike, too.
        let id = rig.sim.simulated.faults().arm(in_mid_scan(&named)).unwrap();
        let before = rig.sim.simulated.log().counters().by_fault;
        endure(&rig, named.name, ScanKind::Full).await;
        let struck = rig.sim.simulated.log().counters().by_fault != before;
        assert!(struck, "{}: rule {id} never struck", named.name);
    }
}

#[tokio::test]
async fn each_fault_alone_takes_nothing_away_and_heals() {
    each_alone(every().into_iter().filter(|named| !named.slow).collect()).await;
}

#[tokio::test]
async fn faults_that_make_a_scan_wait_take_nothing_away_and_heal() {
    each_alone(every().into_iter().filter(|named| named.slow).collect()).await;
}

#[tokio::test]
async fn random_mixes_of_faults_take_nothing_away_and_heal() {
    let rig = Rig::new(DEVICES).await;
    rig.full().await;
    for round in 0..12 {
        // The rules' own dice differ from round to round, because their numbers rise.
        let mix = json!({"chance": 15, "times": 0, "without": ["body over the limit"]});
        rig.control("POST", "faults/mix", mix).await;
        let kind = if round % 3 == 2 {
            ScanKind::Incremental
        } else {
            ScanKind::Full
        };
        endure(&rig, &format!("mix {round}"), kind).await;
    }
    let struck = rig.sim.simulated.log().counters().by_fault;
    assert!(struck.len() > 5, "a mix of {struck:?} is none");
}

/// Faults that stay until they are taken back, and the code that tells each.
const LASTING: &[(&str, &str)] = &[
    (r#"{"kind": "throttled", "retryAfter": {"seconds": 0}}"#, "throttled"),
    (r#"{"kind": "status", "status": 502}"#, "badGateway"),
    (
        r#"{"kind": "status", "status": 504, "body": "twice"}"#,
        "gatewayTimeout",
    ),
    (r#"{"kind": "reset", "when": "before"}"#, "connectionReset"),
    (r#"{"kind": "reset", "when": "during"}"#, "brokenOff"),
    (r#"{"kind": "truncated"}"#, "brokenOff"),
    (r#"{"kind": "contentType"}"#, "notJson"),
    (r#"{"kind": "unauthorized"}"#, "unauthorized"),
    (r#"{"kind": "forbidden"}"#, "forbidden"),
];

#[tokio::test]
async fn a_fault_that_lasts_ends_the_scan_with_its_cause_and_what_was_read_before_it_stands() {
    let rig = Rig::new(DEVICES).await;
    rig.full().await;
    for (fault, code) in LASTING {
        let fault: serde_json::Value = serde_json::from_str(fault).unwrap();
        let before = held(&rig).await;
        live(&rig).await;
        let lasting = json!({"fault": fault, "path": LIST, "fromPage": 2, "times": 0});
        rig.fault(lasting).await;
        let ended = rig.try_scan(ScanKind::Full).await;
        let told = &rig.shelf.store.list_scans(rig.shelf.instance_id(), 1).await.unwrap()[0];
        let cause = told.cause.clone().unwrap_or_default();
        assert!(
            ended.is_err() && cause.starts_with(code),
            "{fault}: {cause:?}, not {code}"
        );
        assert_eq!((told.gone, told.pages), (0, 1), "{fault}: {told:?}");
        assert_eq!(
            told.expected,
            Some(before.len() as u64),
            "whoever watches is told what to expect"
        );
        assert!(held(&rig).await.is_superset(&before), "{fault}");
        rig.heal().await;
        rig.full().await;
        rig.assert_view_is_the_tenant().await;
    }
}
