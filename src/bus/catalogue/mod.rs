//! The catalogue: which products there are, in which versions, and what an update would change.
//!
//! A product comes with the program, or as a package that somebody added. Versions stand side by side, because what is
//! installed goes on with its version until it is updated. What is installed is not known here: who asks says it.
//!
//! [`shelf`] keeps packages on disk; [`state`], [`origin`] and [`changes`] decide over values.

pub mod changes;
mod error;
pub mod origin;
mod shelf;
pub mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semver::Version;
use serde::Serialize;
use utoipa::ToSchema;

pub use changes::{Changed, Changes, Piece};
pub use error::CatalogueError;
pub use state::ProductState;

use super::manifest::{Manifest, ProductId};
use super::package::{Demand, Package, PublicKey, Signed, Trusted};
use crate::files::replace_private_file;

/// Products, and versions of one. The oldest that nobody uses makes room.
pub const PRODUCTS_MAX: usize = 64;
pub const VERSIONS_MAX: usize = 16;
/// Its folder of keys.
const TRUSTED: &str = "trusted";

type Shelf = BTreeMap<ProductId, BTreeMap<Version, Arc<Package>>>;

pub struct Catalogue {
    folder: PathBuf,
    /// Kinds of microservices that this bus can run.
    kinds: Vec<String>,
    bus: Version,
    shelf: Mutex<Shelf>,
    /// Which version of what comes with the program that runs.
    programs: Mutex<BTreeMap<ProductId, Version>>,
    /// Lies in the folder and is not used.
    left_out: Vec<LeftOut>,
}

/// A version that lies in the folder and is not used; it is told where the product is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOut {
    #[schema(value_type = String)]
    pub id: ProductId,
    #[schema(value_type = String)]
    pub version: Version,
    pub problem: String,
}

/// What somebody says who adds a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adding {
    pub demand: Demand,
    /// An older version than the newest that is there is taken as well.
    pub downgrade: bool,
}

#[derive(Debug, Clone)]
pub struct Added {
    pub package: Arc<Package>,
    /// The same files were there already: nothing was done.
    pub known: bool,
}

