//! Messages from the store to a receiver over real HTTP and HTTPS: signed, in order, again over a day, and nowhere else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::config::NetworkSettings;
use intune_connector::net::HttpTimeouts;
use intune_connector::store::{WebhookPurpose, WebhookRow, WebhookState};
use intune_connector::webhooks::{
    AnswerRefused, AnswerSink, NoAnswers, SenderBounds, WebhookKey, WebhookSender, WebhookTarget, WebhookTargets,
};
use rusqlite::params;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::support::shelf::Shelf;
use crate::support::wait::{PATIENCE, found, until, within};
use crate::support::webhook_receiver::{KEY, OTHER_KEY, Reply, WebhookReceiver};

const STATUS: WebhookPurpose = WebhookPurpose::OrderStatus;
const APPROVAL: WebhookPurpose = WebhookPurpose::ApprovalRequest;

fn target(url: Url, allow_private: bool) -> WebhookTarget {
    WebhookTarget {
        url,
        keys: vec![WebhookKey::parse(KEY).unwrap()],
        allow_private,
        network: NetworkSettings::default(),
    }
}

struct RunningSender {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningSender {
    /// All messages of a purpose go to its target; `None`: no address is set.
    fn start(
        shelf: &Shelf,
        status: Option<WebhookTarget>,
        approval: Option<WebhookTarget>,
        answers: Arc<dyn AnswerSink>,
    ) -> RunningSender {
        let (status, approval) = (status.map(Arc::new), approval.map(Arc::new));
        let targets: Arc<dyn WebhookTargets> = Arc::new(move |purpose: WebhookPurpose| match purpose {
            WebhookPurpose::OrderStatus => status.clone(),
            WebhookPurpose::ApprovalRequest => approval.clone(),
        });
        // Longer than any test waits; what ends a wait here is the receiver.
        let patient = 10 * PATIENCE;
        let bounds = SenderBounds {
            timeouts: HttpTimeouts {
                connect: patient,
                request: patient,
            },
            look: Duration::from_millis(10),
            grace: Duration::from_millis(100),
            ..SenderBounds::default()
        };
        let (store, clock) = (shelf.store.clone(), shelf.clock.clone());
        let sender = WebhookSender::with_bounds(store, shelf.instance_id(), targets, answers, clock, bounds);
        let (stop, stopped) = watch::channel(false);
        RunningSender {
            stop,
            task: tokio::spawn(sender.run(stopped)),
        }
    }

    fn to(shelf: &Shelf, target: WebhookTarget) -> RunningSender {
        RunningSender::start(shelf, Some(target), None, Arc::new(NoAnswers))
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        within("the sender ends", self.task).await.unwrap();
    }
}

/// Leaves a message in the store, as an act of an order does; its id.
fn leave(shelf: &Shelf, purpose: WebhookPurpose, subject: &str, body: &Value) -> String {
    let raw = rusqlite::Connection::open(shelf.folder.path().join("bus.db")).unwrap();
    raw.busy_timeout(Duration::from_secs(60)).unwrap();
    let id = format!("msg_{}", uuid::Uuid::new_v4().simple());
    raw.execute(
        "INSERT INTO webhook (id, instance, purpose, subject, body, created_at, next_attempt_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 'waiting')",
        params![
            id,
            shelf.instance_id().0,
            purpose.name(),
            subject,
            body.to_string(),
            shelf.clock.now().timestamp_millis(),
        ],
    )
    .unwrap();
    id
}

fn leave_status(shelf: &Shelf, subject: &str) -> String {
    leave(
        shelf,
        STATUS,
        subject,
        &json!({"data": {"order": subject, "status": 1}}),
    )
}

async fn row(shelf: &Shelf, id: &str) -> WebhookRow {
    let all = shelf.store.list_webhooks(None::<WebhookState>).await.unwrap();
    all.into_iter().find(|row| row.id == id).unwrap()
}

/// The row as soon as it was tried so often, or has ended.
async fn tried(shelf: &Shelf, id: &str, attempts: u32) -> WebhookRow {
    found("the message is tried", async || {
        let row = row(shelf, id).await;
        let is_over = row.state != WebhookState::Waiting;
        if row.attempts >= attempts || is_over {
            Ok(row)
        } else {
            Err(row.last_error)
        }
    })
    .await
}

async fn until_state(shelf: &Shelf, id: &str, state: WebhookState) -> WebhookRow {
    until("the message is there", async || row(shelf, id).await.state == state).await;
    row(shelf, id).await
}

#[tokio::test]
async fn sh_32_a_message_is_signed_with_both_keys_and_delivered_once() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(204)).await;
    let id = leave_status(&shelf, "A-1");
    let to = WebhookTarget {
        keys: [KEY, OTHER_KEY].map(|key| WebhookKey::parse(key).unwrap()).to_vec(),
        ..target(receiver.url("127.0.0.1", "/status"), true)
    };
    let sender = RunningSender::to(&shelf, to);
    let delivered = until_state(&shelf, &id, WebhookState::Delivered).await;
    assert_eq!((delivered.attempts, delivered.last_error), (1, None));
    // Another one behind it: by then a second delivery of the first would have come.
    let next = leave_status(&shelf, "A-1");
    until_state(&shelf, &next, WebhookState::Delivered).await;
    sender.stop().await;

    let received = receiver.received();
    let ids: Vec<&str> = received.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids, [id, next]);
    let first = &received[0];
    assert_eq!(first.json(), json!({"data": {"order": "A-1", "status": 1}}));
    assert_eq!(first.content_type, "application/json");
    assert_eq!(first.sent_at, shelf.clock.now().timestamp());
    assert_eq!(first.signatures.len(), 2);
    assert!(first.is_signed_by(KEY) && first.is_signed_by(OTHER_KEY), "{first:?}");
    assert!(!first.is_signed_by("whsec_bm90IHRoZSBrZXkgb2YgdGhpcyBtZXNzYWdl"));
}

