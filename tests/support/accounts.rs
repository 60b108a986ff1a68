//! Accounts of the machine: root may become another one, and make what belongs to another one.

use std::os::unix::fs::MetadataExt;

use super::skips::skip_without_root;

/// An account that the machine need not have.
pub const OTHER: u32 = 4_242;

pub fn user_id() -> u32 {
    std::fs::metadata("/proc/self").unwrap().uid()
}

/// Whether this process may install packages and become another account; tells where it may not what is left out.
pub fn is_root(left_out: &str) -> bool {
    let root = user_id() == 0;
    if !root {
        skip_without_root(left_out);
    }
    root
}
