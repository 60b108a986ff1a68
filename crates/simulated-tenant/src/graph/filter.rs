//! `$filter`, as far as Microsoft documents it: `eq` (also chained by `or`), `ne`, `contains`, and comparisons of
//! dates; and `startswith`, which it does not document and many tools send. Everything else is refused, because a client
//! that leans on more works here and fails at a customer's. Names of properties are not case-sensitive.

use super::property::{Ops, Property, V1, Val, View};
use super::property_beta::BETA;
use super::render::value_of;
use crate::world::Ticks;

/// A filter that was understood.
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Text {
        property: &'static Property,
        how: Compare,
        wanted: String,
    },
    Date {
        property: &'static Property,
        how: Compare,
        wanted: Ticks,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    StartsWith,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter clause: {0}")]
pub(super) struct InvalidFilter(pub String);

/// Terms in one filter; Graph has such a limit, too.
const MAX_TERMS: usize = 100;
const MAX_DEPTH: usize = 10;

impl Filter {
    /// `allow_and`: no document says which combinations with `and` work.
    pub(super) fn parse(text: &str, allow_and: bool) -> Result<Filter, InvalidFilter> {
        let tokens = tokens(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            terms: 0,
            allow_and,
        };
        let filter = parser.any(0)?;
        match parser.tokens {
            [] => Ok(filter),
            [rest, ..] => Err(invalid(format!("unexpected '{}'", rest.text))),
        }
    }

    pub(super) fn matches(&self, view: View<'_>) -> bool {
        match self {
            Filter::Any(parts) => parts.iter().any(|part| part.matches(view)),
            Filter::All(parts) => parts.iter().all(|part| part.matches(view)),
            Filter::Text { property, how, wanted } => {
                let value = text_of(value_of(property, view));
                match how {
                    Compare::Ne => !value.eq_ignore_ascii_case(wanted),
                    Compare::StartsWith => value.to_lowercase().starts_with(&wanted.to_lowercase()),
                    Compare::Contains => value.to_lowercase().contains(&wanted.to_lowercase()),
                    _ => value.eq_ignore_ascii_case(wanted),
                }
            }
            Filter::Date { property, how, wanted } => {
                let Val::Moment(value) = value_of(property, view) else {
                    return false;
                };
                match how {
                    Compare::Lt => value < *wanted,
                    Compare::Le => value <= *wanted,
                    Compare::Gt => value > *wanted,
                    _ => value >= *wanted,
                }
            }
        }
    }
}

fn text_of(value: Val<'_>) -> std::borrow::Cow<'_, str> {
    match value {
        Val::Text(text) => text,
        Val::Flag(flag) => if flag { "true" } else { "false" }.into(),
        Val::Number(number) => number.to_string().into(),
        _ => "".into(),
    }
}

fn invalid(what: impl Into<String>) -> InvalidFilter {
    InvalidFilter(what.into())
}

pub(super) struct Token {
    pub text: String,
    pub quoted: bool,
}

/// Words, texts in quotes, brackets and commas.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, InvalidFilter> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&next) = rest.peek() {
        match next {
            ' ' => drop(rest.next()),
            '(' | ')' | ',' => {
                rest.next();
                tokens.push(Token {
                    text: next.to_string(),
                    quoted: false,
                });
            }
            '\'' => {
                rest.next();
                tokens.push(Token {
                    text: quoted(&mut rest)?,
                    quoted: true,
                });
            }
            _ => {
                let mut word = String::new();
                while let Some(letter) = rest.next_if(|letter| !matches!(letter, ' ' | '(' | ')' | ',' | '\'')) {
                    word.push(letter);
                }
                tokens.push(Token {
                    text: word,
                    quoted: false,
                });
            }
        }
    }
    Ok(tokens)
}

