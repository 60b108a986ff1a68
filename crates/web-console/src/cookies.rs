//! The cookies of the console: the session, a token of visitors who are not signed in, language and theme. Only the
//! session is a secret.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::console::ConsoleSettings;

/// A cookie of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieName {
    /// The session's token.
    Session,
    /// A random text of a visitor without a session: what binds the form token of the sign-in page.
    Visit,
    /// `en` or `de`.
    Language,
    /// `light` or `dark`; not there: as the system says.
    Theme,
}

/// Longest that a browser keeps what is no secret, seconds.
const KEPT_S: u64 = 31_536_000;

impl CookieName {
    /// With the prefix by which browsers bind it to this very host, where HTTPS is spoken.
    pub(crate) fn full_name(self, settings: &ConsoleSettings) -> String {
        let plain = match self {
            CookieName::Session => "session",
            CookieName::Visit => "visit",
            CookieName::Language => "language",
            CookieName::Theme => "theme",
        };
        let prefix = if settings.secure && settings.base_path.is_empty() {
            "__Host-"
        } else {
            ""
        };
        format!("{prefix}{plain}-{}", settings.cookie_suffix)
    }

    fn is_secret(self) -> bool {
        matches!(self, CookieName::Session | CookieName::Visit)
    }
}

/// The value of a cookie, where the browser sent it once.
pub(crate) fn read_cookie(headers: &HeaderMap, settings: &ConsoleSettings, name: CookieName) -> Option<String> {
    let wanted = name.full_name(settings);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned());
    let value = found.next()?;
    // Two of one name: somebody else has put one of them there.
    (found.next().is_none() && is_plain(&value)).then_some(value)
}

fn is_plain(value: &str) -> bool {
    value.len() <= 200
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Sets a cookie; an empty value takes it away.
pub(crate) fn set_cookie(headers: &mut HeaderMap, settings: &ConsoleSettings, name: CookieName, value: &str) {
    let path = match settings.base_path.as_str() {
        "" => "/",
        path => path,
    };
    let mut line = format!("{}={value}; Path={path}; SameSite=Strict", name.full_name(settings));
    if settings.secure {
        line.push_str("; Secure");
    }
    if name.is_secret() {
        line.push_str("; HttpOnly");
    }
    if value.is_empty() {
        line.push_str("; Max-Age=0");
    } else if !name.is_secret() {
        line.push_str(&format!("; Max-Age={KEPT_S}"));
    }
    if let Ok(line) = HeaderValue::from_str(&line) {
        headers.append(SET_COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(secure: bool) -> ConsoleSettings {
        ConsoleSettings {
            base_path: String::new(),
            secure,
            cookie_suffix: "3901".to_owned(),
        }
    }

    fn read(line: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(line).unwrap());
        read_cookie(&headers, &settings(false), CookieName::Session)
    }

    #[test]
    fn a_cookie_is_read_where_it_is_there_once() {
        assert_eq!(read("session-3901=ics_a"), Some("ics_a".to_owned()));
        assert_eq!(read("x=1; session-3901=a; session-3902=b"), Some("a".to_owned()));
        for wrong in [
            "session-3902=a",
            "session-3901=a; session-3901=b",
            "session-3901=a b",
            "session=a",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_session_is_bound_to_the_host_and_hidden_from_scripts() {
        let mut headers = HeaderMap::new();
        set_cookie(&mut headers, &settings(true), CookieName::Session, "ics_a");
        assert_eq!(
            headers[SET_COOKIE],
            "__Host-session-3901=ics_a; Path=/; SameSite=Strict; Secure; HttpOnly"
        );
        let mut headers = HeaderMap::new();
        set_cookie(&mut headers, &settings(false), CookieName::Session, "");
        assert_eq!(
            headers[SET_COOKIE],
            "session-3901=; Path=/; SameSite=Strict; HttpOnly; Max-Age=0"
        );
    }
}
