//! The words of the console, by their keys: no test falls because somebody found a better word.

use std::path::Path;

/// In English.
pub fn en(key: &str) -> String {
    let text = pattern("en", key);
    assert!(!text.contains('{'), "{key} has something to fill in: {text}");
    text
}

/// In German.
pub fn de(key: &str) -> String {
    pattern("de", key)
}

/// In English, with what is to be filled in.
pub fn en_with(key: &str, values: &[(&str, &str)]) -> String {
    let filled = values.iter().fold(pattern("en", key), |text, (name, value)| {
        text.replace(&format!("{{ ${name} }}"), value)
    });
    assert!(!filled.contains('{'), "{key} lacks something: {filled}");
    filled
}

/// In English, a text about so many.
pub fn en_count(key: &str, count: u64) -> String {
    let text = pattern("en", key);
    let forms: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.trim().trim_start_matches('*').strip_prefix('[')?.split_once("] "))
        .collect();
    let wanted = if count == 1 { "one" } else { "other" };
    let form = forms.iter().find(|(name, _)| *name == wanted).or(forms.last());
    let form = form.unwrap_or_else(|| panic!("{key} knows no numbers: {text}")).1;
    form.replace("{ $shown }", &count.to_string())
        .replace("{ $count }", &count.to_string())
}

/// What stands behind the key, as the file has it.
fn pattern(language: &str, key: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/web-console/locale");
    let mut files = std::fs::read_dir(folder.join(language)).unwrap();
    let found = files.find_map(|file| {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        find_pattern(&text, key)
    });
    found.unwrap_or_else(|| panic!("{language}: there is no text {key}"))
}

fn find_pattern(text: &str, key: &str) -> Option<String> {
    let value_of = |line: &str| {
        Some(
            line.strip_prefix(key)?
                .trim_start()
                .strip_prefix('=')?
                .trim()
                .to_owned(),
        )
    };
    let mut lines = text.lines();
    let first = lines.find_map(value_of)?;
    let rest = lines.take_while(|line| line.starts_with(' ') || *line == "}");
    Some(
        rest.fold(first, |text, line| format!("{text}\n{line}"))
            .trim()
            .to_owned(),
    )
}

#[test]
fn texts_are_found_by_their_keys() {
    let file = "a = One\nab =\n    Two\nc = { $count ->\n    [one] { $shown } day\n   *[other] { $shown } days\n}\nd = x { $y }\n";
    assert_eq!(find_pattern(file, "a").as_deref(), Some("One"));
    assert_eq!(find_pattern(file, "ab").as_deref(), Some("Two"));
    assert!(find_pattern(file, "c").unwrap().ends_with("days\n}"));
    assert_eq!(find_pattern(file, "e"), None);
    assert_eq!(en("sign-out"), "Sign out");
    assert_eq!(de("sign-out"), "Abmelden");
    assert_eq!(en_with("job-number", &[("number", "7")]), "Job 7");
    assert_eq!(
        (en_count("rows-found", 1), en_count("rows-found", 3)),
        ("1 hit".into(), "3 hits".into())
    );
}
