//! What goes wrong on the way: lost answers, codes, throttling, pages that are none, a server that is killed.

use std::time::Duration;

use intune_connector::targets::{RecordSearch, TargetFault};
use serde_json::json;

use super::rig::{SnipeRig, Update, VERSIONS, assign, device};
use crate::support::snipe_it::{FaultRule, SnipeFault, SnipeOptions, SnipeVersion};

const MAKE: &str = "POST hardware";
const CHANGE: &str = "PATCH hardware/{id}";

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_told_as_such_whether_it_happened_or_not() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        for (fault, count) in [
            (SnipeFault::LostBefore, 0),
            (SnipeFault::LostAfter, 1),
            (SnipeFault::StatusAfter(500), 2),
            (SnipeFault::Status(502), 2),
            (SnipeFault::Page, 2),
        ] {
            rig.server.fail(FaultRule::once(MAKE, fault.clone()));
            let lost = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap_err();
            assert!(matches!(lost, TargetFault::LostAnswer { .. }), "{fault:?}: {lost}");
            let device = device(1, json!({}));
            let found = rig.adapter.find_records(RecordSearch::Device(&device)).await.unwrap();
            assert_eq!(
                (found.len(), rig.server.list_assets().len()),
                (count, count),
                "{fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_may_be_sent_again() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let anna = rig.add_user("anna");
        let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
        for fault in [SnipeFault::LostBefore, SnipeFault::LostAfter] {
            rig.server.fail(FaultRule::once(CHANGE, fault));
            let change = || {
                let mut change = Update::of(1, &record, json!({"name": "PC-2"}));
                change.user = assign(anna);
                change
            };
            let lost = rig.update(change()).await.unwrap_err();
            assert!(matches!(lost, TargetFault::Unreachable { .. }), "{lost}");
            rig.update(change()).await.unwrap();
            let asset = rig.see(&record);
            assert_eq!(
                (asset.name.as_deref(), asset.user.as_deref()),
                (Some("PC-2"), Some("anna"))
            );
        }
    }
}

#[tokio::test]
async fn mail_that_fails_after_the_write_does_not_stop_the_target_for_ever() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let (anna, ben) = (rig.add_user("anna"), rig.add_user("ben"));
        let record = rig.create(1, json!({"name": "Anna's"}), None).await.unwrap();
        let kinds = [CHANGE, "POST hardware/{id}/checkout", "POST hardware/{id}/checkin"];
        for kind in kinds {
            rig.server
                .fail(FaultRule::times(kind, usize::MAX, SnipeFault::StatusAfter(500)));
        }
        // By a check-out of its own, then within the change, then back.
        let mut change = Update::of(1, &record, json!({}));
        change.rest = json!({"name": "Anna's", "intune_id": "known"});
        change.user = assign(anna);
        rig.update(change).await.unwrap();
        assert_eq!(rig.see(&record).user.as_deref(), Some("anna"));
        let mut change = Update::of(1, &record, json!({"name": "PC-1"}));
        change.user = assign(ben);
        rig.update(change).await.unwrap();
        assert_eq!(rig.see(&record).user.as_deref(), Some("ben"));
        let mut change = Update::of(1, &record, json!({}));
        change.user = intune_connector::targets::UserChange::Clear;
        rig.update(change).await.unwrap();
        assert_eq!(rig.see(&record).user, None);
        // Where nothing of it was done, that is told.
        rig.server.heal();
        rig.server.fail(FaultRule::once(CHANGE, SnipeFault::Status(500)));
        let mut change = Update::of(1, &record, json!({"name": "PC-2"}));
        change.user = assign(anna);
        let failed = rig.update(change).await.unwrap_err();
        assert!(matches!(failed, TargetFault::Unavailable { .. }), "{failed}");
    }
}

