//! A data folder that goes with the test.

use std::path::Path;

pub struct TestFolder(tempfile::TempDir);

impl TestFolder {
    pub fn new() -> Self {
        TestFolder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
