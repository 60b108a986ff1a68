//! How much room is left where the data folder lies.

use std::io;
use std::path::Path;

/// Bytes that this process may still write; `None` on systems where that can't be asked.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> io::Result<Option<u64>> {
    let stats = rustix::fs::statvfs(folder)?;
    Ok(Some(stats.f_bavail.saturating_mul(stats.f_frsize)))
}

#[cfg(not(unix))]
pub fn free_bytes(_folder: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}
