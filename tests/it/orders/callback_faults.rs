//! Approval by callback where something goes wrong: answers that fail, addresses that lead elsewhere, people who decide
//! first, and a bus that is killed between its question and the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::{NameStyle, Options};

use super::callbacks::{ADDRESS_SECRET, approve, asking_scene, asks, questions_about};
use crate::cli::beside;
use crate::support::order_acts::for_device;
use crate::support::order_bodies::ROLES;
use crate::support::order_tenant::{self, app_named, enrol_laptop};
use crate::support::orders::read_time;
use crate::support::program::{Bus, User};
use crate::support::wait::{found, until, until_blocking};
use crate::support::webhook_receiver::{KEY, ReceivedMessage, Reply, WebhookReceiver};

#[tokio::test]
async fn an_answer_that_fails_or_says_nothing_useful_is_asked_for_again() {
    let receiver = WebhookReceiver::start(|number, _| match number {
        0 => Reply::Status(500),
        1 => Reply::Answer(json!({"decision": "perhaps"})),
        2 => Reply::RetryAfter(503, 900),
        _ => approve(),
    })
    .await;
    let mut scene = asking_scene(asks(&receiver)).await;
    let order = scene.place_for_laptop().await;
    for (attempts, error) in [(1, "HTTP 500"), (2, "the answer of the receiver"), (3, "HTTP 503")] {
        let failed = found("the question was tried", async || {
            let newest = scene.messages_about(&order).await.remove(0);
            let is_tried = newest["attempts"] == attempts;
            is_tried.then(|| newest.clone()).ok_or(newest)
        })
        .await;
        assert_eq!(failed["state"], "waiting", "{failed}");
        let told = failed["lastError"].as_str().unwrap();
        assert!(told.contains(error) && !told.contains(ADDRESS_SECRET), "{failed}");
        assert_eq!(scene.order(&order).await["state"], "waitingForApproval");
        let next = read_time(&failed["nextAttemptAt"]).unwrap();
        scene.advance(next - scene.clock.now() + TimeDelta::seconds(1));
    }
    scene.until_decided(&order).await;
    let questions = questions_about(&receiver, &order);
    assert_eq!(questions.len(), 4);
    assert!(
        questions.iter().all(|question| question.id == questions[0].id),
        "the same message: {questions:?}"
    );
    assert_eq!(scene.follow(&order).await["status"], 1);
    scene.stop().await;
}

