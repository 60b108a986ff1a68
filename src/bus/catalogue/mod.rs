//! The catalogue: which products there are, in which versions, and what an update would change.
//!
//! A product comes with the program, or as a package that somebody added. Versions stand side by side, because what is
//! installed goes on with its version until it is updated. What is installed is not known here: the caller passes it.
//!
//! [`package_store`] keeps packages on disk; [`state`], [`id_owner`] and [`changes`] decide over values.

pub mod changes;
mod error;
pub mod id_owner;
mod package_store;
pub mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semver::Version;

pub use error::CatalogueError;

use super::install::DocumentFindings;
use super::manifest::{Manifest, ProductId};
use super::package::{Package, PackageSigner, PublicKey, SignaturePolicy, TrustedKeys};
use crate::contract::UnusedVersion;
use crate::files::replace_data_file;

/// Products, and versions of one. The oldest that nobody uses makes room.
pub const PRODUCTS_MAX: usize = 64;
pub const VERSIONS_MAX: usize = 16;
/// Its folder of keys.
const TRUSTED: &str = "trusted";

/// Judges the documents of a package as the program does that would install it.
pub type DocumentCheck = fn(&Package) -> Vec<DocumentFindings>;

type PackageIndex = BTreeMap<ProductId, BTreeMap<Version, Arc<Package>>>;

pub struct Catalogue {
    folder: PathBuf,
    /// Kinds of microservices that this bus can run.
    kinds: Vec<String>,
    bus: Version,
    index: Mutex<PackageIndex>,
    /// Which version of what comes with the program that runs.
    built_in_versions: Mutex<BTreeMap<ProductId, Version>>,
    /// Lies in the folder and is not used.
    unused_versions: Vec<UnusedVersion>,
    /// Of what is added; what is there already goes on.
    document_check: Option<DocumentCheck>,
}

/// What an operator allows when adding a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddOptions {
    pub signature_policy: SignaturePolicy,
    /// Accept a version older than the newest present one.
    pub allow_downgrade: bool,
}

#[derive(Debug, Clone)]
pub struct AddedPackage {
    pub package: Arc<Package>,
    /// The same files were there already: nothing was done.
    pub already_present: bool,
}

impl Catalogue {
    /// Reads what the folder holds (`products/` of the data folder), beside what comes with the program. A package that
    /// cannot be read any more is logged and skipped.
    pub fn open(folder: &Path, built_in: Vec<Package>, kinds: &[&str], bus: Version) -> Result<Self, CatalogueError> {
        let mut catalogue = Catalogue {
            folder: folder.to_owned(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            bus,
            index: Mutex::default(),
            built_in_versions: Mutex::default(),
            unused_versions: Vec::new(),
            document_check: None,
        };
        let found = package_store::read_packages(folder)?;
        let signed_versions: Vec<(ProductId, Version)> = found
            .iter()
            .chain(&built_in)
            .filter(|package| package.signer != PackageSigner::Nobody)
            .map(|package| (package.manifest.id.clone(), package.manifest.version.clone()))
            .collect();
        for package in found {
            // What came with an older program was made for an older bus; what is installed of it goes on all the same.
            let fits = match package.signer {
                PackageSigner::BuiltIn => Ok(()),
                PackageSigner::By(_) => catalogue.check_compatibility(&package),
                PackageSigner::Nobody => refuse_unsigned_successor(&package, &signed_versions)
                    .and_then(|()| catalogue.check_compatibility(&package)),
            };
            match fits {
                Ok(()) => catalogue.insert_package(package),
                Err(error) => catalogue.record_unused(&package.manifest, &error),
            }
        }
        // Last: a version that comes with the program is that of the program.
        for package in built_in {
            let version = package.manifest.version.clone();
            catalogue.lock_built_in().insert(package.manifest.id.clone(), version);
            catalogue.insert_package(package);
        }
        Ok(catalogue)
    }

    /// From now on nothing is added whose documents are wrong.
    #[must_use]
    pub fn with_document_check(self, check: DocumentCheck) -> Catalogue {
        Catalogue {
            document_check: Some(check),
            ..self
        }
    }

    /// Keeps what comes with the program on disk as well: what is installed goes on with it when the program is
    /// exchanged for a newer one, until it is updated.
    pub fn store_built_in(&self) -> Result<(), CatalogueError> {
        let programs = self.lock_built_in().clone();
        for (id, version) in programs {
            if let Some(package) = self.get(&id, &version)
                && !package_store::has_version(&self.folder, &id, &version)
            {
                package_store::write_package(&self.folder, &package)?;
            }
        }
        Ok(())
    }

    fn record_unused(&mut self, manifest: &Manifest, error: &CatalogueError) {
        let (id, version) = (&manifest.id, &manifest.version);
        tracing::warn!(product = %id, version = %version, error = %error, "a product version is not used");
        self.unused_versions.push(UnusedVersion {
            id: id.to_string(),
            version: version.to_string(),
            problem: error.to_string(),
        });
    }

    /// What lies in the folder under this id and is not used.
    pub fn unused_versions(&self, id: &ProductId) -> Vec<UnusedVersion> {
        self.unused_versions
            .iter()
            .filter(|one| one.id == id.as_str())
            .cloned()
            .collect()
    }

    fn lock_built_in(&self) -> MutexGuard<'_, BTreeMap<ProductId, Version>> {
        self.built_in_versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is part of the program that runs.
    fn is_from_running_program(&self, package: &Package) -> bool {
        let version = self.lock_built_in().get(&package.manifest.id).cloned();
        package.signer == PackageSigner::BuiltIn && version.as_ref() == Some(&package.manifest.version)
    }

    fn lock_packages(&self) -> MutexGuard<'_, PackageIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert_package(&self, package: Package) {
        let (id, version) = (package.manifest.id.clone(), package.manifest.version.clone());
        self.lock_packages()
            .entry(id)
            .or_default()
            .insert(version, Arc::new(package));
    }

