//! What a condition may name, and what it is asked for by.

use regex::Regex;

/// Whether a name exists; the nearest one that does, where it does not.
pub type NameLookup<'a> = dyn Fn(&str) -> Result<(), Option<String>> + Sync + 'a;

/// What a condition may name.
pub struct ConditionVocabulary<'a> {
    pub lookup_name: &'a NameLookup<'a>,
    /// Fields that hold dates.
    pub is_date: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether it is asked at one moment, so that it may ask for `now`; `None`: there is no such word.
    pub allows_now: Option<bool>,
}

/// `a.b.matches("…")`, taken out of the tree and compiled once.
#[derive(Debug)]
pub struct PathPattern {
    /// At least one name.
    pub path: Vec<String>,
    pub regex: Regex,
}
