//! The newest check-in of a device. A change reports one at most once a day, and a body is written only when the device
//! changes; the store knows the newest one beside it. Lists are filtered and sorted by that one, so that one is shown.

use std::borrow::Cow;

use chrono::DateTime;
use serde_json::value::RawValue;

use crate::model::format_time;
use crate::store::DeviceRow;

const KEY: &str = "\"lastSyncDateTime\":";

/// The body with it; unchanged where the device has no such field.
pub(super) fn insert_newest_check_in(body: Box<RawValue>, last_sync_s: i64) -> Box<RawValue> {
    let newest = replace_check_in(body.get(), last_sync_s).and_then(|text| RawValue::from_string(text).ok());
    newest.unwrap_or(body)
}

/// The same as text.
pub(super) fn newest_body(row: &DeviceRow) -> Cow<'_, str> {
    match replace_check_in(row.body.get(), row.last_sync_s) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(row.body.get()),
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
            assert_eq!(replace_check_in(&body(older), at), Some(newest.clone()));
        }
        assert_eq!(replace_check_in(&newest, at), None);
        assert_eq!(replace_check_in(&body("null"), 0), None, "it never checked in");
        assert_eq!(
            replace_check_in(r#"{"deviceName":"A"}"#, at),
            None,
            "the field is left out"
        );
        let raw = RawValue::from_string(body("null")).expect("JSON");
        assert_eq!(insert_newest_check_in(raw, at).get(), newest);
    }
}
