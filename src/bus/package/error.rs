//! Why a package is not taken; reads after "package refused: …".

use super::icon::IconError;
use super::keys::KeyError;
use super::limits::{FILE_BYTES_MAX, FILES_MAX, PACKED_BYTES_MAX, RATIO_MAX, UNPACKED_BYTES_MAX};
use crate::bus::manifest::{InvalidFileName, ManifestFinding};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    #[error("it is larger than {} KiB", PACKED_BYTES_MAX / 1024)]
    TooLarge,
    #[error("it is not a plain zip: {0}")]
    Structure(&'static str),
    #[error("it has more than {FILES_MAX} files")]
    TooMany,
    #[error("file {name:?} cannot be in a package: {why}")]
    Name { name: String, why: InvalidFileName },
    #[error("file {0} appears twice (ignoring case)")]
    Twice(String),
    #[error("{0} is not a regular file")]
    NoFile(String),
    #[error("file {0} is larger than {max} KiB", max = FILE_BYTES_MAX / 1024)]
    FileTooLarge(String),
    #[error("its files are larger than {} MiB in total", UNPACKED_BYTES_MAX / 1024 / 1024)]
    TooMuch,
    #[error("file {0} has a compression ratio above {RATIO_MAX}: it is not text")]
    Bomb(String),
    #[error("failed to unpack file {0}")]
    Broken(String),
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("{0} is not UTF-8 text")]
    NoText(&'static str),
    #[error("failed to read the checksums: line {0}")]
    Checksums(usize),
    #[error("file {0} does not match its checksum")]
    Checksum(String),
    #[error("file {0} has no checksum")]
    Unlisted(String),
    #[error("file {0} has a checksum but is missing")]
    Listed(String),
    #[error("file {0} is not named in the manifest")]
    Unasked(String),
    #[error("the icon {name} {why}")]
    Icon { name: String, why: IconError },
    #[error("the manifest has mistakes: {}", join_findings(.0))]
    Manifest(Vec<ManifestFinding>),
    #[error("it is not signed")]
    Unsigned,
    #[error("it is signed with a key that this bus does not trust: {0}")]
    Untrusted(String),
    #[error("its signature does not match: it was changed after it was signed")]
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
            PackageError::Icon { .. } => "packageIcon",
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
            PackageError::Icon { .. } => {
                "Use a PNG, or an SVG of plain shapes without scripts, styles, links and text, of at most 32 KiB."
            }
            PackageError::Unsigned => {
                "Ask its maker for a signed package; unsigned packages are accepted only with --unsigned."
            }
            PackageError::Untrusted(_) => {
                "If its maker confirms that this is their key, trust it first: intune-connector products trust FILE."
            }
            PackageError::Forged | PackageError::Checksum(_) => "Get it again from its maker; do not use this one.",
            PackageError::Key(_) => {
                "Use an Ed25519 key in PEM format; create one: intune-connector products keygen FILE"
            }
            _ => "Build it with `intune-connector products pack`, which creates only valid packages.",
        };
        text.to_owned()
    }
}
