//! Evidence checked without the bus that made it: the signature, every file against the signed list, and that the entries
//! of the audit trail are those that the document speaks of, in their order and without a gap.
//!
//! The chain values of the entries are keyed hashes: only the bus has the key, so whether they fit each other is what the
//! bus says of them in the document, and not checked here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek};

use openssl::sha::Sha256;
use zip::ZipArchive;
use zip::result::ZipError;

use super::archive::{MANIFEST, SIGNATURE, WHAT};
use super::{DOCUMENT, ENTRIES, FORMAT};
use crate::bus::package::PublicKey;
use crate::contract::{AuditEntryView, EvidenceEntriesView, EvidenceView};

/// Files of evidence, and more.
const FILES_MAX: usize = 64;
/// List, signature and document, bytes.
const TEXT_BYTES_MAX: u64 = 4 << 20;
/// One entry of the trail, bytes.
const LINE_BYTES_MAX: usize = 16 << 20;
/// Read at once, bytes.
const CHUNK: usize = 64 << 10;
/// Digits of a chain value.
const CHAIN_CHARS: usize = 64;

/// Why a file is no evidence; reads after "the evidence is refused: ".
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFault {
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    #[error("it is not a file of evidence: {0}")]
    Structure(String),
    #[error("its list is signed by another key, with the fingerprint {found}")]
    OtherKey { found: String },
    #[error("the signature does not fit its list of files")]
    Forged,
    #[error("{0} is missing in it")]
    Missing(String),
    #[error("{0} is in it and was not signed")]
    Unsigned(String),
    #[error("{0} was changed after it was signed")]
    Changed(String),
    #[error("line {line} of audit.ndjson {why}")]
    Entry { line: u64, why: &'static str },
    #[error("the entries in audit.ndjson are not those that evidence.json speaks of: {0}")]
    Entries(&'static str),
}

/// Evidence that was found to be as it was signed.
#[derive(Debug, Clone)]
pub struct CheckedEvidence {
    pub document: EvidenceView,
    /// Of the key that signed it: who knows it from elsewhere knows which bus made it.
    pub fingerprint: String,
}

/// `expected`: the key that has to have signed it; `None`: any, and the reader compares the fingerprint.
pub fn check_evidence(
    source: impl Read + Seek,
    expected: Option<&PublicKey>,
) -> Result<CheckedEvidence, EvidenceFault> {
    let mut archive = ZipArchive::new(source).map_err(|error| structure_fault(&error))?;
    let names = list_names(&archive)?;
    let manifest = read_text(&mut archive, MANIFEST)?;
    let signature = read_text(&mut archive, SIGNATURE)?;
    let fingerprint = verify_signature(&signature, &manifest, expected)?;
    let listed = parse_manifest(&manifest)?;
    if let Some(name) = names.iter().find(|name| !listed.contains_key(*name)) {
        return Err(EvidenceFault::Unsigned(name.clone()));
    }
    let mut needed = [DOCUMENT, ENTRIES].into_iter();
    if let Some(name) = needed.find(|name| !listed.contains_key(*name)) {
        return Err(EvidenceFault::Missing(name.to_owned()));
    }
    for (name, hash) in &listed {
        if hash_file(&mut archive, name, &mut |_| Ok(()))? != *hash {
            return Err(EvidenceFault::Changed(name.clone()));
        }
    }
    // Only what is as it was signed is read.
    let document = parse_document(&read_text(&mut archive, DOCUMENT)?)?;
    let mut entries = EntryReader::default();
    hash_file(&mut archive, ENTRIES, &mut |bytes| entries.push(bytes))?;
    entries.compare_with(&document.entries)?;
    Ok(CheckedEvidence { document, fingerprint })
}

/// What the library says of a file that is no archive helps nobody.
fn structure_fault(error: &ZipError) -> EvidenceFault {
    EvidenceFault::Structure(match error {
        ZipError::InvalidArchive(_) => "it is no ZIP file, or not a whole one".to_owned(),
        other => other.to_string(),
    })
}

/// What is in it, but for the list and its signature; each name once.
fn list_names<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<BTreeSet<String>, EvidenceFault> {
    if archive.has_duplicate_names() || archive.len() > FILES_MAX {
        let why = "it has too many files, or one twice";
        return Err(EvidenceFault::Structure(why.to_owned()));
    }
    let mut names = BTreeSet::new();
    for name in archive.file_names() {
        names.insert(name.map_err(|error| structure_fault(&error))?.into_owned());
    }
    names.retain(|name| name != MANIFEST && name != SIGNATURE);
    Ok(names)
}

fn read_text<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<String, EvidenceFault> {
    let mut text = Vec::new();
    hash_file(archive, name, &mut |bytes| collect_text(&mut text, bytes))?;
    String::from_utf8(text).map_err(|_| EvidenceFault::Structure(format!("{name} is not text")))
}

fn collect_text(text: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EvidenceFault> {
    text.extend_from_slice(bytes);
    if text.len() as u64 > TEXT_BYTES_MAX {
        return Err(EvidenceFault::Structure("a text in it is too long".to_owned()));
    }
    Ok(())
}

/// Reads one file to its end, piece by piece; answers its SHA-256. What can't be unpacked was changed.
fn hash_file<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    name: &str,
    each: &mut dyn FnMut(&[u8]) -> Result<(), EvidenceFault>,
) -> Result<[u8; 32], EvidenceFault> {
    let mut file = archive.by_name(name).map_err(|error| match error {
        ZipError::FileNotFound => EvidenceFault::Missing(name.to_owned()),
        other => structure_fault(&other),
    })?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        let read = file.read(&mut chunk).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other => EvidenceFault::Changed(name.to_owned()),
            _ => EvidenceFault::Unreadable(error),
        })?;
        if read == 0 {
            return Ok(hash.finish());
        }
        hash.update(&chunk[..read]);
        each(&chunk[..read])?;
    }
}

