//! Notices to people: channels, recipients and the heartbeat, for whoever manages accounts: a notice tells of the whole bus.
//! What is told, when and how is decided in [`crate::notices`].

mod channel_check;
mod channels;
mod heartbeat;
mod mail_place;
mod recipients;
mod settings_view;

pub(crate) use channels::{remove_channel, set_channel};
pub(crate) use heartbeat::{remove_heartbeat, set_heartbeat};
pub(crate) use recipients::{remove_recipient, set_recipient, test_recipient};
pub(crate) use settings_view::{list_messages, show_settings};

use super::Sics;
use super::problem::ApiProblem;
use super::text_checks::require_printable_text;
use crate::store::{NoticeChannelRow, NoticeRecipientRow};

/// Longest name of a channel or a recipient, characters.
const NAME_CHARS: usize = 80;

/// Where people open the console, as the settings say; `None`: nothing is set, or they cannot be read now.
fn read_console_url(sics: &Sics) -> Option<String> {
    let settings = sics.folder().read_bus_settings().ok()?;
    let url = settings.console.url?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn check_name(what: &str, name: &str) -> Result<(), ApiProblem> {
    require_printable_text(what, name)?;
    if name.trim() == name && (1..=NAME_CHARS).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(ApiProblem::bad_request(
        "wrongName",
        format!("{what} has 1 to {NAME_CHARS} characters, and no blank at its beginning or end"),
        "Give it a short name.",
    ))
}

fn find_channel<'a>(rows: &'a [NoticeChannelRow], name: &str) -> Option<&'a NoticeChannelRow> {
    rows.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

fn find_recipient<'a>(rows: &'a [NoticeRecipientRow], name: &str) -> Option<&'a NoticeRecipientRow> {
    rows.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

fn unknown(what: &str, name: &str) -> ApiProblem {
    ApiProblem::not_found(what, crate::model::replace_unprintable(name))
}

/// A row that another version has written.
fn unreadable(error: &serde_json::Error) -> ApiProblem {
    ApiProblem::internal("noticeSettings", error)
}
