//! Each command that people are told to type is one that there is: those of documents and of the examples of each command.

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
            (None, '&' | '|' | '>' | ';' | ')') => break,
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

/// What may stand before a command in its line.
const LEADS: [&str; 3] = ["until ", "$(", "{ "];

/// A line that goes on in the next one is one.
fn lines(text: &str) -> Vec<String> {
    let whole = text.replace("\\\n", " ");
    let program = format!("{PROGRAM} ");
    let command = |line: &str| {
        let begins = LEADS
            .iter()
            .filter_map(|lead| line.find(&format!("{lead}{program}")).map(|at| at + lead.len()));
        let begin = if line.starts_with(&program) {
            Some(0)
        } else {
            begins.min()
        };
        begin.map(|begin| line[begin..].to_owned())
    };
    whole.lines().map(str::trim).filter_map(command).collect()
}

fn examples(command: &clap::Command, found: &mut Vec<String>) {
    let help = [command.get_after_help(), command.get_after_long_help()];
    found.extend(help.into_iter().flatten().flat_map(|help| lines(&help.to_string())));
    command.get_subcommands().for_each(|one| examples(one, found));
}

/// Documents with commands, and how many each has at least.
const DOCUMENTS: [(&str, usize); 12] = [
    ("README.md", 21),
    ("docs/NOTICES.md", 7),
    ("docs/ORDERS.md", 10),
    ("docs/targets/README.md", 10),
    ("docs/targets/file.md", 5),
    ("docs/targets/netbox.md", 8),
    ("docs/targets/glpi.md", 6),
    ("docs/targets/ocs.md", 6),
    ("docs/targets/postgresql.md", 5),
    ("docs/targets/servicenow.md", 6),
    ("docs/targets/snipe-it.md", 7),
    ("examples/shop/README.md", 8),
];

#[test]
fn every_command_of_the_documents_and_of_the_examples_is_one_that_there_is() {
    let mut all = Vec::new();
    for (document, least) in DOCUMENTS {
        let text = std::fs::read_to_string(format!("{}/{document}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let found = lines(&text);
        assert!(found.len() >= least, "{document}: {found:?}");
        all.extend(found);
    }
    examples(&Cli::command(), &mut all);
    assert!(all.len() > 60, "{all:?}");
    let wrong: Vec<String> = all.iter().filter_map(|line| wrong(line)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Commands within a sentence of the program: from the program's name to what ends a command there.
fn advised(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let program = format!("{PROGRAM} ");
    let parts = joined.split(&program).skip(1);
    let command = |part: &str| {
        let end = part
            .find(['`', '"', '\'', ';', ',', ':', ')', '(', '\n', '\\', '→'])
            .unwrap_or(part.len());
        part[..end].to_owned()
    };
    // A product is called so, too: `products remove intune-connector --data DIR`.
    parts.filter(|part| !part.starts_with("--")).map(command).collect()
}

/// The first word of it that no command or option is called by.
fn unknown_word(advised: &str) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    let mut at = &command;
    for (place, word) in advised.split_whitespace().enumerate() {
        let word = word.trim_end_matches('.');
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or(option);
            let is_known = at.get_arguments().any(|known| {
                let names = known.get_long_and_visible_aliases();
                names.into_iter().flatten().any(|own| own == name)
            });
            if !is_known && !name.is_empty() && !name.starts_with('{') {
                return Some(word.to_owned());
            }
        } else if let Some(below) = at.find_subcommand(word) {
            at = below;
        } else if place == 0 && word.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            return Some(word.to_owned());
        }
    }
    None
}

/// B9: a cure names a command that exists, with options that it has.
#[test]
fn b9_every_command_in_a_sentence_of_the_program_exists() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let (mut seen, mut wrong) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("cli/examples_tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for command in advised(&text) {
                seen += 1;
                let unknown = unknown_word(&command);
                wrong.extend(unknown.map(|word| format!("{}: {word} in {command:?}", path.display())));
            }
        }
    }
    assert!(seen > 150, "{seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(unknown_word("doctor --kees"), Some("--kees".to_owned()));
    assert_eq!(unknown_word("doctro --keys"), Some("doctro".to_owned()));
}

#[test]
fn what_is_no_command_is_found() {
    assert!(wrong("intune-connector servers --no-such-option").is_some());
    assert!(wrong("intune-connector nothing").is_some());
    assert_eq!(wrong("intune-connector servers --data DIR   # all of them"), None);
    assert_eq!(words("a 'b c' \"d\\\"e\" '' # f"), ["a", "b c", "d\"e", ""]);
}
