//! Checked entries of one settings file, request or command line. What is in here is known, of the right type, and
//! stands once; whether the values fit each other is for `bus.rs` and `build.rs` to say.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::{Complaint, SettingsError};
use super::keys::{Key, Table, ValueKind};
use super::node_name;
use super::parse;
use super::reader::{self, Raw, RawSection};
use super::secret_key::is_sealed;

/// Where settings come from decides what they may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A file on this machine.
    File,
    /// The command line: never a secret in clear, for other users of the machine see it.
    Arguments,
    /// A request: secrets come in clear over TLS, as contents; it names no file of this machine.
    Request,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub key: &'static Key,
    /// As written: `class_3` where the key is `class_N`.
    pub name: String,
    /// Empty means: taken away (never from a file).
    pub value: Zeroizing<String>,
    pub line: Option<u32>,
}

/// Flat `key = value` pairs that passed the table. `Debug` shows no value.
#[derive(Clone)]
pub(super) struct Values {
    pub table: &'static Table,
    pub source: Source,
    /// For messages: a path, `--set`, `request`.
    pub label: String,
    /// What relative paths count from.
    pub base: PathBuf,
    pub entries: Vec<Entry>,
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
        f.debug_struct("Values")
            .field("label", &self.label)
            .field("keys", &names)
            .finish()
    }
}

impl Values {
    pub fn empty(table: &'static Table, source: Source, label: &str, base: &Path) -> Self {
        Values {
            table,
            source,
            label: label.to_owned(),
            base: base.to_owned(),
            entries: Vec::new(),
        }
    }

    /// Reads the text of a file. All complaints come at once, in the order of the lines.
    pub fn from_ini(table: &'static Table, path: &Path, text: &str) -> Result<Self, Vec<SettingsError>> {
        let label = path.display().to_string();
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let raw = reader::read(&label, text)?;
        let mut values = Values::empty(table, Source::File, &label, &base);
        let mut errors = check_sections(table, &label, &raw);
        for entry in raw.entries {
            let line = Some(entry.line);
            let pushed = values
                .place(&entry.key, entry.section.as_deref())
                .and_then(|key| values.push(key, &entry.key, entry.value, line));
            if let Err(complaint) = pushed {
                errors.push(complaint.at(&label, line, &entry.key));
            }
        }
        errors.sort_by_key(|error| error.line);
        if errors.is_empty() { Ok(values) } else { Err(errors) }
    }

