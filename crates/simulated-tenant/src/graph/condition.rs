//! `$filter` of apps and of the directory. Each type says which of its properties can be compared how, and which
//! comparisons Entra takes only as an advanced query. Everything else is refused.

use serde_json::Value;

use super::filter::{Token, tokens};

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Eq,
    Ne,
    In,
    StartsWith,
    EndsWith,
    Contains,
    /// The type of the object itself.
    IsOf,
}

/// A property that filters may name.
#[derive(Debug)]
pub(super) struct Filterable {
    pub name: &'static str,
    pub plain: &'static [How],
    /// Only as an advanced query.
    pub advanced: &'static [How],
}

/// The name under which a type stands in a table.
pub(super) const TYPE: &str = "@odata.type";

/// A filter that was understood.
#[derive(Debug)]
pub(super) struct Condition {
    root: Node,
    pub is_advanced: bool,
}

#[derive(Debug)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Test {
        name: &'static str,
        how: How,
        wanted: Vec<Value>,
    },
}

const MAX_TERMS: usize = 100;
const MAX_DEPTH: usize = 10;

impl Condition {
    pub(super) fn parse(text: &str, table: &'static [Filterable]) -> Result<Condition, String> {
        let tokens = tokens(text).map_err(|error| error.to_string())?;
        let mut parser = Parser {
            tokens: &tokens,
            table,
            terms: 0,
            is_advanced: false,
        };
        let root = parser.any(0)?;
        match parser.tokens {
            [] => Ok(Condition {
                root,
                is_advanced: parser.is_advanced,
            }),
            [rest, ..] => Err(format!("unexpected '{}'", rest.text)),
        }
    }

    /// `value_of` tells the value of a property.
    pub(super) fn fits(&self, value_of: &dyn Fn(&str) -> Value) -> bool {
        self.root.fits(value_of)
    }

    /// The text that this property must be equal to, where that is all that is asked for.
    pub(super) fn only(&self, property: &str) -> Option<&str> {
        let mut node = &self.root;
        while let Node::Any(parts) | Node::All(parts) = node {
            let [only] = parts.as_slice() else { return None };
            node = only;
        }
        match node {
            Node::Test {
                name,
                how: How::Eq,
                wanted,
            } if *name == property => wanted.first()?.as_str(),
            _ => None,
        }
    }
}

impl Node {
    fn fits(&self, value_of: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Node::Any(parts) => parts.iter().any(|part| part.fits(value_of)),
            Node::All(parts) => parts.iter().all(|part| part.fits(value_of)),
            Node::Not(part) => !part.fits(value_of),
            Node::Test { name, how, wanted } => {
                let value = value_of(name);
                let is_same = |wanted: &Value| same(&value, wanted);
                match how {
                    How::Eq | How::In => wanted.iter().any(is_same),
                    How::Ne => !wanted.iter().any(is_same),
                    How::StartsWith => compare(&value, wanted, |value, wanted| value.starts_with(wanted)),
                    How::EndsWith => compare(&value, wanted, |value, wanted| value.ends_with(wanted)),
                    How::Contains => compare(&value, wanted, |value, wanted| value.contains(wanted)),
                    How::IsOf => compare(&value, wanted, |value, wanted| {
                        value.trim_start_matches('#') == wanted.trim_start_matches('#')
                    }),
                }
            }
        }
    }
}

/// Texts are compared whatever their case.
fn same(value: &Value, wanted: &Value) -> bool {
    match (value.as_str(), wanted.as_str()) {
        (Some(value), Some(wanted)) => value.to_lowercase() == wanted.to_lowercase(),
        _ => value == wanted,
    }
}

fn compare(value: &Value, wanted: &[Value], holds: fn(&str, &str) -> bool) -> bool {
    let wanted = wanted.first().and_then(Value::as_str).unwrap_or_default();
    let value = value.as_str().map(str::to_lowercase);
    value.is_some_and(|value| holds(&value, &wanted.to_lowercase()))
}

