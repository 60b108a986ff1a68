//! Applications and their removal, licences, terms, webhooks.

use super::*;

#[tokio::test]
async fn sh_01_sh_05_an_application_is_linked_to_one_app_and_ordered_only_once_it_is_prepared() {
    let bench = bench(|_| ()).await;
    let store = &bench.store;
    let save = |id: &str, app: &str| store.save_application(application(id, app), judge_change);
    assert_eq!(save("zoom", "APP-1").await.unwrap(), ApplicationSaved::Changed);
    let fixed = save("zoom", "app-2").await.unwrap();
    assert!(matches!(fixed, ApplicationSaved::LinkFixed(row) if row.app == "app-1"));
    assert_eq!(
        save("other", "App-1").await.unwrap(),
        ApplicationSaved::AppTaken("zoom".to_owned())
    );
    assert_eq!(save("seven", "app-7").await.unwrap(), ApplicationSaved::Added);
    let mut unprepared = order("A", OrderKind::Install, "PC-1");
    unprepared.application = "seven".to_owned();
    let refused = store.place_order(unprepared, Vec::new()).await.unwrap();
    assert!(matches!(refused, OrderPlaced::NotOrderable(_)), "{refused:?}");
    let due = store.due_applications(INSTANCE, bench.clock.now(), 10).await.unwrap();
    assert_eq!(due.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["seven"]);
    let filter = ApplicationFilter {
        search: Some("FÜR".to_owned()),
        limit: 1,
        ..ApplicationFilter::default()
    };
    let (page, total) = store.list_applications(filter).await.unwrap();
    assert_eq!((page[0].id.as_str(), total), ("seven", 2));
}

#[tokio::test]
async fn licences_are_used_from_acceptance_to_the_end_or_the_uninstallation_and_the_next_waits_for_one() {
    let bench = bench(|about| about.licences = Some(1)).await;
    bench.install("A", "PC-1").await;
    assert_eq!(bench.install("B", "PC-2").await.state, OrderState::WaitingForLicence);
    bench.install("C", "PC-3").await;
    bench.carry_out("A", "o-1", None).await;
    assert_eq!(bench.zoom().await.licences_in_use, 1);
    assert_eq!(bench.state("B").await, OrderState::WaitingForLicence);
    bench.place("D", OrderKind::Uninstall, "PC-1").await;
    bench.carry_out("D", "o-1", None).await;
    assert_eq!(bench.state("B").await, OrderState::Accepted);
    bench
        .store
        .cancel_order("B".to_owned(), ANNA, None, Vec::new())
        .await
        .unwrap();
    assert_eq!(bench.state("C").await, OrderState::Accepted);
    let counts = bench.store.count_orders(INSTANCE).await.unwrap();
    assert_eq!((counts.open, counts.waiting_for_licence), (1, 0));
}

#[tokio::test]
async fn a_term_is_told_before_its_end_and_at_its_end_and_once_each() {
    let bench = bench(|about| (about.term_days, about.reminder_days) = (Some(30), Some(7))).await;
    let key = bench.install("A", "PC-1").await.key;
    let end = bench.clock.now() + TimeDelta::days(30);
    bench.carry_out("A", "o-1", Some(end)).await;
    let remind = || bench.store.orders_to_remind(INSTANCE, bench.clock.now(), 10);
    let ended = || bench.store.orders_with_ended_term(INSTANCE, bench.clock.now(), 10);
    bench.clock.advance(TimeDelta::days(22));
    assert_eq!(remind().await.unwrap(), []);
    bench.clock.advance(TimeDelta::days(1));
    assert_eq!(remind().await.unwrap().len(), 1);
    bench
        .store
        .record_order_event(key, OrderEvent::ReminderDue, Map::new())
        .await
        .unwrap();
    assert_eq!((remind().await.unwrap(), ended().await.unwrap()), (vec![], vec![]));
    bench.clock.advance(TimeDelta::days(7));
    assert_eq!(ended().await.unwrap().len(), 1);
    bench
        .store
        .record_order_event(key, OrderEvent::TermEnded, Map::new())
        .await
        .unwrap();
    assert_eq!(ended().await.unwrap(), []);
}

