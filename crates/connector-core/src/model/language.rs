//! The languages that people can choose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language of texts for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    De,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::En, Language::De];

    /// As it is written in templates and in `--lang`.
    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
        }
    }

    /// The one that a header `Accept-Language` wants most; English where it names none that there is.
    pub fn from_accept_language(header: &str) -> Language {
        let wanted = header.split(',').filter_map(read_language_range);
        let most = wanted.reduce(|best, next| if next.1 > best.1 { next } else { best });
        most.map(|(language, _)| language).unwrap_or_default()
    }
}

/// One entry of the header with its weight: `de-AT;q=0.8`. `*` is the default.
fn read_language_range(entry: &str) -> Option<(Language, f32)> {
    let (range, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
    let weight = weight.trim().to_ascii_lowercase();
    let weight: f32 = weight.strip_prefix("q=")?.parse().ok()?;
    let code = range.trim().split('-').next()?.to_ascii_lowercase();
    let language = match code.as_str() {
        "*" => Language::default(),
        code => code.parse().ok()?,
    };
    (weight > 0.0 && weight <= 1.0).then_some((language, weight))
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language {0:?}; available languages: en, de")]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let known = Language::ALL.into_iter().find(|language| language.code() == text);
        known.ok_or_else(|| UnknownLanguage(text.chars().take(20).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_request_is_the_one_it_wants_most() {
        for (header, language) in [
            ("de", Language::De),
            ("de-DE,de;q=0.9,en;q=0.8", Language::De),
            ("en;q=0.3, de-AT;q=0.9", Language::De),
            ("fr, DE-ch ; Q=0.5", Language::De),
            ("en, de", Language::En),
            ("de;q=0.2, en", Language::En),
            ("de;q=0", Language::En),
            ("de;q=0, en;q=0.1", Language::En),
            ("*", Language::En),
            ("*, de;q=0.5", Language::En),
            ("de, *;q=0.5", Language::De),
            ("fr,it;q=0.5", Language::En),
            ("de;q=nan", Language::En),
            ("de;q=7", Language::En),
            ("de;level=1", Language::En),
            ("dewi", Language::En),
            (",,;q=,", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::from_accept_language(header), language, "{header}");
        }
    }
}
