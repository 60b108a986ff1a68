//! All sentences of one language, and how a text is found among them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::catalogue_file::CatalogueEntry;
use super::sentence_pattern::SentencePattern;

/// Looks at the patterns that one text may cost: strangers can write some of it.
const LOOKUPS_MAX: u32 = 200;
/// Longer texts are left as they are, bytes.
const TEXT_MAX: usize = 2_000;
/// Places where one text is taken apart at the same sign.
const PLACES_MAX: usize = 4;
/// What stands between two sentences.
const JOINTS: [&str; 4] = ["\n", "; ", ": ", ", "];

#[derive(Debug, Default)]
pub(super) struct TextCatalogue {
    /// Sentences without parts.
    whole: HashMap<String, String>,
    /// Those with parts, the more telling ones first.
    patterns: Vec<(SentencePattern, SentencePattern)>,
    words: BTreeMap<(String, String), String>,
    forms: BTreeSet<String>,
}

/// Signs around a sentence that belong to where it stands.
fn is_joint(letter: char) -> bool {
    matches!(letter, ' ' | ';' | ',' | ':' | '\n')
}

/// A sentence without the names of its parts, as they differ between sources and catalogue.
fn form_of(sentence: &str) -> String {
    SentencePattern::parse(sentence.trim_matches(is_joint)).fill_in(|_| "{}".to_owned())
}

/// What stands in brackets at the end, and what stands before it.
fn split_brackets(text: &str) -> Option<(&str, &str)> {
    let within = text.strip_suffix(')')?;
    let mut open = 0;
    for (at, letter) in within.char_indices().rev() {
        match letter {
            ')' => open += 1,
            '(' if open == 0 => return Some((text[..at].strip_suffix(' ')?, &within[at + 1..])),
            '(' => open -= 1,
            _ => (),
        }
    }
    None
}

impl TextCatalogue {
    pub(super) fn from_entries(entries: Vec<CatalogueEntry>) -> TextCatalogue {
        let mut catalogue = TextCatalogue::default();
        for entry in entries {
            if !entry.place.is_empty() {
                catalogue.words.insert((entry.place, entry.english), entry.german);
                continue;
            }
            catalogue.forms.insert(form_of(&entry.english));
            let pattern = SentencePattern::parse(&entry.english);
            if pattern.has_parts() {
                let german = SentencePattern::parse(&entry.german);
                catalogue.patterns.push((pattern, german));
            } else {
                catalogue.whole.insert(entry.english, entry.german);
            }
        }
        catalogue
            .patterns
            .sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.fixed_bytes()));
        catalogue
    }

    pub(super) fn find_word(&self, place: &str, word: &str) -> Option<&str> {
        let key = (place.to_owned(), word.to_owned());
        self.words.get(&key).map(String::as_str)
    }

    pub(super) fn has_form(&self, sentence: &str) -> bool {
        self.forms.contains(&form_of(sentence))
    }

    /// `None` where nothing of it is known.
    pub(super) fn translate(&self, text: &str) -> Option<String> {
        let lookups = Cell::new(LOOKUPS_MAX);
        self.translate_within(text, &lookups)
    }

    fn translate_within(&self, text: &str, lookups: &Cell<u32>) -> Option<String> {
        let core = text.trim_matches(is_joint);
        if core.is_empty() || text.len() > TEXT_MAX || lookups.get() == 0 {
            return None;
        }
        let german = self
            .find_whole(core, lookups)
            .or_else(|| self.translate_joined(core, lookups))
            .or_else(|| self.fill_first_match(core, lookups, false))?;
        let begins = text.len() - text.trim_start_matches(is_joint).len();
        Some(format!("{}{german}{}", &text[..begins], &text[begins + core.len()..]))
    }

    fn find_whole(&self, core: &str, lookups: &Cell<u32>) -> Option<String> {
        let whole = self.whole.get(core).cloned();
        whole.or_else(|| self.fill_first_match(core, lookups, true))
    }

    /// By the first pattern that fits.
    fn fill_first_match(&self, core: &str, lookups: &Cell<u32>, is_telling: bool) -> Option<String> {
        lookups.set(lookups.get().checked_sub(1)?);
        let mut patterns = self.patterns.iter().filter(|(one, _)| one.is_telling() == is_telling);
        let (found, german) = patterns.find_map(|(one, german)| Some((one.match_text(core)?, german)))?;
        Some(german.fill_in(|name| {
            let part = found.iter().find(|(known, _)| *known == name);
            let part = part.map_or("", |(_, text)| text);
            // A single word is a name.
            let translated = if part.contains(' ') {
                self.translate_within(part, lookups)
            } else {
                None
            };
            translated.unwrap_or_else(|| part.to_owned())
        }))
    }

    /// Several sentences in one text.
    fn translate_joined(&self, core: &str, lookups: &Cell<u32>) -> Option<String> {
        let brackets = split_brackets(core);
        if let Some((left, within)) = brackets
            && let Some(outside) = self.find_whole(left, lookups)
        {
            let inside = self.translate_within(within, lookups);
            return Some(format!("{outside} ({})", inside.as_deref().unwrap_or(within)));
        }
        for joint in JOINTS {
            let splits: Vec<(&str, &str)> = core
                .match_indices(joint)
                .take(PLACES_MAX)
                .map(|(at, _)| (&core[..at], &core[at + joint.len()..]))
                .collect();
            for (left, right) in &splits {
                if let Some(left) = self.find_whole(left, lookups) {
                    let rest = self.translate_within(right, lookups);
                    return Some(format!("{left}{joint}{}", rest.as_deref().unwrap_or(right)));
                }
            }
            if let Some((left, right)) = splits.first()
                && let Some(right) = self.translate_within(right, lookups)
            {
                let begins = self.fill_first_match(left, lookups, false);
                return Some(format!("{}{joint}{right}", begins.as_deref().unwrap_or(left)));
            }
        }
        let (left, within) = brackets?;
        let (outside, inside) = (
            self.translate_within(left, lookups),
            self.translate_within(within, lookups),
        );
        if outside.is_none() && inside.is_none() {
            return None;
        }
        let (outside, inside) = (outside.as_deref().unwrap_or(left), inside.as_deref().unwrap_or(within));
        Some(format!("{outside} ({inside})"))
    }
}
