//! One try to deliver one message: its channel and recipient as they are now, the words, the form, the sending.

use secrecy::ExposeSecret;
use serde_json::Value;

use super::channel_settings::{ChannelSecrets, ChannelSettings};
use super::content::NoticeContent;
use super::mail_sender::{OutgoingMail, send_mail};
use super::message_form::{MessageContext, build_body};
use super::message_template::{TemplateError, parse_template};
use super::notice_text::write_text;
use super::post_sender::post_message;
use super::recipient_settings::RecipientSettings;
use crate::config::{SealError, SecretKey};
use crate::model::Timestamp;
use crate::store::{NoticeChannelRow, NoticeRecipientRow};
use crate::webhooks::SendOutcome;

/// Why a channel cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("the settings of the channel {name} cannot be read: {source}")]
    Settings { name: String, source: serde_json::Error },
    #[error("the settings of the recipient {name} cannot be read: {source}")]
    Recipient { name: String, source: serde_json::Error },
    #[error("failed to {0}")]
    Seal(#[from] SealError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the recipient {0} has no mail address")]
    NoAddress(String),
}

/// To whom, by which way.
pub(super) struct DeliveryRoute<'a> {
    pub recipient: &'a NoticeRecipientRow,
    pub channel: &'a NoticeChannelRow,
    pub key: &'a SecretKey,
    /// Where people open the console; `None`: messages have no link.
    pub console_url: Option<&'a str>,
}

/// `id`: of the message.
pub(super) async fn deliver_content(
    route: &DeliveryRoute<'_>,
    id: &str,
    content: &NoticeContent,
    now: Timestamp,
) -> SendOutcome {
    match try_deliver(route, id, content, now).await {
        Ok(outcome) => outcome,
        Err(error) => SendOutcome::Failed {
            error: error.to_string(),
            retry_after: None,
        },
    }
}

async fn try_deliver(
    route: &DeliveryRoute<'_>,
    id: &str,
    content: &NoticeContent,
    now: Timestamp,
) -> Result<SendOutcome, ChannelError> {
    let (channel, recipient) = (route.channel, route.recipient);
    let settings: ChannelSettings =
        serde_json::from_str(&channel.settings).map_err(|source| ChannelError::Settings {
            name: channel.name.clone(),
            source,
        })?;
    let person = read_recipient(recipient)?;
    let secrets = ChannelSecrets::open(route.key, &channel.id, channel.sealed.as_deref())?;
    let text = write_text(content, person.language, route.console_url);
    match settings {
        ChannelSettings::Mail(mail) => {
            let to = person.address.as_deref();
            let outgoing = OutgoingMail {
                id,
                to: to.ok_or_else(|| ChannelError::NoAddress(recipient.name.clone()))?,
                text: &text,
                at: content.at,
            };
            let password = secrets.password.as_ref().map(|password| &password.0);
            Ok(send_mail(&mail, password, &outgoing).await)
        }
        ChannelSettings::Webhook(post) => {
            let template = secrets.template.as_ref().map(|text| text.0.expose_secret());
            let template: Option<Value> = template.map(parse_template).transpose()?;
            let context = MessageContext {
                id,
                recipient: &recipient.name,
                language: person.language,
                text: &text,
            };
            let body = build_body(post.form, template.as_ref(), content, context).to_string();
            Ok(post_message(&post, &secrets, id, body, now).await)
        }
    }
}

pub(super) fn read_recipient(row: &NoticeRecipientRow) -> Result<RecipientSettings, ChannelError> {
    serde_json::from_str(&row.settings).map_err(|source| ChannelError::Recipient {
        name: row.name.clone(),
        source,
    })
}

/// Sends a test message at once, past the store. Why it was not taken; `None`: it was.
pub async fn send_test(
    recipient: &NoticeRecipientRow,
    channel: &NoticeChannelRow,
    key: &SecretKey,
    console_url: Option<&str>,
    now: Timestamp,
) -> Option<String> {
    let route = DeliveryRoute {
        recipient,
        channel,
        key,
        console_url,
    };
    match deliver_content(&route, &new_message_id(), &NoticeContent::of_test(now), now).await {
        SendOutcome::Accepted => None,
        SendOutcome::Gone => Some("HTTP 410: the receiver takes no messages at this address any more".to_owned()),
        SendOutcome::Failed { error, .. } => Some(error),
    }
}

/// The same for each attempt.
pub(super) fn new_message_id() -> String {
    format!("ntc_{}", uuid::Uuid::new_v4().simple())
}
