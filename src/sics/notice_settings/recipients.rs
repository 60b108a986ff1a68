//! Recipients of notices: setting and removing them, and a test message.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::{check_name, find_channel, find_recipient, read_console_url, unknown, unreadable};
use crate::contract::{NoticeRecipientBody, NoticeRecipientView, NoticeTestView};
use crate::notices::{ChannelSettings, QuietTimes, RecipientSettings, check_mail_address, send_test};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{NewNoticeRecipient, NoticeChannelRow, NoticeRecipientRow};

/// Recipients that there may be.
const MOST: usize = 200;

pub(super) fn show_recipient(
    row: &NoticeRecipientRow,
    channels: &[NoticeChannelRow],
) -> Result<NoticeRecipientView, ApiProblem> {
    let settings: RecipientSettings = serde_json::from_str(&row.settings).map_err(|error| unreadable(&error))?;
    let channel = channels.iter().find(|channel| channel.id == row.channel);
    Ok(NoticeRecipientView {
        name: row.name.clone(),
        channel: channel.map(|channel| channel.name.clone()).unwrap_or_default(),
        address: settings.address,
        language: settings.language,
        kinds: settings.kinds,
        quiet: settings.quiet,
    })
}

pub(crate) async fn set_recipient(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<NoticeRecipientBody>,
) -> Result<Json<NoticeRecipientView>, ApiProblem> {
    check_name("the name of the recipient", &name)?;
    let recipients = sics.store().list_notice_recipients().await?;
    if find_recipient(&recipients, &name).is_none() && recipients.len() >= MOST {
        return Err(ApiProblem::conflict(
            "tooManyRecipients",
            format!("there are {MOST} recipients already"),
            "Remove those that are no longer used, or give several people one address.",
        ));
    }
    let channels = sics.store().list_notice_channels().await?;
    let channel = find_channel(&channels, &body.channel).ok_or_else(|| unknown("channel", &body.channel))?;
    let settings = check_recipient(channel, body)?;
    let new = NewNoticeRecipient {
        name: name.clone(),
        channel: channel.id.clone(),
        settings: serde_json::to_string(&settings).map_err(|error| unreadable(&error))?,
    };
    let detail = json!({"channel": channel.name, "kinds": settings.kinds, "quiet": settings.quiet});
    let describe = move |saved: &Option<NoticeRecipientRow>| saved.is_some().then(|| detail.clone());
    let store = sics.recording(&caller, "notice.recipientSet", &name, describe);
    let saved = store.save_notice_recipient(new).await?;
    let row = saved.ok_or_else(|| unknown("channel", &channel.name))?;
    Ok(Json(show_recipient(&row, &channels)?))
}

fn check_recipient(channel: &NoticeChannelRow, body: NoticeRecipientBody) -> Result<RecipientSettings, ApiProblem> {
    let way: ChannelSettings = serde_json::from_str(&channel.settings).map_err(|error| unreadable(&error))?;
    let address = body.address.filter(|address| !address.is_empty());
    match (&way, &address) {
        (ChannelSettings::Mail(_), Some(address)) if check_mail_address(address) => (),
        (ChannelSettings::Mail(_), Some(several)) if has_several(several) => {
            return Err(ApiProblem::bad_request(
                "wrongAddress",
                "a recipient has one mail address, and several are given",
                "Add a recipient for each address: intune-connector notices recipients add NAME --channel CHANNEL --address \
                 ADDRESS.",
            ));
        }
        (ChannelSettings::Mail(_), Some(_)) => {
            return Err(ApiProblem::bad_request(
                "wrongAddress",
                "the address of the recipient is no mail address",
                "Give the address that the messages go to, such as ops@example.com (address, --address ADDRESS).",
            ));
        }
        (ChannelSettings::Mail(_), None) => {
            return Err(ApiProblem::bad_request(
                "wrongAddress",
                "the recipient has no mail address",
                "Give the address that the messages go to, such as ops@example.com (address, --address ADDRESS).",
            ));
        }
        (ChannelSettings::Webhook(_), None) => (),
        (ChannelSettings::Webhook(_), Some(_)) => {
            return Err(ApiProblem::bad_request(
                "wrongAddress",
                "the channel is a webhook, and an address is given",
                "Leave the address out (address, --address): the channel has it.",
            ));
        }
    }
    if let Some(quiet) = &body.quiet {
        QuietTimes::parse(quiet)
            .map_err(|error| ApiProblem::bad_request("wrongQuietHours", error.to_string(), error.advice()))?;
    }
    Ok(RecipientSettings {
        address,
        language: body.language,
        kinds: body.kinds.filter(|kinds| !kinds.is_empty()),
        quiet: body.quiet,
    })
}

fn has_several(address: &str) -> bool {
    let parts = address.split([',', ';', ' ']).map(str::trim);
    parts.filter(|part| part.contains('@')).count() > 1
}

pub(crate) async fn remove_recipient(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<StatusCode, ApiProblem> {
    let recipients = sics.store().list_notice_recipients().await?;
    let row = find_recipient(&recipients, &name).ok_or_else(|| unknown("recipient", &name))?;
    let describe = |removed: &bool| removed.then(|| json!({}));
    let store = sics.recording(&caller, "notice.recipientRemoved", &row.name, describe);
    if store.remove_notice_recipient(row.id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown("recipient", &name))
    }
}

/// Past the store, so that its sender is told at once what came of it.
pub(crate) async fn test_recipient(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<NoticeTestView>, ApiProblem> {
    let recipients = sics.store().list_notice_recipients().await?;
    let row = find_recipient(&recipients, &name).ok_or_else(|| unknown("recipient", &name))?;
    let channels = sics.store().list_notice_channels().await?;
    let channel = channels.iter().find(|channel| channel.id == row.channel);
    let channel = channel.ok_or_else(|| unknown("channel", &row.channel))?;
    sics.audit_before(&caller, "notice.tested", &row.name, json!({"channel": channel.name}))
        .await?;
    let (key, console_url) = (sics.folder().secret_key(), read_console_url(&sics));
    let problem = send_test(row, channel, key, console_url.as_deref(), sics.now()).await;
    Ok(Json(NoticeTestView {
        delivered: problem.is_none(),
        problem,
    }))
}

#[cfg(test)]
mod tests {
    use super::has_several;

    #[test]
    fn wn_47_several_addresses_are_told_from_a_wrong_one() {
        assert!(has_several("a@b.example,c@b.example") && has_several("a@b.example; c@b.example"));
        assert!(!has_several("anna@") && !has_several("anna, ben"));
    }
}
