//! Reading the `Authorization` header.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

/// No account has a longer name or password.
const HEADER_BYTES: usize = 4_096;
/// The code of a second factor, beside name and password.
const SECOND_FACTOR: &str = "x-second-factor";

/// What a caller shows.
#[derive(Debug)]
pub(crate) enum PresentedCredentials {
    Nothing,
    Password {
        name: String,
        password: SecretString,
        /// Of the second factor.
        code: Option<SecretString>,
    },
    Token(SecretString),
    /// A header that cannot be read, or a scheme that is not offered.
    Unreadable,
}

pub(crate) fn read_credentials(headers: &HeaderMap) -> PresentedCredentials {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else {
        return PresentedCredentials::Nothing;
    };
    if given.next().is_some() || value.len() > HEADER_BYTES {
        return PresentedCredentials::Unreadable;
    }
    let Some((scheme, rest)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return PresentedCredentials::Unreadable;
    };
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
        PresentedCredentials::Token(rest.into())
    } else if scheme.eq_ignore_ascii_case("basic") {
        decode_basic(rest, headers).unwrap_or(PresentedCredentials::Unreadable)
    } else {
        PresentedCredentials::Unreadable
    }
}

fn decode_basic(coded: &str, headers: &HeaderMap) -> Option<PresentedCredentials> {
    let pair = String::from_utf8(STANDARD.decode(coded).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some(PresentedCredentials::Password {
        name: name.to_owned(),
        password: password.into(),
        code: read_code(headers)?,
    })
}

/// Outer `None`: it can't be read, or stands there twice.
fn read_code(headers: &HeaderMap) -> Option<Option<SecretString>> {
    let mut given = headers.get_all(SECOND_FACTOR).iter();
    let Some(code) = given.next() else {
        return Some(None);
    };
    let code = code.to_str().ok().filter(|_| given.next().is_none())?;
    Some(Some(code.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn of(value: &str) -> PresentedCredentials {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
        read_credentials(&headers)
    }

    #[test]
    fn a_password_may_hold_colons_and_letters_beyond_ascii() {
        let PresentedCredentials::Password { name, password, code } =
            of(&format!("bAsIc {}", STANDARD.encode("acmp:grün:9")))
        else {
            panic!("not read")
        };
        assert_eq!((name.as_str(), password.expose_secret()), ("acmp", "grün:9"));
        assert!(code.is_none());
    }

    #[test]
    fn a_code_stands_in_a_header_of_its_own_once() {
        let mut headers = HeaderMap::new();
        let pair = format!("Basic {}", STANDARD.encode("anna:a password"));
        headers.insert(header::AUTHORIZATION, pair.parse().expect("a header"));
        headers.append(SECOND_FACTOR, "123456".parse().expect("a header"));
        let PresentedCredentials::Password { code: Some(code), .. } = read_credentials(&headers) else {
            panic!("not read")
        };
        assert_eq!(code.expose_secret(), "123456");
        headers.append(SECOND_FACTOR, "654321".parse().expect("a header"));
        assert!(matches!(read_credentials(&headers), PresentedCredentials::Unreadable));
    }

    #[test]
    fn what_is_no_sign_in_is_unreadable_not_nothing() {
        for bad in ["Basic", "Basic !!", "Basic YWJj", "Digest x", "Bearer ", "x"] {
            assert!(matches!(of(bad), PresentedCredentials::Unreadable), "{bad}");
        }
        assert!(matches!(
            read_credentials(&HeaderMap::new()),
            PresentedCredentials::Nothing
        ));
    }

    #[test]
    fn e1_debug_shows_neither_password_nor_token() {
        let seen = format!(
            "{:?} {:?}",
            of(&format!("Basic {}", STANDARD.encode("a:canary"))),
            of("Bearer canary")
        );
        assert!(!seen.contains("canary"), "{seen}");
    }
}
