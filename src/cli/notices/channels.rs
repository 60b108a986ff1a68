//! `notices channels`: mail servers and webhooks. Secrets come from files, never from options.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use secrecy::SecretString;
use sics_client::SicsClient;

use super::tables::{print_channels, print_removed};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::cli::secret_input::{read_secret, read_text_input};
use crate::config::pem::read_certificates;
use crate::contract::{MailChannelBody, MailSecurity, NoticeChannelBody, NoticeForm, WebhookChannelBody};
use crate::model::WordEnum;

/// Longest file of certificates or of a template, bytes.
const FILE_BYTES: u64 = 256 << 10;
/// Where a mail server expects TLS from the first byte on.
const TLS_PORT: u16 = 465;

#[derive(Debug, Subcommand)]
pub(super) enum ChannelsCommand {
    /// Add or change a mail server
    Mail(MailArgs),
    /// Add or change a webhook: of Microsoft Teams, of Slack, of a tool for people on call, or your own
    Webhook(WebhookArgs),
    /// Remove a channel that no recipient uses
    Remove {
        /// Name of the channel
        channel: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct MailArgs {
    /// Name of the channel
    channel: String,
    /// Host name of the mail server, as its certificate has it
    #[arg(long, value_name = "HOST")]
    host: String,
    /// Port; default: 587 with startTls, 465 with tls
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// How the connection is encrypted: startTls or tls; default: tls with --port 465, else startTls
    #[arg(long, value_name = "WORD", value_parser = parse_word::<MailSecurity>)]
    security: Option<MailSecurity>,
    /// Sender of the messages
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// User who signs in at the mail server; default: nobody signs in
    #[arg(long, value_name = "USER")]
    sign_in: Option<String>,
    /// File with the password of --sign-in; - for standard input; omitted: the one that the bus has
    #[arg(long, value_name = "FILE", requires = "sign_in")]
    secret_file: Option<PathBuf>,
    #[command(flatten)]
    reach: ReachArgs,
}

#[derive(Debug, Args)]
pub(super) struct WebhookArgs {
    /// Name of the channel
    channel: String,
    /// File with the address; - for standard input; omitted: address, key and authorization that the bus has
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
    /// Form of the messages: standard, teams, slack or template
    #[arg(long, value_name = "WORD", default_value = "standard", value_parser = parse_word::<NoticeForm>)]
    form: NoticeForm,
    /// File with the key that signs the messages (whsec_…); needed for the form standard
    #[arg(long, value_name = "FILE", requires = "address_file")]
    key_file: Option<PathBuf>,
    /// File with the text of the header Authorization
    #[arg(long, value_name = "FILE", requires = "address_file")]
    authorization_file: Option<PathBuf>,
    /// File with the template (JSON), for the form template
    #[arg(long, value_name = "FILE")]
    template_file: Option<PathBuf>,
    #[command(flatten)]
    reach: ReachArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReachArgs {
    /// File with further certificate authorities (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Allow addresses of your own network and of this machine
    #[arg(long)]
    allow_private: bool,
}

impl ReachArgs {
    pub(super) fn read_authorities(&self) -> Result<Option<String>, CommandFailure> {
        let file = self.ca_file.as_deref();
        let text = file.map(|file| read_text_input(file, FILE_BYTES)).transpose()?;
        let text = text.map(|text| text.to_string());
        if let (Some(file), Some(text)) = (file, &text) {
            read_certificates(text.as_bytes()).map_err(|error| {
                CommandFailure::usage_error(format!("--ca-file {} {error}", file.display()), error.cure)
            })?;
        }
        Ok(text)
    }

    pub(super) fn allows_private(&self) -> bool {
        self.allow_private
    }
}

/// A word as the API writes it.
pub(super) fn parse_word<W: WordEnum>(text: &str) -> Result<W, String> {
    let found = W::ALL.iter().copied().find(|word| word.name() == text);
    found.ok_or_else(|| {
        let names: Vec<&str> = W::ALL.iter().map(|word| word.name()).collect();
        format!("use one of {}", names.join(", "))
    })
}

fn read_optional_secret(file: Option<&Path>) -> Result<Option<SecretString>, CommandFailure> {
    file.map(|file| read_secret(Some(file), "")).transpose()
}

pub(super) async fn run_channels(
    client: &SicsClient,
    command: &ChannelsCommand,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let (channel, body) = match command {
        ChannelsCommand::Mail(mail) => (&mail.channel, mail.channel_body()?),
        ChannelsCommand::Webhook(webhook) => (&webhook.channel, webhook.channel_body()?),
        ChannelsCommand::Remove { channel } => {
            client.remove_notice_channel(channel).await?;
            return print_removed(&format!("channel {channel}"), as_json);
        }
    };
    let saved = client.set_notice_channel(channel, &body).await?;
    output::print_answer(&saved, as_json, || print_channels(std::slice::from_ref(&saved)))
}

impl MailArgs {
    fn channel_body(&self) -> Result<NoticeChannelBody, CommandFailure> {
        let security = self.security.unwrap_or(match self.port {
            Some(TLS_PORT) => MailSecurity::Tls,
            _ => MailSecurity::StartTls,
        });
        let usual_port = match security {
            MailSecurity::StartTls => 587,
            MailSecurity::Tls => TLS_PORT,
        };
        Ok(NoticeChannelBody {
            mail: Some(MailChannelBody {
                host: self.host.clone(),
                port: self.port.unwrap_or(usual_port),
                security,
                user: self.sign_in.clone(),
                password: read_optional_secret(self.secret_file.as_deref())?,
                from: self.from.clone(),
                allow_private_addresses: self.reach.allows_private(),
                pem: self.reach.read_authorities()?,
            }),
            webhook: None,
        })
    }
}

impl WebhookArgs {
    fn channel_body(&self) -> Result<NoticeChannelBody, CommandFailure> {
        Ok(NoticeChannelBody {
            mail: None,
            webhook: Some(WebhookChannelBody {
                url: read_optional_secret(self.address_file.as_deref())?,
                form: self.form,
                key: read_optional_secret(self.key_file.as_deref())?,
                authorization: read_optional_secret(self.authorization_file.as_deref())?,
                allow_private_addresses: self.reach.allows_private(),
                pem: self.reach.read_authorities()?,
                template: self.template_file.as_deref().map(read_template).transpose()?,
            }),
        })
    }
}

/// On one line: the API takes no others.
fn read_template(file: &Path) -> Result<SecretString, CommandFailure> {
    let text = read_text_input(file, FILE_BYTES)?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        CommandFailure::usage_error(
            format!(
                "{} is not JSON: the fault is in line {}, column {}",
                file.display(),
                error.line(),
                error.column()
            ),
            "write the message that the tool expects as JSON, with places such as {title} in its texts",
        )
    })?;
    Ok(SecretString::from(value.to_string()))
}
