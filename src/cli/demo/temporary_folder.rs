//! The folder of a demonstration: its path is short, because people paste it, and it goes with the demonstration.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const NAME: &str = "intune-demo";
/// Demonstrations at once, and what killed ones left.
const NUMBERS: usize = 1_000;

/// Removed however the demonstration ends.
#[derive(Debug)]
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(crate) fn create() -> io::Result<TemporaryFolder> {
        TemporaryFolder::create_in(&std::env::temp_dir())
    }

    /// The first name that is free. It is made anew, for its owner alone: what somebody else has put there is left alone.
    fn create_in(parent: &Path) -> io::Result<TemporaryFolder> {
        for number in 1..=NUMBERS {
            let name = if number == 1 {
                NAME.to_owned()
            } else {
                format!("{NAME}-{number}")
            };
            let path = parent.join(name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(TemporaryFolder(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other(format!("{NAME} and all its numbers are taken")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_demonstration_has_a_folder_of_its_own_and_takes_nobody_elses() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = parent.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, parent.path().join("intune-demo")).unwrap();
        let first = TemporaryFolder::create_in(parent.path()).unwrap();
        let second = TemporaryFolder::create_in(parent.path()).unwrap();
        assert_eq!(first.path(), parent.path().join("intune-demo-2"));
        assert_eq!(second.path(), parent.path().join("intune-demo-3"));
        let mode = std::fs::metadata(first.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(first);
        assert!(!parent.path().join("intune-demo-2").exists() && second.path().exists());
        let third = TemporaryFolder::create_in(parent.path()).unwrap();
        assert_eq!(third.path(), parent.path().join("intune-demo-2"), "it is free again");
        assert!(TemporaryFolder::create_in(&parent.path().join("absent")).is_err());
    }
}
