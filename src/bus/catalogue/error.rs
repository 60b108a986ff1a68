//! Why the catalogue did not do it.

use std::path::Path;

use semver::Version;

use super::id_owner::IdOwner;
use crate::bus::manifest::{ManifestFinding, ProductId};
use crate::bus::package::PackageError;

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("failed to take the package: {0}")]
    Package(#[from] PackageError),
    #[error("failed to take the package: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unfit(Vec<ManifestFinding>),
    #[error("version {version} of {id} is older than {newest}, which is there already")]
    Downgrade {
        id: ProductId,
        version: Version,
        newest: Version,
    },
    #[error("version {version} of {id} is there already, with other files")]
    OtherContent { id: ProductId, version: Version },
    #[error("product {id} {}", describe_owner(.keeper))]
    KeptId { id: ProductId, keeper: IdOwner },
    #[error("product {0} does not exist")]
    Unknown(String),
    #[error("no key {0} is trusted")]
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
            "is vouched for: a package that nobody signed does not take its place, whatever is said with it".to_owned()
        }
        IdOwner::Key(key) => format!("belongs to whoever signs with the key {key}; this package is not signed by it"),
    }
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
            CatalogueError::Unfit(_) => "packageUnfit",
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
            CatalogueError::Downgrade { .. } => {
                "If you want to go back, say so expressly (--downgrade); what is installed stays as it is.".into()
            }
            CatalogueError::OtherContent { .. } => {
                "Its maker has to give it another version number; a version never changes.".into()
            }
            CatalogueError::KeptId { .. } => {
                "Ask its maker for a package signed with that key; a product of your own takes an id of its own.".into()
            }
            CatalogueError::Unknown(_) | CatalogueError::UnknownKey(_) => {
                "Check the name; the list of them shows what there is.".into()
            }
            CatalogueError::Full => "Remove a product that is not used.".into(),
            CatalogueError::Io { .. } => "See that the data folder can be read and written.".into(),
        }
    }
}
