//! A store with channels and recipients, and a sender that looks when a test lets it.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::config::SecretKey;
use intune_connector::contract::{AttentionSeverity, MailSecurity, NoticeForm, NoticeKind};
use intune_connector::model::{Language, Timestamp};
use intune_connector::notices::{
    ChannelSecrets, ChannelSettings, ConditionSource, ConditionText, MailSettings, NoticeSender, OpenCondition,
    PostSettings, RecipientSettings, SecretText,
};
use intune_connector::store::{NewNoticeRecipient, NoticeChannelRow, NoticeRecipientRow};
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::mail_server::{MailServer, PASSWORD, USER};
use crate::support::shelf::Shelf;
use crate::support::webhook_receiver::{KEY, WebhookReceiver};

/// What is open, as a test says.
#[derive(Clone, Default)]
pub struct OpenList(Arc<Mutex<Vec<OpenCondition>>>);

impl OpenList {
    pub fn set(&self, open: Vec<OpenCondition>) {
        *self.0.lock().unwrap() = open;
    }
}

impl ConditionSource for OpenList {
    fn list_conditions(&self) -> BoxFuture<'_, Result<Vec<OpenCondition>, String>> {
        let open = self.0.lock().unwrap().clone();
        async move { Ok(open) }.boxed()
    }
}

pub struct Office {
    pub shelf: Shelf,
    pub key: SecretKey,
    pub open: OpenList,
    ticks: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Office {
    pub async fn new() -> Office {
        let shelf = Shelf::new().await;
        let key = shelf.data_folder().secret_key().clone();
        Office::on(shelf, key)
    }

    /// Over a store that is there; `key`: its channels are sealed with it.
    pub fn on(shelf: Shelf, key: SecretKey) -> Office {
        let open = OpenList::default();
        let (ticks, ticking) = watch::channel(0);
        let (stop, stopped) = watch::channel(false);
        let sender = NoticeSender::new(
            shelf.store.clone(),
            key.clone(),
            shelf.clock.clone(),
            Some("https://intune.example"),
            Arc::new(open.clone()),
        );
        Office {
            task: tokio::spawn(sender.run(ticking, stopped)),
            shelf,
            key,
            open,
            ticks,
            stop,
        }
    }

    /// Nothing more is begun.
    pub fn begin_stop(&self) {
        self.stop.send_replace(true);
    }

    pub fn tick(&self) {
        self.ticks.send_modify(|count| *count += 1);
    }

    /// The clock goes on; what waits for it is done with the next ticks.
    pub fn pass(&self, time: TimeDelta) {
        self.shelf.clock.advance(time);
        self.tick();
    }

    pub async fn add_channel(
        &self,
        name: &str,
        settings: ChannelSettings,
        secrets: ChannelSecrets,
    ) -> NoticeChannelRow {
        let id = uuid::Uuid::new_v4().to_string();
        let row = NoticeChannelRow {
            sealed: Some(secrets.seal(&self.key, &id).unwrap()),
            id,
            name: name.to_owned(),
            settings: serde_json::to_string(&settings).unwrap(),
        };
        self.shelf.store.save_notice_channel(row.clone()).await.unwrap();
        row
    }

    pub async fn add_recipient(
        &self,
        name: &str,
        channel: &NoticeChannelRow,
        address: Option<&str>,
        language: Language,
    ) -> NoticeRecipientRow {
        let settings = RecipientSettings {
            address: address.map(str::to_owned),
            language,
            kinds: None,
            quiet: None,
        };
        let new = NewNoticeRecipient {
            name: name.to_owned(),
            channel: channel.id.clone(),
            settings: serde_json::to_string(&settings).unwrap(),
        };
        let saved = self.shelf.store.save_notice_recipient(new).await.unwrap();
        saved.unwrap()
    }
}

pub fn secret(text: &str) -> Option<SecretText> {
    Some(SecretText(SecretString::from(text)))
}

/// Its password.
pub fn mail_secrets() -> ChannelSecrets {
    ChannelSecrets {
        password: secret(PASSWORD),
        ..ChannelSecrets::default()
    }
}

pub fn mail_settings(server: &MailServer, security: MailSecurity) -> MailSettings {
    MailSettings {
        host: "localhost".to_owned(),
        port: server.port,
        security,
        user: Some(USER.to_owned()),
        from: "intune@example.com".to_owned(),
        allow_private: true,
        authorities: Some(server.authority.clone()),
    }
}

/// A path of the receiver for each form.
pub fn post_channel(
    receiver: &WebhookReceiver,
    form: NoticeForm,
    template: Option<&str>,
) -> (ChannelSettings, ChannelSecrets) {
    let url = receiver.url("127.0.0.1", &format!("/{}", form.name()));
    let is_signed = form == NoticeForm::Standard;
    let settings = PostSettings {
        host: "127.0.0.1".to_owned(),
        form,
        allow_private: true,
        signed: is_signed,
        authorized: false,
        authorities: None,
    };
    let secrets = ChannelSecrets {
        template: template.and_then(secret),
        url: secret(url.as_str()),
        key: if is_signed { secret(KEY) } else { None },
        ..ChannelSecrets::default()
    };
    (ChannelSettings::Webhook(settings), secrets)
}

/// Something open of this kind.
pub fn condition(kind: NoticeKind, since: Timestamp) -> OpenCondition {
    let name = kind.name();
    OpenCondition {
        kind,
        code: name.to_owned(),
        severity: AttentionSeverity::Act,
        subject: format!("subject of {name}"),
        since: Some(since),
        fix: format!("/page/{name}"),
        english: ConditionText {
            message: format!("This is the matter with {name}."),
            advice: format!("Mend {name}."),
        },
        german: ConditionText {
            message: format!("Das ist los mit {name}: Störung."),
            advice: format!("Beheben Sie {name}."),
        },
    }
}
