//! The Intune device id in what a gateway hands over: a bare id, or the subject of the client certificate
//! (`CN=<id>,OU=…`).
//!
//! The subject is read as the distinguished name that it is (RFC 4514; quotes of RFC 1779 as well): a value may hold
//! escaped commas and equals signs, so looking for `CN=` in the text would let whoever chooses a certificate's other
//! attributes choose the device. Two different common names are refused, and so is OpenSSL's old form with slashes,
//! in which a value can't be told from the next attribute.

use crate::model::DeviceId;

/// Longest text that is looked at.
const MAX_CHARS: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceIdError {
    #[error("no device id was given")]
    Missing,
    #[error("the device id is not a GUID")]
    NotGuid,
    #[error("the text is not a valid distinguished name")]
    NotDistinguishedName,
    #[error("the distinguished name has no common name")]
    NoCommonName,
    #[error("several different device ids were given")]
    Several,
    #[error("the device id is not text")]
    NotText,
}

impl DeviceIdError {
    pub fn code(self) -> &'static str {
        match self {
            DeviceIdError::Missing => "idMissing",
            DeviceIdError::NotGuid => "idNotGuid",
            DeviceIdError::NotDistinguishedName => "idNotDistinguishedName",
            DeviceIdError::NoCommonName => "idNoCommonName",
            DeviceIdError::Several => "idSeveral",
            DeviceIdError::NotText => "idNotText",
        }
    }
}

/// As it is meant.
pub fn parse_device_id(text: &str) -> Result<DeviceId, DeviceIdError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(DeviceIdError::Missing);
    }
    if text.chars().count() > MAX_CHARS {
        return Err(DeviceIdError::NotGuid);
    }
    let id = if text.contains('=') {
        find_common_name(text)?
    } else {
        text.to_owned()
    };
    match id.trim() {
        "" => Err(DeviceIdError::Missing),
        id => id.parse().map_err(|_| DeviceIdError::NotGuid),
    }
}

/// As the original does it: every `CN=` is taken out, nothing else. It puts what is left into an address; here it has to
/// be a GUID.
pub fn parse_as_original(text: &str) -> Result<DeviceId, DeviceIdError> {
    text.replace("CN=", "").parse().map_err(|_| DeviceIdError::NotGuid)
}

/// The one common name.
fn find_common_name(text: &str) -> Result<String, DeviceIdError> {
    let attributes = DistinguishedNameParser::from_text(text)
        .parse_attributes()
        .ok_or(DeviceIdError::NotDistinguishedName)?;
    let is_common_name =
        |name: &str| name.eq_ignore_ascii_case("CN") || name.eq_ignore_ascii_case("commonName") || name == "2.5.4.3";
    let mut names = attributes
        .into_iter()
        .filter(|(name, _)| is_common_name(name))
        .map(|(_, value)| value);
    let first = names.next().ok_or(DeviceIdError::NoCommonName)?;
    if names.all(|other| other.eq_ignore_ascii_case(&first)) {
        Ok(first)
    } else {
        Err(DeviceIdError::Several)
    }
}

struct DistinguishedNameParser<'a> {
    rest: &'a str,
}

impl<'a> DistinguishedNameParser<'a> {
    fn from_text(text: &'a str) -> Self {
        DistinguishedNameParser { rest: text }
    }

