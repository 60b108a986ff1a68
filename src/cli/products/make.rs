//! Making packages: for whoever builds a product. No bus is asked.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::{KINDS, product};
use crate::bus::manifest::MANIFEST;
use crate::bus::package::{Files, PACKED_BYTES_MAX, PackageError, PrivateKey, Signed, pack as packed};
use crate::bus::{Manifest, ManifestFinding, Package};
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::files::create_private_file;

#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// Where the private key goes; it must not exist yet
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct PackArgs {
    /// Folder with plugin.toml; left out: the product inside this program
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Private key that signs it (Ed25519, PEM); left out: nobody signs it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Folder for the zip
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Folder with plugin.toml
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub fn keygen(args: &KeygenArgs) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("failed to make a key: {error}"), "");
    let key = PrivateKey::generate().map_err(|error| failed(&error))?;
    let public = key.public().map_err(|error| failed(&error))?;
    key.write(&args.file).map_err(|error| {
        Failure::usage(
            format!("failed to make a key: {error}"),
            "choose a file that does not exist",
        )
    })?;
    let beside = args.file.with_extension("pub.pem");
    let pem = public.to_pem().map_err(|error| failed(&error))?;
    create_private_file(&beside, &pem).map_err(|error| Failure::file("write", &beside, &error))?;
    out::line(format!(
        "{} signs packages: keep it secret. {} is for those who are to trust them. Fingerprint: {}",
        args.file.display(),
        beside.display(),
        public.fingerprint
    ))
}

pub fn pack(args: &PackArgs) -> Result<(), Failure> {
    let package = match &args.from {
        Some(folder) => read(folder)?,
        None => {
            let built_in = product::package().map_err(|error| Failure::failed(error.to_string(), ""))?;
            Package::of_files(built_in.files, Signed::Nobody).map_err(|error| refused(&error))?
        }
    };
    let key = args.key.as_deref().map(PrivateKey::read).transpose();
    let key =
        key.map_err(|error| Failure::usage(error.to_string(), "intune-connector products keygen FILE makes one"))?;
    let bytes = packed(&package, key.as_ref()).map_err(|error| refused(&error))?;
    std::fs::create_dir_all(&args.out).map_err(|error| Failure::file("make", &args.out, &error))?;
    let name = format!("{}-{}.zip", package.manifest.id, package.manifest.version);
    let file = args.out.join(name);
    // The old one or the new one, whenever this process dies.
    let temporary = file.with_extension("zip.tmp");
    std::fs::write(&temporary, &bytes)
        .and_then(|()| std::fs::rename(&temporary, &file))
        .map_err(|error| Failure::file("write", &file, &error))?;
    if key.is_none() {
        out::say("nobody signed it: a bus takes it with --unsigned only; sign it with --key FILE");
    }
    out::line(file.display().to_string())
}

pub fn check(args: &CheckArgs) -> Result<(), Failure> {
    let package = read(&args.folder)?;
    let unknown = package.manifest.unknown_kinds(&KINDS);
    if !unknown.is_empty() {
        return Err(wrong(&args.folder.join(MANIFEST), &unknown));
    }
    out::line(format!(
        "{} {} is well made",
        package.manifest.id, package.manifest.version
    ))
}

/// The files that the manifest of a folder names.
fn read(folder: &Path) -> Result<Package, Failure> {
    let file = folder.join(MANIFEST);
    let bytes = bounded(&file)?;
    let text = String::from_utf8(bytes.clone())
        .map_err(|_| Failure::usage(format!("{} is no UTF-8 text", file.display()), "save it as UTF-8"))?;
    let manifest = Manifest::read(&text).map_err(|findings| wrong(&file, &findings))?;
    let missing = manifest.missing_files(|name| folder.join(name).is_file());
    if !missing.is_empty() {
        return Err(wrong(&file, &missing));
    }
    let mut files = Files::new();
    for named in manifest.files() {
        files.insert(named.name.clone(), bounded(&folder.join(named.name.as_str()))?);
    }
    let manifest_name = MANIFEST
        .parse()
        .map_err(|_| Failure::failed("the manifest has no name", ""))?;
    files.insert(manifest_name, bytes);
    Package::of_files(files, Signed::Nobody).map_err(|error| refused(&error))
}

/// Every finding with file, line and column.
fn wrong(file: &Path, findings: &[ManifestFinding]) -> Failure {
    let line = |finding: &ManifestFinding| {
        let (at, problem, advice) = (finding.at, &finding.problem, &finding.advice);
        format!("{}:{}:{}: {problem}; {advice}", file.display(), at.line, at.column)
    };
    let lines: Vec<String> = findings.iter().map(line).collect();
    Failure::usage(lines.join("\n"), "")
}

fn refused(error: &PackageError) -> Failure {
    Failure::failed(format!("failed to make the package: {error}"), error.advice())
}

/// A file that is small enough to be part of a package, or to be one.
pub fn bounded(file: &Path) -> Result<Vec<u8>, Failure> {
    let most = 2 * PACKED_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(most + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file("read", file, &error))?;
    match bytes.len() as u64 > most {
        true => Err(Failure::usage(
            format!("{} is larger than {} KiB", file.display(), most / 1024),
            "give a package as `products pack` makes it",
        )),
        false => Ok(bytes),
    }
}
