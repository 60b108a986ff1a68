//! What the documents name is there: files, and the types of the glossary.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::sources::{ROOT, read_sources};

const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];
/// One page, bytes.
const ARCHITECTURE_MAX: u64 = 12_000;
/// Where a path may begin that a document writes short.
const BASES: [&str; 5] = [
    "",
    "src/",
    "crates/connector-core/src/",
    "crates/sics-client/src/",
    "crates/simulated-tenant/src/",
];

fn documents() -> Vec<(String, String)> {
    let root = Path::new(ROOT);
    let mut paths: Vec<_> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    let folders =
        ["docs", "docs/targets", "docs/walkthroughs"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let docs = folders.into_iter().flatten();
    paths.extend(
        docs.map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "md")),
    );
    let read = |path: std::path::PathBuf| (path.display().to_string(), std::fs::read_to_string(path).unwrap());
    paths.into_iter().map(read).collect()
}

/// `a/{b,c}.rs` is two files.
fn expand_braces(path: &str) -> Vec<String> {
    let Some((head, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (choices, tail) = rest.split_once('}').unwrap();
    let paths = choices
        .split(',')
        .map(|choice| format!("{head}{}{tail}", choice.trim()));
    paths.flat_map(|path| expand_braces(&path)).collect()
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let code = Regex::new(r"`([\w.\-]+(?:/[\w.\-{}, ]+)+/?)`").unwrap();
    let mut seen = 0;
    let mut missing = Vec::new();
    for (document, text) in documents() {
        for found in code.captures_iter(&text) {
            let named = &found[1];
            let is_ours = ["src/", "crates/", "tests/"]
                .iter()
                .any(|folder| named.starts_with(folder));
            if !is_ours && !named.ends_with(".rs") {
                continue;
            }
            for path in expand_braces(named) {
                seen += 1;
                if !BASES.iter().any(|base| Path::new(ROOT).join(base).join(&path).exists()) {
                    missing.push(format!("{document}: {path}"));
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_file_that_a_document_calls_by_its_name_alone_is_somewhere() {
    let code = Regex::new(r"`(\w+\.rs)`").unwrap();
    let files = read_sources(&["src", "crates", "tests"]);
    let is_known = |name: &str| files.iter().any(|file| file.path.rsplit('/').next() == Some(name));
    for (document, text) in documents() {
        for found in code.captures_iter(&text) {
            assert!(is_known(&found[1]), "{document}: {}", &found[1]);
        }
    }
}

/// What stands so in the doc of a room, and is a word of others.
const WORDS_OF_OTHERS: [&str; 2] = ["built_in_sync", "correlation_id"];

/// The rooms that a doc names in brackets, without links: (`name`, `other`).
fn rooms_in_brackets(doc: &str) -> Vec<&str> {
    let brackets = Regex::new(r"\((`[a-z]\w*`[^()]*)\)").unwrap();
    let name = Regex::new(r"`([a-z]\w*)`").unwrap();
    let insides = brackets.captures_iter(doc).map(|found| found.get(1).unwrap().as_str());
    let names = insides.flat_map(|inside| name.captures_iter(inside).map(|found| found.get(1).unwrap().as_str()));
    names.collect()
}

fn doc_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    lines.join("\n")
}

#[test]
fn every_room_that_the_doc_of_a_module_names_in_brackets_is_there() {
    let mut seen = 0;
    for file in read_sources(&["src", "crates"]) {
        if !file.path.ends_with("/mod.rs") {
            continue;
        }
        let text = std::fs::read_to_string(Path::new(ROOT).join(&file.path)).unwrap();
        let words: BTreeSet<&str> = file.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        for name in rooms_in_brackets(&doc_of(&text)) {
            seen += 1;
            let is_there = words.contains(name) || WORDS_OF_OTHERS.contains(&name);
            assert!(is_there, "{}: there is no {name}", file.path);
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The control: names in brackets are found, over the end of a line too.
#[test]
fn a_room_in_brackets_is_found() {
    let doc =
        doc_of("//! lines (`reader`) and entries (`keys`, `parse`,\n//! `values`), as (of `others`)\nfn a() {}\n");
    assert_eq!(rooms_in_brackets(&doc), ["reader", "keys", "parse", "values"]);
}

/// The argument of a room names its files: `[`name`]` is declared or used in the code below.
#[test]
fn every_room_that_the_doc_of_a_module_names_is_there() {
    let link = Regex::new(r"\[`([a-z]\w*)(?:\(\))?`\]").unwrap();
    let mut seen = 0;
    for file in read_sources(&["src", "crates"]) {
        let text = std::fs::read_to_string(Path::new(ROOT).join(&file.path)).unwrap();
        let words: BTreeSet<&str> = file.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        for line in text.lines().filter(|line| line.starts_with("//!")) {
            for name in link.captures_iter(line) {
                seen += 1;
                assert!(words.contains(&name[1]), "{}: {line}", file.path);
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn the_architecture_is_one_page() {
    let length = std::fs::metadata(Path::new(ROOT).join("ARCHITECTURE.md"))
        .unwrap()
        .len();
    assert!(
        length <= ARCHITECTURE_MAX,
        "{length} bytes: move walkthroughs and tables to docs/"
    );
}

#[test]
fn every_type_of_the_glossary_is_there() {
    let declaration = Regex::new(r"\b(?:struct|enum|trait|type)\s+([A-Z]\w*)").unwrap();
    let files = read_sources(&["src", "crates/connector-core/src", "crates/sics-client/src"]);
    let mut known: BTreeSet<String> = BTreeSet::new();
    for file in &files {
        known.extend(declaration.captures_iter(&file.code).map(|name| name[1].to_owned()));
    }
    let glossary = std::fs::read_to_string(Path::new(ROOT).join("docs/GLOSSARY.md")).unwrap();
    let rows = glossary.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut terms = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(terms.insert(cells[0].to_owned()), "{} is explained twice", cells[0]);
        for name in cells[2].split('`').skip(1).step_by(2) {
            assert!(known.contains(name), "{}: there is no type {name}", cells[0]);
        }
    }
    assert!(terms.len() > 40, "{}", terms.len());
}
