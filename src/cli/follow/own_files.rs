//! Which files are `follow`'s own. It cuts nothing off what is somebody else's, writes nothing behind it, and nothing of a
//! bus is anybody's output.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::journal;
use crate::cli::failure::CommandFailure;

/// How every change begins that was ever written.
const CHANGE_BEGIN: &[u8] = br#"{"instance":""#;
/// Longest line that is looked at.
const LINE_MAX: u64 = 4 << 20;
/// Files by which the data folder of a bus is known. Others have a `secret.key`, too.
const OF_A_BUS: [&str; 2] = ["bus.db", "bus.ini"];
/// The folder in it in which views lie.
const VIEWS: &str = "follow";

/// The store, the key and the settings of a bus are nobody's output, and no cure moves them away. What an earlier version
/// was let write there goes on.
pub(super) fn check_no_bus_file(file: &Path) -> Result<(), CommandFailure> {
    let real = resolve_path(file);
    let mut above = real.ancestors().skip(1);
    let is_bus_folder = |folder: &&Path| OF_A_BUS.iter().any(|name| folder.join(name).is_file());
    let Some(folder) = above.find(is_bus_folder) else {
        return Ok(());
    };
    if real.starts_with(folder.join(VIEWS)) || is_written_by_follow(&real) {
        return Ok(());
    }
    Err(CommandFailure::usage_error(
        format!("{} is in the data folder {} of a bus", file.display(), folder.display()),
        "name a file in another folder",
    ))
}

/// Where a file is or will be, whatever links lead there.
fn resolve_path(file: &Path) -> PathBuf {
    let known = std::fs::canonicalize(file).or_else(|_| {
        let absolute = std::path::absolute(file)?;
        let folder = absolute.parent().map(std::fs::canonicalize).transpose()?;
        Ok::<_, io::Error>(match (folder, absolute.file_name()) {
            (Some(above), Some(name)) => above.join(name),
            _ => absolute,
        })
    });
    known.unwrap_or_else(|_| file.to_owned())
}

/// A view, a list of changes, or a table of devices.
fn is_written_by_follow(file: &Path) -> bool {
    if !file.is_file() {
        return false;
    }
    let Ok(line) = File::open(file).and_then(|mut opened| read_line(&mut opened, 0)) else {
        return false;
    };
    let line = line.trim_ascii_end();
    let table = [
        b"instance,deviceId".as_slice(),
        b"instance;deviceId",
        b"instance\tdeviceId",
    ];
    line == journal::HEAD.as_bytes() || is_change(line) || table.iter().any(|head| line.starts_with(head))
}

/// Before anything is cut off a file of changes or put behind it: what it begins with, and what would be cut off behind
/// `complete_length`, was written here. A device or a pipe is nobody's file.
pub(super) fn require_changes(file: &mut File, path: &Path, complete_length: u64) -> Result<(), CommandFailure> {
    let read_failure = |error: io::Error| CommandFailure::file_error("read", path, &error);
    if !file.metadata().map_err(read_failure)?.is_file() {
        return Ok(());
    }
    let first = read_line(file, 0).map_err(read_failure)?;
    let torn = read_line(file, complete_length).map_err(read_failure)?;
    if (complete_length == 0 || is_change(&first)) && is_begun_change(&torn) {
        return Ok(());
    }
    Err(CommandFailure::usage_error(
        format!(
            "{} is not a list of changes that follow --ndjson wrote, and stays as it is",
            path.display()
        ),
        "name another file; one that does not exist is created",
    ))
}

/// From a place to the end of the line there.
fn read_line(file: &mut File, from: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut line = Vec::new();
    io::BufRead::read_until(&mut io::BufReader::new(file).take(LINE_MAX), b'\n', &mut line)?;
    Ok(line)
}

fn is_change(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line)
        .is_ok_and(|change| change["instance"].is_string() && change["kind"].is_string())
}

