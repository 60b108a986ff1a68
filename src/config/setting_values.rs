//! Checked entries of one settings file, request or command line. Each is known, of the right type and
//! unique; whether the values fit each other is for `bus.rs` and `build.rs` to say.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::action_parsers::require_personal_actions;
use super::bus_keys::BUS_TABLE;
use super::error::{InvalidSetting, SettingsError};
use super::ini_reader::{self, RawSection, RawSettings};
use super::instance_keys::INSTANCE_TABLE;
use super::keys::{KeyTable, MAX_NUMBERED, SettingKey, ValueKind};
use super::node_name;
use super::secret_key::is_sealed;
use super::value_check::check_value;
use super::value_parsers::quote_value;

/// Where pairs and options of a command line stand, in the place of a file.
pub(super) const COMMAND_LINE: &str = "--set";

/// Where settings come from decides what they may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingSource {
    /// A file on this machine.
    File,
    /// The command line: never a secret in clear, for other users of the machine see it.
    Arguments,
    /// Options of their own on the command line, such as `--secret-file`.
    Options,
    /// Typed by a person.
    Prompt,
    StandardInput,
    /// A request: secrets come in clear over TLS, as contents; it names no file of this machine.
    Request,
}

#[derive(Clone)]
pub(super) struct SettingEntry {
    pub key: &'static SettingKey,
    /// As written: `class_3` where the key is `class_N`.
    pub name: String,
    /// Empty means: removed (never from a file).
    pub value: Zeroizing<String>,
    pub line: Option<u32>,
    /// By which way it came; a draft may be of several.
    pub source: SettingSource,
}

/// Flat `key = value` pairs that passed the table. `Debug` shows no value.
#[derive(Clone)]
pub(super) struct SettingValues {
    pub table: &'static KeyTable,
    pub source: SettingSource,
    /// For messages: a path, `--set`, `request`.
    pub label: String,
    /// What relative paths count from.
    pub base_folder: PathBuf,
    pub entries: Vec<SettingEntry>,
    /// Of a file: keys of earlier versions that stand in it and do nothing, with their lines.
    pub retired: Vec<(String, u32)>,
}

impl fmt::Debug for SettingValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
        f.debug_struct("SettingValues")
            .field("label", &self.label)
            .field("keys", &names)
            .finish()
    }
}

