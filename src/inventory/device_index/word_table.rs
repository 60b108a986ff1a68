//! Words that many devices share, each once: what a device has of them is a number.

use std::collections::HashMap;

use memchr::memmem::Finder;

use super::text_pool::lower_text;

/// The words of one field. They are never taken out: a fleet has few, and the index does not live for long.
#[derive(Debug, Default)]
pub(super) struct WordTable {
    words: Vec<SharedWord>,
    numbers: HashMap<Box<str>, u32>,
}

#[derive(Debug)]
struct SharedWord {
    text: Box<str>,
    lower: Box<str>,
}

impl WordTable {
    /// The number of this word; a new one where it was not there.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        // Fewer words than devices, whose numbers are no longer.
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.push(SharedWord {
            text: text.into(),
            lower: lower_text(text).into(),
        });
        self.numbers.insert(text.into(), number);
        number
    }

    /// As it was written.
    pub(super) fn text(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", |word| &word.text)
    }

    pub(super) fn lower(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", |word| &word.lower)
    }

    /// For each word whether it is one of these, in upper or lower case.
    pub(super) fn mark_equal(&self, wanted: &[String]) -> Vec<bool> {
        let wanted: Vec<String> = wanted.iter().map(|word| lower_text(word)).collect();
        let is_wanted = |word: &SharedWord| wanted.iter().any(|wanted| *wanted == *word.lower);
        self.words.iter().map(is_wanted).collect()
    }

    /// For each word whether it has this part in it.
    pub(super) fn mark_containing(&self, part: &Finder<'_>) -> Vec<bool> {
        let contains = |word: &SharedWord| part.find(word.lower.as_bytes()).is_some();
        self.words.iter().map(contains).collect()
    }

    /// For each word its place in the order of words; words that differ in case alone share one.
    pub(super) fn rank_words(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        order.sort_unstable_by(|a, b| self.words[*a].lower.cmp(&self.words[*b].lower));
        let mut ranks = vec![0; self.words.len()];
        let mut rank = 0;
        for (at, number) in order.iter().enumerate() {
            if at > 0 && self.words[order[at - 1]].lower != self.words[*number].lower {
                rank += 1;
            }
            ranks[*number] = rank;
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_number_and_is_found_in_any_case() {
        let mut table = WordTable::default();
        let numbers = ["Windows", "iOS", "", "IOS", "Windows"].map(|word| table.intern(word));
        assert_eq!(numbers, [0, 1, 2, 3, 0]);
        assert_eq!((table.text(1), table.lower(1), table.text(9)), ("iOS", "ios", ""));
        assert_eq!(table.mark_equal(&["ios".to_owned()]), [false, true, false, true]);
        assert_eq!(table.mark_containing(&Finder::new("o")), [true, true, false, true]);
        assert_eq!(table.rank_words(), [2, 1, 0, 1]);
    }
}
