//! What does not go out: in clear, to a server that nobody trusts, to addresses of the own network without the setting, with a
//! wrong password; and what people are told of it.

use intune_connector::contract::{MailSecurity, NoticeForm};
use intune_connector::model::Language;
use intune_connector::notices::{ChannelSecrets, ChannelSettings, MailSettings, send_test};

use super::office::{Office, mail_secrets, mail_settings, post_channel, secret};
use crate::support::mail_server::{MailServer, PASSWORD};
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

/// Why a test message by this channel was not taken; empty: it was.
async fn try_channel(office: &Office, settings: ChannelSettings, secrets: ChannelSecrets) -> String {
    let address = matches!(settings, ChannelSettings::Mail(_)).then_some("anna@example.com");
    let name = uuid::Uuid::new_v4().to_string();
    let channel = office.add_channel(&name, settings, secrets).await;
    let recipient = office.add_recipient(&name, &channel, address, Language::En).await;
    let now = office.shelf.clock.now();
    let problem = send_test(&recipient, &channel, &office.key, None, now).await;
    problem.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn e7_a_mail_goes_out_encrypted_to_a_server_that_is_trusted_or_not_at_all() {
    let office = Office::new().await;
    let (server, plain) = (MailServer::start("starttls"), MailServer::start("plain"));
    let good = || mail_settings(&server, MailSecurity::StartTls);
    let mail = |settings: MailSettings| ChannelSettings::Mail(settings);
    assert_eq!(try_channel(&office, mail(good()), mail_secrets()).await, "");
    assert_eq!(server.mails().len(), 1);

    let wrong_password = ChannelSecrets {
        password: secret("wrong"),
        ..ChannelSecrets::default()
    };
    let said = try_channel(&office, mail(good()), wrong_password).await;
    assert!(said.contains("535") || said.contains("credentials invalid"), "{said}");
    let untrusted = MailSettings {
        authorities: None,
        ..good()
    };
    let said = try_channel(&office, mail(untrusted), mail_secrets()).await;
    assert!(said.contains("certificate verify failed"), "{said}");
    let inside = MailSettings {
        allow_private: false,
        ..good()
    };
    let said = try_channel(&office, mail(inside), mail_secrets()).await;
    assert!(said.contains("a private address"), "{said}");
    let in_clear = mail_settings(&plain, MailSecurity::StartTls);
    let said = try_channel(&office, mail(in_clear), mail_secrets()).await;
    assert!(said.starts_with("the mail server could not be used"), "{said}");
    assert!(plain.mails().is_empty() && server.mails().len() == 1);
    assert!(!said.contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_redirects_or_is_private_gets_nothing_and_its_address_is_not_told() {
    let office = Office::new().await;
    let receiver = WebhookReceiver::start(|_, message| {
        if message.body.contains("AdaptiveCard") {
            Reply::Redirect(302, "http://127.0.0.1:9/".to_owned())
        } else {
            Reply::Status(500)
        }
    })
    .await;
    let (settings, secrets) = post_channel(&receiver, NoticeForm::Teams, None);
    let said = try_channel(&office, settings, secrets).await;
    assert!(said.starts_with("HTTP 302: redirects are not followed"), "{said}");
    let (settings, secrets) = post_channel(&receiver, NoticeForm::Slack, None);
    assert_eq!(try_channel(&office, settings, secrets).await, "HTTP 500");
    let (settings, secrets) = post_channel(&receiver, NoticeForm::Slack, None);
    let ChannelSettings::Webhook(mut inside) = settings else {
        panic!("it is a webhook")
    };
    inside.allow_private = false;
    let said = try_channel(&office, ChannelSettings::Webhook(inside), secrets).await;
    assert!(said.contains("needs https") && !said.contains("/slack"), "{said}");
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_taken_counts_however_the_server_says_goodbye() {
    let office = Office::new().await;
    let server = MailServer::start("tls");
    server.say_no_goodbye();
    let settings = ChannelSettings::Mail(mail_settings(&server, MailSecurity::Tls));
    assert_eq!(try_channel(&office, settings, mail_secrets()).await, "");
    assert_eq!(server.mails().len(), 1);
}
