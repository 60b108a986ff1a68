//! How many of something, in a sentence for people.

/// `1 device`, `2 devices`; `noun` is one of them.
pub fn format_count(count: u64, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    let behind_consonant = |stem: &str| !stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match noun.strip_suffix('y').filter(|stem| behind_consonant(stem)) {
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {noun}s"),
    }
}

/// The form of a word that goes with the number: `is` or `are`.
pub fn choose_form<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_one_device_is_called_1_device() {
        for (count, noun, text) in [
            (1, "device", "1 device"),
            (0, "device", "0 devices"),
            (2, "device", "2 devices"),
            (1, "entry", "1 entry"),
            (2, "entry", "2 entries"),
            (2, "property", "2 properties"),
            (2, "key", "2 keys"),
            (2, "older entry", "2 older entries"),
        ] {
            assert_eq!(format_count(count, noun), text);
        }
        assert_eq!(
            (choose_form(1, "is", "are"), choose_form(0, "is", "are")),
            ("is", "are")
        );
    }
}
