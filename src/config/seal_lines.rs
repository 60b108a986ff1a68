//! Secrets in clear become sealed ones, in the text of a file or in the lines that a draft is written as.

use zeroize::Zeroizing;

use super::build_credential::SecretOpener;
use super::error::{InvalidSetting, SettingsError};
use super::ini_reader;
use super::instance_keys::INSTANCE_TABLE;
use super::keys::ValueKind;
use super::line_edits::{self, LineEdit};
use super::secret_key::{InstanceSeal, SealError, is_sealed};
use super::setting_values::{SettingEntry, SettingValues};

/// Whether anything waits to be sealed.
pub(super) fn has_clear_secrets(values: &SettingValues) -> bool {
    values
        .entries
        .iter()
        .any(|entry| clear_secret_key(values, entry).is_some())
}

/// `text`, of which `values` were read, with every secret sealed. Only the lines of secrets change.
pub(super) fn seal_lines(
    values: &SettingValues,
    text: &str,
    seal: InstanceSeal<'_>,
) -> Result<Zeroizing<String>, SettingsError> {
    let mut edits = Vec::new();
    for entry in &values.entries {
        if let Some((name, value)) = seal_entry(values, entry, seal)? {
            edits.push(LineEdit::Replace {
                from: entry.name.clone(),
                to: name,
                value,
            });
        }
    }
    Ok(Zeroizing::new(line_edits::apply_edits(values.table, text, &edits)))
}

/// The text of a file with what an earlier version sealed sealed anew, for the instance and the key where it stands (E7);
/// how many lines that were, and what can't be opened and stays as it is. Looks at the lines alone: a file whose values
/// do not fit each other keeps its secrets, too.
pub(super) fn reseal_lines(
    label: &str,
    text: &str,
    seal: InstanceSeal<'_>,
) -> Result<(String, usize, Vec<SettingsError>), SettingsError> {
    let raw = ini_reader::read_ini(label, text).map_err(super::data_folder::first_error)?;
    let (mut edits, mut complaints) = (Vec::new(), Vec::new());
    for entry in raw.entries {
        match seal.reseal_old(&entry.key, &entry.value) {
            Ok(None) => (),
            Ok(Some(value)) => edits.push(LineEdit::Replace {
                from: entry.key.clone(),
                to: entry.key,
                value,
            }),
            Err(error) => {
                let invalid = InvalidSetting::new(error.problem(), error.advice());
                complaints.push(invalid.with_location(label, Some(entry.line), &entry.key));
            }
        }
    }
    Ok((
        line_edits::apply_edits(&INSTANCE_TABLE, text, &edits),
        edits.len(),
        complaints,
    ))
}

/// The lines that keep a draft.
pub(super) fn draft_edits(values: &SettingValues, seal: InstanceSeal<'_>) -> Result<Vec<LineEdit>, SettingsError> {
    let mut edits = Vec::new();
    for entry in &values.entries {
        let name = entry.name.clone();
        if entry.value.is_empty() {
            edits.push(LineEdit::Remove { name });
        } else if let Some((name, value)) = seal_entry(values, entry, seal)? {
            edits.push(LineEdit::Set { name, value });
        } else {
            let value = match entry.key.kind {
                ValueKind::Path => values.absolute_path(&name).unwrap_or_default().display().to_string(),
                _ => entry.value.as_str().to_owned(),
            };
            edits.push(LineEdit::Set { name, value });
        }
    }
    Ok(edits)
}

/// The secret's key where an entry holds or names a secret in clear.
fn clear_secret_key<'a>(values: &SettingValues, entry: &'a SettingEntry) -> Option<&'a str> {
    let name = match entry.name.strip_suffix("_file") {
        _ if entry.key.is_secret() => entry.name.as_str(),
        Some(name) if values.table.find_key(name).is_some_and(|key| key.is_secret()) => name,
        _ => return None,
    };
    let is_done = entry.value.is_empty() || (entry.key.is_secret() && is_sealed(&entry.value));
    Some(name).filter(|_| !is_done)
}

/// For such an entry: the key and the sealed value to write in its place.
fn seal_entry(
    values: &SettingValues,
    entry: &SettingEntry,
    seal: InstanceSeal<'_>,
) -> Result<Option<(String, String)>, SettingsError> {
    let Some(name) = clear_secret_key(values, entry) else {
        return Ok(None);
    };
    let opener = SecretOpener { seal: Some(seal) };
    let is_text = values
        .table
        .find_key(name)
        .is_some_and(|key| key.kind == ValueKind::SecretText);
    if is_text {
        // The same checks as at use: a secret that could never be read must not be sealed.
        opener.open_text(values, name)?;
    }
    let Some((_, clear)) = opener.open_bytes(values, name)? else {
        return Ok(None);
    };
    let fail = |error: SealError| values.entry_error(&entry.name, error.problem(), error.advice());
    Ok(Some((name.to_owned(), seal.seal_secret(name, &clear).map_err(fail)?)))
}
