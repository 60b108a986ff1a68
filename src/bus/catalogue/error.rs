//! Why the catalogue refused or failed.

use std::path::Path;

use semver::Version;

use super::id_owner::IdOwner;
use crate::bus::install::DocumentFindings;
use crate::bus::manifest::{ManifestFinding, ProductId};
use crate::bus::package::PackageError;

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("package refused: {0}")]
    Package(#[from] PackageError),
    #[error("package refused: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unfit(Vec<ManifestFinding>),
    #[error("package refused: {}", describe_documents(.0))]
    Documents(Vec<DocumentFindings>),
    #[error("version {version} of {id} is older than version {newest}, which is already present")]
    Downgrade {
        id: ProductId,
        version: Version,
        newest: Version,
    },
    #[error("version {version} of {id} is already present with different files")]
    OtherContent { id: ProductId, version: Version },
    #[error("product {id} {}", describe_owner(.keeper))]
    KeptId { id: ProductId, keeper: IdOwner },
    #[error("product {0} does not exist")]
    Unknown(String),
    #[error("key {0} is not trusted")]
    UnknownKey(String),
    #[error("the catalogue is full")]
    Full,
    #[error("failed to {what} {path}: {problem}")]
    Io {
        what: &'static str,
        path: String,
        problem: String,
    },
}

fn describe_owner(owner: &IdOwner) -> String {
    match owner {
        IdOwner::Nobody | IdOwner::Program => {
            "is signed or comes with the program: an unsigned package cannot replace it".to_owned()
        }
        IdOwner::Key(key) => format!("belongs to the owner of the key {key}; this package is not signed with it"),
    }
}

/// Findings that a sentence names.
const NAMED_MAX: usize = 5;

/// File, line and column of each, of many the first.
fn describe_documents(wrong: &[DocumentFindings]) -> String {
    let sentences_of = |one: &DocumentFindings| -> Vec<String> {
        let findings = one.findings.iter();
        findings.map(|finding| format!("{}, {finding}", one.file)).collect()
    };
    let all = wrong.iter().flat_map(sentences_of);
    let count = wrong.iter().map(|one| one.findings.len()).sum::<usize>();
    let mut sentences: Vec<String> = all.take(NAMED_MAX).collect();
    if count > NAMED_MAX {
        sentences.push(format!("and {} more", count - NAMED_MAX));
    }
    sentences.join("; ")
}

impl CatalogueError {
    pub(super) fn io_error(what: &'static str, path: &Path, error: &std::io::Error) -> Self {
        CatalogueError::Io {
            what,
            path: path.display().to_string(),
            problem: error.to_string(),
        }
    }

    /// Stable, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            CatalogueError::Package(error) => error.code(),
            CatalogueError::Unfit(_) | CatalogueError::Documents(_) => "packageUnfit",
            CatalogueError::Downgrade { .. } => "packageDowngrade",
            CatalogueError::OtherContent { .. } => "packageOtherContent",
            CatalogueError::KeptId { .. } => "packageKeptId",
            CatalogueError::Unknown(_) | CatalogueError::UnknownKey(_) => "unknown",
            CatalogueError::Full => "catalogueFull",
            CatalogueError::Io { .. } => "dataFolder",
        }
    }

    pub fn advice(&self) -> String {
        match self {
            CatalogueError::Package(error) => error.advice(),
            CatalogueError::Unfit(findings) => {
                let advice: Vec<&str> = findings.iter().map(|finding| finding.advice.as_str()).collect();
                advice.join("; ")
            }
            CatalogueError::Documents(wrong) => {
                let first = wrong.iter().flat_map(|one| &one.findings).next();
                let advice = first.map(|finding| format!("{}; ", finding.advice)).unwrap_or_default();
                format!("{advice}its maker finds all of it with: intune-connector products check FOLDER")
            }
            CatalogueError::Downgrade { .. } => {
                "To add an older version, use --downgrade; what is installed stays as it is.".into()
            }
            CatalogueError::OtherContent { .. } => {
                "Its maker must give it another version number; a version never changes.".into()
            }
            CatalogueError::KeptId { .. } => {
                "Ask its maker for a package signed with that key; give a product of your own its own id.".into()
            }
            CatalogueError::Unknown(_) | CatalogueError::UnknownKey(_) => {
                "Check the name: see `intune-connector products list` and `intune-connector products trusted`.".into()
            }
            CatalogueError::Full => "Remove an unused product.".into(),
            CatalogueError::Io { .. } => "Make sure that the bus can read and write the data folder.".into(),
        }
    }
}