struct Parser<'a> {
    tokens: &'a [Token],
    table: &'static [Filterable],
    terms: usize,
    is_advanced: bool,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<&'a Token, String> {
        let (first, rest) = self.tokens.split_first().ok_or("it ends too early")?;
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

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.word(word) {
            Ok(())
        } else {
            Err(format!("'{word}' expected"))
        }
    }

    fn any(&mut self, depth: usize) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return Err("too deep".to_owned());
        }
        let mut parts = vec![self.all(depth)?];
        while self.word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(Node::Any(parts))
    }

    fn all(&mut self, depth: usize) -> Result<Node, String> {
        let mut parts = vec![self.one(depth)?];
        while self.word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(Node::All(parts))
    }

    fn one(&mut self, depth: usize) -> Result<Node, String> {
        self.terms += 1;
        if self.terms > MAX_TERMS || depth > MAX_DEPTH {
            return Err("too many terms".to_owned());
        }
        if self.word("not") {
            self.is_advanced = true;
            return Ok(Node::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.word("(") {
            let inner = self.any(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Node, String> {
        let first = self.next()?;
        if first.text.eq_ignore_ascii_case("isof") {
            self.expect("(")?;
            let wanted = self.literal()?;
            self.expect(")")?;
            return self.checked(TYPE, How::IsOf, vec![wanted]);
        }
        let function = [
            ("startswith", How::StartsWith),
            ("endswith", How::EndsWith),
            ("contains", How::Contains),
        ];
        let function = function.iter().find(|(name, _)| first.text.eq_ignore_ascii_case(name));
        if let Some((_, how)) = function {
            self.expect("(")?;
            let name = self.next()?.text.clone();
            self.expect(",")?;
            let wanted = self.literal()?;
            self.expect(")")?;
            return self.checked(&name, *how, vec![wanted]);
        }
        let name = first.text.clone();
        if self.word("in") {
            self.expect("(")?;
            let mut wanted = vec![self.literal()?];
            while self.word(",") {
                wanted.push(self.literal()?);
            }
            self.expect(")")?;
            return self.checked(&name, How::In, wanted);
        }
        let how = match self.next()?.text.as_str() {
            "eq" => How::Eq,
            "ne" => How::Ne,
            other => return Err(format!("operator '{other}' is not supported")),
        };
        let wanted = self.literal()?;
        self.checked(&name, how, vec![wanted])
    }

    fn literal(&mut self) -> Result<Value, String> {
        let token = self.next()?;
        match token.text.as_str() {
            text if token.quoted => Ok(Value::from(text)),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            other => Err(format!("'{other}' is no text in quotes")),
        }
    }

    fn checked(&mut self, name: &str, how: How, wanted: Vec<Value>) -> Result<Node, String> {
        let row = self.table.iter().find(|row| row.name.eq_ignore_ascii_case(name));
        let row = row.ok_or_else(|| format!("the property '{name}' can not be filtered"))?;
        if row.advanced.contains(&how) {
            self.is_advanced = true;
        } else if !row.plain.contains(&how) {
            return Err(format!("'{name}' does not support {how:?}"));
        }
        Ok(Node::Test {
            name: row.name,
            how,
            wanted,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TABLE: &[Filterable] = &[
        Filterable {
            name: "displayName",
            plain: &[How::Eq, How::In, How::StartsWith],
            advanced: &[How::Ne, How::EndsWith],
        },
        Filterable {
            name: TYPE,
            plain: &[How::IsOf],
            advanced: &[],
        },
    ];

    fn fits(filter: &str) -> bool {
        let value_of = |name: &str| match name {
            "displayName" => json!("O'Brien"),
            _ => json!("#microsoft.graph.win32LobApp"),
        };
        Condition::parse(filter, TABLE).unwrap().fits(&value_of)
    }

    #[test]
    fn what_the_table_allows_is_understood() {
        assert!(fits("displayName eq 'o''brien'"));
        assert!(fits(
            "startswith(DISPLAYNAME,'O') and isof('microsoft.graph.win32LobApp')"
        ));
        assert!(fits("(displayName in ('x', 'O''Brien')) or displayName eq null"));
        assert!(!fits("not (displayName eq 'O''Brien')"));
        let plain = Condition::parse("displayName eq 'x'", TABLE).unwrap();
        assert_eq!((plain.is_advanced, plain.only("displayName")), (false, Some("x")));
        for advanced in [
            "displayName ne 'x'",
            "endswith(displayName,'x')",
            "not (displayName eq 'x')",
        ] {
            let condition = Condition::parse(advanced, TABLE).unwrap();
            assert!(
                condition.is_advanced && condition.only("displayName").is_none(),
                "{advanced}"
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for filter in [
            "",
            "displayName",
            "displayName eq x",
            "displayName gt 'x'",
            "contains(displayName,'x')",
            "nonsense eq 'x'",
            "displayName eq 'x' displayName",
            "proxyAddresses/any(p:p eq 'x')",
        ] {
            assert!(Condition::parse(filter, TABLE).is_err(), "{filter}");
        }
    }
}
