//! Fields that the target has not seen yet are looked at before they are written.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::bench_for_tests::{TARGET, TargetBench};
use super::pass_work::PassEnd;
use crate::config::WriteWindow;
use crate::contract::{FieldMode, TargetPhase};
use crate::model::GoneReason;
use crate::targets::samples_for_tests::{device_id, rule, sample_mapping};
use crate::targets::{FieldSource, TargetMapping};

/// A mapping that names one field more than before.
fn with_cost(mode: FieldMode) -> TargetMapping {
    let mut mapping = sample_mapping();
    mapping
        .fields
        .push(rule("cost", FieldSource::Value("5".to_owned()), mode));
    mapping
}

#[tokio::test]
async fn a_field_that_people_filled_is_kept_by_a_new_rule_that_fills() {
    let mut bench = TargetBench::settled(30).await;
    bench.shelf.set_value(bench.device(1), "cost", "100");
    bench.save_mapping(&with_cost(FieldMode::Fill)).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let shelf = bench.shelf.clone();
    let cost = |number: u128| shelf.find_device(device_id(number))[0].values.get("cost").cloned();
    assert_eq!([cost(1), cost(2)], [Some(json!("100")), Some(json!("5"))]);
    bench.consent().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(cost(1), Some(json!("100")));
    assert_eq!(cost(30), Some(json!("5")));
    // Nothing differs any more, so nothing is asked.
    bench.resync().await;
    bench.shelf.take_requests();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
}

#[tokio::test]
async fn what_people_kept_in_a_field_comes_back_with_a_revert() {
    let mut bench = TargetBench::settled(30).await;
    bench.shelf.set_value(bench.device(1), "cost", "100");
    bench.save_mapping(&with_cost(FieldMode::Own)).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let device = bench.device(1);
    let writes = bench.writes().await;
    let write = writes.iter().find(|write| write.device == device).unwrap();
    assert_eq!(
        (&write.before["cost"], &write.after["cost"]),
        (&json!("100"), &json!("5"))
    );
    let limit = std::time::Duration::from_secs(60);
    let view = crate::targets::revert_run(&bench.context, write.run, limit)
        .await
        .unwrap();
    assert!(view.complete);
    assert_eq!(bench.shelf.find_device(device)[0].values["cost"], json!("100"));
}

#[tokio::test]
async fn what_was_put_back_is_compared_anew_whoever_has_the_record_since_and_whatever_was_kept_of_it() {
    let mut bench = TargetBench::settled(30).await;
    for number in [3, 4] {
        let serial = format!("PF0TEST{number:04}");
        bench.put_device(number, "PC-WRONG", &serial, json!({})).await;
    }
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let run = bench.writes().await[0].run;
    // One enrols again; the other one was put back by an attempt that died then.
    bench.put_device(203, "PC-WRONG", "PF0TEST0003", json!({})).await;
    bench.take_device(3, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.shelf.set_value(bench.device(4), "name", "PC-0004");
    let limit = std::time::Duration::from_secs(60);
    let view = crate::targets::revert_run(&bench.context, run, limit).await.unwrap();
    assert!(view.complete && view.left.is_empty());
    let shelf = bench.shelf.clone();
    let name = |number: u128| shelf.find_device(device_id(number))[0].values["name"].clone();
    assert_eq!([name(203), name(4)], [json!("PC-0003"), json!("PC-0004")]);
    // Something else changes, and people agree.
    let other = json!({"model": "X1"});
    bench.put_device(203, "PC-WRONG", "PF0TEST0003", other.clone()).await;
    bench.put_device(4, "PC-WRONG", "PF0TEST0004", other).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    bench.consent().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!([name(203), name(4)], [json!("PC-WRONG"), json!("PC-WRONG")]);
}

#[tokio::test]
async fn a_run_is_put_back_within_the_write_window_only_and_who_asks_is_told_when_that_is() {
    let mut bench = TargetBench::settled(30).await;
    bench.put_device(7, "PC-RENAMED", "PF0TEST0007", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let run = bench.writes().await[0].run;
    let mut settings = (*bench.context.settings).clone();
    settings.write_window = WriteWindow::parse("22:00-06:00");
    bench.context.settings = Arc::new(settings);
    bench.shelf.take_requests();
    let limit = std::time::Duration::from_secs(60);
    let refused = crate::targets::revert_run(&bench.context, run, limit)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "writeWindow");
    assert!(
        refused.to_string().ends_with("opens on 2026-03-02 22:00 (UTC)"),
        "{refused}"
    );
    assert_eq!(bench.shelf.take_requests(), (0, 0));
    let state = bench.context.store.load_target_state(TARGET).await.unwrap();
    assert_eq!(state.phase, TargetPhase::Open, "nothing was begun");
    bench.context.clock.advance(TimeDelta::hours(14));
    let view = crate::targets::revert_run(&bench.context, run, limit).await.unwrap();
    assert!(view.complete && bench.shelf.names().contains(&"PC-0007".to_owned()));
}

#[tokio::test]
async fn a_field_that_was_empty_when_its_record_was_made_costs_no_look() {
    let mut bench = TargetBench::settled(30).await;
    bench.put_device(31, "", "PF0TEST0031", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    bench.shelf.take_requests();
    bench.put_device(31, "PC-0031", "PF0TEST0031", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 1));
}
