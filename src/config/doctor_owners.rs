//! Who owns what lies in a data folder: the bus runs under one account, and what another one has made there it can
//! neither read nor write.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::doctor_finding::{DoctorFinding, FindingLevel};
use crate::files::shell_word;

/// Files and folders looked at; logs and packages are a few hundred.
const LOOKED_AT_MAX: usize = 20_000;
/// Of those that have another owner, so many are named.
const NAMED_MAX: usize = 20;

/// Warns of everything in `folder` whose owner is not the folder's own.
pub(super) fn examine_owners(folder: &Path) -> Vec<DoctorFinding> {
    // The advice is for another shell, which may stand elsewhere.
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let Ok(own) = fs::metadata(folder) else {
        return Vec::new();
    };
    let mut foreign: Vec<(PathBuf, u32)> = list_content(folder)
        .into_iter()
        .filter_map(|path| Some((path.symlink_metadata().ok()?.uid(), path)))
        .filter(|(owner, _)| *owner != own.uid())
        .map(|(owner, path)| (path, owner))
        .collect();
    foreign.sort();
    let unnamed = foreign.len().saturating_sub(NAMED_MAX);
    let warning = |subject: String, text: String, path: &Path| DoctorFinding {
        level: FindingLevel::Warning,
        subject,
        text,
        advice: format!(
            "as root: chown --no-dereference --reference={} {}",
            shell_word(folder),
            shell_word(path)
        ),
    };
    let named = foreign.iter().take(NAMED_MAX).map(|(path, owner)| {
        let text = format!(
            "belongs to user id {owner}, but the data folder to user id {}: the bus may be unable to use it",
            own.uid()
        );
        warning(path.display().to_string(), text, path)
    });
    let mut findings: Vec<DoctorFinding> = named.collect();
    if unnamed > 0 {
        findings.push(DoctorFinding {
            level: FindingLevel::Warning,
            subject: folder.display().to_string(),
            text: format!("{unnamed} more files or folders in it belong to another user"),
            advice: format!(
                "as root: chown --recursive --no-dereference --reference={0} {0}",
                shell_word(folder)
            ),
        });
    }
    findings
}

/// Everything below a folder, up to a bound; links are not followed.
fn list_content(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            if found.len() >= LOOKED_AT_MAX {
                return found;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    found
}
