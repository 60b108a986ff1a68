//! Each command that people are told to type is one that there is: those of README.md and of the examples of each command.

use clap::{CommandFactory, Parser};

use super::Cli;

const PROGRAM: &str = "intune-connector";
const ID: &str = "7809c88c-0000-4000-8000-000000000001";

/// As a shell takes it apart, up to what is no part of the command.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some('"') | None, '\\') => word.extend(letters.next()),
            (Some(end), _) if letter == end => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '"' | '\'') => (quote, begun) = (Some(letter), true),
            (None, '#' | '(') if word.is_empty() => break,
            (None, '&' | '|' | '>' | ';') => break,
            (None, _) if letter.is_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, _) => word.push(letter),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// What stands for something of the reader's.
fn meant(word: String) -> Option<String> {
    match word.as_str() {
        "…" | "..." => None,
        "TENANT" | "CLIENT" | "DEVICE" | "ID" | "$TENANT" | "$CLIENT" | "$DEVICE" => Some(ID.to_owned()),
        "JOB" | "N" => Some("12".to_owned()),
        shortened if shortened.ends_with(":…") => Some("3f".repeat(32)),
        _ => Some(word),
    }
}

fn wrong(line: &str) -> Option<String> {
    let given = words(line).into_iter().filter_map(meant);
    let error = Cli::try_parse_from(given).err()?;
    // What is left out may be what `…` stands for.
    let is_short = error.kind() == clap::error::ErrorKind::MissingRequiredArgument && line.contains('…');
    (!is_short).then(|| format!("{line}\n    {}", error.to_string().lines().next().unwrap_or_default()))
}

/// A line that goes on in the next one is one.
fn lines(text: &str) -> Vec<String> {
    let whole = text.replace("\\\n", " ");
    let lines = whole.lines().map(str::trim);
    let commands = lines.filter(|line| line.starts_with(&format!("{PROGRAM} ")));
    commands.map(str::to_owned).collect()
}

fn examples(command: &clap::Command, found: &mut Vec<String>) {
    let help = [command.get_after_help(), command.get_after_long_help()];
    found.extend(help.into_iter().flatten().flat_map(|help| lines(&help.to_string())));
    command.get_subcommands().for_each(|one| examples(one, found));
}

#[test]
fn every_command_of_the_readme_and_of_the_examples_is_one_that_there_is() {
    let readme = std::fs::read_to_string(format!("{}/README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut all = lines(&readme);
    assert!(all.len() > 20, "{all:?}");
    examples(&Cli::command(), &mut all);
    assert!(all.len() > 60, "{all:?}");
    let wrong: Vec<String> = all.iter().filter_map(|line| wrong(line)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_command_is_found() {
    assert!(wrong("intune-connector servers --no-such-option").is_some());
    assert!(wrong("intune-connector nothing").is_some());
    assert_eq!(wrong("intune-connector servers --data DIR   # all of them"), None);
    assert_eq!(words("a 'b c' \"d\\\"e\" '' # f"), ["a", "b c", "d\"e", ""]);
}
