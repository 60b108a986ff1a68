//! Settings of an instance before they are kept: from `--set key=value` pairs, flat JSON or a file, in any mixture.
//! A draft makes [`InstanceSettings`] without any data folder, so `verify` and `scan --dry-run` work with nothing kept.

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::InstanceSettings;
use super::build::build_instance;
use super::build_credential::{CredentialPurpose, KINDS, SecretOpener, find_secret_place};
use super::change_rules::check_change;
use super::error::{InvalidSetting, SettingsError};
use super::instance_keys::INSTANCE_TABLE;
use super::keys::ValueKind;
use super::secret_key::InstanceSeal;
use super::setting_values::{COMMAND_LINE, SettingEntry, SettingSource, SettingValues};

/// Most pairs in one request or command line; an instance with dozens of nodes has fewer.
const MAX_PAIRS: usize = 1_000;

/// Flat pairs that passed the table of keys. A pair without a value takes its key away when an instance is changed.
#[derive(Clone)]
pub struct InstanceDraft {
    pub(super) values: SettingValues,
}

impl fmt::Debug for InstanceDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

impl InstanceDraft {
    /// The pairs of a command line; relative paths count from the current folder. Secrets in clear are refused.
    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, SettingsError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let here = std::env::current_dir().unwrap_or_default();
        Self::collect_pairs(SettingSource::Arguments, COMMAND_LINE, &here, pairs)
    }

    /// The same where each pair is an option of its own, such as `--secret-file`.
    pub fn from_options<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, SettingsError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let here = std::env::current_dir().unwrap_or_default();
        Self::collect_pairs(SettingSource::Options, COMMAND_LINE, &here, pairs)
    }

    /// One `key=value` argument cut in two.
    pub fn split_pair(argument: &str) -> Result<(&str, &str), SettingsError> {
        let split = argument.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        split.filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            // Not repeated: it may be a secret that lost its key.
            InvalidSetting::new("the argument has no =", "write --set key=value").with_location("--set", None, "")
        })
    }

    /// A flat JSON object, as the API takes it: strings, numbers, booleans, lists of strings; `null` takes away.
    /// Secrets come in clear (`pfx` as base64); files of this machine are not read for a request.
    pub fn from_json(json: &Value) -> Result<Self, SettingsError> {
        let fail = |key: &str, problem: &str| {
            let advice = "send one flat object; values are strings, numbers, booleans, lists of strings, or null";
            InvalidSetting::new(problem, advice).with_location("request", None, key)
        };
        let Value::Object(object) = json else {
            return Err(fail("", "is not a JSON object"));
        };
        let mut pairs = Vec::new();
        for (key, value) in object {
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Bool(flag) => (if *flag { "yes" } else { "no" }).to_owned(),
                Value::Number(number) => number.to_string(),
                Value::Array(items) => {
                    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                    texts
                        .ok_or_else(|| fail(key, "the list contains values that are not strings"))?
                        .join(", ")
                }
                Value::Object(_) => return Err(fail(key, "is an object")),
            };
            pairs.push((key.clone(), Zeroizing::new(text)));
        }
        let pairs = pairs.iter().map(|(key, text)| (key.as_str(), text.as_str()));
        Self::collect_pairs(SettingSource::Request, "request", Path::new(""), pairs)
    }

    /// Adds a secret that came by prompt or standard input, as `source` says. `key` is one of a secret, such as `secret`.
    pub fn add_secret(&mut self, key: &str, secret: &SecretString, source: SettingSource) -> Result<(), SettingsError> {
        let at = |complaint: InvalidSetting| complaint.with_location(&self.values.label, None, key);
        let row = self.values.find_key(key).map_err(at)?;
        if !row.is_secret() {
            return Err(at(InvalidSetting::new("is not a secret", "give it like any other key")));
        }
        self.values.entries.retain(|entry| entry.name != key);
        self.values.entries.push(SettingEntry {
            key: row,
            name: key.to_owned(),
            value: Zeroizing::new(secret.expose_secret().to_owned()),
            line: None,
            source,
        });
        Ok(())
    }

    fn collect_pairs<K, V>(
        source: SettingSource,
        label: &str,
        base: &Path,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingsError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        Self::collect_into(
            SettingValues::with_no_entries(&INSTANCE_TABLE, source, label, base),
            pairs,
        )
    }

    /// The same for any table of keys.
    pub(super) fn collect_into<K, V>(
        mut values: SettingValues,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingsError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let label = values.label.clone();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref().trim());
            let at = |complaint: InvalidSetting| {
                complaint.with_location(&label, None, &name.chars().take(60).collect::<String>())
            };
            if values.entries.len() >= MAX_PAIRS {
                return Err(at(InvalidSetting::new(
                    "there are too many settings",
                    format!("give at most {MAX_PAIRS}"),
                )));
            }
            if values.entries.iter().any(|entry| entry.name == name) {
                return Err(at(InvalidSetting::new("is given twice", "give it once")));
            }
            let key = values.find_key(name).map_err(at)?;
            values
                .push(key, name, Zeroizing::new(value.to_owned()), None)
                .map_err(at)?;
        }
        Ok(InstanceDraft { values })
    }

    /// An instance's file as it stands in `instances/`, or one without sections.
    pub fn from_file(path: &Path) -> Result<Self, SettingsError> {
        let text = super::data_folder::read_settings_text(path)?;
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let values =
            SettingValues::from_ini(&INSTANCE_TABLE, &path, &text).map_err(super::data_folder::combine_errors)?;
        Ok(InstanceDraft { values })
    }

    /// This draft with `other` on top, e.g. flags over a file. What `other` gives replaces; a credential of another kind
    /// replaces the one below as a whole.
    pub fn overlay_with(mut self, other: InstanceDraft) -> Self {
        for name in other.displaced_keys(|name| self.values.given_text(name).is_some()) {
            self.values.entries.retain(|entry| entry.name != name);
        }
        let base = other.values.base_folder.clone();
        if self.values.entries.is_empty() {
            return other;
        }
        for mut entry in other.values.entries {
            if entry.key.kind == ValueKind::Path && !entry.value.is_empty() {
                entry.value = Zeroizing::new(base.join(entry.value.as_str()).display().to_string());
            }
            entry.line = None;
            self.values.entries.retain(|known| known.name != entry.name);
            self.values.entries.push(entry);
        }
        self
    }

    /// Keys of what stands below that can't stay beside this draft: the credential of a purpose that this draft gives
    /// anew, with its companions, and `x` where it gives `x_file` or the other way round.
    pub(super) fn displaced_keys(&self, is_present: impl Fn(&str) -> bool) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for purpose in CredentialPurpose::ALL {
            let prefix = purpose.key_prefix();
            let full = |name: &str| [format!("{prefix}{name}"), format!("{prefix}{name}_file")];
            let is_kind = |is_given: &dyn Fn(&str) -> bool| {
                let mut kinds = KINDS.iter().flat_map(|(kind, _)| full(kind));
                kinds.any(|name| is_given(&name))
            };
            // Companions without a credential of their own were given for the one that comes now.
            let renews = is_kind(&|name| self.values.given_text(name).is_some()) && is_kind(&is_present);
            if renews {
                for (kind, companions) in KINDS {
                    names.extend(std::iter::once(&kind).chain(companions).flat_map(|name| full(name)));
                }
            }
        }
        names.extend(
            self.values
                .entries
                .iter()
                .filter(|entry| !entry.value.is_empty())
                .filter_map(paired_key),
        );
        let names = names
            .into_iter()
            .filter(|name| is_present(name) && self.values.given_text(name).is_none());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.dedup();
        names
    }

    /// Of secrets that the draft gives, cures name the way in which it gives them.
    pub(super) fn keep_secret_places(&self, settings: &mut InstanceSettings) {
        let own = [
            (CredentialPurpose::Scan, Some(&mut settings.credential)),
            (CredentialPurpose::Next, settings.next_credential.as_mut()),
            (CredentialPurpose::Actions, settings.actions_credential.as_mut()),
        ];
        for (purpose, credential) in own {
            let prefix = purpose.key_prefix();
            let is_given = [format!("{prefix}secret"), format!("{prefix}secret_file")]
                .iter()
                .any(|name| self.values.given_text(name).is_some());
            if let Some(credential) = credential.filter(|_| is_given) {
                credential.secret_place = find_secret_place(&self.values, prefix);
            }
        }
    }

    /// Settings without any data folder. Fails with the first complaint.
    pub fn build_settings(&self) -> Result<InstanceSettings, SettingsError> {
        self.build_settings_with(None)
    }

    /// The same where the draft may hold sealed text of an instance.
    pub fn build_settings_with(&self, seal: Option<InstanceSeal<'_>>) -> Result<InstanceSettings, SettingsError> {
        build_instance(&self.values, SecretOpener { seal }).map_err(super::data_folder::first_error)
    }

    /// Everything that is wrong with it, where [`Self::build_settings_with`] tells the first complaint.
    pub fn find_errors(&self, seal: Option<InstanceSeal<'_>>) -> Vec<SettingsError> {
        build_instance(&self.values, SecretOpener { seal })
            .err()
            .unwrap_or_default()
    }

    /// Whether `change` may be laid over this, whatever else is wrong with it.
    pub fn check_change(&self, change: &InstanceDraft) -> Result<(), SettingsError> {
        check_change(&self.values, change)
    }

    /// Whether it names a file that is read again and again, so that its content can't take its place.
    pub fn has_reread_file(&self) -> bool {
        let lasting =
            |entry: &&SettingEntry| entry.key.kind == ValueKind::Path && self.values.content_key(entry.key).is_none();
        self.values
            .entries
            .iter()
            .filter(lasting)
            .any(|entry| !entry.value.is_empty())
    }

    /// As written in the draft, secrets left out.
    pub fn get(&self, name: &str) -> Option<&str> {
        let entry = self.values.find_entry(name)?;
        Some(entry.value.as_str()).filter(|_| !entry.key.is_secret())
    }

    /// Names of the keys that the draft gives or takes away, for the audit trail.
    pub fn key_names(&self) -> Vec<String> {
        self.values.entries.iter().map(|entry| entry.name.clone()).collect()
    }

    /// Of a file: the keys of earlier versions that stand in it and do nothing, and what to do about them.
    pub fn retired_keys(&self) -> Option<(Vec<&str>, &'static str)> {
        let names: Vec<&str> = self.values.retired.iter().map(|(name, _)| name.as_str()).collect();
        let advice = self.values.table.find_retired(names.first()?)?.advice;
        Some((names, advice))
    }

    /// The draft as the API takes it: the content of every file in place of its name. A file that is read again and
    /// again can't be given so. For a command that is a client of a running bus; goes over TLS or loopback only.
    pub fn to_request(&self) -> Result<Value, SettingsError> {
        let opener = SecretOpener { seal: None };
        opener.check_pem_files(&self.values)?;
        let mut object = Map::new();
        for entry in &self.values.entries {
            let secret = entry
                .name
                .strip_suffix("_file")
                .and_then(|name| self.values.table.find_key(name))
                .filter(|key| key.is_secret());
            if entry.value.is_empty() {
                object.insert(entry.name.clone(), Value::Null);
            } else if let Some(secret) = secret {
                let name = entry.name.trim_end_matches("_file");
                let Some((_, bytes)) = opener.open_bytes(&self.values, name)? else {
                    continue;
                };
                let text = match secret.kind {
                    ValueKind::SecretBytes => STANDARD.encode(bytes.as_slice()),
                    _ => opener
                        .open_text(&self.values, name)?
                        .map(|(_, text)| expose_secret_text(&text))
                        .unwrap_or_default(),
                };
                object.insert(name.to_owned(), Value::String(text));
            } else if entry.key.kind == ValueKind::Path {
                let advice =
                    "set it there while the bus is stopped: intune-connector instances token-file NAME FILE --data DIR";
                return Err(self.values.entry_error(
                    &entry.name,
                    "names a file on the bus machine, which requests must not do",
                    advice,
                ));
            } else {
                object.insert(entry.name.clone(), Value::String(entry.value.as_str().to_owned()));
            }
        }
        Ok(Value::Object(object))
    }
}

/// `x_file` for the secret `x` and the other way round.
fn paired_key(entry: &SettingEntry) -> Option<String> {
    let is_secret = |name: &str| INSTANCE_TABLE.find_key(name).is_some_and(|key| key.is_secret());
    match entry.name.strip_suffix("_file") {
        Some(name) => Some(name.to_owned()).filter(|name| is_secret(name)),
        None => Some(format!("{}_file", entry.name)).filter(|_| entry.key.is_secret()),
    }
}

fn expose_secret_text(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}
