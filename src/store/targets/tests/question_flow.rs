//! Questions, consent, and what a day may write.

use super::*;

async fn save_mapping(bench: &Bench, digest: &str) {
    let saved = bench
        .store
        .save_target_mapping(TARGET, "{}".to_owned(), digest.to_owned(), ANNA);
    assert_eq!(saved.await.unwrap().digest, digest);
}

#[tokio::test]
async fn consent_allows_each_write_once_and_nothing_else() {
    let bench = bench();
    let id = bench.ask("first", 1..4).await;
    assert_eq!(bench.ask("first", 1..4).await, id, "it waits already");
    assert_eq!(bench.state().await.phase, TargetPhase::Waiting);
    let waiting = bench.store.find_waiting_question(TARGET).await.unwrap().unwrap();
    assert_eq!((waiting.id, waiting.counts.create), (id, 3));
    assert_eq!(bench.consent("unknown").await, None);
    assert_eq!(bench.consent("first").await, Some(QuestionState::Consented));
    assert_eq!(
        bench.consent("first").await,
        Some(QuestionState::Consented),
        "once more"
    );
    let state = bench.state().await;
    assert_eq!(
        (state.phase, state.mapping_digest.as_deref()),
        (TargetPhase::Open, Some("mapping"))
    );
    assert_eq!(bench.store.find_waiting_question(TARGET).await.unwrap(), None);
    let asked = vec![
        (key(1), WriteClass::Create),
        (key(1), WriteClass::Retire),
        (key(9), WriteClass::Create),
    ];
    let found = bench.store.find_target_allowances(TARGET, asked).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(key(1), WriteClass::Create)]);
    bench.create(1..3).await;
    assert_eq!(bench.allowed().await, [device(3)]);
    // Whoever has not seen the consent yet asks once more: it holds.
    assert_eq!(bench.ask("first", 1..4).await, id);
    assert_eq!(bench.question_state("first").await, Some(QuestionState::Consented));
    bench.create(3..5).await;
    assert_eq!(bench.allowed().await, []);
    assert_eq!(bench.question_state("first").await, Some(QuestionState::Done));
    let day = bench.store.count_target_day(TARGET, today()).await.unwrap();
    assert_eq!((day.written.create, day.consented.create), (4, 3));
    assert_eq!(
        day.count_ordinary(WriteClass::Create),
        1,
        "what people agreed to takes nothing from the day"
    );
}

#[tokio::test]
async fn a_question_that_was_superseded_can_be_answered_for_its_own_writes() {
    let bench = bench();
    bench.ask("first", 1..3).await;
    bench.ask("second", 1..4).await;
    assert_eq!(bench.question_state("first").await, Some(QuestionState::Superseded));
    assert_eq!(bench.consent("first").await, Some(QuestionState::Consented));
    assert_eq!(bench.allowed().await, [device(1), device(2)]);
    assert_eq!(bench.question_state("second").await, Some(QuestionState::Superseded));
    assert!(!bench.store.supersede_target_questions(TARGET).await.unwrap());
    for number in 0..30 {
        bench.ask(&format!("more-{number}"), 20..22).await;
    }
    assert_eq!(
        bench.question_state("second").await,
        Some(QuestionState::Void),
        "too long ago"
    );
    assert_eq!(
        bench.question_state("more-9").await,
        Some(QuestionState::Superseded),
        "twenty minutes ago, perhaps"
    );
    assert!(bench.store.supersede_target_questions(TARGET).await.unwrap());
    assert_eq!(bench.store.drop_target_allowances(TARGET).await.unwrap(), 2);
    assert_eq!(bench.question_state("first").await, Some(QuestionState::Done));
}

#[tokio::test]
async fn the_items_of_a_question_are_read_in_pages() {
    let bench = bench();
    let mut new = question("first", 1..4);
    new.items.push(TargetQuestionItem {
        record: Some("record-2".to_owned()),
        ..item(2, WriteClass::Retire)
    });
    let id = bench.store.ask_target_question(new).await.unwrap();
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = bench.store.list_question_items(id, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.instance, last.device, last.class));
        read.extend(page);
    }
    let classes: Vec<(DeviceId, WriteClass)> = read.iter().map(|item| (item.device, item.class)).collect();
    let (create, retire) = (WriteClass::Create, WriteClass::Retire);
    assert_eq!(
        classes,
        [
            (device(1), create),
            (device(2), create),
            (device(2), retire),
            (device(3), create)
        ]
    );
    assert_eq!(read[2].record.as_deref(), Some("record-2"));
}

