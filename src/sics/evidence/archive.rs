//! The signed file: a ZIP, each of whose files is hashed while it is written. Behind them stands `MANIFEST`, a line a file
//! as `sha256sum` writes them, and `SIGNATURE`, over the manifest, with the public key.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use openssl::sha::{Sha256, sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::bus::package::{KeyError, PrivateKey};
use crate::files::open_data_file;
use crate::store::StoreError;

pub(super) const MANIFEST: &str = "MANIFEST";
pub(super) const SIGNATURE: &str = "SIGNATURE";
/// First line of what is signed, and of the signature.
pub(super) const WHAT: &str = "bus evidence signature 1";

/// On its way; what is written goes into the file that was begun last.
pub(super) struct EvidenceArchive {
    zip: ZipWriter<File>,
    hash: Sha256,
    manifest: String,
}

/// Signed, and without a name on the disk.
pub(super) struct FinishedArchive {
    /// From its begin on.
    pub(super) file: File,
    pub(super) bytes: u64,
    /// Of the manifest, and so of all that it lists.
    pub(super) manifest_sha256: [u8; 32],
}

impl EvidenceArchive {
    /// In a folder, for its owner alone; the file has no name any more when this returns, so it is gone when it is closed,
    /// however the process ends.
    pub(super) fn create_in(folder: &Path) -> io::Result<EvidenceArchive> {
        let path = folder.join(format!(".evidence.{}.tmp", uuid::Uuid::new_v4()));
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let file = open_data_file(&path, &options)?;
        std::fs::remove_file(&path)?;
        Ok(EvidenceArchive {
            zip: ZipWriter::new(file),
            hash: Sha256::new(),
            manifest: String::new(),
        })
    }

    /// One file, written by `write`.
    pub(super) fn write_file_with<T>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut EvidenceArchive) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin_file(name)
            .map_err(|error| StoreError::from_io_error(&error))?;
        let answer = write(self)?;
        self.end_file(name);
        Ok(answer)
    }

    /// The same of what is there already.
    pub(super) fn write_file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.begin_file(name)?;
        self.write_all(content)?;
        self.end_file(name);
        Ok(())
    }

    fn begin_file(&mut self, name: &str) -> io::Result<()> {
        self.hash = Sha256::new();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(0o644)
            .large_file(true);
        Ok(self.zip.start_file(name, options)?)
    }

    fn end_file(&mut self, name: &str) {
        let hash = std::mem::take(&mut self.hash).finish();
        self.manifest.push_str(&format!("{}  {name}\n", hex::encode(hash)));
    }

    /// Signs what was written.
    pub(super) fn finish(mut self, key: &PrivateKey) -> io::Result<FinishedArchive> {
        let manifest = std::mem::take(&mut self.manifest);
        let signature = sign_manifest(key, &manifest).map_err(io::Error::other)?;
        self.write_file(MANIFEST, manifest.as_bytes())?;
        self.write_file(SIGNATURE, signature.as_bytes())?;
        let mut file = self.zip.finish()?;
        let bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(0))?;
        Ok(FinishedArchive {
            file,
            bytes,
            manifest_sha256: sha256(manifest.as_bytes()),
        })
    }
}

impl Write for EvidenceArchive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.zip.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

fn sign_manifest(key: &PrivateKey, manifest: &str) -> Result<String, KeyError> {
    let signature = key.sign_as(WHAT, manifest.as_bytes())?;
    let pem = key.public_key()?.to_pem()?;
    Ok(format!("{signature}{}", String::from_utf8_lossy(&pem)))
}
