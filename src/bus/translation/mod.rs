//! German for what the program says in English. Every sentence is made in English, by the code that knows what happened;
//! its German stands in `locale/de.po`, as the sentence with its parts in braces. A sentence is looked up by its form,
//! its parts are taken over, and those that are sentences themselves (a cause within an error) are looked up in turn.
//!
//! So no error and no step has to know of languages, and the wire carries one text: the one of the language asked for.
//! `tests/it/house/german.rs` names each sentence of the sources that has no German.

mod catalogue_file;
mod sentence_pattern;
mod text_catalogue;

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::model::Language;
use text_catalogue::TextCatalogue;

static GERMAN: LazyLock<TextCatalogue> =
    LazyLock::new(|| TextCatalogue::from_entries(catalogue_file::read_entries(include_str!("../../../locale/de.po"))));

/// An English text in this language; what has no German stays as it is, and so does what is German already.
pub fn localize_text(english: &str, language: Language) -> Cow<'_, str> {
    translate_text(english, language).map_or(Cow::Borrowed(english), Cow::Owned)
}

/// The same where it matters whether there is one; `None`: in this language nothing is known of it.
pub fn translate_text(english: &str, language: Language) -> Option<String> {
    match language {
        Language::En => None,
        Language::De => GERMAN.translate(english),
    }
}

/// A word whose meaning depends on where it stands: the name of a step, a state, a label.
pub fn localize_word<'a>(place: &str, word: &'a str, language: Language) -> &'a str {
    match language {
        Language::En => word,
        Language::De => GERMAN.find_word(place, word).unwrap_or(word),
    }
}

/// Whether a sentence, as it stands in a source with its parts in braces, has German.
pub fn has_german(sentence: &str) -> bool {
    GERMAN.has_form(sentence)
}

#[cfg(test)]
mod tests;