/// Who did not get our question can't answer it: there is no address to which an answer could be sent.
#[tokio::test]
async fn nobody_but_the_asked_address_can_answer() {
    let other = WebhookReceiver::start(|_, _| approve()).await;
    let elsewhere = other.url("127.0.0.1", "/approve").to_string();
    let reply = move |_: usize, message: &ReceivedMessage| {
        match message.json()["data"]["order"].as_str() {
            // An answer says nothing about other orders.
            Some("order-2") => Reply::Answer(json!({"decision": "approve", "order": "order-1", "id": "order-1"})),
            _ => Reply::Redirect(307, elsewhere.clone()),
        }
    };
    let receiver = WebhookReceiver::start(reply).await;
    let mut scene = asking_scene(asks(&receiver)).await;
    let first = scene.place_for_laptop().await;
    let second = scene.place_for_laptop().await;
    assert_eq!((first.as_str(), second.as_str()), ("order-1", "order-2"));
    scene.until_decided(&second).await;
    let redirected = found("the redirect is refused", async || {
        let newest = scene.messages_about(&first).await.remove(0);
        let is_tried = newest["lastError"] != Value::Null;
        is_tried.then(|| newest.clone()).ok_or(newest)
    })
    .await;
    assert!(
        redirected["lastError"].as_str().unwrap().contains("307"),
        "{redirected}"
    );
    assert_eq!(other.connections(), 0, "nobody was asked there");
    // Nor does an answer without a question decide anything.
    let base = &scene.bus().local.url;
    let answer = json!({"decision": "approve", "order": first});
    for path in [
        format!("/sics/v1/orders/{first}/approve"),
        "/sics/v1/webhooks".to_owned(),
        format!("/sics/v1/webhooks/{}/retry", redirected["id"].as_str().unwrap()),
    ] {
        let sent = scene.http.post(format!("{base}{path}")).json(&answer).send();
        let status = sent.await.unwrap().status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
    let seen = scene.order(&first).await;
    assert_eq!(seen["state"], "waitingForApproval", "{seen}");
    scene.stop().await;
}

#[tokio::test]
async fn without_an_address_no_order_is_taken_and_with_one_it_is() {
    let receiver = WebhookReceiver::start(|_, _| approve()).await;
    let mut scene = asking_scene(json!({})).await;
    let laptop = enrol_laptop(&scene.sim);
    let code = scene.not_taken("editor", "install", for_device(&laptop)).await;
    assert_eq!(code, "noApprovalAddress");
    scene.reconfigure(asks(&receiver)).await;
    let order = scene.place("editor", "install", for_device(&laptop)).await;
    scene.until_decided(&order).await;
    assert_eq!(scene.follow(&order).await["status"], 1);
    scene.stop().await;
}

#[tokio::test]
async fn an_order_that_was_decided_is_asked_about_no_more() {
    let is_away = Arc::new(AtomicBool::new(true));
    let away = is_away.clone();
    let receiver = WebhookReceiver::start(move |_, _| {
        if away.load(Ordering::SeqCst) {
            Reply::Status(503)
        } else {
            approve()
        }
    })
    .await;
    let mut scene = asking_scene(asks(&receiver)).await;
    let order = scene.place_for_laptop().await;
    receiver.until_received(1).await;
    let reject = json!({"reason": "decided by hand"});
    scene.post(&format!("/sics/v1/orders/{order}/reject"), reject).await;
    let dropped = scene.message_is(&order, "dead").await;
    let retry = format!("/sics/v1/webhooks/{}/retry", dropped["id"].as_str().unwrap());
    assert_eq!(scene.refused(Method::POST, &retry, json!({})).await, "notWaiting");
    let asked = questions_about(&receiver, &order).len();
    is_away.store(false, Ordering::SeqCst);
    scene.advance(TimeDelta::days(1));
    // By the time that another one was asked about, this one would have been, too.
    let other = scene.place_for_laptop().await;
    scene.until_decided(&other).await;
    assert_eq!(questions_about(&receiver, &order).len(), asked);
    let seen = scene.order(&order).await;
    assert_eq!(
        (&seen["state"], &seen["message"]),
        (&json!("rejected"), &json!("decided by hand"))
    );
    scene.stop().await;
}

#[tokio::test]
async fn a_message_that_was_given_up_is_sent_again_by_whoever_may_order() {
    let receiver = WebhookReceiver::start(|number, _| if number == 0 { Reply::Status(410) } else { approve() }).await;
    let mut scene = asking_scene(asks(&receiver)).await;
    let order = scene.place_for_laptop().await;
    let dead = scene.message_is(&order, "dead").await;
    assert!(dead["lastError"].as_str().unwrap().contains("410"), "{dead}");
    scene.advance(TimeDelta::days(3));
    let retry = format!("/sics/v1/webhooks/{}/retry", dead["id"].as_str().unwrap());
    scene.post(&retry, json!({})).await;
    scene.until_decided(&order).await;
    until("the message is delivered", async || {
        scene.messages_about(&order).await[0]["state"] == "delivered"
    })
    .await;
    scene.stop().await;
}

/// A real process that is killed: the question is asked again after its start, and answered once.
#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_killed_between_its_question_and_the_answer_asks_again() {
    let options = Options {
        names: NameStyle::Plain,
        ..Options::quick(0, 7)
    };
    let sim = simulated_tenant::start(options).await.unwrap();
    order_tenant::grant(&sim, &ROLES).await;
    // The first question gets no answer as long as the bus lives.
    let receiver = WebhookReceiver::start(|number, _| if number == 0 { Reply::Held(200) } else { approve() }).await;
    let (app, laptop) = (app_named(&sim, "Notepad++ 8.8.1"), enrol_laptop(&sim));
    let (url, base, registration) = (
        receiver.url("127.0.0.1", "/approve").to_string(),
        sim.base.clone(),
        sim.registration.clone(),
    );
    let (desk, bus) = beside(move || {
        let desk = KilledDesk::new();
        let bus = Bus::start(&desk.user, &desk.user.path("data"));
        let secret = desk.user.file("secret.txt", &registration.client_secret);
        let key = desk.user.file("approval.key", KEY);
        let answers = [
            format!("tenant_id={}", registration.tenant_id),
            format!("client_id={}", registration.client_id),
            format!("secret_file={secret}"),
            "connection_more=yes".to_owned(),
            "network=addresses".to_owned(),
            format!("login_url={base}"),
            format!("graph_url={base}"),
            "webhooks=approval".to_owned(),
            format!("approval_url={url}"),
            format!("approval_key_file={key}"),
            "allow_private_addresses=yes".to_owned(),
        ];
        let answers: Vec<String> = answers.map(|answer| format!("--set {answer}")).into();
        desk.says(&format!("install intune-app-orders {}", answers.join(" ")));
        desk.until_running();
        desk.says(&format!("apps link editor --app {app} --approval callback"));
        until_blocking("the application is prepared", || {
            desk.json("apps show editor")["orderable"] == true
        });
        desk.says(&format!("orders place editor --for-device {} --id shop-1", laptop.name));
        (desk, bus)
    })
    .await;
    receiver.until_received(1).await;
    beside(move || {
        // By SIGKILL.
        drop(bus);
        let bus = Bus::start(&desk.user, &desk.user.path("data"));
        until_blocking("the order is decided", || {
            desk.json("orders show shop-1")["decidedAt"] != Value::Null
        });
        let shown = desk.json("orders show shop-1");
        let phases = shown["phases"].as_array().unwrap().iter();
        let actions = phases.flat_map(|phase| phase["actions"].as_array().unwrap().clone());
        let approvals = actions.filter(|action| action["event"] == "approved");
        assert_eq!(approvals.count(), 1, "{shown}");
        assert_eq!(bus.stop(), 0);
    })
    .await;
    let questions = questions_about(&receiver, "shop-1");
    assert_eq!(questions.len(), 2, "{questions:?}");
    assert_eq!(questions[0].id, questions[1].id, "the same message");
    assert!(questions.iter().all(|question| question.is_signed_by(KEY)));
    sim.stop().await;
}

/// Commands on the data folder of a bus of its own.
struct KilledDesk {
    user: User,
}

impl KilledDesk {
    fn new() -> KilledDesk {
        KilledDesk { user: User::new() }
    }

    fn line(&self, line: &str) -> String {
        format!("{line} --data {}", self.user.path("data").display())
    }

    fn says(&self, line: &str) -> String {
        self.user.says(&self.line(line)).good()
    }

    fn json(&self, line: &str) -> Value {
        self.user.says(&self.line(&format!("{line} --json"))).json()
    }

    /// What was installed starts in a moment.
    fn until_running(&self) {
        until_blocking("app orders run", || self.user.says(&self.line("apps list")).code == 0);
    }
}
