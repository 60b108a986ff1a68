//! Approval by callback from end to end: a whole bus over a simulated tenant, and a receiver that answers over real HTTP.
//! What is judged: that the answer to our own question decides and nothing else does, that it decides once, and that the
//! shop hears the same of an order as the API tells.

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::store::{NewOperator, NewToken, OperatorKind};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulated_tenant::software::{Ending, OutcomeRule};

use crate::support::order_acts::for_device;
use crate::support::order_tenant::{app_named, enrol_laptop, set_outcome};
use crate::support::orders::{ANNA, OrderScene, merge};
use crate::support::wait::found;
use crate::support::webhook_receiver::{KEY, OTHER_KEY, ReceivedMessage, Reply, WebhookReceiver};

const EDITOR: &str = "Notepad++ 8.8.1";
/// What no one but the receiver and the settings may hold.
pub(super) const ADDRESS_SECRET: &str = "s3cret-of-the-address";

pub(super) fn approve() -> Reply {
    Reply::Answer(json!({"decision": "approve"}))
}

/// Somebody decides later.
fn later() -> Reply {
    Reply::Status(204)
}

/// Settings with which this receiver is asked, with two keys.
pub(super) fn asks(receiver: &WebhookReceiver) -> Value {
    let url = receiver.url("127.0.0.1", &format!("/approve?key={ADDRESS_SECRET}"));
    json!({
        "webhooks": ["approval"], "approval_url": url.to_string(), "approval_key": KEY, "approval_key_2": OTHER_KEY,
        "allow_private_addresses": true,
    })
}

/// The same, and it is told how orders end.
fn asks_and_tells(receiver: &WebhookReceiver) -> Value {
    let told = json!({
        "webhooks": ["status", "approval"], "status_url": receiver.url("127.0.0.1", "/status").to_string(),
        "status_key": KEY,
    });
    merge(asks(receiver), told)
}

/// A scene with the application `editor`, whose orders this receiver decides.
pub(super) async fn asking_scene(answers: Value) -> OrderScene {
    let scene = OrderScene::new(answers).await;
    let change = json!({"approval": "callback", "cost": "12.50", "currency": "EUR"});
    scene.link("editor", &app_named(&scene.sim, EDITOR), change).await;
    scene
}

fn of_type(message: &ReceivedMessage, kind: &str) -> bool {
    message.json()["type"] == kind
}

fn is_question(message: &ReceivedMessage) -> bool {
    of_type(message, "order.approvalRequested")
}

pub(super) fn questions_about(receiver: &WebhookReceiver, order: &str) -> Vec<ReceivedMessage> {
    let all = receiver.received().into_iter();
    all.filter(|message| is_question(message) && message.json()["data"]["order"] == order)
        .collect()
}

impl OrderScene {
    pub(super) async fn place_for_laptop(&self) -> String {
        let laptop = enrol_laptop(&self.sim);
        self.place("editor", "install", for_device(&laptop)).await
    }

    pub(super) async fn until_decided(&self, order: &str) -> Value {
        found("the order is decided", async || {
            let seen = self.order(order).await;
            let is_decided = seen["decidedAt"] != Value::Null;
            is_decided.then(|| seen.clone()).ok_or(seen)
        })
        .await
    }

    /// The messages about an order, newest first.
    pub(super) async fn messages_about(&self, order: &str) -> Vec<Value> {
        let all = self.get("/sics/v1/webhooks?limit=500").await;
        let all = all["webhooks"].as_array().unwrap().iter();
        all.filter(|message| message["order"] == order).cloned().collect()
    }

    /// The newest message about an order, as soon as it has this state.
    pub(super) async fn message_is(&self, order: &str, state: &str) -> Value {
        found(&format!("the message is {state}"), async || {
            let newest = self.messages_about(order).await.into_iter().next().unwrap_or_default();
            let is_there = newest["state"] == state;
            is_there.then(|| newest.clone()).ok_or(newest)
        })
        .await
    }

    /// Entries of the trail about an order: actor, action, details.
    async fn trail_of(&self, order: &str) -> Vec<(String, String, Value)> {
        let rows = self.bus().store.list_audit_entries(0, 10_000).await.unwrap();
        let own = rows.into_iter().filter(|row| row.subject == order);
        own.map(|row| (row.actor, row.action, row.detail)).collect()
    }

