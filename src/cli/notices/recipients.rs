//! `notices recipients`: who is told, of what, in which language, and when not.

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::channels::parse_word;
use super::tables::{print_recipients, print_removed};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::contract::{NoticeKind, NoticeRecipientBody, QuietHours};
use crate::model::Language;

#[derive(Debug, Subcommand)]
pub(super) enum RecipientsCommand {
    /// Add or change a recipient; what is not given is as without it
    Add(AddRecipientArgs),
    /// Remove a recipient; what waits for them is not sent
    Remove {
        /// Name of the recipient
        recipient: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddRecipientArgs {
    /// A name for the recipient
    recipient: String,
    /// Name of the channel
    #[arg(long, value_name = "CHANNEL")]
    channel: String,
    /// Mail address, where the channel is a mail server
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// Language of the messages: en or de
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = parse_language)]
    language: Language,
    /// Only these kinds of notices, with commas; default: all
    #[arg(long, value_name = "KIND,KIND", value_delimiter = ',', value_parser = parse_word::<NoticeKind>)]
    kinds: Vec<NoticeKind>,
    /// Hours in which only what cannot wait is told, e.g. 22:00-07:00
    #[arg(long, value_name = "FROM-TO", value_parser = parse_hours)]
    quiet: Option<HourSpan>,
    /// Time zone of the quiet hours, e.g. Europe/Berlin; default: UTC
    #[arg(long, value_name = "ZONE", requires = "quiet")]
    zone: Option<String>,
}

/// From one time of the day to another one; the bus reads both.
#[derive(Debug, Clone)]
struct HourSpan {
    from: String,
    to: String,
}

fn parse_hours(text: &str) -> Result<HourSpan, String> {
    let (from, to) = text
        .split_once('-')
        .ok_or_else(|| "write two times with a hyphen, such as 22:00-07:00".to_owned())?;
    Ok(HourSpan {
        from: from.trim().to_owned(),
        to: to.trim().to_owned(),
    })
}

fn parse_language(text: &str) -> Result<Language, String> {
    let found = Language::ALL.into_iter().find(|language| language.code() == text);
    found.ok_or_else(|| "use en or de".to_owned())
}

pub(super) async fn run_recipients(
    client: &SicsClient,
    command: &RecipientsCommand,
    as_json: bool,
) -> Result<(), CommandFailure> {
    match command {
        RecipientsCommand::Add(add) => {
            let saved = client
                .set_notice_recipient(&add.recipient, &add.recipient_body())
                .await?;
            output::print_answer(&saved, as_json, || print_recipients(std::slice::from_ref(&saved)))
        }
        RecipientsCommand::Remove { recipient } => {
            client.remove_notice_recipient(recipient).await?;
            print_removed(&format!("recipient {recipient}"), as_json)
        }
    }
}

impl AddRecipientArgs {
    fn recipient_body(&self) -> NoticeRecipientBody {
        let quiet = self.quiet.as_ref().map(|span| QuietHours {
            from: span.from.clone(),
            to: span.to.clone(),
            zone: self.zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        });
        NoticeRecipientBody {
            channel: self.channel.clone(),
            address: self.address.clone(),
            language: self.language,
            kinds: (!self.kinds.is_empty()).then(|| self.kinds.clone()),
            quiet,
        }
    }
}
