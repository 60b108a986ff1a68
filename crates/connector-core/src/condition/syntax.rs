//! What is wrong with the form of a condition, in words for people: the parser's own name tokens of its grammar.

use super::error::ConditionError;
use super::evaluate::LIST_BEHIND_IN;
use super::unquoted::find_unquoted_text;

/// Words of other languages, and what is written here instead.
const INSTEAD: [(&str, &str); 24] = [
    ("is not", "!="),
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
    ("is", "=="),
    ("if", "… ? … : …"),
    (";", "&&"),
];

/// Functions of a text that other languages write between two values.
const INFIX_FUNCTIONS: [&str; 4] = ["contains", "startsWith", "endsWith", "matches"];

/// Units of sizes, and which power of 1,024 each stands for.
const SIZE_UNITS: [(&str, u8); 8] = [
    ("kb", 1),
    ("mb", 2),
    ("gb", 3),
    ("tb", 4),
    ("kib", 1),
    ("mib", 2),
    ("gib", 3),
    ("tib", 4),
];

/// `line` and `column` from 1: where the parser stopped.
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
    let at = find_index(source, line, column);
    if let Some(operator) = find_single_operator(source) {
        return operator;
    }
    if let Some(what) = find_infix_function(source, at) {
        return what;
    }
    if let Some((size, instead)) = find_bare_size(source) {
        return format!("{size} is no number here; write {instead}");
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
    if lacks_list(source, at) {
        return LIST_BEHIND_IN.to_owned();
    }
    let rest: String = source.chars().skip(at).collect();
    match first_token(rest.trim_start()) {
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

/// The number, from 0, of the letter at a line and column from 1.
fn find_index(source: &str, line: isize, column: isize) -> usize {
    let from_zero = |place: isize| usize::try_from(place).unwrap_or(1).saturating_sub(1);
    let before = source.split_inclusive('\n').take(from_zero(line));
    let letters_before: usize = before.map(|line| line.chars().count()).sum();
    letters_before + from_zero(column)
}

/// A word, a number, a text in quotes, or one sign.
fn first_token(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    if matches!(first, '"' | '\'') {
        let end = text.chars().skip(1).position(|letter| letter == first);
        return Some(text.chars().take(end.map_or(40, |end| end + 2).min(40)).collect());
    }
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

/// `deviceName startsWith "CEO"`: a function between two values, and how it is called.
fn find_infix_function(source: &str, at: usize) -> Option<String> {
    let letters = without_texts(source);
    let (before, behind) = (letters.get(..at)?, letters.get(at..)?);
    let given = first_token(&behind.iter().collect::<String>())?;
    let function = INFIX_FUNCTIONS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&given))?;
    let before: String = before.iter().collect();
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    let field = before
        .trim_end()
        .rsplit(|letter: char| !is_name(letter))
        .next()
        .filter(|field| field.starts_with(char::is_alphabetic))?;
    Some(format!("{given} is a function; write {field}.{function}(\"…\")"))
}

/// `in ("a", "b")` and `in "a", "b"`: the comma is what the parser does not expect.
fn lacks_list(source: &str, at: usize) -> bool {
    let letters = without_texts(source);
    if letters.get(at) != Some(&',') {
        return false;
    }
    let before: String = letters.iter().take(at).collect();
    let Some((_, behind)) = before.rsplit_once(" in") else {
        return false;
    };
    behind.starts_with([' ', '(']) && !behind.trim_start().starts_with('[')
}

/// `64GB`, as people write a size, and what is written here.
fn find_bare_size(source: &str) -> Option<(String, String)> {
    let letters = without_texts(source);
    let stands_for_value = |at: usize| {
        let before = letters[..at].iter().rev().find(|letter| !letter.is_whitespace());
        before.is_some_and(|before| "<>=+-*/(,[".contains(*before))
    };
    (0..letters.len()).filter(|at| stands_for_value(*at)).find_map(|at| {
        let rest = &letters[at..];
        let is_digit = |letter: &&char| letter.is_ascii_digit() || **letter == '.';
        let number: String = rest.iter().take_while(is_digit).collect();
        let behind = &rest[number.len()..];
        let blanks = behind.iter().take_while(|letter| letter.is_whitespace()).count();
        let unit: String = behind[blanks..]
            .iter()
            .take_while(|letter| letter.is_alphanumeric())
            .collect();
        let (_, power) = SIZE_UNITS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&unit))?;
        let instead = match number.parse::<u64>() {
            Ok(whole) => format!("{whole} * {}", 1024_u64.pow(u32::from(*power))),
            Err(_) => format!("{:.0}", number.parse::<f64>().ok()? * 1024_f64.powi(i32::from(*power))),
        };
        Some((format!("{number}{unit}"), instead))
    })
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
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let lowered = plain.to_lowercase();
    let is_used = |word: &str| {
        if word.starts_with('-') {
            lowered.split_whitespace().any(|used| used == word)
        } else if let Some((first, second)) = word.split_once(' ') {
            words.windows(2).any(|pair| pair[0] == first && pair[1] == second)
        } else if word.chars().all(char::is_alphabetic) {
            words.iter().any(|used| used == word)
        } else {
            plain.contains(word)
        }
    };
    INSTEAD.into_iter().find(|(word, _)| is_used(word))
}

#[cfg(test)]
#[path = "syntax_tests.rs"]
mod tests;
