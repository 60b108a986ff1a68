//! Every test that looks again and again does so in one way (`tests/support/wait.rs`): none spins, and none counts its
//! patience by a clock.

use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What a wait of one's own is made of.
const SIGNS: [&str; 4] = ["yield_now", "Instant::now", "thread::sleep", "recv_timeout"];
/// Where waiting is made of it.
const HERE: [&str; 2] = ["tests/support/wait.rs", "tests/it/waits.rs"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_test_waits_in_a_way_of_its_own() {
    let mut all = Vec::new();
    for folder in ["tests/it", "tests/support"] {
        files(&Path::new(ROOT).join(folder), &mut all);
    }
    let mut wrong = Vec::new();
    for path in all {
        let name = path.strip_prefix(ROOT).unwrap().display().to_string();
        if HERE.contains(&name.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let found = SIGNS.iter().filter(|sign| line.contains(**sign));
            wrong.extend(found.map(|sign| format!("{name}:{}: {sign}", number + 1)));
        }
    }
    let advice = "wait with crate::support::wait instead (until, found, within, received)";
    assert!(wrong.is_empty(), "{advice}:\n{}", wrong.join("\n"));
}
