//! The query of a request: split, decoded, and still there as it came, because a next link repeats the client's own
//! options byte for byte and adds the skip token.

/// One request's query.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pairs: Vec<Pair>,
}

#[derive(Debug, Clone)]
struct Pair {
    raw: String,
    /// With its dollar sign and in lower case, where it is an option of OData.
    option: Option<&'static str>,
    value: String,
}

/// OData's own options. The dollar sign may be left out, and case does not matter.
const OPTIONS: &[&str] = &[
    "$apply",
    "$compute",
    "$count",
    "$deltatoken",
    "$expand",
    "$filter",
    "$format",
    "$orderby",
    "$search",
    "$select",
    "$skip",
    "$skiptoken",
    "$top",
];

/// What stands for an option that OData does not have.
const UNKNOWN: &str = "$unknown";

#[derive(Debug, PartialEq, Eq)]
pub enum QueryProblem {
    /// Percent signs or their bytes make no text.
    NotText,
    Twice(&'static str),
}

impl Query {
    pub fn parse(raw: &str) -> Result<Query, QueryProblem> {
        let mut pairs: Vec<Pair> = Vec::new();
        let text = |text: &str| decode(text).ok_or(QueryProblem::NotText);
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let option = option_of(&text(name)?);
            if let Some(option) = option
                && pairs.iter().any(|pair| pair.option == Some(option))
            {
                return Err(QueryProblem::Twice(option));
            }
            pairs.push(Pair {
                raw: part.to_owned(),
                option,
                value: text(value)?,
            });
        }
        Ok(Query { pairs })
    }

    /// An option by its name with the dollar sign, in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|pair| pair.option == Some(name));
        found.map(|pair| pair.value.as_str())
    }

    /// As it came, without one option.
    pub fn raw_without(&self, name: &str) -> String {
        let kept = self.pairs.iter().filter(|pair| pair.option != Some(name));
        kept.map(|pair| pair.raw.as_str()).collect::<Vec<_>>().join("&")
    }

    /// OData's options and their values; what is none of them is the client's own affair.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let options = self.pairs.iter();
        options.filter_map(|pair| Some((pair.option?, pair.value.as_str())))
    }
}

/// The option that a name means; one that begins with a dollar sign is meant as one, whatever it is.
fn option_of(name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix('$').unwrap_or(name);
    let known = OPTIONS.iter().find(|option| option[1..].eq_ignore_ascii_case(bare));
    known.copied().or_else(|| name.starts_with('$').then_some(UNKNOWN))
}

/// Percent signs and plus signs resolved.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// All but unreserved characters as lower-case percent signs, which is how Intune writes its skip tokens.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
            encoded.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_repeated() {
        let query = Query::parse("%24select=id,deviceName&$top=5&$skiptoken=a%3db").unwrap();
        assert_eq!(query.get("$select"), Some("id,deviceName"));
        assert_eq!(query.get("$skiptoken"), Some("a=b"));
        assert_eq!(query.raw_without("$skiptoken"), "%24select=id,deviceName&$top=5");
        assert_eq!(Query::parse("$filter=%ff").unwrap_err(), QueryProblem::NotText);
        let bare = Query::parse("SELECT=id&top=5&mine=1").unwrap();
        assert_eq!((bare.get("$select"), bare.get("$top")), (Some("id"), Some("5")));
        assert_eq!(bare.options().count(), 2);
        let twice = Query::parse("$top=5&top=6").unwrap_err();
        assert_eq!(twice, QueryProblem::Twice("$top"));
    }

    #[test]
    fn names_of_all_kinds_survive_the_token() {
        for name in ["O'Brien's \"PC\"", "50% + &?#", "佐藤のiPhone", "💻"] {
            assert_eq!(decode(&encode(name)).unwrap(), name);
        }
        assert_eq!(encode("LastDeviceName='A'"), "LastDeviceName%3d%27A%27");
    }
}
