//! The newest check-in of a device. A change reports one at most once a day, and a body is written only when the device
//! changes; the store knows the newest one beside it. Lists are sorted by that one, so filters judge it and lists show it.

use std::borrow::Cow;

use chrono::DateTime;

use crate::model::format_time;

const KEY: &str = "\"lastSyncDateTime\":";

/// A device as lists show it: its JSON with the newest check-in; as it is where it has no such field.
pub fn newest_device_body(body: &str, last_sync_s: i64) -> Cow<'_, str> {
    match replace_check_in(body, last_sync_s) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(body),
    }
}

/// `None`: there is nothing to replace. A text of the device that looks like the key has its quotes escaped.
fn replace_check_in(body: &str, last_sync_s: i64) -> Option<String> {
    let time = DateTime::from_timestamp(last_sync_s, 0).filter(|_| last_sync_s > 0)?;
    let start = body.find(KEY)? + KEY.len();
    let rest = &body[start..];
    let length = match rest.strip_prefix('"') {
        Some(inner) => inner.find('"')? + 2,
        None if rest.starts_with("null") => 4,
        None => return None,
    };
    let written = format!("\"{}\"", format_time(time));
    (rest[..length] != written).then(|| [&body[..start], &written, &rest[length..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_check_in_stands_in_the_place_of_an_older_one() {
        let body =
            |value: &str| format!(r#"{{"deviceName":"\"lastSyncDateTime\":1","lastSyncDateTime":{value},"a":1}}"#);
        let newest = body("\"2026-11-28T12:00:00Z\"");
        let at = 1_795_867_200;
        for older in ["\"2026-11-27T00:00:00Z\"", "null"] {
            assert_eq!(newest_device_body(&body(older), at), newest);
        }
        assert!(matches!(newest_device_body(&newest, at), Cow::Borrowed(_)));
        assert_eq!(
            newest_device_body(&body("null"), 0),
            body("null"),
            "it never checked in"
        );
        let without = r#"{"deviceName":"A"}"#;
        assert_eq!(newest_device_body(without, at), without, "the field is left out");
    }
}
