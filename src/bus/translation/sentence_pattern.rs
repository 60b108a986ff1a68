//! A sentence with parts in braces: matched against a text, or filled in.

use std::cell::Cell;

/// Below so many fixed bytes a pattern says little: it must not take the words of strangers for its first part, but a
/// quotation or a name that no word could be.
const TELLING_BYTES: usize = 12;
/// Parts that are values of somebody's: whatever words a device or a role is called by, they are no sentence.
const VALUES: [&str; 28] = [
    "account",
    "app",
    "application",
    "by",
    "command",
    "device",
    "file",
    "given",
    "group",
    "holders",
    "id",
    "instance",
    "key",
    "label",
    "member",
    "model",
    "name",
    "names",
    "operator",
    "path",
    "product",
    "role",
    "server",
    "target",
    "tenant",
    "user",
    "value",
    "workflow",
];
/// Parts that are whole numbers.
const NUMBERS: [&str; 2] = ["count", "number"];
/// A look through so many bytes counts as a step.
const BYTES_OF_STEP: usize = 100;
/// What opens a quotation, and what closes it: what stands between is never a sentence of ours.
const QUOTES: [(char, char); 4] = [('"', '"'), ('`', '`'), ('\'', '\''), ('“', '”')];

#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternPart {
    Fixed(String),
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SentencePattern {
    parts: Vec<PatternPart>,
    fixed_bytes: usize,
}

/// A part of a text by its name in the pattern.
pub(super) type MatchedPart<'p, 't> = (&'p str, &'t str);

impl SentencePattern {
    pub(super) fn parse(sentence: &str) -> SentencePattern {
        let mut parts = Vec::new();
        let mut rest = sentence;
        while let Some((before, (name, after))) = rest
            .split_once('{')
            .and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
        {
            if !before.is_empty() {
                parts.push(PatternPart::Fixed(before.to_owned()));
            }
            parts.push(PatternPart::Named(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(PatternPart::Fixed(rest.to_owned()));
        }
        let fixed = |part: &PatternPart| match part {
            PatternPart::Fixed(text) => text.len(),
            PatternPart::Named(_) => 0,
        };
        let fixed_bytes = parts.iter().map(fixed).sum();
        SentencePattern { parts, fixed_bytes }
    }

    /// Bytes that are fixed: of two patterns that fit, the one with more says it better.
    pub(super) fn fixed_bytes(&self) -> usize {
        self.fixed_bytes
    }

    pub(super) fn is_telling(&self) -> bool {
        self.fixed_bytes >= TELLING_BYTES
    }

    /// Whether this part is a value, which is taken over as it is: by its name, or as it stands in quotes.
    pub(super) fn is_value(&self, name: &str) -> bool {
        if VALUES.contains(&name) {
            return true;
        }
        let place = self
            .parts
            .iter()
            .position(|part| matches!(part, PatternPart::Named(known) if known == name));
        let fixed_at = |at: Option<usize>| match at.and_then(|at| self.parts.get(at)) {
            Some(PatternPart::Fixed(text)) => text.as_str(),
            Some(PatternPart::Named(_)) | None => "",
        };
        let before = fixed_at(place.and_then(|place| place.checked_sub(1)));
        let behind = fixed_at(place.map(|place| place + 1));
        QUOTES
            .iter()
            .any(|(open, close)| before.ends_with(*open) && behind.starts_with(*close))
    }

    pub(super) fn has_parts(&self) -> bool {
        self.part_names().next().is_some()
    }

    pub(super) fn part_names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Named(name) => Some(name.as_str()),
            PatternPart::Fixed(_) => None,
        })
    }

    /// The parts of a text of this form. `steps`: places that may still be tried.
    pub(super) fn match_text<'t>(&self, text: &'t str, steps: &Cell<u32>) -> Option<Vec<MatchedPart<'_, 't>>> {
        if !self.may_match(text) || !take_steps(steps, 1 + text.len() / BYTES_OF_STEP) {
            return None;
        }
        let mut found = Vec::new();
        if !match_parts(&self.parts, text, &mut found, steps) {
            return None;
        }
        let is_name = |part: &str| {
            part.starts_with('"')
                || (!part.contains(' ') && part.contains(|letter: char| !letter.is_ascii_alphabetic()))
        };
        let begins_with_part = matches!(self.parts.first(), Some(PatternPart::Named(_)));
        if begins_with_part && !self.is_telling() && !found.first().is_some_and(|part| is_name(part)) {
            return None;
        }
        Some(self.part_names().zip(found).collect())
    }

    /// What can be seen at once: its beginning and its end.
    fn may_match(&self, text: &str) -> bool {
        let begins = match self.parts.first() {
            Some(PatternPart::Fixed(fixed)) => text.starts_with(fixed.as_str()),
            Some(PatternPart::Named(_)) | None => true,
        };
        let ends = match self.parts.last() {
            Some(PatternPart::Fixed(fixed)) => text.ends_with(fixed.as_str()),
            Some(PatternPart::Named(_)) | None => true,
        };
        begins && ends && text.len() >= self.fixed_bytes
    }

    /// The sentence with these parts.
    pub(super) fn fill_in(&self, value_of: impl Fn(&str) -> String) -> String {
        let parts = self.parts.iter().map(|part| match part {
            PatternPart::Fixed(text) => text.clone(),
            PatternPart::Named(name) => value_of(name),
        });
        parts.collect()
    }
}

/// Takes steps, as long as there are so many.
fn take_steps(steps: &Cell<u32>, wanted: usize) -> bool {
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    let left = steps.get().checked_sub(wanted);
    steps.set(left.unwrap_or_default());
    left.is_some()
}

/// Whether what stands in the place of a part can be it.
fn is_fit(name: &str, text: &str) -> bool {
    !NUMBERS.contains(&name) || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn match_parts<'t>(parts: &[PatternPart], text: &'t str, found: &mut Vec<&'t str>, steps: &Cell<u32>) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let name = match first {
        PatternPart::Fixed(fixed) => {
            return text
                .strip_prefix(fixed.as_str())
                .is_some_and(|behind| match_parts(rest, behind, found, steps));
        }
        PatternPart::Named(name) => name,
    };
    let mut try_end = |end: usize| {
        if !take_steps(steps, 1) || !is_fit(name, &text[..end]) {
            return false;
        }
        found.push(&text[..end]);
        if match_parts(rest, &text[end..], found, steps) {
            return true;
        }
        found.pop();
        false
    };
    match rest.first() {
        None => try_end(text.len()),
        Some(PatternPart::Fixed(fixed)) => text.match_indices(fixed.as_str()).any(|(at, _)| try_end(at)),
        Some(PatternPart::Named(_)) => (0..=text.len()).any(|at| text.is_char_boundary(at) && try_end(at)),
    }
}
