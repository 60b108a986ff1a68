//! All sentences of one language, and how a text is found among them.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::catalogue_file::CatalogueEntry;
use super::sentence_pattern::SentencePattern;

/// Looks at the patterns that one text may cost: strangers can write some of it.
const LOOKUPS_MAX: u32 = 200;
/// Steps that one text may cost where patterns are laid against it: a pattern with many parts has many ways to fail.
const STEPS_MAX: u32 = 100_000;
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

/// What one text may still cost.
struct SearchBudget {
    lookups: Cell<u32>,
    steps: Cell<u32>,
}

impl SearchBudget {
    fn is_spent(&self) -> bool {
        self.lookups.get() == 0 || self.steps.get() == 0
    }
}

/// A sentence as it may stand in the catalogue: there it has neither the capital nor the full stop that it is written with.
struct WrittenForm<'t> {
    text: Cow<'t, str>,
    has_capital: bool,
    stop: &'t str,
}

impl WrittenForm<'_> {
    /// As the text itself is written.
    fn write_german(&self, german: &str) -> String {
        if self.has_capital {
            format!("{}{}", capitalize_text(german), self.stop)
        } else {
            format!("{german}{}", self.stop)
        }
    }
}

/// The text itself first.
fn list_written_forms(core: &str) -> Vec<WrittenForm<'_>> {
    let bare = core.strip_suffix('.').unwrap_or(core);
    let ends = [(core, ""), (bare, &core[bare.len()..])];
    let ends = &ends[..if bare.len() == core.len() { 1 } else { 2 }];
    let mut forms = Vec::new();
    for (text, stop) in ends {
        forms.push(WrittenForm {
            text: Cow::Borrowed(*text),
            has_capital: false,
            stop,
        });
    }
    for (text, stop) in ends {
        if let Some(first) = text.chars().next().filter(char::is_ascii_uppercase) {
            forms.push(WrittenForm {
                text: Cow::Owned(format!("{}{}", first.to_ascii_lowercase(), &text[1..])),
                has_capital: true,
                stop,
            });
        }
    }
    forms
}

/// Signs around a sentence that belong to where it stands.
fn is_joint(letter: char) -> bool {
    matches!(letter, ' ' | ';' | ',' | ':' | '\n')
}

/// A sentence without the names of its parts, as they differ between sources and catalogue.
fn form_of(sentence: &str) -> String {
    SentencePattern::parse(sentence.trim_matches(is_joint)).fill_in(|_| "{}".to_owned())
}

/// A text in two at each place with this sign, the first places alone. A quotation is left in one piece.
fn list_splits<'t>(text: &'t str, joint: &str) -> Vec<(&'t str, &'t str)> {
    let all_quotes = text.matches('"').count();
    let (mut counted_to, mut quotes) = (0, 0);
    let mut splits = Vec::new();
    for (at, _) in text.match_indices(joint) {
        quotes += text[counted_to..at].matches('"').count();
        counted_to = at;
        let is_quoted = !quotes.is_multiple_of(2) && quotes < all_quotes;
        if !is_quoted {
            splits.push((&text[..at], &text[at + joint.len()..]));
        }
        if splits.len() == PLACES_MAX {
            break;
        }
    }
    splits
}

/// The first sentence of several, and the others.
fn split_sentences(text: &str) -> Option<(&str, &str)> {
    let is_end = |at: usize| text[at + 2..].starts_with(|next: char| next.is_ascii_uppercase());
    let (at, _) = text.match_indices(". ").find(|(at, _)| is_end(*at))?;
    Some((&text[..=at], &text[at + 2..]))
}

