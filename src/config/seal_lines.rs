//! Secrets in clear become sealed ones, in the text of a file or in the lines that a draft is written as.

use std::path::Path;

use zeroize::Zeroizing;

use super::build_credential::Opener;
use super::edit::{self, Edit};
use super::error::SettingsError;
use super::folder::first;
use super::keys::{Table, ValueKind};
use super::secret_key::{SecretKey, is_sealed};
use super::values::{Entry, Values};

/// The text with every secret sealed, or `None` where nothing was in clear. Only the lines of secrets change.
pub(super) fn seal_lines(
    table: &'static Table,
    path: &Path,
    text: &str,
    key: &SecretKey,
) -> Result<Option<Zeroizing<String>>, SettingsError> {
    let values = Values::from_ini(table, path, text).map_err(first)?;
    let mut edits = Vec::new();
    for entry in &values.entries {
        if let Some((name, value)) = sealed(&values, entry, key)? {
            edits.push(Edit::Replace {
                from: entry.name.clone(),
                to: name,
                value,
            });
        }
    }
    Ok(Some(edits)
        .filter(|edits| !edits.is_empty())
        .map(|edits| Zeroizing::new(edit::apply(table, text, &edits))))
}

/// The lines that keep a draft.
pub(super) fn edits_of(values: &Values, key: &SecretKey) -> Result<Vec<Edit>, SettingsError> {
    let mut edits = Vec::new();
    for entry in &values.entries {
        let name = entry.name.clone();
        if entry.value.is_empty() {
            edits.push(Edit::Remove { name });
        } else if let Some((name, value)) = sealed(values, entry, key)? {
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

/// For an entry that holds or names a secret in clear: the key and the sealed value to write in its place.
fn sealed(values: &Values, entry: &Entry, key: &SecretKey) -> Result<Option<(String, String)>, SettingsError> {
    let name = match entry.name.strip_suffix("_file") {
        _ if entry.key.secret => entry.name.as_str(),
        Some(name) if values.table.find(name).is_some_and(|key| key.secret) => name,
        _ => return Ok(None),
    };
    if entry.value.is_empty() || (entry.key.secret && is_sealed(&entry.value)) {
        return Ok(None);
    }
    let opener = Opener { key: Some(key) };
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
    let text = key
        .seal(&clear)
        .map_err(|error| values.error(&entry.name, error.problem(), error.advice()))?;
    Ok(Some((name.to_owned(), text)))
}
