//! One name means one concept, and a yes or no is asked with `if`.

use std::collections::BTreeMap;

use regex::Regex;

use super::sources::{SourceFile, mask_texts, read_sources};

const PRODUCT: [&str; 3] = ["src", "crates/connector-core/src", "crates/sics-client/src"];
/// Of all types, so many in a hundred may share their name with another.
const SHARED_PERCENT_MAX: usize = 8;

fn types(files: &[SourceFile]) -> Vec<(String, String)> {
    let declaration = r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|union)\s+([A-Z]\w*)";
    let declaration = Regex::new(declaration).unwrap();
    let mut all = Vec::new();
    for file in files {
        let names = declaration.captures_iter(&file.code);
        all.extend(names.map(|name| (name[1].to_owned(), file.path.clone())));
    }
    all
}

fn matches_on_bool(code: &str) -> usize {
    Regex::new(r"\bmatch\b[^{}]*\{\s*(?:true|false)\s*(?:if\b[^=]*)?=>")
        .unwrap()
        .find_iter(code)
        .count()
}

#[test]
fn a_name_of_a_type_means_one_concept() {
    let all = types(&read_sources(&PRODUCT));
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, path) in &all {
        by_name.entry(name).or_default().push(path);
    }
    let shared: Vec<_> = by_name.iter().filter(|(_, paths)| paths.len() > 1).collect();
    let count: usize = shared.iter().map(|(_, paths)| paths.len()).sum();
    assert!(all.len() > 1_000, "{} types", all.len());
    assert!(count * 100 <= all.len() * SHARED_PERCENT_MAX, "{count}: {shared:?}");
}

#[test]
fn a_yes_or_no_is_asked_with_if() {
    let files = read_sources(&PRODUCT);
    let guilty: Vec<&str> = files
        .iter()
        .filter(|file| matches_on_bool(&file.code) > 0)
        .map(|file| file.path.as_str())
        .collect();
    assert!(files.len() > 500, "{} files", files.len());
    assert_eq!(guilty, [""; 0]);
}

#[test]
fn the_measure_sees_what_it_looks_for() {
    let sample = |text: &str| SourceFile {
        path: "sample".to_owned(),
        code: mask_texts(text),
    };
    let file = sample("pub struct Cursor;\n// struct Comment\nconst A: &str = \"\nstruct Text\n\";\nenum Cursor { A }");
    let names: Vec<String> = types(&[file]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Cursor", "Cursor"]);
    assert_eq!(matches_on_bool(&sample("match a() { true => 1, false => 2 }").code), 1);
    assert_eq!(matches_on_bool(&sample("match a { false if b => 1, _ => 2 }").code), 1);
    assert_eq!(matches_on_bool(&sample("match a { Some(true) => 1, _ => 2 }").code), 0);
}
