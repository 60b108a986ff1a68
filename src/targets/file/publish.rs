//! Writes the files of a target: the list of what has gone, the file of what is there, and last the record file. Each is the old
//! one or the new one, whenever the process dies.
//!
//! *A device is in one of the two lists, or for a moment in both, never in neither*, when it goes: the list of what has gone is
//! written first. When it comes back, it is in neither for as long as it takes to write a file.
//!
//! *A file of others is never replaced.* Before a name is used for the first time, nothing may stand there; then the record file
//! says that it is ours, and only then is the file made.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openssl::sha::Sha256;

use super::columns::with_gone_columns;
use super::io_fault::{look_at, missing_folder, write_fault};
use super::record_file::{KeptRecords, record_path, write_records};
use super::record_table::{FileRecord, TouchedRows};
use super::render::write_rows;
use crate::config::{FileFormat, FileSettings, GoneDevices, OutputPlace};
use crate::files::{create_data_folder, open_file, replace_data_file_with, replace_shared_file_with, shell_word};
use crate::targets::TargetFault;

/// Larger files are not compared with what they should be, but written.
const COMPARED_MAX: u64 = 4 << 30;

/// A file for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputFile {
    pub path: PathBuf,
    /// By which the record file knows it as ours. In a folder of the target its name, as the data folder may be moved; the same
    /// name in another folder is another file.
    claim: String,
    columns: Vec<String>,
    rows: RowChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowChoice {
    Present,
    Gone,
    All,
}

impl RowChoice {
    fn has(self, record: &FileRecord) -> bool {
        match self {
            RowChoice::Present => !record.is_gone(),
            RowChoice::Gone => record.is_gone(),
            RowChoice::All => true,
        }
    }

    fn is_touched(self, touched: TouchedRows) -> bool {
        match self {
            RowChoice::Present => touched.active,
            RowChoice::Gone => touched.gone,
            RowChoice::All => touched.is_any(),
        }
    }
}

/// The files of a target, in the order in which they are written.
pub(super) fn list_outputs(settings: &FileSettings, place: &OutputPlace) -> Vec<OutputFile> {
    let ending = match settings.format {
        FileFormat::Csv(_) => "csv",
        FileFormat::Ndjson => "ndjson",
    };
    let output = |name: String, columns: Vec<String>, rows| {
        let path = place.folder.join(&name);
        OutputFile {
            claim: if place.is_shared() {
                path.to_string_lossy().into_owned()
            } else {
                name
            },
            path,
            columns,
            rows,
        }
    };
    let main = format!("{}.{ending}", settings.file_name);
    match settings.gone_devices {
        GoneDevices::Column => vec![output(main, with_gone_columns(&settings.columns), RowChoice::All)],
        GoneDevices::List => vec![
            output(
                format!("{}-gone.{ending}", settings.file_name),
                with_gone_columns(&settings.columns),
                RowChoice::Gone,
            ),
            output(main, settings.columns.clone(), RowChoice::Present),
        ],
    }
}

/// Which files do not hold what they should: they are missing, somebody changed them, or the settings are others.
pub(super) fn find_outdated(settings: &FileSettings, place: &OutputPlace, kept: &KeptRecords) -> Vec<OutputFile> {
    let mut outputs = list_outputs(settings, place);
    outputs.retain(|output| {
        let is = digest_file(&output.path);
        let should = digest_rows(settings.format, output, kept);
        !matches!((is, should), (Ok(is), Ok(should)) if is == should)
    });
    outputs
}

/// Those in which a change shows, and those that are not made yet.
pub(super) fn find_touched(
    settings: &FileSettings,
    place: &OutputPlace,
    kept: &KeptRecords,
    touched: TouchedRows,
) -> Vec<OutputFile> {
    let mut outputs = list_outputs(settings, place);
    outputs.retain(|output| output.rows.is_touched(touched) || !kept.made.contains(&output.claim));
    outputs
}

