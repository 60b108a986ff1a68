//! Secrets in clear become sealed ones, in the text of a file or in the lines that a draft is written as.

use zeroize::Zeroizing;

use super::build_credential::Opener;
use super::edit::{self, Edit};
use super::error::{Complaint, SettingsError};
use super::instance_keys::INSTANCE_TABLE;
use super::keys::ValueKind;
use super::reader;
use super::secret_key::{InstanceSeal, SealError, is_sealed};
use super::values::{Entry, Values};

/// Whether anything waits to be sealed.
pub(super) fn holds_clear_secrets(values: &Values) -> bool {
    values.entries.iter().any(|entry| clear_secret(values, entry).is_some())
}

/// `text`, of which `values` were read, with every secret sealed. Only the lines of secrets change.
pub(super) fn seal_lines(
    values: &Values,
    text: &str,
    seal: InstanceSeal<'_>,
) -> Result<Zeroizing<String>, SettingsError> {
    let mut edits = Vec::new();
    for entry in &values.entries {
        if let Some((name, value)) = sealed(values, entry, seal)? {
            edits.push(Edit::Replace {
                from: entry.name.clone(),
                to: name,
                value,
            });
        }
    }
    Ok(Zeroizing::new(edit::apply(values.table, text, &edits)))
}

/// The text of a file with what an earlier version sealed sealed anew, for the instance and the key where it stands (E7);
/// how many lines that were, and what can't be opened and stays as it is. Looks at the lines alone: a file whose values
/// do not fit each other keeps its secrets, too.
pub(super) fn seal_lines_anew(
    label: &str,
    text: &str,
    seal: InstanceSeal<'_>,
) -> Result<(String, usize, Vec<SettingsError>), SettingsError> {
    let raw = reader::read(label, text).map_err(super::folder::first)?;
    let (mut edits, mut complaints) = (Vec::new(), Vec::new());
    for entry in raw.entries {
        match seal.seal_anew(&entry.key, &entry.value) {
            Ok(None) => (),
            Ok(Some(value)) => edits.push(Edit::Replace {
                from: entry.key.clone(),
                to: entry.key,
                value,
            }),
            Err(error) => {
                let complaint = Complaint::new(error.problem(), error.advice());
                complaints.push(complaint.at(label, Some(entry.line), &entry.key));
            }
        }
    }
    Ok((edit::apply(&INSTANCE_TABLE, text, &edits), edits.len(), complaints))
}

/// The lines that keep a draft.
pub(super) fn edits_of(values: &Values, seal: InstanceSeal<'_>) -> Result<Vec<Edit>, SettingsError> {
    let mut edits = Vec::new();
    for entry in &values.entries {
        let name = entry.name.clone();
        if entry.value.is_empty() {
            edits.push(Edit::Remove { name });
        } else if let Some((name, value)) = sealed(values, entry, seal)? {
            edits.push(Edit::Set { name, value });
        } else {
            let value = match entry.key.kind {
                ValueKind::Path => values.path(&name).unwrap_or_default().display().to_string(),
                _ => entry.value.as_str().to_owned(),
            };
            edits.push(Edit::Set { name, value });
        }
    }
    Ok(edits)
}

/// The secret's key where an entry holds or names a secret in clear.
fn clear_secret<'a>(values: &Values, entry: &'a Entry) -> Option<&'a str> {
    let name = match entry.name.strip_suffix("_file") {
        _ if entry.key.is_secret() => entry.name.as_str(),
        Some(name) if values.table.find(name).is_some_and(|key| key.is_secret()) => name,
        _ => return None,
    };
    let is_done = entry.value.is_empty() || (entry.key.is_secret() && is_sealed(&entry.value));
    Some(name).filter(|_| !is_done)
}

/// For such an entry: the key and the sealed value to write in its place.
fn sealed(values: &Values, entry: &Entry, seal: InstanceSeal<'_>) -> Result<Option<(String, String)>, SettingsError> {
    let Some(name) = clear_secret(values, entry) else {
        return Ok(None);
    };
    let opener = Opener { seal: Some(seal) };
    let is_text = values
        .table
        .find(name)
        .is_some_and(|key| key.kind == ValueKind::SecretText);
    if is_text {
        // The same checks as at use: a secret that could never be read must not be sealed.
        opener.text(values, name)?;
    }
    let Some((_, clear)) = opener.bytes(values, name)? else {
        return Ok(None);
    };
    let fail = |error: SealError| values.error(&entry.name, error.problem(), error.advice());
    Ok(Some((name.to_owned(), seal.seal(name, &clear).map_err(fail)?)))
}
