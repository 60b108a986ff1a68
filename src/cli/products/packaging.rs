//! Making packages: for whoever builds a product. No bus is asked.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::{KINDS, built_in_product, check_package_documents};
use crate::bus::manifest::MANIFEST;
use crate::bus::package::{
    PACKED_BYTES_MAX, PackageError, PackageFiles, PackageSigner, PrivateKey, pack_zip as packed,
};
use crate::bus::{Manifest, ManifestFinding, Package};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::files::create_private_file;

#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// File for the private key; it must not exist yet
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PackProductArgs {
    /// Folder with plugin.toml; default: the current folder if it has one, else the product built into this program
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Private key to sign with (Ed25519, PEM); unsigned if omitted
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Folder for the package
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CheckProductArgs {
    /// Folder with plugin.toml
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn generate_key(args: &KeygenArgs) -> Result<(), CommandFailure> {
    let failed =
        |error: &dyn std::fmt::Display| CommandFailure::general_error(format!("failed to create a key: {error}"), "");
    let key = PrivateKey::generate().map_err(|error| failed(&error))?;
    let public = key.public_key().map_err(|error| failed(&error))?;
    key.write(&args.file).map_err(|error| {
        CommandFailure::usage_error(
            format!("failed to create a key: {error}"),
            "choose a file that does not exist",
        )
    })?;
    let public_path = args.file.with_extension("pub.pem");
    let pem = public.to_pem().map_err(|error| failed(&error))?;
    create_private_file(&public_path, &pem)
        .map_err(|error| CommandFailure::file_error("write", &public_path, &error))?;
    output::print_line(format!(
        "{} signs packages: keep it secret. Give {} to those who should trust them. Fingerprint: {}",
        args.file.display(),
        public_path.display(),
        public.fingerprint
    ))
}

pub(crate) fn pack_product(args: &PackProductArgs) -> Result<(), CommandFailure> {
    let here = Path::new(".");
    let package = match &args.from {
        Some(folder) => read_sound_package(folder)?,
        None if here.join(MANIFEST).is_file() => read_sound_package(here)?,
        None => {
            let built_in = built_in_product::built_in_package()
                .map_err(|error| CommandFailure::general_error(error.to_string(), ""))?;
            Package::from_files(built_in.files, PackageSigner::Nobody).map_err(|error| package_failure(&error))?
        }
    };
    let key = args.key.as_deref().map(PrivateKey::read).transpose();
    let key = key.map_err(|error| {
        CommandFailure::usage_error(error.to_string(), "create one: intune-connector products keygen FILE")
    })?;
    let bytes = packed(&package, key.as_ref()).map_err(|error| package_failure(&error))?;
    std::fs::create_dir_all(&args.out).map_err(|error| CommandFailure::file_error("make", &args.out, &error))?;
    let name = format!("{}-{}.zip", package.manifest.id, package.manifest.version);
    let file = args.out.join(name);
    // The old one or the new one, whenever this process dies.
    let temporary = file.with_extension("zip.tmp");
    std::fs::write(&temporary, &bytes)
        .and_then(|()| std::fs::rename(&temporary, &file))
        .map_err(|error| CommandFailure::file_error("write", &file, &error))?;
    if key.is_none() {
        output::eprint_line("the package is unsigned: a bus accepts it with --unsigned only; sign it with --key FILE");
    }
    output::print_line(file.display().to_string())
}

pub(crate) fn check_product(args: &CheckProductArgs) -> Result<(), CommandFailure> {
    let package = read_sound_package(&args.folder)?;
    output::print_line(format!("{} {} is valid", package.manifest.id, package.manifest.version))
}

/// The files of a folder, where a bus of this version can install them: the kinds of the manifest, the template and the
/// workflows.
fn read_sound_package(folder: &Path) -> Result<Package, CommandFailure> {
    let package = read_package(folder)?;
    let unknown = package.manifest.unknown_kinds(&KINDS);
    let wrong = check_package_documents(&package);
    if unknown.is_empty() && wrong.is_empty() {
        return Ok(package);
    }
    let manifest = folder.join(MANIFEST);
    let mut lines: Vec<String> = unknown
        .iter()
        .map(|finding| manifest_line(&manifest, finding))
        .collect();
    for document in &wrong {
        let file = folder.join(&document.file);
        lines.extend(document.findings.iter().map(|finding| {
            let (at, problem, advice) = (finding.at, &finding.problem, &finding.advice);
            format!("{}:{}:{}: {problem}; {advice}", file.display(), at.line, at.column)
        }));
    }
    Err(CommandFailure::usage_error(lines.join("\n"), ""))
}

/// The files that the manifest of a folder names.
fn read_package(folder: &Path) -> Result<Package, CommandFailure> {
    let file = folder.join(MANIFEST);
    let bytes = read_bounded_file(&file)?;
    let text = String::from_utf8(bytes.clone()).map_err(|_| {
        CommandFailure::usage_error(format!("{} is not UTF-8 text", file.display()), "save it as UTF-8")
    })?;
    let manifest = Manifest::read(&text).map_err(|findings| findings_failure(&file, &findings))?;
    let missing = manifest.missing_files(|name| folder.join(name).is_file());
    if !missing.is_empty() {
        return Err(findings_failure(&file, &missing));
    }
    let mut files = PackageFiles::new();
    for named in manifest.named_files() {
        files.insert(
            named.name.clone(),
            read_bounded_file(&folder.join(named.name.as_str()))?,
        );
    }
    let manifest_name = MANIFEST
        .parse()
        .map_err(|_| CommandFailure::general_error("the manifest has no name", ""))?;
    files.insert(manifest_name, bytes);
    Package::from_files(files, PackageSigner::Nobody).map_err(|error| package_failure(&error))
}

/// Every finding with file, line and column.
fn findings_failure(file: &Path, findings: &[ManifestFinding]) -> CommandFailure {
    let lines: Vec<String> = findings.iter().map(|finding| manifest_line(file, finding)).collect();
    CommandFailure::usage_error(lines.join("\n"), "")
}

fn manifest_line(file: &Path, finding: &ManifestFinding) -> String {
    let (at, problem, advice) = (finding.at, &finding.problem, &finding.advice);
    format!("{}:{}:{}: {problem}; {advice}", file.display(), at.line, at.column)
}

fn package_failure(error: &PackageError) -> CommandFailure {
    CommandFailure::general_error(format!("failed to create the package: {error}"), error.advice())
}

/// A file that is small enough to be part of a package, or to be one.
pub(crate) fn read_bounded_file(file: &Path) -> Result<Vec<u8>, CommandFailure> {
    let most = 2 * PACKED_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(most + 1).read_to_end(&mut bytes))
        .map_err(|error| CommandFailure::file_error("read", file, &error))?;
    if bytes.len() as u64 > most {
        Err(CommandFailure::usage_error(
            format!("{} is larger than {} KiB", file.display(), most / 1024),
            "use a package created with `products pack`",
        ))
    } else {
        Ok(bytes)
    }
}
