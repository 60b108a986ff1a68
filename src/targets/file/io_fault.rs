//! What the disk answers, as a fault of a target. Where only a person helps, it says what to do.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::files::shell_word;
use crate::targets::TargetFault;

/// `path`: the file or folder that was being written.
pub(super) fn write_fault(path: &Path, error: &io::Error) -> TargetFault {
    let shown = path.display();
    let folder = path.parent().unwrap_or(path);
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => TargetFault::Unavailable {
            problem: format!("there is no room for {shown}; what stood there is still there"),
        },
        ErrorKind::NotFound => missing_folder(folder),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => TargetFault::Misconfigured {
            problem: format!("{} cannot be written: {error}", folder.display()),
            advice: allow_advice(folder),
        },
        _ => TargetFault::Unavailable {
            problem: format!("failed to write {shown}: {error}"),
        },
    }
}

/// A folder that `bus.ini` lists is made by whoever listed it: it may be a disk that is not mounted.
pub(super) fn missing_folder(folder: &Path) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the folder {} does not exist", folder.display()),
        advice: format!("mount its disk, or make it: mkdir -p {}", shell_word(folder)),
    }
}

/// The service may write to its data folder and nowhere else.
pub(super) fn allow_advice(folder: &Path) -> String {
    format!(
        "let the account of the bus write into {}; where it runs as a service, name the folder in ReadWritePaths as well",
        folder.display()
    )
}

/// `None`: there is nothing of this name.
pub(super) fn look_at(path: &Path) -> Result<Option<std::fs::Metadata>, TargetFault> {
    match std::fs::symlink_metadata(path) {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TargetFault::Misconfigured {
            problem: format!("{} cannot be looked at: {error}", path.display()),
            advice: allow_advice(path.parent().unwrap_or(path)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_tried_again_and_what_does_not_says_what_to_do() {
        let path = Path::new("/mnt/share/devices.csv");
        for (kind, code, word) in [
            (ErrorKind::StorageFull, "unavailable", "no room"),
            (ErrorKind::QuotaExceeded, "unavailable", "no room"),
            (ErrorKind::Other, "unavailable", "failed to write"),
            (ErrorKind::NotFound, "misconfigured", "/mnt/share does not exist"),
            (
                ErrorKind::PermissionDenied,
                "misconfigured",
                "/mnt/share cannot be written",
            ),
            (ErrorKind::ReadOnlyFilesystem, "misconfigured", "cannot be written"),
        ] {
            let fault = write_fault(path, &kind.into());
            assert_eq!(fault.code(), code, "{kind}");
            assert!(fault.to_string().contains(word), "{fault}");
        }
        assert!(
            missing_folder(Path::new("/mnt/a b"))
                .advice()
                .contains("mkdir -p '/mnt/a b'")
        );
    }
}
