//! One mail to one address, once, over an encrypted connection to an address that the rule of [`crate::webhooks`] allows: the
//! name is looked up here, and the connection is made to what was found and judged, with the certificate checked for the
//! name.

use std::fmt::Write;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use openssl::x509::X509;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;

use super::channel_settings::MailSettings;
use super::notice_text::NoticeText;
use crate::contract::MailSecurity;
use crate::model::{Timestamp, replace_unprintable};
use crate::net::AddressRule;
use crate::webhooks::SendOutcome;

/// Of the connection, and of all until the mail is taken.
const CONNECT: Duration = Duration::from_secs(20);
const WHOLE: Duration = Duration::from_secs(60);
/// For so long a server that has taken the mail may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// Of a look whether anybody answers at one of several addresses.
const LOOK: Duration = Duration::from_secs(5);
/// So much of what a server says is kept, characters.
const ANSWER_CHARS: usize = 300;

/// A mail to be sent.
pub(super) struct OutgoingMail<'a> {
    /// Of the message; its Message-ID is made of it.
    pub id: &'a str,
    pub to: &'a str,
    pub text: &'a NoticeText,
    pub at: Timestamp,
}

/// Why there is no mail. Reads by itself.
#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error("{0:?} is no mail address")]
    Address(String),
    #[error("the mail could not be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the name {host} of the mail server could not be looked up: {source}")]
    Lookup { host: String, source: std::io::Error },
    #[error("the name {0} of the mail server has no address")]
    NoAddress(String),
    #[error(transparent)]
    Refused(#[from] crate::net::AddressRefused),
    #[error("the certificate authorities of the channel cannot be read: {0}")]
    Authorities(#[from] openssl::error::ErrorStack),
    #[error("{0}")]
    Server(String),
    #[error("the mail server did not answer within {} seconds", WHOLE.as_secs())]
    TimedOut,
}

/// Whether this is an address that a mail can go to, or come from.
pub fn check_mail_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

/// Accepted: the server has taken it for delivery, however it says goodbye: a mail that it has is not sent again.
pub(super) async fn send_mail(
    settings: &MailSettings,
    password: Option<&SecretString>,
    mail: &OutgoingMail<'_>,
) -> SendOutcome {
    let sent = tokio::time::timeout(WHOLE, try_send(settings, password, mail)).await;
    match sent.unwrap_or(Err(MailError::TimedOut)) {
        Ok(mut connection) => {
            let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
            SendOutcome::Accepted
        }
        Err(error) => SendOutcome::Failed {
            error: hide_password(error.to_string(), settings.user.as_deref(), password),
            retry_after: None,
        },
    }
}

/// The connection, once the server has taken the mail.
async fn try_send(
    settings: &MailSettings,
    password: Option<&SecretString>,
    mail: &OutgoingMail<'_>,
) -> Result<AsyncSmtpConnection, MailError> {
    let message = build_message(&settings.from, mail)?;
    let address = find_address(settings).await?;
    let mut connection = open_connection(settings, address).await?;
    if let (Some(user), Some(password)) = (&settings.user, password) {
        let secret = password.expose_secret().to_owned();
        let credentials = Credentials::new(user.clone(), secret);
        let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
        signed_in.map_err(|error| explain_error(&error))?;
    }
    let taken = connection.send(message.envelope(), &message.formatted()).await;
    taken.map_err(|error| explain_error(&error))?;
    Ok(connection)
}

/// Encrypted, or none.
async fn open_connection(settings: &MailSettings, address: IpAddr) -> Result<AsyncSmtpConnection, MailError> {
    let tls = build_tls(settings)?;
    let hello = ClientId::Domain(domain_of(&settings.from).to_owned());
    let server = (address, settings.port);
    let connected = match settings.security {
        MailSecurity::Tls => AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, Some(tls), None).await,
        MailSecurity::StartTls => {
            match AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, None, None).await {
                Ok(mut connection) => connection.starttls(tls, &hello).await.map(|()| connection),
                Err(error) => Err(error),
            }
        }
    };
    connected.map_err(|error| explain_error(&error))
}

fn build_message(from: &str, mail: &OutgoingMail<'_>) -> Result<Message, MailError> {
    let mailbox = |text: &str| {
        let address = text.parse().map_err(|_| MailError::Address(text.to_owned()))?;
        Ok::<Mailbox, MailError>(Mailbox::new(None, address))
    };
    // Vacation notes and lists do not answer what says so.
    let automatic = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    let message = Message::builder()
        .from(mailbox(from)?)
        .to(mailbox(mail.to)?)
        .subject(replace_unprintable(&mail.text.title))
        .date(SystemTime::from(mail.at))
        .message_id(Some(format!("<{}@{}>", mail.id, domain_of(from))))
        .raw_header(automatic)
        .singlepart(SinglePart::plain(mail.text.to_plain()))?;
    Ok(message)
}

