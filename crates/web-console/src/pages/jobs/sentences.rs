//! Sentences of the API as a page shows them: in its own language where the console has a text, marked as English otherwise.

use std::borrow::Cow;

use askama::Template;
use connector_core::model::ActionKind;

use crate::failure::hyphenate;
use crate::page::PageContext;
use crate::pages::device::fitting::{action_label, write_sentence};
use crate::render::Markup;
use crate::texts::Language;

/// A sentence as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = "{% if is_foreign %}<span lang=\"en\">{{ text }}</span>{% else %}{{ text }}{% endif %}{% if !original.is_empty() %}<br><span class=\"soft\" lang=\"en\">{{ original }}</span>{% endif %}",
    ext = "html"
)]
pub(crate) struct ShownSentence {
    text: String,
    /// It is English on a page that is not.
    is_foreign: bool,
    /// What the API says where it says more than the text; English. Empty: no more.
    original: String,
}

impl ShownSentence {
    /// In the language of the page.
    pub(crate) fn own(text: String) -> ShownSentence {
        ShownSentence {
            text,
            is_foreign: false,
            original: String::new(),
        }
    }

    /// As the API says it, in the language of the page where there are words for it.
    pub(crate) fn from_api(ctx: &PageContext, sentence: &str) -> ShownSentence {
        let said = speak(ctx, sentence);
        ShownSentence {
            is_foreign: said.is_none(),
            text: ctx.plain(name_actions(ctx, &write_sentence(said.as_deref().unwrap_or(sentence)))),
            original: String::new(),
        }
    }

    /// A text of the console for a code. Where the API says more than its English, that is shown besides.
    fn of_code(ctx: &PageContext, key: &str, said: Option<&str>) -> ShownSentence {
        let english = ctx.console().texts().format(Language::English, key, None);
        let said = said.map(|said| ctx.plain(name_actions(ctx, &write_sentence(said))));
        ShownSentence {
            original: said.filter(|said| *said != english).unwrap_or_default(),
            ..ShownSentence::own(ctx.t(key))
        }
    }

    pub(crate) fn to_markup(&self) -> Markup {
        Markup::render(self)
    }
}

/// A sentence of the API in the language of the page; `None`: there is only the English.
fn speak<'a>(ctx: &PageContext, english: &'a str) -> Option<Cow<'a, str>> {
    match ctx.language() {
        Language::English => Some(Cow::Borrowed(english)),
        other => ctx.console().translate_text(english, other.to_model()).map(Cow::Owned),
    }
}

/// With the names of actions, which the API writes between backticks, as people know them.
fn name_actions(ctx: &PageContext, text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(place, part)| match part.parse::<ActionKind>() {
            Ok(action) if place % 2 == 1 => format!("“{}”", action_label(ctx, action)),
            _ => part.to_owned(),
        })
        .collect()
}

/// What works instead: the sentence of the API; where the page's language has none, the actions that it names.
pub(crate) fn explain_alternative(ctx: &PageContext, sentence: Option<&str>) -> Option<Markup> {
    let sentence = sentence?;
    let named: Vec<String> = list_named_actions(sentence)
        .into_iter()
        .map(|action| action_label(ctx, action))
        .collect();
    let shown = if named.is_empty() || speak(ctx, sentence).is_some() {
        ShownSentence::from_api(ctx, sentence)
    } else {
        ShownSentence::own(named.join(", "))
    };
    Some(shown.to_markup())
}

/// The actions that a sentence of the API names, each once.
fn list_named_actions(sentence: &str) -> Vec<ActionKind> {
    let mut named: Vec<ActionKind> = Vec::new();
    let quoted = sentence.split('`').skip(1).step_by(2);
    for action in quoted.filter_map(|name| name.parse().ok()) {
        if !named.contains(&action) {
            named.push(action);
        }
    }
    named
}

/// What the API says of a step, a refusal or an effect: its sentence; where the page's language has none, the console's own
/// text for the code, if there is one.
pub(crate) fn explain(ctx: &PageContext, code: Option<&str>, sentence: Option<&str>) -> Option<Markup> {
    let key = code.map(|code| format!("task-cause-{}", hyphenate(code)));
    let key = key.filter(|key| ctx.has_text(key));
    let said = sentence.filter(|sentence| !sentence.is_empty());
    let is_spoken = said.is_some_and(|said| speak(ctx, said).is_some());
    let chosen = match key.filter(|_| !is_spoken) {
        Some(key) => Some(ShownSentence::of_code(ctx, &key, said)),
        None => said.map(|said| ShownSentence::from_api(ctx, said)),
    };
    chosen.map(|sentence| sentence.to_markup())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actions_of_a_sentence_are_those_between_backticks() {
        let sentence = "`retire` removes only the company's data; set that with `editOwner`, not `retire` or `magic`";
        assert_eq!(
            list_named_actions(sentence),
            [ActionKind::Retire, ActionKind::EditOwner]
        );
        assert!(list_named_actions("send its user an email").is_empty());
    }
}
