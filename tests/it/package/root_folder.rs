//! A folder in the place of `/`, into which packages are installed.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{everything, run};

const NAME: &str = "intune-connector";

pub enum RootFolder {
    /// Nothing but a database of dpkg.
    Empty(TempDir),
    /// A whole Debian, which is changed.
    Debian(PathBuf),
}

impl RootFolder {
    pub fn new() -> RootFolder {
        match std::env::var_os("PACKAGE_ROOT") {
            Some(folder) => RootFolder::Debian(folder.into()),
            None => RootFolder::Empty(Self::make_empty()),
        }
    }

    fn make_empty() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        // As the root of a machine: everybody passes.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for part in [
            "etc",
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
            "var/lib/dpkg/triggers",
        ] {
            std::fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        std::fs::write(folder.path().join("var/lib/dpkg/status"), "").unwrap();
        folder
    }

    fn base(&self) -> &Path {
        match self {
            RootFolder::Empty(folder) => folder.path(),
            RootFolder::Debian(folder) => folder,
        }
    }

    /// Where a path of the machine lies.
    pub fn at(&self, path: &str) -> PathBuf {
        self.base().join(path.trim_start_matches('/'))
    }

    fn dpkg(&self, args: &[&OsStr]) -> Output {
        let mut command = Command::new("dpkg");
        command
            .arg(format!("--root={}", self.base().display()))
            .arg("--force-confdef")
            .arg("--force-confold")
            // Nobody needs it on the disk.
            .arg("--force-unsafe-io");
        if matches!(self, RootFolder::Empty(_)) {
            // No libraries are there, and no shell: the scripts run beside the folder.
            command.args(["--force-depends", "--force-script-chrootless"]);
        }
        command.args(args).env("LC_ALL", "C").output().unwrap()
    }

    /// What dpkg and the scripts of the package said.
    #[track_caller]
    pub fn install(&self, package: &Path) -> String {
        let output = self.dpkg(&["--install".as_ref(), package.as_os_str()]);
        assert!(output.status.success(), "{}", everything(&output));
        everything(&output)
    }

    /// What dpkg said as it refused.
    #[track_caller]
    pub fn fail_to_install(&self, package: &Path) -> String {
        let output = self.dpkg(&["--install".as_ref(), package.as_os_str()]);
        assert!(!output.status.success(), "{}", everything(&output));
        everything(&output)
    }

    #[track_caller]
    pub fn remove(&self) {
        let output = self.dpkg(&["--remove", NAME].map(OsStr::new));
        assert!(output.status.success(), "{}", everything(&output));
    }

    #[track_caller]
    pub fn purge(&self) {
        let output = self.dpkg(&["--purge", NAME].map(OsStr::new));
        assert!(output.status.success(), "{}", everything(&output));
    }

    /// Version and state of the package, as dpkg knows them.
    pub fn state(&self) -> String {
        let mut query = Command::new("dpkg-query");
        query.arg(format!("--admindir={}", self.at("/var/lib/dpkg").display()));
        run(query.args(["--show", "--showformat=${Version} ${Status}", NAME]))
    }

    /// User and group of the service; `None`: there is no such account.
    pub fn account(&self) -> Option<(u32, u32)> {
        let accounts = std::fs::read_to_string(self.at("/etc/passwd")).unwrap_or_default();
        let line = accounts.lines().find(|line| line.split(':').next() == Some(NAME))?;
        let words: Vec<&str> = line.split(':').collect();
        assert!(line.ends_with("/nologin"), "{line}");
        Some((words[2].parse().unwrap(), words[3].parse().unwrap()))
    }

    /// A command of the machine as one of its accounts.
    pub fn command(&self, words: &[String], (user, group): (u32, u32)) -> Command {
        let mut command;
        match self {
            RootFolder::Debian(folder) => {
                command = Command::new("chroot");
                command
                    .arg(format!("--userspec={user}:{group}"))
                    .arg("--groups=")
                    .arg(folder);
                command.args(words);
            }
            RootFolder::Empty(_) => {
                let mapped = words.iter().map(|word| {
                    let is_path = word.starts_with('/');
                    if is_path {
                        self.at(word).into_os_string()
                    } else {
                        word.into()
                    }
                });
                command = Command::new("setpriv");
                command.args([
                    format!("--reuid={user}"),
                    format!("--regid={group}"),
                    "--clear-groups".to_owned(),
                ]);
                command.args(mapped);
            }
        }
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/");
        command
    }
}
