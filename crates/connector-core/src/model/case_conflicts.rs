//! Names that differ in nothing but upper and lower case: people, spreadsheets and other programs take them for one.

use std::collections::BTreeMap;

/// Pairs of twins among names: each with the first of its kind, in the order given.
pub fn find_case_conflicts<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(&'a str, &'a str)> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for name in names {
        let known = *first.entry(name.to_ascii_lowercase()).or_insert(name);
        if known != name {
            found.push((known, name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_l8_names_that_differ_only_in_case_are_found() {
        assert_eq!(
            find_case_conflicts(["cmdb", "acmp", "CMDB", "Cmdb", "acmp"]),
            [("cmdb", "CMDB"), ("cmdb", "Cmdb")]
        );
        assert_eq!(find_case_conflicts(["cmdb", "cmdb-2"]), []);
    }
}
