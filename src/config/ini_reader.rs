//! From the text of a settings file to its lines. rust-ini reads the values, with escapes and quotes off (it would eat
//! the backslashes of Windows paths and passwords); the *second look* here finds the line of every key and refuses what
//! rust-ini takes in silence: duplicates, a line without `=`, a backslash that would swallow the next line.

use ini::{Ini, ParseOption};
use zeroize::Zeroizing;

use super::error::{InvalidSetting, SettingsError};
use super::node_name;

/// Larger files are not settings.
pub(crate) const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// One `key = value` as it stands in a file.
pub(crate) struct RawEntry {
    pub line: u32,
    /// `None` above the first section.
    pub section: Option<String>,
    /// Flat: that of a node has the node's name in it.
    pub key: String,
    pub value: Zeroizing<String>,
}

/// A section's header.
pub(crate) struct RawSection {
    pub line: u32,
    pub name: String,
}

pub(crate) struct RawSettings {
    pub sections: Vec<RawSection>,
    pub entries: Vec<RawEntry>,
}

/// Reads `text`; every complaint names its line.
pub(crate) fn read_ini(file: &str, text: &str) -> Result<RawSettings, Vec<SettingsError>> {
    if text.len() > MAX_FILE_BYTES {
        let invalid = InvalidSetting::new("the file is too large for settings", "check that it is the right file");
        return Err(vec![invalid.with_location(file, None, "")]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let raw = read_lines(file, text)?;
    compare_with_ini(file, text, &raw)?;
    Ok(raw)
}

fn read_lines(file: &str, text: &str) -> Result<RawSettings, Vec<SettingsError>> {
    let mut raw = RawSettings {
        sections: Vec::new(),
        entries: Vec::new(),
    };
    let mut errors = Vec::new();
    for (line, content) in (1u32..).zip(text.lines()) {
        match classify_line(content) {
            Ok(SettingsLine::Nothing) => {}
            Ok(SettingsLine::Section(name)) => match raw.sections.iter().find(|known| known.name == name) {
                Some(first) => {
                    let problem = format!("section [{name}] appears twice, first in line {}", first.line);
                    errors.push(
                        InvalidSetting::new(problem, "put its lines under one header").with_location(
                            file,
                            Some(line),
                            "",
                        ),
                    );
                }
                None => raw.sections.push(RawSection { line, name }),
            },
            Ok(SettingsLine::Entry(written, value)) => match resolve_key(&raw, written) {
                (key, Some(first)) => {
                    let problem = format!("appears twice, first in line {}", first.line);
                    errors.push(InvalidSetting::new(problem, "keep one of the two lines").with_location(
                        file,
                        Some(line),
                        &key,
                    ));
                }
                (key, None) => raw.entries.push(RawEntry {
                    line,
                    section: raw.sections.last().map(|section| section.name.clone()),
                    key,
                    value,
                }),
            },
            Err((key, complaint)) => errors.push(complaint.with_location(file, Some(line), &key)),
        }
    }
    if errors.is_empty() { Ok(raw) } else { Err(errors) }
}

/// The flat key of a line, and the entry that has it already.
fn resolve_key(raw: &RawSettings, written: String) -> (String, Option<&RawEntry>) {
    let section = raw.sections.last().map(|section| section.name.as_str());
    let node = section.and_then(node_name::name_from_section);
    let key = match node.filter(|node| node_name::is_node_name(node)) {
        Some(node) => node_name::to_flat_key(node, &written),
        None => written,
    };
    let known = raw.entries.iter().find(|known| known.key == key);
    (key, known)
}

enum SettingsLine {
    Nothing,
    Section(String),
    Entry(String, Zeroizing<String>),
}

/// What a line is; the complaint comes with the key where there is one.
fn classify_line(content: &str) -> Result<SettingsLine, (String, InvalidSetting)> {
    let content = content.trim();
    if content.is_empty() || content.starts_with(['#', ';']) {
        return Ok(SettingsLine::Nothing);
    }
    if content.chars().any(|c| c.is_control() && c != '\t') {
        let invalid = InvalidSetting::new(
            "the line contains control characters",
            "save the file as plain UTF-8 text",
        );
        return Err((String::new(), invalid));
    }
    if let Some(rest) = content.strip_prefix('[') {
        return match rest.strip_suffix(']') {
            Some(name) if !name.contains(['[', ']']) => Ok(SettingsLine::Section(name.trim().to_owned())),
            _ => Err((
                String::new(),
                InvalidSetting::new(
                    "the section header is not closed",
                    "write it like [scan], alone on its line",
                ),
            )),
        };
    }
    let at = content.find(['=', ':']);
    let Some(at) = at.filter(|at| content[*at..].starts_with('=')) else {
        // The text itself may be a secret that lost its key, so it is not repeated.
        let invalid = InvalidSetting::new(
            "this is neither a comment nor key = value",
            "write key = value, or put # before it",
        );
        return Err((String::new(), invalid));
    };
    let (key, value) = (content[..at].trim_end(), content[at + 1..].trim());
    let word =
        !key.is_empty() && key.len() <= 60 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !word {
        let invalid = InvalidSetting::new("the text before = is not a key", "a key has only letters, digits and _");
        return Err((String::new(), invalid));
    }
    if value.ends_with('\\') {
        let advice = "remove the backslash; put a secret that ends in one in a file of its own (see the *_file keys)";
        return Err((
            key.to_owned(),
            InvalidSetting::new("the line ends in a backslash", advice),
        ));
    }
    Ok(SettingsLine::Entry(key.to_owned(), Zeroizing::new(value.to_owned())))
}

/// rust-ini must see the same keys and values, else one of the two is wrong and the file is not taken. It gets the
/// lines without indentation, which it would take for part of something else.
fn compare_with_ini(file: &str, text: &str, raw: &RawSettings) -> Result<(), Vec<SettingsError>> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.lines() {
        plain.push_str(line.trim());
        plain.push('\n');
    }
    let options = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        enabled_indented_mutiline_value: false,
        enabled_preserve_key_leading_whitespace: false,
    };
    let advice = "write one key = value per line";
    let ini = Ini::load_from_str_opt(&plain, options).map_err(|error| {
        let line = u32::try_from(error.line).ok();
        vec![InvalidSetting::new("the file is not valid INI", advice).with_location(file, line, "")]
    })?;
    for entry in &raw.entries {
        let written = node_name::to_section_key(&entry.key);
        if ini.get_from(entry.section.as_deref(), written) != Some(entry.value.as_str()) {
            let invalid = InvalidSetting::new("this line is ambiguous", advice);
            return Err(vec![invalid.with_location(file, Some(entry.line), &entry.key)]);
        }
    }
    let count: usize = ini.iter().map(|(_, properties)| properties.len()).sum();
    if count != raw.entries.len() {
        return Err(vec![
            InvalidSetting::new("the file is ambiguous", advice).with_location(file, None, ""),
        ]);
    }
    Ok(())
}
