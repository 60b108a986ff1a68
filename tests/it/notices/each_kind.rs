//! Each kind of notice once by each channel and in each language, its all-clear, and nothing twice.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use intune_connector::contract::{MailSecurity, NoticeForm, NoticeKind, WebhookState};
use intune_connector::model::Language;
use intune_connector::notices::ChannelSettings;

use super::office::{Office, condition, mail_secrets, mail_settings, post_channel};
use crate::support::mail_server::MailServer;
use crate::support::wait::until;
use crate::support::webhook_receiver::{KEY, ReceivedMessage, Reply, WebhookReceiver};

const TEMPLATE: &str = r#"{"routing_key": "R", "event_action": "{action}", "dedup_key": "{key}",
    "payload": {"summary": "{title}", "severity": "{severity}", "custom_details": {"text": "{text}", "link": "{link}"}}}"#;

fn of_form(receiver: &WebhookReceiver, fits: impl Fn(&ReceivedMessage) -> bool) -> Vec<ReceivedMessage> {
    receiver.received().into_iter().filter(fits).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_arrives_once_by_each_channel_in_each_language_and_so_does_its_end() {
    let (office, kinds) = (Office::new().await, NoticeKind::ALL.len());
    let (starttls, wrapped) = (MailServer::start("starttls"), MailServer::start("tls"));
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(202)).await;
    for (name, server, security, language) in [
        ("anna", &starttls, MailSecurity::StartTls, Language::En),
        ("bernd", &wrapped, MailSecurity::Tls, Language::De),
    ] {
        let settings = ChannelSettings::Mail(mail_settings(server, security));
        let channel = office.add_channel(name, settings, mail_secrets()).await;
        let address = format!("{name}@example.com");
        office.add_recipient(name, &channel, Some(&address), language).await;
    }
    for form in NoticeForm::ALL.iter().copied() {
        let template = (form == NoticeForm::Template).then_some(TEMPLATE);
        let (settings, secrets) = post_channel(&receiver, form, template);
        let channel = office.add_channel(form.name(), settings, secrets).await;
        office.add_recipient(form.name(), &channel, None, Language::En).await;
    }
    let since = office.shelf.clock.now() - TimeDelta::minutes(90);
    office
        .open
        .set(NoticeKind::ALL.iter().map(|kind| condition(*kind, since)).collect());
    let arrived = |times: usize| {
        let counts = (starttls.mails().len(), wrapped.mails().len(), receiver.received().len());
        counts == (times * kinds, times * kinds, times * 4 * kinds)
    };
    until("each kind has arrived", async || {
        office.tick();
        arrived(1)
    })
    .await;

    let subjects = |server: &MailServer| -> BTreeSet<String> {
        server.mails().iter().map(|mail| mail.header("Subject")).collect()
    };
    assert_eq!((subjects(&starttls).len(), subjects(&wrapped).len()), (kinds, kinds));
    for kind in NoticeKind::ALL {
        let name = kind.name();
        let english = starttls.mails().into_iter().map(|mail| mail.text());
        let link = format!("https://intune.example/page/{name}");
        let mut of_kind = english.filter(|text| text.contains(&format!("matter with {name}.")));
        let text = of_kind.next().unwrap();
        for part in ["Since: ", &format!("What to do: Mend {name}."), link.as_str()] {
            assert!(text.contains(part), "{text}");
        }
        assert!(of_kind.next().is_none(), "{name} was told twice");
        let german = wrapped.mails().into_iter().map(|mail| mail.text());
        let text = german
            .filter(|text| text.contains(&format!("los mit {name}: Störung.")))
            .collect::<String>();
        assert!(text.contains(&format!("Was zu tun ist: Beheben Sie {name}.")), "{text}");
    }
    let standard = of_form(&receiver, |message| message.body.contains("\"notice.opened\""));
    let told: BTreeSet<String> = standard
        .iter()
        .map(|message| message.json()["data"]["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((standard.len(), told.len()), (kinds, kinds));
    assert!(standard.iter().all(|message| message.is_signed_by(KEY)));
    let cards = of_form(&receiver, |message| message.body.contains("AdaptiveCard"));
    let blocks = of_form(&receiver, |message| message.body.contains("mrkdwn"));
    let events = of_form(&receiver, |message| {
        message.body.contains("\"event_action\":\"trigger\"")
    });
    assert_eq!((cards.len(), blocks.len(), events.len()), (kinds, kinds, kinds));

    // All of it is over.
    office.open.set(Vec::new());
    until("each end has arrived", async || {
        office.pass(TimeDelta::minutes(1));
        arrived(2)
    })
    .await;
    let cleared = of_form(&receiver, |message| {
        message.body.contains("\"event_action\":\"resolve\"")
    });
    assert_eq!(cleared.len(), kinds);
    let ends = starttls
        .mails()
        .into_iter()
        .filter(|mail| mail.header("Subject").starts_with("All clear"));
    assert_eq!(ends.count(), kinds);
    let ids: BTreeSet<String> = starttls.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 2 * kinds);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_hundred_of_a_kind_are_one_mail_that_is_sent_again_until_it_is_taken() {
    let office = Office::new().await;
    let server = MailServer::start("starttls");
    let settings = ChannelSettings::Mail(mail_settings(&server, MailSecurity::StartTls));
    let channel = office.add_channel("office", settings, mail_secrets()).await;
    office
        .add_recipient("anna", &channel, Some("anna@example.com"), Language::En)
        .await;
    server.refuse(Some("451 try again later"));
    let since = office.shelf.clock.now();
    let many = (0..800).map(|number| {
        let mut one = condition(NoticeKind::RecordsSetAside, since);
        one.subject = number.to_string();
        one
    });
    office.open.set(many.collect());
    let first = || async {
        office.tick();
        let all = office.shelf.store.list_notice_messages().await.unwrap();
        assert!(all.len() <= 1, "{all:?}");
        all.into_iter().next()
    };
    until("the mail is refused", async || {
        first().await.is_some_and(|message| message.attempts > 0)
    })
    .await;
    let refused = first().await.and_then(|message| message.last_error).unwrap();
    assert!(refused.contains("try again later"), "{refused}");
    assert!(server.mails().is_empty());
    server.refuse(None);
    until("the mail is taken", async || {
        office.pass(TimeDelta::seconds(30));
        !server.mails().is_empty()
    })
    .await;
    let mails = server.mails();
    assert_eq!(
        (mails.len(), mails[0].header("Subject").as_str()),
        (1, "Records were set aside (800)")
    );
    assert!(mails[0].text().contains("There are 790 more of this kind."));
    assert_eq!(mails[0].header("X-Rcpt"), "anna@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_under_way_when_the_bus_stops_is_not_told_twice() {
    let office = Office::new().await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Held(200)).await;
    let (settings, secrets) = post_channel(&receiver, NoticeForm::Slack, None);
    let channel = office.add_channel("team", settings, secrets).await;
    office.add_recipient("team", &channel, None, Language::En).await;
    let since = office.shelf.clock.now();
    office.open.set(vec![condition(NoticeKind::KillSwitch, since)]);
    until("it is under way", async || {
        office.tick();
        !receiver.received().is_empty()
    })
    .await;
    office.begin_stop();
    receiver.release();
    until("its delivery is recorded", async || {
        let messages = office.shelf.store.list_notice_messages().await.unwrap();
        messages.iter().all(|message| message.state == WebhookState::Delivered)
    })
    .await;
}