/// What is left of a text in quotes; a doubled quote is one of the text.
fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, InvalidFilter> {
    let mut text = String::new();
    loop {
        match rest.next() {
            None => return Err(invalid("a text without its closing quote")),
            Some('\'') if rest.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(text),
            Some(letter) => text.push(letter),
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    terms: usize,
    allow_and: bool,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<&'a Token, InvalidFilter> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| invalid("it ends too early"))?;
        self.tokens = rest;
        Ok(first)
    }

    fn word(&mut self, word: &str) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if !first.quoted && first.text.eq_ignore_ascii_case(word) => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, word: &str) -> Result<(), InvalidFilter> {
        if self.word(word) {
            Ok(())
        } else {
            Err(invalid(format!("'{word}' expected")))
        }
    }

    fn any(&mut self, depth: usize) -> Result<Filter, InvalidFilter> {
        if depth > MAX_DEPTH {
            return Err(invalid("too deep"));
        }
        let mut parts = vec![self.all(depth)?];
        while self.word("or") {
            parts.push(self.all(depth)?);
        }
        if parts.len() > 1 && !parts.iter().all(Filter::joins_by_or) {
            return Err(invalid("only eq and startswith can be joined by or"));
        }
        Ok(Filter::Any(parts))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, InvalidFilter> {
        let mut parts = vec![self.term(depth)?];
        while self.word("and") {
            if !self.allow_and {
                return Err(invalid("and is not supported"));
            }
            parts.push(self.term(depth)?);
        }
        Ok(Filter::All(parts))
    }

    fn term(&mut self, depth: usize) -> Result<Filter, InvalidFilter> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(invalid("too many terms"));
        }
        if self.word("(") {
            let inner = self.any(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let function = if self.word("contains") {
            Some(Compare::Contains)
        } else if self.word("startswith") {
            Some(Compare::StartsWith)
        } else {
            None
        };
        if let Some(how) = function {
            self.expect("(")?;
            let property = property(&self.next()?.text)?;
            self.expect(",")?;
            let wanted = self.next()?.text.clone();
            self.expect(")")?;
            return comparison(property, how, wanted, true);
        }
        let property = property(&self.next()?.text)?;
        let how = operator(&self.next()?.text)?;
        let wanted = self.next()?;
        comparison(property, how, wanted.text.clone(), wanted.quoted)
    }
}

impl Filter {
    fn joins_by_or(&self) -> bool {
        match self {
            Filter::Any(parts) | Filter::All(parts) => parts.iter().all(Filter::joins_by_or),
            Filter::Text { how, .. } => matches!(how, Compare::Eq | Compare::StartsWith),
            Filter::Date { .. } => false,
        }
    }
}

fn property(name: &str) -> Result<&'static Property, InvalidFilter> {
    let found = V1
        .iter()
        .chain(BETA)
        .find(|property| property.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| invalid(format!("no property '{name}'")))
}

fn operator(text: &str) -> Result<Compare, InvalidFilter> {
    Ok(match text {
        "eq" => Compare::Eq,
        "ne" => Compare::Ne,
        "lt" => Compare::Lt,
        "le" => Compare::Le,
        "gt" => Compare::Gt,
        "ge" => Compare::Ge,
        other => return Err(invalid(format!("operator '{other}' is not supported"))),
    })
}

fn comparison(
    property: &'static Property,
    how: Compare,
    wanted: String,
    quoted: bool,
) -> Result<Filter, InvalidFilter> {
    let allowed = match property.ops {
        Ops::None => false,
        // Not documented for any, and sent for all that are compared as texts.
        _ if how == Compare::StartsWith => property.ops != Ops::Date,
        Ops::Eq => how == Compare::Eq,
        Ops::EqNe => matches!(how, Compare::Eq | Compare::Ne),
        Ops::Contains => how == Compare::Contains,
        Ops::EqContains => matches!(how, Compare::Eq | Compare::Contains),
        Ops::Date => matches!(how, Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge),
    };
    if !allowed {
        return Err(invalid(format!("'{}' does not support {how:?}", property.name)));
    }
    if property.ops != Ops::Date {
        return if quoted {
            Ok(Filter::Text { property, how, wanted })
        } else {
            Err(invalid(format!("'{}' wants a text in quotes", property.name)))
        };
    }
    match Ticks::parse(&wanted) {
        Some(wanted) if !quoted => Ok(Filter::Date { property, how, wanted }),
        _ => Err(invalid(format!("'{wanted}' is no date; dates stand without quotes"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_filters_are_understood() {
        for filter in [
            "lastSyncDateTime gt 2026-11-19T00:00:00Z",
            "lastSyncDateTime ge 2026-11-19T00:00:00.1234567Z",
            "deviceName eq 'O''Brien'",
            "contains(model,'Latitude')",
            "operatingSystem eq 'iOS' or operatingSystem eq 'iPadOS'",
            "(serialNumber eq 'A' or serialNumber eq 'B')",
            "userPrincipalName ne 'a@b.c'",
            "devicename eq 'A'",
            "startsWith(operatingSystem,'macOS') or startswith(operatingSystem,'iOS')",
            "lastSyncDateTime gt 2026-11-19T00:00:00Z and operatingSystem eq 'Windows'",
        ] {
            assert!(Filter::parse(filter, true).is_ok(), "{filter}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for filter in [
            "",
            "lastSyncDateTime gt '2026-11-19T00:00:00Z'",
            "lastSyncDateTime eq 2026-11-19T00:00:00Z",
            "osVersion eq '10'",
            "startswith(roleScopeTagIds,'0')",
            "startswith(lastSyncDateTime,'2026')",
            "roleScopeTagIds eq '0'",
            "deviceName eq A",
            "deviceName eq 'A",
            "deviceName eq 'A' deviceName",
            "contains(model,'a') or contains(model,'b')",
            "isEncrypted eq true",
            "nonsense eq 'x'",
            "not (deviceName eq 'A')",
        ] {
            assert!(Filter::parse(filter, true).is_err(), "{filter}");
        }
        assert!(Filter::parse("deviceName eq 'A' and model eq 'B'", false).is_err());
        assert!(Filter::parse(&"(".repeat(50), true).is_err());
    }
}
