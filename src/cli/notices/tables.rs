//! What `notices` prints.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_name, format_value, to_one_line};
use crate::contract::{
    HeartbeatView, NoticeChannelView, NoticeMessageView, NoticeRecipientView, NoticeSettingsView, QuietHours,
};

pub(super) fn print_settings(settings: &NoticeSettingsView) -> Result<(), CommandFailure> {
    print_channels(&settings.channels)?;
    output::print_line("")?;
    print_recipients(&settings.recipients)?;
    output::print_line("")?;
    match &settings.heartbeat {
        Some(heartbeat) => print_heartbeat(heartbeat)?,
        None => output::print_line("nobody is pinged")?,
    }
    if settings.console_url.is_none() && !settings.recipients.is_empty() {
        output::eprint_line("messages have no links: set `console_url` in bus.ini to the address of the console");
    }
    Ok(())
}

pub(super) fn print_channels(channels: &[NoticeChannelView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<NoticeChannelView>; 5] = [
        ("CHANNEL", |channel| format_name(&channel.name)),
        ("KIND", |channel| match &channel.webhook {
            Some(webhook) => format_value(&webhook.form),
            None => "mail".to_owned(),
        }),
        ("HOST", |channel| match (&channel.mail, &channel.webhook) {
            (Some(mail), _) => format!("{}:{}", mail.host, mail.port),
            (None, Some(webhook)) => webhook.host.clone(),
            (None, None) => "-".to_owned(),
        }),
        ("WAITING", |channel| format_value(&channel.waiting)),
        ("LAST ERROR", |channel| to_one_line(&format_value(&channel.last_error))),
    ];
    output::print_table(&columns, channels, "there is no channel for notices")
}

pub(super) fn print_recipients(recipients: &[NoticeRecipientView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<NoticeRecipientView>; 6] = [
        ("RECIPIENT", |recipient| format_name(&recipient.name)),
        ("CHANNEL", |recipient| format_name(&recipient.channel)),
        ("ADDRESS", |recipient| format_name(&recipient.address)),
        ("LANGUAGE", |recipient| format_value(&recipient.language)),
        ("KINDS", |recipient| match &recipient.kinds {
            Some(kinds) => format_value(kinds),
            None => "all".to_owned(),
        }),
        ("QUIET", |recipient| describe_quiet(recipient.quiet.as_ref())),
    ];
    output::print_table(&columns, recipients, "nobody is told of anything")
}

fn describe_quiet(quiet: Option<&QuietHours>) -> String {
    quiet.map_or_else(
        || "-".to_owned(),
        |hours| format!("{}-{} {}", hours.from, hours.to, hours.zone),
    )
}

pub(super) fn print_heartbeat(heartbeat: &HeartbeatView) -> Result<(), CommandFailure> {
    output::print_record(&[
        ("heartbeat to", heartbeat.host.clone()),
        ("every", format!("{} s", heartbeat.every_seconds)),
        ("state", format_value(&heartbeat.state)),
        ("looked at", format_value(&heartbeat.checked_at)),
        ("last error", to_one_line(&format_value(&heartbeat.last_error))),
    ])
}

pub(super) fn print_messages(messages: &[NoticeMessageView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<NoticeMessageView>; 7] = [
        ("WRITTEN", |message| format_value(&message.created_at)),
        ("RECIPIENT", |message| format_name(&message.recipient)),
        ("KIND", |message| format_value(&message.kind)),
        ("SAYS", |message| format_value(&message.phase)),
        ("STATE", |message| format_value(&message.state)),
        ("ATTEMPTS", |message| format_value(&message.attempts)),
        ("LAST ERROR", |message| to_one_line(&format_value(&message.last_error))),
    ];
    output::print_table(&columns, messages, "nobody was told anything in the last 30 days")
}

/// What a removal prints.
pub(super) fn print_removed(what: &str, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json(&serde_json::Value::Null)
    } else {
        output::print_line(format!("{what} removed"))
    }
}