#[tokio::test]
async fn the_end_of_a_term_frees_the_licence_and_whoever_had_it_can_order_again() {
    let bench = bench(|about| {
        (about.licences, about.term_days, about.reshoppable) = (Some(1), Some(30), true);
    })
    .await;
    let end = bench.clock.now() + TimeDelta::days(30);
    bench.install("A", "PC-1").await;
    bench.carry_out("A", "o-1", Some(end)).await;
    // Ordered again: the same installation, with a term of its own.
    let key = bench.install("B", "PC-1").await.key;
    bench.carry_out("B", "o-1", Some(end)).await;
    assert_eq!(bench.install("C", "PC-2").await.state, OrderState::WaitingForLicence);
    bench.clock.advance(TimeDelta::days(31));
    let due = bench.store.orders_with_ended_term(INSTANCE, bench.clock.now(), 10);
    let due: Vec<i64> = due.await.unwrap().iter().map(|order| order.key).collect();
    assert_eq!(due, [key], "the later one alone");
    bench
        .store
        .record_order_event(key, OrderEvent::TermEnded, Map::new())
        .await
        .unwrap();
    assert_eq!(bench.state("C").await, OrderState::Accepted);
    assert!(bench.order("A").await.term_ended_at.is_some());
    assert_eq!(bench.zoom().await.licences_in_use, 1);
}

#[tokio::test]
async fn what_was_taken_back_at_the_end_of_its_term_is_not_ordered_already() {
    let bench = bench(|about| about.term_days = Some(1)).await;
    let key = bench.install("A", "PC-1").await.key;
    bench.carry_out("A", "o-1", Some(bench.clock.now())).await;
    bench
        .store
        .record_order_event(key, OrderEvent::TermEnded, Map::new())
        .await
        .unwrap();
    assert_eq!(bench.install("B", "PC-1").await.state, OrderState::Accepted);
}

#[tokio::test]
async fn sh_14_a_removed_application_cancels_its_orders_and_stays_until_it_is_cleaned_up() {
    let bench = bench(|_| ()).await;
    bench.install("A", "PC-1").await;
    let removed = bench
        .store
        .begin_application_removal("zoom".to_owned(), true, |_| None)
        .await
        .unwrap();
    assert_eq!((removed, bench.state("A").await), (Some(1), OrderState::Cancelled));
    let zoom = bench.zoom().await;
    assert_eq!((zoom.state, zoom.clean_up), (ApplicationState::Removing, true));
    assert!(!bench.store.complete_application(zoom.key).await.unwrap());
    assert!(bench.store.finish_application_removal(zoom.key).await.unwrap());
    assert_eq!(bench.store.load_application("zoom".to_owned()).await.unwrap(), None);
    let kept = bench.order("A").await;
    assert_eq!((kept.application.as_str(), kept.application_key), ("zoom", 0));
}

