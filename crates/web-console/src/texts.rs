//! Texts in English and German: Fluent files in `locale`, one for each page and one for what all share. A text that is
//! missing in one language fails a test.
//!
//! A language is read with the first page that speaks it: each takes 2.5 MiB once it is read, and many a bus is never looked
//! at in a browser.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::routes::PAGES;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    pub(crate) const ALL: [Language; 2] = [Language::English, Language::German];

    /// As HTML, cookies and the API name it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The first of a browser's languages that there is; English if none is.
    pub(crate) fn from_accept_language(header: &str) -> Language {
        connector_core::model::Language::from_accept_language(header).into()
    }

    /// As the API and its texts have it.
    pub(crate) fn to_model(self) -> connector_core::model::Language {
        match self {
            Language::English => connector_core::model::Language::En,
            Language::German => connector_core::model::Language::De,
        }
    }

    /// A whole number with the separators of the language.
    pub(crate) fn format_number(self, number: u64) -> String {
        let separator = match self {
            Language::English => ',',
            Language::German => '.',
        };
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }
}

impl From<connector_core::model::Language> for Language {
    fn from(language: connector_core::model::Language) -> Language {
        match language {
            connector_core::model::Language::En => Language::English,
            connector_core::model::Language::De => Language::German,
        }
    }
}

/// Texts that no single page has, per language.
const SHARED: [(&str, &str); 2] = [
    (
        include_str!("../locale/en/shared.ftl"),
        include_str!("../locale/de/shared.ftl"),
    ),
    (
        include_str!("../locale/en/words.ftl"),
        include_str!("../locale/de/words.ftl"),
    ),
];

/// All texts.
#[derive(Default)]
pub(crate) struct Texts {
    english: OnceLock<FluentBundle<FluentResource>>,
    german: OnceLock<FluentBundle<FluentResource>>,
}

impl Texts {
    /// The text of a key; the key itself where there is none.
    pub(crate) fn format(&self, language: Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle(language);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }

    /// Whether there is a text of this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.bundle(Language::English).has_message(key)
    }

    /// What a file has wrong is left out; a test finds it.
    fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        let bundle = match language {
            Language::English => &self.english,
            Language::German => &self.german,
        };
        bundle.get_or_init(|| load_bundle(language).0)
    }
}

/// The texts of a language, and what is wrong with its files.
fn load_bundle(language: Language) -> (FluentBundle<FluentResource>, Vec<String>) {
    let id: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false);
    let mut wrong = Vec::new();
    for text in list_sources(language) {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, errors)| {
            wrong.extend(errors.iter().map(ToString::to_string));
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            wrong.extend(errors.iter().map(ToString::to_string));
        }
    }
    (bundle, wrong)
}

fn list_sources(language: Language) -> Vec<&'static str> {
    let pages = PAGES.iter().map(|page| page.texts);
    let unique: BTreeSet<(&str, &str)> = SHARED.into_iter().chain(pages).collect();
    let choose = |(english, german)| match language {
        Language::English => english,
        Language::German => german,
    };
    unique.into_iter().map(choose).filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Keys at the beginning of a line of a Fluent file, with the arguments that their texts use.
    fn keys_of(language: Language) -> Vec<(String, BTreeSet<String>)> {
        let mut keys: Vec<(String, BTreeSet<String>)> = Vec::new();
        for line in list_sources(language).join("\n").lines() {
            let starts = line.starts_with(|first: char| first.is_ascii_lowercase());
            if let (true, Some((key, _))) = (starts, line.split_once(" =")) {
                keys.push((key.to_owned(), BTreeSet::new()));
            }
            if let Some((_, arguments)) = keys.last_mut() {
                for part in line.split('$').skip(1) {
                    let end = part
                        .find(|next: char| !next.is_ascii_alphanumeric())
                        .unwrap_or(part.len());
                    arguments.insert(part[..end].to_owned());
                }
            }
        }
        keys.sort();
        keys
    }

    #[test]
    fn every_text_is_there_in_both_languages_with_the_same_arguments() {
        for language in Language::ALL {
            let (_, wrong) = load_bundle(language);
            assert!(wrong.is_empty(), "{language:?}: {wrong:?}");
        }
        let (english, german) = (keys_of(Language::English), keys_of(Language::German));
        let only = |one: &[(String, BTreeSet<String>)], other: &[(String, BTreeSet<String>)]| {
            one.iter()
                .filter(|key| !other.contains(key))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(only(&english, &german), [], "not in German, or with other arguments");
        assert_eq!(only(&german, &english), [], "not in English, or with other arguments");
        assert!(english.len() > 100);
    }

    fn read_files(folder: &Path, ending: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_files(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// Keys that templates and sources name: `t("key"`, `t1("key"`, `text_key("key")` and the like.
    fn named_keys() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        read_files(&root.join("templates"), ".html", &mut files);
        read_files(&root.join("src"), ".rs", &mut files);
        let mut keys = BTreeSet::new();
        for (_, text) in &files {
            for call in [
                ".t(\"",
                ".t1(\"",
                ".t2(\"",
                ".t_with(\"",
                ".count(\"",
                "text_key: \"",
                "nav: Some(\"",
            ] {
                for part in text.split(call).skip(1) {
                    let key = part.split('"').next().unwrap();
                    if !key.is_empty() && !key.ends_with('-') && !key.contains('{') {
                        keys.insert(key.to_owned());
                    }
                }
            }
        }
        keys
    }

    #[test]
    fn every_text_that_a_page_names_is_there() {
        let known: BTreeSet<String> = keys_of(Language::English).into_iter().map(|(key, _)| key).collect();
        let looks_like_key = |key: &&String| {
            key.contains('-')
                && key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        let named = named_keys();
        let missing: Vec<&String> = named
            .iter()
            .filter(looks_like_key)
            .filter(|key| !known.contains(*key))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_language_is_read_when_a_page_first_speaks_it() {
        let texts = Texts::default();
        assert!(texts.english.get().is_none() && texts.german.get().is_none());
        let key = &keys_of(Language::German)[0].0;
        assert_ne!(texts.format(Language::German, key, None), *key);
        assert!(texts.german.get().is_some() && texts.english.get().is_none());
    }

    #[test]
    fn numbers_and_languages_are_read_as_people_write_them() {
        assert_eq!(Language::English.format_number(1_234_567), "1,234,567");
        assert_eq!(Language::German.format_number(1_234), "1.234");
        assert_eq!(Language::German.format_number(999), "999");
        for (header, language) in [
            ("de-DE,de;q=0.9,en;q=0.8", Language::German),
            ("en;q=0.3,de-AT;q=0.9", Language::German),
            ("fr,en;q=0.5", Language::English),
            ("", Language::English),
            ("nonsense;q=x", Language::English),
        ] {
            assert_eq!(Language::from_accept_language(header), language, "{header}");
        }
    }
}
