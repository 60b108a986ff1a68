//! What is wrong with the form of a condition, in words for people: the parser's own name tokens of its grammar.

use super::error::ConditionError;
use super::unquoted::find_unquoted_text;

/// Words of other languages, and what is written here instead.
const INSTEAD: [(&str, &str); 20] = [
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
    ("eq", "=="),
    ("ne", "!="),
    ("gt", ">"),
    ("ge", ">="),
    ("lt", "<"),
    ("le", "<="),
    ("like", "contains(\"…\"), startsWith(\"…\") or endsWith(\"…\")"),
    ("<>", "!="),
    ("=~", "matches(\"…\")"),
    ("===", "=="),
    ("!==", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("-contains", "contains(\"…\")"),
    ("-startswith", "startsWith(\"…\")"),
    ("-endswith", "endsWith(\"…\")"),
    ("-in", "in"),
];

/// `line` from 1 and `column` from 0: where the parser stopped.
pub(super) fn explain_syntax(source: &str, line: isize, column: isize) -> String {
    if source.trim().is_empty() {
        return "the condition is empty; write one such as operatingSystem == \"iOS\"".to_owned();
    }
    if let Some(curly) = find_curly_quote(source) {
        return format!("{curly} is not a quotation mark of a program; write \" or '");
    }
    if let Some(what) = find_unclosed(source) {
        return what;
    }
    let rest = text_from(source, line, column);
    if let Some(operator) = find_single_operator(source) {
        return operator;
    }
    if let Some((length, instead)) = find_bare_length(source) {
        return format!("{length} is no length of time here; write duration(\"{instead}\")");
    }
    if let Some((word, instead)) = find_foreign_word(source) {
        return format!("use {instead} instead of {word}");
    }
    if let Some(number) = find_large_number(source) {
        return format!("{number} is too large a number; the largest is {}", i64::MAX);
    }
    if let Some(text) = find_unquoted_text(source) {
        return format!("{text} is not in quotes; write {text:?}");
    }
    match first_token(rest) {
        None => "something is missing at the end".to_owned(),
        Some(token) => format!(
            "{token} is not expected here; an operator such as == or && may be missing before it, or quotes around a text"
        ),
    }
}

/// A quotation mark of a word processor that stands in no text, or in one that nothing closes.
fn find_curly_quote(source: &str) -> Option<char> {
    let is_curly = |letter: &char| "“”„‘’‚«»".contains(*letter);
    let is_open = without_texts(&format!("{source}x")).last() == Some(&' ');
    let outside = without_texts(source).into_iter().find(is_curly);
    outside.or_else(|| source.chars().find(is_curly).filter(|_| is_open))
}

/// The source from a place on, blanks left out.
fn text_from(source: &str, line: isize, column: isize) -> &str {
    let lines_before = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let line = source.lines().nth(lines_before).unwrap_or_default();
    let column = usize::try_from(column).unwrap_or_default();
    let start = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    line[start..].trim_start()
}

/// A word, a number, or one sign.
fn first_token(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    let is_word = |letter: &char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    let token: String = if is_word(&first) {
        text.chars().take_while(is_word).take(40).collect()
    } else {
        first.to_string()
    };
    Some(token)
}

/// The letters that are no part of a text in quotes, the others as blanks.
pub(super) fn without_texts(source: &str) -> Vec<char> {
    let mut quote = None;
    let mut is_escaped = false;
    let keep = |letter: char| {
        let inside = quote.is_some();
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if letter == '\\' => is_escaped = true,
            Some(end) if letter == end => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None => {}
        }
        if inside || quote.is_some() { ' ' } else { letter }
    };
    source.chars().map(keep).collect()
}

/// A quotation mark or bracket that nothing closes, or that closes nothing.
fn find_unclosed(source: &str) -> Option<String> {
    let mut quote = None;
    let mut is_escaped = false;
    let mut open = Vec::new();
    for letter in source.chars() {
        match (quote, letter) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(end), _) if letter == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{') => open.push(letter),
            (None, ')' | ']' | '}') => {
                let opening = match letter {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(opening) {
                    return Some(format!("{letter} closes nothing: there is no {opening} before it"));
                }
            }
            (None, _) => {}
        }
    }
    match (quote, open.pop()) {
        (Some(quote), _) => Some(format!("a text is not closed: {quote} is missing")),
        (None, Some(bracket)) => Some(format!("{bracket} is not closed")),
        (None, None) => None,
    }
}

