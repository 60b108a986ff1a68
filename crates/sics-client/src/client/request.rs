//! What is put into a request before it goes on its way. That takes no HTTP client, which would stand ready for TLS.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Request;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::{ClientAuth, ClientError};

/// The request with these parameters behind its address.
pub(crate) fn with_query(mut request: Request, query: &(impl Serialize + ?Sized)) -> Result<Request, ClientError> {
    let mut pairs = request.url_mut().query_pairs_mut();
    let written = query
        .serialize(serde_urlencoded::Serializer::new(&mut pairs))
        .map(|_| ());
    drop(pairs);
    written.map_err(|error| ClientError::unwritable(&error))?;
    if request.url().query() == Some("") {
        request.url_mut().set_query(None);
    }
    Ok(request)
}

/// The request with this body, as JSON.
pub(crate) fn with_body(mut request: Request, body: &(impl Serialize + ?Sized)) -> Result<Request, ClientError> {
    let text = serde_json::to_vec(body).map_err(|error| ClientError::unwritable(&error))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    *request.body_mut() = Some(text.into());
    Ok(request)
}

/// The request of whoever signs in so.
pub(super) fn with_auth(mut request: Request, auth: &ClientAuth) -> Result<Request, ClientError> {
    let text = match auth {
        ClientAuth::Nobody => return Ok(request),
        ClientAuth::Token(token) => format!("Bearer {}", token.expose_secret()),
        ClientAuth::Basic { user, password } => {
            let pair = BASE64_STANDARD.encode(format!("{user}:{}", password.expose_secret()));
            format!("Basic {pair}")
        }
    };
    let mut value = HeaderValue::try_from(text).map_err(|error| ClientError::unwritable(&error))?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use serde_json::json;

    use super::*;

    fn request(url: &str) -> Request {
        Request::new(Method::POST, url.parse().expect("a URL"))
    }

    #[test]
    fn parameters_stand_behind_the_address_and_none_leave_no_mark() {
        let query = vec![("name", "a b&c"), ("limit", "5")];
        let written = with_query(request("http://localhost/x"), &query).expect("a request");
        assert_eq!(written.url().as_str(), "http://localhost/x?name=a+b%26c&limit=5");
        let none: Vec<(&str, &str)> = Vec::new();
        let written = with_query(request("http://localhost/x"), &none).expect("a request");
        assert_eq!(written.url().as_str(), "http://localhost/x");
    }

    #[test]
    fn a_body_is_json_and_says_so() {
        let written = with_body(request("http://localhost/x"), &json!({"a": 1})).expect("a request");
        assert_eq!(written.headers()[CONTENT_TYPE], "application/json");
        let body = written.body().and_then(reqwest::Body::as_bytes);
        assert_eq!(body, Some(br#"{"a":1}"#.as_slice()));
    }

    #[test]
    fn e1_who_signs_in_is_said_in_a_header_that_is_never_shown() {
        let password = ClientAuth::Basic {
            user: "anna".to_owned(),
            password: "CANARY: pässword".into(),
        };
        let written = with_auth(request("http://localhost/x"), &password).expect("a request");
        let expected = format!("Basic {}", BASE64_STANDARD.encode("anna:CANARY: pässword"));
        assert_eq!(written.headers()[AUTHORIZATION], expected.as_str());
        assert!(written.headers()[AUTHORIZATION].is_sensitive());
        let wrong = ClientAuth::Token("icp_CANARY\n".into());
        let refused = with_auth(request("http://localhost/x"), &wrong).expect_err("a line break");
        assert!(!refused.to_string().contains("CANARY"), "{refused}");
        let nobody = with_auth(request("http://localhost/x"), &ClientAuth::Nobody).expect("a request");
        assert!(nobody.headers().is_empty());
    }
}
