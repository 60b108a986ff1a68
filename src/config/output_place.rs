//! Folders of this machine that targets write into, as values.

use std::path::PathBuf;

/// The folder of the data folder with a folder for each target of files.
pub const TARGETS_OUTPUT: &str = "targets-output";

/// A folder of this machine that others choose by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFolder {
    pub name: String,
    pub path: PathBuf,
}

/// Where one target keeps its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPlace {
    /// Where the files lie that others read.
    pub folder: PathBuf,
    /// Its own folder in the data folder, for what it keeps for itself.
    pub own_folder: PathBuf,
    /// Whose owner owns all of it.
    pub data_folder: PathBuf,
}

impl OutputPlace {
    /// Whether the files lie in a folder that `bus.ini` lists, which others share.
    pub fn is_shared(&self) -> bool {
        self.folder != self.own_folder
    }
}
