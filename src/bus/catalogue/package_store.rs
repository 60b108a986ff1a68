//! Packages on disk: `products/ID/VERSION/` with their files, their checksums and where they came from.
//!
//! A version is written into a folder beside its place whose name begins with a dot, made safe, and renamed; a version
//! that is taken away is renamed first and deleted then. So a folder of a version is whole, whenever the process dies;
//! what is left beside it is swept at the next start. What was changed on disk since shows by its digest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openssl::rand::rand_bytes;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::CatalogueError;
use crate::bus::manifest::{FileName, ProductId};
use crate::bus::package::{FILE_BYTES_MAX, FILES_MAX, Package, PackageFiles, PackageSigner};
use crate::files::{create_data_folder, open_data_file, read_file};

/// Its name can't be that of a file of a package.
const ORIGIN: &str = ".origin.json";
/// Entries that are looked at in one folder.
const ENTRIES_MAX: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredOrigin {
    /// Of this file.
    version: u32,
    /// Fingerprint of the key; missing where nobody signed it.
    signed_by: Option<String>,
    /// It came with the program.
    #[serde(default)]
    built_in: bool,
    digest: String,
}

fn io_failure(what: &'static str, path: &Path) -> impl Fn(io::Error) -> CatalogueError {
    let path = path.to_owned();
    move |error| CatalogueError::io_error(what, &path, &error)
}

/// Every package that is whole; sweeps what a process that died left behind.
pub(crate) fn read_packages(folder: &Path) -> Result<Vec<Package>, CatalogueError> {
    let mut packages = Vec::new();
    for product in list_entries(folder)? {
        if is_leftover(&product) {
            fs::remove_dir_all(&product).map_err(io_failure("clean up", &product))?;
            continue;
        }
        let Some(id) = product_id_of(&product) else { continue };
        for version in list_entries(&product)? {
            match read_package(&version) {
                Ok(package) if package.manifest.id == id && has_version_name(&version, &package) => {
                    packages.push(package)
                }
                Ok(_) => tracing::warn!(path = %version.display(), "a product is in the folder of another product"),
                Err(problem) => tracing::warn!(path = %version.display(), problem, "failed to load a product"),
            }
        }
    }
    Ok(packages)
}

fn has_version_name(folder: &Path, package: &Package) -> bool {
    folder.file_name().and_then(|name| name.to_str()) == Some(package.manifest.version.to_string().as_str())
}

fn product_id_of(folder: &Path) -> Option<ProductId> {
    let name = folder.file_name()?.to_str()?;
    // The folder of keys is no product; it is told from one by having no versions in it.
    name.parse().ok().filter(|_| folder.is_dir())
}

fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.is_some_and(|name| name.starts_with(".new-") || name.starts_with(".old-"))
}

/// What lies in a folder; nothing where there is no such folder.
pub(crate) fn list_entries(folder: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
    let list = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(io_failure("list", folder))?,
    };
    let paths = list.take(ENTRIES_MAX).map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<Result<_, _>>().map_err(io_failure("list", folder))
}

fn read_package(folder: &Path) -> Result<Package, String> {
    let origin = read_bounded(&folder.join(ORIGIN)).map_err(|error| error.to_string())?;
    let origin: StoredOrigin = serde_json::from_slice(&origin).map_err(|error| error.to_string())?;
    if origin.version != 1 {
        return Err("it was written by another version of this program".into());
    }
    let mut files = PackageFiles::new();
    collect_files(folder, "", &mut files)?;
    let signed = match (origin.signed_by, origin.built_in) {
        (Some(fingerprint), _) => PackageSigner::By(fingerprint),
        (None, true) => PackageSigner::BuiltIn,
        (None, false) => PackageSigner::Nobody,
    };
    let package = Package::from_files(files, signed).map_err(|error| error.to_string())?;
    if package.digest() == origin.digest {
        Ok(package)
    } else {
        Err("its files were changed".into())
    }
}

