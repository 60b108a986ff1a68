//! Texts without their quotes, as in `operatingSystem == Windows`. To the parser such a text is a name, a difference, or
//! nothing that it knows; whoever wrote it is told how the whole of it is written: `write "LAP-0042"`.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, operators};

use super::dates::COMPARED;
use super::error::{ConditionError, find_own_word};
use super::syntax::without_texts;
use super::vocabulary::NameLookup;

/// Functions of a text that take another one.
const TEXT_FUNCTIONS: [&str; 3] = ["contains", "startsWith", "endsWith"];
/// What a value ends at, besides the end of the condition.
const ENDS: &str = "&|()[]{},?<>=!*%";
/// What may stand in a text that lacks its quotes, besides letters and digits.
const WITHIN: &str = " _-.@:\\/#+";
/// Words that are no part of a text.
const KEYWORDS: [&str; 4] = ["in", "true", "false", "null"];
/// Longest text that is repeated, in characters.
const SHOWN_MAX: usize = 80;

/// At which arguments of a call a text may be meant. `is_value`: whether one may be meant by the call.
pub(super) fn find_text_places(call: &CallExpr, is_value: bool) -> Vec<bool> {
    let name = call.func_name.as_str();
    match call.args.as_slice() {
        [left, right] if COMPARED.contains(&name) => vec![names_something(right), names_something(left)],
        [_, right] if name == operators::IN => {
            let is_list = matches!(right.expr, Expr::List(_));
            vec![!is_list, is_list]
        }
        [_, _] if name == operators::SUBSTRACT => vec![is_value, is_value],
        [_, _, _] if name == operators::CONDITIONAL => vec![false, true, true],
        [_] if call.target.is_some() && TEXT_FUNCTIONS.contains(&name) => vec![true],
        arguments => vec![false; arguments.len()],
    }
}

/// A name, or a member of one: what stands beside it in a comparison may be a value.
fn names_something(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(name) => name != "now",
        Expr::Select(select) => !select.test,
        _ => false,
    }
}

/// The same error, where a text may be meant by the name that nobody knows.
pub(super) fn mean_text(error: ConditionError) -> ConditionError {
    match error {
        ConditionError::UnknownName { given, nearest } if find_own_word(&given).is_none() => {
            ConditionError::UnquotedText { given, nearest }
        }
        other => other,
    }
}

/// `device.model`, as other products write it: what stands before the dot is no name, and what stands behind it is one.
pub(super) fn check_prefix(prefix: &str, member: &str, known: &NameLookup<'_>) -> Result<(), ConditionError> {
    // One that is nearly a known name is a slip of the pen, and means that one.
    let is_foreign = prefix != "now" && known(prefix) == Err(None);
    if !is_foreign || known(member).is_err() {
        return Ok(());
    }
    Err(ConditionError::NeedlessPrefix {
        given: shorten(prefix),
        name: member.to_owned(),
    })
}

/// The parser takes `LAP-0042` for a difference, and `contoso.com` for a member: the whole of it is told.
pub(super) fn widen_text(source: &str, error: ConditionError) -> ConditionError {
    match error {
        ConditionError::UnquotedText { given, nearest: None } => {
            let is_whole = |value: &String| is_one_piece(value) && has_word(value, &given);
            let whole = list_values(source).into_iter().find(is_whole);
            ConditionError::UnquotedText {
                given: shorten(&whole.unwrap_or(given)),
                nearest: None,
            }
        }
        other => other,
    }
}

/// The first value of a condition that the parser does not understand because its quotes are missing.
pub(super) fn find_unquoted_text(source: &str) -> Option<String> {
    let value = list_values(source).into_iter().find(|value| is_text(value))?;
    Some(shorten(&value))
}

fn shorten(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}

/// What stands where a value may stand: behind a comparison, in a list, in a call that takes a text.
fn list_values(source: &str) -> Vec<String> {
    let written: Vec<char> = source.chars().collect();
    let letters = without_texts(source);
    let mut open_lists = 0usize;
    let mut values = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        match letter {
            '[' => open_lists += 1,
            ']' => open_lists = open_lists.saturating_sub(1),
            _ => {}
        }
        let before = &letters[..at];
        let begins = match letter {
            '=' => before.last().is_some_and(|before| "=!<>".contains(*before)),
            '<' | '>' => letters.get(at + 1) != Some(&'='),
            '[' => true,
            ',' => open_lists > 0,
            '(' => calls_text_function(before),
            _ => false,
        };
        if begins {
            let behind = &letters[at + 1..];
            let length = behind.iter().position(|letter| ENDS.contains(*letter));
            let value: String = written[at + 1..].iter().take(length.unwrap_or(behind.len())).collect();
            values.push(value.trim().to_owned());
        }
    }
    values
}

fn calls_text_function(before: &[char]) -> bool {
    let before: String = before.iter().collect();
    TEXT_FUNCTIONS.iter().any(|function| before.ends_with(*function))
}

fn has_word(value: &str, word: &str) -> bool {
    let mut words = value.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.any(|known| known == word)
}

/// Without blanks: with them, a difference is meant.
fn is_one_piece(value: &str) -> bool {
    value
        .chars()
        .all(|letter| letter.is_alphanumeric() || "_-.".contains(letter))
}

/// Whether this can be nothing but a text: several words, or what is in no name and no number.
fn is_text(value: &str) -> bool {
    let is_allowed = |letter: char| letter.is_alphanumeric() || WITHIN.contains(letter);
    if !value.starts_with(char::is_alphanumeric) || !value.chars().all(is_allowed) || is_number(value) {
        return false;
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    let is_operator = |word: &&str| KEYWORDS.contains(word) || !word.contains(char::is_alphanumeric);
    if words.iter().any(is_operator) {
        return false;
    }
    let has_letters = value.contains(char::is_alphabetic);
    let begins_with_digit = value.starts_with(|letter: char| letter.is_ascii_digit());
    let is_foreign = |letter: char| letter.is_alphanumeric() && !letter.is_ascii();
    words.len() > 1 && has_letters
        || begins_with_digit && (has_letters || value.matches('.').count() > 1)
        || value.contains(['@', ':', '\\', '#'])
        || value.contains(is_foreign)
        || !value.ends_with(char::is_alphanumeric)
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_suffix(['u', 'U']).unwrap_or(value);
    match digits.strip_prefix("0x") {
        Some(digits) => digits.chars().all(|digit| digit.is_ascii_hexdigit()),
        None => digits.starts_with(|digit: char| digit.is_ascii_digit()) && digits.parse::<f64>().is_ok(),
    }
}

#[cfg(test)]
#[path = "unquoted_tests.rs"]
mod tests;
