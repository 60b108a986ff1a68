//! A package: the files of one version of a product in a zip, with a checksum for each and a signature over these.
//!
//! ```text
//! plugin.toml  templates/…  workflows/…      what the manifest names, and nothing else
//! checksums.sha256                           one line a file, as `sha256sum` writes them
//! signature.ed25519                          over the checksums, by a key of whoever built it
//! ```
//!
//! [`Package::open`] takes bytes from a stranger. In this order: how the archive is made ([`zip_directory`]: one plain way
//! of the many that the format allows, so that no two readers see different files), names, numbers and sizes before
//! anything is unpacked ([`limits`]), content up to the size announced, checksums, manifest, and who signed it
//! ([`keys`]). Nothing touches the disk here.
//!
//! [`pack_zip`] makes the same bytes of the same files, whenever and wherever.

mod error;
mod icon;
pub mod keys;
mod limits;
mod open;
mod pack;
#[cfg(test)]
mod tests;
mod zip_directory;

use std::collections::BTreeMap;

use openssl::sha::sha256;

pub use error::PackageError;
pub use icon::{ICON_BYTES_MAX, IconError};
pub use keys::{KeyError, PrivateKey, PublicKey, TrustedKeys};
pub use limits::{FILE_BYTES_MAX, FILES_MAX, PACKED_BYTES_MAX, RATIO_MAX, UNPACKED_BYTES_MAX};
pub use pack::pack_zip;

use super::manifest::{FileName, MANIFEST, Manifest, ManifestFinding};

pub const CHECKSUMS: &str = "checksums.sha256";
pub const SIGNATURE: &str = "signature.ed25519";

/// Files by name.
pub type PackageFiles = BTreeMap<FileName, Vec<u8>>;

/// A product whose files are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub manifest: Manifest,
    /// With the manifest, without checksums and signature.
    pub files: PackageFiles,
    pub signer: PackageSigner,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSigner {
    /// Part of the program.
    BuiltIn,
    /// Fingerprint of the trusted key.
    By(String),
    /// Not signed; accepted because an operator allowed it.
    Nobody,
}

/// Whether a package without a trusted signature is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignaturePolicy {
    Signature,
    Nothing,
}

impl Package {
    /// What came as a file.
    pub fn open(bytes: &[u8], trusted: &TrustedKeys, policy: SignaturePolicy) -> Result<Package, PackageError> {
        open::open_package(bytes, trusted, policy)
    }

    /// Files that are one product: the manifest is right, and what it names is there, and nothing else.
    pub fn from_files(files: PackageFiles, signed: PackageSigner) -> Result<Package, PackageError> {
        let (manifest, missing) = Package::read_manifest(&files)?;
        if !missing.is_empty() {
            return Err(PackageError::Manifest(missing));
        }
        let named =
            |name: &FileName| name.as_str() == MANIFEST || manifest.named_files().any(|file| file.name == *name);
        if let Some(name) = files.keys().find(|name| !named(name)) {
            return Err(PackageError::Unasked(name.to_string()));
        }
        if let Some(icon) = &manifest.icon
            && let Some(content) = files.get(&icon.name)
        {
            icon::check_icon(icon.name.as_str(), content).map_err(|why| PackageError::Icon {
                name: icon.name.to_string(),
                why,
            })?;
        }
        Ok(Package {
            manifest,
            files,
            signer: signed,
        })
    }

    /// The product inside the program. What it lacks is found by tests, not at run time.
    pub fn from_built_in(files: &[(&str, &[u8])]) -> Result<Package, PackageError> {
        let mut named = PackageFiles::new();
        for (name, content) in files {
            let file = name.parse().map_err(|why| PackageError::Name {
                name: (*name).to_owned(),
                why,
            })?;
            named.insert(file, content.to_vec());
        }
        let (manifest, _) = Package::read_manifest(&named)?;
        Ok(Package {
            manifest,
            files: named,
            signer: PackageSigner::BuiltIn,
        })
    }

    fn read_manifest(files: &PackageFiles) -> Result<(Manifest, Vec<ManifestFinding>), PackageError> {
        let found = files.iter().find(|(name, _)| name.as_str() == MANIFEST);
        let (_, bytes) = found.ok_or(PackageError::Missing(MANIFEST))?;
        let text = std::str::from_utf8(bytes).map_err(|_| PackageError::NoText(MANIFEST))?;
        let manifest = Manifest::read(text).map_err(PackageError::Manifest)?;
        let missing = manifest.missing_files(|wanted| files.keys().any(|name| name.as_str() == wanted));
        Ok((manifest, missing))
    }

    pub fn file_content(&self, name: &str) -> Option<&[u8]> {
        let found = self.files.iter().find(|(known, _)| known.as_str() == name);
        found.map(|(_, content)| content.as_slice())
    }

    /// Its icon: media type and content.
    pub fn icon(&self) -> Option<(&'static str, &[u8])> {
        let name = self.manifest.icon.as_ref()?.name.as_str();
        Some((icon::icon_media_type(name), self.file_content(name)?))
    }

    /// What the product is, in 32 bytes: the same files, the same digest, whoever signed it.
    pub fn digest(&self) -> String {
        hex::encode(sha256(checksum_list(&self.files).as_bytes()))
    }
}

/// A line a file, in the order of names.
fn checksum_list(files: &PackageFiles) -> String {
    let lines = files
        .iter()
        .map(|(name, content)| format!("{}  {name}\n", hex::encode(sha256(content))));
    lines.collect()
}
