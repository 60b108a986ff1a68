//! What tests do with applications and orders, and how an order is followed to its end.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

pub use super::order_bodies::{for_device, for_user, order_body};
use super::order_tenant;
use super::orders::{OrderScene, PASSWORD, merge, read_time};

/// Rounds until something has to have ended.
const ROUNDS: usize = 60;
/// Events with which an order ends.
const ENDS: [&str; 5] = ["done", "failed", "rejected", "cancelled", "replaced"];

impl OrderScene {
    pub async fn application(&self, id: &str) -> Value {
        self.get(&format!("/sics/v1/applications/{id}")).await
    }

    /// An application for this app, as soon as it can be ordered.
    pub async fn link(&self, id: &str, app: &str, change: Value) -> Value {
        self.begin_link(id, app, change).await;
        self.until_linked(id).await
    }

    pub async fn begin_link(&self, id: &str, app: &str, change: Value) -> Value {
        let body = merge(json!({"app": app}), change);
        self.good(Method::PUT, &format!("/sics/v1/applications/{id}"), body)
            .await
    }

    pub async fn until_linked(&self, id: &str) -> Value {
        for _ in 0..ROUNDS {
            let seen = self.application(id).await;
            if seen["state"] == "creationSucceeded" {
                return seen;
            }
            self.round_after(self.time_to(&seen["failure"]["nextAttemptAt"])).await;
        }
        panic!("{id} is not prepared: {}", self.application(id).await);
    }

    /// Removes an application, with what is shown for it confirmed.
    pub async fn unlink(&self, id: &str, clean_up: bool) -> Value {
        let path = format!("/sics/v1/applications/{id}?clean_up={clean_up}");
        let (status, shown) = self.ask(Method::DELETE, &path, json!({})).await;
        if status.is_success() {
            return shown;
        }
        let confirmed = format!("{path}&confirm={}", shown["confirm"].as_str().unwrap());
        self.good(Method::DELETE, &confirmed, json!({})).await
    }

    /// Places an order for `{"user": …}` or `{"device": …}`; its id.
    pub async fn place(&self, application: &str, kind: &str, target: Value) -> String {
        let id = format!("order-{}", self.placed.fetch_add(1, Ordering::Relaxed) + 1);
        self.post("/sics/v1/orders", order_body(&id, application, kind, target))
            .await;
        id
    }

    /// The code with which an order is not taken.
    pub async fn not_taken(&self, application: &str, kind: &str, target: Value) -> String {
        let id = format!("order-{}", self.placed.fetch_add(1, Ordering::Relaxed) + 1);
        let body = order_body(&id, application, kind, target);
        self.refused(Method::POST, "/sics/v1/orders", body).await
    }

    pub async fn order(&self, id: &str) -> Value {
        self.get(&format!("/sics/v1/orders/{id}")).await
    }

    pub async fn approve(&self, id: &str, name: &str) -> (StatusCode, Value) {
        let url = format!("{}/sics/v1/orders/{id}/approve", self.bus().local.url);
        let request = self.http.post(url).basic_auth(name, Some(PASSWORD));
        let answer = request.json(&json!({"password": PASSWORD})).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Lets rounds pass until the membership of an order is changed.
    pub async fn processed(&self, id: &str) -> Value {
        for _ in 0..ROUNDS {
            let seen = self.order(id).await;
            if seen["processedAt"] != Value::Null {
                return seen;
            }
            assert_eq!(
                seen["status"],
                Value::Null,
                "{id} has ended before it was processed: {seen}"
            );
            self.round_after(self.time_to(&seen["nextAttemptAt"])).await;
        }
        panic!("{id} is not processed: {}", self.order(id).await);
    }

    /// Lets rounds pass until an order has ended; it has ended once, and nobody was in two groups.
    pub async fn follow(&self, id: &str) -> Value {
        for _ in 0..ROUNDS {
            let seen = self.order(id).await;
            if seen["status"] != Value::Null {
                self.check_end(id).await;
                return seen;
            }
            self.round_after(self.time_to(&seen["nextAttemptAt"])).await;
        }
        panic!("{id} has not ended: {}", self.order(id).await);
    }

    async fn check_end(&self, id: &str) {
        let events = self.events(id).await;
        let ends: Vec<&String> = events.iter().filter(|event| ENDS.contains(&event.as_str())).collect();
        assert_eq!(ends.len(), 1, "{id}: {events:?}");
        assert_eq!(order_tenant::find_breaches(&self.sim), [""; 0], "{id}");
    }

    /// What happened to an order, in its order.
    pub async fn events(&self, id: &str) -> Vec<String> {
        let (mut events, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let page = self
                .get(&format!("/sics/v1/order-changes?limit=500&after={after}"))
                .await;
            let changes = page["changes"].as_array().unwrap().iter();
            let own = changes.filter(|change| change["order"] == id);
            events.extend(own.map(|change| change["event"].as_str().unwrap().to_owned()));
            after = page["next"].as_str().unwrap().to_owned();
            if page["more"] == false {
                return events;
            }
        }
    }

    /// Whether an object is in the install group, and whether in the uninstall group.
    pub async fn membership(&self, application: &str, object: Uuid) -> (bool, bool) {
        let seen = self.application(application).await;
        let is_in = |group: &Value| {
            group
                .as_str()
                .is_some_and(|group| order_tenant::members(&self.sim, group).contains(&object))
        };
        (is_in(&seen["installGroup"]), is_in(&seen["uninstallGroup"]))
    }

    /// From now to this time.
    fn time_to(&self, at: &Value) -> TimeDelta {
        let ahead = read_time(at).map(|at| at - self.clock.now() + TimeDelta::seconds(1));
        ahead.unwrap_or_default()
    }
}
