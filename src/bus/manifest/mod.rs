//! `plugin.toml`: what a product declares, read and checked as a whole.
//!
//! [`Manifest::read`] takes text and finds everything that is wrong with it, each with line and column: unknown keys
//! (with the known one that was probably meant), missing ones, wrong types, names that can't be names, things named
//! twice, workflows without an engine. What needs more than the manifest is checked in [`compatibility`]: files that
//! are missing, kinds that this bus does not know, a bus that is too old.
//!
//! A manifest is untrusted input: every text and list has a bound.

mod compatibility;
mod name_types;
mod reader;
mod roles;
#[cfg(test)]
mod tests;
mod toml_table;

use semver::{Version, VersionReq};
use serde::Serialize;

pub use name_types::{FileName, InvalidFileName, ProductId};
pub use roles::ProductRole;

use crate::model::ActionDanger;
use crate::xml::XmlPosition;

/// One thing that is wrong with a manifest.
pub type ManifestFinding = crate::xml::XmlFinding;

/// Its name in a package.
pub const MANIFEST: &str = "plugin.toml";
/// Largest manifest, in bytes.
pub const BYTES_MAX: usize = 64 * 1024;
/// Entries of each list.
pub const MICROSERVICES_MAX: usize = 16;
pub const WORKFLOWS_MAX: usize = 64;
pub const PORTS_MAX: usize = 16;
pub const PERMISSIONS_MAX: usize = 64;
pub const DANGERS_MAX: usize = 128;
/// Findings that are reported; nobody reads more.
pub const FINDINGS_MAX: usize = 100;
/// The kind of microservice that runs workflows.
pub const WORKFLOW_ENGINE: &str = "workflow-engine";

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub id: ProductId,
    pub version: Version,
    /// Versions of the bus that the product works with.
    pub bus: VersionReq,
    pub name: ManifestText,
    pub summary: ManifestText,
    /// The wizard that installs it.
    pub template: FileRef,
    pub icon: Option<FileRef>,
    /// At least one; the first gives an installation its name.
    pub microservices: Vec<Microservice>,
    pub workflows: Vec<ManifestWorkflow>,
    pub ports: Vec<ManifestPort>,
    pub permissions: Vec<ManifestPermission>,
    pub dangers: Vec<ManifestDanger>,
    pub roles: Vec<ProductRole>,
    #[serde(skip)]
    at: ManifestPositions,
}

/// Where in the file a finding of [`compatibility`] points.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ManifestPositions {
    bus: XmlPosition,
}

/// The same in the languages of the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ManifestText {
    pub en: String,
    pub de: String,
}

impl ManifestText {
    /// English where there is no such language.
    pub fn in_language(&self, language: &str) -> &str {
        match language {
            "de" => &self.de,
            _ => &self.en,
        }
    }
}

/// A file of the package, and where the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FileRef {
    pub name: FileName,
    #[serde(skip)]
    pub at: XmlPosition,
}

/// What runs: `IntuneConnector` of a kind becomes `IntuneConnector_1` with the first installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Microservice {
    pub name: String,
    pub kind: String,
    #[serde(skip)]
    pub at: XmlPosition,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestWorkflow {
    pub name: String,
    pub file: FileRef,
    /// Name of the microservice that runs it.
    pub engine: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestPort {
    pub number: u16,
    pub purpose: String,
}

/// A permission that the product needs in another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestPermission {
    pub name: String,
    /// The feature that needs it.
    pub feature: String,
    /// What it is for, and what will not work without it.
    pub reason: String,
    /// Nothing works without it; else only the feature.
    pub required: bool,
    /// Broader ones that include it.
    pub also: Vec<String>,
}

/// How much harm one action does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestDanger {
    pub action: String,
    pub class: ActionDanger,
}

impl Manifest {
    /// All that is wrong, in the order of the file; never an empty list of findings.
    pub fn read(text: &str) -> Result<Manifest, Vec<ManifestFinding>> {
        reader::read_manifest(text)
    }

    /// The name of installations, without their number.
    pub fn name_prefix(&self) -> &str {
        // The reader takes no manifest without a microservice.
        self.microservices.first().map_or("", |first| first.name.as_str())
    }

    /// Files that it names, itself included.
    pub fn named_files(&self) -> impl Iterator<Item = &FileRef> {
        let workflows = self.workflows.iter().map(|workflow| &workflow.file);
        [&self.template].into_iter().chain(&self.icon).chain(workflows)
    }
}
