//! A file that is the answer, sent piece by piece. It lies on the disk without a name, and goes with this.

use std::fs::File;

use axum::body::{Body as HttpBody, Bytes};
use futures_util::stream;
use tokio::io::AsyncReadExt;
use tokio::sync::OwnedSemaphorePermit;

/// Read and sent at once, bytes.
const CHUNK: usize = 64 << 10;

pub(super) struct FileStream {
    /// What it is, for the log.
    what: &'static str,
    file: tokio::fs::File,
    remaining_bytes: u64,
    _permit: OwnedSemaphorePermit,
}

impl FileStream {
    /// From where the file stands, so many bytes.
    pub(super) fn new(what: &'static str, file: File, bytes: u64, permit: OwnedSemaphorePermit) -> FileStream {
        FileStream {
            what,
            file: tokio::fs::File::from_std(file),
            remaining_bytes: bytes,
            _permit: permit,
        }
    }

    pub(super) fn into_body(self) -> HttpBody {
        HttpBody::from_stream(stream::unfold(self, FileStream::next))
    }

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
                tracing::error!(error = %error, what = self.what, "a file was sent in part only");
                self.remaining_bytes = 0;
                Some((Err(error), self))
            }
        }
    }
}
