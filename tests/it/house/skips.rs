//! A test that leaves something out says so, in one place, and continuous integration has tests fail that leave out what they
//! need not.

use std::path::Path;

use super::sources::ROOT;

/// The only files that say it; the second is in a crate that does not see the first.
const TOLD_IN: [&str; 2] = [
    "crates/connector-core/src/files/data_files_tests.rs",
    "tests/support/skips.rs",
];

fn find_files(folder: &Path, word: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_files(&path, word, found);
        } else if path.extension().is_some_and(|end| end == "rs")
            && std::fs::read_to_string(&path).unwrap().contains(word)
        {
            found.push(path.strip_prefix(ROOT).unwrap().display().to_string());
        }
    }
}

#[test]
fn what_a_test_leaves_out_is_told_in_one_place() {
    let word = format!("\"{}{}", "SKIP", "PED");
    let mut found = Vec::new();
    for folder in ["src", "crates", "tests"] {
        find_files(&Path::new(ROOT).join(folder), &word, &mut found);
    }
    found.sort();
    assert_eq!(found, TOLD_IN);
}

#[test]
fn continuous_integration_leaves_nothing_out_that_it_could_test() {
    let script = std::fs::read_to_string(Path::new(ROOT).join(".ci/run")).unwrap();
    let (set, tests) = (script.find("\nexport NO_SKIPS=1\n"), script.find("\nexec make test\n"));
    assert!(set.is_some() && set < tests, "{script}");
}