/// What stands behind the `@`.
fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

/// The first address of the server that messages may go to, and that answers: a name may have several, of which one is of a
/// protocol that does not lead there.
async fn find_address(settings: &MailSettings) -> Result<IpAddr, MailError> {
    let host = settings.host.as_str();
    let rule = AddressRule {
        allow_private: settings.allow_private,
        plain: false,
    };
    let found = tokio::net::lookup_host((host, settings.port))
        .await
        .map_err(|source| MailError::Lookup {
            host: host.to_owned(),
            source,
        })?;
    let (mut allowed, mut refused) = (Vec::new(), None);
    for address in found {
        match rule.check_address(host, address.ip()) {
            Ok(()) => allowed.push(address),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    let Some(first) = allowed.first() else {
        return Err(refused.map_or_else(|| MailError::NoAddress(host.to_owned()), MailError::Refused));
    };
    if allowed.len() > 1 {
        for address in &allowed {
            let connected = tokio::time::timeout(LOOK, TcpStream::connect(address)).await;
            if matches!(connected, Ok(Ok(_))) {
                return Ok(address.ip());
            }
        }
    }
    Ok(first.ip())
}

fn build_tls(settings: &MailSettings) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authorities {
        for certificate in X509::stack_from_pem(pem.as_bytes())? {
            let der = certificate.to_der()?;
            let authority = Certificate::from_der(der).map_err(|error| explain_error(&error))?;
            builder = builder.add_root_certificate(authority);
        }
    }
    builder.build().map_err(|error| explain_error(&error))
}

/// A server that repeats what it was told would have the password shown, in clear or as it was sent.
fn hide_password(text: String, user: Option<&str>, password: Option<&SecretString>) -> String {
    let Some(password) = password.map(|password| password.expose_secret()) else {
        return cut_text(&text);
    };
    let plain = STANDARD.encode(format!("\0{}\0{password}", user.unwrap_or_default()));
    let login = STANDARD.encode(password);
    let is_shown = [password, &plain, &login].iter().any(|form| text.contains(*form));
    if is_shown {
        "the mail server could not be used; its answer holds the password, and is not shown".to_owned()
    } else {
        cut_text(&text)
    }
}

fn cut_text(text: &str) -> String {
    text.chars().take(ANSWER_CHARS).collect()
}

/// What the server said, or what stood in the way, on one line.
fn explain_error(error: &lettre::transport::smtp::Error) -> MailError {
    let mut text = format!("the mail server could not be used: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            let _ = write!(text, ": {said}");
        }
        cause = inner.source();
    }
    MailError::Server(replace_unprintable(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;

    #[test]
    fn a_mail_says_who_it_is_from_and_is_known_again() {
        let text = NoticeText {
            title: "Der Notstopp\nist an".to_owned(),
            parts: vec!["Grüße".to_owned()],
            link: None,
            link_name: "",
        };
        let mail = OutgoingMail {
            id: "ntc_1",
            to: "ops@example.com",
            text: &text,
            at: parse_time("2026-11-21T12:00:00Z").unwrap(),
        };
        let message = build_message("intune@example.com", &mail).unwrap();
        let raw = String::from_utf8(message.formatted()).unwrap();
        for line in [
            "From: intune@example.com",
            "To: ops@example.com",
            "Subject: Der Notstopp ist an",
            "Message-ID: <ntc_1@example.com>",
            "Auto-Submitted: auto-generated",
            "Date: Sat, 21 Nov 2026 12:00:00 +0000",
        ] {
            assert!(raw.lines().any(|found| found == line), "{line}: {raw}");
        }
        let wrong = OutgoingMail { to: "ops", ..mail };
        assert!(matches!(
            build_message("intune@example.com", &wrong),
            Err(MailError::Address(_))
        ));
    }

    #[test]
    fn what_is_no_mail_address_is_told() {
        assert!(check_mail_address("a.b@example.com"));
        for wrong in ["", "a", "a@", "@b", "a b@example.com", "A <a@example.com>"] {
            assert!(!check_mail_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted() {
        let password = SecretString::from("correct horse");
        let hide = |said: &str| hide_password(said.to_owned(), Some("intune"), Some(&password));
        // `AUTH PLAIN` and `AUTH LOGIN`, as they are sent.
        for said in [
            "535 wrong: correct horse",
            "501 AGludHVuZQBjb3JyZWN0IGhvcnNl?",
            "501 Y29ycmVjdCBob3JzZQ==",
        ] {
            let shown = hide(said);
            assert!(shown.ends_with("is not shown"), "{said}: {shown}");
        }
        assert_eq!(hide("535 authentication failed"), "535 authentication failed");
        assert_eq!(hide(&"a".repeat(1_000)).len(), ANSWER_CHARS);
    }
}