    /// Every attribute with its value; `None` where the text is no distinguished name.
    fn parse_attributes(mut self) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        loop {
            let (name, rest) = self.rest.split_once('=')?;
            let name = name.trim();
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
            if !is_name {
                return None;
            }
            self.rest = rest.trim_start_matches(' ');
            let value = if self.rest.starts_with('"') {
                self.parse_quoted_value()?
            } else {
                self.parse_plain_value()?
            };
            found.push((name.to_owned(), value));
            match self.next_char() {
                None => return Some(found),
                Some(',' | ';' | '+') => {}
                Some(_) => return None,
            }
        }
    }

    fn peek_char(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next_char(&mut self) -> Option<char> {
        let next = self.peek_char()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn parse_quoted_value(&mut self) -> Option<String> {
        self.next_char();
        let mut bytes = Vec::new();
        loop {
            match self.next_char()? {
                '"' => break,
                '\\' => self.parse_escape(&mut bytes)?,
                plain => push(&mut bytes, plain),
            }
        }
        self.rest = self.rest.trim_start_matches(' ');
        String::from_utf8(bytes).ok()
    }

    fn parse_plain_value(&mut self) -> Option<String> {
        // `#` begins a value in hexadecimal BER, which no gateway writes for a common name.
        if self.peek_char() == Some('#') {
            return None;
        }
        let mut bytes = Vec::new();
        // Up to here nothing is trimmed: an escaped blank at the end stays.
        let mut kept = 0;
        while let Some(next) = self.peek_char() {
            match next {
                ',' | ';' | '+' => break,
                // An equals sign needs no escape (RFC 4514), and OpenSSL writes none.
                '"' | '<' | '>' => return None,
                '\\' => {
                    self.next_char();
                    self.parse_escape(&mut bytes)?;
                    kept = bytes.len();
                }
                plain => {
                    self.next_char();
                    push(&mut bytes, plain);
                    if plain != ' ' {
                        kept = bytes.len();
                    }
                }
            }
        }
        bytes.truncate(kept);
        String::from_utf8(bytes).ok()
    }

    /// Behind a backslash: two hexadecimal digits for a byte, or a character that would mean something else.
    fn parse_escape(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let next = self.next_char()?;
        if let Some(high) = next.to_digit(16) {
            let low = self.next_char()?.to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
            return Some(());
        }
        match next {
            ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => push(bytes, next),
            _ => return None,
        }
        Some(())
    }
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "7809c88c-0000-4000-8000-000000000001";
    const OTHER: &str = "7809c88c-0000-4000-8000-000000000002";

    fn at(text: &str) -> String {
        text.replace("{id}", ID).replace("{other}", OTHER)
    }

    #[test]
    fn pn03_the_common_name_of_a_distinguished_name_and_bare_ids_are_taken() {
        for text in [
            "{id}",
            " {id} ",
            "CN={id}",
            "cn={id}",
            "CN = {id}",
            "CN={id},OU=phones,O=Contoso",
            "OU=phones, CN={id}",
            "OU=phones;CN={id}",
            "OU=phones+CN={id}",
            "CN=\"{id}\",O=\"Contoso, Ltd.\"",
            "O=Contoso\\, Ltd.,CN={id}",
            "OU=a=b,CN={id}",
            "O=\\C3\\9Cbung,CN={id}",
            "2.5.4.3={id}",
            "CN={id},CN={id}",
            "CN=\\37809c88c-0000-4000-8000-000000000001",
        ] {
            assert_eq!(
                parse_device_id(&at(text)).map(|id| id.to_string()),
                Ok(ID.to_owned()),
                "{text}"
            );
        }
        assert_eq!(
            parse_device_id(&ID.to_uppercase()).map(|id| id.to_string()),
            Ok(ID.to_owned())
        );
    }

    #[test]
    fn pn03_other_attributes_can_not_choose_the_device() {
        for (text, problem) in [
            ("OU=CN\\={other},CN={id}\\,x", DeviceIdError::NotGuid),
            ("OU={other}", DeviceIdError::NoCommonName),
            ("CN={id},CN={other}", DeviceIdError::Several),
            ("/O=x/CN={other}/CN={id}", DeviceIdError::NotDistinguishedName),
            ("CN={id}=x", DeviceIdError::NotGuid),
            ("CN=CN={id}", DeviceIdError::NotGuid),
            ("CN={id},", DeviceIdError::NotDistinguishedName),
            ("CN=\"{id}", DeviceIdError::NotDistinguishedName),
            ("CN=#0c24", DeviceIdError::NotDistinguishedName),
            ("={id}", DeviceIdError::NotDistinguishedName),
        ] {
            assert_eq!(parse_device_id(&at(text)), Err(problem), "{text}");
        }
        let hidden = at("OU=\"a,CN={other}\",CN={id}");
        assert_eq!(parse_device_id(&hidden).map(|id| id.to_string()), Ok(ID.to_owned()));
    }

    #[test]
    fn pn04_an_empty_id_is_missing() {
        for text in ["", "  ", "CN=", "CN= ,OU=x", "CN=\"\""] {
            assert_eq!(parse_device_id(text), Err(DeviceIdError::Missing), "{text:?}");
        }
    }

    #[test]
    fn pn05_what_is_no_guid_is_refused() {
        for text in [
            "{id}/detectedApps",
            "../{id}",
            "{id}?x",
            "{id}%2f..",
            "{id}\r\nHost: x",
            "{{id}}",
            "7809c88c000040008000000000000001",
            "7809c88c-0000-4000-8000-00000000000g",
            "urn:uuid:{id}",
            "me",
        ] {
            assert_eq!(parse_device_id(&at(text)), Err(DeviceIdError::NotGuid), "{text}");
            assert_eq!(parse_as_original(&at(text)), Err(DeviceIdError::NotGuid), "{text}");
        }
        assert_eq!(parse_device_id(&"x".repeat(100_000)), Err(DeviceIdError::NotGuid));
    }

    #[test]
    fn pn03_the_original_takes_out_every_cn_and_nothing_else() {
        for (text, good) in [
            ("{id}", true),
            ("CN={id}", true),
            ("CN=CN={id}", true),
            ("cn={id}", false),
            ("CN={id},OU=x", false),
            (" {id}", false),
            ("CN=", false),
            ("", false),
        ] {
            assert_eq!(parse_as_original(&at(text)).is_ok(), good, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pn03_any_text_is_read_or_refused_and_escaping_keeps_a_value_in_its_place(other in "[ -~äß]{0,40}") {
            let _ = parse_device_id(&other);
            let mut escaped = String::new();
            for c in other.chars() {
                if " \"#+,;<=>\\".contains(c) {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            let found = parse_device_id(&format!("OU={escaped},CN={ID}"));
            prop_assert_eq!(found.map(|id| id.to_string()), Ok(ID.to_owned()), "{}", escaped);
        }
    }
}
