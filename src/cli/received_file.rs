//! A file of what the bus answers. It has its name only when it is whole; a file that exists is never replaced.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use reqwest::Response;

use super::backup::file_exists_failure;
use super::failure::{CommandFailure, error_chain};
use crate::store::PartFile;

/// Before the bus is asked: whether the name is free.
pub(crate) fn require_new_file(file: &Path) -> Result<(), CommandFailure> {
    if file.symlink_metadata().is_ok() {
        Err(file_exists_failure(file))
    } else {
        Ok(())
    }
}

/// Writes the answer piece by piece.
pub(crate) async fn receive_file(mut answer: Response, file: &Path) -> Result<(), CommandFailure> {
    let mut part = NewFile::begin(file)?;
    loop {
        let chunk = answer.chunk().await.map_err(|error| {
            let why = error_chain(&error.without_url());
            CommandFailure::general_error(format!("the export was interrupted: {why}"), "try again")
        })?;
        let Some(chunk) = chunk else { break };
        part.write_piece(&chunk)?;
    }
    part.finish_file()
}

/// Writes a text as it is.
pub(crate) fn write_text_file(text: &str, file: &Path) -> Result<(), CommandFailure> {
    let mut part = NewFile::begin(file)?;
    part.write_piece(text.as_bytes())?;
    part.finish_file()
}

/// A file that has no name yet.
struct NewFile<'a> {
    file: &'a Path,
    part: PartFile,
    out: File,
}

impl NewFile<'_> {
    fn begin(file: &Path) -> Result<NewFile<'_>, CommandFailure> {
        let part = PartFile::create_beside(file).map_err(|error| write_failure(file, &error))?;
        let out = OpenOptions::new().write(true).open(part.path());
        let out = out.map_err(|error| write_failure(file, &error))?;
        Ok(NewFile { file, part, out })
    }

    fn write_piece(&mut self, piece: &[u8]) -> Result<(), CommandFailure> {
        self.out
            .write_all(piece)
            .map_err(|error| write_failure(self.file, &error))
    }

    fn finish_file(self) -> Result<(), CommandFailure> {
        self.part
            .persist_noclobber(self.file)
            .map_err(|error| write_failure(self.file, &error))
    }
}

fn write_failure(file: &Path, error: &io::Error) -> CommandFailure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => file_exists_failure(file),
        _ => CommandFailure::file_error("write", file, error),
    }
}
