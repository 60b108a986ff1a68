//! `servers webhook`: where the changes and results of a management server are posted to.

use clap::Args;
use secrecy::SecretString;
use serde_json::Value;
use sics_client::SicsClient;

use super::failure::CommandFailure;
use super::output::{self, format_value};
use crate::contract::{ServerWebhookBody, ServerWebhookChanged, ServerWebhookTest, ServerWebhookView};
use crate::model::ServerId;

#[derive(Debug, Args)]
pub(super) struct WebhookArgs {
    /// Server id
    server: ServerId,
    /// Address to post to; another address gets another key
    #[arg(long, value_name = "ADDRESS")]
    post_to: Option<String>,
    /// The address may be on this machine or in a network that is not the internet
    #[arg(long, requires = "post_to")]
    allow_private_addresses: bool,
    /// Make a new key; the present one signs as well for a day
    #[arg(long, conflicts_with_all = ["post_to", "test", "remove"])]
    roll: bool,
    /// Post a test message; if it is taken, an address that was set aside is in use again
    #[arg(long, conflicts_with_all = ["post_to", "remove"])]
    test: bool,
    /// Stop posting; the server reads its changes itself again
    #[arg(long, conflicts_with = "post_to")]
    remove: bool,
    /// Show the webhook (default)
    #[arg(long, conflicts_with_all = ["post_to", "roll", "test", "remove"])]
    show: bool,
}

/// What is done with a webhook.
enum WebhookChoice<'a> {
    Set(&'a str),
    Roll,
    Test,
    Remove,
    Show,
}

impl WebhookArgs {
    /// Whether the address is one is seen before a bus is looked for.
    pub(super) fn check_choice(&self) -> Result<(), CommandFailure> {
        match self.choose() {
            WebhookChoice::Set(address) => match url::Url::parse(address) {
                Ok(_) => Ok(()),
                Err(url::ParseError::InvalidPort) => Err(CommandFailure::usage_error(
                    "--post-to has a port that is no number from 0 to 65535",
                    "correct the number behind the last colon of the host",
                )),
                Err(_) => Err(CommandFailure::usage_error(
                    "--post-to is not an address",
                    "write it as https://host/path",
                )),
            },
            WebhookChoice::Show | WebhookChoice::Roll | WebhookChoice::Test | WebhookChoice::Remove => Ok(()),
        }
    }

    fn choose(&self) -> WebhookChoice<'_> {
        match &self.post_to {
            Some(address) => WebhookChoice::Set(address),
            None if self.show => WebhookChoice::Show,
            None if self.roll => WebhookChoice::Roll,
            None if self.test => WebhookChoice::Test,
            None if self.remove => WebhookChoice::Remove,
            None => WebhookChoice::Show,
        }
    }
}

pub(super) async fn run_webhook(client: &SicsClient, args: &WebhookArgs, as_json: bool) -> Result<(), CommandFailure> {
    let server = &args.server;
    match args.choose() {
        WebhookChoice::Set(address) => {
            let body = ServerWebhookBody {
                url: SecretString::from(address),
                allow_private_addresses: args.allow_private_addresses,
            };
            let changed = client.set_server_webhook(server, &body).await?;
            output::print_answer(&changed, as_json, || print_changed(server, &changed))
        }
        WebhookChoice::Roll => {
            let changed = client.roll_server_webhook(server).await?;
            output::print_answer(&changed, as_json, || print_changed(server, &changed))
        }
        WebhookChoice::Test => run_test(client, server, as_json).await,
        WebhookChoice::Remove => {
            client.remove_server_webhook(server).await?;
            output::print_answer(&Value::Null, as_json, || {
                output::print_line(format!("webhook of server {server} removed"))
            })
        }
        WebhookChoice::Show => {
            let shown = client.show_server(server).await?.webhook;
            output::print_answer(&shown, as_json, || match &shown {
                Some(webhook) => print_webhook(webhook),
                None => output::print_line(format!(
                    "server {server} has no webhook; set one: intune-connector servers webhook {server} --post-to https://…"
                )),
            })
        }
    }
}