    /// The token of a new account of a system.
    async fn system(&self, name: &str, rights: &[&str]) -> String {
        let store = &self.bus().store;
        let new = NewOperator {
            name: name.into(),
            kind: OperatorKind::Server,
            password_hash: None,
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope: RightScope::default(),
            created_by: None,
        };
        let operator = store.add_operator(new).await.unwrap().id;
        let token = ApiToken::new().unwrap();
        let new = NewToken {
            operator,
            name: "test".into(),
            sha256: token.sha256,
            scope: RightScope::default(),
            expires_at: None,
        };
        store.add_token(new).await.unwrap();
        token.text.expose_secret().to_owned()
    }

    /// Approves as whoever has this token.
    async fn approve_with(&self, token: &str, order: &str) -> (StatusCode, Value) {
        let url = format!("{}/sics/v1/orders/{order}/approve", self.bus().local.url);
        let answer = self.http.post(url).bearer_auth(token).json(&json!({})).send();
        let answer = answer.await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

#[tokio::test]
async fn an_order_is_approved_by_the_answer_to_our_own_question() {
    let receiver = WebhookReceiver::start(|_, _| approve()).await;
    let mut scene = asking_scene(asks(&receiver)).await;
    let order = scene.place_for_laptop().await;
    let decided = scene.until_decided(&order).await;
    assert_eq!(
        (&decided["approval"], &decided["decidedBy"]),
        (&json!("callback"), &Value::Null),
        "no account decided: {decided}"
    );
    let ended = scene.follow(&order).await;
    assert_eq!((&ended["state"], &ended["status"]), (&json!("done"), &json!(1)));
    let events = scene.events(&order).await;
    assert_eq!(
        events.iter().filter(|event| *event == "approved").count(),
        1,
        "{events:?}"
    );

    let questions = questions_about(&receiver, &order);
    assert_eq!(questions.len(), 1, "it is asked once: {questions:?}");
    assert!(questions[0].is_signed_by(KEY) && questions[0].is_signed_by(OTHER_KEY));
    let data = &questions[0].json()["data"];
    assert_eq!(
        (&data["application"], &data["cost"], &data["currency"], &data["type"]),
        (&json!("editor"), &json!("12.50"), &json!("EUR"), &json!("install")),
        "{data}"
    );
    assert_eq!(data["device"], ended["device"], "{data}");

    let trail = scene.trail_of(&order).await;
    let approved: Vec<_> = trail
        .iter()
        .filter(|(_, action, _)| action == "order.approved")
        .collect();
    let [(actor, _, detail)] = approved.as_slice() else {
        panic!("one entry: {trail:?}")
    };
    assert_eq!(
        (actor.as_str(), &detail["decidedBy"], &detail["host"]),
        (
            "bus",
            &json!("approvalAddress"),
            &json!(format!("127.0.0.1:{}", receiver.address.port()))
        )
    );
    assert!(!format!("{trail:?}").contains(ADDRESS_SECRET), "{trail:?}");
    scene.stop().await;
}

#[tokio::test]
async fn a_rejection_ends_the_order_with_its_reason_and_the_shop_hears_what_the_api_tells() {
    let reply = |_: usize, message: &ReceivedMessage| {
        if is_question(message) {
            Reply::Answer(json!({"decision": "reject", "reason": " there is one in the office "}))
        } else {
            Reply::Status(200)
        }
    };
    let receiver = WebhookReceiver::start(reply).await;
    let mut scene = asking_scene(asks_and_tells(&receiver)).await;
    let order = scene.place_for_laptop().await;
    let ended = scene.follow(&order).await;
    assert_eq!(
        (
            &ended["state"],
            &ended["status"],
            &ended["message"],
            &ended["decidedBy"]
        ),
        (
            &json!("rejected"),
            &json!(0),
            &json!("there is one in the office"),
            &Value::Null
        )
    );
    tells_the_same(&receiver, &ended).await;
    let trail = scene.trail_of(&order).await;
    let rejected = trail.iter().find(|(_, action, _)| action == "order.rejected").unwrap();
    assert_eq!(rejected.2["reason"], "there is one in the office", "{trail:?}");
    scene.stop().await;
}

#[tokio::test]
async fn the_shop_hears_the_same_of_a_success_and_of_a_failure_as_the_api_tells() {
    let reply = |_: usize, message: &ReceivedMessage| {
        if is_question(message) {
            approve()
        } else {
            Reply::Status(200)
        }
    };
    let receiver = WebhookReceiver::start(reply).await;
    let mut scene = asking_scene(asks_and_tells(&receiver)).await;
    let order = scene.place_for_laptop().await;
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["state"], &ended["devices"][0]["installState"]),
        (&json!("done"), &json!("installed")),
        "{ended}"
    );
    tells_the_same(&receiver, &ended).await;
    let fails = OutcomeRule {
        ending: Ending::Fails,
        error_code: Some(0x87D1_041C),
        ..OutcomeRule::default()
    };
    set_outcome(&scene.sim, fails);
    let order = scene.place_for_laptop().await;
    let ended = scene.follow(&order).await;
    assert_eq!(
        (&ended["state"], &ended["devices"][0]["hexErrorCode"]),
        (&json!("failed"), &json!("0x87D1041C")),
        "{ended}"
    );
    tells_the_same(&receiver, &ended).await;
    scene.stop().await;
}