    fn check_compatibility(&self, package: &Package) -> Result<(), CatalogueError> {
        let known: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        let mut findings = package.manifest.unknown_kinds(&known);
        findings.extend(package.manifest.incompatible_bus(&self.bus));
        if findings.is_empty() {
            Ok(())
        } else {
            Err(CatalogueError::Unfit(findings))
        }
    }

    /// Adds a package; its files are safe on disk when this returns. `in_use`: versions that are installed.
    pub fn add_package(
        &self,
        bytes: &[u8],
        adding: AddOptions,
        in_use: &[Version],
    ) -> Result<AddedPackage, CatalogueError> {
        let mut index = self.lock_packages();
        let package = Package::open(bytes, &self.trusted_keys()?, adding.signature_policy)?;
        self.check_compatibility(&package)?;
        let (id, version) = (package.manifest.id.clone(), package.manifest.version.clone());
        let versions = index.get(&id);
        let present = versions.into_iter().flat_map(BTreeMap::values);
        let keeper = id_owner::find_id_owner(present.map(|package| &package.signer));
        if let Some(same) = versions.and_then(|versions| versions.get(&version)) {
            return if same.digest() == package.digest() {
                Ok(AddedPackage {
                    package: same.clone(),
                    already_present: true,
                })
            } else {
                Err(CatalogueError::OtherContent { id, version })
            };
        }
        if !id_owner::may_use_id(&keeper, &package.signer) {
            return Err(CatalogueError::KeptId { id, keeper });
        }
        let newest = versions.and_then(|versions| versions.keys().next_back());
        if let Some(newest) = newest.filter(|newest| **newest > version && !adding.allow_downgrade) {
            return Err(CatalogueError::Downgrade {
                id,
                version,
                newest: newest.clone(),
            });
        }
        if versions.is_none() && index.len() >= PRODUCTS_MAX {
            return Err(CatalogueError::Full);
        }
        let wrong = self.document_check.map(|check| check(&package)).unwrap_or_default();
        if !wrong.is_empty() {
            return Err(CatalogueError::Documents(wrong));
        }
        self.evict_unused_version(&mut index, &id, in_use)?;
        package_store::write_package(&self.folder, &package)?;
        let package = Arc::new(package);
        index.entry(id).or_default().insert(version, package.clone());
        Ok(AddedPackage {
            package,
            already_present: false,
        })
    }

    fn evict_unused_version(
        &self,
        index: &mut PackageIndex,
        id: &ProductId,
        in_use: &[Version],
    ) -> Result<(), CatalogueError> {
        let Some(versions) = index.get_mut(id).filter(|versions| versions.len() >= VERSIONS_MAX) else {
            return Ok(());
        };
        let evictable = versions
            .iter()
            .find(|(version, package)| !self.is_from_running_program(package) && !in_use.contains(version));
        let evictable = evictable
            .map(|(version, _)| version.clone())
            .ok_or(CatalogueError::Full)?;
        package_store::remove(&self.folder, id, &evictable)?;
        versions.remove(&evictable);
        Ok(())
    }

