//! What can be judged of a manifest only beside something else: the files that came with it, the kinds that this bus
//! knows, the bus itself.

use semver::Version;

use super::{Manifest, ManifestFinding};
use crate::model::nearest_name;

impl Manifest {
    /// Files that it names and that are not there.
    pub fn missing_files(&self, is_there: impl Fn(&str) -> bool) -> Vec<ManifestFinding> {
        let missing = self.named_files().filter(|file| !is_there(file.name.as_str()));
        let findings = missing.map(|file| {
            let problem = format!("the package has no file {}", file.name);
            ManifestFinding::new(file.at, problem, "add the file, or correct its name")
        });
        findings.collect()
    }

    /// Microservices of kinds that this bus can't run: a product brings no code.
    pub fn unknown_kinds(&self, known: &[&str]) -> Vec<ManifestFinding> {
        let unknown = self
            .microservices
            .iter()
            .filter(|service| !known.contains(&service.kind.as_str()));
        let findings = unknown.map(|service| {
            let problem = format!("this bus does not know the kind {:?} of {}", service.kind, service.name);
            let advice = match nearest_name(&service.kind, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known kinds: {}; a newer bus may know more", known.join(", ")),
            };
            ManifestFinding::new(service.at, problem, advice)
        });
        findings.collect()
    }

    /// Whether the product works with this version of the bus.
    pub fn incompatible_bus(&self, bus: &Version) -> Option<ManifestFinding> {
        // A pre-release of the wanted version is one as far as features go; semver's own rule would refuse it.
        let plain = Version::new(bus.major, bus.minor, bus.patch);
        if self.bus.matches(bus) || self.bus.matches(&plain) {
            return None;
        }
        let problem = format!(
            "the product needs version {} of the bus; this is version {bus}",
            self.bus
        );
        Some(ManifestFinding::new(
            self.at.bus,
            problem,
            "update the bus, or use a version of the product that supports it",
        ))
    }
}
