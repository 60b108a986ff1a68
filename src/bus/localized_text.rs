//! Text for people, in every language of the console.

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
