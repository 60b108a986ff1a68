//! A table of TOML and the questions that the reader of a manifest asks it. Every answer that does not fit becomes a
//! finding at its place.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{is_unprintable, nearest_name};
use crate::xml::XmlPosition;

/// A text of a manifest.
const TEXT_MAX: usize = 500;

/// One thing that is wrong with a manifest.
pub type ManifestFinding = crate::xml::XmlFinding;

pub(crate) type ManifestFindings = Vec<ManifestFinding>;

/// Turns offsets into lines and columns.
pub(crate) struct LineIndex<'t>(pub &'t str);

impl LineIndex<'_> {
    pub(crate) fn position_at(&self, offset: usize) -> XmlPosition {
        let mut end = offset.min(self.0.len());
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.0[..end];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        XmlPosition {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

/// One table, by the name under which the file has it.
pub(crate) struct ManifestTable<'t> {
    pub name: String,
    pub at: XmlPosition,
    lines: &'t LineIndex<'t>,
    table: &'t DeTable<'t>,
}

impl<'t> ManifestTable<'t> {
    pub(crate) fn new(
        name: impl Into<String>,
        at: XmlPosition,
        lines: &'t LineIndex<'t>,
        table: &'t DeTable<'t>,
    ) -> Self {
        ManifestTable {
            name: name.into(),
            at,
            lines,
            table,
        }
    }

    /// Keys that are not named here are findings, with the known one that was probably meant.
    pub(crate) fn check_allowed_keys(&self, known: &[&str], findings: &mut ManifestFindings) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let shown: String = name.chars().take(60).collect();
            let advice = match nearest_name(name, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known keys: {}", known.join(", ")),
            };
            let problem = format!("{} has no key {shown:?}", self.name);
            findings.push(ManifestFinding::new(
                self.lines.position_at(key.span().start),
                problem,
                advice,
            ));
        }
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    /// Where a value stands; its section where there is none.
    pub(crate) fn position_of(&self, key: &str) -> XmlPosition {
        self.get(key)
            .map_or(self.at, |value| self.lines.position_at(value.span().start))
    }

    pub(crate) fn add_finding(
        &self,
        key: &str,
        problem: impl Into<String>,
        advice: impl Into<String>,
        findings: &mut ManifestFindings,
    ) {
        findings.push(ManifestFinding::new(self.position_of(key), problem, advice));
    }

    fn require_value(&self, key: &str, findings: &mut ManifestFindings) -> Option<&'t Spanned<DeValue<'t>>> {
        let found = self.get(key);
        if found.is_none() {
            let problem = format!("{} needs the key {key}", self.name);
            findings.push(ManifestFinding::new(self.at, problem, format!("add {key} = …")));
        }
        found
    }

    /// A text that is neither missing, empty nor too long.
    pub(crate) fn require_text(&self, key: &str, findings: &mut ManifestFindings) -> Option<String> {
        self.require_value(key, findings)?;
        self.optional_text(key, findings)
    }

    pub(crate) fn optional_text(&self, key: &str, findings: &mut ManifestFindings) -> Option<String> {
        let value = self.get(key)?;
        match value.get_ref().as_str().map(str::trim) {
            None => self.add_finding(key, format!("{key} is not text"), "write it in \"quotes\"", findings),
            Some("") => self.add_finding(key, format!("{key} is empty"), "enter a text", findings),
            Some(text) if text.chars().count() > TEXT_MAX => {
                let problem = format!("{key} is longer than {TEXT_MAX} characters");
                self.add_finding(key, problem, "shorten it", findings);
            }
            Some(text) if text.chars().any(is_unprintable) => {
                let problem = format!("{key} contains control or invisible characters");
                self.add_finding(key, problem, "write one line of plain text", findings);
            }
            Some(text) => return Some(text.to_owned()),
        }
        None
    }

    /// A text that is read as something else.
    pub(crate) fn parse_text<T>(
        &self,
        key: &str,
        rule: &str,
        findings: &mut ManifestFindings,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.require_text(key, findings)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            let shown: String = text.chars().take(60).collect();
            self.add_finding(
                key,
                format!("{key} cannot be {shown:?}"),
                format!("expected: {rule}"),
                findings,
            );
        }
        parsed
    }

    pub(crate) fn require_boolean(&self, key: &str, findings: &mut ManifestFindings) -> Option<bool> {
        let found = self.require_value(key, findings)?.get_ref().as_bool();
        if found.is_none() {
            self.add_finding(
                key,
                format!("{key} is neither true nor false"),
                "write true or false",
                findings,
            );
        }
        found
    }

    pub(crate) fn require_number(&self, key: &str, findings: &mut ManifestFindings) -> Option<u16> {
        let value = self.require_value(key, findings)?.get_ref().as_integer();
        let number = value.and_then(|number| u16::from_str_radix(number.as_str(), number.radix()).ok());
        let number = number.filter(|number| *number > 0);
        if number.is_none() {
            self.add_finding(
                key,
                format!("{key} is not a number from 1 to 65535"),
                "write a number",
                findings,
            );
        }
        number
    }

    /// Texts in brackets; none where the key is missing.
    pub(crate) fn optional_texts(&self, key: &str, most: usize, findings: &mut ManifestFindings) -> Vec<String> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let texts = value.get_ref().as_array().and_then(|array| {
            let texts = array
                .iter()
                .map(|value| value.get_ref().as_str().filter(|text| !text.trim().is_empty()));
            texts.map(|text| text.map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        match texts {
            Some(texts) if texts.len() <= most && texts.iter().all(|text| text.len() <= TEXT_MAX) => texts,
            _ => {
                let problem = format!("{key} is not a list of up to {most} texts");
                self.add_finding(key, problem, "write [\"one\", \"another\"]", findings);
                Vec::new()
            }
        }
    }

    /// The table under this key.
    pub(crate) fn require_table(&self, key: &str, findings: &mut ManifestFindings) -> Option<ManifestTable<'t>> {
        let value = self.require_value(key, findings)?;
        let name = format!("[{key}]");
        self.open_table(&name, value, findings)
    }

    /// `[[key]]`, each of them; none where there is no such key.
    pub(crate) fn optional_tables(
        &self,
        key: &str,
        most: usize,
        findings: &mut ManifestFindings,
    ) -> Vec<ManifestTable<'t>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let name = format!("[[{key}]]");
        let Some(list) = value.get_ref().as_array() else {
            self.add_finding(
                key,
                format!("{key} is not a list of tables"),
                format!("write {name}"),
                findings,
            );
            return Vec::new();
        };
        if list.len() > most {
            let problem = format!("{name} appears {} times", list.len());
            self.add_finding(key, problem, format!("at most {most} are allowed"), findings);
        }
        let tables = list
            .iter()
            .take(most)
            .filter_map(|value| self.open_table(&name, value, findings));
        tables.collect()
    }

    fn open_table(
        &self,
        name: &str,
        value: &'t Spanned<DeValue<'t>>,
        findings: &mut ManifestFindings,
    ) -> Option<ManifestTable<'t>> {
        let at = self.lines.position_at(value.span().start);
        match value.get_ref() {
            DeValue::Table(table) => Some(ManifestTable::new(name, at, self.lines, table)),
            _ => {
                findings.push(ManifestFinding::new(
                    at,
                    format!("{name} is not a table"),
                    format!("write {name} and its keys below"),
                ));
                None
            }
        }
    }
}

pub(super) fn require_unique<'k>(
    section: &ManifestTable<'_>,
    key: &str,
    value: &str,
    known: impl IntoIterator<Item = &'k String>,
    findings: &mut ManifestFindings,
) {
    if known.into_iter().any(|known| known.eq_ignore_ascii_case(value)) {
        let problem = format!("{key} {value} appears a second time");
        section.add_finding(key, problem, "use a different value", findings);
    }
}
