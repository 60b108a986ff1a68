//! The service as a service manager would run it: the unit's own command line, as the account of the service.

use std::process::{Child, Command, Stdio};

use super::unit_file::UnitFile;
use crate::support::program::{Lines, code};

/// Killed when dropped.
pub struct InstalledService {
    child: Child,
    _lines: Lines,
}

impl InstalledService {
    /// Returns when it listens.
    pub fn start(command: &mut Command, unit: &UnitFile) -> InstalledService {
        command.envs(unit.environment());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        lines.until(|line| line.starts_with("listening on "));
        InstalledService { child, _lines: lines }
    }

    /// As a service manager stops it.
    #[track_caller]
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(code(&mut self.child), 0);
    }
}

impl Drop for InstalledService {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
