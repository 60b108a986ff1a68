//! What libraries say of a value that they cannot read, in words for those who gave it: no names of types, no word of the
//! library itself.

/// A library's text, and what stands in its place. A longer text stands before one that it contains.
const PLAIN_WORDS: [(&str, &str); 23] = [
    ("failed to deserialize query string: ", ""),
    ("duplicate field ", "given more than once: "),
    ("cannot parse integer from empty string", "a whole number is missing"),
    ("invalid digit found in string", "expected a whole number"),
    ("number too large to fit in target type", "the number is too large"),
    ("number too small to fit in target type", "the number is too small"),
    ("cannot parse float from empty string", "a number is missing"),
    ("invalid float literal", "expected a number"),
    ("provided string was not `true` or `false`", "expected true or false"),
    (
        "invalid socket address syntax",
        "expected an IP address with a port, such as 127.0.0.1:3900 or [::1]:3900",
    ),
    ("number out of range", "the number is too large"),
    ("invalid url: ", ""),
    ("cannot parse value at index ", "part "),
    (" with value ", " is "),
    (" to a `i64`", ": expected a whole number"),
    (" to a `u64`", ": expected a whole number"),
    ("cannot parse ", "cannot read "),
    ("expected i64", "expected a whole number"),
    ("expected u64", "expected a whole number, 0 or more"),
    ("expected u32", "expected a whole number, 0 or more"),
    ("invalid type: map", "invalid type: an object"),
    ("invalid type: sequence", "invalid type: a list"),
    ("expected a sequence", "expected a list"),
];

/// What serde calls the kind of a value, and how people do. Names of types of this program stay out.
const KINDS: [(&str, &str); 13] = [
    ("a string", "a text"),
    ("a borrowed string", "a text"),
    ("a boolean", "true or false"),
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("i64", "a whole number"),
    ("i32", "a whole number"),
    ("u64", "a whole number, 0 or more"),
    ("u32", "a whole number, 0 or more"),
    ("u16", "a whole number, 0 or more"),
    ("u8", "a whole number, 0 or more"),
    ("usize", "a whole number, 0 or more"),
    ("f64", "a number"),
];

/// What serde expected where a value is of another kind, if it is a kind that people know. The value is not repeated.
pub fn find_expected_kind(text: &str) -> Option<&'static str> {
    let is_about_kind = text.starts_with("invalid type: ") || text.starts_with("invalid value: ");
    let (_, expected) = text.rsplit_once(", expected ").filter(|_| is_about_kind)?;
    let known = KINDS.iter().find(|(theirs, _)| *theirs == expected);
    known.map(|(_, ours)| *ours)
}

/// A part of a path that cannot be read. `type_name`: of the type that it was to become.
pub fn describe_unread_part(part: &str, type_name: &str) -> String {
    let known = KINDS.iter().find(|(theirs, _)| *theirs == type_name);
    let kind = known.map_or("another value", |(_, ours)| *ours);
    format!("cannot read `{part}`: expected {kind}")
}

/// The text in plain words; what is not known stays as it is.
pub fn describe_parse_failure(text: &str) -> String {
    let mut plain = text.to_owned();
    for (theirs, ours) in PLAIN_WORDS {
        if plain.contains(theirs) {
            plain = plain.replace(theirs, ours);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_standard_library_are_replaced() {
        let told = |error: &dyn std::fmt::Display| describe_parse_failure(&error.to_string());
        assert_eq!(told(&"x".parse::<u32>().unwrap_err()), "expected a whole number");
        assert_eq!(told(&"".parse::<u32>().unwrap_err()), "a whole number is missing");
        assert_eq!(told(&"300".parse::<u8>().unwrap_err()), "the number is too large");
        assert_eq!(told(&"-300".parse::<i8>().unwrap_err()), "the number is too small");
        assert_eq!(told(&"x".parse::<f64>().unwrap_err()), "expected a number");
        assert_eq!(told(&"x".parse::<bool>().unwrap_err()), "expected true or false");
        let address = "localhost:3900".parse::<std::net::SocketAddr>().unwrap_err();
        assert!(told(&address).contains("such as 127.0.0.1:3900"), "{}", told(&address));
    }

    #[test]
    fn a_kind_is_told_as_people_know_it_and_no_type_of_the_program() {
        assert_eq!(
            find_expected_kind("invalid type: null, expected a string"),
            Some("a text")
        );
        assert_eq!(
            find_expected_kind("invalid value: integer `-1`, expected u32"),
            Some("a whole number, 0 or more")
        );
        assert_eq!(find_expected_kind("invalid type: map, expected struct Body"), None);
        assert_eq!(find_expected_kind("unknown field `x`, expected a string"), None);
        assert_eq!(
            describe_unread_part("First", "i64"),
            "cannot read `First`: expected a whole number"
        );
    }

    #[test]
    fn the_words_of_requests_are_replaced() {
        for (theirs, ours) in [
            (
                "failed to deserialize query string: wait_ms: invalid digit found in string",
                "wait_ms: expected a whole number",
            ),
            (
                "failed to deserialize query string: duplicate field `limit`",
                "given more than once: `limit`",
            ),
            (
                "invalid url: cannot parse `x` to a `i64`",
                "cannot read `x`: expected a whole number",
            ),
            (
                "invalid type: string \"7\", expected i64",
                "invalid type: string \"7\", expected a whole number",
            ),
            ("unknown field `colour`", "unknown field `colour`"),
        ] {
            assert_eq!(describe_parse_failure(theirs), ours);
        }
    }
}
