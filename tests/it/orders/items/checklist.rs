//! `docs/ITEMS-ORDERS.md` has a row for every item, and each row names tests that are there, or why there is none.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Of PRODUCTS.md, chapter 3.8.
const ITEMS: [u32; 37] = [
    1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 40, 41,
    42, 43, 44, 50, 51, 52, 53,
];

/// Names of the tests of the files beside this one.
fn item_tests() -> BTreeSet<String> {
    let folder = Path::new(ROOT).join("tests/it/orders/items");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
    let names = texts.flat_map(|text| {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("async fn ")?.split('(').next());
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    names.filter(|name| name.starts_with("sh_")).collect()
}

#[test]
fn every_item_has_a_row_and_a_test_that_bears_its_number_or_a_reason() {
    let table = std::fs::read_to_string(Path::new(ROOT).join("docs/ITEMS-ORDERS.md")).unwrap();
    let tests = item_tests();
    let mut wrong = Vec::new();
    for item in ITEMS {
        let number = format!("{item:02}");
        let row = table.lines().find(|line| line.starts_with(&format!("| SH-{number} ")));
        let Some(row) = row else {
            wrong.push(format!("SH-{number} has no row"));
            continue;
        };
        let named: Vec<&str> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.starts_with("sh_"))
            .collect();
        let own = |name: &&str| name.starts_with(&format!("sh_{number}_"));
        if !named.iter().any(own) {
            wrong.push(format!("SH-{number} names no test of its own"));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        wrong.extend(missing.map(|name| format!("SH-{number}: there is no test {name}")));
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let is_part = cells.get(1).is_none_or(|state| *state != "done");
        if is_part && cells.last().is_none_or(|reason| reason.is_empty()) {
            wrong.push(format!("SH-{number} is not done, and no reason is given"));
        }
    }
    let told = tests.iter().filter(|name| !table.contains(&format!("`{name}`")));
    wrong.extend(told.map(|name| format!("{name} stands in no row")));
    assert!(wrong.is_empty(), "docs/ITEMS-ORDERS.md:\n{}", wrong.join("\n"));
}
