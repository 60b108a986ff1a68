//! The real program, its commands, a real mail server, and SIGKILL: nothing is told twice, and nothing is forgotten.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use crate::support::mail_server::{MailServer, PASSWORD, USER};
use crate::support::program::{Bus, User};
use crate::support::wait::until;
use crate::support::webhook_receiver::{KEY, Reply, WebhookReceiver};

/// Of webhooks and of mails about a kind: the ids.
fn told_ids(receiver: &WebhookReceiver, server: &MailServer, kind: &str, title: &str) -> (Vec<String>, Vec<String>) {
    let messages = receiver.received();
    let of_kind = messages.iter().filter(|message| message.json()["data"]["kind"] == kind);
    let mails = server.mails();
    let of_title = mails.iter().filter(|mail| mail.header("Subject") == title);
    (
        of_kind.map(|message| message.id.clone()).collect(),
        of_title.map(|mail| mail.header("Message-ID")).collect(),
    )
}

fn unique(ids: &[String]) -> usize {
    ids.iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_twice_and_nothing_is_forgotten_across_kills_of_the_bus() {
    let user = User::new();
    let data = user.path("data");
    let server = MailServer::start("starttls");
    // The first message is under way for as long as the bus that sends it lives.
    let receiver = WebhookReceiver::start(|number, _| {
        if number == 0 {
            Reply::Held(200)
        } else {
            Reply::Status(200)
        }
    })
    .await;
    user.file("password", PASSWORD);
    user.file("key", KEY);
    user.file("address", receiver.url("127.0.0.1", "/secret-part").as_str());
    user.file("ca.pem", &server.authority);
    let says = |line: &str| user.says(&format!("{line} --data data"));

    let bus = Bus::start(&user, &data);
    says(&format!(
        "notices channels mail office --host localhost --port {} --from intune@example.com --sign-in {USER} \
         --secret-file password --ca-file ca.pem --allow-private",
        server.port
    ))
    .good();
    says("notices channels webhook duty --address-file address --key-file key --allow-private").good();
    says("notices recipients add anna --channel office --address anna@example.com").good();
    // Six hours before and behind now.
    let hour = |hours: i64| (Utc::now() + TimeDelta::hours(hours)).format("%H:%M").to_string();
    let quiet = format!("{}-{}", hour(-6), hour(6));
    says(&format!("notices recipients add desk --channel duty --quiet {quiet}")).good();
    says("notices test anna").good();
    let shown = says("notices").good();
    assert!(shown.contains("localhost:") && shown.contains("desk"), "{shown}");
    assert!(!shown.contains("secret-part") && !shown.contains(PASSWORD), "{shown}");
    let refused = says("notices channels remove office");
    assert!(
        refused.code == 5 && refused.err.contains("recipients use the channel office"),
        "{refused:?}"
    );

    // A kill switch cannot wait for the end of quiet hours.
    says("killswitch on --reason drill").good();
    drop(bus);
    let bus = Bus::start(&user, &data);
    receiver.until_received(1).await;
    drop(bus);
    let bus = Bus::start(&user, &data);
    let title = "The kill switch is on";
    let (kind, switched) = ("killSwitch", || told_ids(&receiver, &server, "killSwitch", title));
    until("both are told", async || {
        let sent = says("notices sent --json").json();
        let sent = sent["messages"].as_array().unwrap().clone();
        let is_delivered = |message: &&Value| message["kind"] == kind && message["state"] == "delivered";
        sent.iter().filter(is_delivered).count() == 2
    })
    .await;
    drop(bus);

    // Something else is told behind it: by then, what would be told twice has been.
    let bus = Bus::start(&user, &data);
    says("servers announce acmp").good();
    until("the next is told", async || {
        let (_, mails) = told_ids(&receiver, &server, "approvalWaiting", "An approval is waiting");
        !mails.is_empty()
    })
    .await;
    let (messages, mails) = switched();
    assert!(messages.len() >= 2, "the first one was broken off: {messages:?}");
    assert_eq!((unique(&messages), unique(&mails)), (1, 1), "{messages:?} {mails:?}");
    let (held, _) = told_ids(&receiver, &server, "approvalWaiting", "");
    assert!(held.is_empty(), "it waits for the end of quiet hours");
    assert_eq!(bus.stop(), 0);
}