/// What the shop is told of the end of an order is what the API shows of it, told once.
async fn tells_the_same(receiver: &WebhookReceiver, shown: &Value) {
    let told = found("the shop is told", async || {
        let all = receiver.received();
        let own = all
            .iter()
            .filter(|message| of_type(message, "order.status") && message.json()["data"]["order"] == shown["id"]);
        let own: Vec<Value> = own.map(ReceivedMessage::json).collect();
        if own.is_empty() { Err(all) } else { Ok(own) }
    })
    .await;
    assert_eq!(told.len(), 1, "{told:?}");
    let data = &told[0]["data"];
    for name in ["order", "application", "type", "device", "state", "status", "message"] {
        assert!(!data[name].is_null(), "{name}: {data}");
    }
    for (told, shown) in [
        (&data["order"], &shown["id"]),
        (&data["application"], &shown["application"]),
        (&data["type"], &shown["type"]),
        (&data["device"], &shown["device"]),
        (&data["state"], &shown["state"]),
        (&data["status"], &shown["status"]),
        (&data["message"], &shown["message"]),
        (&data["failure"], &shown["failure"]),
        (&data["targetName"], &shown["targetName"]),
        (&data["note"], &shown["note"]),
    ] {
        assert_eq!(told, shown, "{data}");
    }
    let (told, shown) = (
        data["devices"].as_array().unwrap(),
        shown["devices"].as_array().unwrap(),
    );
    assert_eq!(told.len(), shown.len(), "{data}");
    for (told, shown) in told.iter().zip(shown) {
        for name in ["name", "intuneId", "installState", "errorCode", "hexErrorCode"] {
            assert_eq!(told[name], shown[name], "{name}: {data}");
        }
    }
}

#[tokio::test]
async fn after_an_empty_answer_an_account_of_the_system_decides_through_the_api() {
    let receiver = WebhookReceiver::start(|_, _| later()).await;
    let mut scene = asking_scene(asks(&receiver)).await;
    let order = scene.place_for_laptop().await;
    scene.message_is(&order, "delivered").await;
    scene.round_after(TimeDelta::days(2)).await;
    let seen = scene.order(&order).await;
    assert_eq!(seen["state"], "waitingForApproval", "{seen}");
    assert_eq!(questions_about(&receiver, &order).len(), 1, "it is asked once");
    // A person is not asked, and neither is an account without the right.
    let (status, told) = scene.approve(&order, ANNA).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::FORBIDDEN, &json!("callbackDecides"))
    );
    let reader = scene.system("reader", &["Orders_Read"]).await;
    let (status, told) = scene.approve_with(&reader, &order).await;
    assert_eq!((status, &told["code"]), (StatusCode::FORBIDDEN, &json!("missingRight")));
    let system = scene.system("itsm", &["Orders_Read", "Orders_Approve"]).await;
    let (status, told) = scene.approve_with(&system, &order).await;
    assert_eq!((status, &told["decidedBy"]), (StatusCode::OK, &json!("itsm")), "{told}");
    assert_eq!(scene.follow(&order).await["status"], 1);
    assert_eq!(questions_about(&receiver, &order).len(), 1, "nobody is asked again");
    scene.stop().await;
}