#[tokio::test]
async fn a_message_that_fails_is_sent_again_when_its_time_has_come() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|number, _| match number {
        0 => Reply::Status(500),
        1 => Reply::RetryAfter(503, 300),
        _ => Reply::Status(200),
    })
    .await;
    let id = leave_status(&shelf, "A-1");
    let sender = RunningSender::to(&shelf, target(receiver.url("127.0.0.1", "/"), true));

    let failed = tried(&shelf, &id, 1).await;
    assert_eq!(failed.last_error.as_deref(), Some("HTTP 500"));
    let pause = failed.next_attempt_at - shelf.clock.now();
    assert!(
        pause >= TimeDelta::milliseconds(4_500) && pause <= TimeDelta::milliseconds(5_500),
        "{pause}"
    );
    shelf.clock.advance(pause);
    let failed = tried(&shelf, &id, 2).await;
    assert_eq!(
        failed.next_attempt_at - shelf.clock.now(),
        TimeDelta::seconds(300),
        "as the receiver asked"
    );
    shelf.clock.advance(TimeDelta::seconds(299));
    // What comes meanwhile shows that the sender has looked.
    let other = leave_status(&shelf, "B-1");
    until_state(&shelf, &other, WebhookState::Delivered).await;
    assert_eq!(row(&shelf, &id).await.attempts, 2);
    shelf.clock.advance(TimeDelta::seconds(1));
    until_state(&shelf, &id, WebhookState::Delivered).await;
    sender.stop().await;

    let tries: Vec<_> = receiver
        .received()
        .into_iter()
        .filter(|message| message.id == id)
        .collect();
    assert_eq!(tries.len(), 3);
    assert!(tries.iter().all(|message| message.is_signed_by(KEY)));
    assert!(
        tries[0].sent_at < tries[1].sent_at && tries[1].sent_at < tries[2].sent_at,
        "each has its own time"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let shelf = Shelf::new().await;
    let elsewhere = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let there = elsewhere.url("127.0.0.1", "/").to_string();
    let receiver = WebhookReceiver::start(move |_, _| Reply::Redirect(307, there.clone())).await;
    let id = leave_status(&shelf, "A-1");
    let sender = RunningSender::to(&shelf, target(receiver.url("127.0.0.1", "/"), true));
    let failed = tried(&shelf, &id, 1).await;
    sender.stop().await;
    assert_eq!(failed.state, WebhookState::Waiting);
    let error = failed.last_error.unwrap();
    assert!(error.contains("HTTP 307") && error.contains("not followed"), "{error}");
    assert_eq!((receiver.received().len(), elsewhere.connections()), (1, 0));
}