/// What a crash left of a change: nothing, its beginning, or all but the end of its line. A whole document of another kind
/// is none.
fn is_begun_change(rest: &[u8]) -> bool {
    CHANGE_BEGIN.starts_with(rest)
        || rest.starts_with(CHANGE_BEGIN) && (is_change(rest) || serde_json::from_slice::<Value>(rest).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::follow::sink::ChangeSink;

    const CHANGE: &str = r#"{"instance":"IntuneConnector_1","kind":"snapshotBegin"}"#;

    #[test]
    fn wi_1_nothing_is_cut_off_somebody_elses_file_and_nothing_put_behind_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        let notes_behind = format!("{CHANGE}\nmy notes");
        let others: [&[u8]; 10] = [
            b"my notes",
            b"first line\nmy notes",
            b"my notes\n",
            b"\xff\xd8\xff\xe0\x00\x10JFIF",
            b"# bus.ini of intune-connector\n[file]\n",
            b"{\"name\":\"settings of mine\"}",
            b"{\"instance\":\"a\",\"name\":\"mine\"}",
            b"{\"instance\":\"a\",\"name\":\"mine\"}\n",
            b"\n",
            notes_behind.as_bytes(),
        ];
        for content in others {
            std::fs::write(&file, content).expect("written");
            let refused = ChangeSink::open_ndjson(&file).err();
            let refused = refused.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(content)));
            assert!(refused.advice.contains("another file"), "{refused}");
            assert_eq!(std::fs::read(&file).expect("read"), content);
        }
    }

    #[test]
    fn wi_1_a_list_of_changes_goes_on_wherever_a_crash_cut_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        for begun in [0, 1, 5, CHANGE_BEGIN.len(), CHANGE_BEGIN.len() + 4, CHANGE.len()] {
            for before in ["", format!("{CHANGE}\n").as_str()] {
                std::fs::write(&file, format!("{before}{}", &CHANGE[..begun])).expect("written");
                assert!(ChangeSink::open_ndjson(&file).is_ok(), "{begun}");
                assert_eq!(std::fs::read_to_string(&file).expect("read"), before, "{begun}");
            }
        }
        std::fs::remove_file(&file).expect("removed");
        assert!(ChangeSink::open_ndjson(&file).is_ok(), "a new one");
        assert!(ChangeSink::open_ndjson(Path::new("/dev/null")).is_ok());
    }

    #[test]
    fn wi_1_nothing_of_a_bus_is_an_output_and_what_was_written_there_goes_on() {
        let home = tempfile::tempdir().expect("a folder");
        let bus = home.path().join("bus");
        for below in ["follow", "instances", "mine"] {
            std::fs::create_dir_all(bus.join(below)).expect("a folder");
        }
        std::fs::write(bus.join("bus.db"), "SQLite format 3\0").expect("written");
        std::fs::write(bus.join("secret.key"), "00\n").expect("written");
        let link = home.path().join("link.csv");
        std::os::unix::fs::symlink(bus.join("secret.key"), &link).expect("a link");
        let outputs = [
            "bus.db",
            "secret.key",
            "bus.ini",
            "devices.csv",
            "instances/a.ini",
            "mine/devices.csv",
        ];
        for file in outputs.map(|name| bus.join(name)).iter().chain([&link]) {
            let refused = check_no_bus_file(file).expect_err("it is the bus's");
            assert!(refused.message.contains("in the data folder"), "{refused}");
            assert!(!refused.advice.contains("mv "), "{refused}");
        }
        // Of a bus before.
        for (name, content) in [
            ("devices.csv", "instance;deviceId;deviceName\n".to_owned()),
            ("changes.ndjson", format!("{CHANGE}\n")),
            ("devices.csv.view", format!("{}\n", journal::HEAD)),
        ] {
            std::fs::write(bus.join(name), content).expect("written");
            assert!(check_no_bus_file(&bus.join(name)).is_ok(), "{name}");
        }
        for file in [bus.join("follow/cmdb.view"), home.path().join("devices.csv")] {
            assert!(check_no_bus_file(&file).is_ok(), "{}", file.display());
        }
        // Others have such a file, too.
        std::fs::write(home.path().join("secret.key"), "mine").expect("written");
        assert!(check_no_bus_file(&home.path().join("devices.csv")).is_ok());
    }
}
