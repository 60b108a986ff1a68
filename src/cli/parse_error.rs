//! A command line that cannot be read, told in plain words, with tips that work.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::argument_tips::{find_argument_tip, find_missing_tip, is_command};
use super::command_tips::{CommandTip, find_command_tip};
use super::failure::{CommandFailure, ExitReason};
use super::output;
use super::usage_line::tell_whole_usage;

/// Letters of an argument that are repeated.
const SHOWN_CHARS: usize = 80;

/// Options take what looks like a negative number: the answer is then what they accept.
pub(super) fn accept_negative_values(command: Command) -> Command {
    let accept = |arg: Arg| {
        let is_option = arg.get_long().is_some() && arg.get_action().takes_values();
        if is_option {
            arg.allow_negative_numbers(true)
        } else {
            arg
        }
    };
    command.mut_args(accept).mut_subcommands(accept_negative_values)
}

/// Tells what is wrong (help is told that way, too), and how the program ends. `line`: with the program.
pub(super) fn leave_with_error(error: clap::Error, command: &Command, line: &[OsString]) -> ExitCode {
    if error.kind() == ErrorKind::InvalidUtf8
        && let Some(failure) = find_foreign_argument(line)
    {
        output::eprint_line(failure.to_string());
        return ExitCode::from(failure.exit as u8);
    }
    let error = correct_error(error, command, line);
    if error.kind() != ErrorKind::ValueValidation {
        error.exit();
    }
    // A value that cannot be read is told in plain words, everything else as it is.
    let text = error.render().to_string();
    output::eprint_line(crate::model::describe_parse_failure(text.trim_end()));
    ExitCode::from(ExitReason::Usage as u8)
}

/// The parser's complaint, with what is meant.
fn correct_error(error: clap::Error, command: &Command, line: &[OsString]) -> clap::Error {
    let mut error = tell_second_value(error, command, line);
    drop_far_suggestion(&mut error);
    correct_tips(&mut error, command, line);
    correct_command_tip(&mut error, command, line);
    drop_value_tip(&mut error);
    tell_whole_usage(&mut error, command);
    error
}

/// A second value of an option, told as a command that cannot be used with it, is an argument that nobody expects.
fn tell_second_value(error: clap::Error, command: &Command, line: &[OsString]) -> clap::Error {
    let word = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::ArgumentConflict => word.clone(),
        _ => return error,
    };
    if is_command(&word, command, &list_words(line)) {
        return error;
    }
    let mut told = clap::Error::new(ErrorKind::UnknownArgument).with_cmd(command);
    told.insert(ContextKind::InvalidArg, ContextValue::String(word));
    if let Some(usage) = error.get(ContextKind::Usage) {
        told.insert(ContextKind::Usage, usage.clone());
    }
    told
}

/// The words of a command line, without the program.
fn list_words(line: &[OsString]) -> Vec<&str> {
    line.iter().skip(1).filter_map(|word| word.to_str()).collect()
}

/// "to pass '--limit' as a value, use '-- --limit'": nothing here takes such a value.
fn drop_value_tip(error: &mut clap::Error) {
    let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) else {
        return;
    };
    let is_kept = |tip: &&StyledStr| !tip.to_string().contains(" as a value, use '");
    let kept: Vec<StyledStr> = tips.iter().filter(is_kept).cloned().collect();
    if kept.is_empty() {
        error.remove(ContextKind::Suggested);
    } else {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(kept));
    }
}

/// The first argument that is no text.
fn find_foreign_argument(line: &[OsString]) -> Option<CommandFailure> {
    let foreign = line.iter().find(|argument| argument.to_str().is_none())?;
    let shown: String = foreign.to_string_lossy().chars().take(SHOWN_CHARS).collect();
    Some(CommandFailure::usage_error(
        format!("the argument \"{shown}\" is not UTF-8 text"),
        "write it as UTF-8; a terminal whose locale is UTF-8 does (see them: locale -a)",
    ))
}

