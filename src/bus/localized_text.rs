//! Text for people, in every language of the console.

use super::translation::localize_text;
use crate::model::Language;

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

    /// What another module says in English, with the German that the catalogue has for it.
    pub fn from_english(english: impl Into<String>) -> Self {
        let en = english.into();
        let de = localize_text(&en, Language::De).into_owned();
        LocalizedText { en, de }
    }

    /// The same in every language: a name, or what is in the language of the reader already.
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
