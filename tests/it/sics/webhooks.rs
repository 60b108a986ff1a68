//! Webhooks of management servers over real HTTP: what a server that lives on them holds, keys, outages, receivers that are slow
//! or lie, and who may set an address.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::model::{FeedChange, GoneReason, RightScope};
use intune_connector::sics::{Sics, post_for_servers};
use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bus::{Bus, problem, status};
use crate::support::shelf::device;
use crate::support::view::View;
use crate::support::wait::{found, until, within};
use crate::support::webhook_receiver::{ReceivedMessage, Reply, WebhookReceiver};

const WEBHOOK: &str = "/sics/v1/servers/cmdb/webhook";

/// The tasks that post, as `run` starts them.
pub struct Posting {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Posting {
    pub fn start(sics: &Sics) -> Posting {
        let (stop, stopped) = watch::channel(false);
        Posting {
            stop,
            task: tokio::spawn(post_for_servers(sics.clone(), stopped)),
        }
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        within("posting ends", self.task).await.unwrap();
    }
}

/// What somebody holds who takes each message once, by its id.
#[derive(Default)]
pub struct Held {
    pub view: View,
    taken: BTreeSet<String>,
}

#[derive(Deserialize)]
struct PostedBody {
    data: PostedData,
}

#[derive(Deserialize)]
struct PostedData {
    #[serde(default)]
    changes: Vec<FeedChange<Box<RawValue>>>,
}

impl Held {
    pub fn take(&mut self, message: &ReceivedMessage) {
        if self.taken.insert(message.id.clone()) {
            let posted: PostedBody = serde_json::from_str(&message.body).unwrap();
            self.view.apply(&posted.data.changes);
        }
    }
}

/// A receiver that stores what it answers with 204, and what it holds. `judge` may answer otherwise.
pub async fn storing(
    judge: impl Fn(usize, &ReceivedMessage) -> Option<Reply> + Send + Sync + 'static,
) -> (WebhookReceiver, Arc<Mutex<Held>>) {
    let held = Arc::<Mutex<Held>>::default();
    let kept = held.clone();
    let receiver = WebhookReceiver::start(move |number, message| {
        judge(number, message).unwrap_or_else(|| {
            kept.lock().unwrap().take(message);
            Reply::Status(204)
        })
    });
    (receiver.await, held)
}

/// Whether one of the signatures is the one that the library of Standard Webhooks makes with this key.
fn is_signed_by(message: &ReceivedMessage, key: &str) -> bool {
    let library = standardwebhooks::Webhook::new(key).unwrap();
    let expected = library.sign(&message.id, message.sent_at, message.body.as_bytes());
    message.signatures.contains(&expected.unwrap())
}

/// Sets the address of server `cmdb`; the answer.
async fn set_webhook(bus: &Bus, url: &url::Url) -> Value {
    set_webhook_of(bus, "cmdb", url).await
}

/// The same of any server.
pub async fn set_webhook_of(bus: &Bus, server: &str, url: &url::Url) -> Value {
    let path = format!("/sics/v1/servers/{server}/webhook");
    let body = json!({"url": url.as_str(), "allowPrivateAddresses": true});
    status(bus.send(Method::PUT, &bus.admin, &path, body), 200).await
}

fn key_of(answer: &Value) -> String {
    answer["key"].as_str().unwrap().to_owned()
}

async fn shown(bus: &Bus) -> Value {
    status(bus.get(&bus.admin, "/sics/v1/servers/cmdb"), 200).await["webhook"].clone()
}

/// The webhook as soon as it was tried so often in vain, or was set aside.
async fn failing(bus: &Bus, attempts: u64) -> Value {
    found("an attempt fails", async || {
        let webhook = shown(bus).await;
        let is_over = !webhook["setAsideAt"].is_null();
        if is_over || webhook["attempts"].as_u64() >= Some(attempts) {
            Ok(webhook)
        } else {
            Err(webhook)
        }
    })
    .await
}

async fn until_held(held: &Mutex<Held>, names: &[&str]) {
    until("the receiver holds the fleet", async || {
        let held = held.lock().unwrap();
        let mut present = held.view.names();
        present.sort_unstable();
        present == names
    })
    .await;
}

fn fleet(names: &[&str]) -> Vec<intune_connector::model::IncomingDevice> {
    names.iter().zip(1..).map(|(name, n)| device(n, name)).collect()
}

#[tokio::test]
async fn f4_who_lives_on_webhooks_alone_holds_what_a_reader_holds() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.server("twin").await;
    let (receiver, held) = storing(|_, _| None).await;
    let key = key_of(&set_webhook(&bus, &receiver.url("127.0.0.1", "/hook")).await);
    let posting = Posting::start(&bus.sics);
    // Several pages, between the marks of a snapshot.
    let many = |name: &str| (1..=230).map(|n| device(n, name)).collect::<Vec<_>>();
    bus.shelf.full(many("first")).await;
    until("the snapshot has ended", async || {
        let held = held.lock().unwrap();
        held.view.devices.len() == 230 && !held.view.in_snapshot(bus.shelf.instance.name.as_str())
    })
    .await;
    bus.shelf.full(many("second").split_off(1)).await;
    bus.shelf.bury(&[1], GoneReason::Deleted).await;
    until("it holds the newest state", async || {
        let held = held.lock().unwrap();
        held.view.devices.len() == 229 && held.view.names().iter().all(|name| *name == "second")
    })
    .await;
    until("all of it is acknowledged", async || {
        bus.changes("cmdb", "").await["changes"] == json!([])
    })
    .await;
    posting.stop().await;

