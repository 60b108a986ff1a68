//! The wall clock of a real program, which a test sets while it runs. It stands between the program and the C library,
//! since nothing else lies between a program and its machine's clock. Linux only.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/machine_clock.c");

pub struct MachineClock {
    library: PathBuf,
    file: PathBuf,
}

impl MachineClock {
    /// A clock that goes with the machine's; what it is made of lies in `folder`.
    pub fn new(folder: &Path) -> MachineClock {
        let (library, file) = (folder.join("machine-clock.so"), folder.join("machine-clock"));
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([library.as_os_str(), SOURCE.as_ref()])
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        std::fs::write(&file, 0_i64.to_ne_bytes()).unwrap();
        MachineClock { library, file }
    }

    /// Puts it into a program that is about to be started.
    pub fn put_into<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("MACHINE_CLOCK", &self.file)
    }

    /// So many seconds ahead of the machine's, from now on.
    pub fn set(&self, ahead_s: i64) {
        let file = std::fs::OpenOptions::new().write(true).open(&self.file).unwrap();
        file.write_all_at(&ahead_s.to_ne_bytes(), 0).unwrap();
    }
}
