//! Tips for an argument that nobody expects: an option with one dash, a pair without its option or without its =, an option
//! that is an argument here, values behind a blank, a name without its option, what another command does, and a sign-in
//! where there is none. Pure.

use clap::{Arg, Command};

/// A whole sentence. `words`: the command line without the program.
pub(super) fn find_argument_tip(unknown: &str, command: &Command, words: &[&str]) -> Option<String> {
    let places = find_places(command, words);
    let arguments: Vec<&Arg> = places.iter().flat_map(|place| place.get_arguments()).collect();
    find_dash_tip(unknown, &arguments, words)
        .or_else(|| find_pair_tip(unknown, &arguments, words))
        .or_else(|| find_positional_tip(unknown, &arguments))
        .or_else(|| find_second_value_tip(unknown, &arguments, words))
        .or_else(|| find_role_tip(unknown, words))
        .or_else(|| find_name_tip(unknown, places.last()?))
}

/// Whether a word of the line is one of its commands.
pub(super) fn is_command(word: &str, command: &Command, words: &[&str]) -> bool {
    let places = find_places(command, words);
    places.iter().any(|place| place.find_subcommand(word).is_some())
}

/// What to say of arguments that are missing: the bus of `operators recover` does not run, and nobody signs in to it.
pub(super) fn find_missing_tip(words: &[&str]) -> Option<&'static str> {
    let names = ["--user", "--url", "--password-file"];
    let signs_in = words
        .iter()
        .any(|word| names.contains(&word.split('=').next().unwrap_or_default()));
    match words {
        ["operators", "recover", ..] if signs_in => Some(
            "recover works on the data folder of a bus that does not run, and without a sign-in: \
             'intune-connector operators recover NAME --data DIR'",
        ),
        _ => None,
    }
}

/// The commands of the line, from the outermost on.
fn find_places<'a>(command: &'a Command, words: &[&str]) -> Vec<&'a Command> {
    let mut places = vec![command];
    let mut place = command;
    for word in words {
        if let Some(inner) = place.find_subcommand(word) {
            place = inner;
            places.push(inner);
        }
    }
    places
}

/// `-data`: read as `-d`, and nobody knows that.
fn find_dash_tip(unknown: &str, arguments: &[&Arg], words: &[&str]) -> Option<String> {
    let is_short = |word: &str| word.starts_with('-') && !word.starts_with("--");
    let word = words
        .iter()
        .find(|word| is_short(word) && word.len() > 2 && word.starts_with(unknown))?;
    let name = word.trim_start_matches('-').split('=').next()?;
    let is_known = arguments.iter().any(|argument| argument.get_long() == Some(name));
    is_known.then(|| format!("did you mean '--{name}'? an option has two dashes"))
}

/// The option that takes NAME=VALUE, if there is one.
fn find_pair_option<'a>(arguments: &[&'a Arg]) -> Option<&'a str> {
    let takes_pair = |argument: &&&'a Arg| {
        let names = argument.get_value_names().unwrap_or_default();
        names.iter().any(|name| name.contains('='))
    };
    arguments
        .iter()
        .find(takes_pair)
        .and_then(|argument| argument.get_long())
}

/// `incremental=2m` without `--set`, and `--set silentFor 60d`.
fn find_pair_tip(unknown: &str, arguments: &[&Arg], words: &[&str]) -> Option<String> {
    let option = find_pair_option(arguments)?;
    if unknown.starts_with('-') {
        return None;
    }
    if unknown.contains('=') {
        return Some(format!("write '--{option} {unknown}'"));
    }
    let flag = format!("--{option}");
    words.windows(3).find_map(|three| match three {
        [given, name, value] if *given == flag && *value == unknown && !name.contains('=') => {
            Some(format!("write '{flag} {name}={value}'"))
        }
        _ => None,
    })
}

/// `--digest` where the digest is an argument without an option.
fn find_positional_tip(unknown: &str, arguments: &[&Arg]) -> Option<String> {
    let name = unknown.strip_prefix("--")?;
    let argument = arguments
        .iter()
        .filter(|argument| argument.is_positional())
        .find(|argument| argument.get_id().as_str().eq_ignore_ascii_case(name))?;
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    Some(format!("give it without --{name}, in its place: {help}"))
}