    /// The row for `name`; in a file with sections it must stand in its own.
    fn place(&self, name: &str, section: Option<&str>) -> Result<&'static Key, Complaint> {
        let key = self.find(name)?;
        match section {
            Some(section) if section != key.section && self.table.sections().contains(&section) => {
                let problem = format!("belongs to section [{}], not [{section}]", key.section);
                Err(Complaint::new(
                    problem,
                    format!("move the line under [{}]", key.section),
                ))
            }
            _ => Ok(key),
        }
    }

    pub fn find(&self, name: &str) -> Result<&'static Key, Complaint> {
        self.table.find(name).ok_or_else(|| {
            let advice = match self.table.nearest(name) {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "`intune-connector doctor --keys` lists the keys of {}",
                    self.table.title
                ),
            };
            Complaint::new("there is no such key", advice)
        })
    }

    /// Adds a checked entry; the caller has seen to duplicates in a file, here they replace.
    pub fn push(
        &mut self,
        key: &'static Key,
        name: &str,
        value: Zeroizing<String>,
        line: Option<u32>,
    ) -> Result<(), Complaint> {
        if value.is_empty() && self.source == Source::File {
            return Err(Complaint::new("has no value", "write one, or take the line out"));
        }
        if !value.is_empty() {
            parse::check(key, &value)?;
            self.allowed(key, &value)?;
        }
        self.entries.retain(|entry| entry.name != name);
        self.entries.push(Entry {
            key,
            name: name.to_owned(),
            value,
            line,
        });
        Ok(())
    }

    /// What the source may say. The one place that keeps paths out of requests (E6): by the kind of the key, so that a
    /// new one is covered as soon as it stands in the table.
    fn allowed(&self, key: &Key, value: &str) -> Result<(), Complaint> {
        match self.source {
            Source::File => Ok(()),
            Source::Arguments if key.is_secret() => Err(Complaint::new(
                "a secret is never given as an argument: other users of the machine could read it",
                format!("put it into a file and write {}_file", key.name),
            )),
            Source::Request if key.kind == ValueKind::Path => Err(Complaint::new(
                "no path is taken from a request",
                match self.content_of(key) {
                    Some(content) => format!("send the content of the file as {}", content.name),
                    None => {
                        "set it on the machine of the bus: intune-connector instances token-file, or a line in the \
                             settings file"
                            .to_owned()
                    }
                },
            )),
            Source::Request if key.is_secret() && is_sealed(value) => Err(Complaint::new(
                "sealed text is only taken from a file",
                "give the secret itself",
            )),
            Source::Request if key.is_secret() && value.contains('…') => Err(Complaint::new(
                "this is the shortened form that was shown, not the secret",
                "leave the key out to keep the secret, or send it in full",
            )),
            Source::Arguments | Source::Request => Ok(()),
        }
    }

    /// The key that takes what a file holds, where `key` names one.
    pub fn content_of(&self, key: &Key) -> Option<&'static Key> {
        let content = key.name.strip_suffix("_file").and_then(|name| self.table.find(name));
        content.filter(|content| content.is_secret())
    }

    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.name == name && !entry.value.is_empty())
    }

    /// Whether the key is given or taken away.
    pub fn names(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// As given, or `None`.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.entry(name).map(|entry| entry.value.as_str())
    }

    /// As given, or the default of the table; `None` where there is neither.
    pub fn text(&self, name: &str) -> Option<&str> {
        let default = || {
            let key = self
                .table
                .find(name)
                .expect("settings are built from keys of the table");
            Some(key.default).filter(|text| !text.is_empty())
        };
        self.given(name).or_else(default)
    }

    pub fn line(&self, name: &str) -> Option<u32> {
        self.entry(name).and_then(|entry| entry.line)
    }

    /// An error at the line of `name`.
    pub fn error(&self, name: &str, problem: impl Into<String>, advice: impl Into<String>) -> SettingsError {
        Complaint::new(problem, advice).at(&self.label, self.line(name), name)
    }

    /// The path given for `name`, made absolute against the folder of the file.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.given(name).map(|text| self.base.join(text))
    }
}

fn check_sections(table: &'static Table, label: &str, raw: &Raw) -> Vec<SettingsError> {
    let known = table.sections();
    let nodes = known.contains(&node_name::NODE_SECTION);
    let of_nodes = raw
        .sections
        .iter()
        .filter(|section| nodes && node_name::of_section(&section.name).is_some());
    let of_nodes = of_nodes.filter_map(|section| node_section(label, raw, section));
    let unknown = raw.sections.iter().filter(|section| {
        !(known.contains(&section.name.as_str()) || nodes && node_name::of_section(&section.name).is_some())
    });
    let unknown = unknown.map(|section| {
        let advice = match crate::model::nearest(&section.name, known.iter().copied()) {
            Some(near) => format!("did you mean [{near}]?"),
            None => format!("sections are {}", known.join(", ")),
        };
        Complaint::new(format!("there is no section [{}]", section.name), advice).at(label, Some(section.line), "")
    });
    of_nodes.chain(unknown).collect()
}

fn node_section(label: &str, raw: &Raw, section: &RawSection) -> Option<SettingsError> {
    let name = node_name::of_section(&section.name)?;
    let complaint = if !node_name::is_name(name) || name == "NAME" {
        Complaint::new(
            format!("{name:?} is no name of a node"),
            "write it like [node gate]: letters, digits, - and _, beginning with a letter or digit",
        )
    } else if !raw
        .entries
        .iter()
        .any(|entry| entry.section.as_deref() == Some(&section.name))
    {
        Complaint::new(
            "the node has no settings",
            "write at least header = x-intune, or take the section out",
        )
    } else {
        return None;
    };
    Some(complaint.at(label, Some(section.line), ""))
}
