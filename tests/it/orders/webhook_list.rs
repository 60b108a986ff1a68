//! Messages to a shop as people see them: what became of each, and one that is sent again.

use std::time::Duration;

use chrono::TimeDelta;
use intune_connector::store::{WebhookAttempt, WebhookRow, WebhookState};
use serde_json::{Value, json};

use super::shop::{HERE, ORDERS, Shop, THERE};
use crate::sics::bus::{problem, status};

const WEBHOOKS: &str = "/sics/v1/webhooks";

/// A shop that is told how orders end, and another system that is asked for approval.
async fn told_shop() -> Shop {
    let shop = Shop::with_zip(json!({"approval": "callback"})).await;
    shop.engine.orders.change(3, |instance| {
        (instance.status_url, instance.approval_url) = (true, true);
    });
    shop
}

impl Shop {
    /// The newest message about an order.
    async fn newest(&self, order: &str) -> WebhookRow {
        let all = self.shelf.store.list_webhooks(None).await.unwrap();
        all.into_iter().find(|row| row.subject == order).unwrap()
    }

    async fn attempt(&self, message: &WebhookRow, attempt: WebhookAttempt) {
        let record = self.shelf.store.record_webhook_attempt(message.id.clone(), attempt);
        assert!(record.await.unwrap());
    }

    async fn give_up(&self, message: &WebhookRow) {
        let error = "HTTP 500".to_owned();
        self.attempt(message, WebhookAttempt::Dead { error }).await;
    }

    fn retry(&self, token: &str, message: &WebhookRow) -> reqwest::RequestBuilder {
        self.post(token, &format!("{WEBHOOKS}/{}/retry", message.id), json!({}))
    }

    async fn reject(&self, order: &str) {
        let path = format!("{ORDERS}/{order}/reject");
        status(self.post(&self.admin, &path, json!({})), 200).await;
    }
}

fn orders_of(told: &Value) -> Vec<&str> {
    let rows = told["webhooks"].as_array().unwrap().iter();
    rows.map(|row| row["order"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_was_given_up_is_listed_without_its_body_and_sent_again() {
    let shop = told_shop().await;
    for id in ["1", "2"] {
        status(shop.order(&shop.admin, id, json!({"note": "a secret of ours"})), 201).await;
    }
    let message = shop.newest("1").await;
    shop.give_up(&message).await;
    let dead = status(shop.get(&shop.admin, &format!("{WEBHOOKS}?state=dead")), 200).await;
    assert_eq!(
        dead["webhooks"],
        json!([{
            "id": message.id, "instance": HERE, "purpose": "approvalRequest", "order": "1",
            "createdAt": message.created_at, "attempts": 1, "nextAttemptAt": null, "state": "dead",
            "lastError": "HTTP 500",
        }])
    );
    assert!(!dead.to_string().contains("a secret of ours"), "{dead}");

    shop.shelf.clock.advance(TimeDelta::hours(30));
    let retried = status(shop.retry(&shop.admin, &message), 200).await;
    assert_eq!(
        (&retried["state"], &retried["nextAttemptAt"], &retried["lastError"]),
        (&json!("waiting"), &json!(shop.shelf.clock.now()), &json!("HTTP 500"))
    );
    let due = shop.shelf.store.due_webhooks(shop.shelf.clock.now(), 10).await.unwrap();
    assert!(due.iter().any(|row| row.id == message.id), "{due:?}");
    let entry = format!("admin webhook.retried {}", message.id);
    assert_eq!(shop.trail().await.iter().filter(|row| **row == entry).count(), 1);

    // One that waits for its next attempt goes at once.
    let error = "HTTP 503".to_owned();
    let at = shop.shelf.clock.now() + TimeDelta::hours(1);
    shop.attempt(&message, WebhookAttempt::Retry { at, error }).await;
    let retried = status(shop.retry(&shop.admin, &message), 200).await;
    assert_eq!(retried["nextAttemptAt"], json!(shop.shelf.clock.now()));
}

#[tokio::test]
async fn what_was_delivered_or_says_nothing_any_more_is_not_sent_again() {
    let shop = told_shop().await;
    for id in ["1", "2", "3"] {
        status(shop.order(&shop.admin, id, json!({})), 201).await;
    }
    let unknown = shop.post(&shop.admin, &format!("{WEBHOOKS}/msg_0/retry"), json!({}));
    assert_eq!(problem(unknown, 404).await, "unknown");
    let delivered = shop.newest("1").await;
    shop.attempt(&delivered, WebhookAttempt::Delivered).await;
    assert_eq!(
        problem(shop.retry(&shop.admin, &delivered), 409).await,
        "webhookDelivered"
    );
    // Nobody is asked about an order that was decided.
    let question = shop.newest("2").await;
    shop.reject("2").await;
    assert_eq!(problem(shop.retry(&shop.admin, &question), 409).await, "notWaiting");
    // An old word would be taken for the newest.
    shop.reject("3").await;
    let first = shop.newest("3").await;
    shop.give_up(&first).await;
    let raw = rusqlite::Connection::open(shop.shelf.folder.path().join("bus.db")).unwrap();
    raw.busy_timeout(Duration::from_secs(60)).unwrap();
    raw.execute(
        "INSERT INTO webhook (id, instance, purpose, subject, body, created_at, next_attempt_at, state)
         SELECT 'msg_newer', instance, purpose, subject, body, created_at, next_attempt_at, 'delivered'
         FROM webhook WHERE id = ?1",
        [&first.id],
    )
    .unwrap();
    assert_eq!(problem(shop.retry(&shop.admin, &first), 409).await, "webhookOutdated");
    let trail = shop.trail().await;
    assert!(!trail.iter().any(|row| row.contains("webhook.retried")), "{trail:?}");
}

#[tokio::test]
async fn messages_are_listed_by_pages_to_those_who_reach_their_instance() {
    let shop = told_shop().await;
    for id in ["1", "2", "3"] {
        status(shop.order(&shop.admin, id, json!({})), 201).await;
    }
    let first = status(shop.get(&shop.admin, &format!("{WEBHOOKS}?limit=2&state=waiting")), 200).await;
    assert_eq!((orders_of(&first), &first["total"]), (vec!["3", "2"], &json!(3)));
    let next = first["next"].as_str().unwrap();
    let second = format!("{WEBHOOKS}?limit=2&state=waiting&after={next}");
    let second = status(shop.get(&shop.admin, &second), 200).await;
    assert_eq!((orders_of(&second), &second["next"]), (vec!["1"], &Value::Null));
    for (query, code) in [
        ("limit=0", "wrongLimit"),
        ("after=x", "wrongAfter"),
        ("state=lost", "wrongQuery"),
    ] {
        let asked = shop.get(&shop.admin, &format!("{WEBHOOKS}?{query}"));
        assert_eq!(problem(asked, 400).await, code, "{query}");
    }
    let message = shop.newest("1").await;
    assert_eq!(message.state, WebhookState::Waiting);
    let there = shop.account_at("there", &["Orders_*", "Applications_*"], THERE).await;
    assert_eq!(status(shop.get(&there, WEBHOOKS), 200).await["total"], 0);
    assert_eq!(problem(shop.retry(&there, &message), 404).await, "unknown");
    let reads = shop.account_at("reads", &["Orders_Read"], HERE).await;
    assert_eq!(status(shop.get(&reads, WEBHOOKS), 200).await["total"], 3);
    assert_eq!(problem(shop.retry(&reads, &message), 403).await, "missingRight");
}
