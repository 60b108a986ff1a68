//! `docs/ITEMS-TARGETS.md` has a row for every complaint, and each row names tests that are there.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Complaints, from 1.
const COMPLAINTS: u32 = 19;

/// Names of the tests of the files beside this one.
fn complaint_tests() -> BTreeSet<String> {
    let folder = Path::new(ROOT).join("tests/it/targets/complaints");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
    let names = texts.flat_map(|text| {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("async fn ")?.split('(').next());
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    names.filter(|name| name.starts_with("br_")).collect()
}

#[test]
fn every_complaint_has_a_row_and_a_test_that_bears_its_number() {
    let table = std::fs::read_to_string(Path::new(ROOT).join("docs/ITEMS-TARGETS.md")).unwrap();
    let tests = complaint_tests();
    let mut wrong = Vec::new();
    for number in 1..=COMPLAINTS {
        let row = table.lines().find(|line| line.starts_with(&format!("| BR-{number} ")));
        let Some(row) = row else {
            wrong.push(format!("BR-{number} has no row"));
            continue;
        };
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if cells.len() != 4 || cells.iter().any(|cell| cell.is_empty()) {
            wrong.push(format!("BR-{number} has an empty cell, or too many"));
        }
        let named: Vec<&str> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.starts_with("br_"))
            .collect();
        if !named.iter().any(|name| name.starts_with(&format!("br_{number}_"))) {
            wrong.push(format!("BR-{number} names no test of its own"));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        wrong.extend(missing.map(|name| format!("BR-{number}: there is no test {name}")));
    }
    let told = tests.iter().filter(|name| !table.contains(&format!("`{name}`")));
    wrong.extend(told.map(|name| format!("{name} stands in no row")));
    assert!(wrong.is_empty(), "docs/ITEMS-TARGETS.md:\n{}", wrong.join("\n"));
}
