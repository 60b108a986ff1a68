//! A worker, a real store, and a small inventory in memory.

use serde_json::json;

use super::bench_for_tests::{TARGET, TargetBench};
use super::pass_work::PassEnd;
use crate::contract::{LinkOrigin, LinkPhase, SetAsideReason, TargetPhase, WriteClass};
use crate::model::{GoneReason, OperatorId};
use crate::store::AsideChoice;
use crate::targets::samples_for_tests::sample_mapping;
use crate::targets::work_error::WorkError;
use crate::targets::{FieldSource, RecordState, TargetFault};

#[tokio::test]
async fn a_canary_writes_twenty_records_and_asks_for_exactly_the_others() {
    let mut bench = TargetBench::new().await;
    bench.put_fleet(33).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_eq!(bench.shelf.look().records.len(), 20);
    let (question, items) = bench.question().await.unwrap();
    assert!(question.canary);
    assert_eq!((items.len(), question.counts.create), (13, 13));
    assert!(
        items
            .iter()
            .all(|item| item.class == WriteClass::Create && item.record.is_none())
    );
    // Nothing more goes out, whatever happens: a restart, another pass.
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_eq!(bench.shelf.look().records.len(), 20);
    // A device more is another question.
    bench.put_device(100, "PC-0100", "PF0TEST0100", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_ne!(bench.question().await.unwrap().0.digest, question.digest);
    // The first one is still answerable, for its own items; the one that came later is what an ordinary day does.
    let store = &bench.context.store;
    let agreed = store
        .consent_target_question(TARGET, question.digest, OperatorId(1))
        .await;
    assert!(agreed.unwrap().is_some());
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.look().records.len(), 34);
}

#[tokio::test]
async fn an_unchanged_fleet_costs_nothing_and_a_changed_device_one_write() {
    let mut bench = TargetBench::settled(30).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
    bench.put_device(7, "PC-RENAMED", "PF0TEST0007", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 1));
    assert!(bench.shelf.names().contains(&"PC-RENAMED".to_owned()));
    // Told again as a whole, and by a worker that remembers nothing.
    let server = bench.context.store.find_server(bench.context.server.clone()).await;
    let server = server.unwrap().unwrap();
    crate::inventory::feed::resync_server(&bench.context.store, &server)
        .await
        .unwrap();
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.take_requests(), (0, 0));
}

#[tokio::test]
async fn one_record_with_the_serial_number_is_adopted_and_of_two_none() {
    let mut bench = TargetBench::new().await;
    bench.shelf.put_record("theirs", "PF0TEST0001", "OLD");
    bench.shelf.put_record("double-1", "PF0TEST0002", "A");
    bench.shelf.put_record("double-2", "PF0TEST0002", "B");
    bench.put_fleet(2).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let adopted = bench.shelf.find_device(bench.device(1));
    assert_eq!((adopted.len(), adopted[0].id.0.as_str()), (1, "theirs"));
    assert_eq!(bench.shelf.look().records.len(), 3, "nothing was made");
    let store = bench.context.store.clone();
    let aside = store.list_target_aside(TARGET, true).await.unwrap();
    assert_eq!(aside[0].reason, SetAsideReason::SerialTwice);
    assert_eq!(aside[0].detail.records.len(), 2, "both are shown");
    // A person chooses one; the newest state goes out.
    bench.put_device(2, "PC-NEW", "PF0TEST0002", json!({})).await;
    let choice = AsideChoice::Adopt("double-2".to_owned());
    let key = (bench.instance.id, bench.device(2));
    store
        .decide_target_aside(TARGET, key, choice, OperatorId(1))
        .await
        .unwrap();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let chosen = bench.shelf.find_device(bench.device(2));
    assert_eq!(chosen[0].id.0, "double-2");
    assert_eq!(chosen[0].values["name"], json!("PC-NEW"));
    assert!(store.list_target_aside(TARGET, false).await.unwrap().is_empty());
    let link = store.load_target_link(TARGET, key).await.unwrap().unwrap();
    assert_eq!((link.origin, link.phase), (LinkOrigin::Adopted, LinkPhase::Active));
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_record() {
    let mut bench = TargetBench::new().await;
    bench.put_fleet(3).await;
    let lost = TargetFault::LostAnswer {
        problem: "the connection broke".to_owned(),
    };
    bench.shelf.look().faults.extend([lost.clone(), lost]);
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.names(), ["PC-0001", "PC-0002", "PC-0003"]);
    let counts = bench.context.store.count_target(TARGET).await.unwrap();
    assert_eq!((counts.linked, counts.created, counts.intended), (3, 3, 0));
}