impl SettingValues {
    pub(crate) fn with_no_entries(table: &'static KeyTable, source: SettingSource, label: &str, base: &Path) -> Self {
        SettingValues {
            table,
            source,
            label: label.to_owned(),
            base_folder: base.to_owned(),
            entries: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// Reads the text of a file. All complaints come at once, in the order of the lines.
    pub(crate) fn from_ini(table: &'static KeyTable, path: &Path, text: &str) -> Result<Self, Vec<SettingsError>> {
        let label = path.display().to_string();
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let raw = ini_reader::read_ini(&label, text)?;
        let mut values = SettingValues::with_no_entries(table, SettingSource::File, &label, &base);
        let mut errors = check_sections(table, &label, &raw);
        for entry in raw.entries {
            let line = Some(entry.line);
            if table.find_retired(&entry.key).is_some() {
                values.retired.push((entry.key, entry.line));
                continue;
            }
            let pushed = values
                .key_in_section(&entry.key, entry.section.as_deref())
                .and_then(|key| values.push(key, &entry.key, entry.value, line));
            if let Err(invalid) = pushed {
                errors.push(invalid.with_location(&label, line, &entry.key));
            }
        }
        errors.sort_by_key(|error| error.line);
        if errors.is_empty() { Ok(values) } else { Err(errors) }
    }

    /// The row for `name`; in a file with sections it must stand in its own.
    fn key_in_section(&self, name: &str, section: Option<&str>) -> Result<&'static SettingKey, InvalidSetting> {
        let key = self.find_key(name)?;
        match section {
            Some(section) if section != key.section && self.table.section_names().contains(&section) => {
                let problem = format!("belongs to section [{}], not [{section}]", key.section);
                Err(InvalidSetting::new(
                    problem,
                    format!("move the line under [{}]", key.section),
                ))
            }
            _ => Ok(key),
        }
    }

    pub(crate) fn find_key(&self, name: &str) -> Result<&'static SettingKey, InvalidSetting> {
        self.table.find_key(name).ok_or_else(|| {
            if let Some(retired) = self.table.find_retired(name) {
                return InvalidSetting::new("is no longer used", retired.advice);
            }
            if let Some(node) = self.find_wrong_node(name) {
                return InvalidSetting::new(
                    format!("{} is not the name of a node", quote_value(node)),
                    "use 1 to 40 letters, digits, - and _, beginning with a letter or digit",
                );
            }
            if let Some(advice) = find_other_place(self.table, name) {
                return InvalidSetting::new("there is no such key here", advice);
            }
            if let Some(key) = self.table.find_unnumbered(name) {
                let advice = format!("write a number from 1 to {MAX_NUMBERED} behind it, such as {key}_1");
                return InvalidSetting::new("there is no such key", advice);
            }
            let advice = match self.table.nearest_key(name) {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "`intune-connector doctor --keys` lists the keys of {}",
                    self.table.title
                ),
            };
            InvalidSetting::new("there is no such key", advice)
        })
    }

    /// The name in a key of a node that no node can have: the key itself may be right.
    fn find_wrong_node<'n>(&self, name: &'n str) -> Option<&'n str> {
        if !self.table.section_names().contains(&node_name::NODE_SECTION) {
            return None;
        }
        let (node, _) = name.strip_prefix("node.")?.rsplit_once('.')?;
        Some(node).filter(|node| !node_name::is_node_name(node))
    }

    /// Adds a checked entry; the caller has seen to duplicates in a file, here they replace.
    pub(crate) fn push(
        &mut self,
        key: &'static SettingKey,
        name: &str,
        value: Zeroizing<String>,
        line: Option<u32>,
    ) -> Result<(), InvalidSetting> {
        if value.is_empty() && self.source == SettingSource::File {
            return Err(InvalidSetting::new("has no value", "write one, or remove the line"));
        }
        if !value.is_empty() {
            check_value(key, &value)?;
            self.check_source(key, &value)?;
        }
        self.entries.retain(|entry| entry.name != name);
        self.entries.push(SettingEntry {
            key,
            name: name.to_owned(),
            value,
            line,
            source: self.source,
        });
        Ok(())
    }

    /// What the source may say. The one place that keeps paths out of requests (E6): by the kind of the key, so that a
    /// new one is covered as soon as it stands in the table.
    fn check_source(&self, key: &SettingKey, value: &str) -> Result<(), InvalidSetting> {
        match self.source {
            SettingSource::File => Ok(()),
            SettingSource::Arguments | SettingSource::Options if key.is_secret() => Err(InvalidSetting::new(
                "secrets are not accepted as arguments: other users of the machine could read them",
                format!("put it in a file and use {}_file", key.name),
            )),
            SettingSource::Request if matches!(key.kind, ValueKind::Path | ValueKind::Folders) => {
                Err(InvalidSetting::new(
                    "paths are not accepted in requests",
                    match self.content_key(key) {
                        Some(content) => format!("send the content of the file as {}", content.name),
                        None => {
                            "set it on the bus machine: with intune-connector instances token-file, or in the settings \
                             file"
                                .to_owned()
                        }
                    },
                ))
            }
            SettingSource::Request if key.is_secret() && is_sealed(value) => Err(InvalidSetting::new(
                "sealed text is only accepted from a file",
                "send the secret itself",
            )),
            SettingSource::Request if key.is_secret() && value.contains('…') => Err(InvalidSetting::new(
                "this is the shortened form for display, not the secret",
                "omit the key to keep the secret, or send it in full",
            )),
            SettingSource::Arguments
            | SettingSource::Options
            | SettingSource::Prompt
            | SettingSource::StandardInput
            | SettingSource::Request
                if key.kind == ValueKind::PersonalVerbs =>
            {
                require_personal_actions(value)
            }
            SettingSource::Arguments
            | SettingSource::Options
            | SettingSource::Prompt
            | SettingSource::StandardInput
            | SettingSource::Request => Ok(()),
        }
    }

    /// The key that takes what a file holds, where `key` names one.
    pub(crate) fn content_key(&self, key: &SettingKey) -> Option<&'static SettingKey> {
        let content = key
            .name
            .strip_suffix("_file")
            .and_then(|name| self.table.find_key(name));
        content.filter(|content| content.is_secret())
    }

    pub(crate) fn find_entry(&self, name: &str) -> Option<&SettingEntry> {
        self.entries
            .iter()
            .find(|entry| entry.name == name && !entry.value.is_empty())
    }

    /// Whether the key is given or taken away.
    pub(crate) fn has_key(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// As given, or `None`.
    pub(crate) fn given_text(&self, name: &str) -> Option<&str> {
        self.find_entry(name).map(|entry| entry.value.as_str())
    }

    /// As given, or the default of the table; `None` where there is neither.
    pub(crate) fn text_or_default(&self, name: &str) -> Option<&str> {
        let default = || {
            let key = self
                .table
                .find_key(name)
                .expect("settings are built from keys of the table");
            Some(key.default).filter(|text| !text.is_empty())
        };
        self.given_text(name).or_else(default)
    }

    pub(crate) fn entry_line(&self, name: &str) -> Option<u32> {
        self.find_entry(name).and_then(|entry| entry.line)
    }

    /// An error at the line of `name`.
    pub(crate) fn entry_error(
        &self,
        name: &str,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> SettingsError {
        InvalidSetting::new(problem, advice).with_location(&self.label, self.entry_line(name), name)
    }

    /// The path given for `name`, made absolute against the folder of the file.
    pub(crate) fn absolute_path(&self, name: &str) -> Option<PathBuf> {
        self.given_text(name).map(|text| self.base_folder.join(text))
    }
}

/// Where a key belongs that another file has.
fn find_other_place(table: &KeyTable, name: &str) -> Option<&'static str> {
    if table.title == BUS_TABLE.title && INSTANCE_TABLE.find_key(name).is_some() {
        return Some("it is a setting of an instance: remove the line, and give it to intune-connector instances add");
    }
    if table.title == INSTANCE_TABLE.title && BUS_TABLE.find_key(name).is_some() {
        return Some("it is a setting of the bus: it belongs into bus.ini in the data folder");
    }
    None
}

