//! One link from its intent on.

use super::*;
use crate::store::restore_backup;

fn intent(number: u128) -> TargetIntent {
    TargetIntent {
        instance: CONTOSO,
        device: device(number),
        device_name: Some(format!("PC-{number}")),
        serial: None,
        last_sync: None,
        snapshot: 0,
    }
}

#[tokio::test]
async fn a_record_is_intended_written_and_kept_with_what_is_known_of_it() {
    let bench = bench();
    assert_eq!(bench.link(1).await, None);
    bench.store.intend_target_record(TARGET, intent(1)).await.unwrap();
    let intended = bench.link(1).await.unwrap();
    assert_eq!((intended.phase, intended.record.as_str()), (LinkPhase::Intended, ""));
    assert_eq!((intended.written_at, intended.confirmed), (None, false));
    let links = bench.store.list_record_links(TARGET, String::new()).await.unwrap();
    assert_eq!(links, [], "no record is none");
    bench.write(None, vec![written(1, Some(WriteClass::Create))]).await;
    let link = bench.link(1).await.unwrap();
    assert_eq!(
        (link.phase, link.record.as_str(), link.fingerprint, link.confirmed),
        (LinkPhase::Active, "record-1", Some([1; 16]), true)
    );
    assert_eq!(
        (link.known.clone(), link.created_at),
        (values("after"), intended.created_at)
    );
    assert_eq!(link.written_at, Some(bench.clock.now()));
    // An intent takes nothing from a record that is there.
    bench.store.intend_target_record(TARGET, intent(1)).await.unwrap();
    assert_eq!(bench.link(1).await, Some(link));
    assert_eq!(bench.store.load_target_link(OTHER_TARGET, key(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_record_that_is_found_counts_as_made_and_only_where_a_link_waits_for_it() {
    let bench = bench();
    let run = bench
        .store
        .begin_target_run(TARGET, TargetRunKind::Normal, "mapping".to_owned(), None);
    let run = run.await.unwrap();
    let made = TargetMade {
        target: TARGET,
        written: written(1, Some(WriteClass::Create)),
        run: Some(run),
        day: today(),
    };
    assert!(
        !bench.store.keep_made_record(made.clone()).await.unwrap(),
        "it has no link"
    );
    assert_eq!(bench.link(1).await, None);
    bench.store.intend_target_record(TARGET, intent(1)).await.unwrap();
    assert!(bench.store.keep_made_record(made.clone()).await.unwrap());
    let link = bench.link(1).await.unwrap();
    assert_eq!((link.phase, link.record.as_str()), (LinkPhase::Active, "record-1"));
    assert_eq!(
        (link.known, link.written_at),
        (values("after"), Some(bench.clock.now()))
    );
    assert!(
        !bench.store.keep_made_record(made).await.unwrap(),
        "it leads to a record already"
    );
    let writes = bench.store.list_run_writes(run, None, 10).await.unwrap();
    let classes: Vec<WriteClass> = writes.iter().map(|write| write.class).collect();
    assert_eq!(classes, [WriteClass::Create], "once");
    let counts = bench.store.count_target_day(TARGET, today()).await.unwrap();
    assert_eq!((counts.written.create, bench.state().await.canary_written), (1, 1));
    let filter = TargetLinkFilter {
        target: TARGET,
        search: Some("record-1".to_owned()),
        limit: 10,
        ..TargetLinkFilter::default()
    };
    assert_eq!(bench.store.list_target_links(filter).await.unwrap().1, 1);
}

#[tokio::test]
async fn a_write_is_unanswered_at_all_links_of_its_record_until_something_tells_how_that_stands() {
    let bench = bench();
    let of_record = |number: u128, is_certain: bool| TargetWritten {
        record: "record-1".to_owned(),
        is_certain,
        ..written(number, Some(WriteClass::Change))
    };
    bench
        .write(None, vec![of_record(1, true), of_record(2, true), written(3, None)])
        .await;
    let send = async |user: Option<&str>| {
        let sending = TargetSending {
            record: "record-1".to_owned(),
            user: user.map(str::to_owned),
        };
        bench.store.mark_target_sendings(TARGET, vec![sending]).await.unwrap();
        bench.link(1).await.unwrap().unanswered
    };
    let users = |users: &[&str]| Some(users.iter().map(ToString::to_string).collect::<Vec<String>>());
    assert_eq!(send(None).await, users(&[]));
    assert_eq!(send(Some("anna")).await, users(&["anna"]));
    for user in ["", "ann", "anna", ""] {
        send(Some(user)).await;
    }
    assert_eq!(
        bench.link(2).await.unwrap().unanswered,
        users(&["anna", "", "ann"]),
        "each once"
    );
    assert_eq!(bench.link(3).await.unwrap().unanswered, None, "it has another record");
    assert!(bench.store.move_target_link(TARGET, key(1), key(4)).await.unwrap());
    bench.write(None, vec![of_record(4, false)]).await;
    assert_eq!(bench.link(4).await.unwrap().unanswered, users(&["anna", "", "ann"]));
    bench.write(None, vec![of_record(2, true)]).await;
    for number in [2, 4] {
        assert_eq!(bench.link(number).await.unwrap().unanswered, None, "{number}");
    }
}

#[tokio::test]
async fn what_is_only_looked_at_is_no_write_and_what_is_gone_keeps_its_name() {
    let bench = bench();
    bench.write(None, vec![written(1, None)]).await;
    let link = bench.link(1).await.unwrap();
    assert_eq!((link.written_at, link.confirmed), (None, true));
    assert_eq!(bench.state().await.last_write_at, None);
    let mut gone = written(1, Some(WriteClass::Retire));
    (gone.phase, gone.device_name, gone.serial) = (LinkPhase::Gone, None, None);
    bench.write(None, vec![gone]).await;
    let link = bench.link(1).await.unwrap();
    let about = (link.phase, link.device_name.as_deref(), link.serial.as_deref());
    assert_eq!(about, (LinkPhase::Gone, Some("PC-1"), Some("SN0001")));
    let filter = TargetLinkFilter {
        target: TARGET,
        search: Some("pc-1".to_owned()),
        limit: 10,
        ..TargetLinkFilter::default()
    };
    assert_eq!(bench.store.list_target_links(filter).await.unwrap().1, 1);
}

#[tokio::test]
async fn one_record_may_have_links_of_several_instances() {
    let bench = bench();
    let mut moved = written(2, None);
    (moved.instance, moved.record) = (FABRIKAM, "record-1".to_owned());
    bench
        .write(None, vec![written(1, Some(WriteClass::Create)), moved])
        .await;
    let links = bench
        .store
        .list_record_links(TARGET, "record-1".to_owned())
        .await
        .unwrap();
    let keys: Vec<TargetKey> = links.iter().map(TargetLinkRow::key).collect();
    assert_eq!(keys, [key(1), (FABRIKAM, device(2))]);
    let found = bench
        .store
        .load_target_links(TARGET, vec![key(1), key(2), (FABRIKAM, device(2))]);
    let found: Vec<TargetKey> = found.await.unwrap().into_keys().collect();
    assert_eq!(found, keys);
}

#[tokio::test]
async fn a_device_that_replaces_another_gets_its_record() {
    let bench = bench();
    bench.create(1..3).await;
    bench.store.intend_target_record(TARGET, intent(3)).await.unwrap();
    let moved = |from, to| bench.store.move_target_link(TARGET, key(from), key(to));
    assert!(!moved(1, 2).await.unwrap(), "the other one has a record of its own");
    assert!(!moved(9, 3).await.unwrap(), "there is nothing to move");
    assert!(!moved(1, 1).await.unwrap());
    assert!(moved(1, 3).await.unwrap(), "an intent is no record");
    assert_eq!(bench.link(1).await, None);
    let link = bench.link(3).await.unwrap();
    assert_eq!((link.record.as_str(), link.fingerprint), ("record-1", None));
    assert_eq!(
        (link.known, link.phase, link.confirmed),
        (values("after"), LinkPhase::Active, true),
        "the record stands as it stood"
    );
    let by_id = TargetLinkFilter {
        target: TARGET,
        search: Some(device(3).to_string()),
        limit: 10,
        ..TargetLinkFilter::default()
    };
    assert_eq!(bench.store.list_target_links(by_id).await.unwrap().1, 1);
}

#[tokio::test]
async fn phases_and_errors_of_a_page_are_kept_and_a_write_takes_the_error_away() {
    let bench = bench();
    bench.create(1..4).await;
    let phases = bench
        .store
        .set_target_link_phases(TARGET, vec![key(1), key(9)], LinkPhase::Released);
    assert_eq!(phases.await.unwrap(), 1, "one of them has a link");
    let failed = |number, error| bench.store.set_target_link_error(TARGET, key(number), error);
    assert!(failed(2, Some(problem("refused"))).await.unwrap());
    assert!(!failed(9, Some(problem("refused"))).await.unwrap());
    assert_eq!(bench.link(2).await.unwrap().last_error, Some(problem("refused")));
    let counts = bench.store.count_target(TARGET).await.unwrap();
    assert_eq!((counts.linked, counts.released, counts.failing), (2, 1, 1));
    bench.write(None, vec![written(2, Some(WriteClass::Change))]).await;
    assert_eq!(bench.link(2).await.unwrap().last_error, None);
    assert!(failed(3, Some(problem("refused"))).await.unwrap());
    assert!(failed(3, None).await.unwrap());
    assert_eq!(bench.store.count_target(TARGET).await.unwrap().failing, 0);
}

#[tokio::test]
async fn f4_what_a_snapshot_lacked_is_listed_and_nothing_else() {
    let bench = bench();
    bench.create(1..6).await;
    let begin = || bench.store.begin_target_snapshot(TARGET, CONTOSO);
    assert_eq!(begin().await.unwrap(), 1);
    // The page with the begin is read again.
    let snapshot = begin().await.unwrap();
    let progress = bench.store.load_target_progress(TARGET).await.unwrap();
    assert_eq!(
        progress,
        [TargetProgressRow {
            instance: CONTOSO,
            snapshot: 2,
            open: true
        }]
    );
    let seen = vec![(key(2), snapshot), (key(9), snapshot)];
    bench.store.mark_target_seen(TARGET, seen).await.unwrap();
    let mut changed = written(3, Some(WriteClass::Change));
    changed.snapshot = snapshot;
    bench.write(None, vec![changed]).await;
    let left = bench.store.set_target_link_phase(TARGET, key(5), LinkPhase::Released);
    assert!(left.await.unwrap());
    let unseen = bench
        .store
        .list_unseen_links(TARGET, CONTOSO, snapshot, 1)
        .await
        .unwrap();
    assert_eq!(unseen.iter().map(TargetLinkRow::key).collect::<Vec<_>>(), [key(1)]);
    let rest = UnseenLinks {
        target: TARGET,
        instance: CONTOSO,
        snapshot,
        after: Some(device(1)),
        limit: 10,
    };
    let rest = bench.store.list_unseen_links_after(rest).await.unwrap();
    assert_eq!(rest.iter().map(TargetLinkRow::key).collect::<Vec<_>>(), [key(4)]);
    bench.store.end_target_snapshot(TARGET, CONTOSO).await.unwrap();
    assert!(!bench.store.load_target_progress(TARGET).await.unwrap()[0].open);
    let other = bench.store.begin_target_snapshot(TARGET, FABRIKAM).await.unwrap();
    assert_eq!(other, 1, "each instance has its own");
}

#[tokio::test]
async fn a8_after_a_restore_links_stay_unconfirmed_and_consent_is_gone() {
    let bench = bench();
    bench.create(1..3).await;
    bench.ask("first", 10..12).await;
    assert_eq!(bench.consent("first").await, Some(QuestionState::Consented));
    bench.ask("second", 12..13).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup.db");
    bench.store.write_backup(&file).await.unwrap();
    let Bench { folder, store, clock } = bench;
    drop(store);
    restore_backup(folder.path(), &file, &KEY).unwrap();
    let store = Store::open(folder.path(), clock.clone(), KEY).unwrap();
    let bench = Bench { folder, store, clock };
    let link = bench.link(1).await.unwrap();
    assert_eq!(
        (link.record.as_str(), link.confirmed, link.fingerprint),
        ("record-1", false, None)
    );
    assert_eq!(bench.state().await.phase, TargetPhase::Waiting);
    assert_eq!(bench.allowed().await, []);
    for digest in ["first", "second"] {
        assert_eq!(bench.question_state(digest).await, Some(QuestionState::Void));
        assert_eq!(bench.consent(digest).await, None);
    }
    // Somebody has looked over there.
    bench.write(None, vec![written(1, None)]).await;
    assert!(bench.link(1).await.unwrap().confirmed);
    // And asks anew.
    bench.ask("first", 10..12).await;
    assert_eq!(bench.consent("first").await, Some(QuestionState::Consented));
    assert_eq!(bench.allowed().await, [device(10), device(11)]);
}

#[tokio::test]
async fn what_stands_in_a_found_record_is_kept_before_it_is_written_and_takes_nothing_from_a_link() {
    let bench = bench();
    let found = |number: u128| TargetFound {
        instance: CONTOSO,
        device: device(number),
        record: format!("found-{number}"),
        origin: LinkOrigin::Adopted,
        phase: LinkPhase::Active,
        known: values("theirs"),
        user: Some(format!("user-{number}")),
        snapshot: 0,
        device_name: Some(format!("PC-{number}")),
        serial: None,
    };
    bench.store.intend_target_record(TARGET, intent(2)).await.unwrap();
    bench.create(3..4).await;
    let kept = bench.store.keep_found_records(TARGET, (1..4).map(found).collect());
    kept.await.unwrap();
    for number in 1..3 {
        let link = bench.link(number).await.unwrap();
        assert_eq!(
            (link.record, link.origin, link.phase),
            (format!("found-{number}"), LinkOrigin::Adopted, LinkPhase::Active)
        );
        assert_eq!((link.known, link.fingerprint), (values("theirs"), None));
        assert_eq!(link.user, Some(format!("user-{number}")));
        assert!(link.confirmed && link.written_at.is_none(), "nothing is written yet");
    }
    let own = bench.link(3).await.unwrap();
    assert_eq!((own.record.as_str(), own.known), ("record-3", values("after")));
}