/// `=`, `&` or `|` alone.
fn find_single_operator(source: &str) -> Option<String> {
    let letters = without_texts(source);
    let at = |place: usize| letters.get(place).copied().unwrap_or(' ');
    for (place, letter) in letters.iter().enumerate() {
        let (before, after) = (at(place.wrapping_sub(1)), at(place + 1));
        let is_single = match letter {
            '=' => !"=!<>".contains(before) && !"=~<>".contains(after),
            '&' | '|' => before != *letter && after != *letter,
            _ => false,
        };
        if is_single {
            return Some(match letter {
                '=' => "use == to compare".to_owned(),
                other => format!("use {other}{other} between two conditions"),
            });
        }
    }
    None
}

/// A whole number that does not fit into 64 bits; its first digits.
fn find_large_number(source: &str) -> Option<String> {
    let plain: String = without_texts(source).into_iter().collect();
    let mut words = plain.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.');
    let is_large = |word: &&str| {
        let digits = word.strip_suffix(['u', 'U']).unwrap_or(word);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number && digits.parse::<i64>().is_err()
    };
    let large = words.find(is_large)?;
    Some(large.chars().take(40).collect())
}

/// `30d`, as other languages write a length of time, and what is written here.
fn find_bare_length(source: &str) -> Option<(String, String)> {
    let plain: String = without_texts(source).into_iter().collect();
    let mut words = plain.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.');
    words.find_map(|word| {
        let unit = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let number: u64 = word.strip_suffix(unit)?.parse().ok()?;
        let length = match unit {
            "w" | "weeks" => format!("{}h", number.checked_mul(7 * 24)?),
            "d" | "day" | "days" => format!("{}h", number.checked_mul(24)?),
            "h" | "hours" => format!("{number}h"),
            "m" | "min" | "minutes" => format!("{number}m"),
            "s" | "sec" | "seconds" => format!("{number}s"),
            "ms" => format!("{number}ms"),
            _ => return None,
        };
        Some((word.to_owned(), length))
    })
}

/// Tells the place of a function that does not exist; `NOT (…)` is none, and looks like one.
pub(super) fn place_function(source: &str, error: ConditionError) -> ConditionError {
    match error {
        ConditionError::UnknownFunction { given, nearest, .. } => {
            let (line, column) = find_call(source, &given).unwrap_or((1, 1));
            match INSTEAD.iter().find(|(word, _)| word.eq_ignore_ascii_case(&given)) {
                Some((_, instead)) => ConditionError::Syntax {
                    line,
                    column,
                    what: format!("use {instead} instead of {given}"),
                },
                None => ConditionError::UnknownFunction {
                    line,
                    column,
                    given,
                    nearest,
                },
            }
        }
        other => other,
    }
}

/// Line and column, from 1, of the first call of a function that stands in no text.
fn find_call(source: &str, function: &str) -> Option<(isize, isize)> {
    let letters = without_texts(source);
    let wanted: Vec<char> = function.chars().collect();
    let is_word = |letter: Option<&char>| letter.is_some_and(|letter| letter.is_alphanumeric() || *letter == '_');
    let is_call = |at: usize| {
        let rest = &letters[at + wanted.len()..];
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let opens = rest.iter().find(|letter| !letter.is_whitespace()) == Some(&'(');
        opens && !is_word(before) && !is_word(rest.first())
    };
    let mut places = letters.windows(wanted.len().max(1)).enumerate();
    let (at, _) = places.find(|(at, part)| *part == wanted && is_call(*at))?;
    find_place(source, at)
}

/// Line and column, from 1, of a letter by its number from 0.
pub(super) fn find_place(source: &str, at: usize) -> Option<(isize, isize)> {
    let before: Vec<char> = source.chars().take(at).collect();
    let line = before.iter().filter(|letter| **letter == '\n').count() + 1;
    let column = before.iter().rev().take_while(|letter| **letter != '\n').count() + 1;
    Some((isize::try_from(line).ok()?, isize::try_from(column).ok()?))
}

