//! What is told where there is no space for the copy that an upgrade keeps.

use std::path::PathBuf;

/// What copies are called, with the version of the store behind it.
pub(super) const COPY: &str = "bus.db.version-";
pub(super) const MIB: u64 = 1 << 20;

/// The disk has less free space than the copy needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the copy of the store that an upgrade keeps needs {} MiB of free space in {}; {} MiB are free", .needed.div_ceil(MIB), .folder.display(), .free / MIB)]
pub struct SpaceShortage {
    pub(super) folder: PathBuf,
    /// Bytes, like `free`.
    pub(super) needed: u64,
    pub(super) free: u64,
}

impl SpaceShortage {
    /// What to do; reads after "the bus does not start:" and the like.
    pub fn describe_cure(&self) -> String {
        let missing = self.needed.div_ceil(MIB) - self.free / MIB;
        format!(
            "free at least {missing} MiB there, for example by moving older copies of the store ({COPY}*) to another disk, \
             and start the bus again"
        )
    }
}
