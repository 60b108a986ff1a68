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
    name: String,
    value: String,
}

impl Query {
    /// `None` where percent signs or their bytes make no text.
    pub fn parse(raw: &str) -> Option<Query> {
        let mut pairs = Vec::new();
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push(Pair {
                raw: part.to_owned(),
                name: decode(name)?,
                value: decode(value)?,
            });
        }
        Some(Query { pairs })
    }

    /// An option by its name with the dollar sign; names are not case-sensitive.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|pair| pair.name.eq_ignore_ascii_case(name));
        found.map(|pair| pair.value.as_str())
    }

    /// As it came, without one option.
    pub fn raw_without(&self, name: &str) -> String {
        let kept = self.pairs.iter().filter(|pair| !pair.name.eq_ignore_ascii_case(name));
        kept.map(|pair| pair.raw.as_str()).collect::<Vec<_>>().join("&")
    }

    /// Options that begin with a dollar sign, by name.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.pairs
            .iter()
            .map(|pair| pair.name.as_str())
            .filter(|name| name.starts_with('$'))
    }
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
        assert!(Query::parse("$filter=%ff").is_none());
    }

    #[test]
    fn names_of_all_kinds_survive_the_token() {
        for name in ["O'Brien's \"PC\"", "50% + &?#", "佐藤のiPhone", "💻"] {
            assert_eq!(decode(&encode(name)).unwrap(), name);
        }
        assert_eq!(encode("LastDeviceName='A'"), "LastDeviceName%3d%27A%27");
    }
}