fn check_sections(table: &'static KeyTable, label: &str, raw: &RawSettings) -> Vec<SettingsError> {
    let known = table.section_names();
    let nodes = known.contains(&node_name::NODE_SECTION);
    let of_nodes = raw
        .sections
        .iter()
        .filter(|section| nodes && node_name::name_from_section(&section.name).is_some());
    let of_nodes = of_nodes.filter_map(|section| check_node_section(label, raw, section));
    let unknown = raw.sections.iter().filter(|section| {
        let retired = table.retired.iter().any(|keys| keys.section == section.name);
        !(retired
            || known.contains(&section.name.as_str())
            || nodes && node_name::name_from_section(&section.name).is_some())
    });
    let unknown = unknown.map(|section| {
        let advice = match crate::model::nearest_name(&section.name, known.iter().copied()) {
            Some(near) => format!("did you mean [{near}]?"),
            None => format!("sections are {}", known.join(", ")),
        };
        InvalidSetting::new(format!("there is no section [{}]", section.name), advice).with_location(
            label,
            Some(section.line),
            "",
        )
    });
    of_nodes.chain(unknown).collect()
}

fn check_node_section(label: &str, raw: &RawSettings, section: &RawSection) -> Option<SettingsError> {
    let name = node_name::name_from_section(&section.name)?;
    let invalid = if !node_name::is_node_name(name) || name == "NAME" {
        InvalidSetting::new(
            format!("{name:?} is not a valid node name"),
            "write it like [node gate]: letters, digits, - and _, beginning with a letter or digit",
        )
    } else if !raw
        .entries
        .iter()
        .any(|entry| entry.section.as_deref() == Some(&section.name))
    {
        InvalidSetting::new(
            "the node has no settings",
            "write at least header = x-intune, or remove the section",
        )
    } else {
        return None;
    };
    Some(invalid.with_location(label, Some(section.line), ""))
}
