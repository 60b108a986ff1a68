//! Tips for a word that is no command here: a verb that stands before its object, a command of its own, what other programs
//! call `--version`, and a word behind `help` that is nearly one. The parser's own guess goes by letters alone, and leads to
//! another command. Pure.

use clap::Command;

use crate::model::nearest_name;

/// What to say of the word `unknown` of a command line. `words`: without the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CommandTip {
    /// A whole sentence.
    Sentence(String),
    /// The command that is meant.
    Nearest(String),
}

/// `None`: the parser's own tip stays.
pub(super) fn find_command_tip(unknown: &str, command: &Command, words: &[&str]) -> Option<CommandTip> {
    match words {
        ["help", behind @ ..] => find_help_tip(unknown, command, behind),
        [object, "list", ..] if unknown == "list" => tell_list(command.find_subcommand(object)?),
        [first, rest @ ..] if *first != unknown => find_own_command_tip(unknown, command, rest),
        ["version", ..] => Some(CommandTip::Sentence(
            "the version is shown by 'intune-connector --version'".to_owned(),
        )),
        [_, rest @ ..] => find_order_tip(unknown, command, rest),
        [] => None,
    }
}

/// `help devcies`: the nearest of the commands at that place.
fn find_help_tip(unknown: &str, command: &Command, behind: &[&str]) -> Option<CommandTip> {
    let mut place = command;
    for word in behind.iter().take_while(|word| **word != unknown) {
        place = place.find_subcommand(word)?;
    }
    let names = place.get_subcommands().map(Command::get_name);
    nearest_name(unknown, names).map(|near| CommandTip::Nearest(near.to_owned()))
}

/// `list devices`: the object stands first.
fn find_order_tip(verb: &str, command: &Command, rest: &[&str]) -> Option<CommandTip> {
    let has_verb = |object: &&Command| object.find_subcommand(verb).is_some();
    let named = rest.first().and_then(|word| command.find_subcommand(word));
    match named {
        Some(object) if !has_verb(&object) && verb == "list" => tell_list(object),
        Some(object) if !has_verb(&object) => None,
        Some(object) => Some(tell_order(verb, object)),
        None => {
            let usual = command.find_subcommand("servers").filter(has_verb);
            let object = usual.or_else(|| command.get_subcommands().find(has_verb))?;
            Some(tell_order(verb, object))
        }
    }
}

fn tell_order(verb: &str, object: &Command) -> CommandTip {
    CommandTip::Sentence(format!(
        "'{verb}' stands behind what it is for, as in 'intune-connector {} {verb}'",
        object.get_name()
    ))
}

/// `products install X`: a command of its own.
fn find_own_command_tip(unknown: &str, command: &Command, rest: &[&str]) -> Option<CommandTip> {
    let own = command
        .find_subcommand(unknown)
        .filter(|own| own.get_name() == unknown)?;
    let is_plain = |word: &&str| {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        !word.starts_with('-') && word.chars().all(is_plain)
    };
    let behind = rest.iter().skip_while(|word| **word != unknown).nth(1).copied();
    let taken = behind
        .filter(is_plain)
        .filter(|_| own.get_positionals().next().is_some());
    let argument = taken.map(|word| format!(" {word}")).unwrap_or_default();
    Some(CommandTip::Sentence(format!(
        "'{unknown}' is a command of its own: 'intune-connector {unknown}{argument}'"
    )))
}

/// `devices list`: some commands have no such word, and list without one.
fn tell_list(object: &Command) -> Option<CommandTip> {
    let lists_alone = object.has_subcommands() && !object.is_subcommand_required_set();
    lists_alone.then(|| {
        CommandTip::Sentence(format!(
            "without another word it lists: 'intune-connector {}'",
            object.get_name()
        ))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn tip(unknown: &str, line: &str) -> Option<CommandTip> {
        let words: Vec<&str> = line.split(' ').collect();
        find_command_tip(unknown, &Cli::command(), &words)
    }

    #[test]
    fn a_verb_before_its_object_is_told_the_order() {
        for (unknown, line, words) in [
            ("list", "list servers --data bus", "'intune-connector servers list'"),
            ("show", "show", "'intune-connector servers show'"),
            ("list", "list devices", "lists: 'intune-connector devices'"),
            ("list", "devices list", "lists: 'intune-connector devices'"),
        ] {
            let Some(CommandTip::Sentence(told)) = tip(unknown, line) else {
                panic!("{line}: no sentence");
            };
            assert!(told.contains(words), "{line}: {told}");
        }
        assert_eq!(tip("list", "compliance list"), None);
        assert_eq!(tip("devcies", "devcies"), None);
        assert_eq!(tip("shwo", "devices shwo"), None);
    }

    #[test]
    fn a_word_behind_help_is_told_the_nearest_command() {
        assert_eq!(
            tip("devcies", "help devcies"),
            Some(CommandTip::Nearest("devices".to_owned()))
        );
        assert_eq!(
            tip("shwo", "help devices shwo"),
            Some(CommandTip::Nearest("show".to_owned()))
        );
        assert_eq!(tip("xyzzy", "help xyzzy"), None);
    }

    #[test]
    fn wn_64_a_command_of_its_own_is_told_with_its_argument() {
        for (unknown, line, words) in [
            (
                "install",
                "products install intune-connector",
                "'intune-connector install intune-connector'",
            ),
            ("install", "products install", "'intune-connector install'"),
            ("install", "products install --data bus", "'intune-connector install'"),
        ] {
            let Some(CommandTip::Sentence(told)) = tip(unknown, line) else {
                panic!("{line}: no sentence");
            };
            assert!(told.contains(words), "{line}: {told}");
        }
        assert_eq!(tip("frobnicate", "products frobnicate"), None);
    }

    #[test]
    fn the_version_is_an_option() {
        let Some(CommandTip::Sentence(told)) = tip("version", "version") else {
            panic!("no sentence");
        };
        assert!(told.contains("intune-connector --version"), "{told}");
    }
}