#[tokio::test]
async fn throttling_is_told_with_the_time_that_was_asked_for() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        rig.server.fail(FaultRule::once(MAKE, SnipeFault::Throttled(None)));
        let told = rig.create(1, json!({}), None).await;
        assert_eq!(told, Err(TargetFault::Throttled { retry_after: None }));
    }
    let rig = SnipeRig::with_fields(SnipeVersion::V8, &[]).await;
    rig.server.fail(FaultRule::once(MAKE, SnipeFault::Throttled(Some(17))));
    let retry_after = Some(Duration::from_secs(17));
    assert_eq!(
        rig.create(1, json!({}), None).await,
        Err(TargetFault::Throttled { retry_after })
    );
    assert_eq!(rig.server.list_assets().len(), 0);
}

#[tokio::test]
async fn the_budget_of_the_other_side_is_kept_to() {
    let mut options = SnipeOptions::of_version(SnipeVersion::V8);
    options.per_minute = 3;
    options.tells_retry = false;
    let rig = SnipeRig::with(options, |_| ()).await;
    rig.adapter.find_user("nobody@example.com").await.unwrap();
    assert_eq!(rig.server.count("GET users"), 2);
    // The third answer says that nothing is left: the fourth request waits, and is not sent into a refusal.
    let waiting = rig.adapter.find_user("somebody@example.com");
    assert!(tokio::time::timeout(Duration::from_millis(300), waiting).await.is_err());
    assert_eq!(rig.server.count_all(), 3);
    assert_eq!(rig.server.with_state(|state| state.throttled), 0);
}

#[tokio::test]
async fn what_is_no_answer_of_snipe_it_is_not_believed() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
        let redirect = SnipeFault::Redirect("https://elsewhere.example/login?next=secret".to_owned());
        for (fault, code) in [
            (redirect, "misconfigured"),
            (SnipeFault::Page, "unreadable"),
            (SnipeFault::Endless(40 << 20), "unreadable"),
            (SnipeFault::Status(404), "misconfigured"),
            (SnipeFault::Status(503), "unavailable"),
            (SnipeFault::Status(401), "signIn"),
        ] {
            rig.server.fail(FaultRule::once("GET hardware/{id}", fault.clone()));
            let read = rig.adapter.read_record(&record).await.unwrap_err();
            assert_eq!(read.code(), code, "{fault:?}: {read}");
            assert!(!read.to_string().contains("secret"), "{read}");
        }
        rig.server.fail(FaultRule::once(
            "GET hardware/{id}",
            SnipeFault::Slow(Duration::from_millis(50)),
        ));
        assert!(rig.adapter.read_record(&record).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_server_that_was_killed_is_unreachable_and_then_as_it_was() {
    let mut rig = SnipeRig::with_fields(SnipeVersion::V8, &[]).await;
    let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
    rig.server.kill().await;
    let change = || Update::of(1, &record, json!({"name": "PC-2"}));
    assert_eq!(rig.update(change()).await.unwrap_err().code(), "unreachable");
    rig.server.restart().await;
    let mut skipped = FaultRule::once(CHANGE, SnipeFault::Status(500));
    skipped.skip = 1;
    rig.server.fail(skipped);
    rig.update(change()).await.unwrap();
    assert_eq!(rig.see(&record).name.as_deref(), Some("PC-2"));
    assert_eq!(rig.update(change()).await.unwrap_err().code(), "unavailable");
}

#[tokio::test]
async fn a_name_that_was_made_and_whose_answer_was_lost_is_not_made_twice() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        for kind in ["POST manufacturers", "POST categories", "POST models"] {
            rig.server.fail(FaultRule::once(kind, SnipeFault::LostAfter));
        }
        let wished = || json!({"model": "XPS", "manufacturer": "Dell"});
        for _ in 0..3 {
            let lost = rig.create(1, wished(), None).await.unwrap_err();
            assert!(matches!(lost, TargetFault::Unavailable { .. }), "{lost}");
        }
        rig.create(1, wished(), None).await.unwrap();
        let counts = rig
            .server
            .with_state(|state| (state.tables.models.len(), state.tables.manufacturers.len()));
        assert_eq!(counts, (1, 1));
    }
}