/// The files of a folder and of those below it; the rules for names bound how deep.
fn collect_files(folder: &Path, prefix: &str, files: &mut PackageFiles) -> Result<(), String> {
    for path in list_entries(folder).map_err(|error| error.to_string())? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if prefix.is_empty() && name == ORIGIN {
            continue;
        }
        let name: FileName = format!("{prefix}{name}")
            .parse()
            .map_err(|why| format!("{}: {why}", path.display()))?;
        let kind = fs::symlink_metadata(&path)
            .map_err(|error| error.to_string())?
            .file_type();
        if kind.is_dir() {
            collect_files(&path, &format!("{name}/"), files)?;
        } else if kind.is_file() && files.len() < FILES_MAX {
            files.insert(name, read_bounded(&path).map_err(|error| error.to_string())?);
        } else {
            return Err(format!("{} does not belong in a package", path.display()));
        }
    }
    Ok(())
}

fn read_bounded(file: &Path) -> io::Result<Vec<u8>> {
    Ok(read_file(file, FILE_BYTES_MAX)?.to_vec())
}

/// Writes a version down; it is there wholly or not at all.
pub(crate) fn write_package(folder: &Path, package: &Package) -> Result<(), CatalogueError> {
    let (id, version) = (package.manifest.id.as_str(), package.manifest.version.to_string());
    let product = folder.join(id);
    let version_folder = product.join(&version);
    let temporary = temporary_path(folder, ".new-")?;
    let written = write_files(&temporary, package);
    let placed = written.and_then(|()| {
        create_data_folder(&product).map_err(io_failure("create", &product))?;
        if version_folder.exists() {
            // A version that could not be read; it is not in the catalogue.
            discard_folder(folder, &version_folder)?;
        }
        fs::rename(&temporary, &version_folder).map_err(io_failure("move a product into", &product))?;
        for changed in [&product, folder] {
            sync_folder(changed).map_err(io_failure("sync", changed))?;
        }
        Ok(())
    });
    if placed.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    placed
}

fn temporary_path(folder: &Path, prefix: &str) -> Result<PathBuf, CatalogueError> {
    let mut random = [0u8; 8];
    rand_bytes(&mut random).map_err(|error| io_failure("create a folder in", folder)(io::Error::other(error)))?;
    Ok(folder.join(format!("{prefix}{}", hex::encode(random))))
}

fn write_files(temporary: &Path, package: &Package) -> Result<(), CatalogueError> {
    let origin = StoredOrigin {
        version: 1,
        signed_by: match &package.signer {
            PackageSigner::By(fingerprint) => Some(fingerprint.clone()),
            PackageSigner::BuiltIn | PackageSigner::Nobody => None,
        },
        built_in: package.signer == PackageSigner::BuiltIn,
        digest: package.digest(),
    };
    let origin = serde_json::to_vec_pretty(&origin)
        .map_err(|error| io_failure("describe the package in", temporary)(io::Error::other(error)))?;
    create_data_folder(temporary).map_err(io_failure("create", temporary))?;
    let mut folders = vec![temporary.to_owned()];
    for (name, content) in &package.files {
        let path = temporary.join(name.as_str());
        let folder = path.parent().unwrap_or(temporary).to_owned();
        create_data_folder(&folder).map_err(io_failure("create", &folder))?;
        write_new_file(&path, content).map_err(io_failure("write", &path))?;
        folders.push(folder);
    }
    write_new_file(&temporary.join(ORIGIN), &origin).map_err(io_failure("write", temporary))?;
    folders.dedup();
    folders
        .iter()
        .try_for_each(|folder| sync_folder(folder).map_err(io_failure("sync", folder)))
}

fn write_new_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    let mut file = open_data_file(path, &options)?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Whether a version lies there, whole or not.
pub(crate) fn has_version(folder: &Path, id: &ProductId, version: &Version) -> bool {
    folder.join(id.as_str()).join(version.to_string()).exists()
}

/// Removes one version; with the last one, also the folder of the product.
pub(crate) fn remove(folder: &Path, id: &ProductId, version: &Version) -> Result<(), CatalogueError> {
    let product = folder.join(id.as_str());
    let gone = product.join(version.to_string());
    if gone.exists() {
        discard_folder(folder, &gone)?;
    }
    if list_entries(&product)?.is_empty() && product.exists() {
        discard_folder(folder, &product)
    } else {
        Ok(())
    }
}

fn discard_folder(folder: &Path, gone: &Path) -> Result<(), CatalogueError> {
    let trash_path = temporary_path(folder, ".old-")?;
    fs::rename(gone, &trash_path).map_err(io_failure("remove", gone))?;
    sync_folder(folder).map_err(io_failure("sync", folder))?;
    fs::remove_dir_all(&trash_path).map_err(io_failure("remove", &trash_path))
}
