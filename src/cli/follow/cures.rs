//! What a reader is told to do: a command that can be pasted, with the values that are known.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cli::connection::{ConnectArgs, target_folder};
use crate::files::shell_word;
use crate::model::ServerId;

/// The command line of this process, with one more option.
pub(crate) fn repeat_command(added: &str) -> String {
    format_command(std::env::args_os().skip(1), added)
}

fn format_command(given: impl Iterator<Item = OsString>, added: &str) -> String {
    let mut words = vec!["intune-connector".to_owned()];
    words.extend(
        given
            .filter(|word| word != added)
            .map(|word| match word.to_str().filter(|text| is_option(text)) {
                Some(option) => option.to_owned(),
                None => shell_word(Path::new(&word)),
            }),
    );
    words.push(added.to_owned());
    words.join(" ")
}

/// Where what stands in a file is of no use: it is moved away, under a name that is free, and everything told again.
pub(crate) fn replace_advice(file: &Path) -> String {
    format!(
        "name another file; if it may be replaced: mv {} {} && {}",
        shell_word(file),
        shell_word(&find_free_name(file)),
        repeat_command("--resync")
    )
}

/// The name with `.old` behind it, and a number where that is another file's.
fn find_free_name(file: &Path) -> PathBuf {
    let with_end = |end: String| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let numbered = (2..).map(|number: u32| with_end(format!(".old{number}")));
    let mut names = std::iter::once(with_end(".old".to_owned())).chain(numbered);
    let free = names.find(|name| name.symlink_metadata().is_err());
    free.unwrap_or_else(|| with_end(".old".to_owned()))
}

/// An option needs no quotes; other words that begin with a dash do.
fn is_option(word: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    word.starts_with("--") && word.chars().all(is_plain)
}

/// Who accepts a server, and by what: whoever follows it may not.
pub(crate) fn accept_advice(server: &ServerId, connect: &ConnectArgs, url: &str) -> String {
    let command = |folder: &Path| format!("intune-connector servers accept {server} --data {}", shell_word(folder));
    match target_folder(connect) {
        Some(folder) => format!("accept it: {}", command(&folder)),
        None => format!(
            "as an administrator, on the machine of the bus: {}; or from here: \
             intune-connector servers accept {server} --url {} --user ADMINISTRATOR",
            command(Path::new("DIR")),
            url.trim_end_matches('/'),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> String {
        format_command(words.iter().map(OsString::from), "--resync")
    }

    #[test]
    fn b1_a_cure_is_the_same_command_with_the_option_that_helps() {
        assert_eq!(
            command(&["follow", "--server", "cmdb", "--csv", "my devices.csv", "--once"]),
            "intune-connector follow --server cmdb --csv 'my devices.csv' --once --resync"
        );
        assert_eq!(
            command(&["follow", "--resync", "--exec", "my-import --stdin > $LOG"]),
            "intune-connector follow --exec 'my-import --stdin > $LOG' --resync"
        );
    }

    #[test]
    fn wi_1_what_is_moved_away_takes_no_other_files_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("devices.csv");
        let free_name = || find_free_name(&file).file_name().map(|name| name.to_os_string());
        for name in ["devices.csv.old", "devices.csv.old2", "devices.csv.old3"] {
            assert_eq!(free_name(), Some(name.into()));
            std::fs::write(folder.path().join(name), "kept").expect("written");
        }
        assert!(replace_advice(&file).contains("devices.csv.old4 && intune-connector"));
    }

    #[test]
    fn m26_the_cure_for_a_server_that_is_not_accepted_is_one_for_an_administrator() {
        let server = "cmdb".parse().expect("an id");
        let local = ConnectArgs {
            data: Some(PathBuf::from("my bus")),
            ..ConnectArgs::default()
        };
        assert_eq!(
            accept_advice(&server, &local, "http://127.0.0.1:3900/"),
            "accept it: intune-connector servers accept cmdb --data 'my bus'"
        );
        let remote = ConnectArgs {
            connection: Some("work".to_owned()),
            ..ConnectArgs::default()
        };
        let advice = accept_advice(&server, &remote, "https://bus.example:3900/");
        assert!(advice.starts_with("as an administrator"), "{advice}");
        assert!(
            advice.ends_with("servers accept cmdb --url https://bus.example:3900 --user ADMINISTRATOR"),
            "{advice}"
        );
    }
}