async fn run_test(client: &SicsClient, server: &ServerId, as_json: bool) -> Result<(), CommandFailure> {
    let tested: ServerWebhookTest = client.test_server_webhook(server).await?;
    let address = format_value(&tested.webhook.address);
    match &tested.problem {
        None => output::print_answer(&tested, as_json, || {
            output::print_line(format!("{address} has taken the test message"))
        }),
        Some(problem) => {
            if as_json {
                output::print_json(&tested)?;
            }
            Err(CommandFailure::general_error(
                format!(
                    "{address} has not taken the test message: {}",
                    output::to_one_line(problem)
                ),
                advise_receiver(problem),
            ))
        }
    }
}

/// What to look at where a test message was not taken. `problem`: as the bus tells it; a receiver that answers runs.
fn advise_receiver(problem: &str) -> &'static str {
    let status = problem.strip_prefix("HTTP ").unwrap_or_default();
    let digits: String = status.chars().take_while(char::is_ascii_digit).collect();
    match digits.parse::<u16>().unwrap_or_default() {
        300..=399 => "set the address that the receiver leads to, with --post-to, then test again",
        401 | 403 => {
            "the receiver runs and refuses the message: see that it has the key that was shown last and checks the \
             signature by it (--roll makes a new key), and that nothing in front of it asks for a sign-in; then test again"
        }
        404 | 405 => {
            "the receiver runs, and takes no POST at this path: correct the path, with --post-to, then test again"
        }
        408 | 429 => "the receiver runs and asks for time: test again later",
        400..=499 => "the receiver runs and refuses the message: its log says why; then test again",
        500..=599 => {
            "the receiver, or a proxy in front of it, is reached and fails: look into its log, then test again"
        }
        _ => "see that the receiver runs and is reached from the machine of the bus, then test again",
    }
}

fn print_changed(server: &ServerId, changed: &ServerWebhookChanged) -> Result<(), CommandFailure> {
    let address = format_value(&changed.webhook.address);
    output::print_line(format!(
        "changes and results of server {server} are posted to {address}"
    ))?;
    let Some(key) = &changed.key else {
        return output::print_line("its key is the one from before");
    };
    output::print_line("key for the receiver, shown this once:")?;
    output::print_verbatim(&key.0)
}

fn print_webhook(webhook: &ServerWebhookView) -> Result<(), CommandFailure> {
    output::print_record(&[
        ("address", format_value(&webhook.address)),
        ("private addresses", format_value(&webhook.allow_private_addresses)),
        ("set", format_value(&webhook.set_at)),
        ("two keys until", format_value(&webhook.two_keys_until)),
        ("last taken", format_value(&webhook.delivered_at)),
        ("failing since", format_value(&webhook.failing_since)),
        ("attempts", format_value(&webhook.attempts)),
        ("next attempt", format_value(&webhook.next_attempt_at)),
        ("set aside", format_value(&webhook.set_aside_at)),
        ("last error", format_value(&webhook.last_error)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_66_a_receiver_that_answers_is_not_looked_for() {
        for (problem, words) in [
            ("HTTP 404", "correct the path"),
            ("HTTP 401", "the key that was shown last"),
            ("HTTP 403", "the key that was shown last"),
            (
                "HTTP 301: redirects are not followed; set the address that answers by itself",
                "--post-to",
            ),
            ("HTTP 413", "its log says why"),
            ("HTTP 429", "later"),
            ("HTTP 503", "look into its log"),
            ("HTTP", "see that the receiver runs"),
            ("failed to connect: connection refused", "see that the receiver runs"),
        ] {
            let advice = advise_receiver(problem);
            assert!(
                advice.contains(words) && advice.contains("test again"),
                "{problem}: {advice}"
            );
        }
    }
}
