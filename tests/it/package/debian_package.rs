//! Packages of the program under test, each version built once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::run;
use crate::support::program::PROGRAM;

/// Sorts before the version of the program.
pub const LOWER: &str = "0.0.9";

/// The package as `make deb` builds it; fast to pack rather than small.
fn build(version: Option<&str>) -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let out = shared.join(format!("deb-{}", std::process::id()));
    remove_left_packages(shared);
    let mut command = Command::new("installer/build-deb.sh");
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PROGRAM", PROGRAM)
        .env("COMPRESSION", "none")
        .env("OUT", out.join(version.unwrap_or("current")));
    if let Some(version) = version {
        command.env("VERSION", version);
    }
    let told = run(&mut command);
    let path = told
        .lines()
        .find(|line| line.ends_with(".deb") && line.starts_with('/'));
    PathBuf::from(path.unwrap_or_else(|| panic!("{told}")))
}

/// Those of test runs that have ended: each is as large as the program.
fn remove_left_packages(shared: &Path) {
    for entry in std::fs::read_dir(shared).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let maker = name.strip_prefix("deb-").and_then(|id| id.parse::<u32>().ok());
        if maker.is_some_and(|id| !Path::new(&format!("/proc/{id}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

pub fn current() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(None))
}

pub fn lower() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(Some(LOWER)))
}

/// A field of a package's description.
pub fn field(package: &Path, name: &str) -> String {
    let told = run(Command::new("dpkg-deb").arg("--field").arg(package).arg(name));
    told.trim().to_owned()
}

/// Unpacks files and, below `DEBIAN`, the scripts.
pub fn unpack(package: &Path, folder: &Path) {
    run(Command::new("dpkg-deb").arg("--raw-extract").arg(package).arg(folder));
}