/// What is recorded of a message to this address, and how many connections the receiver saw.
async fn refused_at(receiver: &WebhookReceiver, url: Url, allow_private: bool) -> String {
    let shelf = Shelf::new().await;
    let id = leave_status(&shelf, "A-1");
    let sender = RunningSender::to(&shelf, target(url, allow_private));
    let failed = tried(&shelf, &id, 1).await;
    sender.stop().await;
    assert_eq!(failed.state, WebhookState::Waiting);
    assert_eq!(receiver.connections(), 0);
    failed.last_error.unwrap()
}

#[tokio::test]
async fn private_addresses_are_refused_unless_the_setting_allows_them() {
    let receiver = WebhookReceiver::start_tls(|_, _| Reply::Status(200)).await;
    let port = receiver.address.port();
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "2130706433"] {
        let url = Url::parse(&format!("https://{host}:{port}/")).unwrap();
        let error = refused_at(&receiver, url, false).await;
        assert!(error.contains("a private address"), "{host}: {error}");
    }
    // The address of metadata services: nothing allows it.
    for allow_private in [false, true] {
        let url = Url::parse(&format!("https://169.254.169.254:{port}/")).unwrap();
        let error = refused_at(&receiver, url, allow_private).await;
        assert!(error.contains("nothing is ever sent"), "{error}");
    }
    let plain = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    let error = refused_at(&receiver, plain, false).await;
    assert!(error.contains("needs https://"), "{error}");
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_at_the_connection() {
    let receiver = WebhookReceiver::start_tls(|_, _| Reply::Status(200)).await;
    let error = refused_at(&receiver, receiver.url("localhost", "/"), false).await;
    assert!(
        error.starts_with("localhost leads to ") && error.contains("a private address"),
        "{error}"
    );
}

#[tokio::test]
async fn a_certificate_is_checked_and_an_authority_of_the_settings_counts() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start_tls(|_, _| Reply::Status(200)).await;
    let id = leave_status(&shelf, "A-1");
    let url = receiver.url("localhost", "/status");
    let sender = RunningSender::to(&shelf, target(url.clone(), true));
    let failed = tried(&shelf, &id, 1).await;
    sender.stop().await;
    let error = failed.last_error.unwrap();
    assert!(error.contains("certificate is not trusted"), "{error}");
    assert!(receiver.received().is_empty());

    let network = NetworkSettings {
        ca: receiver.authority(),
        ..NetworkSettings::default()
    };
    let sender = RunningSender::to(
        &shelf,
        WebhookTarget {
            network,
            ..target(url, true)
        },
    );
    shelf.clock.advance(TimeDelta::seconds(10));
    until_state(&shelf, &id, WebhookState::Delivered).await;
    sender.stop().await;
    assert!(receiver.received()[0].is_signed_by(KEY));
}

#[tokio::test]
async fn a_slow_receiver_slows_nobody_but_itself() {
    let shelf = Shelf::new().await;
    let slow = WebhookReceiver::start(|_, _| Reply::Held(200)).await;
    let fast = WebhookReceiver::start(|_, _| Reply::Answer(json!({"decision": "approve"}))).await;
    // More than are read at a time, all before those of the other receiver.
    let waiting: Vec<String> = (0..150).map(|n| leave_status(&shelf, &format!("S-{n}"))).collect();
    let others: Vec<String> = (0..10)
        .map(|n| leave(&shelf, APPROVAL, &format!("F-{n}"), &json!({})))
        .collect();
    let to = |receiver: &WebhookReceiver| Some(target(receiver.url("127.0.0.1", "/"), true));
    let sender = RunningSender::start(&shelf, to(&slow), to(&fast), Arc::new(NoAnswers));
    for id in &others {
        until_state(&shelf, id, WebhookState::Delivered).await;
    }
    slow.until_received(4).await;
    assert_eq!(slow.received().len(), 4, "so many at once, and no more");
    slow.release();
    for id in &waiting {
        until_state(&shelf, id, WebhookState::Delivered).await;
    }
    sender.stop().await;
    assert_eq!(slow.received().len(), 150);
}

