//! Addresses of Graph: what is asked of a list is written in one file, so that whoever checks it asks as whoever uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use super::sources::{ROOT, read_sources};

#[test]
fn a_filter_on_a_list_of_graph_is_written_in_one_file() {
    let filter = Regex::new(r"/deviceManagement/[A-Za-z]+\?\$filter=[A-Za-z]+").unwrap();
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in read_sources(&["src"]) {
        let text = std::fs::read_to_string(Path::new(ROOT).join(file.path.trim_start_matches('/'))).unwrap();
        for found in filter.find_iter(&text) {
            files
                .entry(found.as_str().to_owned())
                .or_default()
                .insert(file.path.clone());
        }
    }
    assert!(files.len() > 2, "they are looked for in vain: {files:?}");
    let twice: Vec<_> = files.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
