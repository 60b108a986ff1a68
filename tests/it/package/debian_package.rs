//! Packages of the program under test, each version built once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::run;
use crate::support::program::PROGRAM;

/// Sorts before the version of the program.
pub const LOWER: &str = "0.0.9";

/// Where this test run keeps its packages.
fn make_folder() -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    remove_left_packages(shared);
    shared.join(format!("deb-{}", std::process::id()))
}

/// The package as `make deb` builds it; fast to pack rather than small.
fn build() -> PathBuf {
    let mut command = Command::new("installer/build-deb.sh");
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PROGRAM", PROGRAM)
        .env("COMPRESSION", "none")
        .env("OUT", make_folder().join("current"));
    let told = run(&mut command);
    let path = told
        .lines()
        .find(|line| line.ends_with(".deb") && line.starts_with('/'));
    PathBuf::from(path.unwrap_or_else(|| panic!("{told}")))
}

/// The same package with a lower number. Building it anew would take ten times as long: it differs in that number alone,
/// in its description and in its scripts.
fn build_lower() -> PathBuf {
    let (unpacked, out) = (make_folder().join("unpacked"), make_folder().join("lower"));
    std::fs::create_dir_all(&out).unwrap();
    unpack(current(), &unpacked);
    let version = field(current(), "Version");
    for (file, key) in [("control", "Version: "), ("preinst", "version=")] {
        let path = unpacked.join("DEBIAN").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let line = format!("{key}{version}\n");
        assert_eq!(text.matches(&line).count(), 1, "{file}: {text}");
        std::fs::write(&path, text.replace(&line, &format!("{key}{LOWER}\n"))).unwrap();
    }
    let mut pack = Command::new("dpkg-deb");
    pack.args(["--root-owner-group", "-Znone", "--build"]);
    run(pack.arg(&unpacked).arg(&out));
    std::fs::remove_dir_all(unpacked).unwrap();
    let packed = std::fs::read_dir(out).unwrap().next();
    packed.unwrap().unwrap().path()
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
    BUILT.get_or_init(build)
}

pub fn lower() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build_lower)
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