/// The fingerprint of the key that signed the list.
fn verify_signature(signature: &str, manifest: &str, expected: Option<&PublicKey>) -> Result<String, EvidenceFault> {
    let mut parts = signature.splitn(4, '\n');
    let (Some(WHAT), Some(fingerprint), Some(value), Some(pem)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(EvidenceFault::Forged);
    };
    let key = PublicKey::from_pem(SIGNATURE, pem.as_bytes()).map_err(|_| EvidenceFault::Forged)?;
    if key.fingerprint != fingerprint {
        return Err(EvidenceFault::Forged);
    }
    if expected.is_some_and(|expected| expected.fingerprint != key.fingerprint) {
        return Err(EvidenceFault::OtherKey { found: key.fingerprint });
    }
    match key.verifies(WHAT, value, manifest.as_bytes()) {
        Ok(true) => Ok(key.fingerprint),
        Ok(false) | Err(_) => Err(EvidenceFault::Forged),
    }
}

/// Files with their SHA-256, a line each.
fn parse_manifest(manifest: &str) -> Result<BTreeMap<String, [u8; 32]>, EvidenceFault> {
    let mut listed = BTreeMap::new();
    for line in manifest.lines() {
        let unreadable = || EvidenceFault::Structure("its list of files cannot be read".to_owned());
        let (sum, name) = line.split_once("  ").ok_or_else(unreadable)?;
        let mut hash = [0; 32];
        hex::decode_to_slice(sum, &mut hash).map_err(|_| unreadable())?;
        if listed.insert(name.to_owned(), hash).is_some() {
            return Err(unreadable());
        }
    }
    Ok(listed)
}

fn parse_document(text: &str) -> Result<EvidenceView, EvidenceFault> {
    let unreadable = |why: String| EvidenceFault::Structure(format!("{DOCUMENT} cannot be read: {why}"));
    let document: EvidenceView = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    if document.format == FORMAT {
        Ok(document)
    } else {
        Err(unreadable(format!(
            "its form is {}, this version knows {FORMAT}",
            document.format
        )))
    }
}

/// The entries of the trail, as their lines come by.
#[derive(Default)]
struct EntryReader {
    /// The begin of a line that is not whole yet.
    rest: Vec<u8>,
    lines: u64,
    found: EvidenceEntriesView,
}

impl EntryReader {
    fn push(&mut self, mut bytes: &[u8]) -> Result<(), EvidenceFault> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.rest.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.rest);
            self.read_line(&line)?;
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > LINE_BYTES_MAX {
            return Err(self.fault("is too long"));
        }
        Ok(())
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), EvidenceFault> {
        self.lines += 1;
        let entry: AuditEntryView =
            serde_json::from_slice(line).map_err(|_| self.fault("is no entry of an audit trail"))?;
        if self.found.last.is_some_and(|last| entry.id <= last) {
            return Err(self.fault("is not behind the one before it"));
        }
        let is_chain = entry.chain.len() == CHAIN_CHARS && entry.chain.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_chain || entry.chain == self.found.head {
            return Err(self.fault("has no chain value of its own"));
        }
        self.found.add_entry(entry.id, &entry.chain);
        Ok(())
    }

    fn fault(&self, why: &'static str) -> EvidenceFault {
        EvidenceFault::Entry { line: self.lines, why }
    }

    fn compare_with(mut self, told: &EvidenceEntriesView) -> Result<(), EvidenceFault> {
        if !self.rest.is_empty() {
            self.lines += 1;
            return Err(self.fault("was cut off"));
        }
        let found = EvidenceEntriesView {
            head_before: told.head_before.clone(),
            head: if self.found.count == 0 {
                told.head_before.clone()
            } else {
                self.found.head
            },
            ..self.found
        };
        let why = match () {
            () if found.count != told.count => "their number differs",
            () if found.gaps != told.gaps => "numbers are missing between them",
            () if found.head != told.head => "the last one has another chain value",
            () if found != *told => "the first or the last one is another",
            () => return Ok(()),
        };
        Err(EvidenceFault::Entries(why))
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
