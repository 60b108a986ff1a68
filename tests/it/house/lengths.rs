//! Lengths of arrays in types are numbers. Where one is asked of another constant (`FIELDS.len()`) whose values a `const fn`
//! computes, the compiler meets a circle as soon as it optimises: the release does not build, and no debug build says so.

use regex::Regex;

use super::sources::read_sources;

/// Arrays whose length is asked of a constant of the same crate.
fn asked_lengths(code: &str) -> Vec<String> {
    let asked = Regex::new(r";\s*[A-Z][A-Z0-9_]*\.len\(\)\s*\]").unwrap();
    asked.find_iter(code).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn no_length_of_an_array_is_asked_of_a_constant() {
    let files = read_sources(&["src", "crates"]);
    assert!(files.len() > 500, "{} files", files.len());
    let asked: Vec<(String, Vec<String>)> = files
        .into_iter()
        .map(|file| (file.path, asked_lengths(&file.code)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    assert!(asked.is_empty(), "make the length a constant of its own: {asked:?}");
}

#[test]
fn control_of_lengths() {
    assert_eq!(asked_lengths("words: [u32; WORD_FIELDS.len()],").len(), 1);
    assert_eq!(asked_lengths("words: [[u8; 4]; WORD_FIELDS.len()],").len(), 1);
    assert_eq!(asked_lengths("words: [u32; WORD_COUNT], [0; rows.len()]").len(), 0);
}