impl Catalogue {
    /// Reads what the folder holds (`products/` of the data folder), beside what comes with the program. A package that
    /// can't be read any more is told and passed over.
    pub fn open(folder: &Path, built_in: Vec<Package>, kinds: &[&str], bus: Version) -> Result<Self, CatalogueError> {
        let mut catalogue = Catalogue {
            folder: folder.to_owned(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            bus,
            shelf: Mutex::default(),
            programs: Mutex::default(),
            left_out: Vec::new(),
        };
        let found = shelf::read(folder)?;
        let vouched: Vec<(ProductId, Version)> = found
            .iter()
            .chain(&built_in)
            .filter(|package| package.signed != Signed::Nobody)
            .map(|package| (package.manifest.id.clone(), package.manifest.version.clone()))
            .collect();
        for package in found {
            // What came with an older program was made for an older bus; what is installed of it goes on all the same.
            let fits = match package.signed {
                Signed::BuiltIn => Ok(()),
                Signed::By(_) => catalogue.fits(&package),
                Signed::Nobody => not_in_the_place(&package, &vouched).and_then(|()| catalogue.fits(&package)),
            };
            match fits {
                Ok(()) => catalogue.put(package),
                Err(error) => catalogue.leave_out(&package.manifest, &error),
            }
        }
        // Last: a version that comes with the program is that of the program.
        for package in built_in {
            let version = package.manifest.version.clone();
            catalogue.lock_programs().insert(package.manifest.id.clone(), version);
            catalogue.put(package);
        }
        Ok(catalogue)
    }

    /// Keeps what comes with the program on disk as well: what is installed goes on with it when the program is
    /// exchanged for a newer one, until it is updated.
    pub fn keep_built_in(&self) -> Result<(), CatalogueError> {
        let programs = self.lock_programs().clone();
        for (id, version) in programs {
            if let Some(package) = self.get(&id, &version)
                && !shelf::has(&self.folder, &id, &version)
            {
                shelf::keep(&self.folder, &package)?;
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, manifest: &Manifest, error: &CatalogueError) {
        let (id, version) = (manifest.id.clone(), manifest.version.clone());
        tracing::warn!(product = %id, version = %version, error = %error, "a product is left out");
        let problem = error.to_string();
        self.left_out.push(LeftOut { id, version, problem });
    }

    /// What lies in the folder under this id and is not used.
    pub fn left_out(&self, id: &ProductId) -> Vec<LeftOut> {
        self.left_out.iter().filter(|one| one.id == *id).cloned().collect()
    }

    fn lock_programs(&self) -> MutexGuard<'_, BTreeMap<ProductId, Version>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is part of the program that runs.
    fn is_programs(&self, package: &Package) -> bool {
        let version = self.lock_programs().get(&package.manifest.id).cloned();
        package.signed == Signed::BuiltIn && version.as_ref() == Some(&package.manifest.version)
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, package: Package) {
        let (id, version) = (package.manifest.id.clone(), package.manifest.version.clone());
        self.lock().entry(id).or_default().insert(version, Arc::new(package));
    }

    fn fits(&self, package: &Package) -> Result<(), CatalogueError> {
        let known: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        let mut findings = package.manifest.unknown_kinds(&known);
        findings.extend(package.manifest.wrong_bus(&self.bus));
        match findings.is_empty() {
            true => Ok(()),
            false => Err(CatalogueError::Unfit(findings)),
        }
    }

    /// Takes a package in; its files are safe on disk when this answers. `in_use`: versions that are installed.
    pub fn add(&self, bytes: &[u8], adding: Adding, in_use: &[Version]) -> Result<Added, CatalogueError> {
        let mut shelf = self.lock();
        let package = Package::open(bytes, &self.trusted()?, adding.demand)?;
        self.fits(&package)?;
        let (id, version) = (package.manifest.id.clone(), package.manifest.version.clone());
        let versions = shelf.get(&id);
        let present = versions.into_iter().flat_map(BTreeMap::values);
        let keeper = origin::keeper(present.map(|package| &package.signed));
        if let Some(same) = versions.and_then(|versions| versions.get(&version)) {
            return match same.digest() == package.digest() {
                true => Ok(Added {
                    package: same.clone(),
                    known: true,
                }),
                false => Err(CatalogueError::OtherContent { id, version }),
            };
        }
        if !origin::may_stand(&keeper, &package.signed) {
            return Err(CatalogueError::KeptId { id, keeper });
        }
        let newest = versions.and_then(|versions| versions.keys().next_back());
        if let Some(newest) = newest.filter(|newest| **newest > version && !adding.downgrade) {
            return Err(CatalogueError::Downgrade {
                id,
                version,
                newest: newest.clone(),
            });
        }
        if versions.is_none() && shelf.len() >= PRODUCTS_MAX {
            return Err(CatalogueError::Full);
        }
        self.make_room(&mut shelf, &id, in_use)?;
        shelf::keep(&self.folder, &package)?;
        let package = Arc::new(package);
        shelf.entry(id).or_default().insert(version, package.clone());
        Ok(Added { package, known: false })
    }

    fn make_room(&self, shelf: &mut Shelf, id: &ProductId, in_use: &[Version]) -> Result<(), CatalogueError> {
        let Some(versions) = shelf.get_mut(id).filter(|versions| versions.len() >= VERSIONS_MAX) else {
            return Ok(());
        };
        let spare = versions
            .iter()
            .find(|(version, package)| !self.is_programs(package) && !in_use.contains(version));
        let spare = spare.map(|(version, _)| version.clone()).ok_or(CatalogueError::Full)?;
        shelf::remove(&self.folder, id, &spare)?;
        versions.remove(&spare);
        Ok(())
    }

    /// The newest version of each product, by id.
    pub fn products(&self) -> Vec<Arc<Package>> {
        let shelf = self.lock();
        let newest = shelf.values().filter_map(|versions| versions.values().next_back());
        newest.cloned().collect()
    }

    pub fn newest(&self, id: &ProductId) -> Option<Arc<Package>> {
        self.lock().get(id)?.values().next_back().cloned()
    }

    pub fn get(&self, id: &ProductId, version: &Version) -> Option<Arc<Package>> {
        self.lock().get(id)?.get(version).cloned()
    }

    /// Oldest first.
    pub fn versions(&self, id: &ProductId) -> Vec<Arc<Package>> {
        let shelf = self.lock();
        shelf
            .get(id)
            .map(|versions| versions.values().cloned().collect())
            .unwrap_or_default()
    }

    /// Takes a product away; what comes with the program stays. Answers how many versions went. Whoever calls has seen
    /// to it that nothing is installed.
    pub fn remove(&self, id: &ProductId) -> Result<usize, CatalogueError> {
        let mut shelf = self.lock();
        let versions = shelf
            .get_mut(id)
            .ok_or_else(|| CatalogueError::Unknown(id.to_string()))?;
        let gone = versions.iter().filter(|(_, package)| !self.is_programs(package));
        let gone: Vec<Version> = gone.map(|(version, _)| version.clone()).collect();
        for version in &gone {
            shelf::remove(&self.folder, id, version)?;
            versions.remove(version);
        }
        if versions.is_empty() {
            shelf.remove(id);
        }
        Ok(gone.len())
    }

    pub fn trusted(&self) -> Result<Trusted, CatalogueError> {
        let folder = self.folder.join(TRUSTED);
        Ok(Trusted::read(&folder).map_err(crate::bus::PackageError::from)?)
    }

    /// From now on packages by this key are taken. Answers its fingerprint.
    pub fn trust(&self, pem: &[u8]) -> Result<String, CatalogueError> {
        let key = PublicKey::from_pem("what was given", pem).map_err(crate::bus::PackageError::from)?;
        let text = key.to_pem().map_err(crate::bus::PackageError::from)?;
        let file = self.key_file(&key.fingerprint);
        crate::files::create_folder(&self.folder.join(TRUSTED))
            .and_then(|()| replace_private_file(&file, &text))
            .map_err(|error| CatalogueError::io("keep a key in", &file, &error))?;
        Ok(key.fingerprint)
    }

    /// Packages by this key are taken no more; those that were stay.
    pub fn distrust(&self, fingerprint: &str) -> Result<(), CatalogueError> {
        if !self.trusted()?.fingerprints().any(|known| known == fingerprint) {
            return Err(CatalogueError::UnknownKey(fingerprint.chars().take(64).collect()));
        }
        let folder = self.folder.join(TRUSTED);
        for file in shelf::entries(&folder)? {
            let is_this = crate::files::read_file(&file, crate::files::CERTIFICATE_MAX)
                .ok()
                .and_then(|pem| PublicKey::from_pem("", &pem).ok())
                .is_some_and(|key| key.fingerprint == fingerprint);
            if is_this {
                std::fs::remove_file(&file).map_err(|error| CatalogueError::io("remove", &file, &error))?;
            }
        }
        Ok(())
    }

    fn key_file(&self, fingerprint: &str) -> PathBuf {
        self.folder.join(TRUSTED).join(format!("{}.pem", &fingerprint[..16]))
    }
}

/// A version that nobody signed, above one that somebody vouches for, was put in its place.
fn not_in_the_place(package: &Package, vouched: &[(ProductId, Version)]) -> Result<(), CatalogueError> {
    let manifest = &package.manifest;
    match vouched
        .iter()
        .any(|(id, version)| *id == manifest.id && *version < manifest.version)
    {
        true => Err(CatalogueError::KeptId {
            id: manifest.id.clone(),
            keeper: origin::Keeper::Program,
        }),
        false => Ok(()),
    }
}