#[tokio::test]
async fn one_slow_message_holds_up_its_own_subject_alone() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|_, message| match message.json()["data"]["order"].as_str() {
        Some("slow") => Reply::Held(200),
        _ => Reply::Status(200),
    })
    .await;
    let held = [leave_status(&shelf, "slow"), leave_status(&shelf, "slow")];
    let others: Vec<String> = (0..20).map(|n| leave_status(&shelf, &format!("A-{n}"))).collect();
    let sender = RunningSender::to(&shelf, target(receiver.url("127.0.0.1", "/"), true));
    for id in &others {
        until_state(&shelf, id, WebhookState::Delivered).await;
    }
    let of_slow = |receiver: &WebhookReceiver| {
        let received = receiver.received();
        received
            .into_iter()
            .map(|message| message.id)
            .filter(|id| held.contains(id))
            .collect::<Vec<_>>()
    };
    assert_eq!(of_slow(&receiver), held[..1]);
    receiver.release();
    until_state(&shelf, &held[1], WebhookState::Delivered).await;
    sender.stop().await;
    assert_eq!(of_slow(&receiver), held);
}

#[tokio::test]
async fn the_messages_of_a_subject_keep_their_order_when_one_fails() {
    let shelf = Shelf::new().await;
    let failures = AtomicUsize::new(0);
    let receiver = WebhookReceiver::start(move |_, message| {
        let is_first = message.json()["n"] == 1;
        if is_first && failures.fetch_add(1, Ordering::SeqCst) < 2 {
            Reply::Status(500)
        } else {
            Reply::Status(200)
        }
    })
    .await;
    let leave_numbered = |n: u32| leave(&shelf, STATUS, "A-1", &json!({ "n": n }));
    let ordered = [leave_numbered(1), leave_numbered(2), leave_numbered(3)];
    let sender = RunningSender::to(&shelf, target(receiver.url("127.0.0.1", "/"), true));
    for attempts in 1..=2 {
        let first = tried(&shelf, &ordered[0], attempts).await;
        // Another subject goes on; the later messages of this one wait.
        let other = leave_status(&shelf, "B-1");
        until_state(&shelf, &other, WebhookState::Delivered).await;
        assert_eq!(row(&shelf, &ordered[1]).await.attempts, 0);
        assert_eq!(first.state, WebhookState::Waiting);
        shelf.clock.advance(first.next_attempt_at - shelf.clock.now());
    }
    until_state(&shelf, &ordered[2], WebhookState::Delivered).await;
    sender.stop().await;
    let taken: Vec<String> = receiver.received().into_iter().map(|message| message.id).collect();
    let of_subject: Vec<&String> = taken.iter().filter(|id| ordered.contains(id)).collect();
    let [first, second, third] = &ordered;
    assert_eq!(of_subject, [first, first, first, second, third]);
}

#[tokio::test]
async fn a_message_is_dead_after_a_day_and_the_next_one_gets_its_turn() {
    let shelf = Shelf::new().await;
    let mut receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    receiver.go_away();
    let (id, next) = (leave_status(&shelf, "A-1"), leave_status(&shelf, "A-1"));
    let created_at = shelf.clock.now();
    let sender = RunningSender::to(&shelf, target(receiver.url("127.0.0.1", "/"), true));
    let mut attempts = 0;
    let dead = loop {
        attempts += 1;
        let tried = tried(&shelf, &id, attempts).await;
        if tried.state != WebhookState::Waiting {
            break tried;
        }
        shelf.clock.advance(tried.next_attempt_at - shelf.clock.now());
    };
    assert_eq!(dead.state, WebhookState::Dead);
    assert!((11..=14).contains(&dead.attempts), "{}", dead.attempts);
    assert_eq!(shelf.clock.now() - created_at, TimeDelta::hours(24));
    let error = dead.last_error.unwrap();
    assert!(error.contains("connection refused"), "{error}");
    let shown = shelf.store.list_webhooks(Some(WebhookState::Dead)).await.unwrap();
    assert!(shown.iter().any(|row| row.id == id));

    // The one behind it is tried now, once even though it is as old; had it failed, it would be dead as well.
    let last = tried(&shelf, &next, 1).await;
    assert_eq!((last.state, last.attempts), (WebhookState::Dead, 1));
    receiver.come_back().await;
    let later = leave_status(&shelf, "A-1");
    until_state(&shelf, &later, WebhookState::Delivered).await;
    sender.stop().await;
}

#[tokio::test]
async fn a_410_ends_a_message_at_once() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(410)).await;
    let id = leave_status(&shelf, "A-1");
    let sender = RunningSender::to(&shelf, target(receiver.url("127.0.0.1", "/"), true));
    let dead = until_state(&shelf, &id, WebhookState::Dead).await;
    sender.stop().await;
    assert_eq!((dead.attempts, receiver.received().len()), (1, 1));
    assert!(dead.last_error.unwrap().contains("HTTP 410"));
}

