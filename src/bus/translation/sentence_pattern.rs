//! A sentence with parts in braces: matched against a text, or filled in.

/// Below so many fixed bytes a pattern says little: it must not take the words of strangers for its first part, but a
/// quotation or a name that no word could be.
const TELLING_BYTES: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternPart {
    Fixed(String),
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SentencePattern {
    parts: Vec<PatternPart>,
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
        SentencePattern { parts }
    }

    /// Bytes that are fixed: of two patterns that fit, the one with more says it better.
    pub(super) fn fixed_bytes(&self) -> usize {
        let fixed = |part: &PatternPart| match part {
            PatternPart::Fixed(text) => text.len(),
            PatternPart::Named(_) => 0,
        };
        self.parts.iter().map(fixed).sum()
    }

    pub(super) fn is_telling(&self) -> bool {
        self.fixed_bytes() >= TELLING_BYTES
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

    /// The parts of a text of this form.
    pub(super) fn match_text<'t>(&self, text: &'t str) -> Option<Vec<MatchedPart<'_, 't>>> {
        let mut found = Vec::new();
        if !match_parts(&self.parts, text, &mut found) {
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

    /// The sentence with these parts.
    pub(super) fn fill_in(&self, value_of: impl Fn(&str) -> String) -> String {
        let parts = self.parts.iter().map(|part| match part {
            PatternPart::Fixed(text) => text.clone(),
            PatternPart::Named(name) => value_of(name),
        });
        parts.collect()
    }
}

fn match_parts<'t>(parts: &[PatternPart], text: &'t str, found: &mut Vec<&'t str>) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    if let PatternPart::Fixed(fixed) = first {
        return text
            .strip_prefix(fixed.as_str())
            .is_some_and(|behind| match_parts(rest, behind, found));
    }
    let ends: Vec<usize> = match rest.first() {
        None => vec![text.len()],
        Some(PatternPart::Fixed(fixed)) => text.match_indices(fixed.as_str()).map(|(at, _)| at).collect(),
        Some(PatternPart::Named(_)) => (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect(),
    };
    for end in ends {
        found.push(&text[..end]);
        if match_parts(rest, &text[end..], found) {
            return true;
        }
        found.pop();
    }
    false
}
