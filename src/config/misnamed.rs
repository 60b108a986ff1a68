//! Files among the settings of instances whose names no instance can have, such as copies: nothing reads them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::InstanceName;

/// In `folder`, a data folder; sorted.
pub fn misnamed_instance_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("instances")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| is_misnamed(path))
        .collect();
    paths.sort();
    paths
}

/// Those that begin with a dot were left by a write that died, which doctor tells.
fn is_misnamed(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let stem = name.strip_suffix(".ini").filter(|stem| !stem.starts_with('.'));
    stem.is_some_and(|stem| stem.parse::<InstanceName>().is_err())
}
