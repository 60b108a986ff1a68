//! What lies on a disk, copied as it is.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The store and what stands beside it.
const STORE: [&str; 3] = ["bus.db", "bus.db-wal", "bus.db-shm"];

/// Makes one folder what another one is; nothing else is left in it.
pub fn replace_folder(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

/// Makes the store of a folder what it is in another one; `None`: takes it away.
pub fn replace_store(from: Option<&Path>, folder: &Path) {
    for name in STORE {
        let _ = fs::remove_file(folder.join(name));
        if let Some(from) = from.map(|from| from.join(name)).filter(|from| from.exists()) {
            fs::copy(from, folder.join(name)).unwrap();
        }
    }
}
