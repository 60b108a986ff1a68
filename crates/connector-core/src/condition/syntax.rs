//! What is wrong with the form of a condition, in words for people: the parser's own name tokens of its grammar.

/// Words of other languages, and what is written here instead.
const INSTEAD: [(&str, &str); 12] = [
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
];

/// `line` from 1 and `column` from 0: where the parser stopped.
pub(super) fn explain_syntax(source: &str, line: isize, column: isize) -> String {
    if source.trim().is_empty() {
        return "the condition is empty; write one such as operatingSystem == \"iOS\"".to_owned();
    }
    if let Some(curly) = source.chars().find(|letter| "“”„‘’‚«»".contains(*letter)) {
        return format!("{curly} is not a quotation mark of a program; write \" or '");
    }
    if let Some(what) = find_unclosed(source) {
        return what;
    }
    let rest = text_from(source, line, column);
    if let Some(operator) = find_single_operator(source) {
        return operator;
    }
    if let Some((word, instead)) = find_foreign_word(source) {
        return format!("use {instead} instead of {word}");
    }
    match first_token(rest) {
        None => "something is missing at the end".to_owned(),
        Some(token) => format!("{token} is not expected here; an operator such as == or && may be missing before it"),
    }
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
fn without_texts(source: &str) -> Vec<char> {
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
            '=' => !"=!<>".contains(before) && !"=~".contains(after),
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

fn find_foreign_word(source: &str) -> Option<(&'static str, &'static str)> {
    let plain: String = without_texts(source).into_iter().collect();
    let words: Vec<String> = plain
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.')
        .map(str::to_lowercase)
        .collect();
    let is_used = |word: &str| {
        if word.chars().all(char::is_alphabetic) {
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
