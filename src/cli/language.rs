//! The language in which a command speaks to people: English, or what its wizard was asked for. Chosen once, at the
//! start of the command; machines get the same codes in any language.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::bus::translation;
use crate::model::Language;

static CHOSEN: OnceLock<Language> = OnceLock::new();

/// For the rest of this command.
pub(crate) fn choose_language(language: Language) {
    // The first choice holds: a command has one wizard.
    let _ = CHOSEN.set(language);
}

pub(crate) fn chosen_language() -> Language {
    CHOSEN.get().copied().unwrap_or_default()
}

/// A text of the program, in the language of the command.
pub(crate) fn localize(english: &str) -> Cow<'_, str> {
    translation::localize_text(english, chosen_language())
}

/// A word whose meaning depends on where it stands.
pub(crate) fn localize_word<'a>(place: &str, word: &'a str) -> &'a str {
    translation::localize_word(place, word, chosen_language())
}

/// The language of the person at the terminal, as their session says it.
pub(crate) fn session_language() -> Language {
    let settings = ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
    language_of_locale(
        settings
            .iter()
            .find(|value| !value.is_empty())
            .map_or("", String::as_str),
    )
}

/// `de_DE.UTF-8` is German; whatever there are no texts for is English.
fn language_of_locale(locale: &str) -> Language {
    let code = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    code.to_ascii_lowercase().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mi_16_the_language_of_a_session_is_that_of_its_locale() {
        for locale in ["de", "de_DE.UTF-8", "de_AT@euro", "DE-de"] {
            assert_eq!(language_of_locale(locale), Language::De, "{locale}");
        }
        for locale in ["", "C", "C.UTF-8", "en_US.UTF-8", "fr_FR", "POSIX", "dewi"] {
            assert_eq!(language_of_locale(locale), Language::En, "{locale}");
        }
    }
}
