//! What consent lets out and what not, and what a question costs while it waits.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::WorkerRest;
use super::bench_for_tests::{TARGET, TargetBench};
use super::pass_work::PassEnd;
use crate::contract::TargetPhase;
use crate::model::{GoneReason, OperatorId};
use crate::targets::TargetFault;

/// Whether somebody can still agree to this.
async fn is_answerable(bench: &TargetBench, digest: &str) -> bool {
    let store = &bench.context.store;
    let agreed = store
        .consent_target_question(TARGET, digest.to_owned(), OperatorId(1))
        .await;
    agreed.unwrap().is_some()
}

#[tokio::test]
async fn a_question_of_before_another_filter_can_not_be_answered() {
    let mut bench = TargetBench::settled(30).await;
    for number in 1..=14 {
        bench.take_device(number, GoneReason::Deleted).await;
    }
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let (old, _) = bench.question().await.unwrap();
    bench.set_filter("deviceName != 'PC-0030'").await;
    bench.pass().await.unwrap();
    let state = bench.context.store.load_target_state(TARGET).await.unwrap();
    assert_eq!(state.phase, TargetPhase::Canary, "it begins with its first records");
    assert!(!is_answerable(&bench, &old.digest).await);
}

#[tokio::test]
async fn a_revert_takes_back_what_was_asked_before_it() {
    let mut bench = TargetBench::settled(30).await;
    for number in 1..=14_u128 {
        let serial = format!("PF0TEST{number:04}");
        bench
            .put_device(number, &format!("NEW-{number}"), &serial, json!({}))
            .await;
    }
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let (old, _) = bench.question().await.unwrap();
    // A device more, so that it is superseded as well.
    bench.put_device(15, "NEW-15", "PF0TEST0015", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let (newer, _) = bench.question().await.unwrap();
    let runs = bench.context.store.list_target_runs(TARGET, 1).await.unwrap();
    let limit = Duration::from_secs(60);
    let view = crate::targets::revert_run(&bench.context, runs[0].id, limit)
        .await
        .unwrap();
    assert!(view.complete && view.put_back == 10);
    for digest in [&old.digest, &newer.digest] {
        assert!(!is_answerable(&bench, digest).await);
    }
    bench.shelf.take_requests();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_eq!(bench.shelf.take_requests().1, 0, "everything waits");
}

#[tokio::test]
async fn pages_that_wait_for_consent_are_no_progress() {
    let mut bench = TargetBench::settled(230).await;
    for number in 1..=230_u128 {
        let serial = format!("PF0TEST{number:04}");
        bench
            .put_device(number, &format!("NEW-{number}"), &serial, json!({}))
            .await;
    }
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    bench.take_device(1, GoneReason::Deleted).await;
    let away = TargetFault::Unreachable {
        problem: "refused".to_owned(),
    };
    bench.shelf.look().faults.extend([away.clone(), away]);
    let mut pauses = Vec::new();
    for _ in 0..2 {
        let ended = bench.pass().await;
        let WorkerRest::Paused { pause, .. } = bench.rest_after(ended).await else {
            panic!("it does not pause");
        };
        pauses.push(pause);
        bench.context.clock.advance(TimeDelta::seconds(30));
    }
    assert_eq!(pauses, [5, 10].map(Duration::from_secs));
}

#[tokio::test]
async fn nobody_is_looked_for_until_it_is_written_whose_record_they_get() {
    let mut bench = TargetBench::new().await;
    for number in 1..=40_u128 {
        let user = format!("user-{number}@example.com");
        let (name, serial) = (format!("PC-{number:04}"), format!("PF0TEST{number:04}"));
        bench.shelf.look().users.insert(user.clone(), number.to_string());
        bench
            .put_device(number, &name, &serial, json!({ "userPrincipalName": user }))
            .await;
    }
    let limit = Duration::from_secs(60);
    let view = crate::targets::preview_target(&bench.context, 100, limit)
        .await
        .unwrap();
    assert_eq!((view.creates, bench.shelf.look().lookups), (40, 0));
    for _ in 0..2 {
        assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
        assert_eq!(bench.shelf.look().lookups, 20);
    }
    bench.consent().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    for number in 1..=40_u128 {
        let record = bench.shelf.find_device(bench.device(number)).remove(0);
        assert_eq!(record.user, Some(number.to_string()));
    }
    // Something else changes: the user stays the same one, and so nobody is looked for, also by another process.
    bench.next_day();
    bench.restart().await;
    bench.shelf.take_requests();
    let same = json!({ "userPrincipalName": "user-7@example.com" });
    bench.put_device(7, "PC-RENAMED", "PF0TEST0007", same).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 1));
}

#[tokio::test]
async fn who_was_looked_for_in_vain_is_looked_for_again_in_another_week_and_somebody_else_at_once() {
    let mut bench = TargetBench::settled(30).await;
    let late = json!({ "userPrincipalName": "Late@example.com" });
    let other = json!({ "userPrincipalName": "other@example.com" });
    bench.put_device(31, "PC-A", "PF0TEST0031", late.clone()).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let link = bench.link(31).await;
    assert_eq!((link.user, link.user_name.as_deref()), (None, Some("late@example.com")));
    // They are there from now on, and nobody has told.
    bench
        .shelf
        .look()
        .users
        .insert("Late@example.com".to_owned(), "7".to_owned());
    bench.restart().await;
    for (name, days, user, requests, assigned) in [
        ("PC-B", 0, &late, (0, 1), None),
        ("PC-C", 1, &late, (0, 1), None),
        ("PC-D", 7, &late, (1, 1), Some("7")),
        ("PC-E", 0, &other, (1, 1), None),
        ("PC-F", 0, &other, (0, 1), None),
    ] {
        bench.context.clock.advance(TimeDelta::days(days));
        bench.shelf.take_requests();
        bench.put_device(31, name, "PF0TEST0031", user.clone()).await;
        assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
        assert_eq!(bench.shelf.take_requests(), requests, "{name}");
        let record = bench.shelf.find_device(bench.device(31)).remove(0);
        assert_eq!(record.user.as_deref(), assigned, "{name}");
    }
}

#[tokio::test]
async fn who_was_looked_for_in_vain_is_looked_for_once_a_week_where_nothing_is_written_either() {
    let mut bench = TargetBench::settled(30).await;
    let late = json!({ "userPrincipalName": "late@example.com" });
    bench.put_device(31, "PC-A", "PF0TEST0031", late.clone()).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let written_at = bench.link(31).await.written_at;
    // A serial number stands there already, and is only filled: the device changes, and nothing is written.
    for (serial, days, lookups) in [
        ("PF0OTHER001", 1, 0),
        ("PF0OTHER002", 7, 1),
        ("PF0OTHER003", 1, 0),
        ("PF0OTHER004", 7, 1),
    ] {
        bench.context.clock.advance(TimeDelta::days(days));
        bench.shelf.take_requests();
        bench.put_device(31, "PC-A", serial, late.clone()).await;
        assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
        assert_eq!(bench.shelf.take_requests(), (lookups, 0), "{serial}");
    }
    assert_eq!(bench.link(31).await.written_at, written_at);
}
