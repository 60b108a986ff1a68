//! The real program: commands that run to their end, and a bus that runs until it is stopped.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_intune-connector");

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.good()).unwrap()
    }
}

/// A user with a home of his own: nothing of the machine's user is read or written.
pub struct User {
    home: tempfile::TempDir,
}

impl User {
    pub fn new() -> User {
        User {
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file of his, as an argument.
    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path());
        command
    }

    /// Runs a command line to its end; words are split at spaces.
    pub fn says(&self, line: &str) -> Said {
        self.says_with(line.split_whitespace(), "")
    }

    pub fn says_with<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, input: &str) -> Said {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Whoever does not read it has no use for it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = child.wait_with_output().unwrap();
        Said {
            code: ended.status.code().unwrap_or(-1),
            out: String::from_utf8(ended.stdout).unwrap(),
            err: String::from_utf8(ended.stderr).unwrap(),
        }
    }
}

/// A running bus; killed when dropped.
pub struct Bus {
    child: Child,
    pub url: String,
    /// What it said before it was ready, and the line after that.
    pub fingerprint: Option<String>,
}

impl Bus {
    pub fn start(user: &User, data: &Path) -> Bus {
        let mut command = user.command([
            OsStr::new("run"),
            OsStr::new("--quiet"),
            OsStr::new("--data"),
            data.as_os_str(),
        ]);
        command.args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        let url = url.strip_prefix("listening on ").unwrap().to_owned();
        let fingerprint = url.starts_with("https").then(|| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix("certificate SHA-256 ").unwrap().to_owned()
        });
        Bus {
            child,
            url,
            fingerprint,
        }
    }

    /// As a service manager would.
    pub fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
