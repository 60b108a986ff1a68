//! Forms of text that every product needs. Others are for the host to check.

use std::str::FromStr;

use chrono_tz::Tz;
use url::Url;
use uuid::Uuid;

use crate::bus::LocalizedText;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Anything on one line.
    Line,
    Guid,
    /// A GUID or a domain name.
    Directory,
    /// Letters, digits, `-`, `_`, `.`; begins with a letter.
    Name,
    /// `http://host:port`.
    Url,
    /// A date such as 2027-03-31.
    Date,
    /// An IANA zone.
    Zone,
    /// Words with commas between.
    List,
    /// A condition; the host compiles it.
    Condition,
}

impl TextFormat {
    pub const ALL: [(&'static str, TextFormat); 9] = [
        ("line", TextFormat::Line),
        ("guid", TextFormat::Guid),
        ("directory", TextFormat::Directory),
        ("name", TextFormat::Name),
        ("url", TextFormat::Url),
        ("date", TextFormat::Date),
        ("zone", TextFormat::Zone),
        ("list", TextFormat::List),
        ("condition", TextFormat::Condition),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, form)| *form == self)
            .map_or("", |(name, _)| name)
    }

    /// What is wanted, where `text` is something else.
    pub(super) fn explain_mismatch(self, text: &str) -> Option<LocalizedText> {
        let fits = match self {
            TextFormat::Line | TextFormat::List | TextFormat::Condition => true,
            TextFormat::Guid => is_guid(text),
            TextFormat::Directory => is_guid(text) || is_domain(text),
            TextFormat::Name => is_name(text),
            TextFormat::Url => {
                Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            }
            TextFormat::Date => text.len() == 10 && chrono::NaiveDate::from_str(text).is_ok(),
            TextFormat::Zone => Tz::from_str(text).is_ok(),
        };
        (!fits).then(|| self.describe_expected())
    }

    fn describe_expected(self) -> LocalizedText {
        let (en, de) = match self {
            TextFormat::Line | TextFormat::List | TextFormat::Condition => ("text on one line", "Text in einer Zeile"),
            TextFormat::Guid => (
                "a GUID such as 00000000-1111-2222-3333-444444444444",
                "eine GUID wie 00000000-1111-2222-3333-444444444444",
            ),
            TextFormat::Directory => (
                "a GUID or a domain such as contoso.onmicrosoft.com",
                "eine GUID oder eine Domäne wie contoso.onmicrosoft.com",
            ),
            TextFormat::Name => (
                "letters, digits, '-', '_' and '.', beginning with a letter",
                "Buchstaben, Ziffern, „-“, „_“ und „.“, beginnend mit einem Buchstaben",
            ),
            TextFormat::Url => (
                "an address such as https://host:port",
                "eine Adresse wie https://host:port",
            ),
            TextFormat::Date => ("a date such as 2027-03-31", "ein Datum wie 2027-03-31"),
            TextFormat::Zone => ("a time zone such as Europe/Berlin", "eine Zeitzone wie Europe/Berlin"),
        };
        LocalizedText::new(en, de)
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

fn is_name(text: &str) -> bool {
    text.len() <= 80
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