/// `--connection` for `--on`, and `--url` for `--full`, lead nowhere: an option that is meant begins as what was typed.
fn drop_far_suggestion(error: &mut clap::Error) {
    let first_letter = |kind| match error.get(kind) {
        Some(ContextValue::String(option)) => option.trim_start_matches('-').chars().next(),
        _ => None,
    };
    let (typed, suggested) = (
        first_letter(ContextKind::InvalidArg),
        first_letter(ContextKind::SuggestedArg),
    );
    if suggested.is_some() && typed != suggested {
        error.remove(ContextKind::SuggestedArg);
    }
}

fn correct_tips(error: &mut clap::Error, command: &Command, line: &[OsString]) {
    let words = list_words(line);
    let tip = match error.kind() {
        ErrorKind::UnknownArgument => find_hyphen_tip(error, command, line).or_else(|| {
            let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
                return None;
            };
            find_argument_tip(unknown, command, &words)
        }),
        ErrorKind::MissingRequiredArgument => {
            let tip = find_missing_tip(&words).map(str::to_owned);
            if tip.is_some() {
                drop_sign_in(error);
            }
            tip
        }
        ErrorKind::ArgumentConflict if is_about(error, "--password-file") => Some(
            "only with --url does somebody sign in by password; whoever approves gives theirs with \
             --approver-password-file FILE"
                .to_owned(),
        ),
        _ => None,
    };
    if let Some(tip) = tip {
        error.remove(ContextKind::SuggestedArg);
        insert_tip(error, tip);
    }
}

fn insert_tip(error: &mut clap::Error, tip: String) {
    let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
    error.insert(ContextKind::Suggested, tips);
}

/// Options of a sign-in are not asked for where there is none.
fn drop_sign_in(error: &mut clap::Error) {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let missing: Vec<String> = missing.iter().filter(|one| !one.starts_with("--")).cloned().collect();
    if !missing.is_empty() {
        error.insert(ContextKind::InvalidArg, ContextValue::Strings(missing));
        error.remove(ContextKind::Usage);
    }
}

/// A word that is no command: the parser's guess gives way to what is meant.
fn correct_command_tip(error: &mut clap::Error, command: &Command, line: &[OsString]) {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let words = list_words(line);
    match find_command_tip(unknown, command, &words) {
        Some(CommandTip::Nearest(name)) => {
            error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![name]));
        }
        Some(CommandTip::Sentence(tip)) => {
            error.remove(ContextKind::SuggestedSubcommand);
            insert_tip(error, tip);
        }
        // What is near no command may be a value.
        None if error.get(ContextKind::SuggestedSubcommand).is_none() => {
            if let Some(tip) = find_argument_tip(unknown, command, &words) {
                insert_tip(error, tip);
            }
        }
        None => (),
    }
}

/// Whether an option is one of those that cannot be given together.
fn is_about(error: &clap::Error, option: &str) -> bool {
    let kinds = [ContextKind::InvalidArg, ContextKind::PriorArg];
    kinds.into_iter().any(|kind| match error.get(kind) {
        Some(ContextValue::String(one)) => one.starts_with(option),
        Some(ContextValue::Strings(several)) => several.iter().any(|one| one.starts_with(option)),
        _ => false,
    })
}

/// A value that begins with a hyphen is taken for an option, and `--` before it ends the options.
fn find_hyphen_tip(error: &clap::Error, command: &Command, line: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    error.get(ContextKind::Suggested)?;
    let words: Vec<&str> = line.iter().filter_map(|word| word.to_str()).collect();
    let (option, value) = words.windows(2).find_map(|pair| match pair {
        [option, value] if value.starts_with(unknown.as_str()) => {
            Some((option.strip_prefix("--")?, *value)).filter(|(name, _)| takes_value(command, name))
        }
        _ => None,
    })?;
    Some(format!(
        "to pass '{value}' as the value of --{option}, use '--{option}={value}'"
    ))
}

fn takes_value(command: &Command, name: &str) -> bool {
    let mut arguments = command.get_arguments();
    let fits = |argument: &Arg| argument.get_long() == Some(name) && argument.get_action().takes_values();
    arguments.any(fits) || command.get_subcommands().any(|sub| takes_value(sub, name))
}

#[cfg(test)]
#[path = "parse_error_tests.rs"]
mod tests;