/// Values behind a blank: `--platform iOS iPadOS`, `--sort deviceName desc`, `--search lap top`.
fn find_second_value_tip(unknown: &str, arguments: &[&Arg], words: &[&str]) -> Option<String> {
    let at = words.iter().position(|word| *word == unknown)?;
    let (value, name) = (words.get(at.checked_sub(1)?)?, words.get(at.checked_sub(2)?)?);
    let name = name.strip_prefix("--")?;
    if unknown.starts_with('-') {
        return None;
    }
    let is_meant = |argument: &&&Arg| argument.get_long() == Some(name) && argument.get_action().takes_values();
    let argument = arguments.iter().find(is_meant)?;
    let form = argument.get_value_names()?.first()?.as_str();
    let behind = words[at..].iter().take_while(|word| !word.starts_with('-'));
    let all: Vec<&str> = std::iter::once(value).chain(behind).copied().collect();
    let is_plain = |word: &&str| !word.contains(['\'', '"', '\\', '$', '`']);
    if !all.iter().all(is_plain) {
        return None;
    }
    if form.contains(',') {
        let all: Vec<&str> = all.iter().map(|word| word.trim_matches(',')).collect();
        return Some(format!("a comma separates values: '--{name} {}'", all.join(",")));
    }
    match (name, unknown.to_ascii_lowercase().as_str()) {
        ("sort", "desc" | "descending") if argument.is_allow_hyphen_values_set() => Some(format!(
            "a leading - sorts in descending order: '--sort -{}'",
            value.trim_start_matches('-')
        )),
        ("sort", "asc" | "ascending") if argument.is_allow_hyphen_values_set() => Some(format!(
            "without a leading - it sorts in ascending order: '--sort {}'",
            value.trim_start_matches('-')
        )),
        _ if form == "TEXT" => Some(format!(
            "a value with blanks stands in quotes: --{name} '{}'",
            all.join(" ")
        )),
        _ => None,
    }
}

/// What needs no quotes in a shell.
fn is_plain_name(word: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.@-".contains(letter);
    !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain)
}

/// `operators change anna --role auditor`.
fn find_role_tip(unknown: &str, words: &[&str]) -> Option<String> {
    let ["operators", "change", rest @ ..] = words else {
        return None;
    };
    if unknown != "--role" && unknown != "--roles" {
        return None;
    }
    let name = rest.first().copied().filter(|word| is_plain_name(word));
    let role = rest
        .iter()
        .enumerate()
        .find_map(|(at, word)| match word.split_once('=') {
            Some((option, role)) if option == unknown => Some(role),
            None if *word == unknown => rest.get(at + 1).copied(),
            _ => None,
        });
    let role = role.filter(|role| is_plain_name(role));
    Some(format!(
        "a role is given by 'intune-connector operators give {} {}'",
        name.unwrap_or("NAME"),
        role.unwrap_or("ROLE")
    ))
}

/// A name that stands without its option: `console-link anna`, `verify IntuneConnector_1`.
fn find_name_tip(unknown: &str, place: &Command) -> Option<String> {
    let number = unknown.rsplit_once('_').map(|(_, number)| number);
    let is_instance = number.is_some_and(|digits| digits.parse::<u32>().is_ok());
    let option = match place.get_name() {
        "console-link" => "user",
        _ if is_instance => "instance",
        _ => return None,
    };
    let has_option = place
        .get_arguments()
        .any(|argument| argument.get_long() == Some(option));
    let has_place = place.get_positionals().next().is_some();
    (has_option && !has_place && is_plain_name(unknown)).then(|| format!("write '--{option} {unknown}'"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn wn_45_an_argument_that_nobody_expects_is_told_how_it_is_written() {
        for (unknown, line, words) in [
            ("-d", "devices -data bus", "'--data'"),
            ("-l", "devices -limit=5", "'--limit'"),
            (
                "incremental=2m",
                "instances set IntuneConnector_1 incremental=2m",
                "'--set incremental=2m'",
            ),
            (
                "60d",
                "workflows start StaleDevices_1 --set silentFor 60d",
                "'--set silentFor=60d'",
            ),
            (
                "--digest",
                "targets consent T --digest abc",
                "without --digest, in its place: Digest, as `targets question`",
            ),
        ] {
            let all: Vec<&str> = line.split(' ').collect();
            let told = find_argument_tip(unknown, &Cli::command(), &all).unwrap_or_default();
            assert!(told.contains(words), "{line}: {told}");
        }
        for (unknown, line) in [
            ("-x", "devices -xyzzy"),
            ("60d", "workflows start X 60d"),
            ("--xyzzy", "devices --xyzzy"),
        ] {
            let all: Vec<&str> = line.split(' ').collect();
            assert_eq!(find_argument_tip(unknown, &Cli::command(), &all), None, "{line}");
        }
    }

    #[test]
    fn wn_45_recover_needs_no_sign_in() {
        let told = |line: &str| find_missing_tip(&line.split(' ').collect::<Vec<_>>());
        assert!(told("operators recover --user anna").is_some_and(|tip| tip.contains("recover NAME --data DIR")));
        assert_eq!(told("operators recover"), None);
        assert_eq!(told("devices --user anna"), None);
    }
}
