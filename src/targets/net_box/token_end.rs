//! Which of the tokens that NetBox shows is ours, and when it ends. Pure.
//!
//! A user may view their own tokens, unless the settings of NetBox forbid it. A token of version 2 is shown by the key before
//! its dot; one of version 1 whole, or by its end behind asterisks, as the settings of NetBox want it.

use serde_json::Value;

use super::client::SECOND_VERSION;
use super::list_rows::text_of;
use crate::model::parse_time;
use crate::targets::SignInEnd;

/// Letters of a token of version 1 that are shown.
const SHOWN_LETTERS: usize = 6;

/// `token`: without the word that stands before it in a header.
pub(super) fn find_token_end(rows: &[Value], token: &str) -> SignInEnd {
    let mut own = rows
        .iter()
        .filter(|row| text_of(row, "display").is_some_and(|display| is_shown_as(token, &display)));
    // Of two that may be ours nobody knows which one it is.
    let (Some(row), None) = (own.next(), own.next()) else {
        return SignInEnd::Untold;
    };
    match row.get("expires") {
        Some(Value::Null) => SignInEnd::Never,
        Some(Value::String(text)) => parse_time(text).map_or(SignInEnd::Untold, SignInEnd::At),
        _ => SignInEnd::Untold,
    }
}

fn is_shown_as(token: &str, display: &str) -> bool {
    if let Some(second) = token.strip_prefix(SECOND_VERSION) {
        return second.split('.').next() == Some(display);
    }
    let shown = display.trim_start_matches('*');
    let is_end = shown.len() < display.len() && shown.chars().count() == SHOWN_LETTERS;
    display == token || (is_end && token.ends_with(shown))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIRST: &str = "0123456789abcdef0123456789abcdef01234567";
    const SECOND: &str = "nbt_AbCdEf012345.0123456789abcdefghijklmnopqrstuvwxyzABCD";

    fn row(display: &str, expires: Value) -> Value {
        json!({"id": 1, "display": display, "expires": expires})
    }

    #[test]
    fn a_token_is_found_by_what_is_shown_of_it() {
        let end = "2027-03-31T12:00:00+02:00";
        let told = SignInEnd::At(parse_time("2027-03-31T10:00:00Z").unwrap());
        for (token, display, expected) in [
            (SECOND, "AbCdEf012345", told),
            (SECOND, "AbCdEf0123", SignInEnd::Untold),
            (FIRST, FIRST, told),
            (FIRST, "**********************************234567", told),
            (FIRST, "**********************************234568", SignInEnd::Untold),
            (FIRST, "**********************************", SignInEnd::Untold),
            (FIRST, "234567", SignInEnd::Untold),
        ] {
            let rows = [row("another", json!("2026-12-24T00:00:00Z")), row(display, json!(end))];
            assert_eq!(find_token_end(&rows, token), expected, "{token} {display}");
        }
    }

    #[test]
    fn a_token_without_an_end_has_none_and_what_says_nothing_is_no_answer() {
        let of = |expires: Value| find_token_end(&[row("AbCdEf012345", expires)], SECOND);
        assert_eq!(of(Value::Null), SignInEnd::Never);
        for odd in [json!("soon"), json!(1_798_761_600), json!({})] {
            assert_eq!(of(odd), SignInEnd::Untold);
        }
        let twice = [row("AbCdEf012345", Value::Null), row("AbCdEf012345", Value::Null)];
        assert_eq!(find_token_end(&twice, SECOND), SignInEnd::Untold);
        assert_eq!(
            find_token_end(&[json!({"display": "AbCdEf012345"})], SECOND),
            SignInEnd::Untold
        );
        assert_eq!(find_token_end(&[], SECOND), SignInEnd::Untold);
    }
}
