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

use crate::contract::{
    ManifestDanger, ManifestPermission, ManifestPort, ManifestText, ManifestView, ManifestWorkflowView,
    MicroserviceView, ProductRole,
};
use crate::xml::XmlPosition;
pub use name_types::{FileName, InvalidFileName, ProductId};
pub use toml_table::ManifestFinding;

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

#[derive(Debug, Clone, PartialEq, Eq)]
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
    at: ManifestPositions,
}

/// Where in the file a finding of [`compatibility`] points.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ManifestPositions {
    bus: XmlPosition,
}

/// A file of the package, and where the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    pub name: FileName,
    pub at: XmlPosition,
}

/// What runs: `IntuneConnector` of a kind becomes `IntuneConnector_1` with the first installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Microservice {
    pub name: String,
    pub kind: String,
    pub at: XmlPosition,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestWorkflow {
    pub name: String,
    pub file: FileRef,
    /// Name of the microservice that runs it.
    pub engine: String,
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

/// As the API shows it: without places in the file.
impl From<&Manifest> for ManifestView {
    fn from(manifest: &Manifest) -> ManifestView {
        let microservice = |one: &Microservice| MicroserviceView {
            name: one.name.clone(),
            kind: one.kind.clone(),
        };
        let workflow = |one: &ManifestWorkflow| ManifestWorkflowView {
            name: one.name.clone(),
            file: one.file.name.to_string(),
            engine: one.engine.clone(),
        };
        ManifestView {
            id: manifest.id.to_string(),
            version: manifest.version.to_string(),
            bus: manifest.bus.to_string(),
            name: manifest.name.clone(),
            summary: manifest.summary.clone(),
            template: manifest.template.name.to_string(),
            icon: manifest.icon.as_ref().map(|icon| icon.name.to_string()),
            microservices: manifest.microservices.iter().map(microservice).collect(),
            workflows: manifest.workflows.iter().map(workflow).collect(),
            ports: manifest.ports.clone(),
            permissions: manifest.permissions.clone(),
            dangers: manifest.dangers.clone(),
            roles: manifest.roles.clone(),
        }
    }
}