    let mut reader = View::default();
    let read = bus.changes("twin", "").await["changes"].to_string();
    reader.apply(&serde_json::from_str::<Vec<FeedChange<Box<RawValue>>>>(&read).unwrap());
    let view = held.lock().unwrap().view.clone();
    assert_eq!(view.bodies, reader.bodies);
    assert_eq!(view.devices, reader.devices);
    let received = receiver.received();
    assert!(received.len() >= 4, "{}", received.len());
    for message in &received {
        let body = message.json();
        assert_eq!(
            (&body["type"], &body["data"]["server"]),
            (&json!("inventory.changes"), &json!("cmdb"))
        );
        assert!(body["data"]["changes"].as_array().unwrap().len() <= 100);
        assert_eq!(message.signatures.len(), 1);
        assert!(is_signed_by(message, &key) && message.is_signed_by(&key));
    }
    assert!(!shown(&bus).await["deliveredAt"].is_null());
}

#[tokio::test]
async fn e7_two_keys_sign_for_a_day_and_another_address_gets_another_key() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let (receiver, held) = storing(|_, _| None).await;
    let url = receiver.url("127.0.0.1", "/hook?token=s3cret");
    let first = key_of(&set_webhook(&bus, &url).await);
    let rolled = status(bus.post(&bus.admin, &format!("{WEBHOOK}/roll"), json!({})), 200).await;
    let second = key_of(&rolled);
    assert!(!rolled["webhook"]["twoKeysUntil"].is_null());
    let posting = Posting::start(&bus.sics);
    bus.shelf.full(fleet(&["A"])).await;
    until_held(&held, &["A"]).await;
    let message = receiver.received().pop().unwrap();
    assert_eq!(message.signatures.len(), 2);
    assert!(is_signed_by(&message, &first) && is_signed_by(&message, &second));

    bus.shelf.clock.advance(TimeDelta::hours(25));
    bus.shelf.full(fleet(&["B"])).await;
    until_held(&held, &["B"]).await;
    let message = receiver.received().pop().unwrap();
    assert!(is_signed_by(&message, &second) && !is_signed_by(&message, &first));

    // The same address keeps its key; nobody is shown it again, or the address as a whole.
    assert_eq!(set_webhook(&bus, &url).await["key"], json!(null));
    let told = shown(&bus).await;
    assert_eq!(told["address"], json!(format!("http://{}", receiver.address)));
    assert!(!told.to_string().contains("s3cret"), "{told}");
    let third = key_of(&set_webhook(&bus, &receiver.url("127.0.0.1", "/other")).await);
    bus.shelf.full(fleet(&["C"])).await;
    until_held(&held, &["C"]).await;
    posting.stop().await;
    let message = receiver.received().pop().unwrap();
    assert_eq!(message.signatures.len(), 1);
    assert!(is_signed_by(&message, &third) && third != second);
    let trail = bus.trail().await.join("\n");
    assert!(trail.contains("admin server.webhookSet cmdb") && trail.contains("admin server.webhookRolled cmdb"));
}

