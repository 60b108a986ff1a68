//! The table of PN- items in docs/walkthroughs/compliance.md: every item is there, and every test that it names exists and bears its number.

use std::collections::BTreeSet;
use std::path::Path;

const LAST: u32 = 25;

/// Names of all functions below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
            found.extend(names.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn every_item_has_a_row_and_tests_that_bear_its_number() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    functions(&root.join("src"), &mut known);
    functions(&root.join("crates"), &mut known);
    functions(&root.join("tests/it"), &mut known);
    let text = std::fs::read_to_string(root.join("docs/walkthroughs/compliance.md")).unwrap();
    for number in 1..=LAST {
        let head = format!("| PN-{number:02} |");
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with(&head)).collect();
        assert_eq!(rows.len(), 1, "PN-{number:02}");
        let tests = rows[0].rsplit(" | ").next().unwrap();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "PN-{number:02} names no test");
        for test in named {
            assert!(known.contains(test), "PN-{number:02}: there is no test {test}");
            assert!(test.contains(&format!("pn{number:02}_")), "PN-{number:02}: {test}");
        }
    }
}