#[tokio::test]
async fn a_message_survives_a_restart_of_the_sender_with_its_id() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Held(200)).await;
    let id = leave_status(&shelf, "A-1");
    let url = receiver.url("127.0.0.1", "/");
    let sender = RunningSender::to(&shelf, target(url.clone(), true));
    receiver.until_received(1).await;
    // It has the message, and nobody knows: the sender is broken off before the answer.
    sender.stop().await;
    assert_eq!(row(&shelf, &id).await.attempts, 0);

    let shelf = shelf.reopened(|_| ());
    receiver.release();
    let sender = RunningSender::to(&shelf, target(url, true));
    until_state(&shelf, &id, WebhookState::Delivered).await;
    sender.stop().await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert!(
        received
            .iter()
            .all(|message| message.id == id && message.is_signed_by(KEY))
    );
}

/// Takes a decision, and nothing else.
#[derive(Default)]
struct Decisions(Mutex<Vec<(String, String)>>);

impl AnswerSink for Decisions {
    fn take_answer<'a>(&'a self, message: &'a WebhookRow, body: &'a [u8]) -> BoxFuture<'a, Result<(), AnswerRefused>> {
        async move {
            let answer: Value = serde_json::from_slice(body).map_err(|_| AnswerRefused("not JSON".into()))?;
            let decision = answer["decision"]
                .as_str()
                .ok_or_else(|| AnswerRefused("no decision".into()))?;
            let taken = (message.subject.clone(), decision.to_owned());
            self.0.lock().unwrap().push(taken);
            Ok(())
        }
        .boxed()
    }
}

#[tokio::test]
async fn an_answer_is_taken_before_a_message_counts_as_delivered() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|number, _| match number {
        0 => Reply::Answer(json!({"decision": null})),
        1 => Reply::Status(204),
        _ => Reply::Answer(json!({"decision": "approve"})),
    })
    .await;
    let id = leave(&shelf, APPROVAL, "A-1", &json!({}));
    let decisions = Arc::new(Decisions::default());
    let to = Some(target(receiver.url("127.0.0.1", "/"), true));
    let sender = RunningSender::start(&shelf, None, to, decisions.clone());
    for (attempts, error) in [(1, "no decision"), (2, "not JSON")] {
        let failed = tried(&shelf, &id, attempts).await;
        assert_eq!(failed.last_error, Some(format!("the answer of the receiver: {error}")));
        shelf.clock.advance(failed.next_attempt_at - shelf.clock.now());
    }
    until_state(&shelf, &id, WebhookState::Delivered).await;
    assert_eq!(*decisions.0.lock().unwrap(), [("A-1".to_owned(), "approve".to_owned())]);

    // Without an address a message waits as for a receiver that is away.
    let status = leave_status(&shelf, "A-1");
    let failed = tried(&shelf, &status, 1).await;
    sender.stop().await;
    assert!(failed.last_error.unwrap().contains("no address is set"));
}

/// Panics at the first answers, as a program with an error does.
struct Panics(AtomicUsize);

impl AnswerSink for Panics {
    fn take_answer<'a>(&'a self, _: &'a WebhookRow, _: &'a [u8]) -> BoxFuture<'a, Result<(), AnswerRefused>> {
        async move {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) >= 5, "an error of the program");
            Ok(())
        }
        .boxed()
    }
}

#[tokio::test]
async fn a_delivery_that_panics_is_tried_later_and_gives_its_place_back() {
    let shelf = Shelf::new().await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    // More than there are places.
    let broken: Vec<String> = (0..5)
        .map(|n| leave(&shelf, APPROVAL, &format!("A-{n}"), &json!({})))
        .collect();
    let to = Some(target(receiver.url("127.0.0.1", "/"), true));
    let sender = RunningSender::start(&shelf, None, to, Arc::new(Panics(AtomicUsize::new(0))));
    for id in &broken {
        let failed = tried(&shelf, id, 1).await;
        assert_eq!(failed.state, WebhookState::Waiting);
        let error = failed.last_error.unwrap();
        assert!(error.contains("an error of the program"), "{error}");
    }
    let next = leave(&shelf, APPROVAL, "B-1", &json!({}));
    until_state(&shelf, &next, WebhookState::Delivered).await;
    shelf.clock.advance(TimeDelta::seconds(10));
    for id in &broken {
        until_state(&shelf, id, WebhookState::Delivered).await;
    }
    sender.stop().await;
}
