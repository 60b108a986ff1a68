//! Settings files as text: how one is read, and how a person is told what stands in the way.

use std::io;
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::error::{InvalidSetting, SettingsError};
use crate::config::instance_keys::INSTANCE_TABLE;
use crate::config::line_edits::LineEdit;
use crate::files;

/// New lines in the order of the table; replaced ones stay where they are anyway.
pub(super) fn sort_by_table(mut edits: Vec<LineEdit>) -> Vec<LineEdit> {
    edits.sort_by_cached_key(|edit| match edit {
        LineEdit::Set { name, .. } => {
            let row = INSTANCE_TABLE.find_key(name).map(|key| key.name);
            (
                INSTANCE_TABLE.keys.iter().position(|key| Some(key.name) == row),
                name.len(),
                name.clone(),
            )
        }
        LineEdit::Remove { name } | LineEdit::Replace { from: name, .. } => (None, 0, name.clone()),
    });
    edits
}

pub(super) fn path_exists(path: &Path) -> Result<bool, SettingsError> {
    path.try_exists().map_err(|error| file_error("look for", path, &error))
}

/// Whether a path leads into the folder, by its words alone: what stands there may not exist yet.
pub(super) fn is_within(path: &Path, folder: &Path) -> bool {
    follow_parents(path).starts_with(follow_parents(folder))
}

/// The same path without `.` and `..`.
fn follow_parents(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

pub(in crate::config) fn file_error(what: &str, path: &Path, error: &io::Error) -> SettingsError {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "check the path".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "check who owns the folder and which account this process runs as".to_owned()
        }
        io::ErrorKind::StorageFull => "free up disk space".to_owned(),
        io::ErrorKind::InvalidFilename => "choose a shorter name".to_owned(),
        io::ErrorKind::NotADirectory => "check the path: a part of it is a file, not a folder".to_owned(),
        // Read and written it could be, but it is something else than a file.
        _ if path.exists() && !path.is_file() && what == "read" => {
            format!("move it away: mv {0} {0}.old", files::shell_word(path))
        }
        io::ErrorKind::InvalidInput => "check that it is the right file".to_owned(),
        _ => "check that the data folder can be read and written".to_owned(),
    };
    InvalidSetting::new(format!("failed to {what} it: {error}"), advice).with_location(
        &path.display().to_string(),
        None,
        "",
    )
}

/// The text of a settings file; with the line where it is no UTF-8.
pub(in crate::config) fn read_settings_text(path: &Path) -> Result<Zeroizing<String>, SettingsError> {
    let bytes = files::read_file(path, files::TEXT_MAX).map_err(|error| file_error("read", path, &error.into()))?;
    match std::str::from_utf8(&bytes) {
        // As Windows writes it; what is written there later is UTF-8.
        _ if files::not_text(&bytes) == Some("UTF-16 text") => files::decode_text(&bytes).map_err(|what| {
            let invalid = InvalidSetting::new(format!("the file is {what}"), "save it as UTF-8");
            invalid.with_location(&path.display().to_string(), None, "")
        }),
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).ok();
            let invalid = InvalidSetting::new("the file is not UTF-8 text", "save it as UTF-8");
            Err(invalid.with_location(&path.display().to_string(), line, ""))
        }
    }
}

/// All complaints as one: the first, and the others with file and line behind its advice.
pub(in crate::config) fn combine_errors(errors: Vec<SettingsError>) -> SettingsError {
    let others: Vec<String> = errors
        .iter()
        .skip(1)
        .map(|error| format!("\n  also: {error}"))
        .collect();
    let mut first = first_error(errors);
    first.advice.push_str(&others.concat());
    first
}

/// Where one complaint has to stand for all.
pub(in crate::config) fn first_error(errors: Vec<SettingsError>) -> SettingsError {
    errors.into_iter().next().expect("a failure has at least one error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_within_a_folder_by_where_it_leads() {
        let leads_within = |path: &str| is_within(Path::new(path), Path::new("/srv/bus"));
        assert!(leads_within("/srv/bus/mark") && leads_within("/srv/other/../bus/./mark"));
        assert!(!leads_within("/srv/bus/../mark") && !leads_within("/srv/business/mark"));
    }
}
