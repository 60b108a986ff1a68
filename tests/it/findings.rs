//! docs/FINDINGS.md names for each finding the tests that hold it closed. Each of them is there.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Names of the functions in the Rust files below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let behind = text.split("fn ").skip(1);
            let names = behind.map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next());
            found.extend(names.flatten().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
}

/// Of each row of each table: what its first cell says, and the names of tests in the last.
fn rows(text: &str) -> Vec<(String, Vec<String>)> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_rule = |line: &str| line.starts_with("|-");
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('|')) {
        let is_head = lines.get(at + 1).is_some_and(|next| is_rule(next));
        if is_head || is_rule(line) {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let names = cells.last().unwrap().split('`').skip(1).step_by(2);
        let names = names.map(|name| name.rsplit("::").next().unwrap().trim_end_matches("()").to_owned());
        rows.push((cells[0].to_owned(), names.collect()));
    }
    rows
}

#[test]
fn every_test_that_the_table_of_findings_names_is_there() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/FINDINGS.md")).unwrap();
    let mut known = BTreeSet::new();
    for folder in ["crates", "src", "tests"] {
        functions(&Path::new(ROOT).join(folder), &mut known);
    }
    let rows = rows(&text);
    assert!(!rows.is_empty(), "the table has rows");
    let mut wrong = Vec::new();
    for (finding, tests) in rows {
        if tests.is_empty() {
            wrong.push(format!("{finding}: no test is named, as `the_name_of_a_test`"));
        }
        let missing = tests.iter().filter(|name| !known.contains(*name));
        wrong.extend(missing.map(|name| format!("{finding}: there is no test `{name}`")));
    }
    assert!(wrong.is_empty(), "docs/FINDINGS.md:\n{}", wrong.join("\n"));
}

#[test]
fn a_row_without_its_test_is_found() {
    let table = "| finding | kind | where it is mended | tests |\n|---|---|---|---|\n| X1 | k | `src/a.rs` | `one`, `it::two` |\n| X2 | k | w | - |";
    let expected = [("X1", vec!["one", "two"]), ("X2", vec![])];
    let found = rows(table);
    let found: Vec<(&str, Vec<&str>)> = found
        .iter()
        .map(|(finding, tests)| (finding.as_str(), tests.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(found, expected);
}