fn capitalize_text(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
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
        let budget = SearchBudget {
            lookups: Cell::new(LOOKUPS_MAX),
            steps: Cell::new(STEPS_MAX),
        };
        self.translate_within(text, &budget)
    }

    fn translate_within(&self, text: &str, budget: &SearchBudget) -> Option<String> {
        let core = text.trim_matches(is_joint);
        if core.is_empty() || text.len() > TEXT_MAX || budget.is_spent() {
            return None;
        }
        let german = self
            .find_whole(core, budget)
            .or_else(|| self.translate_sentences(core, budget))
            .or_else(|| self.translate_written_sentence(core, budget))
            .or_else(|| self.translate_joined(core, budget))
            .or_else(|| self.find_weak(core, budget))?;
        let begins = text.len() - text.trim_start_matches(is_joint).len();
        Some(format!("{}{german}{}", &text[..begins], &text[begins + core.len()..]))
    }

    fn find_whole(&self, core: &str, budget: &SearchBudget) -> Option<String> {
        let forms = list_written_forms(core);
        let whole = forms
            .iter()
            .find_map(|form| Some(form.write_german(self.whole.get(form.text.as_ref())?)));
        whole.or_else(|| self.fill_first_match(&forms, budget, true))
    }

    fn find_weak(&self, core: &str, budget: &SearchBudget) -> Option<String> {
        self.fill_first_match(&list_written_forms(core), budget, false)
    }

    /// By the first pattern that fits.
    fn fill_first_match(&self, forms: &[WrittenForm<'_>], budget: &SearchBudget, is_telling: bool) -> Option<String> {
        budget.lookups.set(budget.lookups.get().checked_sub(1)?);
        let patterns = self.patterns.iter().filter(|(one, _)| one.is_telling() == is_telling);
        let mut matches = patterns.flat_map(|(pattern, german)| {
            forms
                .iter()
                .filter_map(move |form| Some((pattern, german, form, pattern.match_text(&form.text, &budget.steps)?)))
        });
        let (pattern, german, form, found) = matches.next()?;
        let filled = german.fill_in(|name| {
            let part = found.iter().find(|(known, _)| *known == name);
            let part = part.map_or("", |(_, text)| text);
            if pattern.is_value(name) {
                return part.to_owned();
            }
            // A single word is a name, if it is none of those that stand in this place.
            let translated = if part.contains(' ') {
                self.translate_within(part, budget)
            } else {
                self.find_word(name, part).map(str::to_owned)
            };
            translated.unwrap_or_else(|| part.to_owned())
        });
        Some(form.write_german(&filled))
    }

    /// Whole sentences, one behind the other.
    fn translate_sentences(&self, core: &str, budget: &SearchBudget) -> Option<String> {
        let (first, others) = split_sentences(core)?;
        let translated = [first, others].map(|text| self.translate_within(text, budget));
        if translated.iter().all(Option::is_none) {
            return None;
        }
        let [german, german_others] = translated;
        let (first, others) = (
            german.as_deref().unwrap_or(first),
            german_others.as_deref().unwrap_or(others),
        );
        Some(format!("{first} {others}"))
    }

    /// With a capital and a full stop, and put together of several that have neither.
    fn translate_written_sentence(&self, core: &str, budget: &SearchBudget) -> Option<String> {
        let forms = list_written_forms(core);
        let plain = forms.last().filter(|_| forms.len() > 1)?;
        Some(plain.write_german(&self.translate_within(&plain.text, budget)?))
    }

    /// Several sentences in one text.
    fn translate_joined(&self, core: &str, budget: &SearchBudget) -> Option<String> {
        let brackets = split_brackets(core);
        if let Some((left, within)) = brackets
            && let Some(outside) = self.find_whole(left, budget)
        {
            let inside = self.translate_within(within, budget);
            return Some(format!("{outside} ({})", inside.as_deref().unwrap_or(within)));
        }
        for joint in JOINTS {
            let splits = list_splits(core, joint);
            for (left, right) in &splits {
                if let Some(left) = self.find_whole(left, budget) {
                    let rest = self.translate_within(right, budget);
                    return Some(format!("{left}{joint}{}", rest.as_deref().unwrap_or(right)));
                }
            }
            if let Some((left, right)) = splits.first()
                && let Some(right) = self.translate_within(right, budget)
            {
                let begins = self.translate_within(left, budget);
                return Some(format!("{}{joint}{right}", begins.as_deref().unwrap_or(left)));
            }
        }
        let (left, within) = brackets?;
        let (outside, inside) = (
            self.translate_within(left, budget),
            self.translate_within(within, budget),
        );
        if outside.is_none() && inside.is_none() {
            return None;
        }
        let (outside, inside) = (outside.as_deref().unwrap_or(left), inside.as_deref().unwrap_or(within));
        Some(format!("{outside} ({inside})"))
    }
}
