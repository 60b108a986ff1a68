//! Sentences of the API on a page: in the language of the page where there are words for them, and otherwise in English
//! and marked as that, so that a screen reader says them right.

use askama::Template;

use crate::page::PageContext;
use crate::render::Markup;
use crate::texts::Language;

/// A sentence as a page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(
    source = "{% if is_foreign %}<span lang=\"en\">{{ text }}</span>{% else %}{{ text }}{% endif %}",
    ext = "html"
)]
pub(crate) struct SaidSentence {
    pub(crate) text: String,
    /// It is English on a page that is not.
    pub(crate) is_foreign: bool,
}

impl SaidSentence {
    /// What the API says in English.
    pub(crate) fn from_english(ctx: &PageContext, english: &str) -> SaidSentence {
        let translated = ctx.console().translate_text(english, ctx.language().to_model());
        SaidSentence {
            is_foreign: translated.is_none() && !english.is_empty() && ctx.language() != Language::English,
            text: ctx.plain(translated.as_deref().unwrap_or(english)),
        }
    }

    /// What is in this language already.
    pub(crate) fn in_language(ctx: &PageContext, text: String, language: Language) -> SaidSentence {
        SaidSentence {
            is_foreign: language != ctx.language() && !text.is_empty(),
            text,
        }
    }

    pub(crate) fn to_markup(&self) -> Markup {
        Markup::render(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_on_a_german_page_is_marked_and_nothing_in_it_is_a_tag() {
        let sentence = |is_foreign| SaidSentence {
            text: "<b>no & nothing</b>".to_owned(),
            is_foreign,
        };
        let foreign = sentence(true).to_markup().to_string();
        assert!(
            foreign.starts_with("<span lang=\"en\">") && foreign.ends_with("</span>"),
            "{foreign}"
        );
        let own = sentence(false).to_markup().to_string();
        assert!(!own.contains("<b>") && !own.contains("lang="), "{own}");
    }
}