#[tokio::test]
async fn another_mapping_begins_with_its_first_records_and_takes_all_consent_away() {
    let bench = bench();
    save_mapping(&bench, "one").await;
    bench.create(1..3).await;
    assert_eq!(bench.state().await.canary_written, 2);
    bench.ask("first", 10..13).await;
    assert_eq!(bench.consent("first").await, Some(QuestionState::Consented));
    bench.create(3..4).await;
    assert_eq!(bench.state().await.canary_written, 2, "it writes freely");
    save_mapping(&bench, "one").await;
    assert_eq!(bench.state().await.phase, TargetPhase::Open, "it is the same");
    bench.ask("second", 20..23).await;
    save_mapping(&bench, "two").await;
    let state = bench.state().await;
    assert_eq!((state.phase, state.canary_written), (TargetPhase::Canary, 0));
    assert_eq!(bench.allowed().await, []);
    for digest in ["first", "second"] {
        assert_eq!(bench.consent(digest).await, None, "{digest}");
    }
    let row = bench.store.load_target_mapping(TARGET).await.unwrap().unwrap();
    assert_eq!((row.digest.as_str(), row.changed_by), ("two", ANNA));
    assert!(bench.store.remove_target_mapping(TARGET).await.unwrap());
    assert!(!bench.store.remove_target_mapping(TARGET).await.unwrap());
    assert_eq!(bench.store.load_target_mapping(TARGET).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_of_the_state_does_not_undo_what_came_meanwhile() {
    let bench = bench();
    let pause = TargetPause {
        code: "unreachable".to_owned(),
        problem: "It does not answer.".to_owned(),
        advice: "Start it.".to_owned(),
        since: bench.clock.now(),
        until: None,
    };
    let sign_in = TargetSignIn {
        mark: "ab".to_owned(),
        asked_at: bench.clock.now(),
        ends_at: Some(bench.clock.now()),
    };
    let change = TargetStateChange {
        phase: Some((TargetPhase::Canary, TargetPhase::Waiting)),
        pause: Some(Some(pause.clone())),
        last_error: Some(Some(problem("unreachable"))),
        requests: 3,
        canary_refused: 2,
        sign_in: Some(sign_in.clone()),
    };
    let saved = bench.store.save_target_state(TARGET, change).await.unwrap();
    assert_eq!(saved.canary_written, 2);
    assert_eq!(
        (saved.phase, saved.pause.as_ref()),
        (TargetPhase::Waiting, Some(&pause))
    );
    bench.ask("first", 1..2).await;
    bench.consent("first").await;
    let late = TargetStateChange {
        phase: Some((TargetPhase::Waiting, TargetPhase::Canary)),
        pause: Some(None),
        ..TargetStateChange::default()
    };
    let saved = bench.store.save_target_state(TARGET, late).await.unwrap();
    assert_eq!((saved.phase, saved.pause), (TargetPhase::Open, None));
    assert_eq!((saved.requests, saved.last_error), (3, Some(problem("unreachable"))));
    assert_eq!(bench.state().await.sign_in, Some(sign_in));
}

#[tokio::test]
async fn days_on_which_a_class_was_not_written_count_as_none_of_it() {
    let bench = bench();
    let mut changes = batch(None, vec![written(1, Some(WriteClass::Change))]);
    changes.day = NaiveDate::from_ymd_opt(2026, 2, 27).unwrap();
    let day = changes.day;
    bench.store.record_target_writes(changes).await.unwrap();
    bench.create(1..4).await;
    let days = |class| bench.store.list_target_days(TARGET, class, 10);
    assert_eq!(days(WriteClass::Create).await.unwrap(), [(today(), 3), (day, 0)]);
    assert_eq!(days(WriteClass::Change).await.unwrap(), [(today(), 0), (day, 1)]);
    let newest = bench.store.list_target_days(TARGET, WriteClass::Create, 1);
    assert_eq!(newest.await.unwrap(), [(today(), 3)]);
}
