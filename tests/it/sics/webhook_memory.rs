//! What a receiver of webhooks that hangs holds of the bus: one message, however many devices wait for it.

use super::bus::Bus;
use super::webhooks::{Posting, set_webhook_of, storing};
use crate::support::shelf::device;
use crate::support::wait::until;
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

const HUNG: [&str; 3] = ["cmdb", "itsm", "siem"];
const DEVICES: u128 = 1_000;
/// Changes of one message, and its bytes with some for what stands around them.
const PAGE: usize = 100;
const BODY_BYTES: usize = (512 << 10) + 1_024;

#[tokio::test]
async fn e2_a_receiver_that_hangs_is_sent_one_message_however_many_changes_wait_for_it() {
    let bus = Bus::new().await;
    bus.server("fast").await;
    let (fast, held) = storing(|_, _| None).await;
    set_webhook_of(&bus, "fast", &fast.url("127.0.0.1", "/")).await;
    let mut hung = Vec::new();
    for name in HUNG {
        bus.server(name).await;
        let receiver = WebhookReceiver::start(|_, _| Reply::Held(200)).await;
        set_webhook_of(&bus, name, &receiver.url("127.0.0.1", "/")).await;
        hung.push(receiver);
    }
    let posting = Posting::start(&bus.sics);
    // Each round has all devices changed. That another server holds them shows that those that hang had their time.
    for round in 0..3 {
        let name = |number: u128| format!("R{round}-{number}");
        let fleet = (1..=DEVICES).map(|number| device(number, &name(number)));
        bus.shelf.full(fleet.collect()).await;
        let prefix = format!("R{round}-");
        until("another server holds the fleet", async || {
            let held = held.lock().unwrap();
            let present = held.view.names();
            present.len() == 1_000 && present.iter().all(|name| name.starts_with(&prefix))
        })
        .await;
    }
    for receiver in &hung {
        let messages = receiver.until_received(1).await;
        assert_eq!(
            (messages.len(), receiver.connections()),
            (1, 1),
            "one at a time, and none is queued"
        );
        let body = &messages[0].body;
        let changes = messages[0].json()["data"]["changes"].as_array().map(Vec::len);
        assert!(changes.is_some_and(|count| (1..=PAGE).contains(&count)), "{changes:?}");
        assert!(body.len() <= BODY_BYTES, "{}", body.len());
    }
    assert!(
        fast.count_received() > 3 * HUNG.len(),
        "there was more to tell than one message"
    );
    posting.stop().await;
}
