//! A backup is put back: what it held of notices that were sent since is not sent again.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use intune_connector::contract::{NoticeForm, NoticeKind};
use intune_connector::model::Language;
use intune_connector::store::{Store, restore_backup};

use super::office::{Office, condition, post_channel};
use crate::support::folder::TestFolder;
use crate::support::shelf::Shelf;
use crate::support::wait::until;
use crate::support::webhook_receiver::{ReceivedMessage, Reply, WebhookReceiver};

fn kind_and_type(message: &ReceivedMessage) -> (String, String) {
    let body = message.json();
    let text = |place: &str| {
        body.pointer(place)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    (text("/data/kind"), text("/type"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_after_a_restore_nothing_is_sent_again_and_what_is_still_open_is_told_once() {
    let office = Office::new().await;
    // The second message waits at the time of the backup, and is taken behind it.
    let receiver = WebhookReceiver::start(|number, _| Reply::Status(if number == 1 { 503 } else { 200 })).await;
    let (settings, secrets) = post_channel(&receiver, NoticeForm::Standard, None);
    let channel = office.add_channel("team", settings, secrets).await;
    office.add_recipient("team", &channel, None, Language::En).await;
    let since = office.shelf.clock.now();
    let tries = || async {
        office.tick();
        let messages = office.shelf.store.list_notice_messages().await.unwrap();
        messages.iter().map(|message| message.attempts).sum::<u32>()
    };
    let kill_switch = condition(NoticeKind::KillSwitch, since);
    office.open.set(vec![kill_switch.clone()]);
    until("the first is taken", async || tries().await >= 1).await;
    office
        .open
        .set(vec![kill_switch.clone(), condition(NoticeKind::DiskTrouble, since)]);
    until("the second is refused", async || tries().await >= 2).await;
    let folder = TestFolder::new();
    let file = folder.path().join("backup.db");
    office.shelf.store.write_backup(&file).await.unwrap();
    until("the second is taken", async || {
        office.pass(TimeDelta::seconds(30));
        tries().await >= 3
    })
    .await;
    office.begin_stop();
    let before: BTreeSet<String> = receiver.received().into_iter().map(|message| message.id).collect();
    assert_eq!((receiver.count_received(), before.len()), (3, 2));

    restore_backup(folder.path(), &file, &[7; 32]).unwrap();
    let clock = office.shelf.clock.clone();
    let restored = Office::on(
        Shelf {
            store: Store::open(folder.path(), clock.clone(), [7; 32]).unwrap(),
            clock,
            folder,
            instance: office.shelf.instance.clone(),
        },
        office.key.clone(),
    );
    let went_back = condition(NoticeKind::StoreWentBack, restored.shelf.clock.now());
    restored.open.set(vec![kill_switch.clone(), went_back.clone()]);
    until("all is told", async || {
        restored.pass(TimeDelta::seconds(30));
        receiver.count_received() >= 6
    })
    .await;
    // What comes an hour later shows that there was time for more.
    let later = condition(NoticeKind::PartFailed, restored.shelf.clock.now());
    restored.open.set(vec![kill_switch, went_back, later]);
    restored.pass(TimeDelta::hours(2));
    until("what is new is told", async || {
        restored.tick();
        receiver.count_received() >= 7
    })
    .await;
    let told: Vec<ReceivedMessage> = receiver.received().split_off(3);
    assert!(told.iter().all(|message| !before.contains(&message.id)), "{told:?}");
    let mut kinds: Vec<(String, String)> = told.iter().map(kind_and_type).collect();
    kinds.sort();
    let expected = [
        ("diskTrouble", "notice.cleared"),
        ("killSwitch", "notice.opened"),
        ("partFailed", "notice.opened"),
        ("storeWentBack", "notice.opened"),
    ];
    assert_eq!(kinds, expected.map(|(kind, phase)| (kind.to_owned(), phase.to_owned())));
    let messages = restored.shelf.store.list_notice_messages().await.unwrap();
    let new = messages.iter().filter(|message| !before.contains(&message.id));
    assert_eq!(new.count(), 4, "no message more was written: {messages:?}");
}
