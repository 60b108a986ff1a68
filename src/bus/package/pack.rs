//! The same files make the same bytes: names in order, no times, no owners, one way of packing.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::error::PackageError;
use super::keys::PrivateKey;
use super::{CHECKSUMS, Package, SIGNATURE, checksum_list};

/// Deflate as hard as it goes: packages are made once.
const LEVEL: i64 = 9;

/// The zip of a product; unsigned where there is no key.
pub fn pack_zip(package: &Package, key: Option<&PrivateKey>) -> Result<Vec<u8>, PackageError> {
    let list = checksum_list(&package.files);
    let mut files: Vec<(&str, Vec<u8>)> = package
        .files
        .iter()
        .map(|(name, content)| (name.as_str(), content.clone()))
        .collect();
    files.push((CHECKSUMS, list.clone().into_bytes()));
    if let Some(key) = key {
        files.push((SIGNATURE, key.sign_list(list.as_bytes())?.into_bytes()));
    }
    let bytes = write_zip(&files).map_err(|_| PackageError::Structure("failed to write it"))?;
    if bytes.len() > super::PACKED_BYTES_MAX {
        Err(PackageError::TooLarge)
    } else {
        Ok(bytes)
    }
}

pub(super) fn write_zip(files: &[(&str, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    for (name, content) in files {
        writer.start_file(*name, options)?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}
