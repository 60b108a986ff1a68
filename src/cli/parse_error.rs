//! A command line that cannot be read, told in plain words, with tips that work.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::argument_tips::{find_argument_tip, find_missing_tip};
use super::command_tips::{CommandTip, find_command_tip};
use super::failure::{CommandFailure, ExitReason};
use super::output;

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
pub(super) fn leave_with_error(mut error: clap::Error, command: &Command, line: &[OsString]) -> ExitCode {
    if error.kind() == ErrorKind::InvalidUtf8
        && let Some(failure) = find_foreign_argument(line)
    {
        output::eprint_line(failure.to_string());
        return ExitCode::from(failure.exit as u8);
    }
    drop_far_suggestion(&mut error);
    correct_tips(&mut error, command, line);
    correct_command_tip(&mut error, command, line);
    if error.kind() != ErrorKind::ValueValidation {
        error.exit();
    }
    // A value that cannot be read is told in plain words, everything else as it is.
    let text = error.render().to_string();
    output::eprint_line(crate::model::describe_parse_failure(text.trim_end()));
    ExitCode::from(ExitReason::Usage as u8)
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
    let words: Vec<&str> = line.iter().skip(1).filter_map(|word| word.to_str()).collect();
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
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![StyledStr::from(tip)]),
        );
    }
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
    let words: Vec<&str> = line.iter().skip(1).filter_map(|word| word.to_str()).collect();
    match find_command_tip(unknown, command, &words) {
        Some(CommandTip::Nearest(name)) => {
            error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![name]));
        }
        Some(CommandTip::Sentence(tip)) => {
            error.remove(ContextKind::SuggestedSubcommand);
            let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
            error.insert(ContextKind::Suggested, tips);
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
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn told(line: &str) -> String {
        let words: Vec<OsString> = std::iter::once("intune-connector")
            .chain(line.split(' '))
            .map(OsString::from)
            .collect();
        let command = accept_negative_values(Cli::command());
        let mut error = command.clone().try_get_matches_from(words.clone()).unwrap_err();
        drop_far_suggestion(&mut error);
        correct_tips(&mut error, &command, &words);
        correct_command_tip(&mut error, &command, &words);
        error.render().to_string()
    }

    #[test]
    fn a_word_that_is_no_command_is_told_what_is_meant_and_no_guess_by_letters() {
        let said = told("list devices --data bus");
        assert!(
            said.contains("'intune-connector devices'") && !said.contains("killswitch"),
            "{said}"
        );
        let said = told("version");
        assert!(
            said.contains("intune-connector --version") && !said.contains("verify"),
            "{said}"
        );
        assert!(told("help devcies").contains("'devices'"), "{}", told("help devcies"));
        assert!(told("devcies").contains("'devices'"));
    }

    #[test]
    fn a_choice_that_is_missing_is_told_with_all_its_options() {
        let device = "7809c88c-0000-4000-8000-000000000001";
        for (line, options) in [
            (
                format!("targets decide X {device}"),
                ["--adopt <RECORD>", "--create", "--ignore"].as_slice(),
            ),
            ("targets forget X".to_owned(), &["--device <ID>", "--all"]),
            (
                "reports schedule compliance".to_owned(),
                &["--every <TIME>", "--cron <CRON>"],
            ),
            (
                "orders place zip".to_owned(),
                &["--for-user <USER>", "--for-device <DEVICE>"],
            ),
            ("action sync".to_owned(), &["--device <ID>", "--filter <CEL>"]),
        ] {
            let said = told(&line);
            let begin = said.split("Usage").next().unwrap_or_default();
            assert!(options.iter().all(|option| begin.contains(option)), "{line}: {said}");
        }
    }

    #[test]
    fn wn_45_tips_of_arguments_are_told() {
        for (line, words) in [
            ("devices -data bus", "'--data'"),
            (
                "instances set IntuneConnector_1 incremental=2m",
                "'--set incremental=2m'",
            ),
            ("workflows start X --set silentFor 60d", "'--set silentFor=60d'"),
            ("targets consent T --digest abc", "`targets question`"),
            ("operators recover --user anna", "operators recover NAME --data DIR"),
        ] {
            let said = told(line);
            assert!(said.contains(words) && !said.contains("'-- "), "{line}: {said}");
        }
        assert!(!told("operators recover --user anna").contains("--url <URL>\n"));
    }

    #[test]
    fn an_option_is_suggested_only_for_one_that_begins_like_it() {
        assert!(!told("scan --full").contains("similar"));
        assert!(!told("killswitch --on").contains("similar"));
        assert!(told("verify --instanec x").contains("'--instance'"));
    }

    #[test]
    fn wi_8_a_password_file_beside_a_data_folder_is_told_as_what_it_is() {
        for line in [
            "orders approve w1 --approver ben --password-file pw --data bus",
            "limits approve 1 --approver ben --password-file pw --data bus",
            "jobs approve 1 --password-file pw --connection work",
        ] {
            let told = told(line);
            assert!(
                told.contains("cannot be used with") && told.contains("--approver-password-file"),
                "{line}: {told}"
            );
            assert!(!told.contains("required"), "{line}: {told}");
        }
        let pinned = format!("devices --fingerprint {} --data bus", "ab".repeat(32));
        for line in [
            "devices --user anna --data bus",
            "devices --user anna --connection work",
            &pinned,
        ] {
            let told = told(line);
            assert!(told.contains("cannot be used with"), "{line}: {told}");
        }
    }

    #[test]
    fn wi_28_a_negative_number_is_told_what_is_accepted_and_no_tip_leads_nowhere() {
        for (line, bounds) in [
            ("apps change zip --term-days -1 --data bus", "0..=3650"),
            ("apps change zip --licences -5 --data bus", "0..=1000000"),
            ("apps change zip --reminder-days -1 --data bus", "0..=3649"),
            ("operators add-token anna --days -1 --data bus", "1..=3650"),
            ("operators add-token anna --days 4294967295 --data bus", "1..=3650"),
            ("devices --limit -1", "1..=1000"),
        ] {
            let told = told(line);
            assert!(told.contains(bounds) && !told.contains("tip"), "{line}: {told}");
        }
        let told = told("apps change zip --comment -x --data bus");
        assert!(told.contains("'--comment=-x'") && !told.contains("'-- -x'"), "{told}");
    }

    #[test]
    fn wi_38_an_argument_that_is_no_utf_8_is_named() {
        let line = [OsString::from("intune-connector"), OsString::from_vec(vec![b'm', 0xfc])];
        let failure = find_foreign_argument(&line).expect("one is no text");
        assert!(failure.message.contains("m\u{fffd}"), "{failure}");
        assert!(failure.advice.contains("UTF-8"), "{failure}");
        assert!(find_foreign_argument(&line[..1]).is_none());
    }

    #[test]
    fn the_command_line_is_well_formed_with_negative_values() {
        accept_negative_values(Cli::command()).debug_assert();
    }
}
