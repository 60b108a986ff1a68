//! The product of this repository, inside the program: a fresh bus offers it without anybody adding a package.

use semver::Version;
use serde_json::Map;

use crate::bus::install::new_member;
use crate::bus::{Member, MemberKind, Package, PackageError};
use crate::store::{InstanceRow, NewInstallation};

/// Every file of it: name in the package, content.
pub const BUILT_IN: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../plugin.toml")),
    (
        "templates/intune-connector.xml",
        include_bytes!("../../templates/intune-connector.xml"),
    ),
];

/// The same as a package.
pub fn package() -> Result<Package, PackageError> {
    Package::built_in(BUILT_IN)
}

/// What belongs to an instance that came without the wizard: added by a request, or by its file.
pub fn installation_of(row: &InstanceRow) -> Result<NewInstallation, PackageError> {
    let manifest = package()?.manifest;
    let microservices = manifest.microservices.into_iter().map(|one| Member {
        name: one.name,
        kind: MemberKind::Microservice(one.kind),
    });
    let workflows = manifest.workflows.into_iter().map(|one| Member {
        name: one.name,
        kind: MemberKind::Workflow {
            file: one.file.name.to_string(),
            engine: one.engine,
        },
    });
    let members = microservices.chain(workflows);
    Ok(NewInstallation {
        product: manifest.id.to_string(),
        version: manifest.version.to_string(),
        profile: row.name.to_string(),
        anyway: Vec::new(),
        by: None,
        sealed: None,
        members: members.map(|member| new_member(&member, Map::new())).collect(),
    })
}

/// What this bus is, for products that want a certain one.
pub fn bus_version() -> Version {
    env!("CARGO_PKG_VERSION").parse().expect("cargo's own versions are versions")
}
