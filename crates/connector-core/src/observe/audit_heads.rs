//! The heads of the audit trail that the daily log remembers (E5): what was at the end of the trail when the line was
//! written. A trail that lacks one of them was cut off.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::log_reader::list_log_files;
use crate::model::{Timestamp, parse_time};

/// What is said beside a head; also how a line is found.
pub(super) const HEAD_MESSAGE: &str = "head of the audit trail";
/// Longer lines are none of ours.
const LINE_MAX: u64 = 64 << 10;
/// SHA-256, hex.
const HEAD_CHARS: usize = 64;

/// One line of a daily log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedHead {
    /// Name of the log file.
    pub file: String,
    pub at: Option<Timestamp>,
    /// Number of the entry at the end; lines of older versions do not say it.
    pub entry: Option<i64>,
    /// Hex, lower case.
    pub head: String,
}

/// All of them, in the order of the files. Empty where nothing was logged.
pub fn read_logged_heads(logs: &Path) -> io::Result<Vec<LoggedHead>> {
    let mut heads = Vec::new();
    for file in list_log_files(logs)? {
        let name = file.name();
        read_file_heads(File::open(logs.join(&name))?, &name, &mut heads)?;
    }
    Ok(heads)
}

fn read_file_heads(file: File, name: &str, heads: &mut Vec<LoggedHead>) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(256 << 10, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        if Read::by_ref(&mut lines).take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if memchr::memmem::find(&line, HEAD_MESSAGE.as_bytes()).is_none() {
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        heads.extend(parse_line(text.trim_end()).map(|(at, entry, head)| LoggedHead {
            file: name.to_owned(),
            at,
            entry,
            head,
        }));
    }
}

type ParsedHead = (Option<Timestamp>, Option<i64>, String);

/// Only a line that says nothing else: what people gave never stands in one.
fn parse_line(line: &str) -> Option<ParsedHead> {
    if line.starts_with('{') {
        parse_json_line(line)
    } else {
        parse_text_line(line)
    }
}

fn parse_text_line(line: &str) -> Option<ParsedHead> {
    let (at, rest) = line.split_once(' ')?;
    let rest = rest.trim_start().strip_prefix("INFO")?.trim_start();
    let rest = rest.strip_prefix(HEAD_MESSAGE)?.trim_start();
    let (mut head, mut entry) = (None, None);
    for field in rest.split(' ').filter(|field| !field.is_empty()) {
        match field.split_once('=')? {
            ("audit_head", text) => head = Some(text.trim_matches('"')),
            ("audit_entry", number) => entry = Some(number.parse().ok()?),
            _ => return None,
        }
    }
    Some((parse_time(at), entry, hash(head?)?))
}

fn parse_json_line(line: &str) -> Option<ParsedHead> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] != HEAD_MESSAGE || line["level"] != "INFO" {
        return None;
    }
    let at = line["timestamp"].as_str().and_then(parse_time);
    Some((at, line["audit_entry"].as_i64(), hash(line["audit_head"].as_str()?)?))
}

fn hash(text: &str) -> Option<String> {
    let good = text.len() == HEAD_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e5_heads_are_read_from_text_and_json_and_from_lines_of_older_versions() {
        let head = "ab".repeat(32);
        let at = "2026-11-28T10:00:00.000001Z";
        for (line, entry) in [
            (
                format!("{at}  INFO head of the audit trail audit_head=\"{head}\" audit_entry=7"),
                Some(7),
            ),
            (
                format!("{at}  INFO head of the audit trail audit_head=\"{head}\""),
                None,
            ),
            (
                format!(
                    r#"{{"timestamp":"{at}","level":"INFO","message":"head of the audit trail","audit_head":"{head}","audit_entry":7}}"#
                ),
                Some(7),
            ),
        ] {
            let (time, found, hash) = parse_line(&line).unwrap();
            assert_eq!((found, hash.as_str()), (entry, head.as_str()), "{line}");
            assert_eq!(time, parse_time(at), "{line}");
        }
        for line in [
            format!("{at}  WARN somebody said: INFO head of the audit trail audit_head=\"{head}\""),
            format!("{at}  INFO head of the audit trail audit_head=\"{head}\" because=of"),
            format!("{at}  INFO head of the audit trail audit_head=\"abc\""),
            format!(r#"{{"level":"WARN","message":"head of the audit trail","audit_head":"{head}"}}"#),
        ] {
            assert_eq!(parse_line(&line), None, "{line}");
        }
    }

    #[test]
    fn e5_what_the_log_writes_is_what_is_read() {
        use std::sync::{Arc, Mutex};
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in [crate::observe::LogFormat::Text, crate::observe::LogFormat::Json] {
            let lines = Lines::default();
            let writer = lines.clone();
            let subscriber = super::super::build_subscriber(format, tracing::Level::INFO, move || writer.clone());
            tracing::subscriber::with_default(subscriber, || super::super::log_audit_head(&"cd".repeat(32), 12));
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            let (at, entry, head) = parse_line(text.trim_end()).unwrap();
            assert_eq!((entry, head), (Some(12), "cd".repeat(32)), "{text}");
            assert!(at.is_some(), "{text}");
        }
    }
}
