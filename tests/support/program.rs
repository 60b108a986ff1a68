//! The real program: commands that run to their end, and a bus that runs until it is stopped.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use serde_json::Value;

use super::wait::received;

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
        says(self.command(args), input)
    }

    /// The same in an environment with one more variable.
    pub fn says_where(&self, variable: &str, value: &Path, line: &str) -> Said {
        let mut command = self.command(line.split_whitespace());
        command.env(variable, value);
        says(command, "")
    }

    /// Runs a command line in a terminal of so many columns; what stands on its screen in the end, line by line.
    pub fn shows(&self, columns: u16, line: &str) -> Vec<String> {
        let shell = format!("stty cols {columns} rows 50; exec '{PROGRAM}' {line}");
        let mut command = Command::new("script");
        command
            .args(["--quiet", "--return", "--command", &shell, "/dev/null"])
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let ended = within(child.id(), move || child.wait_with_output().unwrap());
        let screen = String::from_utf8(ended.stdout).unwrap();
        screen
            .lines()
            .map(|line| line.trim_end_matches('\r').to_owned())
            .collect()
    }
}

/// Runs a command to its end.
fn says(mut command: Command, input: &str) -> Said {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever does not read it has no use for it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ended = within(child.id(), move || child.wait_with_output().unwrap());
    Said {
        code: ended.status.code().unwrap_or(-1),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// Waits for the end of a process with a limit; one that goes beyond it is killed, and the test has failed.
#[track_caller]
fn within<T: Send + 'static>(pid: u32, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(wait()));
    received(&told).unwrap_or_else(|error| {
        let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        panic!("the program has not ended: {error}")
    })
}

/// The exit code of a process that is about to end.
#[track_caller]
pub fn code(child: &mut Child) -> i32 {
    let pid = child.id();
    let ended = std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        scope.spawn(move || tell.send(child.wait().unwrap().code().unwrap_or(-1)));
        let ended = received(&told);
        if ended.is_err() {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
        ended
    });
    ended.expect("the program ends when it is asked to")
}

/// What a running program says, line by line, with a limit to waiting.
pub struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub fn of(stream: impl Read + Send + 'static) -> Lines {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(stream).lines().map_while(Result::ok);
            lines.take_while(|line| tell.send(line.clone()).is_ok()).for_each(drop);
        });
        Lines(told)
    }

    /// All lines up to the first one that fits, with it.
    #[track_caller]
    pub fn until(&self, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(|line: &String| fits(line)) {
            match received(&self.0) {
                Ok(line) => seen.push(line),
                Err(error) => panic!("{error} after {seen:#?}"),
            }
        }
        seen
    }
}

/// A running bus; killed when dropped.
pub struct Bus {
    child: Child,
    pub url: String,
    /// Of its certificate, where it has one.
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
        let lines = Lines::of(child.stdout.take().unwrap());
        let said = |before: &str| lines.until(|line| line.starts_with(before))[0][before.len()..].to_owned();
        let url = said("listening on ");
        let fingerprint = url.starts_with("https").then(|| said("certificate SHA-256 "));
        Bus {
            child,
            url,
            fingerprint,
        }
    }

    /// Its process, for whoever looks at it from outside.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As a service manager would.
    pub fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        code(&mut self.child)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
