//! All that is set, and what was sent lately.

use axum::Json;
use axum::extract::State;

use super::channels::show_channel;
use super::heartbeat::show_heartbeat;
use super::read_console_url;
use super::recipients::show_recipient;
use crate::contract::{NoticeMessageView, NoticeMessagesView, NoticeSettingsView};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;

pub(crate) async fn show_settings(State(sics): State<Sics>) -> Result<Json<NoticeSettingsView>, ApiProblem> {
    let rows = sics.store().list_notice_channels().await?;
    let backlogs = sics.store().list_notice_backlogs().await?;
    let recipients = sics.store().list_notice_recipients().await?;
    let channels = rows.iter().map(|row| {
        let backlog = backlogs.iter().find(|backlog| backlog.channel == row.id);
        show_channel(row, backlog)
    });
    let people = recipients.iter().map(|row| show_recipient(row, &rows));
    let beat = sics.store().find_heartbeat().await?;
    Ok(Json(NoticeSettingsView {
        console_url: read_console_url(&sics),
        channels: channels.collect::<Result<_, _>>()?,
        recipients: people.collect::<Result<_, _>>()?,
        heartbeat: beat.as_ref().map(show_heartbeat).transpose()?,
    }))
}

pub(crate) async fn list_messages(State(sics): State<Sics>) -> Result<Json<NoticeMessagesView>, ApiProblem> {
    let rows = sics.store().list_notice_messages().await?;
    let messages = rows.into_iter().map(|row| NoticeMessageView {
        id: row.id,
        recipient: row.recipient_name,
        kind: row.kind,
        phase: row.phase,
        created_at: row.created_at,
        state: row.state,
        attempts: row.attempts,
        last_error: row.last_error,
    });
    Ok(Json(NoticeMessagesView {
        messages: messages.collect(),
    }))
}
