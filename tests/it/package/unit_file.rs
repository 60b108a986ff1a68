//! What a unit says, as far as the tests have to know it.

use std::path::Path;

pub struct UnitFile(String);

impl UnitFile {
    pub fn read(path: &Path) -> UnitFile {
        UnitFile(std::fs::read_to_string(path).unwrap())
    }

    /// All values of a key, in order.
    pub fn values(&self, key: &str) -> Vec<&str> {
        let lines = self.0.lines();
        lines
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .collect()
    }

    #[track_caller]
    pub fn value(&self, key: &str) -> &str {
        match self.values(key).as_slice() {
            [value] => value,
            values => panic!("{key} has {} values", values.len()),
        }
    }

    /// The command line of the service: no word of it is quoted, and nothing stands for something else.
    pub fn command_line(&self) -> Vec<String> {
        let line = self.value("ExecStart");
        assert!(!line.contains(['"', '\'', '\\', '$', '%']), "{line}");
        line.split_whitespace().map(str::to_owned).collect()
    }

    /// Names and values of its environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        let pairs = self.values("Environment").into_iter().map(|pair| pair.split_once('='));
        pairs
            .map(Option::unwrap)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}