#[tokio::test]
async fn an_outage_of_less_than_a_day_heals_and_a_longer_one_sets_the_address_aside() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let (mut receiver, held) = storing(|_, _| None).await;
    set_webhook(&bus, &receiver.url("127.0.0.1", "/hook")).await;
    receiver.go_away();
    let posting = Posting::start(&bus.sics);
    bus.shelf.full(fleet(&["A", "B"])).await;
    let began = failing(&bus, 1).await;
    assert!(
        !began["nextAttemptAt"].is_null() && began["setAsideAt"].is_null(),
        "{began}"
    );
    // Most of a day, in which the fleet changes: it is told as it is then.
    bus.shelf.clock.advance(TimeDelta::hours(23));
    bus.shelf.full(fleet(&["A", "C"])).await;
    receiver.come_back().await;
    until("the next attempt is due", async || {
        bus.shelf.clock.advance(TimeDelta::minutes(1));
        held.lock().unwrap().view.devices.len() == 2
    })
    .await;
    until_held(&held, &["A", "C"]).await;
    until("nothing fails any more", async || {
        shown(&bus).await["failingSince"].is_null()
    })
    .await;

    receiver.go_away();
    bus.shelf.full(fleet(&["A", "D"])).await;
    failing(&bus, 1).await;
    bus.shelf.clock.advance(TimeDelta::hours(25));
    let aside = failing(&bus, 100).await;
    assert!(
        aside["nextAttemptAt"].is_null() && !aside["setAsideAt"].is_null(),
        "{aside}"
    );
    let waiting = status(bus.get(&bus.admin, "/sics/v1/attention"), 200).await;
    let items = waiting["items"].as_array().unwrap();
    assert!(
        items.iter().any(|item| item["code"] == "serverWebhookSetAside"),
        "{waiting}"
    );

    // A test that is not taken changes nothing; one that is ends it.
    let test = || bus.post(&bus.admin, &format!("{WEBHOOK}/test"), json!({}));
    assert_eq!(status(test(), 200).await["accepted"], false);
    let before = receiver.received().len();
    receiver.come_back().await;
    let tested = status(test(), 200).await;
    assert_eq!(tested["accepted"], true, "{tested}");
    until_held(&held, &["A", "D"]).await;
    posting.stop().await;
    let after = &receiver.received()[before..];
    assert_eq!(after[0].json()["type"], "webhook.test", "nothing came before the test");
}

#[tokio::test]
async fn receivers_that_fail_redirect_or_answer_late_get_the_same_message_again() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let elsewhere = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let there = elsewhere.url("127.0.0.1", "/").to_string();
    let (receiver, held) = storing(move |number, _| match number {
        0 => Some(Reply::Status(500)),
        1 => Some(Reply::Redirect(307, there.clone())),
        2 => Some(Reply::Held(200)),
        _ => None,
    })
    .await;
    set_webhook(&bus, &receiver.url("127.0.0.1", "/hook")).await;
    // The first message has all of it: another one would have another id.
    bus.shelf.full(fleet(&["A"])).await;
    let posting = Posting::start(&bus.sics);
    let failed = failing(&bus, 1).await;
    assert_eq!(failed["lastError"], "HTTP 500");
    let pause = failed["nextAttemptAt"]
        .as_str()
        .unwrap()
        .parse::<DateTime<Utc>>()
        .unwrap()
        - bus.shelf.clock.now();
    assert!(
        pause >= TimeDelta::seconds(4) && pause <= TimeDelta::seconds(6),
        "{pause}"
    );
    bus.shelf.clock.advance(TimeDelta::seconds(10));
    let failed = failing(&bus, 2).await;
    assert!(failed["lastError"].as_str().unwrap().contains("HTTP 307"), "{failed}");
    bus.shelf.clock.advance(TimeDelta::minutes(1));
    receiver.until_received(3).await;
    // It has the message and does not answer: the bus stops meanwhile, and does not know.
    posting.stop().await;
    receiver.release();
    let posting = Posting::start(&bus.sics);
    until_held(&held, &["A"]).await;
    posting.stop().await;
    let received = receiver.received();
    let ids: BTreeSet<&str> = received.iter().map(|message| message.id.as_str()).collect();
    assert_eq!((received.len(), ids.len()), (4, 1), "{ids:?}");
    assert_eq!(elsewhere.connections(), 0);
    let times: Vec<i64> = received.iter().map(|message| message.sent_at).collect();
    assert!(
        times[0] < times[1] && times[1] < times[2],
        "each has its own time: {times:?}"
    );
}