#[tokio::test]
async fn what_was_begun_before_a_crash_is_looked_for() {
    let mut bench = TargetBench::new().await;
    bench.put_fleet(2).await;
    // Made, and the process died before it was recorded: the pass ends with a fault behind the writes.
    let lost = TargetFault::LostAnswer {
        problem: "the connection broke".to_owned(),
    };
    let away = TargetFault::Unreachable {
        problem: "refused".to_owned(),
    };
    bench.shelf.look().faults.extend([lost, away]);
    assert!(matches!(bench.pass().await, Err(WorkError::Fault(_))));
    bench.restart().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.names(), ["PC-0001", "PC-0002"]);
}

#[tokio::test]
async fn a_refused_record_holds_up_nobody() {
    let mut bench = TargetBench::new().await;
    bench.put_fleet(3).await;
    let refused = TargetFault::Refused {
        problem: "the name is taken".to_owned(),
        field: Some("name".to_owned()),
    };
    bench.shelf.look().faults.push_back(refused);
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.names(), ["PC-0002", "PC-0003"]);
    let aside = bench.context.store.list_target_aside(TARGET, true).await.unwrap();
    assert_eq!(aside[0].reason, SetAsideReason::Refused);
    assert!(
        aside[0]
            .detail
            .problem
            .as_deref()
            .unwrap()
            .contains("the name is taken")
    );
    // Changed, it is tried again.
    bench.put_device(1, "PC-OTHER", "PF0TEST0001", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert!(bench.shelf.names().contains(&"PC-OTHER".to_owned()));
    assert!(
        bench
            .context
            .store
            .list_target_aside(TARGET, false)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn gone_is_a_state_and_back_again_is_the_same_record() {
    let mut bench = TargetBench::settled(30).await;
    bench.take_device(5, GoneReason::Deleted).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let record = bench.shelf.find_device(bench.device(5)).remove(0);
    assert_eq!(record.state, RecordState::Retired);
    bench.put_device(5, "PC-0005", "PF0TEST0005", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let back = bench.shelf.find_device(bench.device(5));
    assert_eq!(
        (back.len(), &back[0].id, back[0].state),
        (1, &record.id, RecordState::Active)
    );
    // What a filter leaves out is let go, untouched.
    bench.take_device(6, GoneReason::Filtered).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(bench.shelf.find_device(bench.device(6))[0].state, RecordState::Active);
}

#[tokio::test]
async fn a_device_that_enrolled_again_keeps_its_record() {
    let mut bench = TargetBench::settled(30).await;
    let record = bench.shelf.find_device(bench.device(3)).remove(0);
    bench.take_device(3, GoneReason::Deleted).await;
    bench.put_device(203, "PC-0003", "PF0TEST0003", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let now = bench.shelf.find_device(bench.device(203));
    assert_eq!(
        (now.len(), &now[0].id, now[0].state),
        (1, &record.id, RecordState::Active)
    );
    let store = &bench.context.store;
    let old = store
        .load_target_link(TARGET, (bench.instance.id, bench.device(3)))
        .await;
    assert_eq!(old.unwrap(), None, "the link became that of the new id");
}

#[tokio::test]
async fn more_than_an_ordinary_day_is_one_question_and_the_rest_goes_on() {
    let mut bench = TargetBench::settled(30).await;
    for number in 1..=14 {
        bench.take_device(number, GoneReason::Deleted).await;
    }
    bench.put_device(20, "PC-RENAMED", "PF0TEST0020", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let retired = |bench: &TargetBench| {
        let state = bench.shelf.look();
        state
            .records
            .values()
            .filter(|record| record.state == RecordState::Retired)
            .count()
    };
    assert_eq!(retired(&bench), 10);
    assert!(
        bench.shelf.names().contains(&"PC-RENAMED".to_owned()),
        "what is ordinary is written"
    );
    let (question, items) = bench.question().await.unwrap();
    assert!(!question.canary);
    assert!(items.len() == 4 && items.iter().all(|item| item.class == WriteClass::Retire));
    bench.consent().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert_eq!(retired(&bench), 14);
    assert!(bench.question().await.is_none());
}

#[tokio::test]
async fn another_mapping_begins_again_and_a_run_is_put_back_but_for_what_people_changed() {
    let mut bench = TargetBench::settled(30).await;
    let mut wrong = sample_mapping();
    wrong.fields[0].source = FieldSource::Value("WRONG".to_owned());
    let store = bench.context.store.clone();
    let saved = store.save_target_mapping(TARGET, wrong.to_text(), wrong.digest(), OperatorId(1));
    saved.await.unwrap();
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    let wrong_names = bench.shelf.names().iter().filter(|name| *name == "WRONG").count();
    assert_eq!(wrong_names, 20, "it is stopped");
    bench.consent().await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert!(bench.shelf.names().iter().all(|name| name == "WRONG"));
    let runs = store.list_target_runs(TARGET, 10).await.unwrap();
    let (consented, canary) = (runs[0].clone(), runs[1].clone());
    // Somebody has mended one by hand.
    let mended = {
        let mut state = bench.shelf.look();
        let record = state.records.get_mut("made-25").unwrap();
        record.values.insert("name".to_owned(), json!("MENDED"));
        record.device
    };
    for run in [&consented, &canary] {
        let limit = std::time::Duration::from_secs(60);
        let view = crate::targets::revert_run(&bench.context, run.id, limit).await.unwrap();
        assert!(view.complete);
        let left: Vec<_> = view.left.iter().map(|left| Some(left.device_id)).collect();
        assert!(left.iter().all(|device| *device == mended), "{left:?}");
    }
    let names = bench.shelf.names();
    assert!(!names.contains(&"WRONG".to_owned()) && names.contains(&"MENDED".to_owned()));
    // Nothing is written again by itself.
    bench.shelf.take_requests();
    bench.put_device(1, "PC-LATER", "PF0TEST0001", json!({})).await;
    assert_eq!(bench.pass().await.unwrap(), PassEnd::Asked);
    assert_eq!(bench.shelf.take_requests().1, 0);
    assert_eq!(
        store.load_target_state(TARGET).await.unwrap().phase,
        TargetPhase::Waiting
    );
}

#[tokio::test]
async fn a_preview_writes_nothing_and_tells_what_would_be() {
    let mut bench = TargetBench::new().await;
    bench.shelf.put_record("theirs", "PF0TEST0001", "OLD");
    bench.put_fleet(3).await;
    let limit = std::time::Duration::from_secs(60);
    let view = crate::targets::preview_target(&bench.context, 10, limit).await.unwrap();
    assert!(view.complete);
    assert_eq!((view.creates, view.adoptions, view.items.len()), (2, 1, 3));
    assert_eq!(bench.shelf.take_requests().1, 0);
    let counts = bench.context.store.count_target(TARGET).await.unwrap();
    assert_eq!((counts.linked, counts.intended, counts.set_aside), (0, 0, 0));
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    let view = crate::targets::preview_target(&bench.context, 10, limit).await.unwrap();
    assert_eq!((view.unchanged, view.items.len()), (3, 0));
    // By a mapping that nobody has set, which stays so.
    let mut other = sample_mapping();
    other.fields[0].source = FieldSource::Value("OTHER".to_owned());
    let tried = crate::targets::preview_mapping(&bench.context, &other, 10, limit).await;
    assert_eq!(tried.unwrap().changes, 3);
    assert_eq!(bench.pass().await.unwrap(), PassEnd::AtHead);
    assert!(!bench.shelf.names().contains(&"OTHER".to_owned()));
}
