//! From the bytes of a stranger to a package, or to the reason why not.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use openssl::sha::sha256;
use zip::ZipArchive;

use super::error::PackageError;
use super::keys::TrustedKeys;
use super::limits::{FILE_BYTES_MAX, FILES_MAX, PACKED_BYTES_MAX, RATIO_FROM_BYTES, RATIO_MAX, UNPACKED_BYTES_MAX};
use super::zip_directory::{self, ZipEntry};
use super::{CHECKSUMS, Package, PackageFiles, PackageSigner, SIGNATURE, SignaturePolicy};
use crate::bus::manifest::FileName;

pub(crate) fn open_package(
    bytes: &[u8],
    trusted: &TrustedKeys,
    policy: SignaturePolicy,
) -> Result<Package, PackageError> {
    if bytes.len() > PACKED_BYTES_MAX {
        return Err(PackageError::TooLarge);
    }
    let entries = zip_directory::read_directory(bytes, FILES_MAX)?;
    let names = check_entries(&entries)?;
    let mut files = unpack_files(bytes, &entries, names)?;
    let list = pop_file(&mut files, CHECKSUMS).ok_or(PackageError::Missing(CHECKSUMS))?;
    let signature = pop_file(&mut files, SIGNATURE);
    verify_checksums(&list, &files)?;
    let signed = match (signature, policy) {
        (Some(signature), SignaturePolicy::Signature) => {
            PackageSigner::By(trusted.verify_signature(&signature, &list)?)
        }
        // Somebody said that it need not be signed; a signature that holds is still worth knowing.
        (Some(signature), SignaturePolicy::Nothing) => match trusted.verify_signature(&signature, &list) {
            Ok(fingerprint) => PackageSigner::By(fingerprint),
            Err(PackageError::Untrusted(_)) => PackageSigner::Nobody,
            Err(error) => return Err(error),
        },
        (None, SignaturePolicy::Signature) => return Err(PackageError::Unsigned),
        (None, SignaturePolicy::Nothing) => PackageSigner::Nobody,
    };
    Package::from_files(files, signed)
}

/// Names and sizes, before anything is unpacked.
fn check_entries(entries: &[ZipEntry]) -> Result<Vec<FileName>, PackageError> {
    let (mut names, mut folded, mut total) = (Vec::new(), BTreeSet::new(), 0);
    for entry in entries {
        let shown: String = entry.name.chars().take(80).collect();
        if !entry.is_file {
            return Err(PackageError::NoFile(shown));
        }
        let name: FileName = entry.name.parse().map_err(|why| PackageError::Name {
            name: shown.clone(),
            why,
        })?;
        if !folded.insert(name.lowercase_name()) {
            return Err(PackageError::Twice(shown));
        }
        if entry.unpacked_bytes > FILE_BYTES_MAX {
            return Err(PackageError::FileTooLarge(shown));
        }
        if entry.unpacked_bytes > RATIO_FROM_BYTES && entry.unpacked_bytes > entry.packed_bytes * RATIO_MAX {
            return Err(PackageError::Bomb(shown));
        }
        total += entry.unpacked_bytes;
        names.push(name);
    }
    // A file where another has a folder.
    let folder_of_another = |name: &&FileName| {
        folded
            .iter()
            .any(|other| other.starts_with(&format!("{}/", name.lowercase_name())))
    };
    if let Some(name) = names.iter().find(folder_of_another) {
        return Err(PackageError::Twice(name.to_string()));
    }
    if total > UNPACKED_BYTES_MAX {
        Err(PackageError::TooMuch)
    } else {
        Ok(names)
    }
}

fn unpack_files(bytes: &[u8], entries: &[ZipEntry], names: Vec<FileName>) -> Result<PackageFiles, PackageError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| PackageError::Structure("failed to read it"))?;
    if archive.len() != entries.len() {
        return Err(PackageError::Structure("its directory is ambiguous"));
    }
    let mut files = PackageFiles::new();
    for (index, (entry, name)) in entries.iter().zip(names).enumerate() {
        let broken = || PackageError::Broken(name.to_string());
        let file = archive.by_index(index).map_err(|_| broken())?;
        if file.name_raw() != entry.name.as_bytes() || file.size() != entry.unpacked_bytes {
            return Err(PackageError::Structure("its directory is ambiguous"));
        }
        let mut content = Vec::new();
        // One more than announced, to see whether it goes on; the reader checks CRC-32 at the end.
        file.take(entry.unpacked_bytes + 1)
            .read_to_end(&mut content)
            .map_err(|_| broken())?;
        if content.len() as u64 != entry.unpacked_bytes {
            return Err(broken());
        }
        files.insert(name, content);
    }
    Ok(files)
}

fn pop_file(files: &mut PackageFiles, name: &str) -> Option<Vec<u8>> {
    let name: FileName = name.parse().ok()?;
    files.remove(&name)
}

/// Every file is listed, every listed file is there, and each is what its checksum says.
fn verify_checksums(list: &[u8], files: &PackageFiles) -> Result<(), PackageError> {
    let list = std::str::from_utf8(list).map_err(|_| PackageError::NoText(CHECKSUMS))?;
    let mut listed = BTreeSet::new();
    for (index, line) in list.lines().enumerate() {
        let unreadable = || PackageError::Checksums(index + 1);
        let (sum, name) = line.split_once("  ").ok_or_else(unreadable)?;
        let name: FileName = name.parse().map_err(|_| unreadable())?;
        let sum = hex::decode(sum)
            .ok()
            .filter(|sum| sum.len() == 32)
            .ok_or_else(unreadable)?;
        let content = files.get(&name).ok_or_else(|| PackageError::Listed(name.to_string()))?;
        if sha256(content).as_slice() != sum.as_slice() {
            return Err(PackageError::Checksum(name.to_string()));
        }
        if !listed.insert(name) {
            return Err(unreadable());
        }
    }
    match files.keys().find(|name| !listed.contains(name)) {
        Some(name) => Err(PackageError::Unlisted(name.to_string())),
        None => Ok(()),
    }
}