#[tokio::test]
async fn e2_a_receiver_that_answers_nobody_slows_no_other() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.server("fast").await;
    let slow = WebhookReceiver::start(|_, _| Reply::Held(200)).await;
    let (fast, held) = storing(|_, _| None).await;
    set_webhook(&bus, &slow.url("127.0.0.1", "/")).await;
    set_webhook_of(&bus, "fast", &fast.url("127.0.0.1", "/")).await;
    let posting = Posting::start(&bus.sics);
    for names in [["A", "B"], ["A", "C"], ["D", "C"]] {
        bus.shelf.full(fleet(&names)).await;
        let mut sorted = names;
        sorted.sort_unstable();
        until_held(&held, &sorted).await;
    }
    assert_eq!(slow.until_received(1).await.len(), 1, "one at a time");
    posting.stop().await;
}

#[tokio::test]
async fn f8_what_waits_is_told_by_the_limits_of_the_moment_it_is_taken() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let (receiver, held) = storing(|number, _| (number == 0).then_some(Reply::Status(503))).await;
    set_webhook(&bus, &receiver.url("127.0.0.1", "/")).await;
    let posting = Posting::start(&bus.sics);
    bus.shelf.full(fleet(&["A"])).await;
    failing(&bus, 1).await;
    let limits = json!({"fields": ["deviceName"]});
    let patch = |query: &str| {
        bus.send(
            Method::PATCH,
            &bus.admin,
            &format!("/sics/v1/servers/cmdb{query}"),
            limits.clone(),
        )
    };
    super::bus::confirmed(patch, 200).await;
    bus.shelf.clock.advance(TimeDelta::minutes(1));
    until_held(&held, &["A"]).await;
    posting.stop().await;
    let told = receiver.received().pop().unwrap().body;
    assert!(
        told.contains("deviceName") && !told.contains("operatingSystem"),
        "{told}"
    );
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_gets_no_connection_without_leave() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let receiver = WebhookReceiver::start_tls(|_, _| Reply::Status(200)).await;
    let url = receiver.url("localhost", "/hook");
    let body = json!({"url": url.as_str()});
    status(bus.send(Method::PUT, &bus.admin, WEBHOOK, body), 200).await;
    let posting = Posting::start(&bus.sics);
    bus.shelf.full(fleet(&["A"])).await;
    let failed = failing(&bus, 1).await;
    posting.stop().await;
    assert!(
        failed["lastError"].as_str().unwrap().contains("a private address"),
        "{failed}"
    );
    assert_eq!(receiver.connections(), 0);
    // An address that is a number is refused when it is set, and a link-local one whatever is allowed.
    for (url, allow) in [
        ("https://127.0.0.1/", false),
        ("https://169.254.169.254/", true),
        ("http://cmdb/", false),
    ] {
        let body = json!({"url": url, "allowPrivateAddresses": allow});
        assert_eq!(
            problem(bus.send(Method::PUT, &bus.admin, WEBHOOK, body), 422).await,
            "settings",
            "{url}"
        );
    }
}

#[tokio::test]
async fn whoever_sets_an_address_must_be_allowed_to_read_what_is_posted_there() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let manager = bus
        .operator("manager", &["Servers_Manage", "Servers_Read"], RightScope::default())
        .await;
    let body = json!({"url": "https://mine.example/"});
    let set = |token: &str| bus.send(Method::PUT, token, WEBHOOK, body.clone());
    assert_eq!(problem(set(&manager), 403).await, "missingRight");
    assert_eq!(
        problem(set(&bus.acmp), 403).await,
        "missingRight",
        "its own account manages no servers"
    );
    // The account of the server reads every instance that there will be.
    let scope = RightScope {
        instances: Some(vec![bus.shelf.instance.name.clone()]),
        ..RightScope::default()
    };
    let local = bus
        .operator("local", &["Servers_Manage", "Servers_Read", "Changes_Read"], scope)
        .await;
    assert_eq!(problem(set(&local), 403).await, "missingRight");
    for path in ["roll", "test"] {
        let asked = bus.post(&bus.admin, &format!("{WEBHOOK}/{path}"), json!({}));
        assert_eq!(problem(asked, 409).await, "noWebhook");
    }
    status(set(&bus.admin), 200).await;
    let rolled = bus.post(&manager, &format!("{WEBHOOK}/roll"), json!({}));
    assert_eq!(problem(rolled, 403).await, "missingRight");
    status(bus.send(Method::DELETE, &bus.admin, WEBHOOK, json!({})), 204).await;
    assert_eq!(shown(&bus).await, json!(null));
    let asked = bus.send(Method::DELETE, &bus.admin, WEBHOOK, json!({}));
    assert_eq!(problem(asked, 409).await, "noWebhook");
}
