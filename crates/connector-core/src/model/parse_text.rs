//! What libraries say of a value that they cannot read, in words for those who gave it: no names of types, no word of the
//! library itself.

/// A library's text, and what stands in its place. A longer text stands before one that it contains.
const PLAIN_WORDS: [(&str, &str); 22] = [
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
