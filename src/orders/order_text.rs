//! Sentences in both languages, and what is said where something went wrong: code, message, advice.

use std::collections::BTreeMap;

use crate::contract::OrderKind;
use crate::model::Language;
use crate::store::StepFailure;

/// One sentence in every language that people can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilingualText {
    pub en: String,
    pub de: String,
}

impl BilingualText {
    pub fn new(en: impl Into<String>, de: impl Into<String>) -> BilingualText {
        BilingualText {
            en: en.into(),
            de: de.into(),
        }
    }

    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::De => &self.de,
        }
    }

    /// By the code of the language.
    pub fn by_language(&self) -> BTreeMap<String, String> {
        Language::ALL
            .iter()
            .map(|language| (language.code().to_owned(), self.in_language(*language).to_owned()))
            .collect()
    }

    /// One sentence after the other.
    pub(super) fn followed_by(&self, other: &BilingualText) -> BilingualText {
        BilingualText::new(join_sentences(&self.en, &other.en), join_sentences(&self.de, &other.de))
    }
}

fn join_sentences(first: &str, second: &str) -> String {
    match (first.trim(), second.trim()) {
        ("", text) | (text, "") => text.to_owned(),
        (first, second) => format!("{first} {second}"),
    }
}

/// What a group of an application is called in German.
pub(super) fn german_group(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Install => "Installationsgruppe",
        OrderKind::Uninstall => "Deinstallationsgruppe",
    }
}

/// Something that stands in the way of an order or an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTrouble {
    /// Short and stable.
    pub code: String,
    pub message: BilingualText,
    pub advice: BilingualText,
}

impl OrderTrouble {
    pub fn new(code: impl Into<String>, message: BilingualText, advice: BilingualText) -> OrderTrouble {
        OrderTrouble {
            code: code.into(),
            message,
            advice,
        }
    }

    pub fn to_failure(&self, language: Language) -> StepFailure {
        StepFailure {
            code: self.code.clone(),
            message: self.message.in_language(language).to_owned(),
            advice: self.advice.in_language(language).to_owned(),
            lost: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_in_the_language_that_was_asked_for() {
        let text = BilingualText::new("One.", "Eins.").followed_by(&BilingualText::new("Two.", "Zwei."));
        assert_eq!(text.in_language(Language::De), "Eins. Zwei.");
        assert_eq!(text.by_language()["en"], "One. Two.");
        assert_eq!(text.followed_by(&BilingualText::new("", "")), text);
    }
}
