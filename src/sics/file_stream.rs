//! A file that was made for an answer, sent piece by piece. It lies on the disk without a name, and goes with its answer.

use std::fs::File;

use axum::body::{Body as HttpBody, Bytes};
use axum::http::StatusCode;
use futures_util::stream;
use tokio::io::AsyncReadExt;
use tokio::sync::OwnedSemaphorePermit;

use super::Sics;
use super::problem::ApiProblem;

/// Read and sent at once, bytes.
const CHUNK: usize = 64 << 10;
/// What stays free on the disk beside the file, bytes.
const SPARE: u64 = 64 << 20;

/// The file from where it stands on, of so many bytes; the permit is held for as long as it is sent.
pub(super) fn stream_file(file: File, bytes: u64, permit: OwnedSemaphorePermit) -> HttpBody {
    let sending = FileStream {
        file: tokio::fs::File::from_std(file),
        remaining_bytes: bytes,
        _permit: permit,
    };
    HttpBody::from_stream(stream::unfold(sending, FileStream::next))
}

/// A file of the whole store, or of a part of it, needs as much room as the store at most. `what`: is to be made.
pub(super) fn require_room(sics: &Sics, code: &str, what: &str) -> Result<(), ApiProblem> {
    let needed = sics.store().size_bytes().saturating_add(SPARE);
    match sics.store().free_bytes() {
        Ok(Some(free)) if free < needed => Err(ApiProblem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            code,
            format!(
                "{what} needs {} MiB on the disk of the data folder; {} MiB are free",
                needed >> 20,
                free >> 20
            ),
            "Free up space there and try again.",
        )),
        _ => Ok(()),
    }
}

struct FileStream {
    file: tokio::fs::File,
    remaining_bytes: u64,
    _permit: OwnedSemaphorePermit,
}

impl FileStream {
    async fn next(mut self) -> Option<(std::io::Result<Bytes>, FileStream)> {
        if self.remaining_bytes == 0 {
            return None;
        }
        let mut chunk = vec![0; CHUNK.min(usize::try_from(self.remaining_bytes).unwrap_or(CHUNK))];
        match self.file.read_exact(&mut chunk).await {
            Ok(_) => {
                self.remaining_bytes -= chunk.len() as u64;
                Some((Ok(Bytes::from(chunk)), self))
            }
            Err(error) => {
                tracing::error!(error = %error, "sending a file was interrupted");
                self.remaining_bytes = 0;
                Some((Err(error), self))
            }
        }
    }
}
