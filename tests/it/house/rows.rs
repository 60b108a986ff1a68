//! Rows of the store are read by the names of their columns. What runs for each device of a fleet reads by places, which have
//! names beside their SQL; a question for a single value needs none.

use regex::Regex;

use super::sources::{mask_texts, read_sources};

/// Columns behind the first that are read by a bare number.
fn bare_places(code: &str) -> Vec<String> {
    let bare = Regex::new(r"\b(?:row|stored)\s*\.get(?:_ref)?(?:::<[^()]*>)?\(\s*[1-9]\d*\s*\)|\(row, \d+\)").unwrap();
    bare.find_iter(code).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn no_column_is_read_by_a_bare_number() {
    let files = read_sources(&["src/store"]);
    assert!(files.len() > 100, "{} files", files.len());
    let bare: Vec<(String, Vec<String>)> = files
        .into_iter()
        .map(|file| (file.path, bare_places(&file.code)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    assert!(bare.is_empty(), "read it by the name of its column: {bare:?}");
}

#[test]
fn control_of_bare_places() {
    assert_eq!(bare_places("row.get(1)?, row.get::<_, Option<Vec<u8>>>(12)?").len(), 2);
    assert_eq!(bare_places("row\n    .get_ref(5)?").len(), 1);
    assert_eq!(bare_places("word_column(row, 0)?").len(), 1);
    let named = mask_texts("row.get(0)?, row.get(\"id\")?, row.get(place::SEQ)?, read_word(row, \"state\")?");
    assert_eq!(bare_places(&named).len(), 0);
}
