//! The key that signs evidence: made once, and kept in the data folder for its owner alone. It signs nothing else, and is
//! in no backup of the store.

use std::io;
use std::path::Path;

use crate::bus::package::{KeyError, PrivateKey};
use crate::files::create_data_file;

const FILE: &str = "evidence-key.pem";

/// The key of a data folder; makes it where there is none.
pub(super) fn load_signing_key(folder: &Path) -> Result<PrivateKey, KeyError> {
    let file = folder.join(FILE);
    if !file.exists() {
        let pem = PrivateKey::generate()?.to_pem()?;
        match create_data_file(&file, &pem) {
            Ok(()) => (),
            // Somebody else asked at the same time: theirs is the key.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            Err(error) => {
                return Err(KeyError::Write {
                    file: file.display().to_string(),
                    problem: error.to_string(),
                });
            }
        }
    }
    PrivateKey::read(&file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let fingerprint = || {
            let key = load_signing_key(folder.path()).unwrap();
            key.public_key().unwrap().fingerprint
        };
        assert_eq!(fingerprint(), fingerprint());
        let file = folder.path().join(FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        let refused = load_signing_key(folder.path()).unwrap_err();
        assert!(
            matches!(refused, KeyError::Open { .. }),
            "others may have read it: {refused}"
        );
    }
}
