//! What the servers of others need that tests start on this machine: an account that is not root, a folder that is its own, a
//! port, and an end as by a power cut. Only processes that were started here are ever ended.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::accounts::user_id;
use super::wait::until_blocking;

/// User and group.
pub type Account = (u32, u32);

/// The account of a service, if the machine has it.
pub fn find_account(name: &str) -> Option<Account> {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let number = |at: usize| line.split(':').nth(at)?.parse().ok();
    Some((number(2)?, number(3)?))
}

/// Under which account a server runs that refuses to be root: `None`: under one's own.
pub fn service_account(name: &str) -> Option<Account> {
    let is_root = user_id() == 0;
    is_root.then(|| find_account(name).unwrap_or_else(|| panic!("there is no account {name}")))
}

/// A folder that others may pass through.
pub fn open_folder(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

pub fn make_owned_folder(path: &Path, account: Option<Account>) {
    std::fs::create_dir_all(path).unwrap();
    if let Some((user, group)) = account {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// A file for the service alone.
pub fn give_file(path: &Path, account: Option<Account>) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    if let Some((user, group)) = account {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// Runs a tool to its end; it has to go well.
#[track_caller]
pub fn run_tool(command: &mut Command) -> String {
    let ended = command.stdin(Stdio::null()).output().unwrap();
    check_tool(command, &ended)
}

#[track_caller]
pub fn check_tool(command: &Command, ended: &Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr),
    );
    assert!(
        ended.status.success(),
        "{:?}: {}\n{out}\n{err}",
        command.get_program(),
        ended.status
    );
    out.into_owned()
}

/// The processes that this one has started.
pub fn list_children(pid: u32) -> Vec<u32> {
    find_processes(|process| parent_of(process) == Some(pid))
}

/// Those whose command line names this folder.
pub fn list_processes_of(folder: &Path) -> Vec<u32> {
    let mark = folder.display().to_string();
    find_processes(|process| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&mark)
    })
}

fn find_processes(fits: impl Fn(u32) -> bool) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| *pid != std::process::id() && fits(*pid)).collect()
}

/// State and parent stand behind the name, which may hold anything.
fn read_stat(pid: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut parts = rest.split_whitespace();
    Some((parts.next()?.to_owned(), parts.next()?.parse().ok()?))
}

fn parent_of(pid: u32) -> Option<u32> {
    read_stat(pid).map(|(_, parent)| parent)
}

/// Whether it is still at work; what only waits for its parent is not.
fn is_running(pid: u32) -> bool {
    read_stat(pid).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// It does nothing any more, and is still there.
pub fn stop_process(pid: u32) {
    let _ = Command::new("kill").args(["-STOP", &pid.to_string()]).status();
}

/// As a power cut would: nothing of them has time for anything. They are gone when this returns.
pub fn kill_processes(pids: &[u32]) {
    for pid in pids {
        // It may have ended by itself a moment before.
        let _ = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .stderr(Stdio::null())
            .status();
    }
    until_blocking("the processes are gone", || !pids.iter().any(|pid| is_running(*pid)));
}
