//! A line of the log, read back: of the memory and of the daily files, in either format.

use serde_json::{Map, Value};
use tracing::Level;

use crate::model::{Timestamp, escape_unprintable, parse_time};

/// One line. What can't be seen in its texts is written as `\u202e`, as in the files.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    pub at: Timestamp,
    pub level: Level,
    /// Module that wrote it; empty where the file does not say it.
    pub target: String,
    /// Of a file in text form: with the fields behind it.
    pub message: String,
    /// With those of the span around it.
    pub fields: Map<String, Value>,
}

impl LogLine {
    /// `None`: it is none, or was cut off.
    pub fn parse(line: &str) -> Option<LogLine> {
        if line.starts_with('{') {
            parse_json_line(line)
        } else {
            parse_text_line(line)
        }
    }

    /// Whether a text stands in its message or in a field, as `name=value`; without regard to upper and lower case.
    /// `needle` is in lower case.
    pub fn contains_text(&self, needle: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(needle);
        has(&self.message) || self.fields.iter().any(|(name, value)| has(&format_field(name, value)))
    }
}

/// `name=value`, texts without quotes.
pub fn format_field(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    }
}

fn parse_json_line(line: &str) -> Option<LogLine> {
    let mut members: Map<String, Value> = serde_json::from_str(line).ok()?;
    let at = parse_time(members.shift_remove("timestamp")?.as_str()?)?;
    let level = parse_level(members.shift_remove("level")?.as_str()?)?;
    let mut take_text = |name: &str| match members.shift_remove(name) {
        Some(Value::String(text)) => escape_text(&text),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let (message, target) = (take_text("message"), take_text("target"));
    let span = members.shift_remove("span");
    let mut fields: Map<String, Value> = members
        .into_iter()
        .map(|(name, value)| (name, escape_value(value)))
        .collect();
    if let Some(Value::Object(span)) = span {
        for (name, value) in span.into_iter().filter(|(name, _)| name != "name") {
            fields.entry(name).or_insert_with(|| escape_value(value));
        }
    }
    Some(LogLine {
        at,
        level,
        target,
        message,
        fields,
    })
}

/// `TIME LEVEL rest`; where the message ends and its fields begin is not marked.
fn parse_text_line(line: &str) -> Option<LogLine> {
    let (at, rest) = line.split_once(' ')?;
    let (level, message) = rest.trim_start().split_once(' ')?;
    Some(LogLine {
        at: parse_time(at)?,
        level: parse_level(level)?,
        target: String::new(),
        message: escape_text(message),
        fields: Map::new(),
    })
}

fn parse_level(word: &str) -> Option<Level> {
    [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE]
        .into_iter()
        .find(|level| level.as_str() == word)
}

fn escape_text(text: &str) -> String {
    escape_unprintable(text, |_| false).into_owned()
}

fn escape_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape_text(&text)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::observe::LogFormat;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = super::super::build_subscriber(format, Level::INFO, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::error_span!("member", member = "IntuneConnector_1");
            span.in_scope(|| tracing::warn!(pages = 3, reason = "a\u{202e}\nb", "scan ended"));
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn what_the_log_writes_is_read_back_in_either_format() {
        let text = written(LogFormat::Json);
        let line = LogLine::parse(text.trim_end()).unwrap();
        assert_eq!((line.level, line.message.as_str()), (Level::WARN, "scan ended"));
        assert_eq!(line.fields["pages"], 3);
        assert_eq!(line.fields["reason"], "a\\u202e\\nb", "it steers nothing");
        assert_eq!(line.fields["member"], "IntuneConnector_1", "of the span around it");
        assert!(line.target.starts_with("connector_core"), "{}", line.target);

        let text = written(LogFormat::Text);
        let line = LogLine::parse(text.trim_end()).unwrap();
        assert_eq!(line.level, Level::WARN);
        assert!(
            line.message.contains("scan ended") && line.message.contains("pages=3"),
            "{}",
            line.message
        );
    }

    #[test]
    fn what_was_cut_off_or_is_none_is_no_line() {
        for text in [
            "",
            "scan ended",
            r#"{"timestamp":"2026-11-28T10:00:00.000001Z","level":"INFO","mess"#,
            r#"{"timestamp":"yesterday","level":"INFO","message":"x"}"#,
            "2026-11-28T10:00:00.000001Z  LOUD x",
        ] {
            assert_eq!(LogLine::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_found_in_message_and_fields_whatever_its_case() {
        let line = LogLine::parse(
            r#"{"timestamp":"2026-11-28T10:00:00Z","level":"INFO","message":"Scan Ended","instance":"Intune_1","pages":3}"#,
        )
        .unwrap();
        for (needle, found) in [
            ("scan e", true),
            ("instance=intune_1", true),
            ("pages=3", true),
            ("pages=4", false),
        ] {
            assert_eq!(line.contains_text(needle), found, "{needle}");
        }
    }
}
