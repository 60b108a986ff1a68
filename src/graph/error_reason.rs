//! Intune's errors: a JSON document inside a string inside a JSON document, sometimes twice. Read for
//! people; nothing is decided by it.

use serde_json::Value;

/// How often a message is unpacked.
const MAX_DEPTH: usize = 4;

/// Graph's own code and the innermost text; the raw text where it is not what Graph sends.
pub(crate) fn parse_error_reason(body: &[u8]) -> (String, String) {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return (String::new(), String::from_utf8_lossy(body).into_owned());
    };
    let error = &value["error"];
    let mut code = error["code"].as_str().unwrap_or_default().to_owned();
    let mut message = error["message"].as_str().unwrap_or_default().to_owned();
    for _ in 0..MAX_DEPTH {
        let Ok(inner @ Value::Object(_)) = serde_json::from_str::<Value>(&message) else {
            break;
        };
        if let Some(phrase) = inner["CustomApiErrorPhrase"]
            .as_str()
            .filter(|phrase| !phrase.is_empty())
        {
            code = phrase.to_owned();
        }
        if let Some(nested) = inner["error"]["code"].as_str().filter(|nested| !nested.is_empty()) {
            code = nested.to_owned();
        }
        let text = [&inner["Message"], &inner["message"], &inner["error"]["message"]];
        match text.into_iter().find_map(Value::as_str) {
            Some(text) => message = text.to_owned(),
            None => break,
        }
    }
    (code, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn intune(message: &str) -> String {
        json!({"_version": 3, "Message": message, "CustomApiErrorPhrase": "", "RetryAfter": null}).to_string()
    }

    #[test]
    fn a_document_inside_a_string_is_unpacked() {
        let body = json!({"error": {"code": "BadRequest", "message": intune("An error has occurred")}});
        assert_eq!(
            parse_error_reason(body.to_string().as_bytes()),
            ("BadRequest".into(), "An error has occurred".into())
        );
    }

    #[test]
    fn so_is_one_inside_another() {
        let inner = json!({"error": {"code": "GatewayTimeout", "message": intune("late")}}).to_string();
        let body = json!({"error": {"code": "UnknownError", "message": inner}});
        assert_eq!(
            parse_error_reason(body.to_string().as_bytes()),
            ("GatewayTimeout".into(), "late".into())
        );
    }

    #[test]
    fn anything_else_is_shown_as_it_is() {
        assert_eq!(parse_error_reason(b"<html>"), (String::new(), "<html>".into()));
        assert_eq!(parse_error_reason(b"[]"), (String::new(), String::new()));
        assert_eq!(
            parse_error_reason(br#"{"error":{"code":"Forbidden","message":"no"}}"#),
            ("Forbidden".into(), "no".into())
        );
    }
}
