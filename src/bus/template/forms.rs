//! Forms of text that every product needs. Others are for the host to check.

use std::str::FromStr;

use chrono_tz::Tz;
use url::Url;
use uuid::Uuid;

use crate::bus::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
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

impl Form {
    pub const ALL: [(&'static str, Form); 9] = [
        ("line", Form::Line),
        ("guid", Form::Guid),
        ("directory", Form::Directory),
        ("name", Form::Name),
        ("url", Form::Url),
        ("date", Form::Date),
        ("zone", Form::Zone),
        ("list", Form::List),
        ("condition", Form::Condition),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, form)| *form == self)
            .map_or("", |(name, _)| name)
    }

    /// What is wanted, where `text` is something else.
    pub(super) fn refuses(self, text: &str) -> Option<Words> {
        let fits = match self {
            Form::Line | Form::List | Form::Condition => true,
            Form::Guid => is_guid(text),
            Form::Directory => is_guid(text) || is_domain(text),
            Form::Name => is_name(text),
            Form::Url => Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
            Form::Date => text.len() == 10 && chrono::NaiveDate::from_str(text).is_ok(),
            Form::Zone => Tz::from_str(text).is_ok(),
        };
        (!fits).then(|| self.wanted())
    }

    fn wanted(self) -> Words {
        let (en, de) = match self {
            Form::Line | Form::List | Form::Condition => ("text on one line", "Text in einer Zeile"),
            Form::Guid => (
                "a GUID such as 00000000-1111-2222-3333-444444444444",
                "eine GUID wie 00000000-1111-2222-3333-444444444444",
            ),
            Form::Directory => (
                "a GUID or a domain such as contoso.onmicrosoft.com",
                "eine GUID oder eine Domäne wie contoso.onmicrosoft.com",
            ),
            Form::Name => (
                "letters, digits, '-', '_' and '.', beginning with a letter",
                "Buchstaben, Ziffern, „-“, „_“ und „.“, zuerst ein Buchstabe",
            ),
            Form::Url => (
                "an address such as https://host:port",
                "eine Adresse wie https://host:port",
            ),
            Form::Date => ("a date such as 2027-03-31", "ein Datum wie 2027-03-31"),
            Form::Zone => ("a time zone such as Europe/Berlin", "eine Zeitzone wie Europe/Berlin"),
        };
        Words::new(en, de)
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
