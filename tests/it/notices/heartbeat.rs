//! The heartbeat: it goes out as long as all is well, through an outage of Microsoft's too, and stays away where something is
//! wrong here.

use chrono::TimeDelta;
use intune_connector::config::SealContext;
use intune_connector::contract::{AttentionSeverity, HeartbeatState, NoticeKind};
use intune_connector::notices::{HeartbeatSettings, OpenCondition};

use super::office::{Office, condition};
use crate::support::wait::until;
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

fn overdue(kind: NoticeKind, severity: AttentionSeverity, office: &Office) -> OpenCondition {
    OpenCondition {
        code: "scansOverdue".to_owned(),
        severity,
        ..condition(kind, office.shelf.clock.now())
    }
}

/// Lets time pass until a look has found this.
async fn until_state(office: &Office, state: HeartbeatState) {
    until("the heartbeat has looked", async || {
        office.pass(TimeDelta::seconds(60));
        let row = office.shelf.store.find_heartbeat().await.unwrap().unwrap();
        row.state == Some(state)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ping_stays_away_for_a_fault_of_ours_and_not_for_an_outage_of_microsofts() {
    let office = Office::new().await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let settings = HeartbeatSettings {
        host: "127.0.0.1".to_owned(),
        every_seconds: 60,
        allow_private: true,
        authorities: None,
    };
    let url = receiver.url("127.0.0.1", "/ping/secret");
    let sealed = office
        .key
        .seal_secret(SealContext::Heartbeat, url.as_str().as_bytes())
        .unwrap();
    let settings = serde_json::to_string(&settings).unwrap();
    office.shelf.store.save_heartbeat(settings, sealed).await.unwrap();
    until_state(&office, HeartbeatState::Good).await;
    receiver.until_received(1).await;

    let outage = overdue(NoticeKind::MicrosoftOutage, AttentionSeverity::Watch, &office);
    office.open.set(vec![outage]);
    until_state(&office, HeartbeatState::MicrosoftOutage).await;
    let through = receiver.received().len();
    until("the ping goes on", async || {
        office.pass(TimeDelta::seconds(60));
        receiver.received().len() > through
    })
    .await;

    let fault = overdue(NoticeKind::ScansOverdue, AttentionSeverity::Act, &office);
    office.open.set(vec![fault]);
    until_state(&office, HeartbeatState::Withheld).await;
    // The looks are one after the other: with this one, all pings before it have been sent.
    let before = receiver.received().len();
    let checked = |row: Option<intune_connector::store::HeartbeatRow>| row.and_then(|row| row.checked_at);
    let last = checked(office.shelf.store.find_heartbeat().await.unwrap());
    until("it has looked once more", async || {
        office.pass(TimeDelta::seconds(60));
        checked(office.shelf.store.find_heartbeat().await.unwrap()) > last
    })
    .await;
    assert_eq!(receiver.received().len(), before);
}
