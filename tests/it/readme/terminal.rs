//! Terminals as the README means them: each a shell in the same folder, with a home of its own and the built program in
//! the PATH. A command that fails ends its shell.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process_group};

use super::blocks::{Block, BlockKind, ROOT, line_fits};
use crate::support::free_port::free_port;
use crate::support::program::{PROGRAM, code};
use crate::support::wait::{received, until_blocking};

/// The addresses of the documents. Where it runs as a test, others may listen there: each becomes a free port of the
/// machine, by the text, wherever it stands in a block.
const ADDRESSES: [&str; 4] = ["127.0.0.1:3900", "127.0.0.1:8443", "127.0.0.1:8800", "127.0.0.1:8801"];

/// What `make test` installs where it is missing.
#[track_caller]
pub fn require_tools(names: &[&str]) {
    let path = std::env::var_os("PATH").unwrap();
    for name in names {
        let is_there = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
        assert!(
            is_there,
            "{name} is not installed: `make test` installs it (installer/prerequisites.sh tests)"
        );
    }
}

pub struct Terminal {
    shell: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    /// What it has printed so far, for whoever reads of a failure.
    printed: Vec<String>,
    /// How much of it a document has spoken of.
    told: usize,
    stays: bool,
}

impl Terminal {
    pub fn open(folder: &Path) -> Terminal {
        let mut path = std::ffi::OsString::from(folder.join("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut shell = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(folder)
            .env_clear()
            .envs([("HOME", folder.as_os_str()), ("TMPDIR", folder.as_os_str())])
            .envs([("PATH", path.as_os_str()), ("LC_ALL", "C.UTF-8".as_ref())])
            // Examples are run where they are; nothing is left beside them.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // What is stopped is stopped with all that it has started.
            .process_group(0)
            .spawn()
            .unwrap();
        let (tell, lines) = mpsc::channel();
        let output = BufReader::new(shell.stdout.take().unwrap());
        std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            lines.take_while(|line| tell.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut terminal = Terminal {
            input: shell.stdin.take(),
            shell,
            lines,
            printed: Vec::new(),
            told: 0,
            stays: false,
        };
        terminal.type_line("exec 2>&1; set -euo pipefail");
        terminal
    }

    /// A shell that has ended takes nothing; whoever waits for what it prints is told.
    pub fn type_line(&mut self, line: &str) {
        let _ = writeln!(self.input.as_mut().unwrap(), "{line}");
    }

    /// Until it prints a line with these words, or has ended.
    pub fn wait_for(&mut self, pattern: &str) -> Result<String, String> {
        loop {
            match received(&self.lines) {
                Ok(line) => {
                    self.printed.push(line.clone());
                    if line_fits(&line, pattern) {
                        return Ok(line);
                    }
                }
                Err(error) => {
                    return Err(format!(
                        "{pattern:?} is not printed ({error}); printed was:\n{}",
                        self.printed.join("\n")
                    ));
                }
            }
        }
    }

    /// The same for what a document says of it, in its order: its last commands may have printed it already.
    fn find_told(&mut self, pattern: &str) -> Result<(), String> {
        let found = self.printed[self.told..]
            .iter()
            .position(|line| line_fits(line, pattern));
        if let Some(at) = found {
            self.told += at + 1;
            return Ok(());
        }
        if !self.stays {
            return Err(format!(
                "{pattern:?} is not printed; printed was:\n{}",
                self.printed.join("\n")
            ));
        }
        self.wait_for(pattern)?;
        self.told = self.printed.len();
        Ok(())
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.shell.id()).unwrap()).unwrap();
        // It may have ended by itself.
        let _ = kill_process_group(pid, signal);
    }

    /// Ctrl-C, and the end of the shell.
    pub fn stop(mut self) -> i32 {
        self.input = None;
        self.signal(Signal::INT);
        code(&mut self.shell)
    }

    /// The exit code of a shell that ends by itself.
    pub fn end(mut self) -> i32 {
        self.input = None;
        code(&mut self.shell)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.shell.wait();
    }
}

/// A reader of the README and their folder, with as many terminals as it takes.
pub struct Walk {
    terminals: BTreeMap<String, Terminal>,
    addresses: Vec<(&'static str, String)>,
    /// What is read, for errors.
    document: &'static str,
    run: usize,
    folder: tempfile::TempDir,
}

impl Walk {
    pub fn new() -> Walk {
        require_tools(&["bash", "curl", "python3"]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let link = |from: &str, to: &str| std::os::unix::fs::symlink(from, folder.path().join(to)).unwrap();
        link(PROGRAM, "bin/intune-connector");
        // Where `git clone` of the README has put it.
        link(ROOT, "intune-connector");
        let addresses = ADDRESSES.map(|address| (address, format!("127.0.0.1:{}", free_port())));
        Walk {
            terminals: BTreeMap::new(),
            addresses: addresses.into(),
            document: "README.md",
            run: 0,
            folder,
        }
    }

    /// The document that the next blocks stand in.
    pub fn begin_document(&mut self, path: &'static str) {
        self.document = path;
    }

    /// Something that stands in a document, and is called otherwise here.
    pub fn replace_text(&mut self, from: &'static str, to: String) {
        self.addresses.push((from, to));
    }

    /// A program that is found before those of the machine.
    pub fn add_program(&self, name: &str, script: &str) {
        let path = self.folder.path().join("bin").join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many blocks were done, each in its way.
    pub fn count(&self) -> usize {
        self.run
    }

    /// A text of the document as it is here: with the addresses of this machine.
    pub fn here(&self, text: &str) -> String {
        let replace = |text: String, (from, to): &(&str, String)| text.replace(from, to);
        self.addresses.iter().fold(text.to_owned(), replace)
    }

    /// Goes through the blocks in their order; an error says which one did not work, and what its terminal said.
    pub fn follow(&mut self, blocks: &[Block]) -> Result<(), String> {
        for block in blocks {
            let done = self.do_block(block);
            done.map_err(|error| {
                let (document, line) = (self.document, block.line);
                format!("{document}:{line}: {error}\nthe block:\n{}", block.text)
            })?;
        }
        let stopped = self.terminals.iter_mut().find_map(|(name, terminal)| {
            let has_ended = terminal.shell.try_wait().unwrap().is_some();
            has_ended.then(|| format!("{name} has ended:\n{}", terminal.printed.join("\n")))
        });
        stopped.map_or(Ok(()), Err)
    }

    fn do_block(&mut self, block: &Block) -> Result<(), String> {
        match &block.kind {
            BlockKind::Commands { terminal, stays } => self.run_commands(terminal, *stays, &self.here(&block.text))?,
            BlockKind::Printed { terminal } => {
                let text = self.here(&block.text);
                let known = self
                    .terminals
                    .get_mut(terminal)
                    .ok_or("nobody has opened this terminal")?;
                for line in text.lines() {
                    known.find_told(line)?;
                }
            }
            BlockKind::Written { file } => self.wait_for_file(file, &block.text),
            BlockKind::Form { .. } | BlockKind::Picture => return Ok(()),
        }
        self.run += 1;
        Ok(())
    }

    fn run_commands(&mut self, name: &str, stays: bool, text: &str) -> Result<(), String> {
        let number = self.run;
        let script = self.path(&format!("block-{number}.sh"));
        std::fs::write(&script, text).unwrap();
        let folder = self.folder.path();
        let terminal = self
            .terminals
            .entry(name.to_owned())
            .or_insert_with(|| Terminal::open(folder));
        if terminal.stays {
            return Err(format!("another program is still running in {name}"));
        }
        terminal.told = terminal.printed.len();
        // By itself, not before `&&`: else no failure would end it.
        terminal.type_line(&format!(". '{}' </dev/null", script.display()));
        terminal.stays = stays;
        if !stays {
            let mark = format!("block {number} is done");
            terminal.type_line(&format!("printf '\\n{mark}\\n'"));
            terminal.wait_for(&mark)?;
        }
        Ok(())
    }

    fn wait_for_file(&self, file: &str, text: &str) {
        let path = self.path(file);
        until_blocking(&format!("{file} holds {text}"), || {
            let Ok(held) = std::fs::read_to_string(&path) else {
                return false;
            };
            let mut wanted = text.lines();
            wanted.all(|pattern| held.lines().any(|line| line_fits(line, pattern)))
        });
    }

    /// Ctrl-C in every terminal whose program stays.
    pub fn stop(mut self) {
        for (_, terminal) in std::mem::take(&mut self.terminals).into_iter().rev() {
            if terminal.stays {
                terminal.stop();
            } else {
                assert_eq!(terminal.end(), 0);
            }
        }
    }
}