fn find_foreign_word(source: &str) -> Option<(&'static str, &'static str)> {
    let plain: String = without_texts(source).into_iter().collect();
    let words: Vec<String> = plain
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.')
        .map(str::to_lowercase)
        .collect();
    let lowered = plain.to_lowercase();
    let is_used = |word: &str| {
        if word.starts_with('-') {
            lowered.split_whitespace().any(|used| used == word)
        } else if word.chars().all(char::is_alphabetic) {
            words.iter().any(|used| used == word)
        } else {
            plain.contains(word)
        }
    };
    INSTEAD.into_iter().find(|(word, _)| is_used(word))
}

#[cfg(test)]
mod tests {
    use super::super::{ConditionError, ConditionVocabulary, parse_condition};

    fn told(source: &str) -> String {
        let words = ConditionVocabulary {
            lookup_name: &|_| Ok(()),
            is_date: &|_| false,
            allows_now: None,
        };
        match parse_condition(source, &words).expect_err(source) {
            ConditionError::Syntax { what, .. } => what,
            other => other.to_string(),
        }
    }

    #[test]
    fn wi_21_a_number_that_is_too_large_is_told_as_one() {
        for source in [
            "size > 99999999999999999999",
            "99999999999999999999 < size",
            "name == '99999999999999999999' && size > 99999999999999999999",
        ] {
            let found = told(source);
            assert!(
                found.contains("99999999999999999999 is too large a number") && found.contains("9223372036854775807"),
                "{source}: {found}"
            );
        }
        assert!(told("size 5 > '99999999999999999999'").contains("is not expected here"));
    }

    #[test]
    fn wn_40_lengths_functions_and_truth_are_told_as_they_are_written_here() {
        for (source, what) in [
            (
                "a < now - 30d",
                "30d is no length of time here; write duration(\"720h\")",
            ),
            ("a < now - 2w", "write duration(\"336h\")"),
            ("a < now - 90min", "write duration(\"90m\")"),
            (
                "a.startswith('CPC')",
                "line 1, column 3: unknown function \"startswith\"; did you mean \"startsWith\"?",
            ),
            (
                "a == 'len(' &&\n  len(b) > 2",
                "line 2, column 3: unknown function \"len\"; did you mean \"size\"?",
            ),
            ("getenv('HOME')", "line 1, column 1: unknown function \"getenv\""),
        ] {
            let found = told(source);
            assert!(found.contains(what), "{source}: {found}");
        }
        assert!(!told("a == 'x' '30d'").contains("length of time"));
        for given in ["yes", "False"] {
            let unknown = ConditionError::UnknownName {
                given: given.to_owned(),
                nearest: None,
            };
            assert!(unknown.to_string().ends_with("; write true or false"), "{unknown}");
        }
    }

    #[test]
    fn n4_what_is_wrong_with_a_condition_is_told_in_words_of_our_own() {
        for (source, what) in [
            ("", "the condition is empty"),
            ("a = 'x'", "use == to compare"),
            ("a == 'x' & b == 'y'", "use && between two conditions"),
            ("a == 'x' | b == 'y'", "use || between two conditions"),
            ("a == 'x' and b == 'y'", "use && instead of and"),
            ("a == 'x' OR b == 'y'", "use || instead of or"),
            ("a eq 'x'", "use == instead of eq"),
            ("not a == 'x'", "use ! instead of not"),
            ("a <> 'x'", "use != instead of <>"),
            ("a == 'x", "a text is not closed: ' is missing"),
            ("(a == 'x'", "( is not closed"),
            ("a == 'x')", ") closes nothing: there is no ( before it"),
            ("a == “x”", "“ is not a quotation mark"),
            ("a ==", "something is missing at the end"),
            ("a == 'x', b", "is not expected here"),
            ("a > 99999999999999999999", "99999999999999999999 is too large a number"),
        ] {
            let found = told(source);
            assert!(found.contains(what), "{source}: {found}");
            for leak in [
                "token recognition",
                "mismatched",
                "expecting",
                "extraneous",
                "no viable",
                "<EOF>",
            ] {
                assert!(!found.contains(leak), "{source}: {found}");
            }
        }
    }
}