#[tokio::test]
async fn a_webhook_is_due_until_it_is_delivered_or_given_up() {
    let bench = bench(|_| ()).await;
    let tell = vec![webhook("A", WebhookPurpose::OrderStatus)];
    bench
        .store
        .place_order(order("A", OrderKind::Install, "PC-1"), tell)
        .await
        .unwrap();
    let due = || bench.store.due_instance_webhooks(INSTANCE, bench.clock.now(), 10);
    let id = due().await.unwrap()[0].id.clone();
    assert!(id.starts_with("msg_"));
    let retry = WebhookAttempt::Retry {
        at: bench.clock.now() + TimeDelta::seconds(5),
        error: "503".to_owned(),
    };
    assert!(bench.store.record_webhook_attempt(id.clone(), retry).await.unwrap());
    assert_eq!(due().await.unwrap(), []);
    bench.clock.advance(TimeDelta::seconds(5));
    assert_eq!(due().await.unwrap()[0].attempts, 1);
    assert!(
        bench
            .store
            .record_webhook_attempt(id, WebhookAttempt::Delivered)
            .await
            .unwrap()
    );
    assert_eq!(due().await.unwrap(), []);
    assert_eq!(
        bench
            .store
            .list_webhooks(Some(WebhookState::Delivered))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn an_application_that_moved_is_found_behind_a_position_as_it_stands() {
    let bench = bench(|_| ()).await;
    let moved = async |after: i64| -> Vec<(i64, Option<ApplicationState>)> {
        let moves = bench.store.list_application_moves(after, 10).await.unwrap();
        assert!(
            moves
                .iter()
                .all(|moved| moved.id == "zoom" && moved.instance == INSTANCE)
        );
        moves.into_iter().map(|moved| (moved.position, moved.state)).collect()
    };
    let newest = async || bench.store.newest_application_position().await.unwrap();
    let made = newest().await;
    assert_eq!(moved(0).await, [(made, Some(ApplicationState::CreationSucceeded))]);
    assert_eq!(moved(made).await, []);
    // The clock stands still all the time.
    let links = ApplicationLinks {
        install_group: Some("g-1".to_owned()),
        ..ApplicationLinks::default()
    };
    let key = bench.zoom().await.key;
    bench.store.record_application_links(key, links).await.unwrap();
    let linked = newest().await;
    assert_eq!(moved(made).await, [(linked, Some(ApplicationState::CreationSucceeded))]);
    let begin = bench.store.begin_application_removal("zoom".to_owned(), true, |_| None);
    assert_eq!(begin.await.unwrap(), Some(0));
    let going = newest().await;
    assert_eq!(moved(linked).await, [(going, Some(ApplicationState::Removing))]);
    assert!(bench.store.finish_application_removal(key).await.unwrap());
    assert_eq!(moved(going).await, [(newest().await, None)]);
    assert_eq!(
        bench
            .store
            .save_application(application("zoom", "app-1"), judge_change)
            .await
            .unwrap(),
        ApplicationSaved::Added
    );
    assert_eq!(moved(going).await, [(newest().await, Some(ApplicationState::Pending))]);
}

#[tokio::test]
async fn a_webhook_that_was_given_up_is_sent_again_unless_a_newer_one_is_about_the_same_order() {
    let bench = bench(|_| ()).await;
    let tell = vec![
        webhook("A", WebhookPurpose::OrderStatus),
        webhook("A", WebhookPurpose::OrderStatus),
    ];
    let placed = bench.store.place_order(order("A", OrderKind::Install, "PC-1"), tell);
    placed.await.unwrap();
    let page = bench.store.list_webhook_page(WebhookFilter {
        limit: 10,
        ..WebhookFilter::default()
    });
    let (rows, total) = page.await.unwrap();
    assert_eq!(total, 2);
    let (newer, older) = (&rows[0].1, &rows[1].1);
    for row in [older, newer] {
        let error = "HTTP 410".to_owned();
        let dead = bench
            .store
            .record_webhook_attempt(row.id.clone(), WebhookAttempt::Dead { error });
        assert!(dead.await.unwrap());
    }
    let retry = |row: &WebhookRow| bench.store.retry_webhook(row.id.clone());
    assert!(matches!(retry(older).await.unwrap(), Some(WebhookRetried::Outdated(_))));
    let Some(WebhookRetried::Retried(retried)) = retry(newer).await.unwrap() else {
        panic!("it is not sent again")
    };
    assert_eq!((retried.state, retried.attempts), (WebhookState::Waiting, 1));
    let sendable = bench
        .store
        .list_sendable_webhooks(INSTANCE, WebhookPurpose::OrderStatus, bench.clock.now(), 10)
        .await
        .unwrap();
    assert_eq!(sendable, [retried]);
    let delivered = bench
        .store
        .record_webhook_attempt(newer.id.clone(), WebhookAttempt::Delivered);
    assert!(delivered.await.unwrap());
    assert!(matches!(
        retry(newer).await.unwrap(),
        Some(WebhookRetried::Delivered(_))
    ));
    assert_eq!(bench.store.retry_webhook("msg_0".to_owned()).await.unwrap(), None);
}

#[tokio::test]
async fn an_order_that_was_judged_under_another_approval_is_not_taken() {
    let bench = bench(|about| about.approval = ApprovalMode::Operator).await;
    let placed = bench
        .store
        .place_order(order("A", OrderKind::Install, "PC-1"), Vec::new());
    let refused = placed.await.unwrap();
    assert!(matches!(refused, OrderPlaced::ApprovalChanged(_)), "{refused:?}");
    let mut follows = order("A", OrderKind::Install, "PC-1");
    follows.approval = ApprovalMode::Operator;
    let placed = bench.store.place_order(follows, Vec::new()).await.unwrap();
    assert!(matches!(placed, OrderPlaced::Placed(_)), "{placed:?}");
}
