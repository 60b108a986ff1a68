//! Why a package is not taken; reads after "failed to take the package: …".

use super::keys::KeyError;
use super::limits::{FILE_BYTES_MAX, FILES_MAX, PACKED_BYTES_MAX, RATIO_MAX, UNPACKED_BYTES_MAX};
use crate::bus::manifest::{InvalidFileName, ManifestFinding};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    #[error("it is larger than {} KiB", PACKED_BYTES_MAX / 1024)]
    TooLarge,
    #[error("it is no plain zip: {0}")]
    Structure(&'static str),
    #[error("it has more than {FILES_MAX} files")]
    TooMany,
    #[error("file {name:?} can't be in a package: {why}")]
    Name { name: String, why: InvalidFileName },
    #[error("file {0} is in it twice, or again with other capital letters")]
    Twice(String),
    #[error("{0} is no file but a link or something else")]
    NoFile(String),
    #[error("file {0} is larger than {max} KiB", max = FILE_BYTES_MAX / 1024)]
    FileTooLarge(String),
    #[error("its files are larger than {} MiB together", UNPACKED_BYTES_MAX / 1024 / 1024)]
    TooMuch,
    #[error("file {0} shrinks to less than a part in {RATIO_MAX}: no text does that")]
    Bomb(String),
    #[error("file {0} can't be unpacked")]
    Broken(String),
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("{0} is no UTF-8 text")]
    NoText(&'static str),
    #[error("the checksums can't be read: line {0}")]
    Checksums(usize),
    #[error("file {0} is not what its checksum says")]
    Checksum(String),
    #[error("file {0} has no checksum")]
    Unlisted(String),
    #[error("file {0} has a checksum and is not there")]
    Listed(String),
    #[error("file {0} is not named by the manifest")]
    Unasked(String),
    #[error("the manifest is wrong: {}", join_findings(.0))]
    Manifest(Vec<ManifestFinding>),
    #[error("nobody signed it")]
    Unsigned,
    #[error("it is signed by a key that is not trusted here: {0}")]
    Untrusted(String),
    #[error("its signature does not fit: it was changed after it was signed")]
    Forged,
    #[error(transparent)]
    Key(#[from] KeyError),
}

fn join_findings(findings: &[ManifestFinding]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

impl PackageError {
    /// Stable, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            PackageError::TooLarge | PackageError::TooMany | PackageError::FileTooLarge(_) | PackageError::TooMuch => {
                "packageTooLarge"
            }
            PackageError::Bomb(_) => "packageBomb",
            PackageError::Structure(_) | PackageError::Broken(_) => "packageBroken",
            PackageError::Name { .. } | PackageError::Twice(_) | PackageError::NoFile(_) => "packageName",
            PackageError::Missing(_) | PackageError::NoText(_) | PackageError::Manifest(_) => "packageManifest",
            PackageError::Unasked(_) => "packageUnasked",
            PackageError::Checksums(_)
            | PackageError::Checksum(_)
            | PackageError::Unlisted(_)
            | PackageError::Listed(_) => "packageChecksum",
            PackageError::Unsigned => "packageUnsigned",
            PackageError::Untrusted(_) => "packageUntrusted",
            PackageError::Forged => "packageForged",
            PackageError::Key(_) => "packageKey",
        }
    }

    pub fn advice(&self) -> String {
        let text = match self {
            PackageError::Manifest(findings) => {
                let advice: Vec<&str> = findings.iter().map(|finding| finding.advice.as_str()).collect();
                return advice.join("; ");
            }
            PackageError::Unsigned => {
                "Ask its maker for a signed one; unsigned ones are taken only when that is said expressly."
            }
            PackageError::Untrusted(_) => {
                "If its maker confirms that this is their key, trust it first: products trust FILE."
            }
            PackageError::Forged | PackageError::Checksum(_) => "Fetch it again from its maker; do not use this one.",
            PackageError::Key(_) => "Use an Ed25519 key in PEM, as `products keygen` makes it.",
            _ => "Build it with `products pack`, which makes only packages that are taken.",
        };
        text.to_owned()
    }
}
