//! Text for people, in every language of the console.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// One text in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalizedText {
    pub en: String,
    pub de: String,
}

impl LocalizedText {
    pub fn new(en: impl Into<String>, de: impl Into<String>) -> Self {
        LocalizedText {
            en: en.into(),
            de: de.into(),
        }
    }

    /// The same in every language: a name, or what another module says in English.
    pub fn untranslated(text: impl Into<String>) -> Self {
        let text = text.into();
        LocalizedText {
            de: text.clone(),
            en: text,
        }
    }

    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::De => &self.de,
        }
    }
}