    /// The newest version of each product, by id.
    pub fn newest_packages(&self) -> Vec<Arc<Package>> {
        let index = self.lock_packages();
        let newest = index.values().filter_map(|versions| versions.values().next_back());
        newest.cloned().collect()
    }

    pub fn newest_package(&self, id: &ProductId) -> Option<Arc<Package>> {
        self.lock_packages().get(id)?.values().next_back().cloned()
    }

    pub fn get(&self, id: &ProductId, version: &Version) -> Option<Arc<Package>> {
        self.lock_packages().get(id)?.get(version).cloned()
    }

    /// Oldest first.
    pub fn package_versions(&self, id: &ProductId) -> Vec<Arc<Package>> {
        let index = self.lock_packages();
        index
            .get(id)
            .map(|versions| versions.values().cloned().collect())
            .unwrap_or_default()
    }

    /// Removes a product; what comes with the program stays. Returns how many versions were removed. The caller makes
    /// sure that nothing is installed.
    pub fn remove(&self, id: &ProductId) -> Result<usize, CatalogueError> {
        let mut index = self.lock_packages();
        let versions = index
            .get_mut(id)
            .ok_or_else(|| CatalogueError::Unknown(id.to_string()))?;
        let gone = versions
            .iter()
            .filter(|(_, package)| !self.is_from_running_program(package));
        let gone: Vec<Version> = gone.map(|(version, _)| version.clone()).collect();
        for version in &gone {
            package_store::remove(&self.folder, id, version)?;
            versions.remove(version);
        }
        if versions.is_empty() {
            index.remove(id);
        }
        Ok(gone.len())
    }

    pub fn trusted_keys(&self) -> Result<TrustedKeys, CatalogueError> {
        let folder = self.folder.join(TRUSTED);
        Ok(TrustedKeys::read(&folder).map_err(crate::bus::PackageError::from)?)
    }

    /// From now on packages signed with this key are accepted. Returns its fingerprint.
    pub fn trust_key(&self, pem: &[u8]) -> Result<String, CatalogueError> {
        let key = PublicKey::from_pem("the input", pem).map_err(crate::bus::PackageError::from)?;
        let text = key.to_pem().map_err(crate::bus::PackageError::from)?;
        let file = self.key_file(&key.fingerprint);
        crate::files::create_data_folder(&self.folder.join(TRUSTED))
            .and_then(|()| replace_data_file(&file, &text))
            .map_err(|error| CatalogueError::io_error("write the key to", &file, &error))?;
        Ok(key.fingerprint)
    }

    /// Packages signed with this key are no longer accepted; those already added stay.
    pub fn distrust_key(&self, fingerprint: &str) -> Result<(), CatalogueError> {
        if !self.trusted_keys()?.fingerprints().any(|known| known == fingerprint) {
            return Err(CatalogueError::UnknownKey(fingerprint.chars().take(64).collect()));
        }
        let folder = self.folder.join(TRUSTED);
        for file in package_store::list_entries(&folder)? {
            let is_this = crate::files::read_file(&file, crate::files::CERTIFICATE_MAX)
                .ok()
                .and_then(|pem| PublicKey::from_pem("", &pem).ok())
                .is_some_and(|key| key.fingerprint == fingerprint);
            if is_this {
                std::fs::remove_file(&file).map_err(|error| CatalogueError::io_error("remove", &file, &error))?;
            }
        }
        Ok(())
    }

    fn key_file(&self, fingerprint: &str) -> PathBuf {
        self.folder.join(TRUSTED).join(format!("{}.pem", &fingerprint[..16]))
    }
}

/// A version that nobody signed, above one that somebody vouches for, was put in its place.
fn refuse_unsigned_successor(
    package: &Package,
    signed_versions: &[(ProductId, Version)],
) -> Result<(), CatalogueError> {
    let manifest = &package.manifest;
    if signed_versions
        .iter()
        .any(|(id, version)| *id == manifest.id && *version < manifest.version)
    {
        Err(CatalogueError::KeptId {
            id: manifest.id.clone(),
            keeper: id_owner::IdOwner::Program,
        })
    } else {
        Ok(())
    }
}
