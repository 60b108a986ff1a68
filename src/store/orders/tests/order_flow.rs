//! An order is placed once, approved, claimed, delayed, replaced, cancelled.

use serde_json::json;

use super::*;

#[tokio::test]
async fn sh_25_an_order_is_placed_once_and_claimed_by_one_worker_and_again_after_a_crash() {
    let bench = bench(|_| ()).await;
    let placed = bench.install("A", "PC-1").await;
    let again = |new| bench.store.place_order(new, Vec::new());
    let known = again(order("A", OrderKind::Install, "PC-1")).await.unwrap();
    assert_eq!(known, OrderPlaced::Known(placed));
    let conflict = again(order("A", OrderKind::Uninstall, "PC-1")).await.unwrap();
    assert!(matches!(conflict, OrderPlaced::Conflict(_)), "{conflict:?}");
    let twice = again(order("B", OrderKind::Install, "pc-1")).await.unwrap();
    assert!(matches!(twice, OrderPlaced::AlreadyOrdered(_)), "{twice:?}");

    assert_eq!(bench.claim("first").await, ["A"]);
    assert_eq!(bench.claim("first").await, [""; 0]);
    assert_eq!(
        bench.claim("second").await,
        ["A"],
        "the process died and was started again"
    );
    assert!(!bench.process("A", "first").await);
    assert_eq!(bench.resolve("A", "second", "o-1").await, [""; 0]);
    assert!(bench.process("A", "second").await);
    assert_eq!(
        bench.events("A").await,
        [
            OrderEvent::Placed,
            OrderEvent::Accepted,
            OrderEvent::Resolved,
            OrderEvent::Processed
        ]
    );
    let newest = bench.store.newest_order_position().await.unwrap();
    let changes = bench
        .store
        .list_order_changes(Some(vec![INSTANCE]), newest - 1, 10)
        .await
        .unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].0.detail["state"], "processed");
    assert_eq!(
        bench.store.list_order_changes(Some(Vec::new()), 0, 10).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn sh_29_a_later_order_for_the_opposite_ends_the_earlier_one() {
    let bench = bench(|_| ()).await;
    bench.install("A", "PC-1").await;
    assert_eq!(bench.claim("worker").await, ["A"]);
    assert_eq!(bench.resolve("A", "worker", "o-1").await, [""; 0]);
    assert!(bench.process("A", "worker").await);
    bench.place("B", OrderKind::Uninstall, "7809c88c").await;
    assert_eq!(bench.claim("worker").await, ["B"]);
    assert_eq!(bench.resolve("B", "worker", "o-1").await, ["A"]);
    let replaced = bench.order("A").await;
    assert_eq!((replaced.state, replaced.status), (OrderState::Replaced, Some(0)));
    // Overtaken: it is looked up only when the later one has already reached the tenant.
    bench.install("C", "pc-one").await;
    assert!(bench.claim("worker").await.contains(&"C".to_owned()));
    bench.place("D", OrderKind::Uninstall, "PC-1").await;
    assert_eq!(bench.claim("worker").await, ["D"]);
    assert_eq!(bench.resolve("D", "worker", "o-1").await, [""; 0]);
    assert!(bench.process("D", "worker").await);
    assert_eq!(bench.resolve("C", "worker", "o-1").await, ["C"]);
    assert_eq!(bench.state("C").await, OrderState::Replaced);
    let told = bench.store.list_webhooks(Some(WebhookState::Waiting)).await.unwrap();
    let told: Vec<&str> = told.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!(told, ["C", "A"], "each that was replaced, newest first");
}

#[tokio::test]
async fn sh_21_an_order_that_waits_for_approval_is_decided_once_and_nobody_is_asked_any_more() {
    let bench = bench(|_| ()).await;
    for id in ["A", "B"] {
        let mut new = order(id, OrderKind::Install, id);
        new.approval = ApprovalMode::Operator;
        let ask = vec![webhook(id, WebhookPurpose::ApprovalRequest)];
        bench.store.place_order(new, ask).await.unwrap();
    }
    assert_eq!(bench.claim("worker").await, [""; 0]);
    let decide = |id: &str, approved| {
        let reason = Some("too dear".to_owned());
        bench
            .store
            .decide_order(id.to_owned(), approved, Some(ANNA), reason, Vec::new())
    };
    assert!(matches!(decide("A", true).await.unwrap(), Some(Ok(row)) if row.state == OrderState::Accepted));
    let rejected = decide("B", false).await.unwrap().unwrap().unwrap();
    assert_eq!(
        (rejected.status, rejected.message.as_deref()),
        (Some(0), Some("too dear"))
    );
    assert!(matches!(decide("A", false).await.unwrap(), Some(Err(_))));
    assert_eq!(decide("nosuch", true).await.unwrap(), None);
    let events = bench.store.list_order_events("A".to_owned()).await.unwrap();
    assert_eq!(events[2].event, OrderEvent::Approved);
    assert_eq!(
        (events[2].by.as_deref(), &events[2].detail["reason"]),
        (Some("1"), &json!("too dear"))
    );
    let waiting = bench.store.due_webhooks(bench.clock.now(), 10).await.unwrap();
    assert_eq!(waiting, []);
}

#[tokio::test]
async fn sh_26_a_delayed_order_waits_and_one_that_failed_before_it_was_processed_can_be_tried_again() {
    let bench = bench(|_| ()).await;
    let key = bench.install("A", "PC-1").await.key;
    let failure = StepFailure {
        code: "graphDown".to_owned(),
        message: "Graph does not answer.".to_owned(),
        advice: "Wait.".to_owned(),
        lost: None,
    };
    assert_eq!(bench.claim("worker").await, ["A"]);
    let next = bench.clock.now() + TimeDelta::minutes(1);
    assert!(
        bench
            .store
            .delay_order(key, "worker", failure.clone(), next)
            .await
            .unwrap()
    );
    assert_eq!(bench.claim("worker").await, [""; 0]);
    bench.clock.advance(TimeDelta::minutes(1));
    assert_eq!(bench.claim("worker").await, ["A"]);
    let end = OrderEnd {
        failure: Some(failure),
        ..OrderEnd::without_success(OrderState::Failed)
    };
    assert!(bench.store.end_order(key, end.clone(), None).await.unwrap());
    assert!(!bench.store.end_order(key, end, None).await.unwrap());
    let retried = bench
        .store
        .retry_order("A".to_owned(), ANNA)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(
        (retried.state, retried.status, retried.failure),
        (OrderState::Accepted, None, None)
    );
    bench.carry_out("A", "o-1", None).await;
    assert!(matches!(
        bench.store.retry_order("A".to_owned(), ANNA).await.unwrap(),
        Some(Err(_))
    ));
}

#[tokio::test]
async fn sh_29_an_order_that_failed_is_not_tried_again_over_a_later_one_for_the_opposite() {
    let bench = bench(|_| ()).await;
    let key = bench.install("A", "PC-1").await.key;
    bench.claim("worker").await;
    bench.resolve("A", "worker", "o-1").await;
    let end = OrderEnd::without_success(OrderState::Failed);
    assert!(bench.store.end_order(key, end, None).await.unwrap());
    bench.place("B", OrderKind::Uninstall, "7809c88c").await;
    bench.carry_out("B", "o-1", None).await;
    let retried = bench.store.retry_order("A".to_owned(), ANNA).await.unwrap();
    assert!(
        matches!(retried, Some(Err(ref row)) if row.state == OrderState::Failed),
        "{retried:?}"
    );
    let deciding = bench.store.find_deciding_order(bench.order("A").await).await.unwrap();
    assert_eq!(deciding.map(|order| order.id).as_deref(), Some("B"));
    let deciding = bench.store.find_deciding_order(bench.order("B").await).await.unwrap();
    assert_eq!(deciding, None);
}

#[tokio::test]
async fn an_order_that_changed_the_membership_before_it_failed_takes_it_back_when_it_is_cancelled() {
    let bench = bench(|_| ()).await;
    let key = bench.install("A", "PC-1").await.key;
    bench.claim("worker").await;
    bench.resolve("A", "worker", "o-1").await;
    bench.store.set_report_start(key, bench.clock.now()).await.unwrap();
    let end = OrderEnd::without_success(OrderState::Failed);
    assert!(bench.store.end_order(key, end, None).await.unwrap());
    bench.store.retry_order("A".to_owned(), ANNA).await.unwrap();
    assert_eq!(bench.state("A").await, OrderState::Accepted);
    bench
        .store
        .cancel_order("A".to_owned(), ANNA, None, Vec::new())
        .await
        .unwrap();
    assert!(bench.order("A").await.remove_membership);
}

#[tokio::test]
async fn sh_26_a_long_outage_leaves_few_events_and_a_new_reason_always_one() {
    let bench = bench(|_| ()).await;
    let key = bench.install("A", "PC-1").await.key;
    let delay = async |code: &str| {
        bench.claim("worker").await;
        let failure = StepFailure {
            code: code.to_owned(),
            message: "Graph does not answer.".to_owned(),
            advice: "Wait.".to_owned(),
            lost: None,
        };
        let now = bench.clock.now();
        assert!(bench.store.delay_order(key, "worker", failure, now).await.unwrap());
    };
    for _ in 0..100 {
        delay("graphDown").await;
    }
    delay("missingPermission").await;
    let events = bench.events("A").await;
    let told = events.iter().filter(|event| **event == OrderEvent::Delayed).count();
    assert_eq!(told, 9, "attempts 1, 2, 3, 5, 9, 17, 33, 65, and the other reason");
    assert_eq!(bench.order("A").await.attempts, 101);
}

#[tokio::test]
async fn a_cancelled_order_gives_its_membership_back_unless_another_order_needs_it() {
    let bench = bench(|about| about.reshoppable = true).await;
    let cancel = |id: &str| bench.store.cancel_order(id.to_owned(), ANNA, None, Vec::new());
    bench.install("A", "PC-1").await;
    bench.claim("worker").await;
    bench.resolve("A", "worker", "o-1").await;
    cancel("A").await.unwrap();
    assert_eq!(bench.claim("worker").await, [""; 0], "its worker has it in hand still");
    assert!(!bench.process("A", "worker").await);
    assert_eq!(bench.claim("worker").await, ["A"]);
    let key = bench.order("A").await.key;
    bench
        .store
        .record_order_event(key, OrderEvent::MembershipRemoved, Map::new())
        .await
        .unwrap();
    assert_eq!(bench.claim("other").await, [""; 0]);
    bench.install("B", "PC-1").await;
    bench.carry_out("B", "o-1", None).await;
    bench.install("C", "PC-1").await;
    bench.claim("worker").await;
    bench.resolve("C", "worker", "o-1").await;
    bench.process("C", "worker").await;
    cancel("C").await.unwrap();
    assert_eq!(bench.claim("worker").await, [""; 0]);
    assert!(bench.order("C").await.membership_cleared, "B needs it");
}