/// Writes these files, and what is kept of them. `before`: what the disk has; `next`: what it is to have. Answers what is kept
/// now. Where it fails, the disk has each file old or new, and the same again brings all to the new state.
pub(super) fn publish_files(
    settings: &FileSettings,
    place: &OutputPlace,
    outputs: &[OutputFile],
    before: &KeptRecords,
    next: KeptRecords,
) -> Result<KeptRecords, TargetFault> {
    prepare_folders(place)?;
    let made = claim_names(place, outputs, before)?;
    let next = KeptRecords { made, ..next };
    for output in outputs {
        write_output(settings.format, place, output, &next).map_err(|error| write_fault(&output.path, &error))?;
    }
    keep_records(place, &next)?;
    Ok(next)
}

fn prepare_folders(place: &OutputPlace) -> Result<(), TargetFault> {
    create_data_folder(&place.own_folder).map_err(|error| write_fault(&place.own_folder.join("x"), &error))?;
    // A listed one is not made: it may be where a disk is mounted.
    if place.folder.is_dir() {
        Ok(())
    } else {
        Err(missing_folder(&place.folder))
    }
}

/// Notes the names that are used for the first time, before they are. All names that are ours.
fn claim_names(
    place: &OutputPlace,
    outputs: &[OutputFile],
    before: &KeptRecords,
) -> Result<BTreeSet<String>, TargetFault> {
    let mut claimed = before.clone();
    for output in outputs {
        check_free(output, before)?;
        claimed.made.insert(output.claim.clone());
    }
    if claimed.made != before.made {
        keep_records(place, &claimed)?;
    }
    Ok(claimed.made)
}

/// Whether a file may be written: nothing of another stands there.
pub(super) fn check_free(output: &OutputFile, kept: &KeptRecords) -> Result<(), TargetFault> {
    let Some(facts) = look_at(&output.path)? else {
        return Ok(());
    };
    let shown = output.path.display();
    if facts.is_dir() {
        return Err(TargetFault::Misconfigured {
            problem: format!("{shown} is a folder"),
            advice: "move it away, or set another `file_name`: intune-connector instances reconfigure TARGET"
                .to_owned(),
        });
    }
    if kept.made.contains(&output.claim) {
        return Ok(());
    }
    Err(TargetFault::Misconfigured {
        problem: format!("{shown} is there already, and this target did not make it"),
        advice: format!(
            "set another `file_name`: intune-connector instances reconfigure TARGET; or move it away: mv {} {}",
            shell_word(&output.path),
            shell_word(&output.path.with_extension("old"))
        ),
    })
}

pub(super) fn keep_records(place: &OutputPlace, kept: &KeptRecords) -> Result<(), TargetFault> {
    let path = record_path(place);
    replace_data_file_with(&path, |file| write_records(file, kept)).map_err(|error| write_fault(&path, &error))
}

fn write_output(format: FileFormat, place: &OutputPlace, output: &OutputFile, kept: &KeptRecords) -> io::Result<()> {
    if place.is_shared() {
        replace_shared_file_with(&output.path, &place.data_folder, |file| {
            write_kept(file, format, output, kept)
        })
    } else {
        replace_data_file_with(&output.path, |file| write_kept(file, format, output, kept))
    }
}

fn write_kept(out: &mut dyn Write, format: FileFormat, output: &OutputFile, kept: &KeptRecords) -> io::Result<()> {
    let records = kept.table.records().filter(|record| output.rows.has(record));
    write_rows(out, format, &output.columns, records)
}

/// Takes bytes, and keeps their digest.
struct DigestWriter(Sha256);

impl Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn digest_rows(format: FileFormat, output: &OutputFile, kept: &KeptRecords) -> io::Result<[u8; 32]> {
    let mut digest = DigestWriter(Sha256::new());
    write_kept(&mut digest, format, output, kept)?;
    Ok(digest.0.finish())
}

fn digest_file(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, _) = open_file(path, COMPARED_MAX)?;
    let mut digest = DigestWriter(Sha256::new());
    io::copy(&mut file, &mut digest)?;
    Ok(digest.0.finish())
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
