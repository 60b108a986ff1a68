//! One item, put together: its texts are made of its arguments, so a translation can be made of the same.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::super::known_world::FactVisibility;
use crate::contract::{AttentionItemView, AttentionSeverity, AttentionSubject};
use crate::model::Timestamp;

/// An item, and who may know of it.
#[derive(Debug, Clone)]
pub(in crate::sics::overview) struct BoardItem {
    pub view: AttentionItemView,
    pub visibility: FactVisibility,
}

impl BoardItem {
    /// Without texts yet; `fix`: path of a page of the console.
    pub(super) fn new(
        code: &str,
        severity: AttentionSeverity,
        (subject_kind, subject): (AttentionSubject, impl Display),
        fix: String,
        visibility: FactVisibility,
    ) -> BoardItem {
        BoardItem {
            view: AttentionItemView {
                code: code.to_owned(),
                severity,
                subject_kind,
                subject: subject.to_string(),
                since: None,
                message: String::new(),
                advice: String::new(),
                fix,
                arguments: BTreeMap::new(),
            },
            visibility,
        }
    }

    pub(super) fn since(mut self, since: impl Into<Option<Timestamp>>) -> BoardItem {
        self.view.since = since.into();
        self
    }

    pub(super) fn argument(mut self, name: &str, value: impl Display) -> BoardItem {
        self.view.arguments.insert(name.to_owned(), value.to_string());
        self
    }

    /// Both may name arguments in braces; they come last.
    pub(super) fn texts(mut self, message: &str, advice: &str) -> BoardItem {
        self.view.message = fill_template(message, &self.view.arguments).trim().to_owned();
        self.view.advice = fill_template(advice, &self.view.arguments).trim().to_owned();
        self
    }
}

/// Each name in braces gives way to its argument. What an argument holds is never taken for a name.
fn fill_template(template: &str, arguments: &BTreeMap<String, String>) -> String {
    let mut parts = template.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        text.push_str(arguments.get(name).map_or("", String::as_str));
        text.push_str(rest);
    }
    text
}

/// What another room says, as a sentence of its own: rooms say fragments.
pub(super) fn to_sentence(fragment: &str) -> String {
    let fragment = fragment.trim();
    let mut letters = fragment.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    let text = first.unwrap_or_default() + letters.as_str();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        text
    } else {
        text + "."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_give_way_to_arguments_and_arguments_to_nothing() {
        let arguments = BTreeMap::from([
            ("server".to_owned(), "cmdb".to_owned()),
            ("detail".to_owned(), "{server} is {odd".to_owned()),
        ]);
        assert_eq!(
            fill_template("{server}: {detail}; {unknown}end", &arguments),
            "cmdb: {server} is {odd; end"
        );
        assert_eq!(fill_template("plain", &arguments), "plain");
    }

    #[test]
    fn a_fragment_becomes_a_sentence() {
        for (fragment, sentence) in [
            ("check the network", "Check the network."),
            ("Done.", "Done."),
            ("", ""),
            ("über alles", "Über alles."),
        ] {
            assert_eq!(to_sentence(fragment), sentence);
        }
    }
}
