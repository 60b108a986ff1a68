//! Channels of notices: setting and removing them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::channel_check::{CheckedChannel, KnownChannel, check_channel};
use super::{check_name, find_channel, unknown, unreadable};
use crate::contract::{MailChannelView, NoticeChannelBody, NoticeChannelView, WebhookChannelView};
use crate::notices::{ChannelSecrets, ChannelSettings};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{ChannelRemoval, NoticeBacklog, NoticeChannelRow};

/// Channels that there may be.
const MOST: usize = 50;

pub(super) fn show_channel(
    row: &NoticeChannelRow,
    backlog: Option<&NoticeBacklog>,
) -> Result<NoticeChannelView, ApiProblem> {
    let settings: ChannelSettings = serde_json::from_str(&row.settings).map_err(|error| unreadable(&error))?;
    let (mail, webhook) = match settings {
        ChannelSettings::Mail(mail) => {
            let view = MailChannelView {
                host: mail.host,
                port: mail.port,
                security: mail.security,
                user: mail.user,
                from: mail.from,
                allow_private_addresses: mail.allow_private,
                has_authorities: mail.authorities.is_some(),
            };
            (Some(view), None)
        }
        ChannelSettings::Webhook(post) => {
            let view = WebhookChannelView {
                host: post.host,
                form: post.form,
                allow_private_addresses: post.allow_private,
                signed: post.signed,
                authorized: post.authorized,
                has_authorities: post.authorities.is_some(),
            };
            (None, Some(view))
        }
    };
    Ok(NoticeChannelView {
        name: row.name.clone(),
        mail,
        webhook,
        waiting: backlog.map_or(0, |backlog| backlog.waiting),
        last_error: backlog.and_then(|backlog| backlog.last_error.clone()),
    })
}

pub(crate) async fn set_channel(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<NoticeChannelBody>,
) -> Result<Json<NoticeChannelView>, ApiProblem> {
    check_name("the name of the channel", &name)?;
    let rows = sics.store().list_notice_channels().await?;
    let before = find_channel(&rows, &name);
    if before.is_none() && rows.len() >= MOST {
        return Err(ApiProblem::conflict(
            "tooManyChannels",
            format!("there are {MOST} channels already"),
            "Remove those that are no longer used.",
        ));
    }
    let known = open_known(&sics, before)?;
    if let Some(row) = before {
        require_same_kind(row, &body)?;
    }
    let CheckedChannel { settings, secrets } = check_channel(body, known)?;
    let id = before.map_or_else(|| Uuid::new_v4().to_string(), |row| row.id.clone());
    let sealed = secrets
        .seal(sics.folder().secret_key(), &id)
        .map_err(|error| ApiProblem::internal("sealing", &error))?;
    let row = NoticeChannelRow {
        id,
        name,
        settings: serde_json::to_string(&settings).map_err(|error| unreadable(&error))?,
        sealed: Some(sealed),
    };
    let view = show_channel(&row, None)?;
    let mail_host = view.mail.as_ref().map(|mail| mail.host.clone());
    let webhook_host = view.webhook.as_ref().map(|webhook| webhook.host.clone());
    let detail = json!({"mail": mail_host, "webhook": webhook_host});
    let store = sics.recording(&caller, "notice.channelSet", &row.name, move |_: &()| {
        Some(detail.clone())
    });
    store.save_notice_channel(row).await?;
    Ok(Json(view))
}

/// Its recipients have addresses of mail, or none: the name of a mail server does not become that of a webhook.
fn require_same_kind(row: &NoticeChannelRow, body: &NoticeChannelBody) -> Result<(), ApiProblem> {
    let settings: ChannelSettings = serde_json::from_str(&row.settings).map_err(|error| unreadable(&error))?;
    let name = &row.name;
    let problem = match settings {
        ChannelSettings::Mail(_) if body.webhook.is_some() => {
            format!("{name} is the name of a mail server already, not of a webhook")
        }
        ChannelSettings::Webhook(_) if body.mail.is_some() => {
            format!("{name} is the name of a webhook already, not of a mail server")
        }
        ChannelSettings::Mail(_) | ChannelSettings::Webhook(_) => return Ok(()),
    };
    Err(ApiProblem::conflict(
        "otherKindOfChannel",
        problem,
        format!("Choose another name, or remove that channel first: intune-connector notices channels remove {name}"),
    ))
}

/// What cannot be opened any more, nor read, has to be given again.
fn open_known(sics: &Sics, row: Option<&NoticeChannelRow>) -> Result<Option<KnownChannel>, ApiProblem> {
    let Some(row) = row else {
        return Ok(None);
    };
    let settings: ChannelSettings = serde_json::from_str(&row.settings).map_err(|error| unreadable(&error))?;
    let secrets = ChannelSecrets::open(sics.folder().secret_key(), &row.id, row.sealed.as_deref());
    Ok(secrets.ok().map(|secrets| KnownChannel { settings, secrets }))
}

pub(crate) async fn remove_channel(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<StatusCode, ApiProblem> {
    let rows = sics.store().list_notice_channels().await?;
    let row = find_channel(&rows, &name).ok_or_else(|| unknown("channel", &name))?;
    let describe = |removal: &ChannelRemoval| (*removal == ChannelRemoval::Removed).then(|| json!({}));
    let store = sics.recording(&caller, "notice.channelRemoved", &row.name, describe);
    match store.remove_notice_channel(row.id.clone()).await? {
        ChannelRemoval::Removed => Ok(StatusCode::NO_CONTENT),
        ChannelRemoval::Unknown => Err(unknown("channel", &name)),
        ChannelRemoval::InUse => Err(ApiProblem::conflict(
            "channelInUse",
            format!("recipients use the channel {}", row.name),
            "Give them another channel, or remove them; list them: intune-connector notices",
        )),
    }
}
